import DMAMapping
import Experiments
import Operations
import Testing

/// What a log says is wrong, told as the kernel's own check tells it.
@Suite("Kernel log: what dma-debug would print")
struct KernelLogRulesTests {
    private static let map =
        "dma_map_page: d0 dir=FROM_DEVICE dma_addr=80001000 size=4096 phys_addr=80001000 attrs=\n"
    private static let unmap =
        "dma_unmap_page: d0 dir=FROM_DEVICE dma_addr=80001000 size=4096 attrs=\n"

    private func checks(_ result: KernelLogResult) -> [String] {
        result.findings.map { $0.check ?? "-" }
    }

    @Test("One release raises every check that applies to it, in the kernel's order")
    func everyCheck() throws {
        let unmap = Self.unmap.replacing("page", with: "resource").replacing("4096", with: "64")
            .replacing("FROM", with: "TO")
        let result = try LogSample.audit(Self.map + unmap)
        #expect(checks(result) == ["E4", "E5", "E8"])
        #expect(result.findings.allSatisfy { $0.line == 2 && $0.otherLine == 1 && $0.dmaDebug })
        #expect(
            result.findings.map(\.kernelMessage) == [
                "DMA-API: d0 d0: device driver frees DMA memory with different size "
                    + "[device address=0x0000000080001000] [map size=4096 bytes] [unmap size=64 bytes]",
                "DMA-API: d0 d0: device driver frees DMA memory with wrong function "
                    + "[device address=0x0000000080001000] [size=64 bytes] [mapped as single] "
                    + "[unmapped as resource]",
                "DMA-API: d0 d0: device driver frees DMA memory with different direction "
                    + "[device address=0x0000000080001000] [size=64 bytes] "
                    + "[mapped with DMA_FROM_DEVICE] [unmapped with DMA_TO_DEVICE]",
            ])
        // From 6.18 on both functions make the same kind of entry.
        let later = try LogSample.audit(Self.map + unmap, kernel: "6.18")
        #expect(checks(later) == ["E4", "-", "E8"])
    }

    @Test("A list has its count and its direction compared")
    func lists() throws {
        let map =
            "dma_map_sg: d0 dir=TO_DEVICE dma_addrs={0x1000,0x9000} sizes={0x1000,0x40} "
            + "phys_addrs={0x81000,0x89000} attrs=\n"
        let unmap = "dma_unmap_sg: d0 dir=FROM_DEVICE phys_addrs={0x81000} attrs=\n"
        let result = try LogSample.audit(map + unmap)
        #expect(checks(result) == ["E7", "E8"])
        #expect(
            result.findings[0].kernelMessage?.hasSuffix("[map count=2] [unmap count=1]") == true)
        let twice = try LogSample.audit(map + unmap + unmap)
        #expect(
            twice.findings.last?.kernelMessage
                == "DMA-API: d0 d0: device driver tries to free DMA memory it has not allocated "
                + "[device address=0x0000000000001000] [size=4096 bytes]")
    }

    /// Where two mappings begin at one address the kernel takes neither for meant, unless it agrees in all.
    @Test("Of two mappings at one address the kernel finds none that differs")
    func candidates() throws {
        let second = Self.map.replacing("4096", with: "2048").replacing("FROM", with: "TO")
        let unmap = Self.unmap.replacing("4096", with: "1024")
        let result = try LogSample.audit(Self.map + second + unmap)
        #expect(result.findings.map(\.rule) == [.sharedLine, .releasedWithOtherSize])
        #expect(checks(result) == ["-", "E3"])
    }

    @Test(
        "Syncs in another direction raise one check or two",
        arguments: [
            ("cpu", "FROM", "TO", ["E15"]), ("cpu", "TO", "FROM", ["E15", "E16"]),
            ("device", "TO", "FROM", ["E15"]), ("device", "FROM", "TO", ["E15", "E17"]),
            ("cpu", "FROM", "FROM", []),
        ])
    func syncs(half: String, mapped: String, synced: String, expected: [String]) throws {
        let result = try LogSample.audit(
            Self.map.replacing("FROM", with: mapped)
                + "dma_sync_single_for_\(half): d0 dir=\(synced)_DEVICE dma_addr=80001000 size=64\n"
                + Self.unmap.replacing("FROM", with: mapped))
        #expect(checks(result) == expected)
    }

    @Test("A sync of what is not mapped is told, of a list only behind its first entry")
    func unknown() throws {
        let sync = "dma_sync_single_for_cpu: d0 dir=FROM_DEVICE dma_addr=80001000 size=64\n"
        let single = try LogSample.audit(Self.map + Self.unmap + sync)
        #expect(single.findings.map(\.rule) == [.syncAfterRelease] && checks(single) == ["E13"])
        let list =
            "dma_sync_sg_for_cpu: d0 dir=FROM_DEVICE dma_addrs={0x80001000} sizes={0x40}\n"
        let silent = try LogSample.audit(Self.map + Self.unmap + list)
        #expect(silent.findings.map(\.rule) == [.syncAfterRelease] && checks(silent) == ["-"])
    }

    // MARK: Lines

    private func shared(
        _ second: String, coherent: [String] = [], kernel: String? = nil,
        on machine: String = "am5728"
    ) throws -> LogFinding? {
        let result = try LogSample.audit(
            Self.map + second, on: machine, coherent: coherent, kernel: kernel)
        #expect(result.findings.count <= 1)
        return result.findings.first
    }

    private func other(_ dma: String, _ physical: String, dir: String = "FROM", size: Int = 64)
        -> String
    {
        "dma_map_page: d1 dir=\(dir)_DEVICE dma_addr=\(dma) size=\(size) phys_addr=\(physical) attrs=\n"
    }

    @Test("A line of memory is shared across devices, whatever their addresses")
    func acrossDevices() throws {
        let first = try #require(try shared(other("fff00000", "80001000")))
        #expect(first.rule == .sharedLine && first.check == "E23")
        #expect(first.detail.contains("for d0 in the same line of 64 bytes"))
        // Not by the kernel's rule: the line is not the first of both, or one of the two only hands over.
        #expect(try shared(other("fff00000", "80001fc0"))?.check == String?.none)
        #expect(try shared(other("fff00000", "80001fc0")) != nil)
        #expect(try shared(other("fff00000", "80001000", dir: "TO"))?.dmaDebug == false)
        // The same address of another device's own space is other memory.
        #expect(try shared(other("80001000", "90001000")) == nil)
        #expect(try shared(other("80002000", "80002000")) == nil)
    }

    @Test("No cache is maintained where both devices are coherent")
    func coherent() throws {
        let second = other("fff00000", "80001000")
        #expect(try shared(second, coherent: ["d0"]) != nil)
        #expect(try shared(second, coherent: ["d0", "d1"]) == nil)
    }

    @Test("Entries of lists have lines, too; registers and what bounces have none")
    func kinds() throws {
        let list =
            "dma_map_sg: d1 dir=FROM_DEVICE dma_addrs={0x1000,0x9000} sizes={0x40,0x40} "
            + "phys_addrs={0x90000000,0x80001000} attrs=\n"
        #expect(try shared(list)?.check == "E23")
        let second = other("fff00000", "80001000")
        #expect(try shared(second.replacing("page", with: "resource")) == nil)
        let bounced =
            "swiotlb_bounced: dev_name: d1 dma_mask=ffffffff dev_addr=80001000 size=64 FORCE\n"
        #expect(try shared(bounced + second) == nil)
    }

    @Test("arm64 kernels that bounce small buffers say nothing of lines")
    func silence() throws {
        let second = other("fff00000", "80001000")
        #expect(try shared(second, kernel: "6.12", on: "rpi4")?.check == "E23")
        let later = try #require(try shared(second, kernel: "6.18", on: "rpi4"))
        #expect(!later.dmaDebug && later.kernelMessage == nil)
    }
}
