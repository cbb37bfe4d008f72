import DMAMapping
import Operations
import Quantities
import Testing

/// What calls say, what they leave out, and what drivers get wrong.
@Suite struct StreamingArgumentTests {
    var lowering: Lowering

    init() throws { lowering = Lowering(try Build.profile(.arm64, "6.12", line: 64)) }

    @Test mutating func aSecondUnmapMaintainsAgain() throws {
        _ = try lowering.lowered(Build.map(0x1000, 64, .fromDevice))
        let first = try lowering.lowered(DMACall(.unmapSingle, handle: Build.handle))
        let second = try lowering.lowered(DMACall(.unmapSingle, handle: Build.handle))
        #expect(first == second && first == [Short.invalidate(0x1000, 64), Short.dsb])
    }

    @Test mutating func whatAnUnmapSaysIsWhatIsDone() throws {
        _ = try lowering.lowered(Build.map(0x1000, 256, .toDevice))
        let unmap = DMACall(.unmapSingle, handle: Build.handle, size: 128, direction: .fromDevice)
        #expect(try lowering.lowered(unmap) == [Short.invalidate(0x1000, 128), Short.dsb])
    }

    @Test mutating func aSyncCanBePartial() throws {
        _ = try lowering.lowered(Build.map(0x1000, 256, .fromDevice))
        let part = DMACall(.syncSingleForCPU, handle: Build.handle, offset: 64, size: 100)
        // 0x1040 ..< 0x10a4: the partial end first, then from the start.
        #expect(
            try lowering.lowered(part) == [
                Short.both(0x1080, 0), Short.invalidate(0x1040, 64), Short.dsb,
            ])
        let rest = DMACall(.syncSingleForCPU, handle: Build.handle, offset: 192)
        #expect(try lowering.lowered(rest) == [Short.invalidate(0x10C0, 64), Short.dsb])
        let beyond = DMACall(.syncSingleForCPU, handle: Build.handle, offset: 257)
        #expect(
            throws: LoweringError.offsetOutside(.syncSingleForCPU, offset: 257, size: 256)
        ) { try lowering.lowered(beyond) }
    }

    @Test mutating func aListIsALoopWithOneBarrierForEachEntry() throws {
        let segments = [
            DMACall.Segment(at: Operand(0x1000), size: 64),
            DMACall.Segment(at: Operand(0x3000), size: 128),
        ]
        let map = DMACall(
            .mapSG, handle: Build.handle, device: Build.device, segments: segments,
            direction: .fromDevice)
        #expect(
            try lowering.lowered(map) == [
                Short.clean(0x1000, 64), Short.dsb, Short.clean(0x3000, 128), Short.dsb,
            ])
        let sync = DMACall(.syncSGForCPU, handle: Build.handle, count: 1)
        #expect(try lowering.lowered(sync) == [Short.invalidate(0x1000, 64), Short.dsb])
        let unmap = DMACall(.unmapSG, handle: Build.handle, count: 9)
        #expect(
            try lowering.lowered(unmap) == [
                Short.invalidate(0x1000, 64), Short.dsb, Short.invalidate(0x3000, 128), Short.dsb,
            ])
    }

    @Test mutating func resourcesAndErrorChecksTouchNothing() throws {
        let map = Build.map(0x4000_0000, 64, .toDevice, .mapResource)
        #expect(try lowering.lowered(map).isEmpty)
        #expect(try lowering.lowered(DMACall(.mappingError, handle: Build.handle)).isEmpty)
        #expect(lowering.mapping(Build.handle)?.isErrorChecked == true)
        #expect(try lowering.lowered(DMACall(.unmapResource, handle: Build.handle)).isEmpty)
        #expect(lowering.liveMappings.isEmpty)
    }

    @Test func whatIsStillMappedAtUnbindStays() throws {
        var lowering = lowering
        _ = try lowering.lowered(Build.map(0x1000, 64, .toDevice))
        #expect(try lowering.lowered(DMACall(.driverUnbind, device: Build.device)).isEmpty)
        #expect(lowering.liveMappings.map(\.handle) == [Build.handle])
    }

    @Test func callsCostCyclesFirst() throws {
        var lowering = Lowering(
            try Build.profile(.arm64, "6.12", line: 64, callCycles: 150),
            coherentDevices: [Build.device])
        #expect(try lowering.lowered(Build.map(0, 64, .toDevice)) == [.work(cycles: 150)])
        #expect(try lowering.lowered(DMACall(.mappingError, handle: Build.handle)).isEmpty)
    }

    @Test func theErratumPutsABarrierFirst() throws {
        var lowering = Lowering(
            try Build.profile(.arm32v7, "6.12", inner: .v7Erratum764369, outer: 32))
        #expect(
            try lowering.lowered(Build.map(0x1000, 64, .toDevice)) == [
                Short.dsb, Short.clean(0x1000, 64), Short.dsbStores,
                Short.outerClean(0x1000, 64), Short.outerSync,
            ])
    }

    @Test func innerAndOuterLinesHaveTheirOwnSizes() throws {
        var lowering = Lowering(try Build.profile(.arm32v7, "6.12", line: 64, outer: 32))
        // 0x1020 is inside a 64-byte line and at the start of a 32-byte line.
        #expect(
            try lowering.lowered(Build.map(0x1020, 0x60, .fromDevice)) == [
                Short.both(0x1000, 0), Short.invalidate(0x1040, 64), Short.dsbStores,
                Short.outerInvalidate(0x1020, 0x60), Short.outerSync,
            ])
    }

    @Test func theOuterCacheGoesByPhysicalAddress() throws {
        var lowering = Lowering(try Build.profile(.arm32v7, "6.12", outer: 32))
        lowering.memoryMap.insert(
            MemoryMapping(
                start: 0xC000_0000, end: 0xC010_0000, physical: 0x1000_0000, type: .writeBack,
                shareability: .innerShareable))
        #expect(
            try lowering.lowered(Build.map(0xC000_0040, 64, .toDevice)) == [
                Short.clean(0xC000_0040, 64), Short.dsbStores,
                Short.outerClean(0x1000_0040, 64), Short.outerSync,
            ])
    }

    @Test func namesStayWithTheirAddresses() throws {
        var lowering = lowering
        let name = SymbolID(rawValue: 3)
        let map = DMACall(
            .mapSingle, handle: Build.handle, device: Build.device,
            segments: [DMACall.Segment(at: Operand(0x1000, symbol: name), size: 64)],
            direction: .toDevice)
        let place = Operand(0x1000, symbol: name)
        #expect(
            try lowering.lowered(map).first
                == .maintenance(Maintenance(.dcCVAC, at: place, bytes: 64)))
    }
}
