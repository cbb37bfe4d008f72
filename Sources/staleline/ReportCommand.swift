import ArgumentParser
import Reports
import Stepping
import Traces

/// `staleline report`.
struct ReportCommand: ParsableCommand, LimitedCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Write one page of HTML that steps through a trace.",
        discussion: """
            The page needs no network and no other file: step and rewind, every copy of every line, the timeline with \
            the findings, and all of it in words. For hand-outs and bug reports. With -o FILE.json: what the page draws \
            from (schema staleline.steps/1); with -o FILE.txt: the state at the end, or at --step, in words. \
            Exit status: 0 done, 2 bad input, 3 a limit was reached.
            """)

    @OptionGroup var trace: TraceOptions
    @OptionGroup var machine: MachineOptions
    @OptionGroup var symbols: SymbolOptions
    @OptionGroup var limits: LimitOptions

    @Option(
        name: [.short, .long], help: "Where to write: a page (.html), .json or .txt; -: a page.")
    var output: String

    @Option(help: "For .txt: after how many steps. Default: all.")
    var step: Int?

    @Option(help: "For .txt: also the life of the byte at this address.")
    var address: String?

    func validate() throws {
        guard output.hasSuffix(".txt") || step == nil && address == nil else {
            throw ValidationError("--step and --address: expected -o FILE.txt, which they are for")
        }
    }

    func run() throws {
        let ending = output == "-" ? "html" : output.split(separator: ".").last.map(String.init)
        guard let ending, ["html", "json", "txt"].contains(ending) else {
            throw BadInput("\(output): expected an ending .html, .json or .txt")
        }
        let (bytes, file) = try trace.text(for: "report")
        var setup = try machine.setup(NativeParser.parse(bytes, file: file), file: file)
        try symbols.name(&setup)
        var session = try TraceSession(setup, source: String(decoding: bytes, as: UTF8.self))
        let contents: String
        switch ending {
        case "json": contents = StepsFilm(session).json.compactText + "\n"
        case "txt": contents = try words(&session)
        default: contents = StepsPage(session).html
        }
        try OutputTarget.write(Array(contents.utf8), to: output)
        Diagnostics.note(
            "staleline: \(output): \(session.count) steps, \(session.findings.count) finding(s), "
                + "\(contents.utf8.count) bytes")
    }

    private func words(_ session: inout TraceSession) throws -> String {
        if let step, !(0...session.count ~= step) {
            throw BadInput("--step \(step): expected 0 to \(session.count)")
        }
        session.move(to: step ?? session.count)
        guard let address else { return session.view.text() }
        let digits = address.hasPrefix("0x") ? String(address.dropFirst(2)) : address
        guard let number = UInt64(digits, radix: 16) else {
            throw BadInput("--address \(address): expected a hexadecimal address, as 0x10000040")
        }
        return session.view.text() + "\n" + session.biography(of: number).text
    }
}
