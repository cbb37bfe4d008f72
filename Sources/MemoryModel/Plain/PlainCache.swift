import Quantities

// One level of the counting machine: LRU or FIFO, write-back, write-allocate, no time. Sets are runs of entries, the
// most recent first (by use with LRU, by linefill with FIFO). What counts as an access is `PlainHierarchy`'s
// business; a cache finds, fills and evicts.

/// One level of the counting machine.
struct PlainCache: ~Copyable {
    /// Line number << 1 | dirty; ``empty`` where there is none.
    ///
    /// The top bit is never set.
    let entries: OwnedBuffer<UInt64>
    let setMask: UInt64
    let ways: Int
    let shift: UInt64
    /// Whether a hit makes its line the most recent: bit 0 for loads, bit 1 for stores.
    let movesOnHit: UInt64
    var counts = PlainCounts()

    static var empty: UInt64 { .max &>> 1 }

    init(_ configuration: CacheConfiguration, storesKeepOrder: Bool) {
        ways = configuration.ways
        setMask = configuration.sets - 1
        shift = UInt64(configuration.lineSize.trailingZeroBitCount)
        movesOnHit = configuration.replacement == .fifo ? 0b00 : storesKeepOrder ? 0b01 : 0b11
        entries = OwnedBuffer(repeating: Self.empty, count: Int(configuration.sets) * ways)
    }

    static func isDirty(_ entry: UInt64) -> Bool { entry & 1 == 1 && entry != empty }

    /// Where the set of a line begins.
    @inline(__always)
    func set(_ line: UInt64) -> UnsafeMutablePointer<UInt64> {
        entries.base + Int(truncatingIfNeeded: line & setMask) &* ways
    }

    /// Uses a line, filling it if it is absent.
    ///
    /// - Returns: the entry that had to leave, ``empty`` if none; nil for a hit.
    /// - Complexity: O(*w*) in the associativity *w*.
    @inline(__always)
    func use(_ line: UInt64, dirty: UInt64) -> UInt64? {
        let base = set(line)
        if base[0] &>> 1 == line {
            base[0] |= dirty
            return nil
        }
        guard movesOnHit &>> dirty & 1 == 1 else {
            return Self.useInPlace(base, ways, line, dirty)
        }
        // The same steps each time; with the ways known the compiler writes them out.
        switch ways {
        case 4: return moveToFront(base, line, dirty, ways: 4)
        case 8: return moveToFront(base, line, dirty, ways: 8)
        case 16: return moveToFront(base, line, dirty, ways: 16)
        default: return moveToFront(base, line, dirty, ways: ways)
        }
    }

    /// Moves entries one place back, up to the place where the line was found, or all of them.
    ///
    /// The line is not at the head.
    /// Where it was found is a mask and not a condition: no processor can guess it.
    @inline(__always)
    private func moveToFront(
        _ base: UnsafeMutablePointer<UInt64>, _ line: UInt64, _ dirty: UInt64, ways: Int
    ) -> UInt64? {
        let clean = line &<< 1
        // All ones from the way after the one where the line was found.
        var found: UInt64 = 0
        var wasDirty: UInt64 = 0
        var carried = base[0]
        for way in 1..<max(ways, 1) {
            let entry = base[way]
            base[way] = carried ^ (carried ^ entry) & found
            // 0 or 1 if it is the line; less 2, only these have the top bit.
            let difference = entry ^ clean
            let isHere = 0 &- ((difference &- 2) &>> 63)
            found |= isHere
            wasDirty |= isHere & difference
            carried = entry
        }
        base[0] = clean | dirty | wasDirty
        return found == 0 ? carried : nil
    }

    /// Uses a line of a cache that may hold it twice: its first copy.
    @inline(__always)
    func useFirst(_ line: UInt64, dirty: UInt64) -> UInt64? {
        Self.useFirst(
            set(line), ways, line, dirty, moves: movesOnHit &>> dirty & 1 == 1)
    }

    // On a set and not on the cache, which the compiler would copy for a call.
    @inline(never)
    private static func useFirst(
        _ base: UnsafeMutablePointer<UInt64>, _ ways: Int, _ line: UInt64, _ dirty: UInt64,
        moves: Bool
    ) -> UInt64? {
        guard let way = (0..<ways).first(where: { base[$0] &>> 1 == line }) else {
            return insert(base, ways, line &<< 1 | dirty)
        }
        let entry = base[way] | dirty
        base[way] = entry
        if moves {
            for place in stride(from: way, to: 0, by: -1) { base[place] = base[place - 1] }
            base[0] = entry
        }
        return nil
    }

    /// Uses a line of a set without moving it if it is there.
    @inline(never)
    private static func useInPlace(
        _ base: UnsafeMutablePointer<UInt64>, _ ways: Int, _ line: UInt64, _ dirty: UInt64
    ) -> UInt64? {
        for way in 0..<ways where base[way] &>> 1 == line {
            base[way] |= dirty
            return nil
        }
        return insert(base, ways, line &<< 1 | dirty)
    }

    /// Puts an entry in front of a set and returns the last.
    @inline(never)
    private static func insert(
        _ base: UnsafeMutablePointer<UInt64>, _ ways: Int, _ entry: UInt64
    ) -> UInt64 {
        let last = base[ways - 1]
        for way in stride(from: ways - 1, to: 0, by: -1) { base[way] = base[way - 1] }
        base[0] = entry
        return last
    }

    /// Puts a clean line in front without looking whether it is there.
    ///
    /// - Returns: the entry that had to leave, ``empty`` if none.
    @inline(__always)
    func insert(_ line: UInt64) -> UInt64 { Self.insert(set(line), ways, line &<< 1) }

    /// The index of a line, without using it.
    @inline(__always)
    func find(_ line: UInt64) -> Int? {
        let first = Int(line & setMask) * ways
        return (first..<first + ways).first {
            entries[$0] &>> 1 == line
        }
    }

    /// The indices of a line, of which there may be more than one in a victim cache.
    func places(of line: UInt64) -> [Int] {
        let first = Int(line & setMask) * ways
        return (first..<first + ways).filter { entries[$0] &>> 1 == line }
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

    func removeAll() {
        for index in 0..<entries.count { entries[index] = Self.empty }
    }

    /// Makes every line clean, and says which were dirty, in the order of sets, most recent first.
    func cleanAll() -> [UInt64] {
        let dirty = (0..<entries.count).filter { Self.isDirty(entries[$0]) }
        for index in dirty { entries[index] &= ~1 }
        return dirty.map { entries[$0] &>> 1 }
    }

    var dirtyCount: UInt64 {
        (0..<entries.count).reduce(0) { $0 + (Self.isDirty(entries[$1]) ? 1 : 0) }
    }
}
