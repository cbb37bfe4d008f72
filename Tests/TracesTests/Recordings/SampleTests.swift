import Testing

@testable import Traces

@Suite("Samples")
struct SampleTests {
    static let perfMem = """
        # PID, TID, IP, ADDR, LOCAL WEIGHT, DSRC, SYMBOL
        100,100,0xffff800080010000,0xffff000012345678,32,0x8000142,[kernel.kallsyms]:memcpy
        100,101,0x400500,0x12345000,400,0x10001042,prog:main,x
        100,101,0x400504,0x0,0,0x8000144,prog:main

        """
    static let perfScript = """
            prog  1234 [003] 12.345678:          1 memory:  ffff0000 8000142 |OP LOAD|LVL L1 hit|SNP None|TLB Walker hit|LCK No|BLK  N/A               32   400500 main
            prog  1234 [001] 12.345679:          1 memory:  ffff0040 10001042 |OP LOAD|LVL Local RAM hit|SNP None|TLB L2 miss|LCK No|BLK  N/A              400   400504 main
            prog  1234 [003] 12.345680:          1 memory:  0 8000144 |OP STORE|LVL L1 hit|SNP None|TLB Walker hit|LCK No|BLK  N/A  0 400508 main
        # a comment

        """
    static let spe = """
        . ... ARM SPE data: size 0x80 bytes
        .  00000000:  49 00                                           LD GP-REG
        .  00000002:  b2 c0 f3 3e 0d 00 00 ff ff                      VA 0xffff00000d3ef3c0
        .  0000000b:  9a 00 00                                        LAT 0 XLAT
        .  0000000e:  42 16                                           EV RETIRED L1D-ACCESS TLB-ACCESS
        .  00000010:  b0 10 00 00 00 00 00 00 a0                      PC 0xff00000000000010 el1 ns=1
        .  00000019:  98 08 00                                        LAT 8 TOT
        .  0000001c:  71 11 00 00 00 00 00 00 00                      TS 17
        .  00000025:  49 01                                           ST GP-REG
        .  00000027:  52 1e 01                                        EV RETIRED L1D-ACCESS L1D-REFILL TLB-ACCESS TLB-REFILL LLC-REFILL
        .  0000002a:  98 20 01                                        LAT 288 TOT
        .  0000002d:  71 12 00 00 00 00 00 00 00                      TS 18
        .  00000036:  4a 01                                           B COND
        .  00000038:  71 13 00 00 00 00 00 00 00                      TS 19
        .  00000041:  00 00 00                                        PAD

        """

    static let all: [(TraceFormat, String)] = [
        (.perfMem, perfMem), (.perfScript, perfScript), (.spe, spe),
    ]

    static func statistics(_ text: String, _ format: TraceFormat) throws -> SampleStatistics {
        try SampleReader(try ByteSource(bytes: Array(text.utf8), file: "t"), format: format)
            .statistics()
    }

    @Test("each is recognised", arguments: all)
    func recognised(format: TraceFormat, text: String) {
        #expect(TraceFormat.recognise(Array(text.utf8)) == format)
        #expect(format.isSampled)
    }

    @Test("perf mem and perf script say the same")
    func perf() throws {
        let mem = try Self.statistics(Self.perfMem, .perfMem)
        let script = try Self.statistics(Self.perfScript, .perfScript)
        #expect(mem.levels == script.levels)
        #expect(mem.records == 3)
        #expect(mem.levels.map(\.name) == ["L1 hit", "Local RAM hit"])
        #expect(mem.levels[0].loads == 1 && mem.levels[0].stores == 1)
        #expect(mem.levels[1].latencyMean == 400)
        #expect(mem.withoutAddress == 1)
        #expect(script.tlbMisses == 1 && mem.tlbMisses == 1)
        #expect(script.cpus.map(\.cpu) == [1, 3])
        #expect(script.cpus.map(\.count) == [1, 2])
    }

    /// The bits of `union perf_mem_data_src`: operation from 0, level from 5, TLB from 26, level's number from 33, remote 37.
    @Test(
        "Where an access was served, by the kernel's bits",
        arguments: [
            (2 | 0x0A << 5, "L1 hit"), (2 | 0x12 << 5, "LFB hit"), (2 | 0x24 << 5, "L2 miss"),
            (2 | 0x42 << 5, "L3 hit"), (2 | 0x102 << 5, "Remote RAM (1 hop) hit"),
            (2 | 0x802 << 5, "Remote Cache (2 hops) hit"), (2 | 0x2000 << 5, "Uncached"),
            (2 | 2 << 5 | 3 << 33, "L3 hit"), (2 | 2 << 5 | 13 << 33 | 1 << 37, "Remote RAM hit"),
            (2 | 4 << 5 | 14 << 33, "PMEM miss"), (2 | 15 << 33, "not told"), (2, "not told"),
        ] as [(UInt64, String)])
    func levels(bits: UInt64, level: String) {
        var sample = MemorySample()
        PerfMemGrammar.take(bits, &sample)
        #expect(sample.level == level && sample.kind == .load && !sample.missedTLB)
        PerfMemGrammar.take(bits ^ 6 | 4 << 26, &sample)
        #expect(sample.kind == .store && sample.missedTLB)
        PerfMemGrammar.take(bits & ~31 | 1, &sample)
        #expect(sample.kind == .other)
    }

    @Test(
        "What SPE says of the farthest place counts",
        arguments: [
            ("L1D-ACCESS L1D-REFILL LLC-REFILL REMOTE-ACCESS", "another chip"),
            ("L1D-ACCESS L1D-REFILL", "behind L1D"), ("TLB-ACCESS", "not told"),
        ])
    func farthest(events: String, level: String) throws {
        let text = Self.spe.replacing("RETIRED L1D-ACCESS TLB-ACCESS", with: "RETIRED " + events)
        #expect(try Self.statistics(text, .spe).levels.first?.name == level)
        let fault = #expect(throws: TraceErrors.self) {
            try Self.statistics(Self.spe.replacing("LAT 8 TOT", with: "LAT x TOT"), .spe)
        }
        #expect(fault?.errors.first?.expected == "a latency in cycles")
    }

    @Test("SPE")
    func speRecords() throws {
        let result = try Self.statistics(Self.spe, .spe)
        #expect(result.records == 2)
        #expect(result.levels.map(\.name) == ["L1D", "behind the last level"])
        #expect(result.levels.map(\.latencySum) == [8, 288])
        #expect(result.tlbMisses == 1)
        #expect(result.withoutAddress == 1)
    }

    @Test("damage is an error, nothing is one too")
    func faults() throws {
        for (good, bad, column) in [
            ("0x12345000", "0x1234500z", 27), ("0x12345000", "zx12345000", 18),
            ("400,0x1000", "400x,0x1000", 32), ("0x10001042", "0x10001042 1", 44),
        ] {
            let error = #expect(throws: TraceErrors.self) {
                try Self.statistics(Self.perfMem.replacing(good, with: bad), .perfMem)
            }
            #expect(error?.errors.map(\.line) == [3], "\(bad)")
            #expect(error?.errors.map(\.column) == [column], "\(bad)")
        }
        #expect(throws: TraceErrors.self) {
            try Self.statistics("100,100,0x1,0x2\n", .perfMem)
        }
        // Blanks around a number do no harm.
        let padded = Self.perfMem.replacing("0x12345000,400", with: " 0x12345000 , 400 ")
        #expect(
            try Self.statistics(padded, .perfMem) == Self.statistics(Self.perfMem, .perfMem))
        for format in TraceFormat.allCases where format.isSampled {
            #expect(throws: TraceErrors.self) { try Self.statistics("\n", format) }
        }
    }
}
