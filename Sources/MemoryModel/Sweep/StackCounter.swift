import Operations
import Quantities

// One pass for many LRU caches. A set's lines stand in a stack, the most recent first. A cache of w ways holds the first
// w of them (Mattson and others, "Evaluation techniques for storage hierarchies", 1970), so one stack tells for each w
// whether an access hits: by the depth of its line. Whether the line is dirty there is told by one number more for each
// line: the deepest place from which it was taken since its last store. A cache of fewer ways has lost and reloaded it
// since, and has it clean (Thompson and Smith, "Efficient (stack) algorithms for analysis of write-back and sector
// memories", 1989). A place that an invalidate has emptied stays where it is until a line moves in: the caches that
// are as large as its place have a free way, smaller ones have not.
//
// Stacks for more sets are taken in turn, from few sets to many. Each set of the one lies within a set of the one
// before, so a line at the head of its stack is at the head of all that follow: most accesses end at the first.

/// Counts all LRU caches of one line size, several numbers of sets, and all ways up to a most, in one pass.
///
/// What it counts is what a data or instruction cache of ``PlainHierarchy`` counts: write-back, write-allocate.
public struct StackCounter: ~Copyable {
    /// Which accesses a cache is for.
    public enum Side: Sendable {
        /// Loads and stores, copy-back and invalidate records.
        case data
        /// Fetches.
        case instruction
        /// All of them.
        case unified
    }

    /// How many sets, ascending; powers of two.
    public let setCounts: [UInt64]
    /// The most ways.
    public let ways: Int
    private let shift: UInt64
    private let side: Side
    private let straddle: StraddleRule
    /// Where each number of sets begins in ``lines``.
    private let starts: OwnedBuffer<Int>
    private let masks: OwnedBuffer<UInt64>
    /// Line numbers, a set's together, the most recent first.
    private let lines: OwnedBuffer<UInt64>
    /// Of each the fewest ways of a cache that has it dirty.
    private let dirtyFrom: OwnedBuffer<UInt8>
    /// How often a line was found at a depth, by number of sets, load or store; one more than ``ways``: not found.
    private let found: OwnedBuffer<UInt64>
    /// How often a cache of so many ways wrote back a line it let go.
    private let evicted: OwnedBuffer<UInt64>
    /// How often copy-back records cleaned a line in caches of so many ways or more.
    private let cleaned: OwnedBuffer<UInt64>
    /// The deepest place of the lines of one access, by number of sets.
    private let deepest: OwnedBuffer<Int>
    private var reads: UInt64 = 0
    private var writes: UInt64 = 0
    /// Whether pieces of the trace may be missing.
    private let hasGaps: Bool
    /// What is known of accesses behind those.
    private let gaps: GapTally
    /// The bit that tells a line used before the last gap; 0: there was none.
    private var oldBit: UInt64 = 0

    /// A place without a line: no line has this number, for a line has two bytes or more.
    private static var empty: UInt64 { .max }
    /// A line that no cache has dirty.
    private static var clean: UInt8 { .max }
    /// The most ways that can be asked for.
    public static var mostWays: Int { 128 }

    /// Makes empty stacks.
    ///
    /// - Parameters:
    ///   - setCounts: How many sets; powers of two, in any order.
    ///   - ways: The most ways, 1 to ``mostWays``.
    ///   - lineSize: Bytes in a line; a power of two, 2 or more.
    ///   - side: Which accesses the caches are for.
    ///   - straddle: What crossing a line counts as.
    ///   - hasGaps: Whether pieces of the trace may be missing, so that ``leaveGap()`` can be called. Then lines have four
    ///     bytes or more, and an access that crosses lines does not count as one.
    /// - Precondition: the numbers are as said.
    public init(
        setCounts: [UInt64], ways: Int, lineSize: Int, side: Side = .data,
        straddle: StraddleRule = .split, hasGaps: Bool = false
    ) {
        let counts = Set(setCounts).sorted()
        precondition(!counts.isEmpty && counts.allSatisfy { $0.nonzeroBitCount == 1 })
        precondition((1...Self.mostWays).contains(ways))
        precondition(lineSize >= (hasGaps ? 4 : 2) && lineSize.nonzeroBitCount == 1)
        self.hasGaps = hasGaps
        gaps = GapTally(setCounts: hasGaps ? counts.count : 0, ways: ways)
        self.setCounts = counts
        self.ways = ways
        self.side = side
        self.straddle = straddle
        shift = UInt64(lineSize.trailingZeroBitCount)
        starts = OwnedBuffer(repeating: 0, count: counts.count)
        masks = OwnedBuffer(repeating: 0, count: counts.count)
        var start = 0
        for (index, count) in counts.enumerated() {
            starts[index] = start
            masks[index] = count - 1
            start += Int(count) * ways
        }
        lines = OwnedBuffer(repeating: Self.empty, count: start)
        dirtyFrom = OwnedBuffer(repeating: Self.clean, count: start)
        found = OwnedBuffer(repeating: 0, count: counts.count * 2 * (ways + 2))
        evicted = OwnedBuffer(repeating: 0, count: counts.count * (ways + 1))
        cleaned = OwnedBuffer(repeating: 0, count: counts.count * (ways + 1))
        deepest = OwnedBuffer(repeating: 0, count: counts.count)
    }

    // MARK: Results

    /// What a cache of so many sets and ways has counted.
    ///
    /// - Parameters:
    ///   - sets: One of ``setCounts``.
    ///   - ways: 1 to ``ways``.
    ///   - withDirty: Whether the lines that are dirty now are counted.
    /// - Returns: the counts, `dirtyAtEnd` those of now.
    /// - Complexity: O(ways), with dirty lines O(places).
    public func counts(sets: UInt64, ways: Int, withDirty: Bool = true) -> PlainCounts {
        guard let grid = setCounts.firstIndex(of: sets), (1...self.ways).contains(ways) else {
            preconditionFailure("\(sets) sets of \(ways) ways were not counted")
        }
        var counts = PlainCounts()
        counts.reads = reads
        counts.writes = writes
        for depth in ways + 1...self.ways + 1 {
            counts.readMisses += found[place(grid, 0, depth)]
            counts.writeMisses += found[place(grid, 1, depth)]
        }
        counts.writebacks = evicted[grid * (self.ways + 1) + ways]
        for depth in 1...ways { counts.writebacks += cleaned[grid * (self.ways + 1) + depth] }
        guard withDirty else { return counts }
        let first = starts[grid]
        for set in 0..<Int(sets) {
            for way in 0..<ways {
                let index = first + set * self.ways + way
                if lines[index] != Self.empty, Int(dirtyFrom[index]) <= ways {
                    counts.dirtyAtEnd += 1
                }
            }
        }
        return counts
    }

    @inline(__always)
    private func place(_ grid: Int, _ store: Int, _ depth: Int) -> Int {
        (grid &* 2 &+ store) &* (ways &+ 2) &+ depth
    }

    // MARK: Accesses

    /// Counts accesses.
    ///
    /// - Complexity: O(1) for an access to the line used last in its set, O(set counts × ways) at worst.
    public mutating func replay(_ accesses: UnsafeBufferPointer<MemoryAccess>) {
        guard var access = UnsafePointer(accesses.baseAddress) else { return }
        let end = access + accesses.count
        let mask = masks[0]
        let (lines, dirtyFrom) = (lines.base, dirtyFrom.base)
        var hits: (loads: UInt64, stores: UInt64) = (0, 0)
        let wanted = wantedKinds
        while access < end {
            let kind = access.pointee.kind
            if wanted &>> UInt64(kind.rawValue) & 1 == 1 {
                let line = access.pointee.address &>> shift
                let last = (access.pointee.address &+ UInt64(access.pointee.size) &- 1) &>> shift
                let head = Int(truncatingIfNeeded: line & mask) &* ways
                let store: UInt64 = kind.isStore ? 1 : 0
                if line == last, lines[head] == line, store == 0 || dirtyFrom[head] == 1 {
                    hits.loads &+= 1 &- store
                    hits.stores &+= store
                } else {
                    perform(access.pointee, line, last, Int(store))
                }
            } else if side != .instruction, kind == .copyBack || kind == .invalidate {
                performCacheRecord(access.pointee)
            }
            access += 1
        }
        reads &+= hits.loads
        writes &+= hits.stores
    }

    /// The kinds that use a line, as bits by raw value.
    private var wantedKinds: UInt64 {
        AccessKind.allCases.reduce(0) { bits, kind in
            let isWanted: Bool =
                switch side {
                case .instruction: kind == .fetch
                case .data: ![.fetch, .prefetch, .copyBack, .invalidate].contains(kind)
                case .unified: ![.prefetch, .copyBack, .invalidate].contains(kind)
                }
            return isWanted ? bits | 1 &<< UInt64(kind.rawValue) : bits
        }
    }

    @inline(never)
    private mutating func perform(
        _ access: MemoryAccess, _ first: UInt64, _ end: UInt64, _ store: Int
    ) {
        let last = straddle == .first ? first : max(first, end)
        let count = straddle == .split ? last &- first &+ 1 : 1
        if store == 0 { reads &+= count } else { writes &+= count }
        if first == last || straddle != .once {
            for line in first...last {
                for grid in 0..<setCounts.count {
                    guard let depth = use(line, store, grid) else { break }
                    found[place(grid, store, depth)] &+= 1
                }
            }
            return
        }
        // It misses once, where one of its lines does.
        for grid in 0..<setCounts.count { deepest[grid] = 1 }
        for line in first...last {
            for grid in 0..<setCounts.count {
                guard let depth = use(line, store, grid) else { break }
                deepest[grid] = max(deepest[grid], depth)
            }
        }
        for grid in 0..<setCounts.count where deepest[grid] > 1 {
            found[place(grid, store, deepest[grid])] &+= 1
        }
    }

    /// Uses a line of one number of sets.
    ///
    /// - Returns: how deep it was found; nil if nothing changes, here and with more sets.
    @inline(__always)
    private func use(_ line: UInt64, _ store: Int, _ grid: Int) -> Int? {
        let start = starts[grid] &+ Int(truncatingIfNeeded: line & masks[grid]) &* ways
        let (stack, marks) = (lines.base + start, dirtyFrom.base + start)
        let newBits = ~oldBit
        if oldBit != 0 { noteCertainty(of: line, store, grid, UnsafePointer(stack)) }
        if stack[0] == line {
            if store == 0 || marks[0] == 1 { return nil }
            marks[0] = 1
            return 1
        }
        let writebacks = evicted.base + grid &* (ways &+ 1)
        var carried = (line: line, mark: Self.clean)
        var depth = ways &+ 1
        var mark = Self.clean
        var way = 0
        while way < ways {
            let old = (line: stack[way], mark: marks[way])
            stack[way] = carried.line
            marks[way] = carried.mark
            way &+= 1
            if old.line & newBits == line {
                depth = way
                mark = old.mark
                break
            }
            if old.line == Self.empty {
                (depth, mark) = takeOut(line, stack, marks, from: way)
                break
            }
            writebacks[way] &+= Int(old.mark) <= way ? 1 : 0
            carried = old
        }
        marks[0] = store == 1 ? 1 : depth > ways ? Self.clean : max(mark, UInt8(depth))
        return depth
    }

    /// Takes a line out that stands below a free place, which it then leaves free in turn.
    @inline(never)
    private func takeOut(
        _ line: UInt64, _ stack: UnsafeMutablePointer<UInt64>,
        _ marks: UnsafeMutablePointer<UInt8>, from way: Int
    ) -> (depth: Int, mark: UInt8) {
        for place in way..<max(ways, way) where stack[place] & ~oldBit == line {
            stack[place] = Self.empty
            return (place + 1, marks[place])
        }
        return (ways + 1, Self.clean)
    }

    // MARK: Gaps

    /// Goes on behind a piece of the trace that is not there.
    ///
    /// What the caches held stays, for it is the best guess of what they hold; but a line is known to be there only once it
    /// has been used again.
    /// - Precondition: the stacks were made for gaps.
    /// - Complexity: O(places).
    public mutating func leaveGap() {
        precondition(hasGaps, "stacks that were not made for gaps")
        if oldBit == 0 {
            oldBit = 1 &<< 63
            gaps.take(found)
        }
        for place in 0..<lines.count where lines[place] != Self.empty { lines[place] |= oldBit }
    }

    /// How often a cache of so many sets and ways has missed at least and at most, whatever was in the gaps.
    ///
    /// - Returns: the bounds, those of all accesses so far; nil if the stacks were not made for gaps.
    /// - Precondition: as for ``counts(sets:ways:withDirty:)``.
    public func missBounds(sets: UInt64, ways: Int) -> PlainMissBounds? {
        guard hasGaps else { return nil }
        guard oldBit != 0 else {
            return PlainMissBounds(counts(sets: sets, ways: ways, withDirty: false))
        }
        guard let grid = setCounts.firstIndex(of: sets), (1...self.ways).contains(ways) else {
            preconditionFailure("\(sets) sets of \(ways) ways were not counted")
        }
        return gaps.bounds(grid, ways: ways)
    }

    /// Notes at which depth a line is for certain.
    ///
    /// The lines used since the gap stand on top. A line among them is as deep as it would be without the gap; any other is
    /// deeper than all of them.
    @inline(never)
    private func noteCertainty(
        of line: UInt64, _ store: Int, _ grid: Int, _ stack: UnsafePointer<UInt64>
    ) {
        var way = 0
        // A place without a line has that bit, too.
        while way < ways, stack[way] & oldBit == 0 {
            if stack[way] == line { break }
            way &+= 1
        }
        let isCertain = way < ways && stack[way] == line
        gaps.note(grid, store, isCertain ? way + 1 : way, isCertain: isCertain)
    }

    // MARK: Cache records

    /// Cleans or empties places, as copy-back and invalidate records say.
    private func performCacheRecord(_ access: MemoryAccess) {
        let copiesBack = access.kind == .copyBack
        guard access.size != 0 else {
            for grid in 0..<setCounts.count {
                for place in 0..<Int(setCounts[grid]) * ways {
                    clear(starts[grid] + place, place % ways, grid, copiesBack)
                }
            }
            return
        }
        let last = access.address &+ UInt64(access.size) &- 1
        for line in access.address &>> shift...max(access.address, last) &>> shift {
            for grid in 0..<setCounts.count {
                let start = starts[grid] + Int(truncatingIfNeeded: line & masks[grid]) * ways
                for way in 0..<ways where lines[start + way] & ~oldBit == line {
                    clear(start + way, way, grid, copiesBack)
                }
            }
        }
    }

    private func clear(_ index: Int, _ way: Int, _ grid: Int, _ copiesBack: Bool) {
        guard copiesBack else {
            lines[index] = Self.empty
            return
        }
        guard lines[index] != Self.empty, dirtyFrom[index] != Self.clean else { return }
        let from = max(way + 1, Int(dirtyFrom[index]))
        if from <= ways { cleaned[grid * (ways + 1) + from] += 1 }
        dirtyFrom[index] = Self.clean
    }
}
