import Foundation
import JSONSchemas
import Machines
import Reports
import Testing

@testable import Experiments

/// What docs/validation.md has of `staleline validate --markdown`.
struct ValidationPageTests {
    @Test("docs/validation.md has what the program prints, and says why each missed row misses")
    func page() async throws {
        let results = ValidationResults.shared
        let rows = try await withThrowingTaskGroup(of: (Int, [ValidationRow]).self) { tasks in
            for (index, group) in ValidationResults.groups.enumerated() {
                tasks.addTask { (index, try await results.rows(group)) }
            }
            return try await tasks.reduce(into: []) { $0.append($1) }
        }.sorted { $0.0 < $1.0 }.flatMap(\.1)
        #expect(rows.map(\.row.id) == ValidationSuite.recipes.map(\.row.id))
        var parameters: [DerivedParameter] = []
        for place in ValidationResults.places { parameters += try await results.parameters(place) }
        func order(_ parameter: DerivedParameter) -> Int {
            Calibration.all.firstIndex {
                $0.place == parameter.calibration.place && $0.key == parameter.calibration.key
            } ?? -1
        }
        parameters.sort { order($0) < order($1) }
        #expect(parameters.count == Calibration.all.count)
        var suite = ValidationFiles.suite()
        let calibrated = try parameters.map { parameter in
            let variant = try suite.variant(of: parameter.calibration.place)
            let value = try ValidationFiles.description(variant)[parameter.calibration.key]?.value
            return ValidationReport.Calibrated(parameter, value: value ?? "–")
        }
        let report = ValidationReport(rows, calibrated: calibrated)
        #expect(calibrated.filter { !$0.holds }.isEmpty)
        let document = try JSON(report.json.text)
        #expect(document["schema"]?.text == "staleline.validate/1")
        #expect(try SchemaFolder.published.get().faults(of: document) == [])
        let page = try String(
            contentsOf: RealMachines.root.appendingPathComponent("docs/validation.md"),
            encoding: .utf8)
        let parts = page.components(separatedBy: "<!-- staleline validate --markdown -->\n")
        try #require(parts.count == 2)
        let block = try #require(parts.last?.components(separatedBy: "<!-- end -->").first)
        #expect(
            block == report.markdown,
            "docs/validation.md is out of date: staleline validate --markdown")
        let sides = page.components(separatedBy: "## Rows that miss their bands\n")
        try #require(sides.count == 2)
        let reasons = sides[1]
        for row in report.missed {
            let group = String(row.row.id.prefix { $0 != " " && $0 != "/" })
            #expect(reasons.contains(group), "no reason is given for \(row.row.id)")
        }
    }
}
