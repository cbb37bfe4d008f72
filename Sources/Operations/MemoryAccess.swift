import Quantities

/// What one access does to memory.
@frozen
public enum AccessKind: UInt8, CaseIterable, Sendable {
    /// A load (`ld`).
    case load
    /// A store (`st`).
    case store
    /// An instruction fetch (`fetch`).
    case fetch
    /// A load that Dinero marks as not to be prefetched on (`m`); otherwise a load.
    case miscellaneousRead
    /// Dinero's copy-back (`c`): a clean, the line stays. Size 0 means the whole cache.
    case copyBack
    /// Dinero's invalidate (`v`): the line goes, without a write-back. Size 0 means the whole cache.
    case invalidate
    /// A load-exclusive (`ldx`).
    case loadExclusive
    /// A store-exclusive (`stx`).
    case storeExclusive
    /// A load-acquire (`lda`).
    case loadAcquire
    /// A store-release (`stl`).
    case storeRelease
    /// A prefetch hint (`pld`).
    case prefetch

    /// Whether the access writes memory.
    @inlinable
    public var isStore: Bool {
        self == .store || self == .storeExclusive || self == .storeRelease
    }
}

/// One access, in 16 bytes: the record that millions of which make a trace.
@frozen
public struct MemoryAccess: BitwiseCopyable, Hashable, Sendable {
    /// The first byte, as the program addresses it.
    public var address: UInt64
    /// How many bytes.
    public var size: UInt32
    /// Kind, agent and flags in one word, from the lowest byte up, so that a hot loop tests them at once.
    @usableFromInline
    var tag: UInt32

    /// Makes an access.
    @inlinable
    public init(
        _ kind: AccessKind, at address: UInt64, size: UInt32, agent: Agent = .core(0),
        isDependent: Bool = false
    ) {
        self.address = address
        self.size = size
        tag = UInt32(kind.rawValue) | UInt32(agent.rawValue) &<< 8 | (isDependent ? 1 &<< 16 : 0)
    }

    /// What is done.
    @inlinable
    public var kind: AccessKind {
        // Only initialisers and this property write the byte, so that it is a case's raw value.
        get { unsafeBitCast(UInt8(truncatingIfNeeded: tag), to: AccessKind.self) }
        set { tag = tag & ~0xFF | UInt32(newValue.rawValue) }
    }

    /// Which core does it.
    @inlinable
    public var agent: Agent {
        get { Agent(rawValue: UInt8(truncatingIfNeeded: tag &>> 8)) }
        set { tag = tag & ~0xFF00 | UInt32(newValue.rawValue) &<< 8 }
    }

    /// Whether the address depends on the load before (pointer chase): such a load waits for it.
    @inlinable
    public var isDependent: Bool {
        get { tag & 1 &<< 16 != 0 }
        set { tag = tag & ~(1 &<< 16) | (newValue ? 1 &<< 16 : 0) }
    }

    /// How far the kind of an access of `core` without a flag is from ``AccessKind/load``.
    ///
    /// 0 to 2 are loads, stores and fetches; what is of another core, or has a flag, is farther away than any kind.
    @inlinable
    public func kindNumber(of core: UInt32) -> UInt32 { tag &- core &<< 8 }
}

/// A run of equal accesses, `ld|st ADDRESS BYTES by SIZE [step N] [work W]`.
public struct AccessRun: Hashable, Sendable {
    /// A load or a store.
    public var kind: AccessKind
    /// Where the first access is.
    public var start: Operand
    /// How many bytes all accesses touch together.
    ///
    /// Where accesses follow one another without gaps this need not be a multiple of `size`: the last access is then
    /// as short as what is left, as the tail of a packet is.
    public var bytes: UInt64
    /// How many bytes each access touches, but for a shorter last one.
    public var size: UInt32
    /// How far the accesses are apart, in bytes.
    public var step: UInt64
    /// Cycles of work after each access.
    public var work: UInt64

    /// Makes a run; `step` nil means one access directly after the other.
    public init(
        _ kind: AccessKind, from start: Operand, bytes: UInt64, by size: UInt32,
        step: UInt64? = nil,
        work: UInt64 = 0
    ) {
        self.kind = kind
        self.start = start
        self.bytes = bytes
        self.size = size
        self.step = step ?? UInt64(size)
        self.work = work
    }

    /// How many accesses there are.
    public var count: UInt64 { bytes / UInt64(size) + (bytes % UInt64(size) == 0 ? 0 : 1) }

    /// How many bytes the access at `index` touches.
    @inlinable
    public func size(at index: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: Swift.min(UInt64(size), bytes &- index &* UInt64(size)))
    }

    /// How many bytes lie from the first one that is touched to the last, those between accesses among them.
    public var extent: UInt64 {
        count == 0 ? 0 : (count - 1) &* step &+ UInt64(size(at: count - 1))
    }

    /// The most accesses that a run may have, 2^40.
    public static let maximumCount: UInt64 = 1 << 40
}

/// Load/store pairs, `copy DST SRC BYTES by SIZE [work W]`.
public struct CopyRun: Hashable, Sendable {
    /// Where the stores go.
    public var destination: Operand
    /// Where the loads come from.
    public var source: Operand
    /// How many bytes are copied.
    public var bytes: UInt64
    /// How many bytes each load and each store moves; the last pair may be shorter.
    public var size: UInt32
    /// Cycles of work after each pair.
    public var work: UInt64
    /// Whether it is the kernel's copy of a page that is about to be written (copy on write).
    public var isOnWrite = false

    /// Makes a copy.
    public init(
        to destination: Operand, from source: Operand, bytes: UInt64, by size: UInt32,
        work: UInt64 = 0
    ) {
        self.destination = destination
        self.source = source
        self.bytes = bytes
        self.size = size
        self.work = work
    }
    /// How many pairs there are.
    public var count: UInt64 { bytes / UInt64(size) + (bytes % UInt64(size) == 0 ? 0 : 1) }

    /// How many bytes the pair at `index` moves.
    @inlinable
    public func size(at index: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: Swift.min(UInt64(size), bytes &- index &* UInt64(size)))
    }
}
