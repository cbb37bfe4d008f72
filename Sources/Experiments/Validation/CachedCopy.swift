import MemoryModel
import Quantities
import Traces

// The rows M1 and M2: what one Cortex-A53 of a ZynqMP sets and copies in cached memory, without an operating system. Its
// memset and memcpy are newlib's, which store and load 16 bytes at a time. M2 was measured in two parts of the board's
// memory, one of 2 GiB and one above it; no cache sees a difference. How far ahead the ZynqMP's prefetcher goes and what
// a line costs on its way to memory are set so that these rows come out: they predict nothing. They stand here because
// V8, which copies cached memory of a ZynqMP too, misses them as it misses the prediction.

/// Sets and copies cached memory that the caches do not hold.
struct CachedCopy {
    /// How many bytes are set and copied.
    var bytes: UInt64

    /// Where it was measured: a Fidus Sidewinder with its core at 1100 MHz and DDR4-1866.
    static let machine = MachineVariant(
        "zynqmp", ["core.mhz": "1100", "memory.bandwidth_mbps": "14928"])

    private static let source =
        "LLNL LiME, test/results/zup/mem/mem_sidewinder.txt (github.com/LLNL/lime)"

    /// Replays the rows.
    func rows(on machine: MachineConfiguration) throws(TraceErrors) -> [ValidationRow] {
        let spans = try TimedTrace(
            """
            buffer from 0x10000000 \(bytes)
            buffer to 0x20000000 \(bytes)
            buffer filled 0x30000000 \(bytes)
            span set
            st filled \(bytes) by 16
            end
            span copy
            copy to from \(bytes) by 16
            end
            """
        ).spans(on: machine)
        func row(_ id: String, _ text: String, _ measured: Double, _ span: String) -> ValidationRow
        {
            ValidationRow(
                row: MeasuredRow(
                    id: id, workload: "ZynqMP at 1100 MHz, cached memory: \(text)",
                    measured: measured, unit: "MB/s", criterion: .calibrated, source: Self.source),
                predicted: Double(bytes) / TimedTrace.seconds(span, spans) / 1e6)
        }
        return [
            row("M1", "memset", 7_196, "set"),
            row("M2", "memcpy, upper memory", 1_884, "copy"),
            row("M2 low", "memcpy, lower memory", 1_664, "copy"),
        ]
    }
}
