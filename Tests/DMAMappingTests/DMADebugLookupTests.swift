import Operations
import Quantities
import Testing

@testable import DMAMapping

/// How dma-debug finds what a call means (linux-dma.md §3.2), with what it misses and what it sees for nothing.
@Suite("dma-debug: lookup") struct DMADebugLookupTests {
    @Test("A sync reaches as far down as the largest segment before 6.0, and then to address 0")
    func reach() throws {
        // Buckets have 8 KiB: of 64 KiB the bucket of the range and eight below are looked at.
        for (kernel, offset, isFound) in [
            ("5.4", 64 << 10, true), ("5.4", (64 << 10) + 8_192, false),
            ("5.19", (64 << 10) + 8_192, false), ("6.0", (64 << 10) + 8_192, true),
            ("6.12", 127 << 20, true),
        ] as [(String, UInt64, Bool)] {
            var one = try DebugKernel(kernel)
            one.map(1, 128 << 20)
            one.sync(1, offset, 64)
            #expect(one.checks == (isFound ? [] : ["E13"]), "\(kernel), \(offset)")
            #expect(one.debug.reports.allSatisfy { $0.falseAlarm != nil })
        }
    }

    @Test("The largest segment that the driver sets is what the old lookup reaches")
    func segmentSize() throws {
        var one = try DebugKernel("5.4", maximumSegmentSize: 1 << 20)
        one.map(1, 2 << 20)
        one.sync(1, 1 << 20, 64)
        #expect(one.checks.isEmpty)
        one.sync(1, (1 << 20) + 8_192, 64)
        #expect(one.checks == ["E13"])
    }

    @Test("There are 16384 buckets: after 128 MiB the first one comes again")
    func buckets() throws {
        var one = try DebugKernel("5.4")
        one.map(1, 256 << 20)
        one.sync(1, 100 << 20, 64)
        #expect(one.checks == ["E13"])
        one.sync(1, 128 << 20, 64)
        #expect(one.checks == ["E13"], "the mapping's own bucket is looked at first")
    }

    @Test("Of two mappings of the same bytes a partial sync means none: a false alarm")
    func ambiguousSync() throws {
        var one = try DebugKernel("6.12")
        one.map(1, 128, .toDevice)
        one.map(2, 128, .toDevice)
        one.sync(1, 0, 64, .syncSingleForDevice)
        #expect(one.checks == ["E13"])
        #expect(one.debug.reports[0].falseAlarm != nil)
        one.sync(1, 0, nil, .syncSingleForDevice)
        #expect(one.checks == ["E13"], "a whole one fits perfectly")
    }

    @Test("Since 6.18 a mapping is never what a sync asks for: not even a whole sync fits")
    func physicalKind() throws {
        var one = try DebugKernel("6.18")
        one.map(1, 128, .toDevice)
        one.sync(1, 0, nil, .syncSingleForDevice)
        #expect(one.checks.isEmpty, "one mapping need not fit")
        one.map(2, 128, .toDevice)
        one.sync(1, 0, nil, .syncSingleForDevice)
        #expect(one.checks == ["E13"])
    }

    @Test("Of two mappings of the same bytes a release that fits none is one of nothing")
    func ambiguousRelease() throws {
        var one = try DebugKernel("6.12")
        one.map(1, 128, .toDevice)
        one.map(2, 64, .toDevice)
        one.perform(DMACall(.unmapSingle, handle: HandleID(rawValue: 1), size: 32))
        #expect(one.checks == ["E3"])
        one.unmap(1)
        one.perform(DMACall(.unmapSingle, handle: HandleID(rawValue: 2), size: 32))
        #expect(one.checks == ["E3", "E4"], "with one mapping left the size is compared")
    }

    @Test("dma_mapping_error() checks the first mapping there that is not checked yet")
    func errorCheck() throws {
        var one = try DebugKernel("6.12")
        one.map(1, 64, .toDevice, isChecked: false)
        one.map(2, 64, .toDevice, isChecked: false)
        // Twice for the second: one of the two counts for the first.
        one.perform(DMACall(.mappingError, handle: HandleID(rawValue: 2)))
        one.perform(DMACall(.mappingError, handle: HandleID(rawValue: 2)))
        one.unmap(1)
        one.unmap(2)
        #expect(one.checks.isEmpty)
    }

    @Test("Another device's mapping is not found")
    func otherDevice() throws {
        var one = try DebugKernel("6.12")
        one.map(1)
        var call = DMACall(.unmapSingle, handle: HandleID(rawValue: 1))
        call.device = .device(1)
        one.perform(call)
        #expect(one.checks == ["E3"])
    }

    @Test(
        "A list that is not mapped is synced without a word, and unmapped with one for each entry")
    func unmappedList() throws {
        var one = try DebugKernel("6.12")
        let segments = [0, 4_096, 8_192].map {
            DMACall.Segment(at: Operand(DebugKernel.rx + $0), size: 64)
        }
        one.perform(
            DMACall(
                .mapSG, handle: Build.handle, device: Build.device, segments: segments,
                direction: .fromDevice))
        one.perform(DMACall(.unmapSG, handle: Build.handle))
        one.perform(DMACall(.syncSGForCPU, handle: Build.handle))
        #expect(one.checks.isEmpty)
        one.perform(DMACall(.unmapSG, handle: Build.handle))
        #expect(one.checks == ["E3", "E3", "E3"])
    }

    @Test("What is left of a list that was unmapped in part leaks")
    func partOfAList() throws {
        var one = try DebugKernel("6.12")
        let segments = [0, 4_096].map {
            DMACall.Segment(at: Operand(DebugKernel.rx + $0), size: 64)
        }
        one.perform(
            DMACall(
                .mapSG, handle: Build.handle, device: Build.device, segments: segments,
                direction: .toDevice))
        one.perform(DMACall(.unmapSG, handle: Build.handle, count: 1))
        one.perform(DMACall(.driverUnbind, device: Build.device))
        #expect(one.checks == ["E7", "E1"])
        #expect(
            one.messages[1] == """
                DMA-API: eth0 eth0: device driver has pending DMA allocations while released from device [count=1]
                One of leaked entries details: [device address=0x0000000010001000] [size=64 bytes] \
                [mapped with DMA_TO_DEVICE] [mapped as scatter-gather]
                """)
    }

    @Test("A failed mapping of registers is kept before 6.18, and released without a word")
    func failedResource() throws {
        for (kernel, checks) in [("6.12", []), ("6.18", ["E2"])] {
            var one = try DebugKernel(kernel)
            one.map(1, 64, .toDevice, .mapResource, fails: true)
            one.unmap(1, .unmapResource)
            #expect(one.checks == checks, "\(kernel)")
        }
        var left = try DebugKernel("6.12")
        left.map(1, 64, .toDevice, .mapResource, fails: true)
        left.perform(DMACall(.driverUnbind, device: Build.device))
        #expect(left.checks == ["E1"])
        #expect(left.debug.reports[0].falseAlarm != nil)
    }

    @Test("Pages that the allocator maps need no question, but were asked for one up to 6.16")
    func allocatedPages() throws {
        for (kernel, checks) in [("5.10", ["E9"]), ("6.16", ["E9"]), ("6.17", [])] {
            var one = try DebugKernel(kernel)
            one.perform(
                DMACall(
                    .allocNoncoherent, handle: Build.handle, device: Build.device,
                    segments: [DMACall.Segment(at: Operand(DebugKernel.rx), size: 4_096)]))
            one.perform(DMACall(.freeNoncoherent, handle: Build.handle))
            #expect(one.checks == checks, "\(kernel)")
            #expect(one.debug.reports.allSatisfy { $0.falseAlarm != nil })
        }
    }

    @Test("Before 5.0 a part was looked up as all that is before it, too")
    func rangeFromStart() throws {
        for (kernel, address) in [("4.19", "0x0000000010000000"), ("5.4", "0x0000000010000040")] {
            var one = try DebugKernel(kernel)
            one.map(1, 96)
            one.sync(1, 64, 64, .syncSingleRangeForCPU)
            #expect(one.checks == ["E13"])
            #expect(one.messages[0].contains("[device address=\(address)]"), "\(one.messages)")
        }
    }

    /// E14 asks for a range longer than the mapping that holds it.
    @Test("E14 needs a range that wraps: no other sync can raise it, in any kernel")
    func outsideAllocatedRange() throws {
        for kernel in ["2.6.32", "4.19", "5.4", "6.12", "6.18", "7.0"] {
            for (start, size) in [(0, 1), (0, 64), (1, 64), (63, 1), (64, 1), (32, 4_096)] {
                var one = try DebugKernel(kernel)
                one.map(1, 64, .bidirectional)
                one.map(2, at: DebugKernel.rx + 128, 64, .bidirectional)
                one.sync(1, UInt64(start), UInt64(size))
                #expect(!one.checks.contains("E14"), "\(kernel): \(size) bytes at \(start)")
            }
        }
        // A length of -64, as a size of 64 bits.
        var one = try DebugKernel("6.12")
        one.map(1, 64, .bidirectional)
        one.sync(1, 0, 0 &- 64)
        #expect(one.checks == ["E14"])
        // The error value of 32 bits does not wrap in 64.
        for (isArm64, check) in [(true, "E14"), (false, "E13")] {
            var two = try DebugKernel("6.12", isArm64: isArm64)
            two.map(1, 64, .bidirectional)
            two.map(2, at: DebugKernel.rx + 8_192, 4_096, .fromDevice, fails: true)
            two.sync(2)
            #expect(two.checks == [check])
        }
    }

    @Test("Pools are coherent allocations of whole pages")
    func pools() throws {
        var one = try DebugKernel("6.12")
        let pool = HandleID(rawValue: 20)
        one.perform(
            DMACall(
                .poolCreate, handle: pool, device: Build.device, size: 64, pool: pool, alignment: 64
            ))
        for (handle, offset) in [(UInt32(21), UInt64(0)), (22, 64)] {
            one.perform(
                DMACall(
                    .poolAlloc, handle: HandleID(rawValue: handle),
                    segments: [
                        DMACall.Segment(at: Operand(DebugKernel.rx + offset), size: 64)
                    ], pool: pool))
        }
        one.perform(DMACall(.driverUnbind, device: Build.device))
        #expect(one.messages.count == 1)
        #expect(one.messages.first?.contains("[count=1]") == true)
        #expect(one.messages.first?.contains("[size=4096 bytes]") == true)
        one.perform(DMACall(.poolFree, handle: HandleID(rawValue: 21), pool: pool))
        one.perform(DMACall(.poolFree, handle: HandleID(rawValue: 22), pool: pool))
        one.perform(DMACall(.poolDestroy, handle: pool, pool: pool))
        one.perform(DMACall(.driverUnbind, device: Build.device))
        #expect(one.checks == ["E1"], "all is given back")
    }
}
