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

    /// What a table has for one kind of memory: its name, the span, and the times for 1 and 10 MiB.
    private struct Line {
        var id: String
        var memory: String
        var span: String
        var small: Double
        var large: Double
        /// What times the span is 1 MiB.
        var factor: Double
    }

    private static func lines(_ book: RecipeBook, _ loop: String, _ lines: [Line]) -> [RowRecipe] {
        lines.flatMap { line in
            [(1.0, line.small, ""), (10, line.large, " (10 MiB)")].map { size, measured, suffix in
                book.time(
                    line.id + suffix, "\(loop) \(Int(size)) MiB, \(line.memory)", measured, "s",
                    line.id == "Z1" ? .calibration : .absolute, span: line.span,
                    times: line.factor * size)
            }
        }
    }

    /// Z1 to Z4, and of Z9 what they have to do with each other.
    static let checkBuffer =
        lines(
            check, "check_buf",
            [
                Line(
                    id: "Z1", memory: "cached", span: "cached-blocks", small: 0.434, large: 4.337,
                    factor: 576),
                Line(
                    id: "Z2", memory: "strongly ordered", span: "strongly-ordered", small: 2.283,
                    large: 22.830, factor: 576),
                Line(
                    id: "Z3", memory: "write-combine", span: "write-combine", small: 1.616,
                    large: 16.562, factor: 576),
                Line(
                    id: "Z4", memory: "coherent", span: "coherent-blocks", small: 1.600,
                    large: 16.587, factor: 576),
            ]) + [
            check.quotient(
                "Z9 Z3/Z4", "write-combine against coherent", 1, .exactly(within: 0.025),
                "write-combine", over: "coherent-blocks")
        ]

    /// Z5 to Z8, and of Z9 what they have to do with each other.
    static let clearBuffer =
        lines(
            clear, "clear_buf",
            [
                Line(
                    id: "Z5", memory: "cached", span: "cached", small: 0.067, large: 0.717,
                    factor: 99),
                Line(
                    id: "Z6", memory: "strongly ordered", span: "strongly-ordered", small: 0.912,
                    large: 9.126, factor: 99 * 16),
                Line(
                    id: "Z7", memory: "write-combine", span: "write-combine", small: 0.063,
                    large: 0.620, factor: 99),
                Line(
                    id: "Z8", memory: "coherent", span: "coherent-memset", small: 0.062,
                    large: 0.620, factor: 99),
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
