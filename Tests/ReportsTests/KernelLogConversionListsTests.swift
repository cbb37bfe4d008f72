import Operations
import Testing
import Traces

@testable import Experiments

/// Calls on lists and on what was not said, as native text.
@Suite("Kernel log: conversion of lists, and of calls on what could not be said")
struct KernelLogConversionListsTests {
    private static let list =
        "dma_map_sg: d0 dir=TO_DEVICE dma_addrs={0x80001000,0x80005000} sizes={0x1000,0x200} "
        + "phys_addrs={0x80001000,0x80005000} attrs="
    private static let said = "dma1 = dma_map_sg d0 TO_DEVICE 0x80001000,4096 0x80005000,512"
    private static let release =
        "dma_unmap_sg: d0 dir=TO_DEVICE phys_addrs={0x80001000,0x80005000} attrs="
    private static let sync =
        "dma_sync_sg_for_device: d0 dir=TO_DEVICE dma_addrs={0x80001000,0x80005000} sizes={0x1000,0x200}"

    @Test(
        "A list's other calls say what differs from its map, and nothing else",
        arguments: [
            (release, "dma_unmap_sg dma1"),
            (release.replacing(",0x80005000", with: ""), "dma_unmap_sg dma1 1"),
            (release.replacing("TO_DEVICE", with: "FROM_DEVICE"), "dma_unmap_sg dma1 FROM_DEVICE"),
            (release + "SKIP_CPU_SYNC", "dma_unmap_sg dma1 attrs=SKIP_CPU_SYNC"),
            (sync, "dma_sync_sg_for_device dma1"),
            (sync.replacing("for_device", with: "for_cpu"), "dma_sync_sg_for_cpu dma1"),
            (
                sync.replacing(",0x80005000", with: "").replacing(",0x200", with: ""),
                "dma_sync_sg_for_device dma1 1"
            ),
            (
                sync.replacing("TO_DEVICE", with: "BIDIRECTIONAL"),
                "dma_sync_sg_for_device dma1 BIDIRECTIONAL"
            ),
        ])
    func lists(event: String, statement: String) throws {
        #expect(
            try ConversionSample.calls(Self.list + "\n" + event).prefix(2)
                == [Self.said, statement])
    }

    @Test("A list that begins in the middle of another is synced range by range")
    func inner() throws {
        // The second entry is none's first; each range is told from the list's first byte on.
        let part = Self.sync.replacing(
            "{0x80001000,0x80005000} sizes={0x1000,0x200}", with: "{0x80005000} sizes={0x200}")
        let (text, conversion) = try ConversionSample.convert(Self.list + "\n" + part)
        #expect(
            text.contains { $0.contains("dma_sync_single_for_device dma1 16384 512") }, "\(text)")
        #expect(conversion.notes[.innerEntries] == 1)
    }

    @Test("A list that is synced after its release names what was released")
    func late() throws {
        #expect(
            try ConversionSample.calls(
                [Self.list, Self.release, Self.sync].joined(separator: "\n"))
                == [
                    Self.said, "dma_unmap_sg dma1", "dma_sync_sg_for_device dma1 TO_DEVICE",
                ])
    }

    @Test(
        "What has no direction, no entries, or was never mapped is a mark with the reason",
        arguments: [
            (
                list.replacing("TO_DEVICE", with: "NONE"), "no direction",
                ConversionNotes.Kind.noDirection
            ),
            (sync.replacing("TO_DEVICE", with: "NONE"), "no direction", .noDirection),
            (
                "dma_map_page: d0 dir=NONE dma_addr=80001000 size=64 phys_addr=80001000 attrs=",
                "no direction", .noDirection
            ),
            (
                "dma_sync_single_for_cpu: d0 dir=NONE dma_addr=80001000 size=64", "no direction",
                .noDirection
            ),
            (sync, "not mapped in this log", .unmatchedSync),
            (
                release,
                "2 entries from 0x80001000 on, never mapped in this log", .unmatchedRelease
            ),
            (
                "dma_map_page: d0 dir=TO_DEVICE dma_addr=80001000 size=64 phys_addr=80001000 attrs=\n"
                    + "dma_sync_single_for_cpu: d0 dir=TO_DEVICE dma_addr=80001000 size=0",
                "no bytes", .noBytes
            ),
            // One entry is unmapped as a page: the list stays until its own release.
            (
                list + "\ndma_unmap_page: d0 dir=TO_DEVICE dma_addr=80005000 size=512 attrs=",
                "one entry of a list", .partialLists
            ),
        ])
    func refused(events: String, words: String, kind: ConversionNotes.Kind) throws {
        let (text, conversion) = try ConversionSample.convert(events)
        #expect(text.count { $0.hasPrefix("mark log ") && $0.hasSuffix(words) } == 1, "\(text)")
        #expect(conversion.notes[kind] == 1)
        #expect(text.contains { $0.hasPrefix("mark log: ") && $0.hasSuffix("× \(kind.words)") })
    }

    @Test("Calls on a map that could not be said are marks, too, and its end is the end")
    func unsaid() throws {
        // Behind an IOMMU one segment for two entries that do not fill their pages: their lengths are not known.
        let joined =
            "dma_map_sg: d0 dir=TO_DEVICE dma_addrs={0x80000000} sizes={0x3000} "
            + "phys_addrs={0x1000,0x5000} attrs="
        let sync =
            "dma_sync_sg_for_device: d0 dir=TO_DEVICE dma_addrs={0x80000000} sizes={0x3000}"
        let single = "dma_sync_single_for_cpu: d0 dir=TO_DEVICE dma_addr=80000000 size=64"
        let release = "dma_unmap_sg: d0 dir=TO_DEVICE phys_addrs={0x1000,0x5000} attrs="
        let (text, conversion) = try ConversionSample.convert(
            [joined, sync, single, release, release].joined(separator: "\n"))
        #expect(text.count { $0.hasSuffix("its map could not be said") } == 3, "\(text)")
        #expect(conversion.notes[.unsaid] == 3)
        #expect(conversion.notes[.unmatchedRelease] == 1)
        #expect(!text.contains { $0.contains("dma_unmap_sg dma") })
    }

    @Test("dma_unmap_resource() has no size to say; what differs is a mark")
    func resources() throws {
        let map =
            "dma_map_resource: d0 dir=TO_DEVICE dma_addr=40000000 size=64 phys_addr=40000000 attrs=\n"
        let unmap = "dma_unmap_resource: d0 dir=TO_DEVICE dma_addr=40000000 size=64 attrs="
        let same = try ConversionSample.calls(map + unmap)
        #expect(
            same == [
                "dma1 = dma_map_resource d0 0x40000000 64 TO_DEVICE", "dma_unmap_resource dma1",
            ])
        for other in [
            unmap.replacing("size=64", with: "size=32"), unmap.replacing("TO_", with: "FROM_"),
        ] {
            let calls = try ConversionSample.calls(map + other)
            #expect(calls.contains("dma_unmap_resource dma1"))
            #expect(
                calls.contains {
                    $0.hasPrefix("mark log ")
                        && $0.hasSuffix("dma_unmap_resource says neither size nor direction")
                }, "\(calls)")
        }
    }
}
