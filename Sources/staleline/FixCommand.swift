import ArgumentParser
import Experiments
import Reports
import Traces

/// `staleline fix`.
struct FixCommand: ParsableCommand, LimitedCommand {
    static let configuration = CommandConfiguration(
        commandName: "fix", abstract: "Find the smallest repair of a trace, and what can go.",
        discussion: """
            Edits are proposed from what `check` finds and judged by running the mended trace. Loads, stores, transfers \
            and doorbells stay: only maintenance, calls, barriers, their order and declarations change. Of the mended trace \
            all schedules are searched, as `prove` does. \
            Exit status: 0 nothing to mend, or mended; 1 no repair found within the bounds, or one of which a schedule \
            still goes wrong; 2 bad input; 3 a limit was reached.
            """)

    @OptionGroup var trace: TraceOptions
    @OptionGroup var machine: MachineOptions
    @OptionGroup var symbols: SymbolOptions
    @Option(name: .shortAndLong, help: "Write the mended trace to this file; .sltb: as binary.")
    var output: String?
    @Option(help: "The most edits of a repair, 1 to 12.") var edits = FixLimits().edits
    @Option(help: "The most traces that are judged on the way.") var runs = FixLimits().runs
    @Option(
        help: "The most states of the search through the mended trace's schedules; 0: no search.")
    var states = FixLimits().states
    @OptionGroup var limits: LimitOptions
    @Flag(help: "Print JSON (schema staleline.fix/1).") var json = false

    /// Refuses bounds that are none.
    func validate() throws {
        guard (1...12).contains(edits) else { throw ValidationError("--edits: expected 1 to 12") }
        guard (1...1_000_000).contains(runs) else {
            throw ValidationError("--runs: expected 1 to 1000000")
        }
        guard states >= 0 else { throw ValidationError("--states: expected 0 or more") }
        try OutputTarget.refuse(output, beside: json)
    }

    func run() throws {
        let (bytes, file) = try trace.text(for: "fix")
        let program = try NativeParser.parse(bytes, file: file)
        if machine.printConfig {
            Output.write(try machine.description(declared: program).effectiveYAML())
            return
        }
        var bounds = FixLimits()
        (bounds.edits, bounds.runs, bounds.states) = (edits, runs, states)
        var setup = try machine.setup(program, file: file)
        try symbols.name(&setup)
        let result = try Fix.run(setup, text: TraceText(bytes), limits: bounds)
        if let output, result.outcome != .notMended { try write(result, to: output) }
        let report = FixReport(result)
        if output != "-" {
            Output.write(json ? report.json.text + "\n" : report.text)
        }
        if result.outcome == .notMended {
            if output == "-" { Diagnostics.note(report.text) }
            throw ExitCode(1)
        }
        if result.evidence.isDoubtful { throw ExitCode(1) }
    }

    private func write(_ result: FixResult, to path: String) throws {
        let bytes =
            path.hasSuffix(".sltb")
            ? try BinaryWriter.write(result.after.setup.program) : result.mended.bytes
        try OutputTarget.write(bytes, to: path)
    }
}

extension TraceOptions {
    /// The text of a native trace; of a binary one the canonical text.
    func text(for command: String) throws -> (bytes: [UInt8], file: String) {
        let source = try ByteSource(path: trace)
        let isText =
            try format.map { $0 == TraceFormat.native.name }
            ?? (TraceFormat.recognise(source) == .native)
        if isText { return (try source.readAll(limit: OpenedTrace.programLimit), source.file) }
        let (program, file) = try OpenedTrace(
            source, format: format, recording: recording.options()
        ).program(for: command)
        return (try NativeWriter.write(program), file)
    }
}
