import Quantities

/// What somebody wants to know of a sweep.
public struct SweepQuestion: Hashable, Sendable {
    /// The metric of which little is wanted; nil: ``SweepAnalysis/usualMetric(of:)``.
    public var metric: String?
    /// What the Pareto front weighs; nil: area and the metric.
    public var objectives: [SweepObjective]?
    /// The axis along which curves go; nil: the size, or the number of sets, of the cache that the metric is of.
    public var along: String?
    /// The axes of the heat map; nil: those that matter most.
    public var heat: (across: String, up: String)?
    /// What is done with axes that a chart does not show; nil: ``OtherAxes/best``, or ``OtherAxes/mean`` where the points are no
    /// grid, so that few of them are alike in all other axes.
    public var others: OtherAxes?

    /// Makes a question.
    public init(
        metric: String? = nil, objectives: [SweepObjective]? = nil, along: String? = nil,
        heat: (across: String, up: String)? = nil, others: OtherAxes? = nil
    ) {
        self.metric = metric
        self.objectives = objectives
        self.along = along
        self.heat = heat
        self.others = others
    }

    /// Whether two questions ask the same.
    public static func == (left: SweepQuestion, right: SweepQuestion) -> Bool {
        left.metric == right.metric && left.objectives == right.objectives
            && left.along == right.along && left.others == right.others
            && left.heat?.across == right.heat?.across && left.heat?.up == right.heat?.up
    }

    /// Hashes what is compared.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(metric)
        hasher.combine(objectives)
        hasher.combine(along)
        hasher.combine(others)
    }
}

/// What a sweep says: which knob matters, what is worth its area, and how the metric goes with the axes.
///
/// ```swift
/// let analysis = try SweepAnalysis(table, SweepQuestion(metric: "L1D.misses"))
/// print(analysis.sensitivity?.knobs.first?.key ?? "nothing")
/// ```
public struct SweepAnalysis: Sendable {
    /// The sweep.
    public let table: SweepTable
    /// The metric of which little is wanted.
    public let metric: String
    /// The place in the table's rows of the point with the least of it.
    public let best: Int
    /// The place of the point with the smallest caches among those within ``tolerance`` of the best; nil where areas are unknown.
    public let smallest: Int?
    /// What no point beats.
    public let front: ParetoFront
    /// Which knob matters; nil where nothing varies.
    public let sensitivity: SweepSensitivity?
    /// The places of the axes that vary, those that matter most first.
    public let order: [Int]
    /// The metric, or the miss ratio of its cache, along an axis; nil where no axis has numbers.
    public let curves: SweepCurves?
    /// The metric over two axes; nil where fewer than two vary.
    public let heat: SweepHeatMap?

    /// How much more than the least is as good as the least: 5 %.
    public static let tolerance = 0.05

    /// Analyses a sweep.
    ///
    /// - Throws: ``AxisFault`` if no point was run, or the question names a metric or an axis that the sweep has not.
    public init(_ table: SweepTable, _ question: SweepQuestion = SweepQuestion()) throws(AxisFault)
    {
        self.table = table
        guard table.rows.contains(where: \.isDone) else {
            throw AxisFault(
                place: "the results", found: "no point that was run", expected: "one at least")
        }
        if let metric = question.metric { try Self.require(metric, "--metric", table) }
        let metric = question.metric ?? Self.usualMetric(of: table)
        guard let metric, let best = table.best(in: metric) else {
            throw AxisFault(
                place: "the results", found: "no point with a number for \(metric ?? "anything")",
                expected: "one at least")
        }
        self.metric = metric
        self.best = best
        smallest = table.smallest(within: Self.tolerance, of: metric)
        let hasArea = table.metrics.contains(SweepTable.areaMetric)
        let usual = (hasArea ? [SweepObjective(SweepTable.areaMetric)] : []) + [.init(metric)]
        for objective in question.objectives ?? [] {
            try Self.require(objective.metric, "--pareto", table)
        }
        front = ParetoFront(of: table, by: question.objectives ?? usual)
        let sensitivity = SweepSensitivity(of: metric, in: table)
        self.sensitivity = sensitivity
        order = Self.order(of: table, sensitivity)
        let isGrid = sensitivity?.method != .ranks
        let others = question.others ?? (isGrid ? .best : .mean)
        let along: Int?
        if let key = question.along {
            along = try Self.place(of: key, "--along", table)
        } else {
            along = Self.usualAxis(of: table, metric, order)
        }
        // Of a sample each curve has few points, so that there are few curves.
        let series = Self.series(order, table, metric, sensitivity)
            .filter { $0 != along }.prefix(isGrid ? table.axes.count : 1)
        curves = along.flatMap { axis in
            SweepCurves(
                of: table, metric: Self.ratio(of: metric, table), along: axis,
                order: Array(series), others: others)
        }
        let axes: (across: Int, up: Int)?
        if let heat = question.heat {
            axes = (
                try Self.place(of: heat.across, "--heat", table),
                try Self.place(of: heat.up, "--heat", table)
            )
            guard heat.across != heat.up else {
                throw AxisFault(
                    place: "--heat", found: "\(heat.across) twice", expected: "two axes")
            }
        } else {
            axes = Self.usualHeat(of: table, order)
        }
        heat = axes.flatMap {
            SweepHeatMap(
                of: table, metric: metric, across: $0.across, up: $0.up, others: others)
        }
    }

    // MARK: What is usual

    /// The metric that a sweep is usually about: time, or else the misses of the outermost cache that is varied, or else the
    /// first metric that there is.
    public static func usualMetric(of table: SweepTable) -> String? {
        if table.metrics.contains(SweepTable.timeMetric) { return SweepTable.timeMetric }
        let misses = table.metrics.filter { $0.hasSuffix(".misses") }
        let caches = ["l3", "l2", "l1d", "l1i"].filter { cache in
            table.variedAxes.contains { SweepTable.cache(of: $0.key) == cache }
        }
        for cache in caches {
            if let found = misses.first(where: { $0 == cache.uppercased() + ".misses" }) {
                return found
            }
        }
        return misses.first ?? table.metrics.first
    }

    /// The miss ratio for misses, and any other metric for itself.
    private static func ratio(of metric: String, _ table: SweepTable) -> String {
        guard metric.hasSuffix(".misses") else { return metric }
        let rate = metric.dropLast("misses".count) + "missRate"
        return table.metrics.contains(String(rate)) ? String(rate) : metric
    }

    /// The varied axes, those that matter most first.
    private static func order(of table: SweepTable, _ sensitivity: SweepSensitivity?) -> [Int] {
        let ordered = (sensitivity?.knobs ?? []).compactMap { knob in
            table.axes.firstIndex { $0.key == knob.key }
        }
        return ordered + table.variedPlaces.filter { !ordered.contains($0) }
    }

    /// The axes that tell curves apart: those of the metric's own cache, in the order of the sweep, then others that explain a
    /// hundredth of the variance or more.
    private static func series(
        _ order: [Int], _ table: SweepTable, _ metric: String, _ sensitivity: SweepSensitivity?
    ) -> [Int] {
        let cache = SweepTable.cache(of: metric).lowercased()
        func isNear(_ place: Int) -> Bool { SweepTable.cache(of: table.axes[place].key) == cache }
        func matters(_ place: Int) -> Bool {
            let knob = sensitivity?.knobs.first { $0.key == table.axes[place].key }
            return knob?.share ?? 0 >= 0.01
        }
        return order.filter(isNear).sorted() + order.filter { !isNear($0) && matters($0) }
    }

    /// The size or the sets of the metric's cache; of a metric of none that axis of sizes, or else of numbers, that matters most.
    private static func usualAxis(
        of table: SweepTable, _ metric: String, _ order: [Int]
    ) -> Int? {
        let numeric = order.filter { table.axes[$0].numbers != nil }
        let cache = SweepTable.cache(of: metric).lowercased()
        let wanted = ["\(cache).size", "\(cache).sets"]
        return numeric.first { wanted.contains(table.axes[$0].key) }
            ?? numeric.first { place in
                [".size", ".sets"].contains { table.axes[place].key.hasSuffix($0) }
            } ?? numeric.first
    }

    /// The two axes that matter most, that with more values across.
    private static func usualHeat(
        of table: SweepTable, _ order: [Int]
    ) -> (across: Int, up: Int)? {
        guard order.count > 1 else { return nil }
        let isWide = table.axes[order[1]].values.count > table.axes[order[0]].values.count
        return isWide ? (order[1], order[0]) : (order[0], order[1])
    }

    // MARK: Names

    private static func require(
        _ metric: String, _ place: String, _ table: SweepTable
    ) throws(AxisFault) {
        guard !table.metrics.contains(metric) else { return }
        throw fault(place, metric, "a metric", table.metrics)
    }

    private static func place(
        of key: String, _ place: String, _ table: SweepTable
    ) throws(AxisFault) -> Int {
        if let found = table.axes.firstIndex(where: { $0.key == key }) { return found }
        throw fault(place, key, "an axis", table.axes.map(\.key))
    }

    private static func fault(
        _ place: String, _ found: String, _ what: String, _ names: [String]
    ) -> AxisFault {
        let near = Suggestion.nearest(to: found, among: names)
        let list =
            names.prefix(40).joined(separator: ", ") + (names.count > 40 ? ", …" : "")
        return AxisFault(
            place: place, found: "'\(found)'",
            expected: "\(what) of the sweep" + (near.map { ", as \($0)" } ?? "") + ": \(list)")
    }
}
