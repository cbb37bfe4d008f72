import Lessons
import Testing
import Traces

/// What blocks of pages work out: times, comparisons, excerpts, and what they refuse.
@Suite("Blocks of pages")
struct BlockTests {
    /// 480 cycles are a microsecond at 480 MHz.
    private static let trace = """
        staleline 1
        machine stm32h743
        kernel none
        device dma0
        buffer rx 0x24000000 64
        span idle
          work 480              # [first]
        end
        span more
          work 4800
        end
        span idle
          work 960
        end
        ring dma0
        dma0: wr rx 64
        wait dma0
        dc ivac rx 64
        dsb
        ld rx 64 by 4           # [read]
        """

    /// What a block is made into, or what is wrong with it.
    private func lines(_ block: String, trace: String = Self.trace) -> [String] {
        let page =
            "---\ntitle: T\ngoal: G\ntrace: a.slt\n---\nWords.\n\n```\(block)\n```\n"
            + "```question predict\ntitle: P\nask: What?\ncount: L1D.reads\nhint: H\n```\n"
        let files = CourseFiles(["01-a.md": Array(page.utf8), "a.slt": Array(trace.utf8)])
        let check = CourseCheck(files, machines: BundledCourse.machines, updating: true)
        guard check.errors.isEmpty else { return check.errors.map(\.description) }
        let made = String(decoding: check.updated["01-a.md"] ?? Array(page.utf8), as: UTF8.self)
        let text = made.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard let start = text.firstIndex(of: "```\(block)") else { return [] }
        return Array(text[(start + 1)...].prefix { $0 != "```" })
    }

    @Test func spansAreAddedUpByTheirNames() {
        #expect(lines("times more idle") == ["more: 10.00 µs", "idle: 3.00 µs"])
        // The same cycles at half the clock.
        let slow = Self.trace.replacing("kernel none", with: "set core.mhz=240\nkernel none")
        #expect(lines("times idle", trace: slow) == ["idle: 6.00 µs"])
    }

    @Test func withoutASpanItIsTheWholeRun() {
        let alone = Self.trace.split(separator: "\n").prefix(14).joined(separator: "\n") + "\n"
        #expect(lines("times", trace: alone) == ["all: 13.00 µs"])
    }

    @Test func aComparisonSaysWhatIsWrongAndWhatCannotBeHad() {
        let rows = lines("compare streaming coherent-port bounce-swiotlb", trace: Self.linux)
        #expect(rows.count == 5, "\(rows)")
        #expect(rows.contains { $0.hasPrefix("streaming ") && $0.hasSuffix(" nothing") }, "\(rows)")
        // No port of this machine looks into the caches.
        #expect(rows.contains { $0.hasPrefix("coherent-port ") && $0.hasSuffix(" H26") }, "\(rows)")
        #expect(
            rows.contains {
                $0.split(separator: " ").prefix(3) == ["bounce-swiotlb", "–", "–"]
                    && $0.contains("kernel 4.9 has no bounce buffers on am335x")
            }, "\(rows)")
    }

    private static let linux = """
        staleline 1
        machine am335x
        kernel 4.9
        device eth0
        buffer rx 0x80000000 2K
        ring eth0
        eth0: wr rx 1514
        wait eth0
        ld rx 1514 by 4
        """

    @Test func partsOfATraceAreShownFromPlaceToPlace() {
        #expect(
            lines("trace from=9 to=11") == ["span more", "  work 4800", "end"])
        #expect(lines("trace from=[read]") == ["ld rx 64 by 4           # [read]"])
        #expect(lines("trace to=2") == ["staleline 1", "machine stm32h743"])
    }

    @Test(
        "What a block cannot show is said with its line",
        arguments: [
            ("times nowhere", "found 'nowhere', expected a span of the trace: idle, more"),
            ("times file=b.slt", "found file=b.slt, expected a trace beside the page"),
            ("trace from=[read] to=[first]", "found from line 20 to line 7, expected the first"),
            ("trace from=99", "found '99', expected a line of a.slt, 1 to 20"),
            ("state rx", "found 'state rx', expected 'state ADDRESS after=PLACE'"),
            ("state after=[read]", "found 'state ', expected 'state ADDRESS after=PLACE'"),
            ("state rx after=2", "a.slt:2: found nothing that is done"),
            ("reads", "found 'reads', expected 'reads PLACE …'"),
            ("compare magic", "found 'magic', expected of as-written, coherent, "),
        ])
    func refused(block: String, expected: String) {
        let found = lines(block)
        #expect(found.count == 1 && found[0].hasPrefix("01-a.md:8: "), "\(found)")
        #expect(found.joined().contains(expected), "\(found)")
    }

    @Test func aPlaceThatTwoLinesHaveIsNone() {
        let twice = Self.trace.replacing("work 4800", with: "work 4800              # [first]")
        let found = lines("reads [first]", trace: twice)
        #expect(found.joined().contains("found '[first]' in lines 7, 10 of a.slt"), "\(found)")
    }
}
