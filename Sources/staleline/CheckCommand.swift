import ArgumentParser
import Experiments
import Reports
import Traces

/// `staleline check`.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Find stale and lost data, with cause and mend.",
        discussion: "Exit status: 0 nothing found, 1 findings, 2 bad input.")

    @OptionGroup var trace: TraceOptions
    @OptionGroup var machine: MachineOptions
    @Flag(help: "Print JSON (schema staleline.check/1).") var json = false

    func run() throws {
        let (program, file) = try trace.open().program(for: "check")
        if machine.printConfig {
            Output.write(try machine.description(declared: program).effectiveYAML())
            return
        }
        let result = try Check.run(machine.setup(program, file: file))
        let report = CheckReport(result)
        Output.write(json ? report.json.text + "\n" : report.text(colours: Output.hasColours))
        if !result.judgement.findings.isEmpty { throw ExitCode(1) }
    }
}

/// `staleline compare`.
struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare", abstract: "Cost every DMA mapping strategy for a trace.",
        discussion: """
            The trace's transfers are lifted and lowered again for each strategy; each is timed and checked. \
            A strategy that is wrong on this machine is marked and not ranked.
            """)

    @OptionGroup var trace: TraceOptions
    @OptionGroup var machine: MachineOptions
    @Flag(help: "Print JSON (schema staleline.compare/1).") var json = false

    func run() throws {
        let (program, file) = try trace.open().program(for: "compare")
        if machine.printConfig {
            Output.write(try machine.description(declared: program).effectiveYAML())
            return
        }
        let report = CompareReport(try Compare.run(machine.setup(program, file: file)))
        Output.write(json ? report.json.text + "\n" : report.text)
    }
}
