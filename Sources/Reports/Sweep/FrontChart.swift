import Experiments

/// A sweep's points over the first two objectives of its front.
struct FrontChart {
    let analysis: SweepAnalysis
    let front: ParetoFront

    /// Makes a chart; nil where fewer than two objectives are weighed, or no point has them.
    init?(_ analysis: SweepAnalysis) {
        guard analysis.front.objectives.count > 1, !analysis.front.entries.isEmpty else {
            return nil
        }
        self.analysis = analysis
        front = analysis.front
    }

    /// A point of the sweep with its numbers.
    struct Spot {
        var row: Int
        var x: Double
        var y: Double
    }

    /// All points that have both objectives, in the table's order.
    var spots: [Spot] {
        let columns = front.objectives.prefix(2).map { objective in
            analysis.table.metrics.firstIndex(of: objective.metric)
        }
        return analysis.table.rows.enumerated().compactMap { index, row in
            guard row.isDone, let x = columns[0].flatMap({ row.values[$0] }),
                let y = columns[1].flatMap({ row.values[$0] })
            else { return nil }
            return Spot(row: index, x: x, y: y)
        }
    }

    /// The units of both axes and whether they go by powers.
    var scales: (x: (MetricUnit, ClosedRange<Double>), y: (MetricUnit, ClosedRange<Double>)) {
        func scale(_ place: Int, _ values: [Double]) -> (MetricUnit, ClosedRange<Double>) {
            let range = ClosedRange(of: values) ?? 0...1
            return (MetricUnit(front.objectives[place].metric, upTo: range.upperBound), range)
        }
        let spots = spots
        return (scale(0, spots.map(\.x)), scale(1, spots.map(\.y)))
    }

    /// What the chart is called.
    var title: String {
        let (x, y) = (scales.x.0.name, scales.y.0.name)
        let more = front.objectives.count - 2
        return "Pareto front of \(x) and \(y)"
            + (more > 0 ? ", and \(more) more not shown" : "")
    }

    var svg: String {
        let (xUnit, xRange) = scales.x
        let (yUnit, yRange) = scales.y
        let count = front.entries.count
        var figure = Figure(
            title: title,
            summary:
                "\(spots.count) points; the front has \(count) of them, which the table lists.",
            right: 230)
        let x = FigureScale(xRange, isLogarithmic: xRange.asksForLogarithm, unit: xUnit)
        let y = FigureScale(yRange, isLogarithmic: yRange.asksForLogarithm, unit: yUnit)
        figure.axes(x, xUnit.title, y, yUnit.title)
        drawBeaten(&figure, x, y)
        let named = drawFront(&figure, x, y)
        drawLegend(&figure, named)
        return figure.svg
    }

    /// Draws what is beaten, of points that fall on one place only one.
    private func drawBeaten(_ figure: inout Figure, _ x: FigureScale, _ y: FigureScale) {
        for spot in thinned(spots, Set(front.entries.flatMap(\.rows))) {
            figure.mark(
                figure.x(x.position(spot.x)), figure.y(y.position(spot.y)), .ring, .faint,
                size: 2.5,
                title: words(spot.row))
        }
    }

    /// The beaten points, but of those that would fall on one place of the picture only the first.
    func thinned(_ spots: [Spot], _ inFront: Set<Int>) -> [Spot] {
        let (xUnit, xRange) = scales.x
        let (yUnit, yRange) = scales.y
        let x = FigureScale(xRange, isLogarithmic: xRange.asksForLogarithm, unit: xUnit)
        let y = FigureScale(yRange, isLogarithmic: yRange.asksForLogarithm, unit: yUnit)
        var drawn: Set<[Int]> = []
        return spots.filter { spot in
            let place = [Int(x.position(spot.x) * 560), Int(y.position(spot.y) * 360)]
            return !inFront.contains(spot.row) && drawn.insert(place).inserted
        }
    }

    /// The entries that have a number in the picture: the smallest that is nearly the best, the last, and from the first on all
    /// whose number would not touch another's, as far as the legend has room.
    private func named(_ places: [(x: Double, y: Double)]) -> [Int] {
        let smallest = front.entries.firstIndex { entry in
            analysis.smallest.map { entry.rows.contains($0) } ?? false
        }
        var named: [Int] = []
        for index in (smallest.map { [$0] } ?? []) + [places.count - 1] + Array(places.indices)
        where named.count < Self.mostNames && !named.contains(index) {
            let isFree = named.allSatisfy { other in
                abs(places[other].x - places[index].x) > 22
                    || abs(places[other].y - places[index].y) > 14
            }
            if isFree { named.append(index) }
        }
        return named.sorted()
    }

    private static let mostNames = 14

    private func drawFront(
        _ figure: inout Figure, _ x: FigureScale, _ y: FigureScale
    ) -> [Int] {
        let places = front.entries.map { entry in
            (x: figure.x(x.position(entry.values[0])), y: figure.y(y.position(entry.values[1])))
        }
        if front.objectives.count == 2 {
            // Steps: between two points of the front nothing better than the cheaper is known.
            var steps: [(x: Double, y: Double)] = []
            for place in places {
                if let last = steps.last { steps.append((place.x, last.y)) }
                steps.append(place)
            }
            figure.path(steps, .series(0), width: 1.8)
        }
        let named = named(places)
        for (index, place) in places.enumerated() {
            let row = front.entries[index].rows[0]
            figure.mark(place.x, place.y, .diamond, .series(0), size: 4.2, title: words(row))
            if row == analysis.smallest {
                figure.mark(place.x, place.y, .ring, .series(1), size: 9)
            }
            guard named.contains(index) else { continue }
            figure.text(place.x + 6, place.y - 7, "\(index + 1)", size: 11)
        }
        return named
    }

    private func drawLegend(_ figure: inout Figure, _ named: [Int]) {
        var row = figure.plot.top + 8
        let isLine = front.objectives.count == 2
        figure.legend(
            row, "the front", .series(0), mark: .diamond, dash: isLine ? [] : nil)
        row += 20
        if front.beaten > 0 {
            figure.legend(row, "beaten by a point of it", .faint, mark: .ring, dash: nil)
            row += 20
        }
        if let smallest = analysis.smallest, front.contains(row: smallest) {
            figure.legend(row, "the smallest caches", .series(1), mark: .ring, dash: nil)
            figure.text(figure.plot.right + 62, row + 15, "within 5 % of the best")
            row += 35
        }
        row += 14
        figure.text(figure.plot.right + 20, row, keys, size: 11, tone: .faint)
        for index in named {
            row += 16
            figure.text(figure.plot.right + 40, row, "\(index + 1)", .end, size: 11)
            figure.text(
                figure.plot.right + 50, row, values(front.entries[index].rows[0]), size: 11)
        }
    }

    /// The axes that the legend has room for: the three that matter most, in the order of the sweep.
    private var shown: [Int] { analysis.order.prefix(3).sorted() }

    private var keys: String { shown.map { analysis.table.axes[$0].key }.joined(separator: ", ") }

    private func values(_ row: Int) -> String {
        analysis.table.settings(of: analysis.table.rows[row], on: shown).map(\.value)
            .joined(separator: ", ")
    }

    /// The settings of a point.
    func words(_ row: Int) -> String {
        analysis.table.settings(of: analysis.table.rows[row], on: analysis.table.variedPlaces).words
    }
}
