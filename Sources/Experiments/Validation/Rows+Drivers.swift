// The rows of whole drivers: what a program or a driver does with its buffer, one way or another.

extension Rows {
    private static let coherentFrame = "rk3399-frame-coherent.slt"
    private static let cachedFrame = "rk3399-frame-cached.slt"
    private static let rkisp =
        "linux-media, 2025-03-03, rkisp1 with non-coherent capture buffers, version 4"
    private static let rkispFirst =
        "linux-media, 2025-01-14, rkisp1 with non-coherent capture buffers, the author's answer"

    /// V1 to V4.
    static let videoFrame: [RowRecipe] = {
        let uncached = RecipeBook(trace: coherentFrame, source: rkisp)
        let cached = RecipeBook(trace: cachedFrame, source: rkisp)
        let traced = RecipeBook(trace: cachedFrame, source: rkispFirst)
        let both = RecipeBook(trace: coherentFrame, source: rkisp, others: [cachedFrame])
        return [
            uncached.time(
                "V1", "RK3399, memcpy of a 3.7 MB frame, write-combined buffer", 7.7, "ms",
                .absolute, span: "copy", times: 1e3),
            cached.time(
                "V2", "the same, cached buffer", 1.1, "ms", .absolute, span: "copy", times: 1e3),
            cached.time(
                "V3 start", "DMA_BUF_IOCTL_SYNC before it", 270, "µs", .absolute, span: "start",
                times: 1e6),
            cached.time(
                "V3 end", "DMA_BUF_IOCTL_SYNC after it", 270, "µs", .absolute, span: "end",
                times: 1e6),
            traced.time(
                "V3b start", "dma_sync_sgtable_for_cpu as ftrace timed it", 437.6, "µs", .absolute,
                span: "start", times: 1e6),
            traced.time(
                "V3b end", "dma_sync_sgtable_for_device as ftrace timed it", 409, "µs", .absolute,
                span: "end", times: 1e6),
            both.row("V4", "V1 / (V2 + V3 twice)", 4.7, "×", .band(3.3...6.5)) {
                var parts = 0.0
                for span in ["copy", "start", "end"] { parts += try $0.seconds(span, cachedFrame) }
                return try $0.seconds("copy", coherentFrame) / parts
            },
        ]
    }()

    /// V5 to V7.
    static let camera: [RowRecipe] = {
        let urb = RecipeBook(
            trace: "chromebook-urb.slt",
            source: "linux-media, 2021, uvcvideo: Use dma_alloc_noncontiguous")
        let packets = RecipeBook(
            trace: "rk3288-urb.slt",
            source: "linux-media, 2018-08-24, uvcvideo and usb_alloc_coherent")
        let trace = packets.trace
        @Sendable func added(_ span: String, _ times: inout TraceTimes) throws -> Double {
            try times.seconds(span, trace) - (try times.seconds("kmalloc", trace))
        }
        return [
            urb.quotient(
                "V5", "arm64 Chromebook, taken as a Cortex-A55: copy of a URB, coherent / cached",
                20, .band(15...35), "coherent", over: "cached"),
            urb.row(
                "V5 A53", "the same, if it was a Cortex-A53 at 1416 MHz", 20, "×",
                .band(15...35)
            ) {
                let old = MachineVariant("rk3328", ["core.mhz": "1416"])
                return try $0.seconds("coherent", urb.trace, on: old)
                    / (try $0.seconds("cached", urb.trace, on: old))
            },
            packets.quotient(
                "V6", "RK3288, URB of 132 packets of 417 B: usb_alloc_coherent / kmalloc",
                130.2 / 33.7, .band(2.5...5.5), "coherent", over: "kmalloc"),
            packets.row(
                "V7", "the same: what unmap and map of each packet add", 26.3, "µs", .band(13...53)
            ) { 132e6 * (try added("unmapped", &$0)) },
            packets.row(
                "V7 sync", "syncs instead of unmap and map, against those", 1, "×",
                .band(0.8...1.25)
            ) { try added("synced", &$0) / (try added("unmapped", &$0)) },
        ]
    }()

    /// V8 to V11 and M1, M2.
    static let platforms: [RowRecipe] = {
        let copy = RecipeBook(
            trace: "zynqmp-copy.slt", source: "u-dma-buf, issue 16 (github.com/ikwzm/udmabuf)")
        let read = RecipeBook(
            trace: "zynqmp-copy.slt", source: "u-dma-buf, issue 97 (github.com/ikwzm/udmabuf)")
        let lime = RecipeBook(
            trace: "zynqmp-cached.slt",
            source: "LLNL LiME, test/results/zup/mem/mem_sidewinder.txt (github.com/LLNL/lime)")
        let gpu = RecipeBook(
            trace: "gpu-coherent-port.slt",
            source: "Amlogic G12B with a Mali, coherent and not, as its maintainers reported")
        let duplex = RecipeBook(
            trace: "zynq-duplex.slt", source: "Sadri et al., FPGAworld 2013 (abstract)")
        let cyclone = RecipeBook(
            trace: "cyclone-ports.slt", source: "FPGA master on a Cyclone V (abstract)")
        let bytes = Double(4 << 20)
        return [
            copy.quotient(
                "V8", "ZynqMP, copy with LDP of 32 bytes: uncached / cached", 3.2,
                .band(2.2...4.5), "uncached", over: "cached"),
            read.rate(
                "V8b", "ZCU102, read() of an uncached u-dma-buf, loads of 16 bytes", 130,
                .absolute, span: "read", bytes: Double(1 << 20)),
            gpu.quotient(
                "V9", "G12B, frames a second: coherent / not coherent", 0.85, .band(0.7...0.99),
                "plain", over: "coherent"),
            duplex.rate(
                "V10", "Zynq-7020, one HP port at 125 MHz, both ways", 1_600,
                .band(1_600...2_000), span: "both", bytes: 2 * bytes),
            duplex.rate(
                "V10 ACP", "the same through the ACP", 1_600, .band(1_600...2_000),
                span: "coherent", bytes: 2 * bytes),
            cyclone.quotient(
                "V11", "Cyclone V, master in the fabric: via ACP / direct", 0.56,
                .band(0.4...0.75), "direct", over: "acp"),
            lime.rate(
                "M1", "ZynqMP at 1100 MHz, cached memory: memset", 7_196, .calibrated, span: "set",
                bytes: bytes),
            lime.rate(
                "M2", "ZynqMP at 1100 MHz, cached memory: memcpy, upper memory", 1_884,
                .calibrated, span: "copy", bytes: bytes),
            lime.rate(
                "M2 low", "ZynqMP at 1100 MHz, cached memory: memcpy, lower memory", 1_664,
                .calibrated, span: "copy", bytes: bytes),
        ]
    }()
}
