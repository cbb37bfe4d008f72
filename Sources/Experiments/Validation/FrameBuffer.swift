// The rows U1 to U20: what tinymembench reads and copies out of a write-combined frame buffer, and what it does in
// cached memory of the same machine, from the results files of sbc-bench.

/// One results file.
struct FrameBuffer: Sendable {
    /// One line of the file.
    struct Column: Sendable {
        /// The row's name after the file's.
        var name: String
        /// The span of the trace.
        var span: String
        /// MB/s.
        var measured: Double
        /// Bytes of the span.
        var bytes: Double
        /// How a prediction is judged.
        var criterion = MeasuredRow.Criterion.absolute
    }

    /// The rows' name.
    var id: String
    /// The trace.
    var trace: String
    /// The machine for people.
    var title: String
    /// The name of the results file.
    var file: String
    /// The lines.
    var columns: [Column]

    private static let cachedBytes = Double(1 << 20)
    private static let uncachedBytes = Double(256 << 10)

    /// Of a 32-bit system: NEON read, LDM copy, VLDM copy; `calibrates` has the lines that a parameter rests on.
    private static func arm(
        _ id: String, _ trace: String, _ title: String, _ file: String, memcpy: Double,
        memset: Double, read: Double?, neon: Double?, ldm: Double, vldm: Double,
        calibrates: Set<String> = ["memset"], copied: Double? = nil, loaded: Double? = nil
    ) -> Self {
        var columns = [
            Column(
                name: "memcpy", span: "memcpy", measured: memcpy, bytes: copied ?? cachedBytes),
            Column(name: "memset", span: "memset", measured: memset, bytes: cachedBytes),
        ]
        if let read {
            columns.append(
                Column(
                    name: "read", span: "read", measured: read, bytes: loaded ?? cachedBytes))
        }
        if let neon {
            columns.append(
                Column(name: "NEON", span: "wc-read", measured: neon, bytes: uncachedBytes))
        }
        columns += [
            Column(name: "LDM", span: "wc-ldm", measured: ldm, bytes: uncachedBytes),
            Column(name: "VLDM", span: "wc-vldm", measured: vldm, bytes: uncachedBytes),
        ]
        for index in columns.indices where calibrates.contains(columns[index].name) {
            columns[index].criterion = .calibrated
        }
        return FrameBuffer(id: id, trace: trace, title: title, file: file, columns: columns)
    }

    /// The uncached lines alone.
    private static func armUncached(
        _ id: String, _ trace: String, _ title: String, _ file: String, _ neon: Double,
        _ ldm: Double, _ vldm: Double
    ) -> Self {
        var file = arm(
            id, trace, title, file, memcpy: 0, memset: 0, read: nil, neon: neon, ldm: ldm,
            vldm: vldm)
        file.columns.removeAll { $0.span.hasPrefix("mem") }
        return file
    }

    /// Of a 64-bit system: copies by LDP of two quad words, LDP of two double words, LD1.
    private static func arm64(
        _ id: String, _ trace: String, _ title: String, _ file: String, _ quads: Double,
        _ doubles: Double, _ single: Double
    ) -> Self {
        let copies = [
            ("LDP q", "wc-ldp-q", quads), ("LDP x", "wc-ldp-x", doubles), ("LD1", "wc-ld1", single),
        ]
        return FrameBuffer(
            id: id, trace: trace, title: title, file: file,
            columns: copies.map {
                Column(name: $0.0, span: $0.1, measured: $0.2, bytes: uncachedBytes)
            })
    }

    /// All files.
    static let all = [
        arm(
            "U1", "fb-s812.slt", "S812, Cortex-A9 at 1200 MHz", "3R3N", memcpy: 1_163,
            memset: 3_334, read: 1_641, neon: 284.7, ldm: 262.8, vldm: 384.5,
            calibrates: ["memset", "NEON"], copied: 16_384),
        arm(
            "U3", "fb-rk3188.slt", "RK3188, Cortex-A9 at 1608 MHz", "408h", memcpy: 320,
            memset: 2_016, read: 620, neon: 309.9, ldm: 285.7, vldm: 410.1, copied: 16_384),
        arm(
            "U5", "fb-pi2.slt", "Pi 2, Cortex-A7 at 900 MHz", "3MGs", memcpy: 1_003, memset: 1_180,
            read: 1_312, neon: 60.5, ldm: 200.1, vldm: 290.9, calibrates: ["memset", "read"],
            loaded: 16_384),
        arm(
            "U9", "fb-exynos5422.slt", "Exynos 5422, Cortex-A7 at 1400 MHz", "1iLy", memcpy: 392,
            memset: 800, read: 514, neon: 70.0, ldm: 259.6, vldm: 321.4, copied: 16_384,
            loaded: 16_384),
        arm(
            "U12", "fb-pi4.slt", "Pi 4, Cortex-A72 at 1500 MHz", "1MFf", memcpy: 2_464,
            memset: 3_168, read: 3_943, neon: 1_267, ldm: 709.8, vldm: 741.7,
            calibrates: ["memset", "read"]),
        arm(
            "U14", "fb-pizero.slt", "BCM2835, ARM1176 at 1000 MHz", "1niO", memcpy: 398,
            memset: 1_587, read: nil, neon: nil, ldm: 174.0, vldm: 207.8,
            copied: 8_192),
        arm64(
            "U17", "fb-rk3399-a53.slt", "RK3399, Cortex-A53 at 1416 MHz", "1lBC", 187.6, 93.7,
            46.8),
        arm64(
            "U19", "fb-s905y2.slt", "S905Y2, Cortex-A53 at 1800 MHz", "3JCm", 210.9, 111.1, 57.5),
        arm64(
            "U20", "fb-s905d3.slt", "S905D3, Cortex-A55 at 1908 MHz", "26Wy", 244.1, 131.5, 68.4),
        arm64(
            "U21", "fb-rock64.slt", "RK3328, Cortex-A53 at 1392 MHz", "1iYK", 309.7, 155.1, 76.9),
        armUncached(
            "U22", "fb-pizero2.slt", "Pi Zero 2, Cortex-A53 at 1200 MHz", "3DeL", 71.7, 223.8,
            455.7),
    ]

    private var book: RecipeBook {
        RecipeBook(trace: trace, source: "tinymembench, sbc-bench result \(file)")
    }

    /// The rows of the file.
    var recipes: [RowRecipe] {
        columns.map { column in
            let isCached = ["memcpy", "memset", "read"].contains(column.name)
            return book.rate(
                "\(id) \(column.name)",
                "\(title): " + (isCached ? "\(column.name), cached" : "uncached \(column.name)"),
                column.measured, column.criterion, span: column.span,
                bytes: column.bytes)
        }
    }

    /// Law W1: an in-order core has one uncached load in flight, so that half the width is half the rate.
    static let widthLaw: [RowRecipe] = {
        guard let file = all.first(where: { $0.id == "U17" }) else { return [] }
        return [
            file.book.quotient(
                "W1 32/16", "uncached loads, Cortex-A53: 32 bytes each against 16", 187.6 / 93.7,
                .exactly(within: 0.05), "wc-ldp-x", over: "wc-ldp-q"),
            file.book.quotient(
                "W1 16/8", "uncached loads, Cortex-A53: 16 bytes each against 8", 93.7 / 46.8,
                .exactly(within: 0.05), "wc-ld1", over: "wc-ldp-x"),
        ]
    }()
}
