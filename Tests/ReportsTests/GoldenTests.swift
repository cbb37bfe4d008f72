import Experiments
import Hazards
import Reports
import Testing

/// Texts as people see them, read by a person once and kept.
@Suite("Golden texts")
struct GoldenTests {
    @Test("The head of `explain H08`")
    func explain() {
        let text = HazardReport.text(HazardCatalogue.page(.h08))
        let head = text.split(separator: "\n", omittingEmptySubsequences: false).prefix(7)
        let expected = """
            H08  A speculative linefill brings the old line back during the transfer

            From ARMv6 on a core may read memory that no instruction has asked for yet:
            it runs ahead along guessed branches, and prefetchers follow patterns of
            addresses. Such a speculative linefill can take a line of the buffer just
            before the device writes it. The copy is clean and old, and it stays.

            """
        #expect(head.joined(separator: "\n") == expected)
    }

    @Test("The sections of a page, in their order")
    func sections() {
        let lines = HazardReport.text(HazardCatalogue.page(.h08)).split(separator: "\n")
        let order = [
            "In a picture", "The shortest trace", "Mended", "Mend", "In Linux",
            "On bare metal", "dma-debug", "Affects", "Judged by `check`", "Not this, but",
        ]
        #expect(lines.map(String.init).filter(order.contains) == order)
    }

    @Test("A page and the list of pages fit a terminal of 80 columns")
    func width() {
        let pages = HazardCatalogue.pages.map { HazardReport.text($0) }
        for line in (pages + [HazardReport.list]).joined().split(separator: "\n") {
            #expect(line.count <= 80, "\(line)")
        }
    }

    @Test("The list has each code once, under what goes wrong")
    func list() {
        let lines = HazardReport.list.split(separator: "\n").map(String.init)
        for page in HazardCatalogue.pages {
            let own = lines.filter { $0 == "  \(page.code.rawValue)  \(page.title)" }
            #expect(own.count == 1, "\(page.code.rawValue)")
        }
        let start = lines.firstIndex(of: "order and publication")
        #expect(
            start.map { lines[$0 + 1] }
                == "  H05  The device sees OWN before the rest of the descriptor")
        #expect(lines.contains("  E4   H20  device driver frees DMA memory with different size"))
    }

    @Test("What a page is taken for stands at its end, in lines that hang")
    func neighbours() {
        let text = HazardReport.text(HazardCatalogue.page(.h07))
        let expected = """

            Not this, but
                H06  if a flag in memory says that the device is ready
                H39  if the data are not in memory yet: a bridge holds them back

            """
        #expect(text.hasSuffix(expected), "\(text.suffix(200))")
    }

    @Test(
        "A word without a page is answered with what may have been meant",
        arguments: [
            (
                "dma_map_singel",
                "dma_map_singel: nothing is called that (did you mean dma_map_single"
            ),
            ("H8", "H8: nothing is called that (did you mean H08?)"),
            ("H43", "H43: nothing is called that; expected a hazard's code as H08 (H01 to H42)"),
            (
                "dma_sync_single_f",
                "(did you mean dma_sync_single_for_cpu, dma_sync_single_for_device"
            ),
            ("bounce", "bounce: nothing is called that (of it speaks H24)"),
            ("xyzzy", "xyzzy: nothing is called that; expected"),
        ])
    func unknown(_ word: String, _ expected: String) {
        let text = UnknownTopic.text(of: word, calls: CallCost.names)
        #expect(text.contains(expected), "\(text)")
    }

    @Test("A check report")
    func check() throws {
        let result = try Check.run(Sample.setup(Sample.faulty, machine: "rpi3"))
        // Times and costs are the machine's; the text is not.
        let text = CheckReport(result).text(colours: false)
            .replacing(#/ at [0-9.]+ (ns|µs),/#, with: " at TIME,")
            .replacing(#/about [0-9]+ core/#, with: "about N core")
        let expected = """
            sample.slt:11: manifest H03: The device reads memory while the new bytes are still in a cache (tx)
              where   line 11 at TIME, dma0, 64 bytes at tx (0x10000000)
              what    dma0 read from DRAM what was there before the trace, not what core0 wrote in line 8;
                      the new bytes are in L1D0
              chain   line 8: L1D0 takes the line from DRAM (send at net.c:12)
                      line 8: core0 stores; L1D0: dirty
                      line 11: dma0 reads DRAM: old
              cause   Nothing cleaned the bytes stored in line 8 before dma0 read memory: they are in a
                      cache that dma0 does not look into.
              mend    dc cvac tx 64; dsb sy after line 8 and before the doorbell (about N core cycles)
              others  there is no dma-debug on bare metal; affects: Every core with a write-back cache and
                      every kernel; with write-through caches the bytes arrive once the write buffer is
                      empty.

            sample.slt:15: manifest H01: The core reads a stale cached copy of what a device wrote (rx)
              where   line 15 at TIME, core0, 64 bytes at rx (0x10001000)
              what    core0 read from L1D0 what was there before the trace, not what dma0 wrote in line 12;
                      the new bytes are in DRAM
              chain   line 7: L1D0 takes the line from DRAM
                      line 12: dma0 writes DRAM: new; L1D0: stale
                      line 15: core0 reads L1D0: old
              cause   No invalidate stands between dma0's write (line 12) and this load, and the cache still
                      held the line from before.
              mend    dc ivac rx 64; dsb sy after the wait and before line 15 (about N core cycles)
              others  there is no dma-debug on bare metal; affects: Every core with a data cache and every
                      kernel; without any maintenance it is certain everywhere. After a map, ARMv5 is safe,
                      32-bit Arm and arm64 up to 5.18 need a speculative linefill as well (H08), arm64 from
                      5.19 reads stale bytes for certain.

            sample.slt: 2 manifest on rpi3, kernel none.

            """
        #expect(text == expected)
    }

    @Test("Colours change nothing but colours")
    func colours() throws {
        let report = CheckReport(try Check.run(Sample.setup(Sample.faulty, machine: "rpi3")))
        let coloured = report.text(colours: true)
        #expect(coloured.contains("\u{1B}["))
        #expect(coloured.replacing(#/\x{1B}\[[0-9;]*m/#, with: "") == report.text(colours: false))
    }

    @Test("A check report without findings says on what it rests")
    func nothing() throws {
        let result = try Check.run(Sample.setup(Sample.copy, machine: "zynq7000"))
        let expected = """
            sample.slt: nothing found: no stale or lost bytes in this replay, none that another legal order of events could give, and no broken rule of the DMA API (zynq7000, kernel none; 5 statements, 0 bytes watched; codes judged: `staleline explain`).

            """
        #expect(CheckReport(result).text(colours: false) == expected)
    }
}
