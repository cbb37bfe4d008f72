import ArgumentParser
import Experiments
import Reports

/// `staleline validate`.
struct ValidateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate", abstract: "Published measurements against predictions.",
        discussion: "Today: the rows of the Zynq-7000. Exit status 1 if a row is out of its band.")

    @Flag(help: "Print JSON (schema staleline.validate/1).") var json = false

    func run() throws {
        let machine = try Resources.machine("zynq7000").configuration
        let report = ValidationReport(try Validation(zynq7000: machine).rows())
        Output.write(json ? report.json.text + "\n" : report.text)
        if !report.passes { throw ExitCode(1) }
    }
}
