import DMAMapping
import Operations
import Testing
import Traces

@testable import Experiments

/// Kernel logs as native text.
enum ConversionSample {
    /// Lines of a log, one for each event, with a head before those that are events.
    static func log(_ events: String) -> String {
        events.split(separator: "\n", omittingEmptySubsequences: false).enumerated().map {
            index, line in
            line.hasPrefix("dma_") || line.hasPrefix("swiotlb_") || line.hasPrefix("<stack")
                ? "sh-9 [000] ..... 5.\(String(100_000 + index)): \(line)" : String(line)
        }.joined(separator: "\n") + "\n"
    }

    /// The text, without its header, and the conversion.
    static func convert(
        _ events: String, _ options: LogConversion.Options = .init()
    ) throws -> (text: [String], conversion: LogConversion) {
        let reader = KernelLogReader(
            try ByteSource(bytes: Array(log(events).utf8), file: "log"))
        var conversion = LogConversion(options)
        let sink = ByteSink()
        var stream = try NativeStream(to: sink, isBinary: false)
        try conversion.run(reader) { event, symbols in
            for part in event.parts {
                try stream.add(part.body, part.annotations, symbols: symbols)
            }
        }
        try stream.finish(symbols: conversion.symbols)
        let text = String(decoding: sink.bytes, as: UTF8.self)
        // What is written must be a trace, in the form that it is written back in.
        let program = try NativeParser.parse(Array(text.utf8), file: "t")
        #expect(try NativeWriter.text(program) == text)
        return (text.split(separator: "\n").dropFirst().map(String.init), conversion)
    }

    /// The calls and marks alone, without times.
    static func calls(_ events: String, _ options: LogConversion.Options = .init()) throws
        -> [String]
    {
        try convert(events, options).text.filter { !$0.hasPrefix("device ") }.map {
            $0.replacing(#/ @t=\S+/#, with: "").replacing("core0: ", with: "")
        }
    }
}

@Suite("Kernel log: conversion to the native format")
struct KernelLogConversionTests {
    private static let map =
        "dma_map_page: d0 dir=FROM_DEVICE dma_addr=80001000 size=4096 phys_addr=80001000 attrs="
    private static let unmap =
        "dma_unmap_page: d0 dir=FROM_DEVICE dma_addr=80001000 size=4096 attrs="
    private static let list =
        "dma_map_sg: d0 dir=TO_DEVICE dma_addrs={0x80001000,0x80005000} sizes={0x1000,0x200} "
        + "phys_addrs={0x80001000,0x80005000} attrs="

    @Test("a call has device, bytes, time and the caller's name")
    func whole() throws {
        let (text, _) = try ConversionSample.convert(
            """
            \(Self.map)
            <stack trace>
             => dma_map_page_attrs
             => macb_rx+0x10/0x20
            \(Self.unmap)
            """)
        #expect(
            text == [
                "device d0 noncoherent mask 64",
                "core0: dma1 = dma_map_page d0 0x80001000 4096 FROM_DEVICE @fn=macb_rx @t=5100000us",
                "core0: dma_unmap_page dma1 @t=5100004us",
                "mark log: 3 × lines of stacks, said as the caller's name",
            ])
    }

    @Test(
        "each event is the call that it stands for",
        arguments: [
            (
                map + "\n" + unmap,
                ["dma1 = dma_map_page d0 0x80001000 4096 FROM_DEVICE", "dma_unmap_page dma1"]
            ),
            (
                map + "\n"
                    + "dma_sync_single_for_cpu: d0 dir=FROM_DEVICE dma_addr=80001040 size=64\n"
                    + "dma_sync_single_for_device: d0 dir=FROM_DEVICE dma_addr=80001000 size=4096\n"
                    + "dma_sync_single_for_device: d0 dir=TO_DEVICE dma_addr=80001ff0 size=32",
                [
                    "dma1 = dma_map_page d0 0x80001000 4096 FROM_DEVICE",
                    "dma_sync_single_for_cpu dma1 64 64", "dma_sync_single_for_device dma1",
                    "dma_sync_single_for_device dma1 4080 32 TO_DEVICE",
                ]
            ),
            (
                map + "\n" + unmap.replacing("4096", with: "2048").replacing("FROM", with: "TO"),
                [
                    "dma1 = dma_map_page d0 0x80001000 4096 FROM_DEVICE",
                    "dma_unmap_page dma1 2048 TO_DEVICE",
                ]
            ),
            (
                list + "\n"
                    + "dma_sync_sg_for_cpu: d0 dir=TO_DEVICE dma_addrs={0x80001000} sizes={0x1000}\n"
                    + "dma_sync_sg_for_cpu: d0 dir=TO_DEVICE dma_addrs={0x80005000} sizes={0x200}\n"
                    + "dma_unmap_sg: d0 dir=TO_DEVICE phys_addrs={0x80001000,0x80005000} attrs=SKIP_CPU_SYNC",
                [
                    "dma1 = dma_map_sg d0 TO_DEVICE 0x80001000,4096 0x80005000,512",
                    "dma_sync_sg_for_cpu dma1 1", "dma_sync_single_for_cpu dma1 16384 512",
                    "dma_unmap_sg dma1 attrs=SKIP_CPU_SYNC",
                    "mark log: 1 × syncs of one entry of a list, as an offset from its first",
                ]
            ),
            (
                "dma_alloc: d0 dma_addr=80001000 size=96 virt_addr=c0 flags=none attrs=NO_WARN\n"
                    + "dma_free: d0 dma_addr=80001000 size=96 virt_addr=c0 attrs=\n"
                    + "dma_alloc: d0 dma_addr=80001000 size=96 virt_addr=c0 flags=none attrs=\n"
                    + "dma_free: d0 dma_addr=80001000 size=64 virt_addr=c0 attrs=",
                [
                    "dma1 = dma_alloc_attrs d0 0x80001000 96 attrs=NO_WARN", "dma_free_attrs dma1",
                    "dma2 = dma_alloc_coherent d0 0x80001000 96", "dma_free_coherent dma2 64",
                ]
            ),
            (
                "dma_alloc_pages: d0 dir=BIDIRECTIONAL dma_addr=80001000 size=96 virt_addr=c0 flags=none attrs=\n"
                    + "dma_free_pages: d0 dir=BIDIRECTIONAL dma_addr=80001000 size=96 virt_addr=c0 attrs=\n"
                    + "dma_alloc_sgt: d0 dir=FROM_DEVICE dma_addr=80001000 size=8192 phys_addrs={0x90000000,0x90004000} flags=none attrs=\n"
                    + "dma_sync_sg_for_cpu: d0 dir=FROM_DEVICE dma_addrs={0x80001000} sizes={0x2000}\n"
                    + "dma_free_sgt: d0 dir=FROM_DEVICE dma_addr=80001000 size=8192 phys_addrs={0x90000000,0x90004000}",
                [
                    "dma1 = dma_alloc_pages d0 0x80001000 96", "dma_free_pages dma1",
                    "dma2 = dma_alloc_noncontiguous d0 0x90000000 8192", "dma_sync_sg_for_cpu dma2",
                    "dma_free_noncontiguous dma2",
                    "mark log: 1 × allocations in several pieces, as one range from the first on",
                    "mark log: 1 × directions of allocations",
                    "mark log: 1 × addresses of devices that are not the physical ones",
                ]
            ),
            (
                "dma_map_resource: d0 dir=BIDIRECTIONAL dma_addr=fe000000 size=64 phys_addr=fe000000 attrs=\n"
                    + "dma_unmap_resource: d0 dir=BIDIRECTIONAL dma_addr=fe000000 size=64 attrs=\n"
                    + "dma_map_phys: d0 dir=BIDIRECTIONAL dma_addr=fe000000 size=64 phys_addr=fe000000 attrs=MMIO\n"
                    + "dma_unmap_phys: d0 dir=BIDIRECTIONAL dma_addr=fe000000 size=64 attrs=MMIO",
                [
                    "dma1 = dma_map_resource d0 0xfe000000 64 BIDIRECTIONAL",
                    "dma_unmap_resource dma1",
                    "dma2 = dma_map_resource d0 0xfe000000 64 BIDIRECTIONAL",
                    "dma_unmap_resource dma2",
                ]
            ),
        ] as [(String, [String])])
    func calls(events: String, expected: [String]) throws {
        #expect(try ConversionSample.calls(events) == expected)
    }

    @Test("what no log tells of is said on request: that the driver asked whether the map failed")
    func errors() throws {
        var options = LogConversion.Options()
        options.asksForErrors = true
        let calls = try ConversionSample.calls(Self.map + "\n" + Self.unmap, options)
        #expect(calls.count { $0 == "dma_mapping_error dma1" } == 1)
        #expect(calls.firstIndex(of: "dma_mapping_error dma1") == 1)
    }

    @Test("from 6.18 on dma_map_phys is said, before it dma_map_page")
    func phys() throws {
        var options = LogConversion.Options()
        options.kernel = KernelVersion(6, 18)
        let events = (Self.map + "MMIO\n" + Self.unmap + "MMIO").replacing("_page", with: "_phys")
        #expect(
            try ConversionSample.calls(events, options) == [
                "dma1 = dma_map_phys d0 0x80001000 4096 FROM_DEVICE attrs=MMIO",
                "dma_unmap_phys dma1 attrs=MMIO",
            ])
        #expect(
            try ConversionSample.calls(
                (Self.map + "\n" + Self.unmap).replacing("_page", with: "_phys"))
                == ["dma1 = dma_map_page d0 0x80001000 4096 FROM_DEVICE", "dma_unmap_page dma1"])
    }

    @Test(
        "what the format cannot say is a mark in its place and is counted",
        arguments: [
            (
                unmap, "dma_unmap_page d0 0x80001000 4096 FROM_DEVICE: never mapped in this log",
                .unmatchedRelease
            ),
            (
                map + "\n" + unmap + "\nCPU:0 [LOST 5 EVENTS]\n" + unmap,
                "dma_unmap_page d0 0x80001000 4096 FROM_DEVICE: never mapped in this log", nil
            ),
            (
                map.replacing("dma_addr=80001000", with: "dma_addr=ffffffff"),
                "dma_map_page d0 0xffffffff 4096 FROM_DEVICE: failed", .failed
            ),
            (
                unmap.replacing("80001000", with: "ffffffffffffffff"),
                "dma_unmap_page d0 0xffffffffffffffff 4096 FROM_DEVICE: the address is DMA_MAPPING_ERROR",
                .failedRelease
            ),
            (map.replacing("4096", with: "0"), "FROM_DEVICE: no bytes", .noBytes),
            (
                map.replacing("phys_addr=80001000", with: "phys_addr=fffffffffffff000").replacing(
                    "4096", with: "4095"), "the end of the address space", .outOfSpace
            ),
            (
                "dma_alloc: d0 dma_addr=80001010 size=96 virt_addr=c0 flags=none attrs=",
                "the allocator gives whole pages", .unaligned
            ),
            (
                "dma_alloc: d0 dir=BIDIRECTIONAL dma_addr=0 size=96 virt_addr=(null) flags=none attrs=",
                "dma_alloc d0 0x0 96 BIDIRECTIONAL: failed", nil
            ),
            (map + "0x4000", "attributes 0x4000 are not said", .attributes),
            (
                "swiotlb_bounced: dev_name: d0 dma_mask=ffffffff dev_addr=1080001040 size=96 FORCE\n"
                    + map, "swiotlb_bounced d0 0x1080001040 96", .bounces
            ),
            (map + "\nCPU:1 [LOST 14 EVENTS]", "14 events lost", .losses),
            (
                "dma_sync_single_for_cpu: d0 dir=FROM_DEVICE dma_addr=80001000 size=64",
                "not mapped in this log", .unmatchedSync
            ),
            (
                "dma_map_sg_err: d0 dir=TO_DEVICE dma_addrs={0x40} err=-5 attrs=",
                "dma_map_sg_err d0 TO_DEVICE: failed", .failed
            ),
            (
                "dma_map_sg: d0 dir=TO_DEVICE nents=2/300 ents=2/300 [TRUNCATED] dma_addrs={0x1000,0x2000} "
                    + "sizes={0x1000,0x20} phys_addrs={0x1000,0x2000} attrs=",
                "2 of 300 entries told", .cutEntries
            ),
            (
                "dma_map_sg: d0 dir=TO_DEVICE dma_addrs={0x80000000} sizes={0x3000} "
                    + "phys_addrs={0x1000,0x5000} attrs=", "entries without known lengths",
                .unknownLengths
            ),
        ] as [(String, String, ConversionNotes.Kind?)])
    func unsaid(events: String, mark: String, kind: ConversionNotes.Kind?) throws {
        let (text, conversion) = try ConversionSample.convert(events)
        let marks = text.filter { $0.hasPrefix("mark log ") && $0.hasSuffix(mark) }
        #expect(marks.count == 1, "\(text)")
        if let kind {
            #expect(conversion.notes[kind] >= 1)
            let words = kind.words
            #expect(text.contains { $0.hasPrefix("mark log: ") && $0.hasSuffix("× \(words)") })
        }
    }

    @Test("a second release and a late sync name the handle that was released")
    func afterRelease() throws {
        let late = "dma_sync_single_for_cpu: d0 dir=FROM_DEVICE dma_addr=80001000 size=64"
        #expect(
            try ConversionSample.calls(
                [Self.map, Self.unmap, late, Self.unmap].joined(separator: "\n"))
                == [
                    "dma1 = dma_map_page d0 0x80001000 4096 FROM_DEVICE", "dma_unmap_page dma1",
                    "dma_sync_single_for_cpu dma1 0 64 FROM_DEVICE",
                    "dma_unmap_page dma1 4096 FROM_DEVICE",
                ])
        let release = "dma_unmap_sg: d0 dir=TO_DEVICE phys_addrs={0x80001000,0x80005000} attrs="
        #expect(
            try ConversionSample.calls([Self.list, release, release].joined(separator: "\n"))
                == [
                    "dma1 = dma_map_sg d0 TO_DEVICE 0x80001000,4096 0x80005000,512",
                    "dma_unmap_sg dma1", "dma_unmap_sg dma1 TO_DEVICE",
                ])
    }

    @Test("behind an IOMMU, entries that fill their pages get their lengths")
    func joined() throws {
        // The first segment takes all entries.
        let short =
            "dma_map_sg: d0 dir=TO_DEVICE dma_addrs={0xff000800,0xff100000} sizes={0x1a00,0x200} "
            + "phys_addrs={0x90000800,0x90005000,0x90009000} attrs="
        #expect(try ConversionSample.convert(short).conversion.notes[.unknownLengths] == 1)
        let even =
            "dma_map_sg: d0 dir=TO_DEVICE dma_addrs={0xff000800,0xff100000} sizes={0x1800,0x200} "
            + "phys_addrs={0x90000800,0x90005000,0x9000c100} attrs=\n"
            + "dma_unmap_sg: d0 dir=TO_DEVICE phys_addrs={0x90000800,0x90005000,0x9000c100} attrs="
        #expect(
            try ConversionSample.calls(even) == [
                "dma1 = dma_map_sg d0 TO_DEVICE 0x90000800,2048 0x90005000,4096 0x9000c100,512",
                "dma_unmap_sg dma1",
                "mark log: 1 × lists behind an IOMMU, their entries taken to fill their pages",
                "mark log: 1 × addresses of devices that are not the physical ones",
            ])
    }

    @Test("names are made valid and kept apart, and coherent devices are said")
    func names() throws {
        var options = LogConversion.Options()
        options.coherent = ["0000:00:01.0"]
        let other = Self.map.replacing("d0", with: "0000_00_01.0")
        let third = Self.map.replacing("d0", with: "core1")
        let (text, conversion) = try ConversionSample.convert(
            [Self.map.replacing("d0", with: "0000:00:01.0"), other, third].joined(separator: "\n"),
            options)
        #expect(
            text.filter { $0.hasPrefix("device") } == [
                "device dev_0000_00_01.0 coherent mask 64",
                "device dev_0000_00_01.0-2 noncoherent mask 64",
                "device dev_core1 noncoherent mask 64",
            ])
        #expect(conversion.deviceNames.map(\.log) == ["0000:00:01.0", "0000_00_01.0", "core1"])
        #expect(throws: TraceErrors.self) { try ConversionSample.convert(Self.map, options) }
        options.coherent = []
        options.deviceNames = ["d0": "eth0"]
        #expect(
            try ConversionSample.convert(Self.map, options).text[0]
                == "device eth0 noncoherent mask 64")
    }

    @Test("cores are those of the log, or what is said")
    func cores() throws {
        let line = "sh-9 [005] ..... 5.1: \(Self.map)\n"
        let far = line.replacing("[005]", with: "[012]")
        #expect(try ConversionSample.convert(line).text[1].hasPrefix("core5: "))
        #expect(throws: TraceErrors.self) { try ConversionSample.convert(far) }
        var options = LogConversion.Options()
        options.cores = try #require(CoreChoice("5=1,rest=0"))
        let (text, conversion) = try ConversionSample.convert(line + far, options)
        #expect(text.filter { $0.contains("dma_map") }.map { $0.prefix(5) } == ["core1", "core0"])
        #expect(conversion.cores.folded.map(\.cpu) == [5, 12])
        for text in ["", "8", "1=8", "1=", "=1", "a=1", "1=1,1=2", "rest=1,2", "-1=0"] {
            #expect(CoreChoice(text) == nil, "\(text)")
        }
    }

    @Test("names are few however long the log is, and none is given again too early")
    func handles() throws {
        var events: [String] = []
        for number in 0..<10_000 {
            let address = String(0x8000_0000 + number * 4_096, radix: 16)
            events.append(Self.map.replacing("80001000", with: address))
            events.append(Self.unmap.replacing("80001000", with: address))
        }
        let (text, conversion) = try ConversionSample.convert(events.joined(separator: "\n"))
        #expect(text.count == 20_001)
        #expect(conversion.symbols.entries.count == LogHandles.quarantine + 2)
        // The last but 4,096 can still be released twice, the one before is forgotten.
        for (back, isKnown) in [(4_096, true), (4_098, false)] {
            let again = Self.unmap.replacing(
                "80001000", with: String(0x8000_0000 + (10_000 - back) * 4_096, radix: 16))
            let late = try ConversionSample.convert((events + [again]).joined(separator: "\n"))
            #expect((late.conversion.notes[.unmatchedRelease] == 0) == isKnown)
        }
    }

    @Test("more devices than a program can have are an error at their line")
    func manyDevices() {
        let events = (0...64).map { Self.map.replacing("d0", with: "d\($0)") }
        let error = #expect(throws: TraceErrors.self) {
            try ConversionSample.convert(events.joined(separator: "\n"))
        }
        #expect(error?.errors.first?.line == 65)
        #expect(error?.errors.first?.description.contains("at most 64 devices") == true)
    }

    @Test("a list that is too long for a line is cut, with a mark")
    func longList() throws {
        let entries = (0..<300).map { "0x\(String(0x10_0000_0000 + $0 * 4_096, radix: 16))" }
        let array = "{\(entries.joined(separator: ","))}"
        let sizes = "{\(entries.map { _ in "0x1000" }.joined(separator: ","))}"
        let (text, conversion) = try ConversionSample.convert(
            "dma_map_sg: d0 dir=TO_DEVICE dma_addrs=\(array) sizes=\(sizes) phys_addrs=\(array) attrs=\n"
                + "dma_unmap_sg: d0 dir=TO_DEVICE phys_addrs=\(array) attrs=")
        let cut = conversion.notes[.longLists]
        #expect(cut > 0 && cut < 300)
        #expect(text.contains { $0.hasSuffix("\(300 - cut) of 300 entries said") })
        #expect(text.contains { $0.contains("dma_unmap_sg dma1 @t=") })
    }

    @Test("no damage to a log crashes the conversion or makes a trace that is none")
    func damage() {
        let events = [Self.map, Self.list, Self.unmap].joined(separator: "\n")
        let bytes = Array(ConversionSample.log(events).utf8)
        for place in stride(from: 0, to: bytes.count, by: 3) {
            var damaged = bytes
            damaged[place] = [0, 0x20, 0x3D, 0x5D, 0x7B, 0x39, 0xFF][place % 7]
            let text = String(decoding: damaged, as: UTF8.self)
            do {
                let (lines, _) = try ConversionSample.convert(text)
                #expect(!lines.isEmpty)
            } catch {
                #expect(error is TraceErrors, "\(error)")
            }
        }
    }
}
