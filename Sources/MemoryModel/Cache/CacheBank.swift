import Quantities

// What is modelled: sets, ways, the state of a line, its replacement (`CacheBank+Replacement.swift`), ways that are
// locked down, and lines of one byte under several virtual addresses.
// What counts as one event: the caller says; this type moves state and knows no time.
// Left out: data (the hazard detector keeps versions of watched bytes), ECC.

/// The tag arrays of one cache for each core, or of one shared cache.
///
/// A set is a run of entries, one for each way that is not locked down; 0 is an empty one. Under
/// ``ReplacementPolicy/lru`` the run is kept in order of use, the most recent first, so that most hits end at the
/// first compare. Under the other policies a line stays where it was filled.
///
/// An entry is the line's number shifted left by `stateBits`, and its state. A line's number is its address
/// without the bits inside the line; where one byte may be in two lines, bits 50 to 52 of the number tell them
/// apart (`synonymShift`). Numbers lose up to four of their highest bits in the entry; they come back as copies
/// of the sign, which is right for every address of fewer than 57 bits and for the kernel's.
public struct CacheBank: ~Copyable {
    /// The number of lines shifts left by this much; the low bits are the state.
    static var stateBits: UInt64 { 7 }
    /// The line is there.
    static var valid: UInt64 { 1 }
    /// The dirty bits, one for each quarter of the line; all of them where the line has one dirty bit.
    static var dirty: UInt64 { 0x1E }
    /// Another core's cache may hold the line: a store must ask first.
    static var shared: UInt64 { 0x20 }
    /// A prefetcher brought the line and nobody has used it.
    static var prefetched: UInt64 { 0x40 }
    /// All bits of the state.
    static var stateMask: UInt64 { 0x7F }
    /// Where the number of a line says under which alias it was loaded.
    static var synonymShift: UInt64 { 50 }

    let entries: OwnedBuffer<UInt64>
    /// What the policy keeps for each set: tree bits, used bits, predictions, or the next way to fill.
    let pointers: OwnedBuffer<UInt64>
    /// What the policy keeps for each copy: a counter for all its sets.
    let counters: OwnedBuffer<UInt64>
    /// Lines whose next hit changes nothing: by the low bits of a line's number the address of one that a load or a
    /// fetch hits so.
    ///
    /// Under policies that note uses there is one a set, the line used last in it; under the others there are
    /// four. Whoever uses or changes a line in another way clears its head; a search sets it (``CacheWindow``).
    let loadHeads: OwnedBuffer<UInt64>
    /// Those that a store hits so.
    let storeHeads: OwnedBuffer<UInt64>
    let keepsHeads: Bool
    /// How far the set's address is from the physical one, in lines, for each alias.
    let synonymLines: OwnedBuffer<UInt64>
    let hasSynonyms: Bool
    /// Heads of a copy, less one.
    let headMask: UInt64
    let setMask: UInt64
    /// Ways that are not locked down.
    let ways: Int
    let policy: ReplacementPolicy
    var random: SplitMix64
    /// Log2 of the bytes that one of the four dirty bits stands for; the line's own where one stands for all.
    let granuleShift: UInt64
    /// Lines ever filled, and lines that left: what is there is the difference.
    var filled: UInt64 = 0
    /// See `filled`.
    var left: UInt64 = 0

    /// Log2 of the line size.
    public let lineShift: UInt64
    /// Bytes in a line.
    public var lineSize: Int {
        // A function that reads a cache and is not inlined makes the caller copy all of it.
        @inline(__always) get { 1 &<< Int(truncatingIfNeeded: lineShift) }
    }
    /// What was asked for.
    public let configuration: CacheConfiguration
    /// How many caches there are.
    let copies: Int

    /// Builds empty caches.
    ///
    /// - Parameters:
    ///   - configuration: What one of them is.
    ///   - copies: How many.
    ///   - seed: For pseudo-random replacement.
    ///   - keepsHeads: Whether the fast path looks lines up here.
    /// - Precondition: `configuration` has no faults.
    public init(
        _ configuration: CacheConfiguration, copies: Int, seed: UInt64, keepsHeads: Bool = true
    ) {
        precondition(configuration.faults(path: "").isEmpty, "a cache that cannot be built")
        // Nothing of `self` is read before all of it is there: the optimiser of Swift 6.3.1 frees buffers of a
        // noncopyable value whose initialiser reads an enumeration in between (seen with valgrind).
        let headMask = configuration.sets * (configuration.replacement.notesUses ? 1 : 4) - 1
        let sets = Int(configuration.sets) * copies
        self.configuration = configuration
        self.copies = copies
        self.headMask = headMask
        self.keepsHeads = keepsHeads
        ways = configuration.openWays
        let lineShift = UInt64(configuration.lineSize.trailingZeroBitCount)
        self.lineShift = lineShift
        granuleShift = UInt64(
            (configuration.dirtyGranule.map { min($0, configuration.lineSize) }
                ?? configuration.lineSize).trailingZeroBitCount)
        setMask = configuration.sets - 1
        policy = configuration.replacement
        random = SplitMix64(seed: seed)
        hasSynonyms = configuration.hasSynonyms
        entries = OwnedBuffer(repeating: 0, count: sets * configuration.openWays)
        pointers = OwnedBuffer(repeating: 0, count: sets)
        counters = OwnedBuffer(repeating: 0, count: copies)
        let count = keepsHeads ? Int(headMask + 1) * copies : 0
        loadHeads = OwnedBuffer(repeating: 0, count: count)
        storeHeads = OwnedBuffer(repeating: 0, count: count)
        for head in 0..<count {
            let none = (UInt64(head) & headMask ^ 1) << lineShift
            loadHeads[head] = none
            storeHeads[head] = none
        }
        synonymLines = OwnedBuffer(repeating: 0, count: 8)
    }

    // MARK: Numbers and addresses

    /// The line that holds `address`.
    @inline(__always)
    func line(of address: UInt64) -> UInt64 { address &>> lineShift }

    /// The line's number in an entry.
    @inline(__always)
    func line(ofEntry entry: UInt64) -> UInt64 {
        UInt64(bitPattern: Int64(bitPattern: entry) &>> Int64(Self.stateBits))
    }

    /// The physical address of a line.
    @inline(__always)
    func address(ofLine line: UInt64) -> UInt64 {
        (hasSynonyms ? line & (1 &<< Self.synonymShift &- 1) : line) &<< lineShift
    }

    /// The number of the set in which copy `copy` keeps `line`.
    @inline(__always)
    func setNumber(_ line: UInt64, _ copy: Int) -> Int {
        var index = line
        if hasSynonyms { index &+= synonymLines[Int(line &>> Self.synonymShift) & 7] }
        return Int(truncatingIfNeeded: index & setMask)
            &+ copy &* Int(truncatingIfNeeded: setMask &+ 1)
    }

    /// The dirty bits of the granules that `size` bytes from `address` touch, all in one line.
    @inline(__always)
    func dirtyBits(_ address: UInt64, _ size: UInt64) -> UInt64 {
        guard granuleShift < lineShift else { return Self.dirty }
        let inLine = UInt64(lineSize - 1)
        let first = (address & inLine) &>> granuleShift
        let last = ((address &+ max(size, 1) &- 1) & inLine) &>> granuleShift
        // With two granules each stands for two bits, so that "all dirty" looks alike everywhere.
        let width = 4 &>> (lineShift - granuleShift)
        var bits: UInt64 = 0
        for granule in first...last { bits |= ((1 &<< width) - 1) &<< (granule * width) }
        return bits &<< 1
    }

    /// The dirty bits of another cache's entry of a line as coarse as this cache keeps them.
    @inline(__always)
    func widened(_ entry: UInt64) -> UInt64 {
        let bits = entry & Self.dirty
        switch lineShift - granuleShift {
        case 0: return bits == 0 ? 0 : Self.dirty
        case 1:
            // A half is two quarters: bits 1 and 2, bits 3 and 4.
            let halves = (bits | bits &>> 1) & 0x0A
            return halves | halves &<< 1
        default: return bits
        }
    }

    /// The bytes that the dirty bits of an entry stand for: the line's offset of the first, and how many to the last.
    @inline(__always)
    func dirtyBytes(_ entry: UInt64) -> (offset: UInt64, size: UInt64) {
        let bits = (entry & Self.dirty) &>> 1
        guard granuleShift < lineShift, bits != 0 else { return (0, UInt64(lineSize)) }
        let quarter = UInt64(lineSize / 4)
        let first = UInt64(bits.trailingZeroBitCount)
        let last = UInt64(63 - bits.leadingZeroBitCount)
        return (first * quarter, (last - first + 1) * quarter)
    }

    // MARK: Looking up

    /// One copy's arrays by their addresses.
    ///
    /// Valid while this bank lives. For lines without an alias.
    func window(_ copy: Int) -> CacheWindow {
        let sets = Int(setMask + 1)
        return CacheWindow(
            entries: entries.base + copy * sets * ways,
            loadHeads: loadHeads.base + copy * Int(headMask + 1),
            storeHeads: storeHeads.base + copy * Int(headMask + 1),
            pointers: pointers.base + copy * sets, setMask: setMask, headMask: headMask,
            lineShift: lineShift, ways: ways, policy: policy)
    }

    /// Changes the state of a line that is there.
    @inline(__always)
    func put(_ entry: UInt64, at index: Int, _ copy: Int) {
        entries[index] = entry
        let line = line(ofEntry: entry)
        clearHeads(line, setNumber(line, copy), copy)
    }

    /// Lets no access to a line, or where the policy notes uses to its set, pass unseen.
    @inline(__always)
    func clearHeads(_ line: UInt64, _ set: Int, _ copy: Int) {
        guard keepsHeads else { return }
        // Under an alias the set is not that of the physical line.
        let place = (headMask == setMask ? UInt64(truncatingIfNeeded: set) : line) & headMask
        let head = Int(truncatingIfNeeded: place) &+ copy &* Int(headMask &+ 1)
        // A line of another place stands for none.
        loadHeads[head] = (place ^ 1) &<< lineShift
        storeHeads[head] = (place ^ 1) &<< lineShift
    }

    /// Lets no access to a line without an alias pass unseen, in any copy of the cache.
    @inline(__always)
    func clearHeads(_ line: UInt64) {
        let place = line & headMask
        let none = (place ^ 1) &<< lineShift
        var head = Int(truncatingIfNeeded: place)
        while head < loadHeads.count {
            loadHeads[head] = none
            storeHeads[head] = none
            head &+= Int(truncatingIfNeeded: headMask) &+ 1
        }
    }

    /// Finds a line and notes its use.
    ///
    /// - Returns: the index of its entry, or -1.
    /// - Complexity: O(*w*) in the associativity, mostly one compare.
    @inline(__always)
    func touch(_ line: UInt64, _ copy: Int) -> Int {
        let set = setNumber(line, copy)
        let way = way(of: line, in: set)
        return way < 0 ? -1 : noteUse(set, way, line, copy)
    }

    /// Finds a line without noting a use.
    @inline(__always)
    func peek(_ line: UInt64, _ copy: Int) -> Int { index(of: line, in: setNumber(line, copy)) }

    /// Finds a line in a set of ``setNumber(_:_:)``.
    @inline(__always)
    func index(of line: UInt64, in set: Int) -> Int {
        let way = way(of: line, in: set)
        return way < 0 ? -1 : set &* ways &+ way
    }

    /// How many sets a copy has.
    @inline(__always)
    var sets: Int { Int(truncatingIfNeeded: setMask &+ 1) }

    @inline(__always)
    private func way(of line: UInt64, in set: Int) -> Int {
        let base = entries.base + set &* ways
        let key = line &<< Self.stateBits | Self.stateMask
        let others = Self.stateMask & ~Self.valid
        var way = 0
        while way < ways {
            if base[way] | others == key { return way }
            way &+= 1
        }
        return -1
    }

    /// How many lines of copy `copy` are dirty.
    ///
    /// - Complexity: O(lines).
    func dirtyLines(_ copy: Int) -> Int {
        let lines = Int(setMask + 1) * ways
        return (copy * lines..<(copy + 1) * lines).count { entries[$0] & Self.dirty != 0 }
    }

    /// The lines of copy `copy`, in the order of sets and ways.
    func allEntries(_ copy: Int) -> [UInt64] {
        let lines = Int(setMask + 1) * ways
        return (copy * lines..<(copy + 1) * lines).map { entries[$0] }.filter {
            $0 & Self.valid != 0
        }
    }
}
