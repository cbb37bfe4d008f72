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
    /// Whether hints are kept: a use under an alias changes a set's order and not the hint of its lines.
    let keepsHints: Bool

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
            if keepsHints {
                hints[Int(truncatingIfNeeded: line & hintMask)] = UInt8(truncatingIfNeeded: way)
            }
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
