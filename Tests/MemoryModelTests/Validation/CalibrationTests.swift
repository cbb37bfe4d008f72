import Foundation
import Machines
import Testing

@testable import Experiments

/// Calibrated parameters come out of what they were calibrated on, and of nothing that is predicted.
struct CalibrationTests {
    @Test(
        "Each calibrated parameter comes out of the row that it names",
        arguments: ValidationResults.places)
    func derived(_ place: String) async throws {
        for parameter in try await ValidationResults.shared.parameters(place) {
            let calibration = parameter.calibration
            var suite = ValidationFiles.suite()
            let description = try ValidationFiles.description(suite.variant(of: calibration.place))
            let text = try #require(description[calibration.key]?.value)
            let value = try #require(Double(text))
            #expect(
                abs(value - parameter.derived) <= calibration.tolerance,
                "\(place), \(calibration.key): the file has \(value), its row gives \(parameter.derived)"
            )
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
            // D1 and D3 have points that calibrate, marked so, and so has U1; L1 and L2 are caches here.
            let words = calibration.measured.split { !$0.isLetter && !$0.isNumber }.map(String.init)
            for recipe in predicted where recipe.row.id.first != "T" {
                let group = String(recipe.row.id.prefix { $0 != " " && $0 != "/" })
                #expect(
                    !words.contains(group) || ["D1", "D3", "L1", "L2", "U1"].contains(group),
                    "\(calibration.place.name) \(calibration.key) names \(recipe.row.id)")
                #expect(
                    !calibration.measured.contains(recipe.row.id)
                        || ["L1", "L2"].contains(recipe.row.id))
            }
        }
    }

    @Test("A point of a table on which a parameter rests is marked so")
    func points() {
        var count = 0
        for table in CachedLatency.tables {
            for point in table.points {
                let rests = Calibration.all.contains { calibration in
                    guard calibration.place == .machine(table.machine.name) else { return false }
                    switch calibration.derivation {
                    case .latency(let bytes, let nanoseconds, _, _),
                        .hit(let bytes, let nanoseconds):
                        return bytes == point.bytes && nanoseconds == point.nanoseconds
                    case .number, .time, .nearest: return false
                    }
                }
                guard rests else { continue }
                count += 1
                #expect(point.calibrates, "\(table.id) \(point.name) is no prediction")
            }
        }
        // T1, T2 and T5 have one each, T3 and T4 two.
        #expect(count == 7)
    }

    @Test("No number of a machine rests on a frame buffer, but those that are listed")
    func uncached() throws {
        let listed = Set(Calibration.all.map { "\($0.place.name) \($0.key)" })
        let folder = RealMachines.root.appendingPathComponent("configs")
        var count = 0
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path)
        where name.hasSuffix(".yaml") {
            let machine = String(name.dropLast(5))
            for parameter in try ValidationFiles.description(MachineVariant(machine)).parameters {
                let source = parameter.source.lowercased()
                guard
                    ["frame buffer", "framebuffer", "write-combined"].contains(
                        where: source.contains)
                else { continue }
                count += 1
                #expect(listed.contains("\(machine) \(parameter.path)"), "\(machine): \(source)")
            }
        }
        #expect(count == 7)
    }
}
