import Quantities

// What is modelled: sets, ways, valid, dirty and shared bits of a line, replacement.
// What counts as one event: the caller says; this type moves state and knows no time.
// Left out: data (the hazard detector keeps versions of watched bytes), ECC, lockdown.

/// The tag arrays of one cache for each core, or of one shared cache.
///
/// A set is a run of `ways` entries. Under ``ReplacementPolicy/lru`` the run is kept in order of use, the
/// most recent first, so that most hits end at the first compare. Under the other policies a line stays
/// where it was filled.
public struct CacheBank: ~Copyable {
    /// The number of lines shifts left by this much; the low bits are the state.
    static var stateBits: UInt64 { 3 }
    static var valid: UInt64 { 1 }
    static var dirty: UInt64 { 2 }
    static var shared: UInt64 { 4 }

    let entries: OwnedBuffer<UInt64>
    /// Tree bits (PLRU) or the next way to fill (FIFO) of each set.
    let pointers: OwnedBuffer<UInt64>
    /// Where a line was last found, by the low bits of its number.
    ///
    /// Under LRU (always the first way) and tree-PLRU there is one hint a set, so that a hit is the set's last use
    /// and changes nothing; under the other policies, which note no uses, there are four.
    let hints: OwnedBuffer<UInt8>
    let hintMask: UInt64
    let setMask: UInt64
    let ways: Int
    let policy: ReplacementPolicy
    var random: SplitMix64

    /// Log2 of the line size.
    public let lineShift: UInt64
    /// Bytes in a line.
    public var lineSize: Int { 1 << Int(lineShift) }
    /// What was asked for.
    public let configuration: CacheConfiguration

    /// Builds empty caches.
    ///
    /// - Precondition: `configuration` has no faults.
    public init(_ configuration: CacheConfiguration, copies: Int, seed: UInt64) {
        precondition(configuration.faults(path: "").isEmpty, "a cache that cannot be built")
        // Nothing of `self` is read before all of it is there: the optimiser of Swift 6.3.1 frees buffers of a
        // noncopyable value whose initialiser reads an enumeration in between (seen with valgrind).
        let notesUses = configuration.replacement == .lru || configuration.replacement == .treePLRU
        let hintMask = configuration.sets * (notesUses ? 1 : 4) - 1
        let sets = Int(configuration.sets) * copies
        self.configuration = configuration
        self.hintMask = hintMask
        ways = configuration.ways
        lineShift = UInt64(configuration.lineSize.trailingZeroBitCount)
        setMask = configuration.sets - 1
        policy = configuration.replacement
        random = SplitMix64(seed: seed)
        entries = OwnedBuffer(repeating: 0, count: sets * configuration.ways)
        pointers = OwnedBuffer(repeating: 0, count: sets)
        hints = OwnedBuffer(repeating: 0, count: Int(hintMask + 1) * copies)
    }

    /// The line that holds `address`.
    @inline(__always)
    func line(of address: UInt64) -> UInt64 { address &>> lineShift }

    /// The number of the set in which copy `copy` keeps `line`.
    @inline(__always)
    func setNumber(_ line: UInt64, _ copy: Int) -> Int {
        Int(truncatingIfNeeded: line & setMask) &+ copy &* Int(truncatingIfNeeded: setMask &+ 1)
    }

    /// Finds a line and notes its use.
    ///
    /// - Returns: the index of its entry, or -1.
    /// - Complexity: O(*w*) in the associativity, mostly one compare.
    func touch(_ line: UInt64, _ copy: Int) -> Int {
        guard let entry = window(copy).find(line &<< lineShift) else { return -1 }
        return entry - entries.base
    }

    /// One copy's arrays by their addresses.
    ///
    /// Valid while this bank lives.
    func window(_ copy: Int) -> CacheWindow {
        let sets = Int(setMask + 1)
        return CacheWindow(
            entries: entries.base + copy * sets * ways,
            hints: hints.base + copy * Int(hintMask + 1), trees: pointers.base + copy * sets,
            setMask: setMask, hintMask: hintMask, lineMask: UInt64(lineSize - 1),
            lineShift: lineShift,
            ways: ways, setBytes: ways * MemoryLayout<UInt64>.stride, policy: policy)
    }

    /// Finds a line without noting a use.
    func peek(_ line: UInt64, _ copy: Int) -> Int {
        let first = setNumber(line, copy) * ways
        let key = line &<< Self.stateBits | 7
        for way in first..<first + ways where entries[way] | 6 == key { return way }
        return -1
    }

    /// Puts a line in and says what had to leave.
    ///
    /// Invalid ways are filled first, from the lowest.
    ///
    /// - Returns: the entry's index, and the entry that left: 0 if none.
    /// - Precondition: the line is not there yet.
    mutating func insert(_ line: UInt64, _ copy: Int, state: UInt64) -> (index: Int, victim: UInt64)
    {
        let set = setNumber(line, copy)
        let first = set * ways
        let base = entries.base + first
        let entry = line &<< Self.stateBits | state | Self.valid
        if policy == .lru {
            var place = ways - 1
            for way in 0..<ways where base[way] & Self.valid == 0 {
                place = way
                break
            }
            let victim = base[place]
            while place > 0 {
                base[place] = base[place - 1]
                place -= 1
            }
            base[0] = entry
            return (first, victim & Self.valid == 0 ? 0 : victim)
        }
        let way = freeWay(base) ?? victimWay(set)
        let victim = base[way]
        base[way] = entry
        if policy == .treePLRU { CacheWindow.notePLRU(pointers.base + set, way, ways) }
        hints[Int(line & hintMask) + copy * Int(hintMask + 1)] = UInt8(way)
        return (first + way, victim & Self.valid == 0 ? 0 : victim)
    }

    private func freeWay(_ base: UnsafeMutablePointer<UInt64>) -> Int? {
        (0..<ways).first { base[$0] & Self.valid == 0 }
    }

    private mutating func victimWay(_ set: Int) -> Int {
        switch policy {
        case .lru:
            preconditionFailure("LRU keeps its sets in order and asks nobody")
        case .fifo:
            let way = Int(pointers[set])
            pointers[set] = UInt64((way + 1) % ways)
            return way
        case .random:
            return Int(random.next() % UInt64(ways))
        case .treePLRU:
            var node = 1
            while node < ways { node = 2 * node + Int(pointers[set] &>> UInt64(node) & 1) }
            return node - ways
        }
    }

    /// Takes a line out.
    func remove(at index: Int) {
        guard policy == .lru else {
            entries[index] = 0
            return
        }
        // Keep the order of use: the lines behind it move up, the free way goes last.
        let end = index / ways * ways + ways
        var place = index
        while place + 1 < end {
            entries[place] = entries[place + 1]
            place += 1
        }
        entries[place] = 0
    }

    /// How many lines of copy `copy` are dirty.
    ///
    /// - Complexity: O(lines).
    func dirtyLines(_ copy: Int) -> Int {
        let lines = Int(setMask + 1) * ways
        return (copy * lines..<(copy + 1) * lines).count { entries[$0] & 3 == 3 }
    }

    /// The lines of copy `copy`, in the order of sets and ways.
    func allEntries(_ copy: Int) -> [UInt64] {
        let lines = Int(setMask + 1) * ways
        return (copy * lines..<(copy + 1) * lines).map { entries[$0] }.filter {
            $0 & Self.valid != 0
        }
    }
}
