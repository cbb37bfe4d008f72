/// A metric over two axes.
public struct SweepHeatMap: Hashable, Sendable {
    /// Which metric.
    public var metric: String
    /// From left to right.
    public var across: MachineAxis
    /// From bottom to top.
    public var up: MachineAxis
    /// What became of all other axes.
    public var others: OtherAxes
    /// The other axes: at which value they are fixed, or, with ``OtherAxes/mean``, an empty text.
    public var fixed: [AxisSetting]
    /// The metric for each value of ``up``, and therein of ``across``; nil where the sweep has none.
    public var cells: [[Double?]]

    /// Cuts a heat map out of a sweep; it is nil if no point has the metric.
    ///
    /// - Parameters:
    ///   - table: The sweep.
    ///   - metric: The metric.
    ///   - across: The place of one axis.
    ///   - up: The place of another.
    ///   - others: What is done with the other axes.
    public init?(of table: SweepTable, metric: String, across: Int, up: Int, others: OtherAxes) {
        guard let column = table.metrics.firstIndex(of: metric), let best = table.best(in: metric)
        else { return nil }
        self.metric = metric
        self.across = table.axes[across]
        self.up = table.axes[up]
        self.others = others
        let rest = table.variedPlaces.filter { $0 != across && $0 != up }
        let bestPlaces = table.rows[best].places
        fixed = table.settings(of: table.rows[best], on: rest).map {
            others == .best ? $0 : AxisSetting($0.key, "")
        }
        let width = self.across.values.count
        var sums = [(sum: Double, count: Double)](
            repeating: (0, 0), count: width * self.up.values.count)
        for row in table.rows where row.isDone {
            guard let value = row.values[column],
                others == .mean || rest.allSatisfy({ row.places[$0] == bestPlaces[$0] })
            else { continue }
            sums[row.places[up] * width + row.places[across]].sum += value
            sums[row.places[up] * width + row.places[across]].count += 1
        }
        cells = self.up.values.indices.map { row in
            (0..<width).map { place in
                let cell = sums[row * width + place]
                return cell.count > 0 ? cell.sum / cell.count : nil
            }
        }
    }
}
