import MemoryModel
import Quantities
import Traces

// The rows V8 and V8b: copies out of a ZynqMP's DMA buffer.
//
// - V8 takes pairs of quad words, LDP and STP of two registers of 16 bytes, as the report says. One such load is one
//   transaction of 32 bytes on this core (row U17, law W1).
// - V8b is somebody else's read() of 1 MiB from u-dma-buf's device file, on a ZCU102. The driver copies out of its
//   uncached mapping with copy_to_user, whose loads are of 16 bytes. The rest of the call is left out.

/// Copies out of uncached and of cached memory.
struct UncachedCopy {
    /// How many bytes are copied.
    var bytes: UInt64

    /// Where it was measured.
    static let machine = MachineVariant("zynqmp")

    /// Replays the row.
    func rows(on machine: MachineConfiguration) throws(TraceErrors) -> [ValidationRow] {
        func time(_ type: String, by width: Int = 32) throws(TraceErrors) -> Double {
            let trace = try TimedTrace(
                """
                region from 0x10000000 \(bytes) \(type) osh
                buffer to 0x20000000 \(bytes)
                span copy
                copy to from \(bytes) by \(width)
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
                predicted: try time("nc") / time("wb")),
            ValidationRow(
                row: MeasuredRow(
                    id: "V8b",
                    workload: "ZCU102, read() of an uncached u-dma-buf, loads of 16 bytes",
                    measured: 130, unit: "MB/s", criterion: .absolute,
                    source: "u-dma-buf, issue 97 (github.com/ikwzm/udmabuf)"),
                predicted: Double(bytes) / (try time("nc", by: 16)) / 1e6),
        ]
    }
}
