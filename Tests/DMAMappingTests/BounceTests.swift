import Operations
import Testing

@testable import DMAMapping

/// Bounce buffers: who gets a slot, what is copied when, and what is maintained in its place.
@Suite("Bounce buffers")
struct BounceTests {
    private static let slot: UInt64 = 0xE000_0000
    private static let high: UInt64 = 0x8_0000_0000

    private func lowering(
        _ kernel: String = "6.12", coherent: Bool = false, forced: Bool = false,
        size: UInt64 = 1 << 20, mask: Int = 32, iommu: Bool = false
    ) throws -> Lowering {
        var lowering = Lowering(
            try Build.profile(.arm64, kernel, line: 64),
            coherentDevices: coherent ? [Build.device] : [],
            bouncing: BounceDeclaration(start: Self.slot, size: size, isForced: forced))
        lowering.reach[Build.device] = DMAReach(maskBits: mask, hasIOMMU: iommu)
        return lowering
    }

    private func copy(_ to: UInt64, _ from: UInt64, _ bytes: UInt64, by size: UInt32 = 8)
        -> Operation
    {
        .copy(CopyRun(to: Operand(to), from: Operand(from), bytes: bytes, by: size))
    }

    @Test("Beyond the mask: a map copies in every direction, then the slot is maintained")
    func map() throws {
        for direction in [DMADirection.toDevice, .fromDevice, .bidirectional] {
            var lowering = try lowering()
            let operations = try lowering.lowered(Build.map(Self.high, 2_048, direction))
            #expect(
                operations == [
                    copy(Self.slot, Self.high, 2_048), Short.clean(Self.slot, 2_048), Short.dsb,
                ])
            #expect(
                lowering.deviceAddress(of: Self.high + 100, for: Build.device) == Self.slot + 100)
            #expect(
                lowering.deviceAddress(of: Self.high + 2_048, for: Build.device)
                    == Self.high + 2_048)
            #expect(lowering.deviceAddress(of: Self.high, for: .device(1)) == Self.high)
        }
    }

    @Test("Before 5.18 a map of what the device fills copies nothing")
    func mapBefore() throws {
        var lowering = try lowering("5.10")
        let operations = try lowering.lowered(Build.map(Self.high, 64, .fromDevice))
        #expect(operations == [Short.invalidate(Self.slot, 64), Short.dsb])
    }

    @Test("Syncs copy one way each, after the maintenance on the way back")
    func sync() throws {
        for direction in [DMADirection.toDevice, .fromDevice, .bidirectional] {
            var lowering = try lowering()
            _ = try lowering.lowered(Build.map(Self.high, 256, direction))
            var call = DMACall(.syncSingleForDevice, handle: Build.handle, offset: 64, size: 64)
            let out = try lowering.lowered(call)
            let copyOut = copy(Self.slot + 64, Self.high + 64, 64)
            #expect(
                out == (direction == .fromDevice ? [] : [copyOut])
                    + [Short.clean(Self.slot + 64, 64), Short.dsb])
            call.function = .syncSingleForCPU
            let back = try lowering.lowered(call)
            let copyBack = copy(Self.high + 64, Self.slot + 64, 64)
            #expect(
                back
                    == (direction == .toDevice
                        ? [] : [Short.invalidate(Self.slot + 64, 64), Short.dsb, copyBack]))
        }
    }

    @Test("A coherent device bounces, too: copies without maintenance")
    func coherent() throws {
        var lowering = try lowering(coherent: true)
        #expect(
            try lowering.lowered(Build.map(Self.high, 64, .fromDevice))
                == [copy(Self.slot, Self.high, 64)])
        #expect(
            try lowering.lowered(DMACall(.unmapSingle, handle: Build.handle))
                == [copy(Self.high, Self.slot, 64)])
    }

    @Test("An unmap that skips the sync loses the copy, and the slot is free again")
    func skip() throws {
        var lowering = try lowering(size: 2_048)
        _ = try lowering.lowered(Build.map(Self.high, 64, .fromDevice))
        let unmap = DMACall(.unmapSingle, handle: Build.handle, attributes: .skipCPUSync)
        #expect(try lowering.lowered(unmap) == [])
        #expect(try lowering.lowered(unmap) == [])
        _ = try lowering.lowered(Build.map(Self.high + 4_096, 64, .fromDevice))
        #expect(lowering.takeFailure() == nil)
        #expect(lowering.bounces.map(\.start) == [Self.high + 4_096])
    }

    @Test("A batched kernel waits before the slot is copied back")
    func batched() throws {
        var lowering = try lowering("7.1")
        _ = try lowering.lowered(Build.map(Self.high, 64, .fromDevice))
        #expect(
            try lowering.lowered(DMACall(.unmapSingle, handle: Build.handle)) == [
                Short.invalidate(Self.slot, 64), Short.dsb, copy(Self.high, Self.slot, 64),
                Short.dsb,
            ])
    }

    @Test("Within reach nothing bounces; with an IOMMU nor beyond it; by force everything")
    func reach() throws {
        var near = try lowering()
        _ = try near.lowered(Build.map(0xFFFF_F000, 4_096, .toDevice))
        #expect(near.bounces.isEmpty)
        _ = try near.lowered(Build.map(0xFFFF_F000, 4_097, .toDevice))
        #expect(near.bounces.count == 1)
        var translated = try lowering(iommu: true)
        _ = try translated.lowered(Build.map(Self.high, 4_096, .toDevice))
        #expect(translated.bounces.isEmpty)
        var forced = try lowering(forced: true)
        _ = try forced.lowered(Build.map(0x1000, 4_096, .toDevice))
        #expect(forced.bounces.count == 1)
    }

    /// Blocks of `kmalloc`: 8, 16, 32, 64, 96, 128, 192, 256 bytes; lines of 64.
    @Test("Small buffers that may share a line bounce from 6.5 on, whatever their address")
    func small() throws {
        for size in UInt64(1)...300 {
            let bounces = size <= 32 || 65...96 ~= size
            for (kernel, coherent, direction, expected) in [
                ("6.12", false, DMADirection.fromDevice, bounces),
                ("6.12", false, .bidirectional, bounces), ("6.12", false, .toDevice, false),
                ("6.12", true, .fromDevice, false), ("6.4", false, .fromDevice, false),
            ] {
                var lowering = try lowering(kernel, coherent: coherent)
                _ = try lowering.lowered(Build.map(0x1000_0000, size, direction))
                #expect(lowering.bounces.isEmpty != expected, "\(size) \(kernel) \(direction)")
            }
        }
        var none = try lowering(size: 0)
        _ = try none.lowered(Build.map(0x1000_0000, 8, .fromDevice))
        #expect(none.bounces.isEmpty && none.takeFailure() == nil)
    }

    @Test(
        "Without a pool, slots or a segment that is long enough the map fails with the kernel's words"
    )
    func failures() throws {
        var none = try lowering(size: 0)
        #expect(try none.lowered(Build.map(Self.high, 2_048, .fromDevice)) == [])
        #expect(
            none.takeFailure()?.message
                == "the kernel says: DMA addr 0x0000000800000000+2048 overflow (mask ffffffff, bus limit 0)."
        )
        #expect(none.takeFailure() == nil)
        #expect(none.mapping(Build.handle)?.isFailed == true)
        #expect(try none.lowered(DMACall(.unmapSingle, handle: Build.handle)) == [])
        var large = try lowering()
        _ = try large.lowered(Build.map(Self.high, (256 << 10) + 1, .fromDevice))
        #expect(
            large.takeFailure()?.message
                == "the kernel says: swiotlb buffer is full (sz: 262145 bytes), total 512 (slots), used 0 (slots)"
        )
        _ = try large.lowered(Build.map(Self.high, 256 << 10, .fromDevice))
        #expect(large.takeFailure() == nil)
        var short = try lowering(mask: 30)
        _ = try short.lowered(Build.map(Self.high, 2_048, .fromDevice))
        #expect(
            short.takeFailure()?.message
                == "the kernel says: swiotlb addr 0x00000000e0000000+2048 overflow (mask 3fffffff, bus limit 0)."
        )
        var full = try lowering(size: 4_096)
        _ = try full.lowered(Build.map(Self.high, 2_048, .toDevice))
        _ = try full.lowered(Build.map(Self.high, 2_048, .toDevice, handle: HandleID(rawValue: 8)))
        _ = try full.lowered(Build.map(Self.high, 1, .toDevice, handle: HandleID(rawValue: 9)))
        #expect(full.takeFailure()?.message.contains("used 2 (slots)") == true)
    }

    @Test(
        "REQUIRE_COHERENT: maintained or bounced mappings fail, coherent ones within reach do not")
    func requireCoherent() throws {
        for (coherent, start, fails) in [
            (false, UInt64(0x1000), true), (true, 0x1000, false), (true, Self.high, true),
        ] {
            var lowering = try lowering("7.0", coherent: coherent)
            let call = Build.map(
                start, 64, .fromDevice, attributes: DMAAttributes(rawValue: 1 << 12))
            #expect(try lowering.lowered(call) == [])
            #expect((lowering.takeFailure() != nil) == fails)
        }
    }

    @Test("Slots go round the pool, whole pages begin on a page, and no segment is crossed")
    func slots() throws {
        var pool = BouncePool(BounceDeclaration(start: Self.slot, size: 1 << 20))
        #expect(pool.allocate(1) == Self.slot)
        pool.release(Self.slot, 1)
        #expect(pool.allocate(2_048) == Self.slot + 2_048)
        #expect(pool.allocate(4_096) == Self.slot + 4_096)
        #expect(pool.allocate(100) == Self.slot + 8_192)
        #expect(pool.allocate(256 << 10) == Self.slot + (256 << 10))
        #expect(pool.usedSlots == 1 + 2 + 1 + 128)
        #expect(pool.allocate((256 << 10) + 1) == nil)
    }

    @Test("A list: each entry by itself, and the slots of a list that fails are given back")
    func list() throws {
        var lowering = try lowering(size: 2_048)
        var call = DMACall(
            .mapSG, handle: Build.handle, device: Build.device,
            segments: [
                DMACall.Segment(at: Operand(Self.high), size: 64),
                DMACall.Segment(at: Operand(0x1000), size: 64),
            ], direction: .toDevice)
        #expect(
            try lowering.lowered(.dma(call)) == [
                copy(Self.slot, Self.high, 64), Short.clean(Self.slot, 64), Short.dsb,
                Short.clean(0x1000, 64), Short.dsb,
            ])
        _ = try lowering.lowered(DMACall(.unmapSG, handle: Build.handle))
        call.segments[1].start = Operand(Self.high + 64)
        _ = try lowering.lowered(.dma(call))
        #expect(lowering.takeFailure() != nil)
        _ = try lowering.lowered(Build.map(Self.high, 64, .toDevice))
        #expect(lowering.takeFailure() == nil)
    }
}

/// The two-step calls behind an IOMMU.
@Suite("IOVA ranges")
struct IOVATests {
    private func lowering(iommu: Bool = true) throws -> Lowering {
        var lowering = Lowering(try Build.profile(.arm64, "6.18", line: 64))
        lowering.reach[Build.device] = DMAReach(maskBits: 32, hasIOMMU: iommu)
        return lowering
    }

    private func reserve(_ size: UInt64) -> DMACall {
        DMACall(
            .iovaTryAlloc, handle: Build.handle, device: Build.device,
            segments: [DMACall.Segment(at: Operand(0x1000), size: size)])
    }

    private func link(
        _ start: UInt64, _ offset: UInt64, _ size: UInt64, attributes: DMAAttributes = []
    ) -> DMACall {
        DMACall(
            .iovaLink, handle: Build.handle,
            segments: [DMACall.Segment(at: Operand(start), size: size)], offset: offset,
            direction: .fromDevice, attributes: attributes)
    }

    @Test("A link is a map, an unlink of a part an unmap of what lies behind it")
    func parts() throws {
        var lowering = try lowering()
        #expect(try lowering.lowered(reserve(8_192)) == [])
        #expect(
            try lowering.lowered(link(0x1000, 0, 4_096)) == [Short.clean(0x1000, 4_096), Short.dsb])
        #expect(try lowering.lowered(link(0x9000, 4_096, 4_096, attributes: .skipCPUSync)) == [])
        #expect(
            try lowering.lowered(
                DMACall(
                    .iovaUnlink, handle: Build.handle, offset: 2_048, size: 4_096,
                    direction: .fromDevice))
                == [
                    Short.invalidate(0x1800, 2_048), Short.dsb, Short.invalidate(0x9000, 2_048),
                    Short.dsb,
                ])
        #expect(try lowering.lowered(DMACall(.iovaSync, handle: Build.handle)) == [])
    }

    @Test("The end of a range unmaps all of it; of an empty one it does nothing")
    func destroy() throws {
        var lowering = try lowering()
        _ = try lowering.lowered(reserve(4_096))
        let destroy = DMACall(.iovaDestroy, handle: Build.handle)
        #expect(try lowering.lowered(destroy) == [])
        _ = try lowering.lowered(reserve(4_096))
        _ = try lowering.lowered(link(0x1000, 0, 64))
        #expect(try lowering.lowered(destroy) == [Short.invalidate(0x1000, 64), Short.dsb])
    }

    @Test("Without an IOMMU, before 6.16, and beyond the range it is an error")
    func errors() throws {
        var none = try lowering(iommu: false)
        let error = #expect(throws: LoweringError.self) { try none.lowered(reserve(64)) }
        #expect(error?.description.contains("has no IOMMU") == true)
        var old = Lowering(try Build.profile(.arm64, "6.12", line: 64))
        #expect(throws: LoweringError.self) { try old.lowered(reserve(64)) }
        var lowering = try lowering()
        _ = try lowering.lowered(reserve(4_096))
        #expect(throws: LoweringError.self) { try lowering.lowered(link(0x1000, 64, 4_096)) }
    }
}
