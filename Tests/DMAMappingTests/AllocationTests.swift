import DMAMapping
import Operations
import Quantities
import Testing

/// Allocations of 5000 bytes at 0x10000: two pages.
@Suite struct AllocationTests {
    static let toNonCacheable = Operation.setMemoryType(
        start: 0x10000, size: 8_192, .nonCacheable, .outerShareable)
    static let toWriteBack = Operation.setMemoryType(
        start: 0x10000, size: 8_192, .writeBack, .innerShareable)
    static let zero = Short.zero(0x10000, 8_192)
    static let calls: [DMACall.Function] = [.allocCoherent, .zallocCoherent, .allocWriteCombine]

    @Test(arguments: calls) func armv7ZeroesThroughTheCache(_ function: DMACall.Function) throws {
        var plain = Lowering(try Build.profile(.arm32v7, "6.12", line: 64))
        #expect(
            try plain.lowered(Build.allocate(function)) == [
                Self.zero, Short.both(0x10000, 8_192), Short.dsbStores, Self.toNonCacheable,
            ])
        var outer = Lowering(try Build.profile(.arm32v7, "6.12", outer: 32))
        #expect(
            try outer.lowered(Build.allocate(function)) == [
                Self.zero, Short.both(0x10000, 8_192), Short.dsbStores,
                Short.outerBoth(0x10000, 8_192), Short.outerSync, Self.toNonCacheable,
            ])
    }

    @Test(arguments: calls) func arm64ZeroesThroughTheNewMapping(
        _ function: DMACall.Function
    ) throws {
        for kernel in ["5.18", "6.1", "6.3.13"] {
            var lowering = Lowering(try Build.profile(.arm64, kernel, line: 64))
            #expect(
                try lowering.lowered(Build.allocate(function)) == [
                    Short.both(0x10000, 8_192), Short.dsb, Self.toNonCacheable, Self.zero,
                ])
        }
        for kernel in ["6.4", "6.12"] {
            var lowering = Lowering(try Build.profile(.arm64, kernel, line: 64))
            #expect(
                try lowering.lowered(Build.allocate(function)) == [
                    Short.clean(0x10000, 8_192), Short.dsb, Self.toNonCacheable, Self.zero,
                ])
        }
    }

    @Test("Kernels for arm64 before 5.0 zero through the cache, and knew fewer attributes")
    func oldArm64() throws {
        func lowered(_ kernel: String, _ call: DMACall) throws -> [Operation] {
            var lowering = Lowering(try Build.profile(.arm64, kernel, line: 64))
            return try lowering.lowered(call)
        }
        let whole = [
            Self.zero, Short.both(0x10000, 8_192), Short.dsb, Self.toNonCacheable,
        ]
        for kernel in ["3.15", "4.4", "4.20"] {
            #expect(try lowered(kernel, Build.allocate(.allocCoherent)) == whole)
            var call = Build.allocate(.allocCoherent)
            call.attributes = DMAAttributes(rawValue: 1 << 4)  // NO_KERNEL_MAPPING
            #expect(try lowered(kernel, call) == whole)
        }
        let map = Build.map(0x1000, 64, .toDevice)
        let skipping = Build.map(0x1000, 64, .toDevice, attributes: .skipCPUSync)
        #expect(try lowered("4.9", skipping) == lowered("4.9", map))
        #expect(try !lowered("4.9", map).isEmpty)
        #expect(try lowered("4.10", skipping).isEmpty)
    }

    @Test(arguments: [LoweringProfile.Architecture.arm32v7, .arm64])
    func coherentDevicesGetCacheableZeros(_ architecture: LoweringProfile.Architecture) throws {
        var lowering = Lowering(
            try Build.profile(architecture, "6.12"), coherentDevices: [Build.device])
        #expect(try lowering.lowered(Build.allocate(.allocCoherent)) == [Self.zero])
        #expect(lowering.allocation(Build.handle)?.type == .writeBack)
        #expect(try lowering.lowered(DMACall(.freeCoherent, handle: Build.handle)).isEmpty)
    }

    @Test func freeingGivesTheMemoryTypeBack() throws {
        var lowering = Lowering(try Build.profile(.arm64, "6.12", line: 64))
        _ = try lowering.lowered(Build.allocate(.allocCoherent))
        #expect(lowering.liveAllocations.map(\.bytes) == [8_192])
        #expect(lowering.allocation(Build.handle)?.type == .nonCacheable)
        let free = try lowering.lowered(DMACall(.freeCoherent, handle: Build.handle))
        #expect(free == [Self.toWriteBack])
        #expect(lowering.liveAllocations.isEmpty)
        let again = try lowering.lowered(DMACall(.freeCoherent, handle: Build.handle, size: 5_000))
        #expect(again.isEmpty)
        // Nor does freeing a streaming mapping change the type of its memory.
        _ = try lowering.lowered(Build.map(0x10000, 64, .toDevice))
        #expect(try lowering.lowered(DMACall(.freeCoherent, handle: Build.handle)).isEmpty)
        #expect(lowering.liveMappings.count == 1)
    }

    @Test func zeroingCanBeLeftOut() throws {
        var lowering = Lowering(try Build.profile(.arm64, "6.12", line: 64))
        lowering.zeroesAllocations = false
        #expect(
            try lowering.lowered(Build.allocate(.allocCoherent)) == [
                Short.clean(0x10000, 8_192), Short.dsb, Self.toNonCacheable,
            ])
    }

    @Test(arguments: [DMACall.Function.allocNoncoherent, .allocPages])
    func noncoherentZerosAreNotCleaned(_ function: DMACall.Function) throws {
        var lowering = Lowering(try Build.profile(.arm64, "6.12", line: 64))
        #expect(try lowering.lowered(Build.allocate(function)) == [Self.zero])
        let sync = DMACall(.syncSingleForDevice, handle: Build.handle)
        #expect(throws: LoweringError.missing(.syncSingleForDevice, .direction)) {
            try lowering.lowered(sync)
        }
        var complete = sync
        complete.direction = .fromDevice
        // What is synced is what was asked for, not the pages: 5000 bytes end inside a line.
        #expect(try lowering.lowered(complete) == [Short.clean(0x10000, 5_000), Short.dsb])
        #expect(try lowering.lowered(DMACall(.freeNoncoherent, handle: Build.handle)).isEmpty)
    }

    @Test func allocationsAreWholePages() throws {
        var lowering = Lowering(try Build.profile(.arm64, "6.12", line: 64))
        #expect(throws: LoweringError.notPageAligned(.allocCoherent, 0x10040)) {
            try lowering.lowered(Build.allocate(.allocCoherent, 0x10040))
        }
        #expect(lowering.liveAllocations.isEmpty)
    }

    @Test func unknownAttributesAreRefused() throws {
        var lowering = Lowering(try Build.profile(.arm64, "6.12", line: 64))
        let requireCoherent = DMAAttributes(rawValue: 1 << 12)
        #expect(throws: LoweringError.attributeNotLowered(.allocAttrs, "REQUIRE_COHERENT")) {
            try lowering.lowered(Build.allocate(.allocAttrs, attributes: requireCoherent))
        }
    }

    @Test func withoutAMappingOnlyTheCachesAreMaintained() throws {
        let noMapping = DMAAttributes(rawValue: 1 << 4)
        var arm64 = Lowering(try Build.profile(.arm64, "6.12", line: 64))
        #expect(
            try arm64.lowered(Build.allocate(.allocAttrs, attributes: noMapping)) == [
                Short.clean(0x10000, 8_192), Short.dsb,
            ])
        #expect(arm64.allocation(Build.handle)?.type == .writeBack)
        #expect(
            try arm64.lowered(
                DMACall(.freeAttrs, handle: Build.handle, attributes: noMapping)
            ).isEmpty)
        var armv7 = Lowering(try Build.profile(.arm32v7, "6.12"))
        #expect(
            try armv7.lowered(Build.allocate(.allocAttrs, attributes: noMapping)) == [
                Self.zero, Short.both(0x10000, 8_192), Short.dsbStores,
            ])
    }

    /// ARMv5 has no Normal memory without a cache; with write-combining its stores are at least buffered.
    @Test func armv5IsNotBufferedUnlessAskedFor() throws {
        let writeCombine = DMAAttributes.writeCombine
        for (function, attributes, type) in [
            (DMACall.Function.allocCoherent, DMAAttributes(), MemoryType.stronglyOrdered),
            (.allocAttrs, [], .stronglyOrdered), (.allocAttrs, writeCombine, .nonCacheable),
            (.allocWriteCombine, [], .nonCacheable),
        ] {
            var lowering = Lowering(try Build.profile(.arm32v5, "6.12"))
            let allocated = try lowering.lowered(
                Build.allocate(function, attributes: attributes))
            #expect(
                allocated == [
                    Self.zero, Short.both(0x10000, 8_192), Short.dsb,
                    .setMemoryType(start: 0x10000, size: 8_192, type, .outerShareable),
                ])
            #expect(lowering.allocation(Build.handle)?.type == type)
            let freed = try lowering.lowered(DMACall(.freeAttrs, handle: Build.handle))
            #expect(freed == [Self.toWriteBack])
        }
        var armv6 = Lowering(try Build.profile(.arm32v6, "6.12"))
        #expect(try armv6.lowered(Build.allocate(.allocCoherent)).last == Self.toNonCacheable)
    }
}
