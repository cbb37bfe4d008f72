import Operations

/// What a counting cache has counted.
public struct PlainCounts: Hashable, Sendable {
    /// Loads (or fetches, or reads from the level above).
    public var reads: UInt64 = 0
    /// Stores (or writes from the level above).
    public var writes: UInt64 = 0
    /// Reads that missed.
    public var readMisses: UInt64 = 0
    /// Writes that missed.
    public var writeMisses: UInt64 = 0
    /// Dirty lines that left, or were cleaned by a copy-back record.
    public var writebacks: UInt64 = 0
    /// Lines dirty at the end.
    public var dirtyAtEnd: UInt64 = 0

    /// Makes zero counts.
    public init() {}
}

/// Level 2's read misses by the access that caused the linefill.
public struct PlainMissKinds: Hashable, Sendable {
    /// For the sake of a load.
    public var loads: UInt64 = 0
    /// For the sake of a store.
    public var stores: UInt64 = 0
    /// For the sake of a fetch.
    public var fetches: UInt64 = 0

    /// Makes zero counts.
    public init() {}

    mutating func add(_ kind: AccessKind) {
        if kind == .fetch {
            fetches &+= 1
        } else if kind.isStore {
            stores &+= 1
        } else {
            loads &+= 1
        }
    }
}
