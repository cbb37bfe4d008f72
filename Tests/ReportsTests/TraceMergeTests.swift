import Operations
import Quantities
import Testing
import Traces

@testable import Experiments

/// Small merges, as text without the header.
enum MergeSample {
    static func merge(
        _ cpu: String, _ dma: String, _ options: TraceMerge.Options = .init()
    ) throws -> (text: [String], result: TraceMerge.Result) {
        let program = try NativeParser.parse(Array("staleline 1\n\(cpu)\n".utf8), file: "cpu")
        return try merge(TraceMerge.CPUSide(program, file: "cpu"), dma, options)
    }

    static func merge(
        _ cpu: TraceMerge.CPUSide, _ dma: String, _ options: TraceMerge.Options
    ) throws -> (text: [String], result: TraceMerge.Result) {
        let side: TraceMerge.DMASide =
            dma.hasPrefix("staleline")
            ? .program(try NativeParser.parse(Array((dma + "\n").utf8), file: "dma"), file: "dma")
            : .log(
                KernelLogReader(
                    try ByteSource(bytes: Array((dma + "\n").utf8), file: "log")))
        let result = try TraceMerge.run(cpu, side, options)
        let text = try NativeWriter.text(result.program)
        let again = try NativeParser.parse(Array(text.utf8), file: "merged")
        #expect(try NativeWriter.text(again) == text)
        let binary = try BinaryReader.read(BinaryWriter.write(result.program), file: "merged")
        #expect(try NativeWriter.text(binary) == text)
        return (text.split(separator: "\n").dropFirst().map(String.init), result)
    }

    /// The operations and marks, without times, cores and what the log declares.
    static func body(
        _ cpu: String, _ dma: String, _ options: TraceMerge.Options = .init()
    ) throws -> [String] {
        try merge(cpu, dma, options).text.filter {
            !$0.hasPrefix("device ") && !$0.hasPrefix("kernel ") && !$0.hasPrefix("mark log: ")
        }.map {
            $0.replacing(#/ @t=\S+/#, with: "").replacing("core0: ", with: "")
                .trimmingPrefix(while: { $0 == " " }).description
        }
    }

    /// One error's text.
    static func error(
        _ cpu: String, _ dma: String, _ options: TraceMerge.Options = .init()
    ) -> String {
        do {
            _ = try merge(cpu, dma, options)
            return "no error"
        } catch { return "\(error)" }
    }

    static func line(_ micros: Int, _ event: String, cpu: Int = 0) -> String {
        let digits = String(1_000_000 + micros).dropFirst()
        return "sh-9 [00\(cpu)] ..... 7.\(digits): \(event)"
    }

    static let map = "dma_map_page: d0 dir=TO_DEVICE dma_addr=1000 size=64 phys_addr=1000 attrs="
    static let unmap = "dma_unmap_page: d0 dir=TO_DEVICE dma_addr=1000 size=64 attrs="
    static let list =
        "dma_map_sg: d0 dir=TO_DEVICE dma_addrs={0x2000} sizes={0x40} phys_addrs={0x2000} attrs="
    static let unlist = "dma_unmap_sg: d0 dir=TO_DEVICE phys_addrs={0x2000} attrs="
}

@Suite("Merging by clock")
struct TraceMergeClockTests {
    private typealias S = MergeSample

    @Test("statements stand in the order of their times, in all units")
    func units() throws {
        let cpu = """
            ld 0x0 4
            ld 0x1 4 @t=7s
            ld 0x2 4 @t=7000010us
            ld 0x3 4
            ld 0x4 4 @t=7000020000ns
            ld 0x5 4 @t=7000030000000ps
            ld 0x6 4 @t=7001ms
            """
        let log = [S.line(15, S.map), S.line(25, S.unmap), S.line(900, S.map)]
            .joined(separator: "\n")
        #expect(
            try S.body(cpu, log) == [
                "ld 0x0 4", "ld 0x1 4", "ld 0x2 4", "ld 0x3 4",
                "dma1 = dma_map_page d0 0x1000 64 TO_DEVICE",
                "ld 0x4 4", "dma_unmap_page dma1", "ld 0x5 4",
                "dma2 = dma_map_page d0 0x1000 64 TO_DEVICE", "ld 0x6 4",
            ])
    }

    @Test("at one time a call told after its work stands first, one told before it last")
    func ties() throws {
        let cpu = "ld 0x0 4 @t=7000010us\nld 0x1 4 @t=7000010us\nld 0x2 4 @t=7000011us"
        let alloc = "dma_alloc: d0 dma_addr=4000 size=64 virt_addr=c0 flags=none attrs="
        let free = "dma_free: d0 dma_addr=4000 size=64 virt_addr=c0 attrs="
        let before = [
            S.line(10, S.map), S.line(10, S.unmap), S.line(10, S.list), S.line(10, alloc),
        ]
        let after = [S.line(10, S.unlist), S.line(10, free)]
        #expect(
            try S.body(cpu, (before + after).joined(separator: "\n")) == [
                "dma1 = dma_map_page d0 0x1000 64 TO_DEVICE", "dma_unmap_page dma1",
                "dma2 = dma_map_sg d0 TO_DEVICE 0x2000,64",
                "dma3 = dma_alloc_coherent d0 0x4000 64", "ld 0x0 4", "ld 0x1 4",
                "dma_unmap_sg dma2", "dma_free_coherent dma3", "ld 0x2 4",
            ])
        // The order of the log is kept: what stands behind a release told before its work does so, too.
        #expect(
            try S.body(
                cpu,
                [S.line(9, S.list), S.line(10, S.unlist), S.line(10, S.map)].joined(separator: "\n")
            )
                == [
                    "dma1 = dma_map_sg d0 TO_DEVICE 0x2000,64", "ld 0x0 4", "ld 0x1 4",
                    "dma_unmap_sg dma1", "dma2 = dma_map_page d0 0x1000 64 TO_DEVICE", "ld 0x2 4",
                ])
    }

    @Test("an offset moves the calls, and clocks that do not meet are told")
    func offset() throws {
        let cpu = "ld 0x0 4 @t=10us\nld 0x1 4 @t=20us"
        let log = S.line(15, S.map)
        var options = TraceMerge.Options()
        options.offset = -7_000_000_000_000
        let (text, result) = try S.merge(cpu, log, options)
        #expect(text[2].contains("ld 0x0 4") && text[3].contains("dma_map_page"))
        #expect(result.rule == .clock && result.calls == 1)
        #expect(!result.remarks.contains { $0.contains("--offset") })
        #expect(try S.merge(cpu, log).result.remarks.contains { $0.contains("--offset") })
    }

    @Test("cycles are those of the machine's cores")
    func cycles() throws {
        let cpu = "ld 0x0 4 @t=7000cyc\nld 0x1 4 @t=7001cyc"
        let log = "sh-9 [000] ..... 7.000500: \(S.map)"
        var options = TraceMerge.Options()
        options.frequency = Frequency(megahertz: 0.001)
        #expect(try S.body(cpu, log, options)[1].contains("dma_map_page"))
        #expect(S.error(cpu, log).contains("cpu:2: found @t=7000cyc, expected a machine"))
    }

    @Test("a loop stays whole, and calls within a span stand in it")
    func loops() throws {
        let cpu = """
            span s
            ld 0x0 4 @t=7000010us
            end
            repeat 2
            ld 0x1 4 @t=7000020us
            ld 0x2 4 @t=7000030us
            end
            ld 0x3 4 @t=7000040us
            """
        let log = [S.line(5, S.map), S.line(10, S.unmap), S.line(25, S.map)].joined(separator: "\n")
        #expect(
            try S.body(cpu, log) == [
                "span s", "dma1 = dma_map_page d0 0x1000 64 TO_DEVICE", "dma_unmap_page dma1",
                "ld 0x0 4", "end", "repeat 2", "ld 0x1 4", "ld 0x2 4", "end",
                "dma2 = dma_map_page d0 0x1000 64 TO_DEVICE", "ld 0x3 4",
            ])
    }

    @Test("times that go back are taken for the latest, and told")
    func backwards() throws {
        let cpu = "ld 0x0 4 @t=7000020us\nld 0x1 4 @t=7000010us\nld 0x2 4 @t=7000030us"
        let log = [S.line(25, S.map), S.line(15, S.unmap)].joined(separator: "\n")
        let (text, result) = try S.merge(cpu, log)
        #expect(text[4].contains("dma_map_page") && text[5].contains("dma_unmap_page"))
        #expect(result.remarks.count { $0.contains("before one above them") } == 2)
    }

    @Test("a side without times is an error that says what would do")
    func noTimes() {
        let log = S.line(15, S.map)
        var options = TraceMerge.Options()
        options.rule = .clock
        #expect(S.error("ld 0x0 4", log, options).contains("cpu: found no statement with a time"))
        #expect(
            S.error("ld 0x0 4 @t=1s", "sh-9 [000] ..... 8812345: \(S.map)", options)
                .contains("log:1: found a call without a time"))
        options.markStores = [MarkStore("0x10")!]
        #expect(S.error("ld 0x0 4 @t=1s", log, options).contains("found stores that are marks"))
    }

    @Test("calls go to the cores of their CPUs, or to the only core that the trace has")
    func cores() throws {
        let log = [S.line(5, S.map, cpu: 3), S.line(15, S.unmap, cpu: 1)].joined(separator: "\n")
        let one = try S.merge("core2: ld 0x0 4 @t=7000010us", log)
        #expect(one.text.count { $0.hasPrefix("core2: dma") || $0.contains("core2: dma_un") } == 2)
        #expect(one.result.remarks.contains("CPU 3 is core2, the only core of cpu"))
        let two = "core0: ld 0x0 4 @t=7000010us\ncore1: ld 0x0 4 @t=7000010us"
        let many = try S.merge(two, log).text
        #expect(many.contains { $0.hasPrefix("core3: ") && $0.contains("dma_map_page") })
        var options = TraceMerge.Options()
        options.hasCores = true
        options.log.cores = try #require(CoreChoice("3=1"))
        let mapped = try S.merge(two, log, options).text
        #expect(mapped.contains { $0.hasPrefix("core1: ") && $0.contains("dma_map_page") })
    }

    @Test("devices and names of both sides are kept apart or brought together")
    func names() throws {
        let cpu = """
            device d0 coherent
            buffer dma1 0x8000 64
            ld dma1 4 @t=7000010us
            device late noncoherent
            late: rd dma1 4
            """
        let log = [S.line(5, S.map), S.line(6, S.map.replacing("d0", with: "0:1"))]
            .joined(separator: "\n")
        let (text, _) = try S.merge(cpu, log)
        #expect(
            text[0..<5] == [
                "device d0 coherent", "buffer dma1 0x8000 64", "device late noncoherent",
                "kernel 6.12", "device dev_0_1 noncoherent mask 64",
            ])
        #expect(text[5].contains("dma2 = dma_map_page d0 0x1000 64"))
    }

    @Test("a native trace of calls is merged in its own words")
    func native() throws {
        let dma = """
            staleline 1
            kernel 6.12
            device d0 noncoherent
            device d1 coherent
            buffer b 0x1000 64
            buffer other 0x2000 64
            h = dma_map_single d0 b+16 32 TO_DEVICE @t=15us
            dma_mapping_error h
            mark here
            g = dma_map_sg d1 TO_DEVICE other,32 @t=35us
            dma_unmap_sg g @t=40us
            """
        let cpu = """
            device d1 coherent
            buffer b 0x1000 64
            buffer h 0x9000 64
            buffer other 0x3000 64
            ld b 4 @t=10us
            ld h 4 @t=20us
            ld other 4 @t=40us
            ld b 4 @t=41us
            """
        #expect(
            try S.body(cpu, dma) == [
                "buffer b 0x1000 64", "buffer h 0x9000 64", "buffer other 0x3000 64",
                "buffer other-2 0x2000 64", "ld b 4", "h-2 = dma_map_single d0 b+0x10 32 TO_DEVICE",
                "dma_mapping_error h-2", "mark here", "ld h 4",
                "g = dma_map_sg d1 TO_DEVICE other-2,32",
                "ld other 4", "dma_unmap_sg g", "ld b 4",
            ])
        #expect(
            S.error(cpu, dma + "\nld b 4").contains(
                "dma:12: found a statement that is no call of the DMA API"))
        #expect(
            S.error("kernel 5.10\n" + cpu, dma).contains(
                "dma:2: found kernel 6.12, expected kernel 5.10"))
    }
}
