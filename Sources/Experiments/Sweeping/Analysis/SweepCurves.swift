/// A metric over one axis, a curve for each combination of up to two others.
public struct SweepCurves: Hashable, Sendable {
    /// A point of a curve.
    public struct Point: Hashable, Sendable {
        /// Which of the axis's values it is at.
        public var place: Int
        /// The metric there.
        public var value: Double
        /// How many points of the sweep it is the mean of.
        public var count: Int
    }

    /// A curve.
    public struct Curve: Hashable, Sendable {
        /// Its value on each axis of ``SweepCurves/series``, as the place of the value.
        public var places: [Int]
        /// Its points along the axis; where the sweep has none there is a gap.
        public var points: [Point]
    }

    /// Which metric.
    public var metric: String
    /// Along what.
    public var axis: MachineAxis
    /// What tells curves apart; none, one or two axes.
    public var series: [MachineAxis]
    /// What became of all other axes.
    public var others: OtherAxes
    /// The other axes: at which value they are fixed, or, with ``OtherAxes/mean``, an empty text.
    public var fixed: [AxisSetting]
    /// The curves, the first axis of the series slowest.
    public var curves: [Curve]

    /// The most curves that can be told apart in one picture.
    public static let mostCurves = 16

    /// Cuts curves out of a sweep; they are nil if no point has the metric.
    ///
    /// - Parameters:
    ///   - table: The sweep.
    ///   - metric: The metric.
    ///   - axis: The place of the axis along which curves go.
    ///   - order: The places of the axes that may tell curves apart, those that are to do so first: the first two with which
    ///     there are at most ``mostCurves``.
    ///   - others: What is done with axes that are neither this nor tell curves apart.
    public init?(
        of table: SweepTable, metric: String, along axis: Int, order: [Int], others: OtherAxes
    ) {
        guard let column = table.metrics.firstIndex(of: metric), let best = table.best(in: metric)
        else { return nil }
        self.metric = metric
        self.axis = table.axes[axis]
        self.others = others
        let candidates = table.variedPlaces.filter { $0 != axis }
        var chosen: [Int] = []
        for place in order where candidates.contains(place) && chosen.count < 2 {
            let count = (chosen + [place]).reduce(1) { $0 * table.axes[$1].values.count }
            // No more colours than eight, nor dashes than four.
            if count <= Self.mostCurves, table.axes[place].values.count <= (chosen.isEmpty ? 8 : 4)
            {
                chosen.append(place)
            }
        }
        series = chosen.map { table.axes[$0] }
        let rest = candidates.filter { !chosen.contains($0) }
        let bestPlaces = table.rows[best].places
        fixed = table.settings(of: table.rows[best], on: rest).map {
            others == .best ? $0 : AxisSetting($0.key, "")
        }
        var cells: [[Int]: (sum: Double, count: Int)] = [:]
        for row in table.rows where row.isDone {
            guard let value = row.values[column],
                others == .mean || rest.allSatisfy({ row.places[$0] == bestPlaces[$0] })
            else { continue }
            let key = chosen.map { row.places[$0] } + [row.places[axis]]
            cells[key, default: (0, 0)].sum += value
            cells[key, default: (0, 0)].count += 1
        }
        let counts = chosen.map { table.axes[$0].values.count }
        let number = counts.reduce(1, *)
        curves = (0..<UInt64(number)).compactMap { index in
            let places = SweepPlan.places(of: index, in: counts)
            let points = table.axes[axis].values.indices.compactMap { place -> Point? in
                guard let cell = cells[places + [place]] else { return nil }
                return Point(place: place, value: cell.sum / Double(cell.count), count: cell.count)
            }
            return points.isEmpty ? nil : Curve(places: places, points: points)
        }
    }
}

extension SweepTable {
    /// The cache that an axis is of, as `l1d` of `l1d.size`; the whole key where it has no dot.
    static func cache(of key: String) -> Substring { key.prefix { $0 != "." } }
}
