import MemoryModel
import Quantities

// The rows T1 to T6: latencies of cached memory by size of the buffer.

/// A table of latencies that one program measured on one machine.
struct CachedLatency: Sendable {
    /// One point of it.
    struct Point: Sendable {
        /// The size as the row names it.
        var name: String
        /// How many bytes the buffer has.
        var bytes: UInt64
        /// What was measured.
        var nanoseconds: Double
        /// Whether a parameter of the machine rests on the point.
        var calibrates: Bool
    }

    /// The row's name.
    var id: String
    /// The machine.
    var machine: MachineVariant
    /// The machine for people.
    var title: String
    /// What the program does.
    var order: Chase.Order
    /// How the pages of its buffer lie.
    var placement = Chase.Placement.scattered
    /// The points.
    var points: [Point]
    /// Who measured it.
    var source: String

    /// tinymembench: the block sizes, and which points a parameter rests on.
    private static func random(
        _ id: String, _ machine: MachineVariant, _ title: String, file: String,
        placement: Chase.Placement = .scattered, _ nanoseconds: [Double], calibrate: Set<Int>
    ) -> Self {
        let sizes: [(String, UInt64)] = [
            ("64K", 64 << 10), ("256K", 256 << 10), ("512K", 512 << 10), ("1M", 1 << 20),
            ("4M", 4 << 20),
        ]
        return CachedLatency(
            id: id, machine: machine, title: title, order: .random, placement: placement,
            points: zip(sizes, nanoseconds).enumerated().map { index, point in
                Point(
                    name: point.0.0, bytes: point.0.1, nanoseconds: point.1,
                    calibrates: calibrate.contains(index))
            }, source: "tinymembench, single random read, sbc-bench result \(file)")
    }

    /// lat_mem_rd: 62k is a sixteenth of a MiB, and so on.
    private static func stride(
        _ id: String, _ machine: MachineVariant, _ title: String, _ nanoseconds: [Double],
        calibrate: Set<Int>
    ) -> Self {
        let sizes: [(String, UInt64)] = [
            ("L1", 4 << 10), ("62k", 64 << 10), ("125k", 128 << 10), ("250k", 256 << 10),
            ("500k", 512 << 10), ("1000k", 1 << 20),
        ]
        return CachedLatency(
            id: id, machine: machine, title: title, order: .stride(128),
            points: zip(sizes, nanoseconds).enumerated().map { index, point in
                Point(
                    name: point.0.0, bytes: point.0.1, nanoseconds: point.1,
                    calibrates: calibrate.contains(index))
            }, source: "lat_mem_rd, stride 128, TI Processor SDK performance guide")
    }

    /// The published tables.
    ///
    /// A point calibrates if the source of a number in `configs/` names it. Where the pages of the Pi 2's buffer lay
    /// is not known: T1 512K says that they lay in one piece, and so calibrates that.
    static let tables = [
        random(
            "T1", MachineVariant("rpi2"), "Pi 2, Cortex-A7", file: "3MGs", placement: .contiguous,
            [6.5, 11.8, 16.4, 91.8, 162.6], calibrate: [0, 2, 3]),
        random(
            "T2", MachineVariant("rk3328"), "RK3328, Cortex-A53", file: "of the RK3328",
            [5.0, 11.2, 67.7, 101.9, 133.7], calibrate: [0, 3]),
        random(
            "T3", MachineVariant("rpi4"), "Pi 4, Cortex-A72", file: "1MFf",
            [5.7, 12.3, 14.2, 25.3, 115.5], calibrate: [0, 4]),
        random(
            "T4", MachineVariant("rpizero"), "ARM1176 at 1 GHz", file: "1niO",
            [35.7, 104.2, 176.7, 213.0, 240.5], calibrate: [0, 2]),
        stride(
            "T5", MachineVariant("am335x"), "AM335x, Cortex-A8",
            [3.01, 8.85, 14.68, 72.76, 184.98, 227.09], calibrate: [0, 2, 5]),
        stride(
            "T6", MachineVariant("am5728"), "AM572x, Cortex-A15",
            [2.67, 12.69, 12.69, 12.83, 12.83, 12.83], calibrate: [0, 1]),
    ]

    /// The rows of the table.
    var recipes: [RowRecipe] {
        let what = order == .random ? "random read beyond L1" : "pointer chase, stride 128"
        return points.map { point in
            RowRecipe(
                row: MeasuredRow(
                    id: "\(id) \(point.name)", workload: "\(title): \(what), \(point.name)",
                    measured: point.nanoseconds, unit: "ns",
                    criterion: point.calibrates ? .calibrated : .absolute, source: source),
                traces: [], machine: machine
            ) { [self] in
                predict(point, on: try $0.configuration(machine))
            }
        }
    }

    /// What a load takes beyond L1, at one place of memory or at several.
    private func predict(_ point: Point, on machine: MachineConfiguration) -> Double {
        let seeds = seeds(point, machine)
        let times = seeds.map { chase(point, $0).nanoseconds(on: machine, seed: $0) }
        guard order == .random else { return times.reduce(0, +) / Double(times.count) }
        return (times.min() ?? 0) - Self.firstLevel(machine)
    }

    /// What a load takes that hits the first level.
    static func firstLevel(_ machine: MachineConfiguration) -> Double {
        Chase(bytes: 2, order: .random, loads: 1_000).nanoseconds(on: machine, seed: 1)
    }

    private static let loads = 20_000

    private func chase(_ point: Point, _ seed: UInt64) -> Chase {
        Chase(
            bytes: point.bytes, order: order, placement: placement,
            loads: order == .random ? Self.loads : 1)
    }

    /// Where in memory the buffer lies.
    private func seeds(_ point: Point, _ machine: MachineConfiguration) -> [UInt64] {
        if order == .random {
            // tinymembench prints the best of ten places, which tells where a block just fits the second level.
            let isEdge = point.bytes == machine.level2.map { UInt64($0.cache.size) }
            return Array(1...(isEdge && placement == .scattered ? 10 : 1))
        }
        // lat_mem_rd has one place, which may be any: the mean of 64 for 64 KiB to 4 for 1 MiB. A page is alike
        // wherever it lies.
        return Array(1...(point.bytes <= 4 << 10 ? 1 : (4 << 20) / point.bytes))
    }

    /// A row's accesses as a native trace.
    ///
    /// - Parameters:
    ///   - name: The row's, as `T1 64K`.
    ///   - machine: The machine with what is set on it.
    /// - Returns: the trace; nil if the table has no such row.
    func trace(of name: String, on machine: MachineConfiguration) -> String? {
        guard let point = points.first(where: { "\(id) \($0.name)" == name }) else { return nil }
        let seeds = seeds(point, machine)
        let best =
            order == .random
            ? seeds.min {
                chase(point, $0).nanoseconds(on: machine, seed: $0)
                    < chase(point, $1).nanoseconds(on: machine, seed: $1)
            } ?? 1 : 1
        let places =
            order == .random
            ? "the best of \(seeds.count) place(s) in memory" : "one of \(seeds.count) place(s)"
        return """
            staleline 1
            # \(name): \(title), \(source).
            # Span chase over its number of loads\(order == .random ? ", less span l1 over 1000" : ""); \(places).
            # staleline replay --seed \(best)
            machine \(self.machine.name)

            """ + self.machine.overrides.map { "set \($0.key)=\($0.value)\n" }.joined()
                + chase(point, best).text(on: machine, seed: best, withFirstLevel: order == .random)
    }
}
