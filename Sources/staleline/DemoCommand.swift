import ArgumentParser
import Experiments
import Foundation
import Machines
import MemoryModel
import Reports
import Traces

/// `staleline demo`.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "A tour on bundled traces: replay, check, fix, compare, validate.",
        discussion: "Exit status: 0 done, 2 the traces are not there or cannot be read."
    )

    @Flag(
        help: "Print each part's JSON, with the schema of its command, one object after the other.")
    var json = false

    func run() async throws {
        let traces = try Resources.home().appendingPathComponent("Traces")
        let zynq = try Resources.machine("zynq7000").configuration
        try replay(traces, zynq)
        try check(traces)
        try fix(traces)
        try await compare(traces)
        try showValidation()
    }

    private func say(_ number: Int, _ title: String, _ command: String) {
        guard !json else { return }
        Output.write(
            "\(number == 1 ? "" : "\n")== \(number). \(title)\n   $ staleline \(command)\n\n")
    }

    private func show(_ json: JSONValue, _ text: String) {
        Output.write(self.json ? json.text + "\n" : text)
        Output.flush()
    }

    private func replay(_ traces: URL, _ machine: MachineConfiguration) throws {
        let name = "minigzip-arm32.id.xdin.zst"
        say(
            1, "A real ARM program: zlib's minigzip, recorded under QEMU, on a Zynq-7000",
            "replay Traces/real/\(name) --machine zynq7000")
        let path = traces.appendingPathComponent("real/\(name)").path
        guard case .accesses(let reader) = try OpenedTrace(path: path, format: nil) else {
            throw BadInput("\(path): expected a trace of accesses")
        }
        let report = ReplayReport(try Replay.run(reader, machine: machine))
        show(report.json, report.text)
    }

    private func setup(_ path: URL) throws -> Setup {
        let (program, file) = try OpenedTrace(path: path.path, format: nil).program(for: "demo")
        return try MachineOptions.parse([]).setup(
            program, file: "Traces/" + path.lastPathComponent
        )
        .named(file)
    }

    private func check(_ traces: URL) throws {
        say(
            2, "A real driver bug: a receive buffer read without an invalidate",
            "check Traces/demo/rx-no-sync.slt")
        let report = CheckReport(
            try Check.run(setup(traces.appendingPathComponent("demo/rx-no-sync.slt"))))
        show(report.json, report.text(colours: Output.hasColours))
    }

    private func fix(_ traces: URL) throws {
        say(3, "What mends it, checked by a re-run", "fix Traces/demo/rx-no-sync.slt")
        let path = traces.appendingPathComponent("demo/rx-no-sync.slt")
        let bytes = try ByteSource(path: path.path).readAll(limit: OpenedTrace.programLimit)
        let report = FixReport(try Fix.run(setup(path), text: TraceText(bytes)))
        show(report.json, report.text)
    }

    private func compare(_ traces: URL) async throws {
        for (number, file, title) in [
            (
                4, "video-frame.slt",
                "The question of 2015: a 1 MiB video frame from the device, read once by the CPU"
            ),
            (5, "small-packets.slt", "The same for packets of 1514 bytes"),
        ] {
            say(number, title, "compare Traces/workloads/\(file)")
            let setup = try setup(traces.appendingPathComponent("workloads/\(file)"))
            let zynq = try Resources.machine("zynq7000")
            let jobs = ProcessInfo.processInfo.activeProcessorCount
            var result = try await Compare.run(setup, jobs: jobs)
            result.sensitivity = try await Compare.sensitivity(
                of: result, errors: { zynq.error(of: $0) }, jobs: jobs)
            let report = CompareReport(result)
            show(report.json, report.text)
        }
    }

    private func showValidation() throws {
        say(
            6, "How far to trust it: all predictions beside published measurements, in short",
            "validate")
        let report = ValidationReport(try ValidateCommand.rows())
        show(report.json, report.summary + "`staleline validate` prints the rows.\n")
    }
}

extension Setup {
    /// The setup under a file name as a person at the checkout would type it.
    func named(_ path: String) -> Setup {
        var copy = self
        if let range = path.range(of: "Traces/", options: .backwards) {
            copy.file = String(path[range.lowerBound...])
        }
        return copy
    }
}
