import Experiments

/// How much of the variance each axis of a sweep explains, as bars.
struct KnobChart {
    private let sensitivity: SweepSensitivity

    /// Makes a chart; nil where nothing varies.
    init?(_ analysis: SweepAnalysis) {
        guard let sensitivity = analysis.sensitivity else { return nil }
        self.sensitivity = sensitivity
    }

    /// What a bar is of.
    enum Kind {
        case knob, pair, rest
    }

    /// The bars: axes, the pairs with a share of a hundredth or more, and the rest.
    var bars: [(label: String, share: Double, kind: Kind)] {
        sensitivity.knobs.map { ($0.key, $0.share ?? 0, .knob) }
            + sensitivity.pairs.filter { $0.share >= 0.01 }.prefix(6).map {
                ("\($0.first) × \($0.second)", $0.share, .pair)
            } + [(restName, rest, .rest)]
    }

    private var rest: Double {
        let shown = sensitivity.pairs.filter { $0.share >= 0.01 }.prefix(6)
        return sensitivity.rest + sensitivity.pairs.reduce(0) { $0 + $1.share }
            - shown.reduce(0) { $0 + $1.share }
    }

    private var restName: String {
        sensitivity.method == .grid ? "all other interactions" : "interactions and chance"
    }

    /// What the chart is called.
    var title: String {
        let name = MetricUnit(sensitivity.metric, upTo: 0).name
        return "Which knob matters: shares of the variance of \(name)"
    }

    var svg: String {
        let bars = bars
        let height = 112 + 26 * Double(bars.count)
        let longest = bars.map(\.label.count).max() ?? 0
        var figure = Figure(
            title: title,
            summary: bars.map { "\($0.label) \(Self.percent($0.share))" }.joined(separator: ", "),
            height: height, left: min(40 + 7.2 * Double(longest), 330), right: 90)
        let plot = figure.plot
        for tick in stride(from: 0, through: 100, by: 20) {
            let place = figure.x(Double(tick) / 100)
            figure.line(place, plot.top, place, plot.bottom, .grid)
            figure.text(place, plot.bottom + 19, "\(tick)", .middle)
        }
        figure.line(plot.left, plot.top, plot.left, plot.bottom, .ink)
        figure.titles(axisTitle, "")
        for (index, bar) in bars.enumerated() {
            let row = plot.top + 3 + 26 * Double(index)
            let end = figure.x(bar.share)
            figure.text(plot.left - 9, row + 14, bar.label, .end)
            figure.bar(
                plot.left, row, max(end - plot.left, 0), 19,
                Self.tone(bar.kind),
                title: "\(bar.label): \(Self.percent(bar.share))")
            // A long bar has its number within, or it would stand on the last line of the grid.
            let isInside = bar.share > 0.9
            figure.text(
                end + (isInside ? -7 : 7), row + 14, Self.percent(bar.share),
                isInside ? .end : .start, tone: isInside ? .paper : .ink)
        }
        return figure.svg
    }

    /// What the bars' lengths are.
    var axisTitle: String {
        let name = MetricUnit(sensitivity.metric, upTo: 0).name
        switch sensitivity.method {
        case .ranks: return "share of the variance of the ranks of \(name) (%)"
        case .grid:
            return "share of the variance of "
                + (sensitivity.isLogarithmic ? "the logarithm of " : "")
                + "\(name) (%)"
        }
    }

    static func tone(_ kind: Kind) -> Figure.Tone {
        switch kind {
        case .knob: .series(0)
        case .pair: .series(5)
        case .rest: .faint
        }
    }

    /// A share in percent with one decimal.
    static func percent(_ share: Double) -> String { Format.fixed(100 * share, 1) + " %" }
}
