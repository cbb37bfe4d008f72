import ArgumentParser
import Foundation
import Reports

/// `staleline capture`.
struct CaptureCommand: ParsableCommand, LimitedCommand {
    static let configuration = CommandConfiguration(
        commandName: "capture", abstract: "Run an Arm program under QEMU and keep its trace.",
        discussion: """
            staleline capture -o t.sltb -- ./program its arguments
            staleline capture --system xilinx-zynq-a9 -- firmware.elf arguments of QEMU's

            Exit status: the program's; 2 bad input, or there is no trace, 3 a limit was reached. docs/capture.md says \
            what a trace has, and what QEMU does not tell. FUNCTION is a function of the program or an address (0x…).
            """)

    @Option(name: [.short, .customLong("output")], help: "The trace to write (.sltb).")
    var output = "trace.sltb"
    @Option(help: "Emulate this machine of QEMU's (as -M), and run the program on it bare.")
    var system: String?
    @Option(name: .customShort("L"), help: "The folder with the program's libraries.")
    var libraries: String?
    @Option(help: "The machine that the trace names for staleline.") var machine: String?
    @Option(help: "Start to record at FUNCTION.") var start: String?
    @Option(help: "Stop to record at FUNCTION.") var stop: String?
    @Option(help: "Record this many records at most.") var limit: UInt64?
    @Option(help: "Whether to record fetches: on, off.") var fetches = "on"
    @Option(
        help:
            "Whether to follow registers for the addresses of maintenance: on, off. Default: with --system."
    )
    var track: String?
    @Option(
        help: ArgumentHelp(
            "A device that does DMA, and its registers, as dma0:0xF8003000:4K. May repeat (--system).",
            valueName: "name:address:size"))
    var device: [String] = []
    @Option(
        help: ArgumentHelp(
            "In FUNCTION the program knows that the device is done. May repeat.",
            valueName: "function=device"))
    var wait: [String] = []
    @Option(
        help: ArgumentHelp(
            "Take the device's own accesses from QEMU's log of the PL330 (--system).",
            valueName: "device"))
    var pl330: String?
    @Option(
        name: .customLong("l2c310"),
        help: ArgumentHelp(
            "Where the registers of an outer cache's controller (L2C-310, PL310) are: stores to them are its operations (--system).",
            valueName: "address"))
    var outer: String?
    @Option(help: "Mark calls of FUNCTION with their arguments. May repeat.") var call: [String] =
        []
    @Option(
        help:
            "QEMU's CPU (as -cpu). Default for AArch64 programs: max,sve=off, for QEMU tells no accesses of SVE."
    )
    var cpu: String?
    @Option(help: "QEMU's program. Default: by the program's architecture.") var qemu: String?
    @Option(help: "The capture plugin. Default: the one that make plugin built.") var plugin:
        String?
    @Option(help: "End the program after this many seconds.") var timeout: Double?
    @OptionGroup var limits: LimitOptions
    @Flag(help: "Say what was recorded as JSON (schema staleline.capture/1), on standard error.")
    var json = false
    @Argument(parsing: .postTerminator, help: "The program and its arguments, after --.")
    var command: [String] = []

    func run() throws {
        guard let path = command.first else {
            throw BadInput("expected a program: staleline capture -o t.sltb -- ./program arguments")
        }
        if output == "-" {
            throw BadInput("-o -: expected a file, which is written from both ends")
        }
        if system == nil, !device.isEmpty || pl330 != nil || outer != nil {
            throw BadInput(
                "--device, --pl330 and --l2c310 need --system: a program alone has no devices")
        }
        let program = try CapturedProgram(path)
        let target = try OutputTarget(output)
        let plugins = UnfinishedFiles.begin(target.path + ".partial")
        defer { UnfinishedFiles.end(plugins) }
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("staleline-capture-\(getpid())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        RunningEmulator.folder = folder
        defer { try? FileManager.default.removeItem(at: folder) }
        let run = CaptureRun(
            emulator: try CaptureTools.emulator(
                qemu, program.architecture, isSystem: system != nil),
            arguments: try arguments(program, trace: target.path, folder), timeout: timeout)
        let end: CaptureRun.End
        let summary: CaptureSummary
        do {
            end = try run.perform()
            summary = try finished(folder, target, end)
            try target.commit()
        } catch {
            target.discard()
            unlink(target.path + ".partial")
            throw error
        }
        report(summary, program, end)
        if end.status != 0 { throw ExitCode(end.status) }
    }

    /// What QEMU is told.
    private func arguments(
        _ program: CapturedProgram, trace: String, _ folder: URL
    ) throws -> [String] {
        let log = folder.appendingPathComponent("device.log").path
        var settings = ["out=\(trace)", "summary=\(folder.appendingPathComponent("summary").path)"]
        settings += ["parent=\(getpid())", "fetches=\(fetches)"]
        if let machine { settings.append("machine=\(machine)") }
        if let track { settings.append("track=\(track)") }
        if let limit { settings.append("limit=\(limit)") }
        if let start { settings.append("start=\(try program.address(of: start))") }
        if let stop { settings.append("stop=\(try program.address(of: stop))") }
        settings += try device.map { "device=\(try Self.device($0))" }
        if let outer { settings.append("l2c310=\(outer)") }
        if let pl330 { settings.append("log=\(pl330):\(log)") }
        for text in wait {
            guard let equals = text.lastIndex(of: "=") else {
                throw BadInput("--wait \(text): expected FUNCTION=DEVICE")
            }
            let address = try program.address(of: String(text[..<equals]))
            settings.append("wait=\(address):\(text[text.index(after: equals)...])")
        }
        for name in call { settings.append("hook=\(try program.address(of: name)):\(name)") }
        if let bad = settings.first(where: { $0.contains(",") }) {
            throw BadInput("\(bad): has a comma, which QEMU takes for the end of it")
        }
        let library = try CaptureTools.plugin(plugin)
        var result = ["-plugin", "\(library),\(settings.joined(separator: ","))"]
        if let cpu {
            result += ["-cpu", cpu]
        } else if system == nil, program.architecture == .aarch64 {
            result += ["-cpu", "max,sve=off"]
        }
        guard let system else {
            if let root = try program.libraryRoot(libraries) { result += ["-L", root] }
            return result + command
        }
        result += ["-M", system, "-nographic", "-monitor", "none", "-kernel", program.path]
        if pl330 != nil {
            result += ["-trace", "pl330_dmald", "-trace", "pl330_dmast", "-D", log]
        }
        return result + command.dropFirst()
    }

    /// A device in the plugin's words: the size without a suffix.
    private static func device(_ text: String) throws -> String {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        let shifts: [Character: UInt64] = ["K": 10, "M": 20]
        var size: UInt64?
        if parts.count == 3, let last = parts[2].last {
            let shift = shifts[Character(last.uppercased())]
            let digits = shift == nil ? parts[2] : String(parts[2].dropLast())
            size = digits.hasPrefix("0x") ? UInt64(digits.dropFirst(2), radix: 16) : UInt64(digits)
            size = size.map { $0 << (shift ?? 0) }
        }
        guard parts.count == 3, !parts[0].isEmpty, let size, size > 0 else {
            throw BadInput("--device \(text): expected NAME:ADDRESS:SIZE, as dma0:0xF8003000:4K")
        }
        return "\(parts[0]):\(parts[1]):\(size)"
    }

    /// What the plugin says at the end.
    ///
    /// - Throws: ``BadInput`` if there is no trace, with why.
    private func finished(
        _ folder: URL, _ target: OutputTarget, _ end: CaptureRun.End
    ) throws -> CaptureSummary {
        let place = folder.appendingPathComponent("summary").path
        guard let text = try? String(contentsOfFile: place, encoding: .utf8),
            FileManager.default.fileExists(atPath: target.path)
        else {
            throw BadInput(
                end.isSignal
                    ? "\(command[0]) was ended by signal \(end.status - 128), and QEMU ended with it before the trace was whole"
                    : "QEMU ended with status \(end.status) before there was a trace; what it said stands above"
            )
        }
        return CaptureSummary(text)
    }

    private func report(
        _ summary: CaptureSummary, _ program: CapturedProgram, _ end: CaptureRun.End
    ) {
        let files = elfFiles(summary, program)
        if json {
            Diagnostics.note(
                JSONValue.object([
                    ("schema", .string("staleline.capture/1")), ("trace", .string(output)),
                    ("exitStatus", .integer(UInt64(end.status))), ("counts", summary.json),
                    ("elf", .array(files.map { .string($0) })),
                ]).text)
            return
        }
        Diagnostics.note(summary.sentence(output))
        for warning in summary.warnings { Diagnostics.note(warning) }
        if end.isTimeout { Diagnostics.note("the program was ended after \(timeout ?? 0) s") }
        let names = files.map { " --elf \($0)" }.joined()
        Diagnostics.note(
            system == nil
                ? "next: staleline replay \(output)\(names)"
                : "next: staleline check \(output)\(names)")
    }

    /// The files that name the trace's addresses, as `--elf` takes them.
    private func elfFiles(_ summary: CaptureSummary, _ program: CapturedProgram) -> [String] {
        guard system == nil else { return [program.path] }
        let own = URL(fileURLWithPath: program.path).resolvingSymlinksInPath().path
        return summary.files.compactMap { address, path in
            guard let file = try? CapturedProgram(path) else { return nil }
            let shown = path == own ? program.path : path
            return file.isFixed ? shown : "\(shown)@0x\(String(address, radix: 16))"
        }
    }
}
