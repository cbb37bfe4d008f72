import Experiments
import Hazards
import Reports
import Testing

/// The report of a log that has all that a log can have: stacks, findings, lost events, lists that are cut.
@Suite("Kernel log: the report in words")
struct KernelLogWordsTests {
    private static func map(
        _ device: String, _ direction: String, _ address: String, _ size: Int
    ) -> String {
        "dma_map_page: \(device) dir=\(direction) dma_addr=\(address) size=\(size) phys_addr=\(address) attrs=\n"
    }

    private static func stack(_ function: String) -> String {
        "<stack trace>\n => dma_map_page_attrs\n => \(function)\n"
    }

    private static let page = map("d0", "FROM_DEVICE", "80001000", 4096)
    private static let shorter =
        "dma_unmap_page: d0 dir=FROM_DEVICE dma_addr=80001000 size=2048 attrs=\n"

    /// The words of the line of a report that begins with some.
    private func row(_ text: String, _ start: String) -> [Substring] {
        let line = text.split(separator: "\n").first { $0.hasPrefix(start) }
        return line?.split(separator: " ") ?? []
    }

    @Test(
        "Call sites are ranked by what their calls cost, the cheaper ones below, each device apart")
    func sites() throws {
        let short = Self.map("d1", "TO_DEVICE", "90000000", 64)
        let result = try LogSample.audit(
            short + Self.stack("usb_submit") + Self.page + Self.stack("nvme_queue")
                + short.replacing("90000000", with: "90000040") + Self.stack("usb_submit")
                + short.replacing("d1", with: "d2").replacing("90000000", with: "a0000000")
                + Self.stack("usb_submit"))
        // Lines of 64 bytes, none of them dirty: 64 are invalidated, and one cleaned by each other call.
        let costs = result.machine.costs
        let (page, line) = (
            64 * costs.maintenanceCycles + costs.dsbCycles,
            costs.maintenanceCycles + costs.dsbCycles
        )
        #expect(result.sites.map(\.function) == ["nvme_queue", "usb_submit", "usb_submit"])
        #expect(result.sites.map(\.device) == [1, 0, 2])
        #expect(result.sites.map(\.costs.calls) == [1, 2, 1])
        #expect(
            result.sites.map(\.costs.maintenance.cycles)
                == [page, 2 * line, line].map { UInt64($0) })
        let text = KernelLogReport(result).text
        let share = Format.percent(page, of: page + 3 * line).split(separator: " ")
        #expect(
            row(text, "nvme_queue")
                == ["nvme_queue", "d0", "1", "64", Format.grouped(UInt64(page))[...]] + share)
        #expect(row(text, "usb_submit").prefix(4) == ["usb_submit", "d1", "2", "2"])
        #expect(!text.contains("The log has no stacks"))
        // What is live at the end has the function that made the oldest of it.
        let live = text.split(separator: "\n").drop { !$0.hasPrefix("live at the end") }
        #expect(
            row(live.joined(separator: "\n"), "d1")
                == ["d1", "TO_DEVICE", "dma_map_page", "2", "128", "line", "1", "in", "usb_submit"])
    }

    @Test("Of many call sites the first twenty are shown; equal ones stand by their names")
    func manySites() throws {
        let names = (0..<23).map { "f\(String(1_000 + ($0 * 7) % 23))" }
        let result = try LogSample.audit(
            names.enumerated().map { place, name in
                Self.map("d0", "TO_DEVICE", String(0x9000_0000 + place * 64, radix: 16), 64)
                    + Self.stack(name)
            }.joined())
        #expect(result.sites.map(\.function) == names.sorted())
        let text = KernelLogReport(result).text
        #expect(!row(text, "f1019").isEmpty && row(text, "f1020").isEmpty)
        #expect(text.contains("\nand 3 more\n"))
    }

    @Test(
        "A finding is told once, with how many are like it, who called and what the kernel prints")
    func findings() throws {
        let once = Self.page + Self.shorter + Self.stack("drv_done")
        let result = try LogSample.audit(once + once + once)
        #expect(result.findings.map(\.count) == [3])
        let text = KernelLogReport(result).text
        #expect(text.contains("log:2: misuse H20: released with another size\n"))
        #expect(
            text.contains(
                "d0, 2048 bytes at DMA address 0x80001000 in drv_done, and 2 more like it"))
        #expect(text.contains("4096 bytes mapped, 2048 released (line 1)"))
        #expect(text.contains("  others  dma-debug would report it: E4\n"))
        #expect(text.contains("  kernel  DMA-API: d0 d0: device driver frees DMA memory with"))
        #expect(text.contains("log: 3 misuses of 1 kind; 0 live at the end; "))
        #expect(text.contains("Nothing is mapped at the end.\n"))
        // What dma-debug says nothing of: a line that is shared, of which it looks at the first alone.
        let silent = try LogSample.audit(
            Self.page + Self.map("d1", "FROM_DEVICE", "80001fc0", 64))
        #expect(silent.findings.map(\.rule) == [.sharedLine])
        #expect(KernelLogReport(silent).text.contains("  others  dma-debug would not report it\n"))
    }

    @Test(
        "A rule of a log is a hazard of the catalogue",
        arguments: zip(
            LogRule.allCases,
            [
                HazardCode.h20, .h20, .h15, .h20, .h34, .h32, .h16, .h17, .h15, .h15, .h15, .h19,
            ]))
    func codes(rule: LogRule, code: HazardCode) {
        #expect(rule.code == code)
    }

    @Test("What is lost, skipped, cut, bounced and not priced is counted and said")
    func remainders() throws {
        let skipping = Self.page.replacing("attrs=", with: "attrs=SKIP_CPU_SYNC")
        let cut =
            "dma_map_sg: d1 dir=TO_DEVICE nents=2/5 ents=2/5 [TRUNCATED] dma_addrs={0x1000,0x9000} "
            + "sizes={0x40,0x40} phys_addrs={0x81000,0x89000} attrs=\n"
        let bounced =
            "swiotlb_bounced: dev_name: d0 dma_mask=ffffffff dev_addr=7000 size=64 FORCE\n"
        // The lengths of a list stand in its map alone; towards the device nothing is maintained at its end.
        let unknown = "dma_unmap_sg: d0 dir=FROM_DEVICE phys_addrs={0x71000} attrs=\n"
        let result = try LogSample.audit(
            skipping + bounced + "CPU:0 [LOST 5 EVENTS]\nCPU:1 [7 EVENTS DROPPED]\n" + unknown
                + unknown.replacing("FROM", with: "TO"))
        #expect(result.losses == 2 && result.lostEvents == 12)
        #expect(result.total.skipped == 1 && result.total.unpriced == 1)
        #expect(result.devices[0].unmatched == 2 && result.devices[0].bounces == 1)
        let text = KernelLogReport(result).text
        for words in [
            "1 calls ask for no maintenance (SKIP_CPU_SYNC or MMIO).",
            "1 calls could not be priced: an attribute that is not known, or a list whose map is not in the log.",
            "2 notes of lost events, 12 of them: what does not match may be their doing",
            "1 mappings go through a bounce buffer; copies are not priced here.",
            ", 2 calls for what was mapped before the log began or lost from it; 1 live at the end; ",
        ] { #expect(text.contains(words), "\(words)") }
        let lists = try? LogSample.audit(cut)
        #expect(lists?.cutLists == 1 && lists?.cutEntries == 3)
        #expect(lists?.live.first?.count == 2)
    }

    @Test(
        "Of a list that is synced in another number of entries dma-debug speaks, unless it goes both ways"
    )
    func listSyncs() throws {
        let map =
            "dma_map_sg: d0 dir=FROM_DEVICE dma_addrs={0x1000,0x9000} sizes={0x1000,0x40} "
            + "phys_addrs={0x81000,0x89000} attrs=\n"
        let sync = "dma_sync_sg_for_device: d0 dir=FROM_DEVICE dma_addrs={0x1000} sizes={0x1000}\n"
        let one = try #require(LogSample.audit(map + sync).findings.first)
        #expect(one.rule == .otherEntryCount && one.check == "E18" && one.otherLine == 1)
        #expect(one.detail == "2 entries mapped, 1 synced")
        func bidirectional(_ text: String) -> String {
            text.replacing("FROM_DEVICE", with: "BIDIRECTIONAL")
        }
        let both = try #require(
            LogSample.audit(bidirectional(map) + bidirectional(sync)).findings.first)
        #expect(both.rule == .otherEntryCount && !both.dmaDebug)
        let whole = sync.replacing(
            "{0x1000} sizes={0x1000}", with: "{0x1000,0x9000} sizes={0x1000,0x40}")
        let result = try LogSample.audit(map + whole)
        #expect(result.findings.isEmpty && result.devices[0].syncs == 1)
        // A page and a line of 64 bytes, invalidated by the map and by the sync alike.
        #expect(result.total.maintenance.invalidates == 2 * 65)
    }

    @Test("What fails maps nothing, and what has no direction matches nothing")
    func failures() throws {
        let alloc =
            "dma_alloc: d0 dir=BIDIRECTIONAL dma_addr=0 size=96 virt_addr=(null) flags=none attrs=\n"
        let list =
            "dma_map_sg_err: d0 dir=TO_DEVICE dma_addrs={0x81000} err=-12 attrs=\n"
        let table =
            "dma_alloc_sgt_err: d0 dir=FROM_DEVICE dma_addr=0 size=96 virt_addr=(null) flags=none attrs=\n"
        let failed = try LogSample.audit(alloc + list + table)
        #expect(failed.devices[0].failed == 3 && failed.devices[0].made == 0)
        #expect(failed.live.isEmpty && failed.findings.isEmpty)
        let none = Self.page.replacing("FROM_DEVICE", with: "NONE")
        let unmap = "dma_unmap_sg: d0 dir=NONE phys_addrs={0x81000} attrs=\n"
        let single = "dma_sync_single_for_cpu: d0 dir=NONE dma_addr=80001000 size=64\n"
        let many = "dma_sync_sg_for_cpu: d0 dir=NONE dma_addrs={0x1000} sizes={0x40}\n"
        let result = try LogSample.audit(none + unmap + single + many)
        #expect(result.devices[0].failed == 1 && result.devices[0].unmatched == 3)
        #expect(result.total.maintenance.cycles == 0 && result.live.isEmpty)
        #expect(result.unknownWords.map(\.count) == [4])
    }

    @Test("Pages and tables of the API's own are made and given back by functions of their own")
    func allocations() throws {
        let pages =
            "dma_alloc_pages: d0 dir=FROM_DEVICE dma_addr=80001000 size=4096 virt_addr=c1 flags=0x40 attrs=\n"
        let table =
            "dma_alloc_sgt: d0 dir=FROM_DEVICE dma_addr=80003000 size=4096 phys_addrs={0x80003000} flags=none attrs=\n"
        let made = try LogSample.audit(pages + table)
        #expect(made.live.map(\.made) == ["dma_alloc_pages", "dma_alloc_sgt"])
        let freed = try LogSample.audit(
            pages + table
                + "dma_free_pages: d0 dir=FROM_DEVICE dma_addr=80001000 size=4096 virt_addr=c1 attrs=\n"
                + "dma_free_sgt: d0 dir=FROM_DEVICE dma_addr=80003000 size=4096 phys_addrs={0x80003000}\n"
        )
        #expect(freed.live.isEmpty && freed.findings.isEmpty)
        #expect(freed.devices[0].made == 2 && freed.devices[0].released == 2)
        // Freed as what dma_alloc() gave, which on every kernel is another function.
        let other = try LogSample.audit(
            pages
                + "dma_free: d0 dir=FROM_DEVICE dma_addr=80001000 size=4096 virt_addr=c1 attrs=\n")
        #expect(other.findings.map(\.rule) == [.releasedByOtherFunction])
    }
}
