import Experiments

/// A metric along an axis, as curves.
struct CurvesChart {
    let curves: SweepCurves

    /// Makes a chart; nil where no axis has numbers.
    init?(_ analysis: SweepAnalysis) {
        guard let curves = analysis.curves else { return nil }
        self.curves = curves
    }

    /// What the chart is called.
    var title: String { "\(unit.name.capitalised) over \(curves.axis.key)" }

    /// The same with the unit of the numbers, for tables.
    var titleWithUnit: String { title + (unit.unit.isEmpty ? "" : ", in \(unit.words)") }

    /// What became of the axes that are not shown.
    var note: String { Self.note(curves.others, curves.fixed) }

    /// What became of axes that are not shown; empty if there are none.
    static func note(_ others: OtherAxes, _ fixed: [AxisSetting]) -> String {
        guard !fixed.isEmpty else { return "" }
        return others == .best
            ? "At the best point's \(fixed.words)." : "Means over all values of \(fixed.words)."
    }

    /// The numbers of all curves; nil if there are none.
    var range: ClosedRange<Double>? {
        ClosedRange(of: curves.curves.flatMap { $0.points.map(\.value) })
    }

    /// The unit of the numbers.
    var unit: MetricUnit { MetricUnit(curves.metric, upTo: range?.upperBound ?? 0) }

    /// How a curve is drawn: its colour and mark are its first axis's, its dash the second's.
    func look(of curve: SweepCurves.Curve) -> (colour: Int, dash: Int) {
        (curve.places.first ?? 0, curve.places.count > 1 ? curve.places[1] : 0)
    }

    /// What tells a curve apart, as `l1d.ways=4, l1d.line=32`.
    func name(of curve: SweepCurves.Curve) -> String {
        let name = zip(curves.series, curve.places).map { AxisSetting($0.key, $0.values[$1]) }.words
        return name.isEmpty ? unit.name : name
    }

    var svg: String {
        let range = range ?? 0...1
        var figure = Figure(
            title: title,
            summary:
                "\(curves.curves.count) curves along \(curves.axis.key); the table has the numbers.",
            right: 160)
        let x = FigureScale(curves.axis)
        let y = FigureScale(range, isLogarithmic: range.asksForLogarithm, unit: unit)
        figure.axes(x, curves.axis.title, y, unit.title)
        if !note.isEmpty { figure.text(76, 42, note, size: 11, tone: .faint) }
        let numbers = curves.axis.numbers
        for curve in curves.curves {
            let look = look(of: curve)
            let points = curve.points.map { point in
                (
                    x: figure.x(x.position(numbers?[point.place] ?? Double(point.place))),
                    y: figure.y(y.position(point.value))
                )
            }
            // A curve is drawn through the values that it has, in the order of the numbers.
            let sorted = points.sorted { $0.x < $1.x }
            figure.path(
                sorted, .series(look.colour), width: 1.8,
                dash: Figure.dashes[look.dash % Figure.dashes.count])
            for (point, place) in zip(curve.points, points) {
                figure.mark(
                    place.x, place.y, FigureMark(look.colour), .series(look.colour), size: 3.6,
                    title:
                        "\(name(of: curve)), \(curves.axis.key)=\(curves.axis.values[point.place]): "
                        + unit.text(point.value))
            }
        }
        drawLegend(&figure)
        return figure.svg
    }

    private func drawLegend(_ figure: inout Figure) {
        var row = figure.plot.top + 8
        for (index, axis) in curves.series.enumerated() {
            figure.text(figure.plot.right + 20, row, axis.key, isBold: true)
            row += 20
            for (place, value) in axis.values.enumerated()
            where curves.curves.contains(where: { $0.places[index] == place }) {
                if index == 0 {
                    figure.legend(row, value, .series(place), mark: FigureMark(place))
                } else {
                    figure.legend(
                        row, value, .ink, mark: nil,
                        dash: Figure.dashes[place % Figure.dashes.count])
                }
                row += 20
            }
            row += 8
        }
    }
}

extension String {
    /// With a capital at its start, unless it is a name with a dot.
    fileprivate var capitalised: String {
        contains(".") ? self : prefix(1).uppercased() + dropFirst()
    }
}
