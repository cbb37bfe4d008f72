import Operations
import Quantities
import Testing

@testable import DMAMapping

/// Which overlaps dma-debug sees (linux-dma.md §3.3), and the places it looks at.
@Suite("dma-debug: lines and memory") struct DMADebugLineTests {
    private func overlap(
        _ kernel: String, at start: UInt64, _ first: DMADirection, _ second: DMADirection,
        attributes: DMAAttributes = [], firstAttributes: DMAAttributes = [], bounces: Bool = false
    ) throws -> [String] {
        var one = try DebugKernel(kernel, bounces: bounces)
        one.map(1, 256, first, attributes: firstAttributes)
        one.map(2, at: DebugKernel.rx + start, 64, second, attributes: attributes)
        return one.checks
    }

    @Test("Only the first lines are compared")
    func firstLine() throws {
        #expect(try overlap("6.12", at: 0, .fromDevice, .fromDevice) == ["E23"])
        #expect(try overlap("6.12", at: 63, .fromDevice, .bidirectional) == ["E23"])
        #expect(try overlap("6.12", at: 64, .fromDevice, .fromDevice) == [])
        #expect(try overlap("6.12", at: 128, .bidirectional, .bidirectional) == [])
    }

    @Test("TO_DEVICE does not count, on either side")
    func toDevice() throws {
        #expect(try overlap("6.12", at: 0, .toDevice, .fromDevice) == [])
        #expect(try overlap("6.12", at: 0, .fromDevice, .toDevice) == [])
        #expect(try overlap("6.12", at: 0, .toDevice, .toDevice) == [])
    }

    @Test("SKIP_CPU_SYNC of the second map silences it, of the first does not")
    func skip() throws {
        #expect(
            try overlap("6.12", at: 0, .fromDevice, .fromDevice, attributes: .skipCPUSync) == [])
        #expect(
            try overlap("6.12", at: 0, .fromDevice, .fromDevice, firstAttributes: .skipCPUSync)
                == ["E23"])
    }

    @Test("Kernels before 5.14 say nothing; 5.14 names no device")
    func eras() throws {
        #expect(try overlap("5.13", at: 0, .fromDevice, .fromDevice) == [])
        for (kernel, message) in [
            (
                "5.14",
                "DMA-API: cacheline tracking EEXIST, overlapping mappings aren't supported"
            ),
            (
                "6.1",
                "DMA-API: eth0 eth0: cacheline tracking EEXIST, overlapping mappings aren't supported"
            ),
        ] {
            var one = try DebugKernel(kernel)
            one.map(1)
            one.map(2)
            #expect(one.messages == [message])
        }
    }

    @Test("From 7.0 on two that promise to leave the line alone may overlap; one is not enough")
    func promise() throws {
        let promise = DMAAttributes.ignoreCachelines
        for (kernel, first, second, checks) in [
            ("7.0", promise, promise, []), ("7.0", promise, [], ["E23"]),
            ("7.0", [], promise, ["E23"]), ("6.18", promise, promise, ["E23"]),
        ] as [(String, DMAAttributes, DMAAttributes, [String])] {
            #expect(
                try overlap(
                    kernel, at: 0, .fromDevice, .fromDevice, attributes: second,
                    firstAttributes: first) == checks, "\(kernel)")
        }
    }

    @Test("Where small buffers are bounced 6.18 says nothing")
    func bounced() throws {
        #expect(try overlap("6.18", at: 0, .fromDevice, .fromDevice, bounces: true) == [])
        #expect(try overlap("6.12", at: 0, .fromDevice, .fromDevice, bounces: true) == ["E23"])
    }

    @Test("Seven overlaps are counted; the eighth is told once, and the line is lost too early")
    func count() throws {
        var one = try DebugKernel("5.4")
        for handle in 1...8 { one.map(UInt32(handle)) }
        #expect(one.checks.isEmpty, "eight mappings are seven overlaps")
        one.map(9)
        one.map(10)
        #expect(one.checks == ["W1"])
        #expect(
            one.messages == [
                "DMA-API: exceeded 7 overlapping mappings of cacheline 0x0000000000400000"
            ])
        // Eight go, and the line is free for the kernel, though two mappings are left.
        var new = try DebugKernel("6.12")
        for handle in 1...10 { new.map(UInt32(handle)) }
        for handle in 1...8 { new.unmap(UInt32(handle)) }
        let before = new.checks.count
        new.map(11)
        #expect(new.checks.count == before, "an overlap that is not seen")
    }

    @Test("A coherent allocation is mapped both ways, whatever its use")
    func coherent() throws {
        var one = try DebugKernel("6.12", isArm64: false)
        one.perform(
            DMACall(
                .allocCoherent, handle: HandleID(rawValue: 1), device: Build.device,
                segments: [DMACall.Segment(at: Operand(DebugKernel.rx), size: 4_096)]))
        one.map(2, 64, .fromDevice)
        #expect(one.checks == ["E23"])
    }

    @Test("A page's copy is looked at by the page's first line alone")
    func copyOnWrite() throws {
        for (offset, direction, checks) in [
            (0, .fromDevice, ["E24"]), (0, .bidirectional, ["E24"]), (0, .toDevice, []),
            (63, .fromDevice, ["E24"]), (64, .fromDevice, []),
        ] as [(UInt64, DMADirection, [String])] {
            var one = try DebugKernel("5.4")
            one.map(1, at: DebugKernel.rx + offset, 64, direction)
            var copy = CopyRun(
                to: Operand(0x2000_0000), from: Operand(DebugKernel.rx), bytes: 4_096, by: 8)
            one.debug.perform(.copy(copy), record: 9)
            #expect(one.checks == [], "only the kernel's own copies count")
            copy.isOnWrite = true
            one.debug.perform(.copy(copy), record: 10)
            #expect(one.checks == checks, "\(offset) \(direction)")
        }
    }

    // MARK: Memory

    @Test("Which memory is refused, and which is told")
    func areas() throws {
        for (kernel, isArm64, area, function, checks) in [
            ("4.19", true, .vmalloc, .mapSingle, []),
            ("5.4", true, .vmalloc, .mapSingle, ["E21", "E22"]),
            ("5.5", true, .vmalloc, .mapSingle, []), ("5.4", true, .vmalloc, .mapPage, []),
            ("6.12", true, .invalid, .mapSingle, ["E21"]),
            ("6.12", true, .invalid, .mapPage, []),
            ("6.12", true, .stack, .mapSingle, ["E10"]),
            ("6.12", true, .stack, .mapSG, ["E10"]),
            ("6.12", true, .virtualStack, .mapPage, ["E11"]),
            ("6.12", true, .virtualStack, .mapSingle, []),
            ("4.8", false, .virtualStack, .mapPage, []),
            ("6.12", false, .text, .mapSingle, ["E12"]),
            ("6.12", false, .readOnlyData, .mapSG, ["E12"]),
            ("6.12", true, .text, .mapPage, []),
            ("5.4", true, .text, .mapSingle, ["E21", "E22"]),
        ] as [(String, Bool, MemoryArea, DMACall.Function, [String])] {
            var one = try DebugKernel(kernel, isArm64: isArm64, area: area)
            one.map(1, 64, .toDevice, function)
            #expect(one.checks == checks, "\(kernel) \(area) \(function.rawValue)")
        }
    }

    @Test("Registers are no memory: with MMIO nobody looks at where they lie")
    func registers() throws {
        var one = try DebugKernel("6.18", area: .stack)
        one.map(1, 64, .toDevice, .mapPhys, attributes: .mmio)
        #expect(one.checks.isEmpty)
        one.map(2, 64, .toDevice, .mapPhys)
        #expect(one.checks == ["E10"])
    }

    @Test("What was refused is DMA_MAPPING_ERROR for what comes after")
    func refused() throws {
        var one = try DebugKernel("6.12", area: .vmalloc)
        one.map(1, 64, .toDevice)
        one.unmap(1)
        #expect(one.checks == ["E2"])
    }

    @Test("Segments are checked where the kernel was built for it, and always from 6.18 on")
    func segments() throws {
        for (kernel, isBuilt, checks) in [
            ("6.12", true, ["E19"]), ("6.12", false, []), ("6.18", false, ["E19"]),
        ] {
            var one = try DebugKernel(kernel, maximumSegmentSize: 512, checksSegments: isBuilt)
            one.map(1, 1_024, .toDevice, .mapSG)
            #expect(one.checks == checks)
        }
        // The boundary of those that set none: 4 GiB before 5.10.
        for (kernel, checks) in [("5.4", ["E20"]), ("5.10", [])] {
            var one = try DebugKernel(kernel)
            one.map(1, at: 0xFFFF_F000, 8_192, .toDevice, .mapSG)
            #expect(one.checks == checks)
        }
    }
}
