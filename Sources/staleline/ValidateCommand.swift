import ArgumentParser
import Experiments
import Foundation
import Machines
import Reports

/// `staleline validate`.
struct ValidateCommand: ParsableCommand, LimitedCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate", abstract: "Published measurements against predictions.",
        discussion: """
            Mapping strategies, whole drivers, frame buffers, cached latencies, ports and engines, batched syncs, and \
            laws. Each row is a trace in Traces/validation that replay and compare take. Exit status: 0 if 90 % of tier 1 \
            and all of tiers 2 and 3 are within their bands, 1 if not, 2 bad input, 3 a limit was reached.
            """)

    @Option(
        name: .customLong("row"),
        help: "Only this row, or all rows that begin so: V1, \"T1 64K\", Z. May repeat.")
    var names: [String] = []

    @Option(help: "Only rows on this machine. May repeat.") var machine: [String] = []

    @Flag(help: "List the calibrated parameters with what they come out as.")
    var calibrations = false

    @Flag(help: "Print the part of docs/validation.md that is generated.") var markdown = false

    @Option(
        help: "Write the traces of the rows that have none in Traces/validation to this folder.")
    var export: String?

    @OptionGroup var limits: LimitOptions
    @Flag(help: "Print JSON (schema staleline.validate/1).") var json = false

    /// The suite with the machines and traces that come with the program.
    private static func suite() throws -> ValidationSuite {
        let folder = try Resources.home().appendingPathComponent("Traces/validation")
        return ValidationSuite(
            trace: { name in
                Array(try Resources.text(of: folder.appendingPathComponent(name).path).utf8)
            },
            machine: { variant in try description(variant).configuration })
    }

    private static func description(_ variant: MachineVariant) throws -> MachineDescription {
        try Resources.machine(
            variant.name, overrides: variant.overrides.map { ($0.key, $0.value) })
    }

    /// Runs all rows on the machines that come with the program.
    static func rows() throws -> [ValidationRow] {
        var suite = try suite()
        return try suite.rows()
    }

    func run() throws {
        var suite = try Self.suite()
        do {
            if let export {
                return try write(suite.generatedTraces(names: names), to: export)
            }
            let rows = try suite.rows(
                names: names,
                machines: try machine.map { try Resources.machine($0).configuration.name })
            let wanted = calibrations || markdown || json
            let calibrated = wanted ? try calibrated(&suite) : []
            let report = ValidationReport(rows, calibrated: calibrated)
            show(report)
            if !report.passes { throw ExitCode(1) }
        } catch let error as UnknownRow {
            throw BadInput("--row: \(error)")
        }
    }

    private func show(_ report: ValidationReport) {
        Output.write(
            json ? report.json.text + "\n" : markdown ? report.markdown : report.text)
    }

    private func calibrated(
        _ suite: inout ValidationSuite
    ) throws -> [ValidationReport.Calibrated] {
        try suite.calibrations().map { parameter in
            let variant = try suite.variant(of: parameter.calibration.place)
            let value = try Self.description(variant)[parameter.calibration.key]?.value
            return .init(parameter, value: value ?? "–")
        }
    }

    private func write(_ traces: [(name: String, text: String)], to folder: String) throws {
        let url = URL(fileURLWithPath: folder)
        do {
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        } catch {
            throw BadInput("--export \(folder): cannot be written: \(error.localizedDescription)")
        }
        for trace in traces {
            let path = url.appendingPathComponent(trace.name).path
            try OutputTarget.write(Array(trace.text.utf8), to: path)
            Output.write("\(path)\n")
        }
    }
}
