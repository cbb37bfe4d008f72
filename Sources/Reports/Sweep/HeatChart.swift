import Experiments
import Quantities

/// A metric over two axes, as a field of colours with the numbers in it.
struct HeatChart {
    let heat: SweepHeatMap

    /// Makes a chart; nil where fewer than two axes vary.
    init?(_ analysis: SweepAnalysis) {
        guard let heat = analysis.heat else { return nil }
        self.heat = heat
    }

    /// What the chart is called.
    var title: String {
        let name = unit.name
        return "\(name.contains(".") ? name : name.prefix(1).uppercased() + name.dropFirst()) over "
            + "\(heat.across.key) and \(heat.up.key)"
    }

    /// The same with the unit of the numbers, for tables.
    var titleWithUnit: String { title + (unit.unit.isEmpty ? "" : ", in \(unit.words)") }

    /// What became of the axes that are not shown.
    var note: String { CurvesChart.note(heat.others, heat.fixed) }

    /// The numbers of all cells; nil if there are none.
    var range: ClosedRange<Double>? { ClosedRange(of: heat.cells.joined().compactMap(\.self)) }

    /// The unit of the numbers.
    var unit: MetricUnit { MetricUnit(heat.metric, upTo: range?.upperBound ?? 0) }

    /// The colours from little to much: one hue that gets darker, so that it can be read without colours.
    static let colours: [(red: Double, green: Double, blue: Double)] = [
        (240, 246, 252), (158, 202, 225), (49, 130, 189), (8, 48, 107),
    ]

    /// How dark a number is, 0 the least and 1 the greatest; equal factors are equally far apart if that is asked for, or, by
    /// itself, where it shows the numbers better.
    func part(_ value: Double, isLogarithmic: Bool? = nil) -> Double {
        guard let range, range.lowerBound < range.upperBound else { return 0 }
        guard isLogarithmic ?? range.asksForLogarithm, range.lowerBound > 0 else {
            return (value - range.lowerBound) / (range.upperBound - range.lowerBound)
        }
        return binaryLogarithm(value / range.lowerBound)
            / binaryLogarithm(range.upperBound / range.lowerBound)
    }

    /// The colour of a part, as `#rrggbb`.
    static func colour(_ part: Double) -> String {
        let place = min(max(part, 0), 1) * Double(colours.count - 1)
        let index = min(Int(place), colours.count - 2)
        let rest = place - Double(index)
        let (from, to) = (colours[index], colours[index + 1])
        return "#"
            + [(from.red, to.red), (from.green, to.green), (from.blue, to.blue)].map { low, high in
                let byte = UInt8((low + (high - low) * rest).rounded())
                return (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }.joined()
    }

    /// The colour of a number on a part's colour.
    static func ink(on part: Double) -> String { part > 0.66 ? "#ffffff" : "#1a1a1a" }

    private static let mostColumns = 24

    var svg: String {
        let (columns, rows) = (heat.across.values.count, heat.up.values.count)
        let longest = heat.up.values.map(\.count).max() ?? 0
        let height = min(max(150 + 40 * Double(rows), 230), 900)
        var figure = Figure(
            title: title,
            summary: "\(columns) by \(rows) cells; the table has the numbers.",
            height: height, left: 56 + 8 * Double(longest), right: 120)
        if !note.isEmpty { figure.text(16, 43, note, size: 11, tone: .faint) }
        let plot = figure.plot
        let (wide, high) = (
            (plot.right - plot.left) / Double(columns), (plot.bottom - plot.top) / Double(rows)
        )
        for (row, cells) in heat.cells.enumerated() {
            for (column, value) in cells.enumerated() {
                draw(
                    value, &figure, column, row,
                    (
                        plot.left + wide * Double(column), plot.bottom - high * Double(row + 1),
                        wide, high
                    ))
            }
        }
        drawBest(&figure, wide, high)
        let every = (columns + Self.mostColumns - 1) / Self.mostColumns
        for (column, value) in heat.across.values.enumerated() where column % every == 0 {
            figure.text(
                plot.left + wide * (Double(column) + 0.5), plot.bottom + 18, value, .middle)
        }
        let everyRow = max(1, Int((14 / high).rounded(.up)))
        for (row, value) in heat.up.values.enumerated() where row % everyRow == 0 {
            figure.text(
                plot.left - 8, plot.bottom - high * (Double(row) + 0.5) + 4, value, .end)
        }
        figure.titles(heat.across.title, heat.up.title)
        drawScale(&figure)
        return figure.svg
    }

    private func draw(
        _ value: Double?, _ figure: inout Figure, _ column: Int, _ row: Int,
        _ place: (x: Double, y: Double, width: Double, height: Double)
    ) {
        let words =
            "\(heat.across.key)=\(heat.across.values[column]), "
            + "\(heat.up.key)=\(heat.up.values[row]): "
        let middle = (place.x + place.width / 2, place.y + place.height / 2 + 4)
        guard let value else {
            if place.width > 12, place.height > 10 {
                figure.text(middle.0, middle.1, "–", .middle, tone: .faint)
            }
            return
        }
        let part = part(value)
        figure.field(
            place.x + 0.5, place.y + 0.5, place.width - 1, place.height - 1,
            colour: Self.colour(part), title: words + unit.text(value))
        let text = unit.number(value)
        if place.width > 7 * Double(text.count) + 4, place.height > 15 {
            figure.fixedText(
                middle.0, middle.1, text, colour: Self.ink(on: part))
        }
    }

    /// Frames the cell with the least.
    private func drawBest(_ figure: inout Figure, _ wide: Double, _ high: Double) {
        guard let least = range?.lowerBound else { return }
        for (row, cells) in heat.cells.enumerated() {
            guard let column = cells.firstIndex(of: least) else { continue }
            figure.frame(
                figure.plot.left + wide * Double(column) + 1.5,
                figure.plot.bottom - high * Double(row + 1) + 1.5, wide - 3, high - 3,
                Figure.seriesColours[1].light, stroke: 3)
            return
        }
    }

    /// Draws the scale of colours with its ends, and what the frame means.
    private func drawScale(_ figure: inout Figure) {
        guard let range else { return }
        let plot = figure.plot
        let (left, top) = (plot.right + 22, plot.top + 14)
        let height = plot.bottom - top - 46
        let steps = 24
        for step in 0..<steps {
            let part = 1 - (Double(step) + 0.5) / Double(steps)
            figure.field(
                left, top + height * Double(step) / Double(steps), 16,
                height / Double(steps) + 0.4, colour: Self.colour(part), title: "")
        }
        figure.text(left, top - 8, unit.unit, size: 11)
        figure.text(left + 22, top + 9, unit.number(range.upperBound), size: 11)
        figure.text(left + 22, top + height, unit.number(range.lowerBound), size: 11)
        if range.asksForLogarithm {
            figure.text(left + 22, top + height / 2 + 4, "logarithmic", size: 11, tone: .faint)
        }
        figure.frame(
            left + 1, plot.bottom - 24, 14, 14, Figure.seriesColours[1].light, stroke: 3)
        figure.text(left + 22, plot.bottom - 13, "least", size: 11)
    }
}
