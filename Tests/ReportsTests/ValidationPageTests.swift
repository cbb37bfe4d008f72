import Experiments
import Foundation
import Machines
import Reports
import Testing

/// What docs/validation.md has of `staleline validate --markdown`.
struct ValidationPageTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private static func description(_ variant: MachineVariant) throws -> MachineDescription {
        let path = root.appendingPathComponent("configs/\(variant.name).yaml")
        return try MachineDescription.parse(
            yaml: try String(contentsOf: path, encoding: .utf8), file: variant.name,
            overrides: variant.overrides.map { ($0.key, $0.value) })
    }

    @Test("docs/validation.md has what the program prints, and says why each missed row misses")
    func page() throws {
        let traces = Self.root.appendingPathComponent("Traces/validation")
        var suite = ValidationSuite(
            trace: { name in Array(try Data(contentsOf: traces.appendingPathComponent(name))) },
            machine: { try Self.description($0).configuration })
        let calibrated = try suite.calibrations().map { parameter in
            ValidationReport.Calibrated(
                parameter,
                value: try Self.description(try suite.variant(of: parameter.calibration.place))[
                    parameter.calibration.key]?.value ?? "–")
        }
        let report = ValidationReport(try suite.rows(), calibrated: calibrated)
        #expect(calibrated.filter { !$0.holds }.isEmpty)
        let page = try String(
            contentsOf: Self.root.appendingPathComponent("docs/validation.md"), encoding: .utf8)
        let parts = page.components(separatedBy: "<!-- staleline validate --markdown -->\n")
        let block = try #require(parts.last?.components(separatedBy: "<!-- end -->").first)
        #expect(
            block == report.markdown,
            "docs/validation.md is out of date: staleline validate --markdown")
        let reasons = try #require(
            page.components(separatedBy: "## Rows that miss their bands").last as String?)
        for row in report.missed {
            let group = String(row.row.id.prefix { $0 != " " && $0 != "/" })
            #expect(reasons.contains(group), "no reason is given for \(row.row.id)")
        }
    }
}
