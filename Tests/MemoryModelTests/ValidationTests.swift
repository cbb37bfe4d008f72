import Foundation
import Machines
import Testing

@testable import Experiments

/// The rows of `staleline validate`, scaled down, so that a change of the model that misses them is seen.
struct ValidationTests {
    private func suite() throws -> ValidationSuite {
        try ValidationSuite(scale: .small) { variant in
            let path = RealMachines.root.appendingPathComponent("configs/\(variant.name).yaml")
            return try MachineDescription.parse(
                yaml: try String(contentsOf: path, encoding: .utf8), file: variant.name,
                overrides: variant.overrides.map { ($0.key, $0.value) }
            ).configuration
        }
    }

    private func expect(_ rows: [ValidationRow], besides exceptions: Set<String> = []) {
        for row in rows where !exceptions.contains(row.row.id) {
            #expect(
                row.passes,
                "\(row.row.id): measured \(row.row.measured), predicted \(row.predicted)")
        }
    }

    @Test("Cached latencies")
    func latencies() throws {
        let rows = try suite().latencies()
        #expect(rows.count == 4 * 5 + 2 * 6)
        expect(rows)
    }

    @Test("Ports, engines and the width of uncached loads")
    func transfers() throws {
        let rows = try suite().transfers()
        #expect(rows.count == 9 + 3 + 6 + 4 + 2)
        expect(rows)
    }

    @Test("Mapping strategies")
    func strategies() throws {
        // Cached clearing needs a buffer beyond the second level, which is too long for a test.
        expect(try suite().strategies(), besides: ["Z5", "Z5 (10 MiB)", "Z9"])
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
        #expect(passes(.exactly(within: 0), 4) && !passes(.exactly(within: 0), 3))
        #expect(passes(.exactly(within: 0.05), 3.81) && !passes(.exactly(within: 0.05), 3.7))
        #expect(MeasuredRow.Criterion.calibrated.isCalibration)
        #expect(!MeasuredRow.Criterion.exactly(within: 0).isCalibration)
    }
}
