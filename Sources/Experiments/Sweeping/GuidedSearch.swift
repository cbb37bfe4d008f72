import Quantities

// A grid too large to be run whole is looked through in generations. The first is a Latin hypercube; each one that follows is
// made of the points that none so far beats: moved along an axis, or put together of two. Which points a generation has
// depends on the seed and on the results of those before it, and on nothing else: a search that was stopped goes on as if it
// had not been, and the number of jobs makes no difference.

/// A search for the points of a grid that no other beats in all of several metrics.
public struct GuidedSearch: Sendable {
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

    /// The points of the generations before, and the best of them.
    private var seen: Set<UInt64> = []
    private var front = Front()
    private var batch: [UInt64] = []
    private var number: UInt64 = 0

    /// Makes a search.
    public init(goals: [String], points: Int, seed: UInt64) {
        self.goals = goals
        self.points = points
        self.seed = seed
    }

    /// The points to be run next.
    ///
    /// - Parameters:
    ///   - counts: How many values each axis has; the same at each call.
    ///   - known: What is known of a point; nil if it was not run.
    /// - Returns: their numbers, ascending; none once the search is at its end.
    /// - Complexity: O(points × points of the front) for all calls of a search together.
    public mutating func next(counts: [Int], known: (UInt64) -> Known?) -> [UInt64] {
        let product = counts.reduce(UInt64(1)) { $0 * UInt64($1) }
        let most = Int(min(UInt64(points), product))
        if number == 0 {
            batch = SweepPlan.latin(min(most, max(8, 4 * counts.count)), counts, seed)
            number = 1
        }
        while true {
            let waiting = batch.filter { known($0) == nil }
            guard waiting.isEmpty else { return waiting.sorted() }
            for point in batch.sorted() where seen.insert(point).inserted {
                if case .values(let values) = known(point) { front.add(point, values) }
            }
            guard seen.count < most else { return [] }
            batch = children(
                counts, product, generation: number, count: min(Self.generation, most - seen.count))
            number += 1
        }
    }

    /// Points that no other beats.
    struct Front: Sendable {
        private(set) var points: [(number: UInt64, values: [Double])] = []

        /// Adds a point, and takes away those that it beats; does nothing if it is beaten.
        mutating func add(_ number: UInt64, _ values: [Double]) {
            func beats(_ one: [Double], _ other: [Double]) -> Bool {
                one != other && one.indices.allSatisfy { one[$0] <= other[$0] }
            }
            guard !points.contains(where: { beats($0.values, values) }) else { return }
            points.removeAll { beats(values, $0.values) }
            points.append((number, values))
        }

        /// Their numbers, ascending.
        var numbers: [UInt64] { points.map(\.number).sorted() }
    }

    private func children(
        _ counts: [Int], _ product: UInt64, generation: UInt64, count: Int
    ) -> [UInt64] {
        var random = SplitMix64(seed: seed &+ generation &* 0x9E37_79B9_7F4A_7C15)
        var batch: [UInt64] = []
        func add(_ child: UInt64) {
            if !seen.contains(child), !batch.contains(child) { batch.append(child) }
        }
        let parents = front.numbers.map { SweepPlan.places(of: $0, in: counts) }
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
