// The rows of engines and ports of the Zynq-7000.

extension Rows {
    private static let stress = "FPGA_SoC_DMA_stress, Zynq-7010 (github.com/joaomiguelvieira)"

    /// What D1 measured: the span, bytes, and both ways together in MB/s.
    private static let loopBackSizes: [(name: String, span: String, bytes: Double, rate: Double)] =
        [
            ("4 B", "4B", 4, 1.70), ("64 B", "64B", 64, 27.19), ("256 B", "256B", 256, 101.5),
            ("1 KiB", "1K", 1_024, 329), ("4 KiB", "4K", 4_096, 832.4),
            ("16 KiB", "16K", 16_384, 1_288.8), ("64 KiB", "64K", 65_536, 1_512.6),
            ("1 MiB", "1M", 1_048_576, 1_594.1), ("32 MiB", "8M", 8_388_608, 1_599.8),
        ]

    /// D1.
    static let loopBack: [RowRecipe] = {
        let book = RecipeBook(trace: "zynq-loopback.slt", source: stress)
        let trace = book.trace
        // The fit that was published: what the smallest transfer takes, and 800 MB/s each way.
        @Sendable func line(_ times: inout TraceTimes) throws -> (slope: Double, start: Double) {
            let first = try times.seconds("bytes-4B", trace)
            let last = try times.seconds("bytes-8M", trace)
            let slope = (8_388_608.0 - 4) / (last - first)
            return (slope, first - 4 / slope)
        }
        return loopBackSizes.map { size in
            book.rate(
                "D1 \(size.name)", "AXI DMA loop-back of \(size.name) on HP0", size.rate,
                size.name == "4 B" ? .calibrated : .absolute, span: "bytes-\(size.span)",
                bytes: 2 * size.bytes)
        } + [
            book.row("D1 start", "time of no bytes at all", 4.71, "µs", .calibrated) {
                try line(&$0).start * 1e6
            },
            book.row(
                "D1 slope", "bytes a second each way", 800, "MB/s", .exactly(within: 0.005)
            ) { try line(&$0).slope / 1e6 },
            book.row(
                "D1 line", "farthest point from start + bytes / slope (measured: 1 KiB)", 4, "%",
                .law
            ) {
                let fit = try line(&$0)
                var farthest = 0.0
                for size in loopBackSizes {
                    let time = try $0.seconds("bytes-\(size.span)", trace)
                    farthest = max(farthest, abs(time / (fit.start + size.bytes / fit.slope) - 1))
                }
                return 100 * farthest
            },
        ]
    }()

    /// D3 and D4.
    static let ports: [RowRecipe] = {
        let book = RecipeBook(trace: "zynq-ports.slt", source: stress)
        let trace = book.trace
        let bytes = Double(8 << 20)
        // HP0+1 gave the rate of a controller port, HP0-3 the rest between reads and writes.
        let duplex: [(name: String, span: String, ports: Double, rate: Double, calibrates: Bool)] =
            [
                ("HP0", "duplex-HP0", 1, 1_600, false), ("HP0+1", "duplex-HP01", 2, 2_236, true),
                ("HP0+2", "duplex-HP02", 2, 3_198, false),
                ("HP0-2", "duplex-HP012", 3, 2_659, false),
                ("HP0-3", "duplex-HP0123", 4, 2_676, true),
            ]
        var rows = duplex.map { row in
            book.rate(
                "D3 \(row.name)", "loop-back of 32 MiB on \(row.name)", row.rate,
                row.calibrates ? .calibrated : .absolute, span: row.span,
                bytes: 2 * row.ports * bytes)
        }
        rows.append(
            book.row(
                "D3 order", "HP0 < HP0+1 < HP0-2 < HP0-3 < HP0+2: steps that go up", 4, "of 4",
                .exactly(within: 0)
            ) {
                var rates: [Double] = []
                for row in duplex.sorted(by: { $0.rate < $1.rate }) {
                    rates.append(row.ports / (try $0.seconds(row.span, trace)))
                }
                return Double(zip(rates, rates.dropFirst()).count { $0 < $1 })
            })
        return rows
            + [(1.0, 800.0), (2, 1_600), (3, 2_400), (4, 3_185)].map { count, measured in
                book.rate(
                    "D4 \(Int(count))",
                    "32 MiB read through \(Int(count)) "
                        + "port\(count == 1 ? "" : "s")", measured, .absolute,
                    span: "read-\(Int(count))", bytes: count * bytes)
            }
    }()

    /// D7, whose width and clock come from the same table: it predicts nothing.
    static let controller = [
        RecipeBook(
            trace: "zynq-pl330.slt", source: "Zynq-7000 TRM UG585, table 22-8: maximum suggested"
        ).rate(
            "D7", "Zynq-7000, PL330 from memory into the fabric", 600, .calibrated, span: "copy",
            bytes: Double(1 << 20))
    ]
}
