import ArgumentParser
import Experiments
import Reports
import Traces

/// What only a kernel log needs to be told.
struct LogOptions: ParsableArguments {
    @Option(
        name: .customLong("coherent"),
        help: "A device of a kernel log that is coherent, which the log does not say. May repeat.")
    var coherent: [String] = []

    /// Refuses the options for other traces.
    func refuseWithoutLog() throws {
        guard coherent.isEmpty else {
            throw BadInput(
                "--coherent \(coherent[0]): only a kernel log needs it; a trace declares its devices"
            )
        }
    }
}

/// `staleline check`.
struct CheckCommand: ParsableCommand, LimitedCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Find stale and lost data, with cause and mend.",
        discussion: """
            A kernel log of dma tracepoints (ftrace, trace-cmd report, perf script) is checked for calls that do not \
            match, and priced on the machine. Exit status: 0 nothing found, 1 findings, 2 bad input, 3 a limit was reached.
            """)

    @OptionGroup var trace: TraceOptions
    @OptionGroup var machine: MachineOptions
    @OptionGroup var log: LogOptions
    @OptionGroup var symbols: SymbolOptions
    @OptionGroup var limits: LimitOptions
    @Flag(help: "Print JSON (schema staleline.check/1).") var json = false
    @Option(help: "Replay a schedule that `prove -o` has written.") var schedule: String?
    @Flag(help: "Print SARIF 2.1.0, for tools that show results beside code.") var sarif = false

    /// Refuses two formats at once.
    func validate() throws {
        guard !(json && sarif) else { throw ValidationError("give --json or --sarif, not both") }
    }

    func run() throws {
        let opened = try trace.open()
        if case .kernelLog(let reader) = opened {
            guard schedule == nil else {
                throw BadInput(
                    "--schedule: a kernel log is not replayed; convert it to a trace first")
            }
            guard !sarif else {
                throw BadInput("--sarif: a kernel log's findings are no places in code; use --json")
            }
            try symbols.refuse("a kernel log has no accesses that a file could name")
            try check(reader)
            return
        }
        try log.refuseWithoutLog()
        var (program, file) = try opened.program(for: "check")
        if machine.printConfig {
            Output.write(try machine.description(declared: program).effectiveYAML())
            return
        }
        if let schedule {
            program = try Schedule(parsing: ScheduleText.read(schedule), file: schedule)
                .applied(to: program, file: schedule)
        }
        var setup = try machine.setup(program, file: file)
        try symbols.name(&setup)
        let result = try Check.run(setup)
        let report = CheckReport(result)
        if sarif {
            let log = SARIFReport(result, version: Staleline.version)
            Output.write(log.json.text + "\n")
        } else {
            Output.write(json ? report.json.text + "\n" : report.text(colours: Output.hasColours))
        }
        if !result.judgement.findings.isEmpty { throw ExitCode(1) }
    }

    private func check(_ reader: KernelLogReader) throws {
        let description = try machine.description(declared: nil)
        if machine.printConfig {
            Output.write(description.effectiveYAML())
            return
        }
        let result = try KernelLogAudit.run(
            reader, machine: description.configuration, kernel: machine.era(),
            coherent: log.coherent)
        let report = KernelLogReport(result)
        Output.write(json ? report.json.text + "\n" : report.text)
        if !result.findings.isEmpty { throw ExitCode(1) }
    }
}
