import ArgumentParser
import Experiments
import Reports

/// `staleline validate`.
struct ValidateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate", abstract: "Published measurements against predictions.",
        discussion:
            "Mapping strategies, ports and engines of the Zynq-7000, cached latencies of six machines, whole drivers, batched syncs, and laws. Exit status 1 if a row is out of its band."
    )

    @Flag(help: "Print JSON (schema staleline.validate/1).") var json = false

    /// Runs all rows on the machines that come with the program.
    static func rows() throws -> [ValidationRow] {
        try ValidationSuite { variant in
            try Resources.machine(
                variant.name, overrides: variant.overrides.map { ($0.key, $0.value) }
            ).configuration
        }.rows()
    }

    func run() throws {
        let report = ValidationReport(try Self.rows())
        Output.write(json ? report.json.text + "\n" : report.text)
        if !report.passes { throw ExitCode(1) }
    }
}
