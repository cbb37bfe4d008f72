import Operations
import Testing

@testable import Traces

@Suite("Kernel log: events and dialects")
struct KernelLogEventTests {
    /// An event's text behind a head.
    private func read(_ text: String) throws -> LoggedEvent {
        let reading = logReading("sh-9     [002] .....    55.500000: \(text)\n")
        #expect(reading.faults == [], "\(text)")
        #expect(reading.unknownWords == [], "\(text)")
        return try #require(reading.events.first, "\(text)")
    }

    @Test(
        "events of all versions are read",
        arguments: [
            // 6.12
            (
                "dma_map_page: d0 dir=TO_DEVICE dma_addr=80001040 size=96 phys_addr=1080001040 attrs=",
                .mapPage
            ),
            (
                "dma_unmap_page: d0 dir=TO_DEVICE dma_addr=80001040 size=96 attrs=SKIP_CPU_SYNC",
                .unmapPage
            ),
            (
                "dma_map_resource: d0 dir=BIDIRECTIONAL dma_addr=80001040 size=96 phys_addr=fe000000 attrs=",
                .mapResource
            ),
            (
                "dma_unmap_resource: d0 dir=BIDIRECTIONAL dma_addr=80001040 size=96 attrs=",
                .unmapResource
            ),
            (
                "dma_alloc: d0 dma_addr=80001040 size=96 virt_addr=00000000c1d2e3f4 flags=GFP_KERNEL|__GFP_ZERO attrs=",
                .alloc
            ),
            ("dma_free: d0 dma_addr=80001040 size=96 virt_addr=(____ptrval____) attrs=", .free),
            (
                "dma_sync_single_for_cpu: d0 dir=FROM_DEVICE dma_addr=80001040 size=96",
                .syncSingleForCPU
            ),
            (
                "dma_sync_single_for_device: d0 dir=FROM_DEVICE dma_addr=80001040 size=96",
                .syncSingleForDevice
            ),
            // 6.13
            (
                "dma_alloc: d0 dir=BIDIRECTIONAL dma_addr=80001040 size=96 virt_addr=c1d2e3f4 flags=none attrs=NO_WARN",
                .alloc
            ),
            (
                "dma_alloc_pages: d0 dir=FROM_DEVICE dma_addr=80001040 size=96 virt_addr=c1d2e3f4 flags=0x40 attrs=",
                .allocPages
            ),
            (
                "dma_free: d0 dir=BIDIRECTIONAL dma_addr=80001040 size=96 virt_addr=c1d2e3f4 attrs=",
                .free
            ),
            (
                "dma_free_pages: d0 dir=FROM_DEVICE dma_addr=80001040 size=96 virt_addr=c1d2e3f4 attrs=",
                .freePages
            ),
            (
                "dma_alloc_sgt: d0 dir=FROM_DEVICE dma_addr=80001040 size=96 phys_addrs={0x80001040} flags=GFP_KERNEL attrs=",
                .allocSGT
            ),
            (
                "dma_alloc_sgt_err: d0 dir=FROM_DEVICE dma_addr=80001040 size=96 virt_addr=(null) flags=GFP_KERNEL attrs=",
                .allocSGTError
            ),
            (
                "dma_free_sgt: d0 dir=FROM_DEVICE dma_addr=80001040 size=96 phys_addrs={0x80001040}",
                .freeSGT
            ),
            // 6.18
            (
                "dma_map_phys: d0 dir=TO_DEVICE dma_addr=80001040 size=96 phys_addr=80001040 attrs=MMIO",
                .mapPage
            ),
            (
                "dma_unmap_phys: d0 dir=TO_DEVICE dma_addr=80001040 size=96 attrs=MMIO|0x80000000",
                .unmapPage
            ),
            // 7.0
            (
                "dma_map_phys: d0 dir=TO_DEVICE dma_addr=80001040 size=96 phys_addr=80001040 attrs=CACHELINES_OVERLAP|REQUIRE_COHERENT",
                .mapPage
            ),
            (
                "swiotlb_bounced: dev_name: d0 dma_mask=ffffffff dev_addr=80001040 size=96 NORMAL",
                .bounced
            ),
        ] as [(String, KernelLogEvent.Kind)])
    func versions(text: String, kind: KernelLogEvent.Kind) throws {
        let read = try read(text)
        #expect(read.event.kind == kind)
        #expect(read.device == "d0")
        #expect(read.event.dmaAddress == 0x8000_1040)
        #expect(read.event.size == 96)
    }

    @Test("attributes are the kernel's bits")
    func attributes() throws {
        let head = "dma_unmap_page: d0 dir=TO_DEVICE dma_addr=0 size=1 attrs="
        #expect(try read(head + "SKIP_CPU_SYNC").event.attributes == .skipCPUSync)
        #expect(
            try read(head + "WEAK_ORDERING|PRIVILEGED|0x4000").event.attributes.rawValue
                == 1 << 1 | 1 << 9 | 1 << 14)
        let reading = logReading("sh-9 [002] ..... 5.5: \(head)NEVER_HEARD_OF later=7\n")
        #expect(reading.faults == [])
        #expect(reading.unknownWords == ["NEVER_HEARD_OF", "later"])
    }

    /// One list of two entries, `{0x80001000, 0x80003200}` with 4096 and 512 bytes, in the four dialects.
    private static let lists = [
        "dma_map_sg: d0 dir=FROM_DEVICE dma_addrs={0x80001000,0x80003200} sizes={0x1000,0x200} "
            + "phys_addrs={0x1080001000,0x1080003200} attrs=",
        "dma_map_sg: d0 dir=FROM_DEVICE nents=2/2 ents=2/2 dma_addrs={0x80001000, 0x80003200} "
            + "sizes={4096, 512} phys_addrs={0x1080001000, 0x1080003200} attrs=",
        "dma_map_sg: d0 dir=FROM_DEVICE dma_addrs=2147487744 2147496448 sizes=4096 512 "
            + "phys_addrs=70866964480 70866973184 attrs=",
        "dma_map_sg: [FAILED TO PARSE] device=d0 phys_addrs=ARRAY[00, 10, 00, 80, 10, 00, 00, 00, "
            + "00, 32, 00, 80, 10, 00, 00, 00] dma_addrs=ARRAY[00, 10, 00, 80, 00, 00, 00, 00, 00, 32, "
            + "00, 80, 00, 00, 00, 00] lengths=ARRAY[00, 10, 00, 00, 00, 02, 00, 00] dir=2 attrs=0x0",
        "dma_map_sg: [FAILED TO PARSE] device=d0 full_nents=2 full_ents=2 truncated=0 "
            + "phys_addrs=ARRAY[00, 10, 00, 80, 10, 00, 00, 00, 00, 32, 00, 80, 10, 00, 00, 00] "
            + "dma_addrs=ARRAY[00, 10, 00, 80, 00, 00, 00, 00, 00, 32, 00, 80, 00, 00, 00, 00] "
            + "lengths=ARRAY[00, 10, 00, 00, 00, 02, 00, 00] dir=2 attrs=0x0",
    ]

    @Test("a list is the same in all dialects", arguments: lists)
    func dialects(text: String) throws {
        let read = try read(text)
        #expect(read.event.kind == .mapSG)
        #expect(read.event.direction == .fromDevice)
        #expect(read.dmaAddresses == [0x8000_1000, 0x8000_3200])
        #expect(read.sizes == [4096, 512])
        #expect(read.physicalAddresses == [0x10_8000_1000, 0x10_8000_3200])
        #expect(read.event.entries == 2)
        #expect(read.event.segments == 2)
        #expect(!read.event.isTruncated)
    }

    @Test("the other events with lists, and single ones as they are stored")
    func otherLists() throws {
        #expect(
            try read("dma_unmap_sg: d0 dir=TO_DEVICE phys_addrs={0x40,0x80} attrs=")
                .physicalAddresses == [0x40, 0x80])
        #expect(
            try read(
                "dma_unmap_sg: [FAILED TO PARSE] device=d0 addrs=ARRAY[40, 00, 00, 00, 00, 00, 00, 00] "
                    + "dir=1 attrs=0x20"
            ).event.attributes == .skipCPUSync)
        let sync = try read(
            "dma_sync_sg_for_device: d0 dir=BIDIRECTIONAL dma_addrs={0x40} sizes={0x20}")
        #expect(sync.event.kind == .syncSGForDevice && sync.sizes == [0x20])
        #expect(
            try read("dma_sync_sg_for_cpu: d0 dir=BIDIRECTIONAL dma_addrs=64 sizes=32").dmaAddresses
                == [64])
        let error = try read("dma_map_sg_err: d0 dir=TO_DEVICE dma_addrs={0x40} err=-5 attrs=")
        #expect(error.event.kind == .mapSGError && error.physicalAddresses == [0x40])
        let cut = try read(
            "dma_map_sg: d0 dir=TO_DEVICE nents=1/300 ents=1/300 [TRUNCATED] dma_addrs={0x40} "
                + "sizes={0x20} phys_addrs={0x40} attrs=")
        #expect(cut.event.isTruncated && cut.event.entries == 300 && cut.event.segments == 300)
        let stored = try read(
            "dma_map_phys: [FAILED TO PARSE] device=d0 phys_addr=2147487808 dma_addr=2147487808 "
                + "size=0x60 dir=1 attrs=0x0")
        #expect(stored.event.dmaAddress == 0x8000_1040 && stored.event.size == 96)
    }

    @Test(
        "a damaged event is told with line, finding and expectation",
        arguments: [
            (
                "dma_unmap_page: d0 dir=UP dma_addr=0 size=1 attrs=",
                "found 'UP', expected a direction"
            ),
            (
                "dma_unmap_page: d0 dir=TO_DEVICE dma_addr=xyz size=1 attrs=",
                "found 'xyz', expected a hexadecimal number"
            ),
            (
                "dma_unmap_page: d0 dir=TO_DEVICE dma_addr=0 size=1k attrs=",
                "found 'k', expected a blank"
            ),
            (
                "dma_unmap_page: d0 dir=TO_DEVICE dma_addr=0 attrs=",
                "found dma_unmap_page without size, expected size="
            ),
            (
                "dma_unmap_page: d0 dir=TO_DEVICE dma_addr=0 dma_addr=0 size=1 attrs=",
                "found 'dma_addr' a second time"
            ),
            ("dma_unmap_page: d0", "found 'd0', expected a device and fields"),
            (
                "dma_unmap_page: dir=TO_DEVICE dma_addr=0 size=1",
                "found 'dir=TO_DEVICE', expected a device's name"
            ),
            (
                "dma_unmap_page: d0 dir=TO_DEVICE dma_addr=11111111111111111 size=1",
                "expected a number within 64 bits"
            ),
            (
                "dma_unmap_page: d0 dir=TO_DEVICE dma_addr=fffffffffffffff0 size=17 attrs=",
                "found bytes that end above 2^64"
            ),
            (
                "dma_map_sg: d0 dir=TO_DEVICE dma_addrs={0x40} sizes={0x20,0x20} phys_addrs={0x40} attrs=",
                "found 1 addresses and 2 sizes"
            ),
            (
                "dma_map_sg: d0 dir=TO_DEVICE dma_addrs={0x40 sizes={0x20} phys_addrs={0x40} attrs=",
                "expected a decimal number"
            ),
            (
                "dma_unmap_sg: [FAILED TO PARSE] device=d0 addrs=ARRAY[40, 00] dir=1 attrs=0x0",
                "found 2 bytes, expected elements of 8 bytes"
            ),
        ])
    func faults(text: String, message: String) {
        let reading = logReading("# tracer: nop\nsh-9 [002] ..... 5.5: \(text)\n")
        #expect(reading.faults.count == 1)
        #expect(reading.faults.first?.line == 2)
        #expect(
            reading.faults.first?.description.contains(message) == true,
            "\(reading.faults.map(\.description))")
    }

    @Test("no damage to a line crashes the reader or goes unseen by the counts")
    func mutations() {
        let lines =
            Self.lists + [
                "dma_map_page: d0 dir=TO_DEVICE dma_addr=80001040 size=96 phys_addr=80001040 attrs=MMIO",
                "dma_alloc: d0 dma_addr=80001040 size=96 virt_addr=(ptrval) flags=GFP_KERNEL attrs=",
            ]
        for text in lines {
            let bytes = Array("sh-9 [002] ..... 5.5: \(text)".utf8)
            for place in bytes.indices {
                var damaged = bytes
                damaged[place] = [0, 0x20, 0x3D, 0x5D, 0x7B, 0x39, 0xFF][place % 7]
                let reading = logReading(String(decoding: damaged, as: UTF8.self))
                let counted = reading.counts.values.reduce(0, +)
                #expect(!reading.faults.isEmpty || counted == reading.lines)
                let cut = logReading(String(decoding: bytes[..<place], as: UTF8.self))
                #expect(!cut.faults.isEmpty || !cut.events.isEmpty)
            }
        }
    }
}
