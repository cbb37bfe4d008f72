/// The arrays of one copy of a cache by their addresses, for the fast path.
struct CacheWindow: BitwiseCopyable {
    let entries: UnsafeMutablePointer<UInt64>
    /// See ``CacheBank/loadHeads``.
    let loadHeads: UnsafeMutablePointer<UInt64>
    /// See ``CacheBank/storeHeads``.
    let storeHeads: UnsafeMutablePointer<UInt64>
    let pointers: UnsafeMutablePointer<UInt64>
    let setMask: UInt64
    let headMask: UInt64
    let lineShift: UInt64
    let ways: Int
    let policy: ReplacementPolicy

    /// Bytes of a line.
    var lineSize: UInt64 { 1 &<< lineShift }

    /// Searches the set of a line for it, in a state that `mask` leaves open, and notes its use.
    ///
    /// By the window's address: a window is large, and would be copied for each search.
    ///
    /// - Returns: its entry; nil if it is not there.
    @inline(__always)
    static func find(
        _ window: UnsafePointer<CacheWindow>, _ line: UInt64, state: UInt64, mask: UInt64
    ) -> UnsafeMutablePointer<UInt64>? {
        let set = Int(truncatingIfNeeded: line & window.pointee.setMask)
        let ways = window.pointee.ways
        let first = window.pointee.entries + set &* ways
        let key = line &<< CacheBank.stateBits | state | mask
        var way = 0
        while first[way] | mask != key {
            way &+= 1
            if way == ways { return nil }
        }
        let policy = window.pointee.policy
        guard policy == .lru else {
            if policy.notesUses {
                CacheBank.noteUse(policy, window.pointee.pointers + set, way, ways)
            }
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

    /// Lets accesses to a line that was used just now pass unseen, as far as its state allows.
    @inline(__always)
    func setHeads(_ line: UInt64, _ entry: UInt64) {
        let state = entry & CacheBank.stateMask
        let place = line & headMask
        let none = (place ^ 1) &<< lineShift
        let address = line &<< lineShift
        let head = Int(truncatingIfNeeded: place)
        // A load does not care whether the line is dirty or shared, but whether a prefetcher brought it. A store
        // changes nothing if all of the line is dirty and no other core has it.
        let isLoadable = state & (CacheBank.valid | CacheBank.prefetched) == CacheBank.valid
        loadHeads[head] = isLoadable ? address : none
        storeHeads[head] = state == CacheBank.valid | CacheBank.dirty ? address : none
    }

    /// Lets loads from a line that was used just now pass unseen, as far as its state allows, and no stores.
    @inline(__always)
    func setLoadHead(_ line: UInt64, _ entry: UInt64) {
        setHeads(line, entry)
        let place = line & headMask
        storeHeads[Int(truncatingIfNeeded: place)] = (place ^ 1) &<< lineShift
    }

    /// Lets no access to a line's place pass unseen.
    @inline(__always)
    func clearHeads(_ line: UInt64) { setHeads(line, 0) }
}
