import Operations
import Testing
import Traces

@testable import Experiments

/// Native traces of calls: what they declare, and which event each call is.
@Suite("Merging native traces of calls")
struct TraceMergeNativeTests {
    private typealias S = MergeSample

    private static let calls = """
        h = dma_map_single d0 ring 64 TO_DEVICE @t=15us
        dma_unmap_single h @t=25us
        """

    private static let cpu = "ld 0x9000 4 @t=10us\nld 0x9000 4 @t=20us\nld 0x9000 4 @t=30us"

    private static func dma(_ declarations: String) -> String {
        "staleline 1\n\(declarations)\ndevice d0 noncoherent\n\(calls)"
    }

    private static let memory = "region ring 0x8000 4K nc\nalias user ring 0x90000000 nc"

    @Test("Regions and aliases come with the calls, once")
    func regions() throws {
        let merged = [
            "region ring 0x8000 4096 nc", "alias user ring 0x90000000 nc", "ld 0x9000 4",
            "h = dma_map_single d0 ring 64 TO_DEVICE", "ld 0x9000 4", "dma_unmap_single h",
            "ld 0x9000 4",
        ]
        #expect(try S.body(Self.cpu, Self.dma(Self.memory)) == merged)
        #expect(try S.body(Self.memory + "\n" + Self.cpu, Self.dma(Self.memory)) == merged)
        // At another place it is another region, and its alias shows that one.
        let other = "region ring 0x4000 4K nc"
        #expect(
            try S.body(other + "\n" + Self.cpu, Self.dma(Self.memory)).prefix(3) == [
                "region ring 0x4000 4096 nc", "region ring-2 0x8000 4096 nc",
                "alias user ring-2 0x90000000 nc",
            ])
    }

    @Test(
        "What both traces say in different ways is an error at its line",
        arguments: [
            (
                "machine zynq7000", "machine am335x",
                "found machine am335x, expected machine zynq7000"
            ),
            ("kernel 5.10", "kernel 6.12", "found kernel 6.12, expected kernel 5.10"),
            (
                "set l2.size=256K", "set l2.size=512K",
                "found set l2.size=512K, expected set l2.size=256K"
            ),
            (
                "swiotlb 0x1000000 1M", "swiotlb 0x2000000 1M",
                "found another swiotlb, expected the one"
            ),
            (
                "region ring 0x8000 4K wb", "region ring 0x8000 4K nc",
                "found another region 'ring', expected"
            ),
            (
                "region ring 0x8000 4K nc\nalias user ring 0x90000000 wb", memory,
                "found another alias 'user', expected"
            ),
            ("", "layout link 16 next 0 4 source 4 4 length 8 2", "found a layout, expected calls"),
        ])
    func conflicts(cpu: String, dma: String, words: String) {
        let ring = dma.contains("region ring") ? dma : dma + "\nbuffer ring 0x8000 64"
        let error = S.error(cpu + "\n" + Self.cpu, Self.dma(ring))
        #expect(error.contains(words), "\(error)")
        let line = 2 + dma.split(separator: "\n").count - 1
        #expect(error.contains("dma:\(line): "), "\(error)")
    }

    @Test("What both traces say alike stands once")
    func alike() throws {
        let both = "machine zynq7000\nset l2.size=256K\nswiotlb 0x1000000 1M\nbuffer ring 0x8000 64"
        let body = try S.body(both + "\n" + Self.cpu, Self.dma(both))
        #expect(
            body.prefix(5) == [
                "machine zynq7000", "set l2.size=256K", "swiotlb 0x1000000 1048576",
                "buffer ring 0x8000 64", "ld 0x9000 4",
            ], "\(body)")
        let alone = try S.body(Self.cpu, Self.dma(both))
        #expect(Set(alone) == Set(body))
    }

    @Test("Addresses that a driver gives by hand keep their names")
    func given() throws {
        let dma = Self.dma("buffer ring 0x8000 64").replacing(
            "dma_unmap_single h", with: "dma_unmap_single h dma=ring+16")
        let cpu = "buffer ring 0x4000 64\n" + Self.cpu
        #expect(try S.body(cpu, dma).contains("dma_unmap_single h dma=ring-2+0x10"))
    }

    @Test(
        "Each function is the event of its tracepoint, so that a mark may name either",
        arguments: [
            ("dma_map_resource", KernelLogEvent.Kind.mapResource),
            ("dma_unmap_resource", .unmapResource), ("dma_map_sgtable", .mapSG),
            ("dma_unmap_sgtable", .unmapSG), ("dma_sync_single_for_cpu", .syncSingleForCPU),
            ("dma_sync_single_range_for_cpu", .syncSingleForCPU),
            ("dma_sync_single_for_device", .syncSingleForDevice),
            ("dma_sync_single_range_for_device", .syncSingleForDevice),
            ("dma_sync_sg_for_cpu", .syncSGForCPU), ("dma_sync_sgtable_for_cpu", .syncSGForCPU),
            ("dma_sync_sg_for_device", .syncSGForDevice),
            ("dma_sync_sgtable_for_device", .syncSGForDevice), ("dma_alloc_coherent", .alloc),
            ("dma_zalloc_coherent", .alloc), ("dma_alloc_wc", .alloc), ("dma_alloc_attrs", .alloc),
            ("dma_free_coherent", .free), ("dma_free_wc", .free), ("dma_free_attrs", .free),
            ("dma_alloc_noncoherent", .allocPages), ("dma_alloc_pages", .allocPages),
            ("dma_free_noncoherent", .freePages), ("dma_free_pages", .freePages),
            ("dma_alloc_noncontiguous", .allocSGT), ("dma_free_noncontiguous", .freeSGT),
        ])
    func events(function: String, kind: KernelLogEvent.Kind) {
        #expect(MergeMark.kind(function) == kind)
    }

    @Test func whatNoTracepointTellsIsNoEvent() {
        for name in ["dma_mapping_error", "dma_pool_alloc", "dma_set_mask", "memcpy"] {
            #expect(MergeMark.kind(name) == nil)
        }
    }
}
