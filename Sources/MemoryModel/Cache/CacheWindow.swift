/// The arrays of one copy of a cache by their addresses, for the fast path.
struct CacheWindow {
    let entries: UnsafeMutablePointer<UInt64>
    let hints: UnsafeMutablePointer<UInt8>
    let trees: UnsafeMutablePointer<UInt64>
    let setMask: UInt64
    let hintMask: UInt64
    /// The size of a line less one.
    let lineMask: UInt64
    let lineShift: UInt64
    let ways: Int
    /// Bytes of a set's entries.
    let setBytes: Int
    let policy: ReplacementPolicy

    /// Whether all bytes of an access are in one line.
    @inline(__always)
    func isWithinLine(_ address: UInt64, _ size: UInt32) -> Bool {
        // Equal above the line's own bits.
        address ^ (address &+ UInt64(size) &- 1) <= lineMask
    }

    /// The entry that the hint names, if it holds the line of an address; nil: search the set.
    ///
    /// A hint that hits needs no note of the use: under LRU and tree-PLRU it names the line used last in its set.
    @inline(__always)
    func hinted(_ address: UInt64) -> UnsafeMutablePointer<UInt64>? {
        let line = address &>> lineShift
        let hint = Int(truncatingIfNeeded: hints[Int(truncatingIfNeeded: line & hintMask)])
        let set =
            UnsafeMutableRawPointer(entries) + Int(truncatingIfNeeded: line & setMask) &* setBytes
        let entry = set.assumingMemoryBound(to: UInt64.self) + hint
        return entry.pointee | 6 == line &<< CacheBank.stateBits | 7 ? entry : nil
    }

    /// Finds the line that holds an address, and notes its use.
    ///
    /// - Returns: its entry; nil if it is not there.
    func find(_ address: UInt64) -> UnsafeMutablePointer<UInt64>? {
        if let entry = hinted(address) { return entry }
        let line = address &>> lineShift
        let set = Int(truncatingIfNeeded: line & setMask)
        let first = entries + set &* ways
        let key = line &<< CacheBank.stateBits | 7
        var way = 0
        while first[way] | 6 != key {
            way &+= 1
            if way == ways { return nil }
        }
        guard policy == .lru else {
            if policy == .treePLRU { Self.notePLRU(trees + set, way, ways) }
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

    /// Points the tree's nodes away from `way`.
    static func notePLRU(_ tree: UnsafeMutablePointer<UInt64>, _ way: Int, _ ways: Int) {
        var bits = tree.pointee
        var node = way + ways
        while node > 1 {
            let parent = node / 2
            let mask: UInt64 = 1 << UInt64(parent)
            if node & 1 == 0 { bits |= mask } else { bits &= ~mask }
            node = parent
        }
        tree.pointee = bits
    }
}
