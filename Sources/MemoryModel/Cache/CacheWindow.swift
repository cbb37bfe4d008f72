/// The arrays of one copy of a cache by their addresses, for the fast path.
struct CacheWindow {
    let entries: UnsafeMutablePointer<UInt64>
    let hints: UnsafeMutablePointer<UInt8>
    let pointers: UnsafeMutablePointer<UInt64>
    let setMask: UInt64
    let hintMask: UInt64
    /// The size of a line less one.
    let lineMask: UInt64
    let lineShift: UInt64
    let ways: Int
    /// Bytes of a set's entries.
    let setBytes: Int
    let policy: ReplacementPolicy

    /// What a load does not care about: whether the line is dirty or shared.
    ///
    /// It does care whether a prefetcher brought it.
    static var loadMask: UInt64 { CacheBank.dirty | CacheBank.shared }
    /// A line that a store may go to without telling anybody: valid, all dirty, no other core has it.
    static var writable: UInt64 { CacheBank.valid | CacheBank.dirty }

    /// Whether all bytes of an access are in one line.
    @inline(__always)
    func isWithinLine(_ address: UInt64, _ size: UInt32) -> Bool {
        // Equal above the line's own bits.
        address ^ (address &+ UInt64(size) &- 1) <= lineMask
    }

    /// The entry that the hint of a line names.
    ///
    /// A hint that hits needs no note of the use: under the policies that note any it names the line used last in
    /// its set.
    @inline(__always)
    func hinted(_ line: UInt64) -> UInt64 {
        let hint = Int(truncatingIfNeeded: hints[Int(truncatingIfNeeded: line & hintMask)])
        let set =
            UnsafeRawPointer(entries) + Int(truncatingIfNeeded: line & setMask) &* setBytes
        return set.assumingMemoryBound(to: UInt64.self)[hint]
    }

    /// Whether L1 holds a line so that a load, or a fetch, hits it without anything else to do.
    @inline(__always)
    func loads(_ line: UInt64) -> Bool {
        hinted(line) | Self.loadMask
            == line &<< CacheBank.stateBits | CacheBank.valid | Self.loadMask
    }

    /// Whether L1 holds a line so that a store hits it without anything else to do.
    @inline(__always)
    func stores(_ line: UInt64) -> Bool {
        hinted(line) == line &<< CacheBank.stateBits | Self.writable
    }

    /// Searches the set of a line for it, in a state that `mask` leaves open, and notes its use.
    ///
    /// - Returns: whether it is there.
    func find(_ line: UInt64, state: UInt64, mask: UInt64) -> Bool {
        let set = Int(truncatingIfNeeded: line & setMask)
        let first = entries + set &* ways
        let key = line &<< CacheBank.stateBits | state | mask
        var way = 0
        while first[way] | mask != key {
            way &+= 1
            if way == ways { return false }
        }
        guard policy == .lru else {
            if policy.notesUses { CacheBank.noteUse(policy, pointers + set, way, ways) }
            hints[Int(truncatingIfNeeded: line & hintMask)] = UInt8(truncatingIfNeeded: way)
            return true
        }
        let entry = first[way]
        var place = way
        while place > 0 {
            first[place] = first[place &- 1]
            place &-= 1
        }
        first.pointee = entry
        return true
    }
}
