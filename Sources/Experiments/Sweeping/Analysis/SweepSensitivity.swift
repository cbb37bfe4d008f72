import Quantities

// Which knob matters: of the variance of a metric over the points, the part that each axis explains.
//
// Where the points are a whole grid, the variance is split without a rest: for each axis the variance of the means of its
// values (its main effect), for each pair of axes what the means of their combinations add to that, and what neither
// explains, interactions of three and more. On any other set of points effects cannot be told apart so. There each axis
// is judged alone, by the ranks of the metric, which no outlier and no monotonic change of scale moves (Kruskal and Wallis,
// 1952), and less what as many values would explain by chance (Kelley's epsilon squared, 1935).

/// How much of a metric's variance each axis of a sweep explains.
public struct SweepSensitivity: Hashable, Sendable {
    /// How it was worked out.
    public enum Method: Hashable, Sendable {
        /// By the means over a whole grid.
        case grid
        /// By ranks, each axis alone.
        case ranks
    }

    /// One axis.
    public struct Knob: Hashable, Sendable {
        /// Its key.
        public var key: String
        /// The part of the variance that it explains alone, 0 to 1; nil where there are too few points to say.
        public var share: Double?
        /// Its values over those points, in the axis's order, with the means of the metric itself.
        public var levels: [Level]

        /// The levels with the least and the greatest mean, of equal ones the first.
        public var extremes: (least: Level, greatest: Level)? {
            guard let least = levels.min(by: { $0.mean < $1.mean }),
                let greatest = levels.max(by: { $0.mean < $1.mean })
            else { return nil }
            return (least, greatest)
        }
    }

    /// A value of an axis.
    public struct Level: Hashable, Sendable {
        /// The value.
        public var value: String
        /// The mean of the metric over the points that have it.
        public var mean: Double
        /// How many points have it.
        public var count: Int
    }

    /// Two axes together.
    public struct Pair: Hashable, Sendable {
        /// The key of one.
        public var first: String
        /// The key of the other.
        public var second: String
        /// The part of the variance that their combinations explain beyond both main effects, 0 to 1.
        public var share: Double
    }

    /// Which metric.
    public var metric: String
    /// How it was worked out.
    public var method: Method
    /// Whether the variance is of the metric's binary logarithm.
    ///
    /// It is where all values are above zero and the greatest is ten times the least or more: else only the worst few points
    /// would count. Ranks need none.
    public var isLogarithmic: Bool
    /// How many points it rests on.
    public var points: Int
    /// Axis values left out so that the rest is a whole grid, as `l1d.size=1K`, in the axes' order.
    public var omitted: [String]
    /// The axes with more than one value, that with the greatest share first.
    public var knobs: [Knob]
    /// Pairs of axes, that with the greatest share first; empty by ranks.
    public var pairs: [Pair]
    /// What none of these explain, 0 to 1: interactions of three and more axes in a grid; by ranks all interactions, and chance.
    public var rest: Double

    /// Works out what each axis explains.
    ///
    /// It is nil where fewer than two points have the metric, or all have the same, or no axis varies over them.
    ///
    /// - Parameters:
    ///   - metric: The metric.
    ///   - table: The sweep.
    /// - Complexity: O(*n* · *a*²) in points and axes.
    public init?(of metric: String, in table: SweepTable) {
        guard let column = table.metrics.firstIndex(of: metric) else { return nil }
        var values: [Double] = []
        var places: [[Int]] = []
        for row in table.rows where row.isDone {
            guard let value = row.values[column] else { continue }
            values.append(value)
            places.append(row.places)
        }
        let grid = Grid(places, table.axes.map(\.values.count))
        let made =
            grid.kept.map { Self(metric, table.axes, grid.used, kept: $0, values, places) }
            ?? Self(metric, table.axes, byRanksOf: values, places)
        guard let made else { return nil }
        self = made
    }

    /// By the means over a whole grid.
    private init?(
        _ metric: String, _ axes: [MachineAxis], _ used: [[Bool]], kept: [[Bool]],
        _ allValues: [Double], _ allPlaces: [[Int]]
    ) {
        let inside = allPlaces.indices.filter { index in
            zip(allPlaces[index], kept).allSatisfy { $1[$0] }
        }
        let values = inside.map { allValues[$0] }
        let places = inside.map { allPlaces[$0] }
        guard let least = values.min(), let greatest = values.max(), least < greatest else {
            return nil
        }
        self.metric = metric
        method = .grid
        points = inside.count
        omitted = axes.indices.flatMap { axis in
            used[axis].indices.filter { used[axis][$0] && !kept[axis][$0] }
                .map { "\(axes[axis].key)=\(axes[axis].values[$0])" }
        }
        isLogarithmic = least > 0 && greatest >= 10 * least
        let split = Variance(isLogarithmic ? values.map(binaryLogarithm) : values, places)
        let varied = axes.indices.filter { kept[$0].count(where: \.self) > 1 }
        let alone = varied.map { split.share(of: [$0]) }
        knobs = zip(varied, alone).map { axis, share in
            Knob(
                key: axes[axis].key, share: share,
                levels: Self.levels(axes[axis], axis, values, places))
        }
        pairs = varied.indices.flatMap { first in
            varied.indices.dropFirst(first + 1).map { second in
                let both = split.share(of: [varied[first], varied[second]])
                return Pair(
                    first: axes[varied[first]].key, second: axes[varied[second]].key,
                    share: max(both - alone[first] - alone[second], 0))
            }
        }
        rest = 0
        order()
    }

    /// By ranks, each axis alone.
    private init?(
        _ metric: String, _ axes: [MachineAxis], byRanksOf values: [Double], _ places: [[Int]]
    ) {
        guard let least = values.min(), let greatest = values.max(), least < greatest else {
            return nil
        }
        self.metric = metric
        method = .ranks
        (omitted, isLogarithmic, points, pairs, rest) = ([], false, values.count, [], 0)
        let split = Variance(Self.ranks(values), places)
        knobs = axes.indices.compactMap { axis in
            let levels = Self.levels(axes[axis], axis, values, places)
            guard levels.count > 1 else { return nil }
            return Knob(
                key: axes[axis].key,
                share: split.correctedShare(of: axis, levels: levels.count), levels: levels)
        }
        guard !knobs.isEmpty else { return nil }
        order()
    }

    /// Puts the greatest first, equal ones in the order of the axes, and works out the rest.
    private mutating func order() {
        let explained =
            knobs.reduce(0) { $0 + ($1.share ?? 0) } + pairs.reduce(0) { $0 + $1.share }
        rest = min(max(1 - explained, 0), 1)
        knobs = knobs.enumerated().sorted {
            let (left, right) = ($0.element.share ?? -1, $1.element.share ?? -1)
            return left == right ? $0.offset < $1.offset : left > right
        }.map(\.element)
        pairs = pairs.enumerated().sorted {
            let (left, right) = ($0.element.share, $1.element.share)
            return left == right ? $0.offset < $1.offset : left > right
        }.map(\.element)
    }

    private static func levels(
        _ axis: MachineAxis, _ index: Int, _ values: [Double], _ places: [[Int]]
    ) -> [Level] {
        var sums = [Double](repeating: 0, count: axis.values.count)
        var counts = [Int](repeating: 0, count: axis.values.count)
        for (value, places) in zip(values, places) {
            sums[places[index]] += value
            counts[places[index]] += 1
        }
        return axis.values.indices.filter { counts[$0] > 0 }.map {
            Level(value: axis.values[$0], mean: sums[$0] / Double(counts[$0]), count: counts[$0])
        }
    }

    /// The ranks of values, 1 for the least; equal ones share the mean of their ranks.
    static func ranks(_ values: [Double]) -> [Double] {
        let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
        var ranks = [Double](repeating: 0, count: values.count)
        var start = 0
        while start < order.count {
            var end = start + 1
            while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
            for place in start..<end { ranks[order[place]] = Double(start + 1 + end) / 2 }
            start = end
        }
        return ranks
    }
}

/// Values over a grid, and how much of their variance the means over some axes have.
private struct Variance {
    let values: [Double]
    let places: [[Int]]
    private let mean: Double
    private let total: Double

    init(_ values: [Double], _ places: [[Int]]) {
        self.values = values
        self.places = places
        let mean = values.reduce(0, +) / Double(values.count)
        self.mean = mean
        total = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    }

    /// The share of the variance between the combinations of these axes' values.
    func share(of axes: [Int]) -> Double {
        var numbers: [[Int]: Int] = [:]
        var sums: [(sum: Double, count: Double)] = []
        for (value, places) in zip(values, places) {
            let key = axes.map { places[$0] }
            if let number = numbers[key] {
                sums[number].sum += value
                sums[number].count += 1
            } else {
                numbers[key] = sums.count
                sums.append((value, 1))
            }
        }
        // In the order of their first points, so that the sum is the same each time.
        let between = sums.reduce(0.0) { result, group in
            let difference = group.sum / group.count - mean
            return result + group.count * difference * difference
        }
        return total > 0 ? min(between / total, 1) : 0
    }

    /// The same less what as many groups would explain by chance; nil where every point is a group.
    func correctedShare(of axis: Int, levels: Int) -> Double? {
        guard values.count > levels else { return nil }
        let unexplained =
            (1 - share(of: [axis])) * Double(values.count - 1) / Double(values.count - levels)
        return max(1 - unexplained, 0)
    }
}

/// The whole grid that is within a set of points.
private struct Grid {
    /// For each axis which of its values are kept; nil if no grid of half the points, in which all axes vary, is within them.
    let kept: [[Bool]]?
    /// For each axis which of its values some point has.
    let used: [[Bool]]

    init(_ points: [[Int]], _ counts: [Int]) {
        var used = counts.map { [Bool](repeating: false, count: $0) }
        for places in points {
            for (axis, place) in places.enumerated() { used[axis][place] = true }
        }
        self.used = used
        let sizes = used.map { $0.count(where: \.self) }
        let limit = 4 * points.count
        let size = sizes.reduce(1) { min($0 * $1, limit + 1) }
        guard size <= limit else {
            kept = nil
            return
        }
        let missing = Self.missing(Set(points), used)
        kept = Self.largest(used, missing, atLeast: (points.count + 1) / 2)
    }

    /// The combinations of used values that are no points.
    private static func missing(_ points: Set<[Int]>, _ used: [[Bool]]) -> [[Int]] {
        let choices = used.map { axis in axis.indices.filter { axis[$0] } }
        let count = choices.reduce(1) { $0 * $1.count }
        guard count > points.count else { return [] }
        return (0..<UInt64(count)).compactMap { number in
            let places = SweepPlan.places(of: number, in: choices.map(\.count))
            let point = zip(choices, places).map { $0[$1] }
            return points.contains(point) ? nil : point
        }
    }

    /// Drops the value of which most is missing until nothing is.
    private static func largest(
        _ used: [[Bool]], _ missing: [[Int]], atLeast least: Int
    ) -> [[Bool]]? {
        var kept = used
        var missing = missing
        while !missing.isEmpty {
            let sizes = kept.map { $0.count(where: \.self) }
            let all = sizes.reduce(1, *)
            var worst: (axis: Int, place: Int, part: Double)?
            for axis in kept.indices where sizes[axis] > 1 {
                var counts = [Int](repeating: 0, count: kept[axis].count)
                for point in missing { counts[point[axis]] += 1 }
                for place in counts.indices where kept[axis][place] {
                    let part = Double(counts[place]) / Double(all / sizes[axis])
                    if part > worst?.part ?? 0 { worst = (axis, place, part) }
                }
            }
            guard let worst else { return nil }
            kept[worst.axis][worst.place] = false
            missing.removeAll { $0[worst.axis] == worst.place }
        }
        // A grid in which an axis no longer varies says nothing of it.
        let isWhole = zip(used, kept).allSatisfy { used, kept in
            used.count(where: \.self) < 2 || kept.count(where: \.self) > 1
        }
        return isWhole && kept.reduce(1) { $0 * $1.count(where: \.self) } >= max(least, 2)
            ? kept : nil
    }
}
