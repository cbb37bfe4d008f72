import DMAMapping
import Operations
import Quantities
import Testing

/// Further mappings of 5000 bytes at 0x10000, at 0x4000_0000.
@Suite("Further mappings of allocations")
struct FurtherMappingTests {
    private static let user: UInt64 = 0x4000_0000

    private func call(
        _ function: DMACall.Function, offset: UInt64? = nil, size: UInt64 = 5_000,
        at start: UInt64 = user, attributes: DMAAttributes = []
    ) -> DMACall {
        DMACall(
            function, handle: Build.handle,
            segments: [DMACall.Segment(at: Operand(start), size: size)], offset: offset,
            attributes: attributes)
    }

    private func mapped(_ type: MemoryType, offset: UInt64 = 0, pages: UInt64 = 2) -> Operation {
        .map(
            MemoryMapping(
                start: Self.user, end: Self.user + pages * 4_096, physical: 0x10000 + offset,
                type: type,
                shareability: type == .writeBack ? .innerShareable : .outerShareable))
    }

    /// The type of user space's mapping is that of the allocation, by `dma_pgprot`.
    @Test(
        "The memory type of dma_mmap_coherent, dma_mmap_wc and dma_mmap_attrs",
        arguments: [
            (LoweringProfile.Architecture.arm32v5, MemoryType.stronglyOrdered),
            (.arm32v6, .nonCacheable), (.arm32v7, .nonCacheable), (.arm64, .nonCacheable),
        ])
    func types(_ architecture: LoweringProfile.Architecture, _ plain: MemoryType) throws {
        for kernel in architecture == .arm64 ? ["5.4", "6.12"] : ["3.18", "5.4", "6.12"] {
            let profile = try Build.profile(architecture, kernel)
            var own = Lowering(profile)
            _ = try own.lowered(Build.allocate(.allocCoherent))
            #expect(own.allocation(Build.handle)?.type == plain)
            #expect(try own.lowered(call(.mmapCoherent)) == [mapped(plain)])
            #expect(try own.lowered(call(.mmapAttrs)) == [mapped(plain)])
            #expect(try own.lowered(call(.mmapWriteCombine)) == [mapped(.nonCacheable)])
            #expect(
                try own.lowered(call(.mmapAttrs, attributes: .writeCombine))
                    == [mapped(.nonCacheable)])
            var coherent = Lowering(profile, coherentDevices: [Build.device])
            _ = try coherent.lowered(Build.allocate(.allocCoherent))
            for function in [DMACall.Function.mmapCoherent, .mmapWriteCombine] {
                #expect(try coherent.lowered(call(function)) == [mapped(.writeBack)])
            }
        }
    }

    /// `dma_mmap_pages` takes user space's own attributes, whatever the pages are.
    @Test(
        "dma_mmap_pages and its kin map cached",
        arguments: [DMACall.Function.allocPages, .allocCoherent])
    func pages(_ function: DMACall.Function) throws {
        var lowering = Lowering(try Build.profile(.arm32v7, "6.12"))
        _ = try lowering.lowered(Build.allocate(function))
        #expect(try lowering.lowered(call(.mmapPages)) == [mapped(.writeBack)])
        #expect(try lowering.lowered(call(.mmapNoncontiguous)) == [mapped(.writeBack)])
        #expect(lowering.memoryMap.physical(of: Self.user + 100) == 0x10064)
    }

    @Test("A part of an allocation is mapped in whole pages, and no more than there is")
    func parts() throws {
        var lowering = Lowering(try Build.profile(.arm64, "6.12", line: 64))
        _ = try lowering.lowered(Build.allocate(.allocCoherent))
        #expect(
            try lowering.lowered(call(.mmapCoherent, offset: 4_096, size: 64))
                == [mapped(.nonCacheable, offset: 4_096, pages: 1)])
        let refused: [(DMACall, String)] = [
            (call(.mmapCoherent, offset: 4_096, size: 5_000), "-ENXIO"),
            (call(.mmapCoherent, offset: 8_192, size: 1), "-ENXIO"),
            (call(.mmapCoherent, offset: 64, size: 64), "a multiple of 4096"),
            (call(.mmapCoherent, at: 0x4000_0010), "a multiple of 4096"),
            (call(.mmapCoherent, at: .max - 4_095), "the end of the address space"),
        ]
        for (call, words) in refused {
            let error = #expect(throws: LoweringError.self) { try lowering.lowered(call) }
            #expect(error?.description.contains(words) == true)
        }
        _ = try lowering.lowered(Build.map(0x10000, 64, .toDevice))
        #expect(throws: LoweringError.notAnAllocation(.mmapCoherent, Build.handle)) {
            try lowering.lowered(call(.mmapCoherent))
        }
    }

    @Test("The kernel has a second mapping of pages behind an IOMMU alone, until it is taken away")
    func kernelMappings() throws {
        for translates in [false, true] {
            var lowering = Lowering(try Build.profile(.arm64, "6.12", line: 64))
            lowering.reach[Build.device] = DMAReach(hasIOMMU: translates)
            _ = try lowering.lowered(Build.allocate(.allocNoncontiguous))
            let plain = DMACall(.vmapNoncontiguous, handle: Build.handle)
            let placed = call(.vmapNoncontiguous)
            #expect(throws: LoweringError.self) {
                try lowering.lowered(translates ? plain : placed)
            }
            let made = try lowering.lowered(translates ? placed : plain)
            #expect(made == (translates ? [mapped(.writeBack)] : []))
            let ended = try lowering.lowered(DMACall(.vunmapNoncontiguous, handle: Build.handle))
            #expect(ended.count == (translates ? 1 : 0))
            #expect(lowering.memoryMap.physical(of: Self.user) == Self.user)
        }
    }

    @Test(
        "A call is refused where the kernel does not have it",
        arguments: [
            (DMACall.Function.mmapPages, "5.12"), (.vmapNoncontiguous, "5.10"), (.mmapAttrs, "3.3"),
            (.getSGTable, "3.5"), (.setMaskAndCoherent, "3.12"), (.coerceMaskAndCoherent, "3.12"),
        ])
    func eras(_ function: DMACall.Function, _ kernel: String) throws {
        var lowering = Lowering(try Build.profile(.arm32v7, kernel))
        _ = try lowering.lowered(Build.allocate(.allocCoherent))
        var call = call(function)
        call.device = Build.device
        call.setting = 32
        let error = #expect(throws: LoweringError.self) { try lowering.lowered(call) }
        guard case .notLowered(function.rawValue, _, _, _)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }
}
