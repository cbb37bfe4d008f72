import Operations
import Quantities

/// Pools (mm/dmapool.c): blocks of coherent memory, allocated a chunk of pages at a time.
extension Lowering {
    mutating func lowerPoolCreate(_ call: DMACall) throws(LoweringError) {
        _ = try Self.linux(call.function, profile)
        guard let device = call.device else { throw .missing(call.function, .device) }
        guard let size = call.size ?? call.segments.first?.size else {
            throw .missing(call.function, .size)
        }
        let alignment = call.alignment == 0 ? 1 : call.alignment
        let smallest = max(size, smallestBlock)
        guard (1...UInt64(Int32.max)).contains(size), alignment & (alignment - 1) == 0,
            alignment <= UInt64(Int32.max)
        else { throw Self.invalidPool(call, size) }
        let blockSize = (smallest + alignment - 1) & ~(alignment - 1)
        let isBoundaryValid =
            call.boundary == 0
            || (call.boundary >= blockSize && call.boundary & (call.boundary - 1) == 0)
        guard isBoundaryValid else { throw Self.invalidPool(call, size) }
        let handle = Self.poolHandle(call)
        let chunk = max(blockSize, Self.pageSize)
        poolsByHandle[handle] = PoolRecord(
            handle: handle, device: device, blockSize: blockSize, alignment: alignment,
            boundary: call.boundary == 0 ? chunk : min(call.boundary, chunk),
            sequence: takeSequence())
    }

    /// Lowers the allocation of a block: coherent memory if the pool has none at the address, zeros if asked for.
    mutating func lowerPoolAllocation(
        _ call: DMACall, into output: inout [Operation]
    ) throws(LoweringError) {
        let function = call.function
        _ = try Self.linux(function, profile)
        guard var pool = poolsByHandle[call.pool] else { throw .unknownHandle(function, call.pool) }
        guard let start = call.segments.first?.start else { throw .missing(function, .segment) }
        let block = DMACall.Segment(at: start, size: pool.blockSize)
        try check(function, block)
        try checkPlace(of: block, in: pool)
        let steps = try Self.describe(
            function, isCoherent: coherentDevices.contains(pool.device), profile: profile)
        let address = start.address.rawValue
        if !pool.chunks.contains(where: { $0.contains(address) }) {
            let distance = address % Self.pageSize
            let chunk = PoolRecord.Chunk(
                start: Operand(address - distance, symbol: distance == 0 ? start.symbol : .none),
                bytes: Self.wholePages(pool.blockSize))
            let isApart = isSetApart(chunk.start.address.rawValue, chunk.bytes, for: pool.device)
            expand(
                isApart ? [.zero] : steps, over: chunk.start, size: chunk.bytes, into: &output)
            pool.chunks.append(chunk)
            poolsByHandle[call.pool] = pool
        }
        if function == .poolZalloc {
            expand([.zero], over: start, size: pool.blockSize, into: &output)
        }
        mappings[call.handle] = nil
        allocations[call.handle] = AllocationRecord(
            handle: call.handle, function: function, device: pool.device, start: start,
            size: pool.blockSize, bytes: pool.blockSize,
            type: isSetApart(address, pool.blockSize, for: pool.device)
                ? .nonCacheable : Self.memoryType(after: steps), pool: call.pool,
            sequence: takeSequence())
    }

    mutating func lowerPoolFree(_ call: DMACall) throws(LoweringError) {
        _ = try Self.linux(call.function, profile)
        guard allocations[call.handle] != nil || mappings[call.handle] != nil else {
            throw .unknownHandle(call.function, call.handle)
        }
        allocations[call.handle]?.isLive = false
    }

    /// Lowers the end of a pool.
    ///
    /// If a block is still in use the kernel complains, and leaves the block's page as it is: from 6.4 on all pages.
    mutating func lowerPoolDestroy(
        _ call: DMACall, into output: inout [Operation]
    ) throws(LoweringError) {
        let handle = Self.poolHandle(call)
        _ = try Self.linux(call.function, profile)
        guard let pool = poolsByHandle[handle] else { throw .unknownHandle(call.function, handle) }
        let steps = try Self.describe(
            call.function, isCoherent: coherentDevices.contains(pool.device), profile: profile)
        let blocks = allocations.values.filter { $0.isLive && $0.pool == handle }
        let keepsAll = try Self.keepsBusyPools(Self.linux(call.function, profile))
        for chunk in pool.chunks {
            let isBusy = blocks.contains { keepsAll || chunk.contains($0.start.address.rawValue) }
            if isBusy
                || isSetApart(chunk.start.address.rawValue, chunk.bytes, for: pool.device)
            {
                continue
            }
            expand(steps, over: chunk.start, size: chunk.bytes, into: &output)
        }
        poolsByHandle[handle]?.isLive = false
        poolsByHandle[handle]?.chunks = []
    }

    /// Whether a pool that is destroyed with a block in use keeps all its pages, of which one message tells: from 6.4 on.
    ///
    /// Before, each page that has such a block is kept, with a message of its own. (mm/dmapool.c, `dma_pool_destroy`;
    /// the first kernel is from memory: the change is of January 2023)
    public static func keepsBusyPools(_ kernel: KernelVersion) -> Bool {
        kernel >= KernelVersion(6, 4)
    }

    /// The kernel keeps a pointer and an address in a free block (`struct dma_block`).
    private var smallestBlock: UInt64 { profile.architecture == .arm64 ? 16 : 8 }

    private func checkPlace(
        of block: DMACall.Segment, in pool: PoolRecord
    ) throws(LoweringError) {
        let address = block.start.address.rawValue
        let distance = address % Self.pageSize
        if address % pool.alignment != 0 {
            throw .invalidPoolBlock(address, reason: "not a multiple of \(pool.alignment)")
        }
        // A block of a page or more has a chunk of its own; smaller ones share a page.
        let isInPlace =
            pool.blockSize >= Self.pageSize
            ? distance == 0 : distance % pool.boundary + block.size <= pool.boundary
        guard isInPlace else {
            throw .invalidPoolBlock(
                address,
                reason: "a block of \(pool.blockSize) bytes does not cross \(pool.boundary)")
        }
    }

    /// The trace names the pool on the left of `dma_pool_create` and first in the other calls.
    private static func poolHandle(_ call: DMACall) -> HandleID {
        call.pool == .none ? call.handle : call.pool
    }

    private static func invalidPool(_ call: DMACall, _ size: UInt64) -> LoweringError {
        .invalidPool(size: size, alignment: call.alignment, boundary: call.boundary)
    }
}
