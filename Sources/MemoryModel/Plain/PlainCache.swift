import Quantities

// The counting cache: LRU, write-back, write-allocate, no time. Sets are runs of entries in order of use, the
// most recent first. What counts: one access for each line touched, unless the straddle rule says otherwise.

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

/// One level of the counting machine.
struct PlainCache: ~Copyable {
    /// Line number << 1 | dirty; all ones: empty.
    let entries: OwnedBuffer<UInt64>
    let setMask: UInt64
    let ways: Int
    let shift: UInt64
    var counts = PlainCounts()

    static var empty: UInt64 { .max }

    init(_ configuration: CacheConfiguration) {
        ways = configuration.ways
        setMask = configuration.sets - 1
        shift = UInt64(configuration.lineSize.trailingZeroBitCount)
        entries = OwnedBuffer(repeating: Self.empty, count: Int(configuration.sets) * ways)
    }

    /// Where the set of a line begins.
    @inline(__always)
    func set(_ line: UInt64) -> UnsafeMutablePointer<UInt64> {
        entries.base + Int(truncatingIfNeeded: line & setMask) &* ways
    }

    /// Uses a line, filling it if it is absent.
    ///
    /// - Returns: the entry that had to leave, ``empty`` if none; nil for a hit.
    @inline(__always)
    func use(_ line: UInt64, dirty: UInt64) -> UInt64? {
        let base = set(line)
        let first = base[0]
        if first &>> 1 == line {
            base[0] = first | dirty
            return nil
        }
        return useBeyondFirst(base, line, dirty, first)
    }

    @inline(__always)
    private func useBeyondFirst(
        _ base: UnsafeMutablePointer<UInt64>, _ line: UInt64, _ dirty: UInt64, _ first: UInt64
    ) -> UInt64? {
        // Entries move one place back on the way; the walk ends where the line was found.
        var carried = first
        var way = 1
        while way < ways {
            let entry = base[way]
            base[way] = carried
            if entry &>> 1 == line {
                base[0] = entry | dirty
                return nil
            }
            carried = entry
            way &+= 1
        }
        base[0] = line &<< 1 | dirty
        return carried
    }

    /// The index of a line, without using it.
    func find(_ line: UInt64) -> Int? {
        let first = Int(line & setMask) * ways
        return (first..<first + ways).first {
            entries[$0] &>> 1 == line && entries[$0] != Self.empty
        }
    }

    /// Takes a line out; the free way goes last.
    func remove(at index: Int) {
        let end = index / ways * ways + ways
        var place = index
        while place + 1 < end {
            entries[place] = entries[place + 1]
            place += 1
        }
        entries[place] = Self.empty
    }

    /// The dirty lines, in the order of sets, most recent first.
    var dirtyLines: [UInt64] {
        (0..<entries.count).filter { entries[$0] & 1 == 1 && entries[$0] != Self.empty }
            .map { entries[$0] &>> 1 }
    }
}
