import Experiments

/// What a sweep says, for people, for spreadsheets and for programs, and as charts.
public struct SweepAnalysisReport: Sendable {
    /// A chart of a sweep.
    public enum Chart: String, CaseIterable, Sendable {
        /// What no point beats.
        case front
        /// Which knob matters.
        case sensitivity
        /// A metric along an axis, as the miss ratio over the size.
        case curves
        /// A metric over two axes.
        case heat
    }

    let analysis: SweepAnalysis
    var table: SweepTable { analysis.table }

    /// Makes a report.
    public init(_ analysis: SweepAnalysis) { self.analysis = analysis }

    /// The name of what was run.
    var trace: String {
        table.origin.first { $0.name == "trace" }?.value ?? "a trace"
    }

    /// A chart as a file in SVG; nil where the sweep does not have it, as a heat map of one axis.
    public func svg(_ chart: Chart) -> String? {
        switch chart {
        case .front: FrontChart(analysis)?.svg
        case .sensitivity: KnobChart(analysis)?.svg
        case .curves: CurvesChart(analysis)?.svg
        case .heat: HeatChart(analysis)?.svg
        }
    }

    /// A unit for a metric's numbers over all points.
    func unit(_ metric: String) -> MetricUnit {
        let column = table.metrics.firstIndex(of: metric)
        let values = table.rows.compactMap { row in
            column.flatMap { row.isDone ? row.values[$0] : nil }
        }
        return MetricUnit(metric, upTo: values.max() ?? 0)
    }

    /// The settings of a row on the axes that vary, as `l1d.size=8K, l1d.ways=1`.
    func settings(_ row: Int) -> String {
        table.settings(of: table.rows[row], on: table.variedPlaces).words
    }

    /// A metric at a row.
    func value(_ metric: String, _ row: Int) -> Double {
        table.metric(metric, at: table.rows[row]) ?? 0
    }

    // MARK: The verdict

    /// Which knob matters most, the best and the smallest that is nearly as good, and how long the front is.
    public var verdict: String {
        let unit = unit(analysis.metric)
        var out: [String] = []
        if let knob = analysis.sensitivity?.knobs.first, let share = knob.share,
            let sensitivity = analysis.sensitivity
        {
            let of =
                sensitivity.method == .ranks
                ? "of the variance of the ranks of \(unit.name)"
                : sensitivity.isLogarithmic
                    ? "of the variance of the logarithm of \(unit.name)"
                    : "of the variance of \(unit.name)"
            out.append("\(knob.key) matters most: it explains \(Self.percent(share)) \(of).")
        } else {
            out.append("Nothing that was varied changes \(unit.name).")
        }
        let best = analysis.best
        let isPlain = table.variedPlaces.isEmpty
        out.append(
            "The least is \(unit.exact(value(analysis.metric, best)))"
                + (isPlain ? "." : " at \(settings(best))."))
        if let smallest = analysis.smallest {
            let area = self.unit(SweepTable.areaMetric)
            let bits = area.text(value(SweepTable.areaMetric, smallest))
            if smallest == best {
                out.append("No smaller caches are within 5 % of it (they have \(bits)).")
            } else {
                out.append(
                    "The smallest caches within 5 % of it have \(bits), at \(settings(smallest)): "
                        + "\(unit.exact(value(analysis.metric, smallest))).")
            }
        }
        out.append(frontSentence)
        let sample = SampleWords.of(table)
        if !sample.isEmpty { out.append(sample) }
        return out.joined(separator: " ")
    }

    private var frontSentence: String {
        let front = analysis.front
        let count = front.entries.reduce(0) { $0 + $1.rows.count }
        let all = count + front.beaten
        let names = front.objectives.map { self.unit($0.metric).name }.joined(separator: " and ")
        guard all > 0 else { return "No point has \(names)." }
        guard front.objectives.count > 1 else {
            return "Of \(Format.grouped(all)) points \(Format.grouped(count)) "
                + "\(count == 1 ? "has" : "have") the best \(names)."
        }
        guard count < all else {
            return all == 1
                ? "The one point is the front of \(names)."
                : "All \(Format.grouped(all)) points are on the front of \(names)."
        }
        return "Of \(Format.grouped(all)) points \(Format.grouped(count)) "
            + "\(count == 1 ? "is" : "are") on the front of \(names)."
    }

    /// A share in percent, rounded.
    static func percent(_ share: Double) -> String { Format.significant(100 * share) + " %" }

    // MARK: Text

    /// The report for people, in lines of up to 80 characters where names allow it.
    public var text: String {
        var out = ""
        func section(_ title: String, _ notes: [String], _ table: TextTable?) {
            guard let table else { return }
            out += Format.wrapped("", title, width: 80)
            out += "\n" + table.text(within: 80)
            for note in notes where !note.isEmpty { out += Format.wrapped("", note, width: 80) }
            out += "\n"
        }
        section(frontTitle, frontNotes, frontTable)
        section(knobTitle, [], knobTable)
        if let pairs = pairTable { out += pairs.text(within: 80) }
        if analysis.sensitivity != nil {
            out += Format.wrapped("", knobNote, width: 80) + "\n"
        }
        if let chart = CurvesChart(analysis) {
            section(chart.titleWithUnit, [chart.note], curveTable)
        }
        if let chart = HeatChart(analysis) {
            section(chart.titleWithUnit, [chart.note], heatTable)
        }
        return out + Format.wrapped("", verdict, width: 80)
    }

    var frontTitle: String {
        "Pareto front: "
            + analysis.front.objectives.map {
                ($0.wantsMost ? "much " : "little ") + self.unit($0.metric).name
            }.joined(separator: ", ")
    }

    var frontNotes: [String] {
        let front = analysis.front
        var notes: [String] = []
        let rows = front.entries.flatMap(\.rows)
        let least = self.unit(analysis.metric).name
        if rows.contains(analysis.best) {
            let isSame = analysis.smallest == analysis.best
            notes.append(
                "* the least \(least)"
                    + (isSame ? "; + no smaller caches are within 5 % of it." : "."))
        }
        if let smallest = analysis.smallest, smallest != analysis.best, rows.contains(smallest) {
            notes.append("+ the smallest caches within 5 % of the least \(least).")
        }
        if front.entries.contains(where: { $0.rows.count > 1 }) {
            notes.append(
                "Where points have the same numbers, the first of them is shown with how many there are."
            )
        }
        if front.unweighed > 0 {
            notes.append("\(front.unweighed) points lack one of these numbers and are not weighed.")
        }
        return notes
    }

    /// The most entries of a front in a table for people.
    static let mostEntries = 60

    /// The front, numbered, with its points' settings.
    var frontTable: TextTable? {
        let front = analysis.front
        guard !front.entries.isEmpty else { return nil }
        let units = front.objectives.map { unit($0.metric) }
        let varied = table.variedPlaces
        let hasEqual = front.entries.contains { $0.rows.count > 1 }
        var text = TextTable(
            [("", .right)] + varied.map { (table.axes[$0].key, .right) }
                + units.map { ($0.head, .right) } + (hasEqual ? [("points", .right)] : []))
        for (index, entry) in front.entries.prefix(Self.mostEntries).enumerated() {
            let isSmallest = analysis.smallest.map { entry.rows.contains($0) } ?? false
            let marks = (entry.rows.contains(analysis.best) ? "*" : "") + (isSmallest ? "+" : "")
            var cells = [marks + "\(index + 1)"]
            cells += table.settings(of: table.rows[entry.rows[0]], on: varied).map(\.value)
            cells += zip(units, entry.values).map { $0.number($1, digits: 4) }
            if hasEqual { cells.append("\(entry.rows.count)") }
            text.add(cells)
        }
        if front.entries.count > Self.mostEntries {
            text.add(["…", "and \(front.entries.count - Self.mostEntries) more: --csv"])
        }
        return text
    }

    var knobTitle: String {
        "Which knob matters for \(unit(analysis.metric).name)"
    }

    /// What each axis explains, and from where to where its means go.
    var knobTable: TextTable? {
        guard let sensitivity = analysis.sensitivity else { return nil }
        let unit = unit(sensitivity.metric)
        var text = TextTable([
            ("knob", .left), ("share, %", .right), ("least mean", .right), ("at", .left),
            ("greatest mean", .right), ("at", .left),
        ])
        for knob in sensitivity.knobs {
            guard let (least, greatest) = knob.extremes else { continue }
            text.add([
                knob.key, knob.share.map { Format.fixed(100 * $0, 1) } ?? "–",
                unit.text(least.mean), least.value, unit.text(greatest.mean), greatest.value,
            ])
        }
        if sensitivity.method == .ranks {
            text.add(["interactions and chance", Format.fixed(100 * sensitivity.rest, 1)])
        }
        return text
    }

    /// What pairs of axes explain beside.
    var pairTable: TextTable? {
        guard let sensitivity = analysis.sensitivity, sensitivity.method == .grid,
            !sensitivity.pairs.isEmpty
        else { return nil }
        var text = TextTable([("interaction", .left), ("share, %", .right)])
        for pair in sensitivity.pairs.prefix(10) {
            text.add(["\(pair.first) × \(pair.second)", Format.fixed(100 * pair.share, 1)])
        }
        let others = sensitivity.pairs.dropFirst(10).reduce(sensitivity.rest) { $0 + $1.share }
        if sensitivity.knobs.count > 2 {
            text.add(["all others", Format.fixed(100 * others, 1)])
        }
        return text
    }

    /// What the shares are of, and how they were worked out.
    var knobNote: String {
        guard let sensitivity = analysis.sensitivity else { return "" }
        let count = Format.grouped(sensitivity.points)
        switch sensitivity.method {
        case .grid:
            let what =
                sensitivity.isLogarithmic
                ? "the logarithm of the metric, whose values span a factor of ten or more"
                : "the metric"
            let omitted =
                sensitivity.omitted.isEmpty
                ? ""
                : " Left out, because points with it are missing: "
                    + sensitivity.omitted.joined(separator: ", ") + "."
            return
                "Shares of the variance of \(what) over a whole grid of \(count) points: of each knob's means, "
                + "and of what the means of two knobs' combinations add to both. They sum to 100 %."
                + omitted
        case .ranks:
            return
                "The \(count) points are no whole grid (a sample, or many of them could not be run). So the shares are "
                + "of the variance of the metric's ranks, each knob judged alone, less what chance would explain "
                + "(epsilon squared); they need not sum to 100 %."
        }
    }

    /// The curves: a row for each value of the axis, a column for each curve.
    var curveTable: TextTable? {
        guard let curves = analysis.curves, let chart = CurvesChart(analysis) else { return nil }
        let unit = chart.unit
        let heads = curves.curves.map { curve -> String in
            curve.places.isEmpty
                ? unit.title
                : zip(curves.series, curve.places).map { $0.values[$1] }.joined(separator: ", ")
        }
        let keys = curves.series.map(\.key).joined(separator: ", ")
        let head = curves.axis.key + (keys.isEmpty ? "" : " \\ \(keys)")
        var text = TextTable([(head, .right)] + heads.map { ($0, .right) })
        for (place, value) in curves.axis.values.enumerated() {
            text.add(
                [value]
                    + curves.curves.map { curve in
                        curve.points.first { $0.place == place }.map { unit.number($0.value) } ?? ""
                    })
        }
        return text
    }

    /// The heat map, a row for each value of the axis that goes up, the first at the top.
    var heatTable: TextTable? {
        guard let heat = analysis.heat, let chart = HeatChart(analysis) else { return nil }
        let unit = chart.unit
        var text = TextTable(
            [("\(heat.up.key) \\ \(heat.across.key)", .right)]
                + heat.across.values.map { ($0, .right) })
        for (row, cells) in heat.cells.enumerated() {
            text.add(
                [heat.up.values[row]] + cells.map { $0.map { unit.number($0) } ?? "" })
        }
        return text
    }
}
