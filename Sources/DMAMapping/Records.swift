import Operations
import Quantities

/// What a map call made.
public struct MappingRecord: Hashable, Sendable {
    /// Its handle.
    public var handle: HandleID
    /// The call that made it, such as `mapSingle` or `mapSG`.
    public var function: DMACall.Function
    /// For which device.
    public var device: Agent
    /// What is mapped.
    public var segments: [DMACall.Segment]
    /// Which way.
    public var direction: DMADirection
    /// The attributes of the map call.
    public var attributes: DMAAttributes
    /// Whether it is still mapped.
    ///
    /// What was unmapped is kept, so that a late sync or a second unmap has an address.
    public var isLive = true
    /// Whether `dma_mapping_error` was asked.
    public var isErrorChecked = false
    /// Where the device finds the segments instead, for those that bounce; empty: none does.
    public var slots: [UInt64?] = []
    /// Whether the kernel could not map it and returned `DMA_MAPPING_ERROR`.
    public var isFailed = false
    /// The order of creation among mappings, allocations and pools.
    public var sequence: UInt64
}

/// A stretch of memory that a device has in a bounce slot instead.
public struct Bounce: Hashable, Sendable {
    /// Which device.
    public var device: Agent
    /// The handle of its mapping.
    public var handle: HandleID
    /// The first address, as the program uses it.
    public var start: UInt64
    /// How many bytes.
    public var size: UInt64
    /// The first byte of the slot, a physical address.
    public var slot: UInt64

    /// The bytes of the slot that the mapping uses.
    public var slotRange: Range<UInt64> { slot..<slot + max(size, 1) }
}

/// What an allocation made.
public struct AllocationRecord: Hashable, Sendable {
    /// Its handle.
    public var handle: HandleID
    /// The call that made it.
    public var function: DMACall.Function
    /// For which device.
    public var device: Agent
    /// Where it is.
    public var start: Operand
    /// How many bytes were asked for.
    public var size: UInt64
    /// How many bytes there are: whole pages, except for a pool's block.
    public var bytes: UInt64
    /// The direction, where the call has one (`dma_alloc_noncoherent`, `dma_alloc_pages`).
    public var direction: DMADirection?
    /// The memory type the core has it with.
    public var type: MemoryType
    /// The pool it is from; `SymbolID.none` if from none.
    public var pool: HandleID
    /// Whether it lies in memory that is set apart for the device (`dma_declare_coherent_memory`).
    public var isSetApart = false
    /// The kernel's second mapping of it (`dma_vmap_noncontiguous`); nil: none.
    public var kernelMapping: MemoryMapping?
    /// Whether it is not freed yet.
    public var isLive = true
    /// The order of creation among mappings, allocations and pools.
    public var sequence: UInt64
}

/// A pool of equal blocks in coherent memory.
public struct PoolRecord: Hashable, Sendable {
    /// Its handle.
    public var handle: HandleID
    /// For which device.
    public var device: Agent
    /// Bytes in a block, rounded up to the alignment.
    public var blockSize: UInt64
    /// The alignment of blocks, in bytes.
    public var alignment: UInt64
    /// What no block crosses, in bytes.
    public var boundary: UInt64
    /// The coherent allocations it has made so far, in order.
    public var chunks: [Chunk] = []
    /// Whether it is not destroyed yet.
    public var isLive = true
    /// The order of creation among mappings, allocations and pools.
    public var sequence: UInt64

    /// One coherent allocation of a pool.
    public struct Chunk: Hashable, Sendable {
        /// Where it is.
        public var start: Operand
        /// How many bytes it has.
        public var bytes: UInt64

        /// Whether an address is in it.
        func contains(_ address: UInt64) -> Bool {
            address >= start.address.rawValue && address - start.address.rawValue < bytes
        }
    }
}
