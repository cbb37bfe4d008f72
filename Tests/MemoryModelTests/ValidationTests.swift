import Foundation
import Machines
import MemoryModel
import Testing

@testable import Experiments

/// The machines and traces of `staleline validate`, from the checkout.
enum ValidationFiles {
    static let traces = RealMachines.root.appendingPathComponent("Traces/validation")

    static func description(
        _ variant: MachineVariant
    ) throws -> MachineDescription {
        let path = RealMachines.root.appendingPathComponent("configs/\(variant.name).yaml")
        return try MachineDescription.parse(
            yaml: try String(contentsOf: path, encoding: .utf8), file: variant.name,
            overrides: variant.overrides.map { ($0.key, $0.value) })
    }

    static func suite() -> ValidationSuite {
        ValidationSuite(
            trace: { name in Array(try Data(contentsOf: traces.appendingPathComponent(name))) },
            machine: { try description($0).configuration })
    }

    static func times() -> TraceTimes {
        TraceTimes(
            text: { name in Array(try Data(contentsOf: traces.appendingPathComponent(name))) },
            machine: { try description($0).configuration })
    }
}

/// The rows of `staleline validate`.
struct ValidationTests {
    /// Rows that miss their bands, each with its reason in docs/validation.md.
    private static let missing: Set<String> = [
        "V3 start", "V3 end", "V8", "U1 VLDM", "U3 VLDM", "U12 LDM", "U12 VLDM", "U14 memcpy",
        "U14 VLDM", "T4 256K", "D7",
    ]

    @Test(
        "Rows are in their bands, but for those that are said to miss",
        arguments: ["L", "Z", "V", "M", "U", "W", "D", "B", "S"])
    func rows(_ group: String) throws {
        var suite = ValidationFiles.suite()
        let rows = try suite.rows(names: [group])
        #expect(!rows.isEmpty)
        for row in rows where row.row.criterion.isPrediction {
            #expect(
                row.passes != Self.missing.contains(row.row.id),
                "\(row.row.id): measured \(row.row.measured), predicted \(row.predicted)")
        }
    }

    @Test("Loops' own instructions make their cached rows to a hundredth")
    func loops() throws {
        var suite = ValidationFiles.suite()
        let rows = try suite.rows(names: ["L3", "Z1"])
        #expect(rows.count == 3)
        for row in rows { #expect(row.row.criterion == .calibration && row.passes) }
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
    func export() throws {
        let suite = ValidationFiles.suite()
        let traces = try suite.generatedTraces(names: ["T1 64K"])
        let trace = try #require(traces.first)
        #expect(trace.name == "T1-64K.slt" && traces.count == 1)
        var times = TraceTimes(
            text: { _ in Array(trace.text.utf8) },
            machine: { try ValidationFiles.description($0).configuration })
        let chase = try times.seconds("chase", trace.name) / 20_000
        let hit = try times.seconds("l1", trace.name) / 1_000
        var rows = ValidationFiles.suite()
        let row = try #require(try rows.rows(names: ["T1 64K"]).first)
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
        #expect(!MeasuredRow.Criterion.elsewhere.isPrediction)
    }
}

/// Calibrated parameters come out of what they were calibrated on, and of nothing that is predicted.
struct CalibrationTests {
    private static let places = Calibration.all.map(\.place.name).reduce(into: [String]()) {
        if !$0.contains($1) { $0.append($1) }
    }

    @Test("Each calibrated parameter comes out of the row that it names", arguments: places)
    func derived(_ place: String) throws {
        var times = ValidationFiles.times()
        for calibration in Calibration.all where calibration.place.name == place {
            var suite = ValidationFiles.suite()
            let variant = try suite.variant(of: calibration.place)
            let description = try ValidationFiles.description(variant)
            let text = try #require(description[calibration.key]?.value)
            let value = try #require(Double(text))
            let derived = try calibration.derive(&times)
            #expect(
                abs(value - derived) <= calibration.tolerance,
                "\(place), \(calibration.key): the file has \(value), its row gives \(derived)")
        }
    }

    @Test("Every parameter that a machine file calls calibrated is on the list, and no other")
    func complete() throws {
        let folder = RealMachines.root.appendingPathComponent("configs")
        var calibrated: Set<String> = []
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path)
        where name.hasSuffix(".yaml") {
            let machine = String(name.dropLast(5))
            for parameter in try ValidationFiles.description(MachineVariant(machine)).parameters
            where parameter.basis == .calibration {
                calibrated.insert("\(machine) \(parameter.path)")
            }
        }
        let listed = Calibration.all.compactMap { calibration -> String? in
            guard case .machine(let name) = calibration.place else { return nil }
            return "\(name) \(calibration.key)"
        }
        #expect(Set(listed) == calibrated)
    }

    @Test("No calibration names a row that is predicted")
    func independent() {
        let predicted = ValidationSuite.recipes.filter { $0.row.criterion.isPrediction }
        for calibration in Calibration.all {
            // D1 and D3 have points that calibrate, marked so; L1 and L2 are caches here.
            let words = calibration.measured.split { !$0.isLetter && !$0.isNumber }.map(String.init)
            for recipe in predicted where recipe.row.id.first != "T" {
                let group = String(recipe.row.id.prefix { $0 != " " && $0 != "/" })
                #expect(
                    !words.contains(group) || ["D1", "D3", "L1", "L2"].contains(group),
                    "\(calibration.place.name) \(calibration.key) names \(recipe.row.id)")
            }
        }
    }
}
