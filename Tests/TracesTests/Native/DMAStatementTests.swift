import Operations
import Quantities
import Testing

@testable import Traces

private let handle = PreambleName.next
private let rx = Operand(0x1000, symbol: PreambleName.rx)
private let dev = Agent.device(0)

private func segment(_ size: UInt64) -> [DMACall.Segment] { [DMACall.Segment(at: rx, size: size)] }

@Suite struct DMAStatementTests {
    static let creations: [NativeSample] = [
        NativeSample(
            "h = dma_map_single eth0 rx 64 TO_DEVICE",
            .dma(
                DMACall(
                    .mapSingle, handle: handle, device: dev, segments: segment(64),
                    direction: .toDevice))),
        NativeSample(
            "h = dma_map_page eth0 rx 64 FROM_DEVICE attrs=SKIP_CPU_SYNC|WEAK_ORDERING",
            canonical:
                "core0: h = dma_map_page eth0 rx 64 FROM_DEVICE attrs=WEAK_ORDERING|SKIP_CPU_SYNC",
            .dma(
                DMACall(
                    .mapPage, handle: handle, device: dev, segments: segment(64),
                    direction: .fromDevice,
                    attributes: [.skipCPUSync, DMAAttributes(rawValue: 2)]))),
        NativeSample(
            "h=dma_map_resource eth0 rx 64 DMA_BIDIRECTIONAL",
            canonical: "core0: h = dma_map_resource eth0 rx 64 BIDIRECTIONAL",
            .dma(
                DMACall(
                    .mapResource, handle: handle, device: dev, segments: segment(64),
                    direction: .bidirectional))),
        NativeSample(
            "h = dma_map_sg eth0 NONE rx,64 0x2000,1K",
            canonical: "core0: h = dma_map_sg eth0 NONE rx,64 0x2000,1024",
            .dma(
                DMACall(
                    .mapSG, handle: handle, device: dev,
                    segments: segment(64) + [DMACall.Segment(at: Operand(0x2000), size: 1_024)],
                    direction: DMADirection.none))),
        NativeSample(
            "h = dma_map_sgtable eth0 TO_DEVICE rx,64 attrs=SKIP_CPU_SYNC",
            .dma(
                DMACall(
                    .mapSGTable, handle: handle, device: dev, segments: segment(64),
                    direction: .toDevice, attributes: .skipCPUSync))),
        NativeSample(
            "h = dma_map_phys eth0 rx 64 TO_DEVICE",
            .dma(
                DMACall(
                    .mapPhys, handle: handle, device: dev, segments: segment(64),
                    direction: .toDevice))),
        NativeSample(
            "h = dma_map_single_attrs eth0 rx 64 TO_DEVICE attrs=SKIP_CPU_SYNC",
            canonical: "core0: h = dma_map_single eth0 rx 64 TO_DEVICE attrs=SKIP_CPU_SYNC",
            .dma(
                DMACall(
                    .mapSingle, handle: handle, device: dev, segments: segment(64),
                    direction: .toDevice, attributes: .skipCPUSync))),
        NativeSample(
            "core2: p = dma_pool_create eth0 64 32 4096",
            canonical: "core2: p = dma_pool_create eth0 64 32 4096",
            .dma(
                DMACall(
                    .poolCreate, handle: handle, device: dev, size: 64, pool: handle,
                    alignment: 32, boundary: 4_096))),
    ]

    static let allocations: [NativeSample] = [
        DMACall.Function.allocCoherent, .zallocCoherent, .allocWriteCombine, .allocNoncoherent,
        .allocPages, .allocAttrs, .allocNoncontiguous,
    ].map { function in
        NativeSample(
            "h = \(function.rawValue) eth0 rx 4096 attrs=NO_WARN",
            .dma(
                DMACall(
                    function, handle: handle, device: dev, segments: segment(4_096),
                    attributes: DMAAttributes(rawValue: 1 << 8))))
    }

    @Test(arguments: creations + allocations + ranges)
    func makesHandles(_ sample: NativeSample) throws {
        #expect(try nativeOperation(sample.text) == sample.operation)
        #expect(try nativeCanonicalLine(sample.text) == sample.canonical)
        #expect(try nativeOperation(sample.canonical) == sample.operation)
    }

    static let ranges: [NativeSample] = [
        NativeSample(
            "h = dma_iova_try_alloc eth0 rx 4096",
            .dma(
                DMACall(.iovaTryAlloc, handle: handle, device: dev, segments: segment(4_096))))
    ]

    static let uses: [NativeSample] = [
        NativeSample(
            "dma_iova_link h rx 4096 64 TO_DEVICE attrs=MMIO",
            .dma(
                DMACall(
                    .iovaLink, handle: handle, segments: segment(64), offset: 4_096,
                    direction: .toDevice, attributes: DMAAttributes(rawValue: 1 << 10)))),
        NativeSample(
            "dma_iova_unlink h 4096 64 TO_DEVICE attrs=SKIP_CPU_SYNC",
            .dma(
                DMACall(
                    .iovaUnlink, handle: handle, offset: 4_096, size: 64, direction: .toDevice,
                    attributes: .skipCPUSync))),
        NativeSample(
            "dma_iova_sync h 0 64",
            .dma(DMACall(.iovaSync, handle: handle, offset: 0, size: 64))),
        NativeSample("dma_iova_free h", .dma(DMACall(.iovaFree, handle: handle))),
        NativeSample(
            "dma_iova_destroy h 64 FROM_DEVICE",
            .dma(DMACall(.iovaDestroy, handle: handle, size: 64, direction: .fromDevice))),
        NativeSample("dma_need_unmap h", .dma(DMACall(.needUnmap, handle: handle))),
        NativeSample("dma_unmap_single h", .dma(DMACall(.unmapSingle, handle: handle))),
        NativeSample(
            "dma_unmap_single h 64 TO_DEVICE attrs=SKIP_CPU_SYNC",
            .dma(
                DMACall(
                    .unmapSingle, handle: handle, size: 64, direction: .toDevice,
                    attributes: .skipCPUSync))),
        NativeSample(
            "dma_unmap_page h TO_DEVICE",
            .dma(DMACall(.unmapPage, handle: handle, direction: .toDevice))),
        NativeSample(
            "dma_unmap_sg h 3 FROM_DEVICE",
            .dma(DMACall(.unmapSG, handle: handle, direction: .fromDevice, count: 3))),
        NativeSample("dma_unmap_resource h", .dma(DMACall(.unmapResource, handle: handle))),
        NativeSample("dma_sync_single_for_cpu h", .dma(DMACall(.syncSingleForCPU, handle: handle))),
        NativeSample(
            "dma_sync_single_for_device h 0 32 FROM_DEVICE",
            .dma(
                DMACall(
                    .syncSingleForDevice, handle: handle, offset: 0, size: 32,
                    direction: .fromDevice))),
        NativeSample(
            "dma_sync_sg_for_cpu h 2", .dma(DMACall(.syncSGForCPU, handle: handle, count: 2))),
        NativeSample("dma_sync_sg_for_device h", .dma(DMACall(.syncSGForDevice, handle: handle))),
        NativeSample("dma_mapping_error h", .dma(DMACall(.mappingError, handle: handle))),
        NativeSample(
            "dma_free_coherent h 64", .dma(DMACall(.freeCoherent, handle: handle, size: 64))),
        NativeSample("dma_free_wc h", .dma(DMACall(.freeWriteCombine, handle: handle))),
        NativeSample("dma_free_noncoherent h", .dma(DMACall(.freeNoncoherent, handle: handle))),
        NativeSample("dma_free_pages h", .dma(DMACall(.freePages, handle: handle))),
        NativeSample("dma_unmap_phys h 64", .dma(DMACall(.unmapPhys, handle: handle, size: 64))),
        NativeSample(
            "dma_unmap_sgtable h TO_DEVICE attrs=SKIP_CPU_SYNC",
            .dma(
                DMACall(
                    .unmapSGTable, handle: handle, direction: .toDevice, attributes: .skipCPUSync))),
        NativeSample(
            "dma_sync_sgtable_for_cpu h", .dma(DMACall(.syncSGTableForCPU, handle: handle))),
        NativeSample(
            "dma_sync_sgtable_for_device h FROM_DEVICE",
            .dma(DMACall(.syncSGTableForDevice, handle: handle, direction: .fromDevice))),
        NativeSample(
            "dma_sync_single_range_for_cpu h 8 16",
            .dma(DMACall(.syncSingleRangeForCPU, handle: handle, offset: 8, size: 16))),
        NativeSample(
            "dma_sync_single_range_for_device h 8 16",
            .dma(DMACall(.syncSingleRangeForDevice, handle: handle, offset: 8, size: 16))),
        NativeSample("dma_cache_sync h", .dma(DMACall(.cacheSync, handle: handle))),
        NativeSample("dma_need_sync h", .dma(DMACall(.needSync, handle: handle))),
        NativeSample(
            "dma_free_attrs h attrs=NO_WARN",
            .dma(
                DMACall(
                    .freeAttrs, handle: handle, attributes: DMAAttributes(rawValue: 1 << 8)))),
        NativeSample("dma_free_noncontiguous h", .dma(DMACall(.freeNoncontiguous, handle: handle))),
        NativeSample(
            "dma_get_sgtable h attrs=NO_WARN",
            .dma(
                DMACall(
                    .getSGTable, handle: handle, attributes: DMAAttributes(rawValue: 1 << 8)))),
        NativeSample("dma_vmap_noncontiguous h", .dma(DMACall(.vmapNoncontiguous, handle: handle))),
        NativeSample(
            "dma_vunmap_noncontiguous h", .dma(DMACall(.vunmapNoncontiguous, handle: handle))),
        NativeSample(
            "dma_declare_coherent_memory eth0 rx 4096",
            .dma(DMACall(.declareCoherentMemory, device: dev, segments: segment(4_096)))),
        NativeSample(
            "dma_release_coherent_memory eth0", .dma(DMACall(.releaseCoherentMemory, device: dev))),
        NativeSample("driver_unbind eth0", .dma(DMACall(.driverUnbind, device: dev))),
    ]

    /// Further mappings of an allocation, of which they map all or a part.
    static let mappings: [NativeSample] =
        [
            DMACall.Function.mmapCoherent, .mmapAttrs, .mmapWriteCombine, .mmapPages,
            .mmapNoncontiguous, .vmapNoncontiguous,
        ].map { function in
            NativeSample(
                "\(function.rawValue) h rx",
                .dma(DMACall(function, handle: handle, segments: segment(64))))
        } + [
            NativeSample(
                "dma_mmap_attrs h rx 0x1000 32 attrs=WRITE_COMBINE",
                canonical: "core0: dma_mmap_attrs h rx 4096 32 attrs=WRITE_COMBINE",
                .dma(
                    DMACall(
                        .mmapAttrs, handle: handle, segments: segment(32), offset: 4_096,
                        attributes: .writeCombine)))
        ]

    /// What drivers say of their devices.
    static let settings: [NativeSample] =
        [
            DMACall.Function.setMask, .setCoherentMask, .setMaskAndCoherent, .coerceMaskAndCoherent,
            .setMaximumSegmentSize,
        ].map { setting("\($0.rawValue) eth0 36", $0, 36) } + [
            setting("dma_set_seg_boundary eth0 65535", .setSegmentBoundary, 0xFFFF),
            setting("dma_set_mask eth0 64 fails", .setMask, 64, fails: true),
        ]

    private static func setting(
        _ text: String, _ function: DMACall.Function, _ number: UInt64, fails: Bool = false
    ) -> NativeSample {
        var call = DMACall(function, device: dev)
        call.setting = number
        call.fails = fails
        return NativeSample(text, .dma(call))
    }

    @Test(arguments: uses + mappings + settings)
    func usesHandles(_ sample: NativeSample) throws {
        let before = "h = dma_map_single eth0 rx 64 TO_DEVICE\n"
        #expect(try nativeOperation(before + sample.text) == sample.operation)
        #expect(try nativeCanonicalLine(before + sample.text) == sample.canonical)
    }

    @Test func poolGivesItsBlocksTheirSize() throws {
        let pool = PreambleName.next
        let block = SymbolID(rawValue: 7)
        let create = "p = dma_pool_create eth0 64 32\n"
        let make = create + "b = dma_pool_alloc p rx\n"
        #expect(
            try nativeOperation(make)
                == .dma(
                    DMACall(.poolAlloc, handle: block, segments: segment(64), pool: pool)))
        #expect(try nativeCanonicalLine(make) == "core0: b = dma_pool_alloc p rx")
        #expect(
            try nativeOperation(make + "dma_pool_free p b")
                == .dma(DMACall(.poolFree, handle: block, pool: pool)))
        #expect(
            try nativeOperation(make + "dma_pool_destroy p")
                == .dma(DMACall(.poolDestroy, handle: pool, pool: pool)))
        #expect(try nativeCanonicalLine(make + "dma_pool_free p b") == "core0: dma_pool_free p b")
    }

    @Test func everyCallOfTheFormatHasASample() {
        var seen: Set<DMACall.Function> = [.poolAlloc, .poolZalloc, .poolFree, .poolDestroy]
        for sample in Self.creations + Self.allocations + Self.ranges + Self.uses + Self.mappings
            + Self.settings
        {
            if case .dma(let call) = sample.operation { seen.insert(call.function) }
        }
        #expect(seen == Set(DMACall.Function.allCases))
    }

    @Test func handlesCanBeAssignedAgain() throws {
        let program = try parseNative(
            nativePreamble + """
                h = dma_map_single eth0 rx 64 TO_DEVICE
                dma_unmap_single h
                h = dma_map_single eth0 tx 128 TO_DEVICE
                """)
        #expect(program.symbols.entries.count == 6)
        #expect(
            program.symbols[handle]
                == SymbolTable.Entry(name: "h", kind: .handle, address: 0x2000, size: 128))
    }
}
