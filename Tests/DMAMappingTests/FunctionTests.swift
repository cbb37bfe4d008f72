import DMAMapping
import Operations
import Quantities
import Testing

/// Calls that not every kernel has, and lists.
@Suite struct FunctionTests {
    static let list = [
        DMACall.Segment(at: Operand(0x1000), size: 64),
        DMACall.Segment(at: Operand(0x3000), size: 128),
    ]

    static func mapList(_ function: DMACall.Function) -> DMACall {
        DMACall(
            function, handle: Build.handle, device: Build.device, segments: list,
            direction: .fromDevice)
    }

    /// From 7.1 on a call waits once, whatever its list; what it does to lines is the same.
    @Test(arguments: [
        (DMACall.Function.mapSG, DMACall.Function.unmapSG), (.mapSGTable, .unmapSGTable),
    ])
    func batchedCallsWaitOnce(_ functions: (DMACall.Function, DMACall.Function)) throws {
        var before = Lowering(try Build.profile(.arm64, "6.18", line: 64))
        var after = Lowering(try Build.profile(.arm64, "7.1", line: 64))
        #expect(
            try before.lowered(Self.mapList(functions.0)) == [
                Short.clean(0x1000, 64), Short.dsb, Short.clean(0x3000, 128), Short.dsb,
            ])
        #expect(
            try after.lowered(Self.mapList(functions.0)) == [
                Short.clean(0x1000, 64), Short.clean(0x3000, 128), Short.dsb,
            ])
        let unmap = DMACall(functions.1, handle: Build.handle)
        #expect(
            try after.lowered(unmap) == [
                Short.invalidate(0x1000, 64), Short.invalidate(0x3000, 128), Short.dsb,
            ])
        // Nothing to do is nothing to wait for.
        after.coherentDevices = [Build.device]
        #expect(try after.lowered(Self.mapList(functions.0)).isEmpty)
    }

    @Test func aSkippedListIsSkippedWhole() throws {
        var lowering = Lowering(try Build.profile(.arm32v7, "6.12", outer: 32))
        var map = Self.mapList(.mapSG)
        map.attributes = .skipCPUSync
        #expect(try lowering.lowered(map).isEmpty)
        #expect(lowering.liveMappings.first?.segments == Self.list)
    }

    @Test func aPartOfAMappingIsSynced() throws {
        var lowering = Lowering(try Build.profile(.arm32v7, "6.12"))
        _ = try lowering.lowered(Build.map(0x1000, 256, .fromDevice))
        let sync = DMACall(.syncSingleRangeForCPU, handle: Build.handle, offset: 64, size: 32)
        #expect(try lowering.lowered(sync) == [Short.invalidate(0x1040, 32), Short.dsbStores])
        let back = DMACall(.syncSingleRangeForDevice, handle: Build.handle, offset: 64, size: 32)
        #expect(try lowering.lowered(back) == [Short.invalidate(0x1040, 32), Short.dsbStores])
    }

    @Test func kernelsHaveWhatTheyHave() throws {
        for (function, kernel, older) in [
            (DMACall.Function.mapPhys, "6.18", "6.12"), (.mapSGTable, "5.8", "5.7"),
            (.mapSGTable, "5.4.301", "5.4.300"),
        ] {
            let call =
                function == .mapPhys
                ? Build.map(0x1000, 64, .fromDevice, function) : Self.mapList(function)
            var lowering = Lowering(try Build.profile(.arm64, kernel, line: 64))
            #expect(try !lowering.lowered(call).isEmpty)
            var early = Lowering(try Build.profile(.arm64, older, line: 64))
            #expect(throws: LoweringError.self) { try early.lowered(call) }
            #expect(early.liveMappings.isEmpty)
        }
    }

    @Test func historicAndIdleCallsDoNothing() throws {
        var lowering = Lowering(try Build.profile(.arm32v7, "5.9", callCycles: 100))
        _ = try lowering.lowered(Build.map(0x1000, 64, .fromDevice))
        let sync = DMACall(.cacheSync, handle: Build.handle)
        #expect(try lowering.lowered(sync) == [.work(cycles: 100)])
        #expect(try lowering.lowered(DMACall(.needSync, handle: Build.handle)).isEmpty)
        #expect(lowering.mapping(Build.handle)?.isErrorChecked == false)
        var later = Lowering(try Build.profile(.arm32v7, "5.10"))
        _ = try later.lowered(Build.map(0x1000, 64, .fromDevice))
        let error = #expect(throws: LoweringError.self) { try later.lowered(sync) }
        #expect(
            error?.description
                == "dma_cache_sync: not known on armv7 with kernel 5.10, "
                + "expected a kernel that it is known for: from 2.6.30 to before 5.10")
    }
}
