import Foundation
import MemoryModel
import Testing

@testable import Experiments

/// The rows of `staleline validate`.
struct ValidationTests {
    /// Rows that miss their bands, each with its reason in docs/validation.md.
    private static let missing: Set<String> = [
        "V3 start", "V3 end", "V5 A53", "V8", "U1 memcpy", "U3 read", "U9 memcpy", "U12 LDM",
        "U12 VLDM", "B3", "B4",
    ]

    @Test(
        "Rows are in their bands, but for those that are said to miss",
        arguments: ValidationResults.groups)
    func rows(_ group: String) async throws {
        let rows = try await ValidationResults.shared.rows(group)
        #expect(!rows.isEmpty)
        for row in rows where row.row.criterion.isPrediction {
            #expect(
                row.passes != Self.missing.contains(row.row.id),
                "\(row.row.id): measured \(row.row.measured), predicted \(row.predicted)")
        }
    }

    @Test(
        "What calibrates comes out, but for what is said not to",
        arguments: ValidationResults.groups)
    func calibrated(_ group: String) async throws {
        for row in try await ValidationResults.shared.rows(group)
        where row.row.criterion.isCalibration {
            #expect(row.passes != (row.row.id == "U14 memset"), "\(row.row.id): \(row.predicted)")
        }
    }

    @Test("Loops' own instructions make their cached rows to a hundredth")
    func loops() async throws {
        let rows =
            try await ValidationResults.shared.rows("L") + ValidationResults.shared.rows("Z")
        let loops = rows.filter { $0.row.criterion == .calibration }
        #expect(loops.map(\.row.id) == ["L3", "Z1", "Z1 (10 MiB)"])
        for row in loops { #expect(row.passes) }
    }

    @Test(
        "Each file of Traces/validation is read by a row or a calibration, and says what it is for")
    func files() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: ValidationFiles.traces.path)
            .filter { $0.hasSuffix(".slt") }
        let used = Set(ValidationSuite.recipes.flatMap(\.traces))
        #expect(
            Set(names) == used.union(["cached-rates.slt", "uncached-rates.slt"]))
        for name in names {
            let text = try String(
                contentsOf: ValidationFiles.traces.appendingPathComponent(name), encoding: .utf8)
            for recipe in ValidationSuite.recipes where recipe.traces.first == name {
                let group = String(recipe.row.id.prefix { $0 != " " && $0 != "/" })
                #expect(text.contains(group), "\(name) does not name \(recipe.row.id)")
            }
        }
    }

    @Test("Rows have names of their own, and can be asked for by them")
    func names() throws {
        let ids = ValidationSuite.recipes.map(\.row.id)
        #expect(Set(ids).count == ids.count)
        var suite = ValidationFiles.suite()
        #expect(try suite.rows(names: ["S3"]).map(\.row.id) == ["S3"])
        #expect(try suite.rows(names: ["D4"]).count == 4)
        #expect(try suite.rows(names: ["S"], machines: ["rk3399"]).count == 2)
        #expect(throws: UnknownRow.self) { try suite.rows(names: ["Q7"]) }
    }

    @Test("A row that has no trace is exported as one that makes its number")
    func export() async throws {
        let suite = ValidationFiles.suite()
        let traces = try suite.generatedTraces(names: ["T1 64K"])
        let trace = try #require(traces.first)
        #expect(trace.name == "T1-64K.slt" && traces.count == 1)
        var times = TraceTimes(
            text: { _ in Array(trace.text.utf8) },
            machine: { try ValidationFiles.description($0).configuration })
        let chase = try times.seconds("chase", trace.name) / 20_000
        let hit = try times.seconds("l1", trace.name) / 1_000
        let rows = try await ValidationResults.shared.rows("T")
        let row = try #require(rows.first { $0.row.id == "T1 64K" })
        #expect(abs((chase - hit) * 1e9 - row.predicted) < 0.05)
    }

    @Test("A row out of its band fails, a law only within its tolerance")
    func criteria() {
        func passes(_ criterion: MeasuredRow.Criterion, _ predicted: Double) -> Bool {
            ValidationRow(
                row: MeasuredRow(
                    id: "", workload: "", measured: 4, unit: "", criterion: criterion, source: ""),
                predicted: predicted
            ).passes
        }
        #expect(passes(.calibrated, 5) && !passes(.calibrated, 5.1))
        #expect(passes(.absolute, 3) && !passes(.absolute, 2.9))
        #expect(passes(.exactly(within: 0), 4) && !passes(.exactly(within: 0), 3))
        #expect(passes(.exactly(within: 0.05), 3.81) && !passes(.exactly(within: 0.05), 3.7))
        #expect(MeasuredRow.Criterion.calibrated.isCalibration)
        #expect(!MeasuredRow.Criterion.exactly(within: 0).isCalibration)
    }
}
