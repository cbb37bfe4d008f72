/// A number of a sweep's points, and whether little or much of it is wanted.
public struct SweepObjective: Hashable, Sendable {
    /// Its name, as ``SweepTable/metrics`` has it.
    public var metric: String
    /// Whether more is better, as with hits; false: less is, as with misses, time and area.
    public var wantsMost: Bool

    /// Makes an objective.
    public init(_ metric: String, wantsMost: Bool = false) {
        self.metric = metric
        self.wantsMost = wantsMost
    }
}

/// The points of a sweep that no other point beats: none is at least as good in every objective and better in one.
public struct ParetoFront: Hashable, Sendable {
    /// Points of the front with the same numbers.
    public struct Entry: Hashable, Sendable {
        /// A number for each objective.
        public var values: [Double]
        /// The places in the table's rows of those that have them, ascending.
        public var rows: [Int]
    }

    /// What is weighed.
    public var objectives: [SweepObjective]
    /// The front, by the first objective, the best first, then by the second, and so on.
    public var entries: [Entry]
    /// How many points another beats.
    public var beaten: Int
    /// How many points were run and lack a number that is weighed.
    public var unweighed: Int

    /// Finds the front.
    ///
    /// - Parameters:
    ///   - table: The sweep.
    ///   - objectives: What is weighed; names that are none leave every point unweighed.
    /// - Complexity: O(*n* log *n* + *n* · *f*) where the front has *f* entries; O(*n* log *n*) for two objectives.
    public init(of table: SweepTable, by objectives: [SweepObjective]) {
        self.objectives = objectives
        entries = []
        (beaten, unweighed) = (0, 0)
        let columns = objectives.map { table.metrics.firstIndex(of: $0.metric) }
        var candidates: [Candidate] = []
        for (index, row) in table.rows.enumerated() where row.isDone {
            let values = columns.map { $0.flatMap { row.values[$0] } }
            guard !values.contains(nil) else {
                unweighed += 1
                continue
            }
            // Turned round where much is wanted, so that less is better in every place.
            let costs = zip(values, objectives).map { ($1.wantsMost ? -1 : 1) * ($0 ?? 0) }
            candidates.append(Candidate(costs: costs, row: index))
        }
        candidates.sort {
            $0.costs == $1.costs
                ? $0.row < $1.row : $0.costs.lexicographicallyPrecedes($1.costs)
        }
        // Whoever beats a point stands before it in this order. So a point is of the front if none of the front beats it.
        var front: [[Double]] = []
        for candidate in candidates {
            if front.last == candidate.costs {
                entries[entries.count - 1].rows.append(candidate.row)
            } else if Self.isBeaten(candidate.costs, by: front) {
                beaten += 1
            } else {
                front.append(candidate.costs)
                let values = zip(candidate.costs, objectives).map { $1.wantsMost ? -$0 : $0 }
                entries.append(Entry(values: values, rows: [candidate.row]))
            }
        }
    }

    private struct Candidate {
        var costs: [Double]
        var row: Int
    }

    /// Whether one of a front, all of which are before these in order and other than they, is as good in all.
    private static func isBeaten(_ costs: [Double], by front: [[Double]]) -> Bool {
        // Of two objectives the front descends in the second, so its last point is the one to compare with.
        let rivals = costs.count == 2 ? front.suffix(1) : front[...]
        return rivals.contains { rival in zip(rival, costs).allSatisfy { $0 <= $1 } }
    }

    /// Whether a row is of the front.
    ///
    /// - Complexity: O(*n*) in the front's points.
    public func contains(row: Int) -> Bool { entries.contains { $0.rows.contains(row) } }
}
