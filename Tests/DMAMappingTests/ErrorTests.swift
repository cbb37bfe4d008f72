import DMAMapping
import Operations
import Quantities
import Testing

/// What is refused, and in which words.
@Suite struct ErrorTests {
    @Test(arguments: DMACall.Function.allCases)
    func bareMetalHasNoAPI(_ function: DMACall.Function) throws {
        var lowering = Lowering(try Build.profile(.armv7m, "none"))
        var call = Build.map(0, 4_096, .toDevice, function)
        call.pool = Build.handle
        call.size = 64
        #expect(throws: LoweringError.kernelNeeded(function)) { try lowering.lowered(call) }
        #expect(
            LoweringError.kernelNeeded(.mapSingle).description.contains("`kernel 6.12`"))
    }

    @Test func unknownErasAreNamed() throws {
        var lowering = Lowering(try Build.profile(.arm64, "3.14", line: 64))
        let error = #expect(throws: LoweringError.self) {
            try lowering.lowered(Build.map(0, 64, .toDevice))
        }
        #expect(
            error?.description
                == "dma_map_single: not known on arm64 with kernel 3.14, "
                + "expected a kernel that it is known for: from 3.15 to before 7.2")
        var future = Lowering(try Build.profile(.arm32v7, "7.2"))
        #expect(throws: LoweringError.self) {
            try future.lowered(Build.map(0, 64, .toDevice))
        }
        var microcontroller = Lowering(try Build.profile(.armv7m, "6.12"))
        #expect(throws: LoweringError.self) {
            try microcontroller.lowered(Build.allocate(.allocCoherent))
        }
    }

    @Test func incompleteCallsAreNamed() throws {
        var lowering = Lowering(try Build.profile(.arm64, "6.12", line: 64))
        var call = Build.map(0, 64, .toDevice)
        call.direction = DMADirection.none
        #expect(throws: LoweringError.noDirection(.mapSingle)) { try lowering.lowered(call) }
        call.direction = nil
        #expect(throws: LoweringError.missing(.mapSingle, .direction)) {
            try lowering.lowered(call)
        }
        call.device = nil
        #expect(throws: LoweringError.missing(.mapSingle, .device)) { try lowering.lowered(call) }
        let unmap = DMACall(.unmapSingle, handle: Build.handle)
        #expect(throws: LoweringError.unknownHandle(.unmapSingle, Build.handle)) {
            try lowering.lowered(unmap)
        }
        // The last page is refused, so that no loop over lines wraps around.
        let last = Build.map(UInt64.max - 4_096 - 64, 64, .toDevice)
        #expect(try lowering.lowered(last).count == 2)
        let long = Build.map(UInt64.max - 63, 64, .toDevice)
        #expect(
            throws: LoweringError.rangeTooLong(.mapSingle, start: UInt64.max - 63, size: 64)
        ) { try lowering.lowered(long) }
    }

    @Test func devicesDoNotCall() throws {
        var lowering = Lowering(try Build.profile(.arm64, "6.12", line: 64))
        var output: [Operation] = []
        #expect(throws: LoweringError.notACore("dma_map_single", Build.device)) {
            try lowering.lower(
                .dma(Build.map(0, 64, .toDevice)), agent: Build.device, into: &output)
        }
        let read = Operation.device(DeviceOperation(.read, at: Operand(0x1000), bytes: 64))
        try lowering.lower(read, agent: Build.device, into: &output)
        #expect(output == [read])
    }

    @Test func anErrorLeavesNothingBehind() throws {
        var lowering = Lowering(try Build.profile(.arm64, "6.12", line: 64, callCycles: 9))
        var output: [Operation] = []
        let segments = [
            DMACall.Segment(at: Operand(0), size: 64),
            DMACall.Segment(at: Operand(.max), size: 64),
        ]
        let map = DMACall(
            .mapSG, handle: Build.handle, device: Build.device, segments: segments,
            direction: .toDevice)
        #expect(throws: LoweringError.self) {
            try lowering.lower(.dma(map), agent: .core(0), into: &output)
        }
        #expect(output.isEmpty && lowering.liveMappings.isEmpty)
    }

    @Test func profilesNameAllTheirFaults() throws {
        let faults = #expect(throws: LoweringProfileFaults.self) {
            try LoweringProfile(
                architecture: .arm64, kernel: .bareMetal, inner: .v7, innerLineSize: 48,
                outer: LoweringProfile.Outer(.pl310, lineSize: 0))
        }
        #expect(
            faults?.faults == [
                .innerRoutines(.v7, .arm64), .innerLineSize(48), .outerLineSize(0),
                .outerRoutines(.pl310, .arm64),
            ])
        #expect(
            faults?.description == """
                inner: v7 on arm64; allowed: arm64, arm64_clean_invalidates
                innerLineSize: 48 bytes; allowed: a power of two from 16 to 2048 bytes
                outer.lineSize: 0 bytes; allowed: a power of two from 16 to 2048 bytes
                outer: pl310 on arm64; allowed: none
                """)
    }
}
