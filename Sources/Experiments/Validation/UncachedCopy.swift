import MemoryModel
import Quantities
import Traces

// The row V8: a copy out of a ZynqMP's DMA buffer with pairs of quad words, LDP and STP of two registers of 16 bytes,
// as the report says. One such load is one transaction of 32 bytes on this core (row U17, law W1).

/// Copies out of uncached and of cached memory.
struct UncachedCopy {
    /// How many bytes are copied.
    var bytes: UInt64

    /// Where it was measured.
    static let machine = MachineVariant("zynqmp")

    /// Replays the row.
    func rows(on machine: MachineConfiguration) throws(TraceErrors) -> [ValidationRow] {
        func time(_ type: String) throws(TraceErrors) -> Double {
            let trace = try TimedTrace(
                """
                region from 0x10000000 \(bytes) \(type) osh
                buffer to 0x20000000 \(bytes)
                span copy
                copy to from \(bytes) by 32
                end
                """)
            return TimedTrace.seconds("copy", try trace.spans(on: machine))
        }
        return [
            ValidationRow(
                row: MeasuredRow(
                    id: "V8", workload: "ZynqMP, copy with LDP of 32 bytes: uncached / cached",
                    measured: 800.0 / 250, unit: "×", criterion: .band(2.2...4.5),
                    source: "u-dma-buf, issue 16 (github.com/ikwzm/udmabuf)"),
                predicted: try time("nc") / time("wb"))
        ]
    }
}
