import Experiments
import Hazards
import Operations
import Quantities
import Testing
import Traces

@testable import Experiments

/// The parts of `fix`: bounds, what can go, the text that is kept, and how likeness is counted.
@Suite("Fix: its parts")
struct FixRulesTests {
    private func fix(
        _ text: String, _ machine: String = "zynq7000", kernel: String = "none",
        limits: FixLimits = FixLimits()
    ) throws -> FixResult {
        let bytes = Array(("staleline 1\n" + text + "\n").utf8)
        let setup = try Setup(
            NativeParser.parse(bytes, file: "t.slt"), file: "t.slt",
            machine: LitmusFile.machine(machine), kernel: .init(parsing: kernel))
        return try Fix.run(setup, text: TraceText(bytes), limits: limits)
    }

    private static let stale = """
        device eth0 noncoherent
        buffer rx 0x10000000 128
        ld rx 128 by 4
        ring eth0
        eth0: wr rx 128
        wait eth0
        ld rx 128 by 4      # the old bytes
        """

    @Test("The repair is the smallest, and says so")
    func smallest() throws {
        let result = try fix(Self.stale)
        #expect(result.outcome == .mended)
        #expect(result.steps.map(\.kind) == [.add])
        #expect(result.isSmallest)
        #expect(result.addedCycles > 0)
    }

    @Test(
        "What a pool gave goes back to that pool, and what it did not give does not",
        arguments: [
            ("A = dma_pool_alloc P 0x10000000", "dma_free_coherent A", "dma_pool_free P A"),
            (
                "A = dma_alloc_coherent dma0 0x10001000 4096", "dma_pool_free P A",
                "dma_free_coherent A"
            ),
            ("A = dma_pool_alloc P 0x10000000", "dma_pool_free Q A", "dma_pool_free P A"),
        ])
    func pools(_ made: String, _ wrong: String, _ right: String) throws {
        let text = """
            device dma0 noncoherent
            P = dma_pool_create dma0 64 64
            Q = dma_pool_create dma0 64 64
            \(made)
            \(wrong)
            dma_pool_destroy P
            dma_pool_destroy Q
            """
        let result = try fix(text, kernel: "6.12")
        #expect(result.before.judgement.findings.map(\.code) == [.h20])
        #expect(result.outcome == .mended)
        #expect(result.patch.contains("+" + right), "\(result.patch)")
    }

    @Test("A transfer past the end of its buffer is ended there, not mapped with what lies behind")
    func pastTheEnd() throws {
        func text(_ size: Int) -> String {
            """
            device eth0 noncoherent
            buffer rx 0x10000000 \(size)
            buffer other 0x10000200 256
            h = dma_map_single eth0 rx 256 FROM_DEVICE
            dma_mapping_error h
            writel eth0
            eth0: wr rx 512
            wait eth0
            dma_unmap_single h
            ld rx 256 by 8
            """
        }
        let short = try fix(text(256), kernel: "6.12")
        #expect(short.before.judgement.findings.map(\.code) == [.h16])
        #expect(short.outcome == .mended)
        #expect(short.patch.contains("+eth0: wr rx 256"), "\(short.patch)")
        let long = try fix(text(512), kernel: "6.12")
        #expect(long.outcome == .mended)
        #expect(long.patch.contains("+h = dma_map_single eth0 rx 512 FROM_DEVICE"), "\(long.patch)")
    }

    @Test("Where the bound is too low it says that nothing was found, and what came nearest")
    func bound() throws {
        var limits = FixLimits()
        limits.runs = 1
        let result = try fix(Self.stale, limits: limits)
        #expect(result.outcome == .notMended)
        #expect(result.patch.isEmpty)
        #expect(!result.after.judgement.findings.isEmpty)
        limits.runs = 3_000
        limits.edits = 1
        let two = Self.stale + "\nring eth0\neth0: wr rx 128\nwait eth0\nld rx 128 by 4"
        #expect(try fix(two, limits: limits).outcome == .notMended)
        #expect(try fix(two).outcome == .mended)
    }

    @Test(
        "A driver that asks for more address bits than its device has is told so; the device stays what it is"
    )
    func reach() throws {
        let result = try fix(
            """
            device usb noncoherent mask 30
            buffer urb 0x50000000 512
            dma_set_mask usb 32
            h = dma_map_single usb urb 512 FROM_DEVICE
            dma_mapping_error h
            writel usb = 1
            usb: wr urb 512
            wait usb
            dma_unmap_single h
            ld urb 512 by 4
            """, "zynq7000", kernel: "5.10")
        #expect(result.outcome == .mended)
        #expect(result.patch.contains("+dma_set_mask usb 30"))
        #expect(!result.patch.contains("+device"))
    }

    @Test(
        "A transfer that should not be there is not mended: the device would have to be told otherwise"
    )
    func unmended() throws {
        let result = try fix(
            """
            device eth0 noncoherent
            buffer rx 0x10000000 2048
            h = dma_map_single eth0 rx 2048 FROM_DEVICE fails
            writel eth0
            eth0: wr rx 64
            wait eth0
            """, "rpi3", kernel: "6.12")
        #expect(result.outcome == .notMended)
        #expect(result.after.judgement.findings.contains { $0.code == .h32 })
    }

    @Test("What can go is named with what it costs, and whether it can go with the others")
    func redundant() throws {
        let result = try fix(
            """
            device eth0 noncoherent
            buffer tx 0x10000000 128
            st tx 128 by 4
            dc cvac tx 128
            dsb
            l2 clean tx 128
            l2 sync
            dc cvac tx 128
            dsb
            ring eth0
            eth0: rd tx 128
            wait eth0
            """)
        #expect(result.outcome == .nothingToMend)
        let cleans = result.redundant.filter { $0.words.hasPrefix("dc cvac") }
        #expect(cleans.map(\.source) == [9])
        #expect(cleans.allSatisfy { $0.cycles > 0 && $0.canGoToo })
        #expect(!result.redundant.contains { $0.words.hasPrefix("l2 clean") })
    }

    @Test("Of two operations that do the same one can go")
    func oneOfTwo() throws {
        let result = try fix(
            """
            device eth0 noncoherent
            region desc 0x10000000 4K nc
            st desc 16 by 4
            dsb st
            dsb st
            ring eth0
            eth0: fetch desc 16
            wait eth0
            """, "stm32h743")
        #expect(result.redundant.map(\.words) == ["dsb st", "dsb st"])
        #expect(result.redundant.map(\.canGoToo) == [true, false])
    }

    @Test("What orders cores among each other is never said to be needless")
    func cores() throws {
        let result = try fix(
            """
            buffer flag 0x10000000 64
            st flag 4
            dmb ish
            core1: ld flag 4
            """)
        #expect(result.outcome == .nothingToMend)
        #expect(result.redundant.isEmpty)
    }

    // MARK: Text

    @Test("A changed line keeps its agent, its annotations and its comment, in its column")
    func line() {
        let text = TraceText(Array("  core1: dc cvac rx 64 @fn=f    # why\nld rx 4\n".utf8))
        let line = text.replacing(0, with: "dc cvac rx 128", isOperation: true)
        #expect(line == "  core1: dc cvac rx 128 @fn=f   # why")
        #expect(text.statement(of: 0) == "core1: dc cvac rx 64")
    }

    @Test("Lines end as they did")
    func returns() {
        let bytes = Array("staleline 1\r\nld 0 4\r\n".utf8)
        let text = TraceText(bytes)
        #expect(text.bytes == bytes)
        let changed = text.changed(by: [.insert(["dsb"], before: 1)])
        #expect(changed.bytes == Array("staleline 1\r\ndsb\r\nld 0 4\r\n".utf8))
        #expect(TraceText(Array("a\nb".utf8)).bytes == Array("a\nb\n".utf8))
    }

    @Test("A patch shows three lines around each change; changes that are near are one hunk")
    func patch() {
        let old = TraceText(Array((1...20).map { "l\($0)\n" }.joined().utf8))
        let new = old.changed(by: [
            .replace(1, "two"), .move(4, before: 7), .insert(["new"], before: 20), .remove(17),
        ])
        #expect(
            new.patch(from: old, named: "/a/t.slt") == """
                --- a/a/t.slt
                +++ b/a/t.slt
                @@ -1,10 +1,10 @@
                 l1
                -l2
                +two
                 l3
                 l4
                -l5
                 l6
                 l7
                +l5
                 l8
                 l9
                 l10
                @@ -15,6 +15,6 @@
                 l15
                 l16
                 l17
                -l18
                 l19
                 l20
                +new

                """)
        #expect(old.patch(from: old, named: "t.slt").isEmpty)
    }

    // MARK: Likeness

    private func likeness(_ old: String, _ new: String) throws -> FixLikeness {
        func parse(_ text: String) throws -> Program {
            let head = "staleline 1\ndevice d\nbuffer a 0x1000 64\nbuffer b 0x2000 64\n"
            return try NativeParser.parse(Array((head + text + "\n").utf8), file: "t.slt")
        }
        return try FixLikeness(from: parse(old), to: parse(new))
    }

    @Test("Alike are operations of one class on bytes that overlap")
    func alike() throws {
        let clean = try likeness("ring d", "dc cvac a 64\ndsb\nring d")
        let call = try likeness("ring d", "up_clean_dcache a+32 32\nring d")
        let other = try likeness("ring d", "dc cvac b 64\ndsb\nring d")
        let invalidate = try likeness("ring d", "dc ivac a 64\ndsb\nring d")
        let barrier = try likeness("ring d", "dsb\nring d")
        let nothing = try likeness("ring d", "ring d")
        #expect(clean.isLike(call) && clean.isWithin(call))
        #expect(!clean.isLike(other))
        #expect(!clean.isLike(invalidate))
        // The barrier of maintenance is a part of it.
        #expect(!clean.isLike(barrier))
        #expect(barrier.isLike(barrier))
        #expect(!nothing.isLike(clean) && !clean.isLike(nothing) && !nothing.isWithin(nothing))
    }

    @Test("What is left out is alike only to what is left out")
    func removal() throws {
        let gone = try likeness("dc ivac a 64\nring d", "ring d")
        #expect(gone.isLike(try likeness("dc ivac a 64\nring d", "ring d")))
        #expect(!gone.isLike(try likeness("ring d", "dc ivac a 64\nring d")))
        let moved = try likeness("dc ivac a 64\nring d", "ring d\ndc ivac a 64")
        #expect(moved.isLike(try likeness("ring d", "ring d\ndc ivac a 64")))
    }
}
