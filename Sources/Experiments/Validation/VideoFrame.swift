import MemoryModel
import Quantities
import Traces

// The rows V1 to V4: a program copies frames out of the buffers of the RK3399's image processor, which are either
// write-combined or cached, with DMA_BUF_IOCTL_SYNC around each copy.
//
// - The copy is memcpy of the C library, which loads pairs of registers of 8 bytes: 16 bytes at a time.
// - The frame's 900 pages come as the allocator of the IOMMU gives them: 512, 256, 128 and 4, the largest first, each
//   an entry of the list.
// - Start is dma_sync_sgtable_for_cpu, end is dma_sync_sgtable_for_device, from the device, as the buffers of a capture
//   device are mapped. The same calls on the same frame were published twice: V3 and, before it, V3b, whose buffers
//   the kernel synced itself when they were queued and taken back.
// Left out: the system call, and finding the list, which are microseconds.

/// What a captured frame costs the core that reads it.
struct VideoFrame {
    /// How many bytes of a frame are simulated; times go on at the same rate.
    var simulated: UInt64

    /// Where it was measured.
    static let machine = MachineVariant("rk3399")

    private static let bytes: UInt64 = 1280 * 720 * 4
    private static let source =
        "linux-media, 2025-03-03, rkisp1 with non-coherent capture buffers, version 4"
    private static let firstMail =
        "linux-media, 2025-01-14, rkisp1 with non-coherent capture buffers, the author's answer"

    /// Replays the rows.
    func rows(on machine: MachineConfiguration) throws(TraceErrors) -> [ValidationRow] {
        let part = min(simulated, Self.bytes)
        let scale = Double(Self.bytes) / Double(part)
        let uncached = try TimedTrace(Self.uncached(part)).spans(on: machine)
        let cached = try TimedTrace(Self.cached(part)).spans(on: machine)
        let slow = TimedTrace.seconds("copy", uncached) * scale * 1e3
        let fast = TimedTrace.seconds("copy", cached) * scale * 1e3
        let start = TimedTrace.seconds("start", cached) * scale * 1e3
        let end = TimedTrace.seconds("end", cached) * scale * 1e3
        func row(
            _ id: String, _ workload: String, _ measured: Double, _ unit: String,
            _ criterion: MeasuredRow.Criterion, _ predicted: Double,
            _ source: String = Self.source
        ) -> ValidationRow {
            ValidationRow(
                row: MeasuredRow(
                    id: id, workload: workload, measured: measured, unit: unit,
                    criterion: criterion, source: source), predicted: predicted)
        }
        return [
            row(
                "V1", "RK3399, memcpy of a 3.7 MB frame, write-combined buffer", 7.7, "ms",
                .absolute, slow),
            row("V2", "the same, cached buffer", 1.1, "ms", .absolute, fast),
            row("V3 start", "DMA_BUF_IOCTL_SYNC before it", 270, "µs", .absolute, start * 1e3),
            row("V3 end", "DMA_BUF_IOCTL_SYNC after it", 270, "µs", .absolute, end * 1e3),
            row(
                "V3b start", "dma_sync_sgtable_for_cpu as ftrace timed it", 437.6, "µs", .absolute,
                start * 1e3, Self.firstMail),
            row(
                "V3b end", "dma_sync_sgtable_for_device as ftrace timed it", 409, "µs", .absolute,
                end * 1e3, Self.firstMail),
            row(
                "V4", "V1 / (V2 + V3 twice)", 4.7, "×", .band(3.3...6.5),
                slow / (fast + start + end)),
        ]
    }

    /// Two frames: the first one fills the caches with what a camera's reader leaves there, the second one is timed.
    private static func frames(_ start: String, _ copy: String, _ end: String) -> String {
        func frame(_ name: (String) -> String) -> String {
            """
            ring isp
            isp: wr frame \(copy)
            wait isp
            span \(name("start"))
            \(start)
            end
            span \(name("copy"))
            copy picture frame \(copy) by 16
            end
            span \(name("end"))
            \(end)
            end

            """
        }
        return frame { "first-\($0)" } + frame { $0 }
    }

    /// The frame in memory of dma_alloc_coherent, mapped with dma_mmap_coherent.
    private static func uncached(_ bytes: UInt64) -> String {
        """
        kernel 6.12
        device isp noncoherent
        buffer frame 0x10000000 \(bytes)
        buffer picture 0x20000000 \(bytes)
        h = dma_alloc_coherent isp frame \(bytes)

        """ + frames("work 0", "\(bytes)", "work 0")
    }

    /// The frame in cached memory.
    private static func cached(_ bytes: UInt64) -> String {
        """
        kernel 6.12
        device isp noncoherent
        buffer frame 0x10000000 \(bytes)
        buffer picture 0x20000000 \(bytes)
        h = dma_map_sg isp FROM_DEVICE \(entries(bytes))

        """ + frames("dma_sync_sg_for_cpu h", "\(bytes)", "dma_sync_sg_for_device h")
    }

    /// The entries of a list of so many bytes: powers of two of pages, the largest first.
    private static func entries(_ bytes: UInt64) -> String {
        var entries: [String] = []
        var offset: UInt64 = 0
        while offset < bytes {
            let pages = (bytes - offset) / 4_096
            // Less than a page is what a shortened frame ends with.
            let size =
                pages == 0 ? bytes - offset : 4_096 << UInt64(63 - pages.leadingZeroBitCount)
            entries.append("frame+\(offset),\(size)")
            offset += size
        }
        return entries.joined(separator: " ")
    }
}
