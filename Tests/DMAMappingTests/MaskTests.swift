import Operations
import Testing

@testable import DMAMapping

/// What a driver says of its device while it runs.
@Suite("Masks that are set at run time")
struct MaskTests {
    private static let high: UInt64 = 0x1_0000_0000

    private func lowering() throws -> Lowering {
        var lowering = Lowering(
            try Build.profile(.arm64, "6.12", line: 64),
            bouncing: BounceDeclaration(start: 0xE000_0000, size: 1 << 20))
        lowering.reach[Build.device] = DMAReach(maskBits: 32)
        return lowering
    }

    private func set(_ function: DMACall.Function, _ bits: UInt64, fails: Bool = false) -> DMACall {
        var call = DMACall(function, device: Build.device)
        call.setting = bits
        call.fails = fails
        return call
    }

    private func bounces(_ lowering: inout Lowering) throws -> Bool {
        let made = try lowering.lowered(Build.map(Self.high, 4_096, .toDevice))
        _ = try lowering.lowered(DMACall(.unmapSingle, handle: Build.handle))
        return made.contains { if case .copy = $0 { true } else { false } }
    }

    @Test(
        "Mappings bounce by the mask of the moment",
        arguments: [
            DMACall.Function.setMask, .setMaskAndCoherent, .coerceMaskAndCoherent,
        ])
    func streaming(_ function: DMACall.Function) throws {
        var lowering = try lowering()
        #expect(try bounces(&lowering))
        #expect(try lowering.lowered(set(function, 33)).isEmpty)
        #expect(try !bounces(&lowering))
        // A mask that the kernel refuses stays as it was.
        #expect(try lowering.lowered(set(function, 20, fails: true)).isEmpty)
        #expect(try !bounces(&lowering))
        _ = try lowering.lowered(set(function, 32))
        #expect(try bounces(&lowering))
    }

    @Test("The coherent mask is another, and is for allocations")
    func coherent() throws {
        var lowering = try lowering()
        _ = try lowering.lowered(Build.allocate(.allocCoherent, Self.high))
        #expect(lowering.takeFailure()?.isAllocation == true)
        _ = try lowering.lowered(set(.setCoherentMask, 40))
        #expect(try bounces(&lowering))
        _ = try lowering.lowered(Build.allocate(.allocCoherent, Self.high))
        #expect(lowering.takeFailure() == nil)
        _ = try lowering.lowered(set(.setMask, 40))
        #expect(try !bounces(&lowering))
        _ = try lowering.lowered(set(.setMaskAndCoherent, 32))
        _ = try lowering.lowered(Build.allocate(.allocCoherent, Self.high))
        #expect(lowering.takeFailure()?.message.contains("32 bits") == true)
    }

    /// The kernel believes its driver; the device's address lines do not.
    @Test("A mask wider than the device's own bits does not give it any")
    func truth() {
        var reach = DMAReach(maskBits: 32)
        #expect(!reach.canSend(Self.high, 1))
        reach.maskBits = 64
        #expect(reach.canSend(Self.high, 1) && reach.reaches(Self.high, 1))
        #expect(!reach.allocates(Self.high, 1))
        reach.addressBits = 32
        #expect(!reach.canSend(Self.high, 1) && reach.reaches(Self.high, 1))
        #expect(reach.canSend(Self.high - 64, 64) && !reach.canSend(Self.high - 64, 65))
    }
}
