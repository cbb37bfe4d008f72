import Operations

/// How many accesses there were, by what they are.
struct AccessCounts: Hashable, Sendable {
    /// Accesses of which a number is a part.
    enum Base: Hashable, Sendable {
        case all, data, loads, stores, fetches
    }

    var loads: UInt64 = 0
    var stores: UInt64 = 0
    var fetches: UInt64 = 0

    /// How many of them a number is a part of.
    subscript(base: Base) -> UInt64 {
        switch base {
        case .all: loads + stores + fetches
        case .data: loads + stores
        case .loads: loads
        case .stores: stores
        case .fetches: fetches
        }
    }

    /// Counts an access; records for caches, and prefetches, are none.
    @inline(__always)
    mutating func add(_ kind: AccessKind) {
        switch kind {
        case .prefetch, .copyBack, .invalidate: break
        case .fetch: fetches &+= 1
        default: if kind.isStore { stores &+= 1 } else { loads &+= 1 }
        }
    }

    static func += (left: inout AccessCounts, right: AccessCounts) {
        left.loads += right.loads
        left.stores += right.stores
        left.fetches += right.fetches
    }
}
