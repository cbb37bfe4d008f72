import Quantities

// A grid too large to be run whole is looked through in generations. The first is a Latin hypercube; each one that follows is
// made of the points that none so far beats: moved along an axis, or put together of two. Which points a generation has
// depends on the seed and on the results of those before it, and on nothing else: a search that was stopped goes on as if it
// had not been, and the number of jobs makes no difference.

/// A search for the points of a grid that no other beats in all of several metrics.
public struct GuidedSearch: Hashable, Sendable {
    /// What is known of a point that was run.
    public enum Known: Hashable, Sendable {
        /// A value for each goal; less is better.
        case values([Double])
        /// There is no such machine, or it has no such values.
        case impossible
    }

    /// The metrics that are to be small.
    public var goals: [String]
    /// How many points are run.
    public var points: Int
    /// For the random choices.
    public var seed: UInt64

    /// How many points a generation has after the first.
    static let generation = 8

    /// Makes a search.
    public init(goals: [String], points: Int, seed: UInt64) {
        self.goals = goals
        self.points = points
        self.seed = seed
    }

    /// The points to be run next.
    ///
    /// - Parameters:
    ///   - counts: How many values each axis has.
    ///   - known: What is known of a point; nil if it was not run.
    /// - Returns: their numbers, ascending; none once the search is at its end.
    /// - Complexity: that of the whole search up to here, which is little beside a point's run.
    public func next(counts: [Int], known: (UInt64) -> Known?) -> [UInt64] {
        let product = counts.reduce(UInt64(1)) { $0 * UInt64($1) }
        let most = Int(min(UInt64(points), product))
        var seen: [UInt64: [Double]?] = [:]
        var batch = SweepPlan.latin(min(most, max(8, 4 * counts.count)), counts, seed)
        var number: UInt64 = 0
        while true {
            let waiting = batch.filter { known($0) == nil }
            guard waiting.isEmpty else { return waiting.sorted() }
            for point in batch {
                if case .values(let values) = known(point) {
                    seen.updateValue(values, forKey: point)
                } else {
                    seen.updateValue(nil, forKey: point)
                }
            }
            guard seen.count < most else { return [] }
            number += 1
            batch = children(
                of: Self.front(seen), seen, counts, product, generation: number,
                count: min(Self.generation, most - seen.count))
        }
    }

    /// The points that no other beats, ascending.
    static func front(_ seen: [UInt64: [Double]?]) -> [UInt64] {
        let all = seen.compactMap { number, values in values.map { (number, $0) } }
        return all.filter { _, mine in
            !all.contains { _, other in
                zip(other, mine).allSatisfy { $0 <= $1 } && other != mine
            }
        }.map(\.0).sorted()
    }

    private func children(
        of front: [UInt64], _ seen: [UInt64: [Double]?], _ counts: [Int], _ product: UInt64,
        generation: UInt64, count: Int
    ) -> [UInt64] {
        var random = SplitMix64(seed: seed &+ generation &* 0x9E37_79B9_7F4A_7C15)
        var batch: [UInt64] = []
        func add(_ child: UInt64) {
            if seen.index(forKey: child) == nil, !batch.contains(child) { batch.append(child) }
        }
        let parents = front.map { SweepPlan.places(of: $0, in: counts) }
        for _ in 0..<64 where batch.count < count && !parents.isEmpty {
            add(child(of: parents, counts, &random))
        }
        // What random moves did not find near the front is taken in order, then anywhere.
        for parent in parents where batch.count < count {
            for axis in counts.indices {
                for step in [-1, 1] where batch.count < count {
                    var places = parent
                    places[axis] += step
                    if counts[axis] > places[axis], places[axis] >= 0 {
                        add(SweepPlan.number(of: places, in: counts))
                    }
                }
            }
        }
        var next = product > 0 ? random.next() % product : 0
        while batch.count < count {
            add(next)
            next = (next + 1) % product
        }
        return batch
    }

    /// A point near one of some, or between two of them.
    private func child(
        of parents: [[Int]], _ counts: [Int], _ random: inout SplitMix64
    ) -> UInt64 {
        func below(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }
        var places = parents[below(parents.count)]
        if below(4) == 0 {
            let other = parents[below(parents.count)]
            for axis in counts.indices where below(2) == 0 { places[axis] = other[axis] }
        }
        let axis = below(max(counts.count, 1))
        guard axis < counts.count else { return 0 }
        switch below(4) {
        case 0: places[axis] = below(counts[axis])
        case 1: places[axis] = max(places[axis] - 1, 0)
        case 2: places[axis] = min(places[axis] + 1, counts[axis] - 1)
        default:
            let second = below(counts.count)
            places[axis] = max(places[axis] - 1, 0)
            places[second] = min(places[second] + 1, counts[second] - 1)
        }
        return SweepPlan.number(of: places, in: counts)
    }
}
