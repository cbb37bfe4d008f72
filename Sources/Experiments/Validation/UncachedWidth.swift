import DMAMapping
import MemoryModel
import Operations
import Quantities
import Traces

// Law W1: an in-order core has one uncached load in flight, so that half the width is half the rate.

/// Uncached loads by their width.
struct UncachedWidth {
    /// How many bytes are read.
    var bytes: UInt64

    /// RK3399's Cortex-A53 at 1416 MHz, on the machine with the same core.
    static let machine = MachineVariant("rk3328", ["core.mhz": "1416"])

    private static let source =
        "tinymembench of a write-combined frame buffer, RK3399, sbc-bench (row U17)"

    /// Replays the law.
    func rows(on machine: MachineConfiguration) throws(TraceErrors) -> [ValidationRow] {
        var rates: [Double] = []
        for width: UInt32 in [32, 16, 8] { rates.append(try rate(width, machine)) }
        func row(_ id: String, _ text: String, _ measured: Double, _ predicted: Double)
            -> ValidationRow
        {
            ValidationRow(
                row: MeasuredRow(
                    id: id, workload: text, measured: measured, unit: "×",
                    criterion: .exactly(within: 0.05), source: Self.source),
                predicted: predicted)
        }
        return [
            row(
                "W1 32/16", "uncached loads, Cortex-A53: 32 bytes each against 16", 187.6 / 93.7,
                rates[0] / rates[1]),
            row(
                "W1 16/8", "uncached loads, Cortex-A53: 16 bytes each against 8", 93.7 / 46.8,
                rates[1] / rates[2]),
        ]
    }

    private func rate(_ width: UInt32, _ machine: MachineConfiguration) throws(TraceErrors)
        -> Double
    {
        let program = Loops.read(bytes, .nonCacheable, width: width)
        let setup = try Setup(program, file: "validation", machine: machine, kernel: .bareMetal)
        return Double(bytes) / (try Replay.run(setup).elapsed.seconds) / 1e6
    }
}
