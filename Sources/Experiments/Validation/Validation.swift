import DMAMapping
import MemoryModel
import Operations
import Quantities
import Traces

// Calibration: a loop's own instructions (compare, count, branch, unoptimised C) are nobody's memory system. One
// cached row of each loop gives them; the rows for other memory types then follow from the machine alone. Which
// row calibrates what is said in the row's criterion.

/// Replays published measurements and puts predictions beside them.
public struct Validation: Sendable {
    private let machine: MachineConfiguration
    /// Bytes of a buffer that a row simulates at most; longer ones are scaled.
    private let simulated: UInt64

    /// Makes a validation of the Zynq-7000's rows.
    ///
    /// - Parameters:
    ///   - zynq7000: The machine's description.
    ///   - simulated: How many bytes of a buffer are simulated at most; longer ones are scaled.
    ///     Cached clearing (Z5, Z9) needs 2 MiB: a smaller buffer stays in the second level.
    public init(zynq7000: MachineConfiguration, simulated: UInt64 = 2 << 20) {
        machine = zynq7000
        self.simulated = simulated
    }

    private static let udmabuf = "u-dma-buf Readme, tables 1 and 2 (github.com/ikwzm/udmabuf)"
    private static let list =
        "linux-arm-kernel, 2015-04-23, dma_alloc_coherent versus streaming DMA"

    /// Runs all rows.
    ///
    /// - Throws: nothing that a user's input could cause: the programs are made here.
    public func rows() throws(TraceErrors) -> [ValidationRow] {
        try mailThread() + checkBuffer() + clearBuffer()
    }

    private func seconds(_ program: Program) throws(TraceErrors) -> Double {
        let setup = try Setup(program, file: "validation", machine: machine, kernel: .bareMetal)
        return try Replay.run(setup).elapsed.seconds
    }

    /// The work for which a cached loop takes as long as was measured.
    private func calibrate(
        measured: Double, accesses: Double,
        _ seconds: (Loops.Work) throws(TraceErrors) -> Double
    ) throws(TraceErrors) -> Loops.Work {
        let cycle = machine.core.clock.period.seconds
        var work = Loops.Work()
        // Work overlaps with misses in flight, so what is missing is asked for again until it is less than a
        // cycle an access; what remains is no whole cycle and goes in one piece.
        for _ in 0..<8 {
            let missing = ((measured - (try seconds(work))) / accesses / cycle).rounded(.down)
            guard missing != 0, Double(work.each) + missing >= 0 else { break }
            work.each = UInt64(Double(work.each) + missing)
        }
        work.rest = UInt64(max(0, (measured - (try seconds(work))) / cycle))
        return work
    }

    // MARK: The mail thread

    private func mailThread() throws(TraceErrors) -> [ValidationRow] {
        let bytes = simulated
        let scale = 200e6 / Double(bytes)
        let cached = 1.0
        let work = try calibrate(measured: cached / scale, accesses: Double(bytes)) {
            work throws(TraceErrors) in
            try seconds(Loops.readBytes(bytes, .writeBack, work: work))
        }
        let slow = try seconds(Loops.readBytes(bytes, .nonCacheable, work: work)) * scale
        let fast = try seconds(Loops.readBytes(bytes, .writeBack, work: work)) * scale
        var rows: [ValidationRow] = []
        if let port = machine.ports.first(where: { !$0.snoops }) {
            let burst = UInt64(port.burstBeats * port.widthBytes)
            let time = try seconds(
                Loops.deviceCopy(bytes, port: port.name, piece: burst * UInt64(port.outstanding)))
            rows.append(
                ValidationRow(
                    row: MeasuredRow(
                        id: "L1",
                        workload:
                            "device streams to and from DDR, one HP port, reads and writes in turn",
                        measured: 600, unit: "MB/s", criterion: .absolute, source: Self.list),
                    predicted: Double(bytes) / time / 1e6))
        }
        func row(
            _ id: String, _ workload: String, _ measured: Double, _ unit: String,
            _ criterion: MeasuredRow.Criterion, _ predicted: Double
        ) -> ValidationRow {
            ValidationRow(
                row: MeasuredRow(
                    id: id, workload: workload, measured: measured, unit: unit,
                    criterion: criterion,
                    source: Self.list), predicted: predicted)
        }
        rows.append(
            row("L2", "read 200 MB byte by byte, coherent memory", 20, "s", .absolute, slow))
        rows.append(row("L3", "the same, malloc memory", cached, "s", .calibration, fast))
        rows.append(row("L2/L3", "how much slower", 20, "×", .band(12...28), slow / fast))
        return rows
    }

    // MARK: u-dma-buf

    private struct Measured {
        var id: String
        var type: MemoryType
        var name: String
        var small: Double
        var large: Double
    }

    private func checkBuffer() throws(TraceErrors) -> [ValidationRow] {
        let rows = [
            Measured(id: "Z1", type: .writeBack, name: "cached", small: 0.434, large: 4.337),
            Measured(
                id: "Z2", type: .stronglyOrdered, name: "strongly ordered", small: 2.283,
                large: 22.830),
            Measured(
                id: "Z3", type: .nonCacheable, name: "write-combine", small: 1.616, large: 16.562),
            Measured(id: "Z4", type: .nonCacheable, name: "coherent", small: 1.600, large: 16.587),
        ]
        let passes = 9.0
        let megabyte: UInt64 = 1 << 20
        let part = min(simulated, megabyte)
        let share = Double(part) / Double(megabyte)
        let work = try calibrate(
            measured: rows[0].small / passes * share, accesses: 2 * Double(part)
        ) { work throws(TraceErrors) in
            try seconds(Loops.checkBuffer(part, .writeBack, work: work))
        }
        return try pairs(rows, "check_buf") { row, bytes throws(TraceErrors) in
            // Past the second level time is linear in bytes: the calibrated megabyte serves for ten.
            let time = try seconds(Loops.checkBuffer(part, row.type, work: work))
            return time * passes * Double(bytes) / Double(part)
        }
    }

    private func clearBuffer() throws(TraceErrors) -> [ValidationRow] {
        let rows = [
            Measured(id: "Z5", type: .writeBack, name: "cached", small: 0.067, large: 0.717),
            Measured(
                id: "Z6", type: .stronglyOrdered, name: "strongly ordered", small: 0.912,
                large: 9.126),
            Measured(
                id: "Z7", type: .nonCacheable, name: "write-combine", small: 0.063, large: 0.620),
            Measured(id: "Z8", type: .nonCacheable, name: "coherent", small: 0.062, large: 0.620),
        ]
        let passes = 99.0
        let predictions = try pairs(rows, "clear_buf") { row, bytes throws(TraceErrors) in
            let part = min(bytes, simulated)
            // The first pass finds the caches empty; the second is like all that follow.
            let one = try seconds(Loops.clearBuffer(part, row.type, passes: 1))
            let two = try seconds(Loops.clearBuffer(part, row.type, passes: 2))
            return (one + (two - one) * (passes - 1)) * Double(bytes) / Double(part)
        }
        return predictions + laws(predictions)
    }

    /// Z9: clearing write-combine memory is not slower than clearing cached memory.
    private func laws(_ rows: [ValidationRow]) -> [ValidationRow] {
        guard let cached = rows.first(where: { $0.row.id == "Z5" }),
            let combined = rows.first(where: { $0.row.id == "Z7" })
        else { return [] }
        return [
            ValidationRow(
                row: MeasuredRow(
                    id: "Z9", workload: "Z7 not slower than Z5 (predicted ratio)", measured: 1,
                    unit: "×",
                    criterion: .law, source: Self.udmabuf),
                predicted: combined.predicted / cached.predicted)
        ]
    }

    private func pairs(
        _ rows: [Measured], _ loop: String,
        _ predict: (Measured, UInt64) throws(TraceErrors) -> Double
    ) throws(TraceErrors) -> [ValidationRow] {
        var result: [ValidationRow] = []
        for row in rows {
            for (size, measured, suffix) in [(1, row.small, ""), (10, row.large, " (10 MiB)")] {
                let isCalibration = row.id == "Z1"
                result.append(
                    ValidationRow(
                        row: MeasuredRow(
                            id: row.id + suffix, workload: "\(loop) \(size) MiB, \(row.name)",
                            measured: measured, unit: "s",
                            criterion: isCalibration ? .calibration : .absolute,
                            source: Self.udmabuf),
                        predicted: try predict(row, UInt64(size) << 20)))
            }
        }
        return result
    }
}
