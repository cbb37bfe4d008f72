import ArgumentParser
import Experiments
import Reports

/// `staleline validate`.
struct ValidateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate", abstract: "Published measurements against predictions.",
        discussion:
            "Mapping strategies and ports of the Zynq-7000, cached latencies of six machines, and laws. Exit status 1 if a row is out of its band."
    )

    @Flag(help: "Print JSON (schema staleline.validate/1).") var json = false

    func run() throws {
        let suite = try ValidationSuite { variant in
            try Resources.machine(
                variant.name, overrides: variant.overrides.map { ($0.key, $0.value) }
            ).configuration
        }
        let report = ValidationReport(try suite.rows())
        Output.write(json ? report.json.text + "\n" : report.text)
        if !report.passes { throw ExitCode(1) }
    }
}
