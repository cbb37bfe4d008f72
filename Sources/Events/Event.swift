import Quantities

/// What a core's time goes to.
///
/// The parts sum to the total. The order is that of reports: from the core outwards.
@frozen
public enum Cause: UInt8, CaseIterable, Sendable {
    /// Instructions: explicit work, and the share of each fetch.
    case work = 0
    /// Level-1 accesses: the issue slot of each access, and the hit latency where a dependent load waits for it.
    case level1 = 1
    /// Waiting for the second level.
    case level2 = 2
    /// Waiting for the third level.
    case level3 = 10
    /// Waiting for memory by cacheable accesses.
    case memory = 3
    /// Waiting for the translation of an address.
    case translation = 11
    /// Waiting for room in the store buffer.
    case storeBufferFull = 4
    /// Barriers.
    case barrier = 5
    /// Cache maintenance.
    case maintenance = 6
    /// Waiting for Normal non-cacheable accesses.
    case uncached = 7
    /// Waiting for Device and Strongly-ordered accesses.
    case device = 8
    /// Waiting for a device's completion.
    case wait = 9

    /// The word of reports and JSON.
    public var name: String {
        switch self {
        case .work: "work"
        case .level1: "l1"
        case .level2: "l2"
        case .memory: "dram"
        case .storeBufferFull: "storeBufferFull"
        case .barrier: "barrier"
        case .maintenance: "maintenance"
        case .uncached: "uncached"
        case .device: "device"
        case .wait: "wait"
        case .level3: "l3"
        case .translation: "tlb"
        }
    }
}

/// Why a line moved.
@frozen
public enum MoveReason: UInt32, Sendable {
    /// A load, store or fetch needed it.
    case demand
    /// Another line needed its place.
    case replacement
    /// A maintenance operation asked.
    case maintenance
    /// Another agent's access found it.
    case snoop
    /// A prefetcher.
    case prefetch
    /// An `env` statement: speculation or an eviction that the trace pins.
    case environment
    /// The line moved to the other level of an exclusive pair, or with its modified bytes to another core.
    case exchange
    /// The level below gave the line up, and holds all that is here.
    case inclusion
}

/// Something that happened, in 32 bytes without text.
///
/// Which fields mean what stands at each ``Kind``. Everything that counts, judges or draws folds these.
@frozen
public struct Event: BitwiseCopyable, Sendable, Hashable {
    /// What happened.
    @frozen
    public enum Kind: UInt8, CaseIterable, Sendable {
        /// A load of `size` bytes at `address` was served by `place`. One event for each line touched.
        /// `detail`: the memory type. `other`: 0 an L1 hit; 1 the line was filled for it, an L1 miss; 2 no L1 took
        /// part.
        case load
        /// A store of `size` bytes at `address` was taken by `place`: a cache, memory, or a buffer.
        /// `detail`: the memory type, or the entry's number where `place` is a buffer. `other`: 1 if it
        /// is of write-back memory and L1 did not hold the line.
        case store
        /// A fetch of `size` bytes at `address` was served by `place`. `other` as for ``load``.
        case fetch
        /// `place` took the line at `address` of `size` bytes from `other`. `detail`: ``MoveReason``.
        ///
        /// Where the line was modified in another core's cache it may still be, here: the first store there, an
        /// eviction or a clean will tell.
        case linefill
        /// A read of `size` bytes at `address` that missed L1 asked the second level `place`. `other`: 1 if it missed.
        case levelRead
        /// A write of `size` bytes at `address` from L1 or a store buffer asked the second level `place`.
        /// `other`: 1 if it missed.
        case levelWrite
        /// `place` wrote `size` bytes at `address`, the line or its dirty part, to `other`; the line stays.
        /// `detail`: ``MoveReason``.
        case writeback
        /// `place` gave up the line at `address`. `other`: 1 if dirty bytes were dropped. `detail`: ``MoveReason``.
        case invalidate
        /// Buffer `place` handed entry `detail`, `size` bytes at `address`, to `other`.
        case drain
        /// Entry `detail` of core buffer `place` went into slot `size` of the outer store buffer.
        case slotEntered
        /// As ``drain``, and the entry stays: a write-through store on its way to a second place.
        case drainCopy
        /// A device read `size` bytes at `address` from `place`.
        case deviceRead
        /// A device wrote `size` bytes at `address` to `place`.
        case deviceWrite
        /// A core's doorbell store reached device `other`.
        case doorbell
        /// Core `agent` has seen that the operations of device `other` so far are complete.
        case completionObserved
        /// Device `agent` starts an operation. `other`: 1 if it follows a doorbell, 0 if it happens in trace order.
        /// Where it fetches a descriptor that it decodes itself: `size` bytes of it are at `address`.
        case deviceStart
        /// Device `agent` finished an operation.
        case deviceDone
        /// A maintenance operation by address on the line at `address`. `place`: the last level it reaches.
        /// `detail`: the raw value of the instruction.
        case maintenance
        /// A barrier completed. `detail`: instruction | domain << 2 | accesses << 4.
        case barrier
        /// Core `agent` spent `address` ticks on `other`, a ``Cause``.
        case time
        /// Bytes moved over DRAM's pins: `size` bytes; `other` 1 for writes. `detail` 1: to or from memory on the chip,
        /// and not over the pins.
        case memoryTraffic
        /// A store-exclusive of `size` bytes at `address` failed: the core's monitor was not set. Nothing was stored.
        case exclusiveFailed
        /// A prefetcher of core `agent` asked for the line at `address` for `place`.
        case prefetch
    }

    /// When, in picoseconds since the start.
    public var tick: Ticks
    /// An address, or for ``Kind/time`` a span in ticks.
    public var address: UInt64
    /// The number of the statement that led to it.
    public var record: UInt32
    /// Bytes.
    public var size: UInt32
    /// The number of a buffer entry, or as the kind says.
    public var detail: UInt32
    /// What happened.
    public var kind: Kind
    /// Who did it.
    public var agent: Agent
    /// Where.
    public var place: Place
    /// Where to or from, or as the kind says.
    public var other: UInt8

    /// Makes an event.
    @inlinable
    public init(
        _ kind: Kind, at tick: Ticks, agent: Agent, place: Place = .memory, other: UInt8 = 0,
        address: UInt64 = 0,
        size: UInt32 = 0, detail: UInt32 = 0, record: UInt32 = 0
    ) {
        self.tick = tick
        self.address = address
        self.record = record
        self.size = size
        self.detail = detail
        self.kind = kind
        self.agent = agent
        self.place = place
        self.other = other
    }

    /// `other` as a place.
    @inlinable
    public var otherPlace: Place { Place(rawValue: other) }
}
