import DMAMapping
import Operations
import Quantities
import Testing

/// A pool of blocks of 100 bytes, aligned to 64: 128 bytes each, 32 in a page.
@Suite struct PoolTests {
    static let pool = HandleID(rawValue: 20)
    var lowering: Lowering

    init() throws {
        lowering = Lowering(try Build.profile(.arm64, "6.12", line: 64))
        let create = DMACall(
            .poolCreate, handle: Self.pool, device: Build.device, size: 100, pool: Self.pool,
            alignment: 64)
        #expect(try lowering.lowered(create).isEmpty)
    }

    static func allocate(
        _ address: UInt64, handle: UInt32, _ function: DMACall.Function = .poolAlloc
    ) -> DMACall {
        DMACall(
            function, handle: HandleID(rawValue: handle),
            segments: [DMACall.Segment(at: Operand(address), size: 100)], pool: pool)
    }

    @Test mutating func blocksShareAPageOfCoherentMemory() throws {
        let page = [
            Short.clean(0x5000, 4_096), Short.dsb,
            .setMemoryType(start: 0x5000, size: 4_096, .nonCacheable, .outerShareable),
            Short.zero(0x5000, 4_096),
        ]
        #expect(try lowering.lowered(Self.allocate(0x5080, handle: 1)) == page)
        #expect(try lowering.lowered(Self.allocate(0x5000, handle: 2)).isEmpty)
        let zeroed = try lowering.lowered(Self.allocate(0x5100, handle: 3, .poolZalloc))
        #expect(zeroed == [Short.zero(0x5100, 128)])
        #expect(lowering.liveAllocations.map(\.size) == [128, 128, 128])

        // A block in use: the pool goes, its memory stays as it is.
        var busy = lowering
        let destroy = DMACall(.poolDestroy, handle: Self.pool, pool: Self.pool)
        #expect(try busy.lowered(destroy).isEmpty)
        for handle: UInt32 in 1...3 {
            let free = DMACall(.poolFree, handle: HandleID(rawValue: handle), pool: Self.pool)
            #expect(try lowering.lowered(free).isEmpty)
        }
        #expect(
            try lowering.lowered(destroy) == [
                .setMemoryType(start: 0x5000, size: 4_096, .writeBack, .innerShareable)
            ])
        #expect(lowering.livePools.isEmpty)
    }

    /// Before 6.4 only the pages that have blocks in use were kept.
    @Test(arguments: ["5.10", "6.12"])
    func aBusyPoolKeepsPages(_ kernel: String) throws {
        var lowering = Lowering(try Build.profile(.arm64, kernel, line: 64))
        _ = try lowering.lowered(
            DMACall(
                .poolCreate, handle: Self.pool, device: Build.device, size: 100, pool: Self.pool,
                alignment: 64))
        _ = try lowering.lowered(Self.allocate(0x5000, handle: 1))
        _ = try lowering.lowered(Self.allocate(0x9000, handle: 2))
        _ = try lowering.lowered(
            DMACall(.poolFree, handle: HandleID(rawValue: 1), pool: Self.pool))
        let freed = try lowering.lowered(
            DMACall(.poolDestroy, handle: Self.pool, pool: Self.pool))
        #expect(
            freed
                == (kernel == "6.12"
                    ? []
                    : [.setMemoryType(start: 0x5000, size: 4_096, .writeBack, .innerShareable)]))
    }

    @Test mutating func blocksStandWhereThePoolPutsThem() throws {
        let reasons: [(UInt64, String)] = [
            (0x5020, "not a multiple of 64"), (0x5FC0, "a block of 128 bytes does not cross 4096"),
        ]
        for (address, reason) in reasons {
            #expect(throws: LoweringError.invalidPoolBlock(address, reason: reason)) {
                try lowering.lowered(Self.allocate(address, handle: 1))
            }
        }
    }

    @Test mutating func impossiblePoolsAreRefused() throws {
        for (size, alignment, boundary): (UInt64, UInt64, UInt64) in [
            (0, 64, 0), (100, 48, 0), (100, 64, 64), (100, 64, 192),
        ] {
            let create = DMACall(
                .poolCreate, handle: Self.pool, device: Build.device, size: size, pool: Self.pool,
                alignment: alignment, boundary: boundary)
            #expect(
                throws: LoweringError.invalidPool(
                    size: size, alignment: alignment, boundary: boundary)
            ) { try lowering.lowered(create) }
        }
    }
}
