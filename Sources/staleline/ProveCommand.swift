import ArgumentParser
import Experiments
import Reports
import Traces

/// `staleline prove`.
struct ProveCommand: ParsableCommand, LimitedCommand {
    static let configuration = CommandConfiguration(
        commandName: "prove", abstract: "Go through all legal schedules of a small trace.",
        discussion: """
            Stores wait in buffers, lines are evicted and loaded unasked, devices act when they like: every order that \
            the architecture allows is tried, whatever the sizes of the caches. Prints the shortest schedule that goes \
            wrong, or that there is none, and within which bounds. Exit status: 0 none, 1 one goes wrong, 2 bad input, \
            3 none found but the bounds, or a limit, were reached.
            """)

    @OptionGroup var trace: TraceOptions
    @OptionGroup var machine: MachineOptions
    @OptionGroup var symbols: SymbolOptions
    @Option(name: .customLong("states"), help: "The most states for each line or pair of lines.")
    var states = 1 << 18
    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: "Write the schedule that goes wrong, for `check --schedule`.")
    var output: String?
    @OptionGroup var limits: LimitOptions
    @Flag(help: "Print JSON (schema staleline.prove/1).") var json = false

    /// Refuses bounds without a meaning.
    func validate() throws {
        guard states > 0 else { throw ValidationError("--states \(states): at least 1 is needed") }
        try OutputTarget.refuse(output, beside: json)
    }

    func run() throws {
        let (program, file) = try trace.open().program(for: "prove")
        if machine.printConfig {
            Output.write(try machine.description(declared: program).effectiveYAML())
            return
        }
        var setup = try machine.setup(program, file: file)
        try symbols.name(&setup)
        let progress = ProgressLine(unit: "lines")
        let result = try Prove.run(setup, bounds: ProofBounds(states: states)) {
            progress.show($0, of: $1)
        }
        progress.clear()
        let report = ProveReport(result, setup: setup)
        Output.write(json ? report.json.text + "\n" : report.text)
        if let output, result.fault != nil {
            try OutputTarget.write(Array(result.pins.text.utf8), to: output)
        }
        if result.fault != nil { throw ExitCode(1) }
        if !result.isProved { throw ExitCode(3) }
    }
}
