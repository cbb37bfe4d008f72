/// The arrays of one copy of a cache by their addresses, for the fast path.
struct CacheWindow: BitwiseCopyable {
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

    /// Searches the set of a line for it, in a state that `mask` leaves open, and notes its use.
    ///
    /// - Returns: its entry; nil if it is not there.
    func find(_ line: UInt64, state: UInt64, mask: UInt64) -> UnsafeMutablePointer<UInt64>? {
        let set = Int(truncatingIfNeeded: line & setMask)
        let first = entries + set &* ways
        let key = line &<< CacheBank.stateBits | state | mask
        var way = 0
        while first[way] | mask != key {
            way &+= 1
            if way == ways { return nil }
        }
        guard policy == .lru else {
            if policy.notesUses { CacheBank.noteUse(policy, pointers + set, way, ways) }
            hints[Int(truncatingIfNeeded: line & hintMask)] = UInt8(truncatingIfNeeded: way)
            return first + way
        }
        let entry = first[way]
        var place = way
        while place > 0 {
            first[place] = first[place &- 1]
            place &-= 1
        }
        first.pointee = entry
        return first
    }
}
