import Operations
import Quantities
import Testing

@testable import DMAMapping

/// 64 KiB at 0x10000 that are set apart.
@Suite("Memory that is set apart for a device")
struct SetApartTests {
    private static let declare = DMACall(
        .declareCoherentMemory, device: Build.device,
        segments: [DMACall.Segment(at: Operand(0x10000), size: 0x10000)])

    private func type(_ type: MemoryType) -> Operation {
        .setMemoryType(
            start: 0x10000, size: 0x10000, type,
            type == .writeBack ? .innerShareable : .outerShareable)
    }

    /// Coherent or not, the memory is write-combined once, and an allocation of it is zeroed and nothing else.
    @Test("Allocations there are zeroed through the uncached mapping", arguments: [false, true])
    func allocations(_ isCoherent: Bool) throws {
        var lowering = Lowering(
            try Build.profile(.arm32v7, "6.12", outer: 32),
            coherentDevices: isCoherent ? [Build.device] : [])
        #expect(try lowering.lowered(Self.declare) == [type(.nonCacheable)])
        let there = Build.allocate(.allocCoherent)
        #expect(try lowering.lowered(there) == [Short.zero(0x10000, 8_192)])
        #expect(lowering.allocation(Build.handle)?.type == .nonCacheable)
        #expect(try lowering.lowered(DMACall(.freeCoherent, handle: Build.handle)).isEmpty)
        // Cached pages do not come from there, nor do those of another place.
        #expect(try lowering.lowered(Build.allocate(.allocPages)).count == 1)
        #expect(lowering.allocation(Build.handle)?.type == .writeBack)
        let elsewhere = try lowering.lowered(Build.allocate(.allocCoherent, 0x1F000))
        #expect(elsewhere.count == (isCoherent ? 1 : 6))
        let release = DMACall(.releaseCoherentMemory, device: Build.device)
        #expect(try lowering.lowered(release) == [type(.writeBack)])
        #expect(try lowering.lowered(release).isEmpty)
        #expect(try lowering.lowered(there).count == (isCoherent ? 1 : 6))
    }

    @Test("Pools take their pages there, too")
    func pools() throws {
        var lowering = Lowering(try Build.profile(.arm64, "6.12", line: 64))
        _ = try lowering.lowered(Self.declare)
        _ = try lowering.lowered(
            DMACall(
                .poolCreate, handle: PoolTests.pool, device: Build.device, size: 64,
                pool: PoolTests.pool))
        #expect(
            try lowering.lowered(PoolTests.allocate(0x12000, handle: 1))
                == [Short.zero(0x12000, 4_096)])
        #expect(lowering.liveAllocations.map(\.type) == [.nonCacheable])
        _ = try lowering.lowered(
            DMACall(.poolFree, handle: HandleID(rawValue: 1), pool: PoolTests.pool))
        #expect(
            try lowering.lowered(
                DMACall(.poolDestroy, handle: PoolTests.pool, pool: PoolTests.pool)
            )
            .isEmpty)
    }

    @Test("Whole pages are set apart, in kernels that are known")
    func refused() throws {
        var lowering = Lowering(try Build.profile(.arm32v7, "6.12"))
        for (start, size): (UInt64, UInt64) in [(0x10010, 4_096), (0x10000, 100)] {
            var call = Self.declare
            call.segments = [DMACall.Segment(at: Operand(start), size: size)]
            let error = #expect(throws: LoweringError.self) { try lowering.lowered(call) }
            #expect(error?.description.contains("a multiple of 4096") == true)
        }
        var old = Lowering(try Build.profile(.arm32v7, "4.4"))
        #expect(throws: LoweringError.self) { try old.lowered(Self.declare) }
    }
}
