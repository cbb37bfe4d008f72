// Every parameter that was fitted. What each rests on is a number of cached memory or of a manual, and of one parameter a
// number of uncached memory; none is a row that is predicted.

extension Calibration {
    /// All of them, machines first.
    public static let all: [Calibration] =
        levels + latencies + writes + prefetchers + uncached + traces

    private static let random = "tinymembench random reads over L1"

    // MARK: Hits of the second level

    private static let levels: [Calibration] =
        [
            hit("rpi4", 5.7, "result 1MFf, T3"), hit("rpizero", 35.7, "result 1niO, T4"),
            hit("rk3288", 6.2, "result 3X9q"), hit("rk3399", 4.5, "result 1iFz, huge pages"),
        ] + ["zynq7000", "imx6q"].flatMap(outerHit)

    private static func hit(_ machine: String, _ nanoseconds: Double, _ source: String) -> Self {
        Calibration(
            place: .machine(machine), key: "l2.hit_cycles",
            measured: "\(random), 64 KiB: \(nanoseconds) ns (sbc-bench \(source))",
            rule: "over the part that misses L1, in cycles, and L1's own", tolerance: 0,
            derivation: .hit(bytes: 64 << 10, nanoseconds: nanoseconds))
    }

    /// A PL310's share that its RAM latencies are no part of: two machines give the same.
    private static func outerHit(_ machine: String) -> [Self] {
        let exynos = 23 - (2 + 1) - (2 + 1)
        let imx = 31 - (4 + 3) - (4 + 3)
        let tag = machine == "imx6q" ? 4 + 3 : 2 + 2
        let measured =
            "an L2 hit: Exynos 4210 23 cycles (7-cpu.com) with tag and data <2 2 1>, i.MX6Q 31 "
            + "(sbc-bench result 4132) with <4 2 3>"
        return [
            Calibration(
                place: .machine(machine), key: "l2.hit_cycles", measured: measured,
                rule: "less read and setup of both RAMs, in the mean", tolerance: 0,
                derivation: .number(Double(exynos + imx) / 2)),
            Calibration(
                place: .machine(machine), key: "l2.miss_cycles", measured: measured,
                rule: "the same, and the tag RAM's read and setup", tolerance: 0,
                derivation: .number(Double(exynos + imx) / 2 + Double(tag))),
        ]
    }

    // MARK: Memory

    private static let latencies: [Calibration] = [
        latency(.machine("rpi1"), 512, 228.7, "result 3MGN"),
        latency(.machine("rpizero"), 512, 176.7, "result 1niO, T4"),
        latency(.machine("rpi2"), 1_024, 91.8, "result 3MGs, T1", .contiguous),
        latency(.machine("rpi3"), 2_048, 123.5, "result 4hOp"),
        latency(.machine("rpi4"), 4_096, 115.5, "result 1MFf, T3"),
        latency(.machine("rk3288"), 4_096, 99.0, "result 3X9q"),
        latency(.machine("rk3328"), 1_024, 101.9, "T2"),
        latency(.machine("rk3399"), 4_096, 126.5, "result 1iFz, huge pages"),
        latency(.machine("rk3568"), 4_096, 128.0, "result 4ijy, huge pages"),
        latency(.machine("imx6q"), 4_096, 146.0, "result 4132"),
        latency(.machine("armada388"), 4_096, 84.4, "result 4d1U"),
        Calibration(
            place: .machine("am335x"), key: "memory.latency_ns",
            measured:
                "lat_mem_rd, stride 128, 1 MiB: 227.09 ns (TI Processor SDK performance guide, T5)",
            rule: "the model makes the same", tolerance: 2,
            derivation: .latency(
                bytes: 1 << 20, nanoseconds: 227.09, order: .stride(128), placement: .scattered)),
    ]

    private static func latency(
        _ place: Place, _ kibibytes: UInt64, _ nanoseconds: Double, _ source: String,
        _ placement: Chase.Placement = .scattered
    ) -> Self {
        Calibration(
            place: place, key: "memory.latency_ns",
            measured: "\(random), \(kibibytes) KiB: \(nanoseconds) ns (sbc-bench \(source))",
            rule: "the model makes the same", tolerance: 2,
            derivation: .latency(
                bytes: kibibytes << 10, nanoseconds: nanoseconds, order: .random,
                placement: placement))
    }

    private static let writes: [Calibration] =
        [
            ("rpi1", 1_424, "sbc-bench result 3MGN"), ("rpizero", 1_587, "sbc-bench result 1niO"),
            ("rpi2", 1_180, "sbc-bench result 3MGs"), ("rpi3", 1_705, "sbc-bench result 4hOp"),
            ("rpi4", 3_168, "sbc-bench result 1MFf"), ("rk3288", 4_109, "sbc-bench result 3X9q"),
            ("rk3328", 5_674, "sbc-bench result 1iYK"), ("rk3399", 9_007, "sbc-bench result 1iFz"),
            ("rk3568", 5_962, "sbc-bench result 4ijy"), ("imx6q", 341, "sbc-bench result 4132"),
            ("armada388", 5_055, "sbc-bench result 4d1U"),
            ("am335x", 992, "TI Processor SDK performance guide, AM335x EVM"),
            ("am5728", 5_426, "TI Processor SDK performance guide, AM57x"),
        ].map { write(.machine($0.0), Double($0.1), $0.2) }
        + [
            Calibration(
                place: .machine("zynqmp"), key: "l2.write_cycles_per_line",
                measured: "memset of cached memory: 7196 MB/s at 1100 MHz (LLNL LiME, M1)",
                rule: "64 bytes at that rate, in whole cycles", tolerance: 0,
                derivation: .number((64.0 / 7_196 * 1_100).rounded(.toNearestOrAwayFromZero)))
        ]

    private static func write(_ place: Place, _ rate: Double, _ source: String) -> Self {
        Calibration(
            place: place, key: "memory.write_bandwidth_mbps",
            measured: "memset of cached memory: \(Int(rate)) MB/s (\(source))", rule: "that rate",
            tolerance: 0, derivation: .number(rate))
    }

    // MARK: Prefetchers

    private static let prefetchers: [Calibration] = [
        used("rpi2", 1_312, "sbc-bench result 3MGs"),
        used("rpi3", 2_238, "Pi Zero 2, the same chip, sbc-bench result 3DeL"),
        distance("rpi4", "l2", "read", 3_943, "sbc-bench result 1MFf"),
        distance("rk3288", "l2", "read", 5_609, "sbc-bench result 3X9q"),
        distance("rk3399", "l2", "memcpy", 4_103, "sbc-bench result 1iFz"),
        distance("rk3568", "l1d", "memcpy", 3_312, "sbc-bench result 4ijy"),
        nearest(
            .machine("zynqmp"), "l1d.prefetch.distance",
            "memcpy of cached memory: 1884 MB/s at 1100 MHz (LLNL LiME, M2)", 1...6,
            of: "copy", in: "zynqmp-cached.slt", bytes: 4_194_304, rate: 1_884,
            on: .machine(of: "zynqmp-cached.slt")),
        // A Cortex-A7 has a field for it of two bits, which system software may have set to 0.
        nearest(
            .trace("fb-exynos5422.slt"), "l1d.prefetch.outstanding",
            "read of cached memory: 519.4 MB/s (ODROID HC2, the same chip, sbc-bench result 8ctH)",
            0...3, of: "read", in: "fb-exynos5422.slt", bytes: 16_384, rate: 519.4,
            on: .machine(of: "fb-exynos5422.slt")),
    ]

    private static func distance(
        _ machine: String, _ cache: String, _ span: String, _ rate: Double, _ source: String
    ) -> Self {
        nearest(
            .machine(machine), "\(cache).prefetch.distance",
            "\(span) of cached memory: \(Int(rate)) MB/s (\(source))", 1...12, of: span,
            in: "cached-rates.slt", bytes: 1_048_576, rate: rate, on: .own)
    }

    /// The same of a core that goes in order: the loop adds what it loads before it loads again.
    private static func used(_ machine: String, _ rate: Double, _ source: String) -> Self {
        nearest(
            .machine(machine), "l1d.prefetch.distance",
            "read of cached memory: \(Int(rate)) MB/s (\(source))", 1...12, of: "read-used",
            in: "cached-rates.slt", bytes: 16_384, rate: rate, on: .own)
    }

    private static func nearest(
        _ place: Place, _ key: String, _ measured: String, _ range: ClosedRange<Int>,
        of span: String, in trace: String, bytes: Double, rate: Double, on host: Derivation.Host
    ) -> Self {
        Calibration(
            place: place, key: key, measured: measured, rule: "the whole number that comes nearest",
            tolerance: 0,
            derivation: .nearest(
                range, trace: trace, span: span, bytes: bytes, rate: rate, on: host))
    }

    // MARK: Uncached loads in flight

    /// How many a core has in flight, by frame buffers of machines with the same core.
    ///
    /// No cached row and, but for an upper bound, no manual has it. None of the rows that they rest on predicts anything.
    private static let uncached: [Calibration] =
        ["zynq7000", "imx6q", "armada388"].map { machine in
            inFlight(
                machine, "read-32", 284.7, "S812's Cortex-A9: sbc-bench result 3R3N, U1 NEON",
                1...4, .machine(of: "fb-s812.slt"))
        } + [
            inFlight(
                "rpi4", "copy-16", 464.3, "RK3399's Cortex-A72: sbc-bench result 1oho", 1...6,
                .variant(
                    MachineVariant(
                        "rk3399",
                        ["memory.latency_ns": "156", "memory.write_bandwidth_mbps": "4768"]))),
            inFlight(
                "rk3399", "read-32", 1_321.4,
                "Raspberry Pi 400's Cortex-A72: sbc-bench result 2Cyi", 1...6,
                .variant(MachineVariant("rpi4", ["core.mhz": "1800"]))),
            inFlight(
                "am5728", "read-32", 245.6, "Exynos 5422's Cortex-A15: sbc-bench result 1iLy",
                1...6,
                .variant(
                    MachineVariant("am5728", ["core.mhz": "2000", "memory.latency_ns": "146"]))),
            inFlight(
                "rk3288", "read-32", 748, "Tinkerboard, an RK3288: sbc-bench result 1iSX", 1...6,
                .own),
        ]

    private static func inFlight(
        _ machine: String, _ span: String, _ rate: Double, _ source: String,
        _ range: ClosedRange<Int>, _ host: Derivation.Host
    ) -> Self {
        nearest(
            .machine(machine), "core.outstanding_uncached",
            "the same core and a frame buffer, \(span): \(rate) MB/s (\(source))",
            range, of: span, in: "uncached-rates.slt", bytes: 262_144, rate: rate, on: host)
    }

    // MARK: What traces set

    private static let traces: [Calibration] =
        [
            ("fb-s812.slt", 4_096, 138.7, 3_334.0, "result 3R3N"),
            ("fb-rk3188.slt", 4_096, 145.2, 2_016, "result 408h"),
            ("fb-exynos5422.slt", 1_024, 76.7, 800, "result 1iLy"),
            ("fb-rk3399-a53.slt", 2_048, 156.4, 4_736, "result 1lBC"),
            ("fb-s905y2.slt", 2_048, 124.4, 5_358, "result 3JCm"),
            ("fb-s905d3.slt", 4_096, 120.8, 6_363, "result 26Wy"),
        ].flatMap { trace, size, nanoseconds, rate, source in
            [
                latency(.trace(trace), size, nanoseconds, source),
                write(.trace(trace), rate, "sbc-bench \(source)"),
            ]
        } + [
            Calibration(
                place: .trace("zynq-loopback.slt"), key: "ports.HP0.start_latency_ns",
                measured: "D1, 4 bytes both ways: 1.70 MB/s", rule: "the model makes the same",
                tolerance: 15,
                derivation: .time(
                    trace: "zynq-loopback.slt", span: "bytes-4B", seconds: 8 / 1.70e6))
        ]
        + ["zynq-loopback.slt", "zynq-ports.slt"].map { trace in
            Calibration(
                place: .trace(trace), key: "memory.banks.turnaround_ns",
                measured: "D3, all ports both ways: 2676 MB/s; pins 4264",
                rule: "128 bytes at that rate, less their time on the pins", tolerance: 0.05,
                derivation: .number(128 / 2.676 - 128 / 4.264))
        }
}
