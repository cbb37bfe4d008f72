import Foundation
import Hazards
import Testing
import Traces

@testable import Experiments

/// Mends that few traces need: of pools, of cores, of attributes, of memory that a device does not reach, of lists.
@Suite("Fix: rare mends")
struct FixMendsTests {
    private func fix(
        _ text: String, _ machine: String = "zynq7000", kernel: String = "none"
    ) throws -> FixResult {
        let bytes = Array(("staleline 1\n" + text + "\n").utf8)
        let setup = try Setup(
            NativeParser.parse(bytes, file: "t.slt"), file: "t.slt",
            machine: LitmusFile.machine(machine), kernel: .init(parsing: kernel))
        return try Fix.run(setup, text: TraceText(bytes), limits: FixCase.unsearched)
    }

    /// The lines that a repair adds, without what stands around them.
    private func added(_ result: FixResult) -> [String] {
        result.patch.split(separator: "\n").dropFirst(2).filter { $0.hasPrefix("+") }
            .map { String($0.dropFirst()) }
    }

    private func litmus(_ name: String, on machine: String) throws -> FixResult {
        let found = FixCase.litmus.first {
            $0.file.name == name && $0.expectation.machine == machine
        }
        let result = try #require(found).fix()
        #expect(try result.faults() == [])
        return result
    }

    @Test("Blocks that a pool still has out are given back before it is destroyed, each once")
    func poolBlocks() throws {
        let result = try fix(
            """
            device dma0 noncoherent
            P = dma_pool_create dma0 64 64
            A = dma_pool_alloc P 0x10000000
            B = dma_pool_zalloc P 0x10000040
            dma_pool_free P A
            A = dma_pool_alloc P 0x10000080
            C = dma_pool_alloc P 0x100000c0
            dma_pool_free P C
            dma_pool_destroy P
            """, kernel: "6.12")
        let finding = try #require(result.before.judgement.findings.first)
        #expect(finding.code == .h20)
        #expect(finding.detail.hasPrefix("2 blocks of the pool are in use"), "\(finding.detail)")
        #expect(result.outcome == .mended)
        #expect(Set(added(result)) == ["dma_pool_free P A", "dma_pool_free P B"])
    }

    @Test("Cores that do not look into each other's caches clean and give up what they store")
    func cores() throws {
        let result = try litmus("REF-h03-cores-bare.violates.slt", on: "zynq7000")
        let lines = added(result)
        // Both store, and the other loads it afterwards.
        #expect(lines.contains { $0.hasPrefix("core0: dc") || $0.hasPrefix("dc") }, "\(lines)")
        #expect(lines.contains { $0.hasPrefix("core1: dc") }, "\(lines)")
    }

    @Test("What dma_alloc_coherent() gave is mapped for user space as the kernel has it")
    func userPages() throws {
        let result = try litmus("S11-h13-pages.violates.slt", on: "zynq7000")
        #expect(added(result) == ["dma_mmap_coherent H user"])
    }

    @Test("What a device is looked up for is shareable")
    func shareability() throws {
        let result = try litmus("REF-h28-shareability-bare.violates.slt", on: "zynq7000")
        #expect(
            Set(added(result)) == [
                "region tx 0x10000000 4K wb ish", "region rx 0x10001000 4K wb ish",
            ])
    }

    @Test("A buffer in memory that a device's port does not lead to is put behind the others")
    func reach() throws {
        let result = try litmus("API-h33-tcm-bare.violates.slt", on: "stm32h743")
        // `rx` ends at 0x24000040, and lines have 32 bytes; there the memory is cached.
        #expect(added(result) == ["buffer tx 0x24000040 64", "dc cvac tx 64", "dsb sy"])
    }

    @Test(
        "Entries of a list are split into what the device can do",
        arguments: ["dma_map_sg", "dma_map_sgtable"])
    func entries(map: String) throws {
        let unmap = map.replacing("map_sg", with: "unmap_sg")
        let result = try fix(
            """
            device disk0 noncoherent max_seg_size 4096 seg_boundary 0xffff
            h = \(map) disk0 TO_DEVICE 0x1000f800,6144
            writel disk0 = 1
            disk0: rd 0x1000f800 6144
            wait disk0
            \(unmap) h
            """, kernel: "6.12")
        // Too long, and across a boundary.
        #expect(result.before.judgement.findings.map(\.code) == [.h34, .h34])
        #expect(result.outcome == .mended)
        // 2 KiB up to the boundary, and behind it no more than 4 KiB at a time.
        #expect(added(result) == ["h = \(map) disk0 TO_DEVICE 0x1000f800,2048 0x10010000,4096"])
    }

    @Test(
        "What was made is given back by the function that belongs to it",
        arguments: [
            ("dma_map_phys dma0 0x10000000 64 TO_DEVICE", "dma_free_coherent", "dma_unmap_phys"),
            ("dma_map_page dma0 0x10000000 64 TO_DEVICE", "dma_free_coherent", "dma_unmap_page"),
            ("dma_map_resource dma0 0x40000000 64 TO_DEVICE", "dma_unmap_sg", "dma_unmap_resource"),
            ("dma_map_sgtable dma0 TO_DEVICE 0x10000000,64", "dma_free_pages", "dma_unmap_sgtable"),
            ("dma_alloc_wc dma0 0x10000000 4096", "dma_free_pages", "dma_free_wc"),
            ("dma_alloc_attrs dma0 0x10000000 4096", "dma_free_pages", "dma_free_attrs"),
            ("dma_alloc_pages dma0 0x10000000 4096", "dma_free_coherent", "dma_free_pages"),
            (
                "dma_alloc_noncontiguous dma0 0x10000000 4096", "dma_free_coherent",
                "dma_free_noncontiguous"
            ),
        ])
    func releases(made: String, wrong: String, right: String) throws {
        let result = try fix("device dma0 noncoherent\nh = \(made)\n\(wrong) h", kernel: "6.18")
        #expect(result.before.judgement.findings.first?.code == .h20)
        #expect(result.outcome == .mended)
        // A map may fail, and nobody has asked.
        let isAsked = made.hasPrefix("dma_map") && !made.contains("map_sg")
        let asked = isAsked ? ["dma_mapping_error"] : []
        #expect(
            added(result).map { String($0.prefix { $0 != " " }) } == asked + [right],
            "\(result.patch)")
    }

    @Test("A handle that a repair needs has a name that is free")
    func freshNames() throws {
        let result = try fix(
            """
            device eth0 noncoherent
            buffer rx 0x10000000 128
            buffer rx_h 0x10001000 128
            buffer rx_h2 0x10002000 128
            ld rx 128 by 4
            writel eth0 = 1
            eth0: wr rx 128
            wait eth0
            ld rx 128 by 4
            """, kernel: "6.12")
        #expect(result.outcome == .mended)
        #expect(added(result).contains { $0.hasPrefix("rx_h3 = dma_map_single eth0 rx 128 ") })
        #expect(added(result).contains("dma_unmap_single rx_h3"))
    }
}
