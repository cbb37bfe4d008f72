import Quantities

// What stacks know where pieces of a trace are missing. After a gap a line's depth is known if it has been used since: the
// lines used since stand on top. Of a line that has not, it is known only that it is deeper than those. In a cache of as
// many ways as there are such lines, or fewer, the access is a miss; in a larger one it may be either.

/// How often a cache has missed at least and at most.
public struct PlainMissBounds: Hashable, Sendable {
    /// Reads that have missed for certain.
    public var leastReads: UInt64
    /// Reads that may have missed, those among them.
    public var mostReads: UInt64
    /// Writes that have missed for certain.
    public var leastWrites: UInt64
    /// Writes that may have missed, those among them.
    public var mostWrites: UInt64

    /// Makes bounds.
    public init(
        leastReads: UInt64, mostReads: UInt64, leastWrites: UInt64, mostWrites: UInt64
    ) {
        self.leastReads = leastReads
        self.mostReads = mostReads
        self.leastWrites = leastWrites
        self.mostWrites = mostWrites
    }

    /// The bounds of counts without a doubt.
    public init(_ counts: PlainCounts) {
        self.init(
            leastReads: counts.readMisses, mostReads: counts.readMisses,
            leastWrites: counts.writeMisses, mostWrites: counts.writeMisses)
    }
}

/// Depths that are certain, and depths that are at least so deep.
struct GapTally: ~Copyable {
    private let ways: Int
    /// By number of sets, load or store, and depth; one more than the ways: not there for certain.
    private let certain: OwnedBuffer<UInt64>
    /// By number of sets, load or store, and how many lines are above it for certain.
    private let below: OwnedBuffer<UInt64>

    init(setCounts: Int, ways: Int) {
        self.ways = ways
        certain = OwnedBuffer(repeating: 0, count: setCounts * 2 * (ways + 2))
        below = OwnedBuffer(repeating: 0, count: setCounts * 2 * (ways + 2))
    }

    /// Takes the depths of a trace without gaps, which are certain.
    func take(_ found: borrowing OwnedBuffer<UInt64>) {
        for place in 0..<certain.count { certain[place] = found[place] }
    }

    func note(_ grid: Int, _ store: Int, _ depth: Int, isCertain: Bool) {
        let place = (grid &* 2 &+ store) &* (ways &+ 2) &+ depth
        if isCertain { certain[place] &+= 1 } else { below[place] &+= 1 }
    }

    func bounds(_ grid: Int, ways: Int) -> PlainMissBounds {
        func misses(_ store: Int) -> (least: UInt64, most: UInt64) {
            let row = (grid * 2 + store) * (self.ways + 2)
            let deeper = (ways + 1...self.ways + 1).reduce(0) { $0 + certain[row + $1] }
            let unknown = (0..<ways).reduce(0) { $0 + below[row + $1] }
            let missed = (ways...self.ways + 1).reduce(0) { $0 + below[row + $1] }
            return (deeper + missed, deeper + missed + unknown)
        }
        let (reads, writes) = (misses(0), misses(1))
        return PlainMissBounds(
            leastReads: reads.least, mostReads: reads.most, leastWrites: writes.least,
            mostWrites: writes.most)
    }
}
