// The rows of the Zynq-7000: the mail thread, the tables of the u-dma-buf Readme, and copies in programs.

/// The measurements that `staleline validate` predicts, by their sources.
enum Rows {
    private static let mail = RecipeBook(
        trace: "mail-thread.slt",
        source: "linux-arm-kernel, 2015-04-23, dma_alloc_coherent versus streaming DMA")
    private static let check = RecipeBook(
        trace: "udmabuf-check.slt",
        source: "u-dma-buf Readme, tables 1 and 2 (github.com/ikwzm/udmabuf)")
    private static let clear = RecipeBook(trace: "udmabuf-clear.slt", source: check.source)

    /// L1 to L3.
    static let mailThread: [RowRecipe] = {
        let bytes = Double(1 << 20)
        return [
            mail.rate(
                "L1", "device streams to and from DDR, one HP port, reads and writes in turn", 600,
                .absolute, span: "stream", bytes: bytes),
            mail.time(
                "L2", "read 200 MB byte by byte, coherent memory", 20, "s", .absolute,
                span: "coherent-loop", times: 200e6 / bytes),
            mail.time(
                "L3", "the same, malloc memory", 1, "s", .calibration, span: "malloc-loop",
                times: 200e6 / bytes),
            mail.quotient(
                "L2/L3", "how much slower", 20, .band(12...28), "coherent-loop",
                over: "malloc-loop"),
        ]
    }()

    /// What a table has for one kind of memory.
    private struct Line {
        /// The row's name.
        var id: String
        /// The kind of memory.
        var memory: String
        /// The span of the trace.
        var span: String
        /// Seconds for 1 MiB and for 10.
        var seconds: (small: Double, large: Double)
        /// How many times the span is 1 MiB.
        var factor: Double

        init(
            _ id: String, _ memory: String, _ span: String, _ small: Double, _ large: Double,
            times factor: Double
        ) {
            self.id = id
            self.memory = memory
            self.span = span
            seconds = (small, large)
            self.factor = factor
        }
    }

    private static func rows(
        _ book: RecipeBook, _ loop: String, calibrating: String? = nil, _ lines: [Line]
    ) -> [RowRecipe] {
        lines.flatMap { line in
            [(1.0, line.seconds.small, ""), (10, line.seconds.large, " (10 MiB)")].map {
                size, measured, suffix in
                book.time(
                    line.id + suffix, "\(loop) \(Int(size)) MiB, \(line.memory)", measured, "s",
                    line.id == calibrating ? .calibration : .absolute, span: line.span,
                    times: line.factor * size)
            }
        }
    }

    /// Z1 to Z4, and of Z9 what they have to do with each other.
    static let checkBuffer =
        rows(
            check, "check_buf", calibrating: "Z1",
            [
                Line("Z1", "cached", "cached-blocks", 0.434, 4.337, times: 576),
                Line("Z2", "strongly ordered", "strongly-ordered", 2.283, 22.830, times: 576),
                Line("Z3", "write-combine", "write-combine", 1.616, 16.562, times: 576),
                Line("Z4", "coherent", "coherent-blocks", 1.600, 16.587, times: 576),
            ]) + [
            check.quotient(
                "Z9 Z3/Z4", "write-combine against coherent", 1, .exactly(within: 0.025),
                "write-combine", over: "coherent-blocks")
        ]

    /// Z5 to Z8, and of Z9 what they have to do with each other.
    static let clearBuffer =
        rows(
            clear, "clear_buf",
            [
                Line("Z5", "cached", "cached", 0.067, 0.717, times: 99),
                Line("Z6", "strongly ordered", "strongly-ordered", 0.912, 9.126, times: 99 * 16),
                Line("Z7", "write-combine", "write-combine", 0.063, 0.620, times: 99),
                Line("Z8", "coherent", "coherent-memset", 0.062, 0.620, times: 99),
            ]) + [
            clear.quotient(
                "Z9 Z7/Z5", "Z7 not slower than Z5", 1, .law, "write-combine", over: "cached")
        ]

    /// Z10 and Z11.
    static let programs = [
        RecipeBook(
            trace: "zynq-memcpy.slt", source: "u-dma-buf, issue 120 (github.com/ikwzm/udmabuf)"
        ).quotient(
            "Z10", "Zynq 7035, memcpy out of the buffer: uncached / malloc", 5.5, .band(3.5...8),
            "uncached", over: "cached"),
        RecipeBook(
            trace: "zynq-memcpy-new.slt",
            source: "zynq-xdma, issue 10 (github.com/bmartini/zynq-xdma)"
        ).quotient(
            "Z11", "ZedBoard, memcpy to a new buffer: uncached / cached", 4, .band(3...5.5),
            "uncached", over: "cached"),
    ]
}
