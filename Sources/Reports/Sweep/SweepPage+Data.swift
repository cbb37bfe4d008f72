import Experiments

// What the script of a page is told of each chart: numbers in the units of the axes, words for the pointer, and how
// things look. The switches above a chart are made here, too, with the same marks as its still picture.

extension FrontChart {
    /// The chart for the page's script.
    var data: JSONValue {
        let (x, y) = scales
        let scaled = { (spot: Spot) -> JSONValue in
            .array([
                .number(spot.x / x.0.factor), .number(spot.y / y.0.factor),
                .string(self.words(spot.row)),
            ])
        }
        let inFront = Set(front.entries.flatMap(\.rows))
        let spots = spots
        let steps = front.objectives.count == 2
        func series(
            _ label: String, _ tone: String, _ mark: String, _ radius: UInt64, isHollow: Bool,
            line: Bool, _ spots: [Spot]
        ) -> JSONValue {
            .object([
                ("label", .string(label)), ("tone", .string(tone)), ("mark", .string(mark)),
                ("radius", .integer(radius)), ("hollow", .bool(isHollow)),
                ("steps", .bool(line)), ("places", .array([])),
                ("points", .array(spots.map(scaled))),
            ])
        }
        let members = spots.filter { inFront.contains($0.row) }.sorted {
            ($0.x, $0.y) < ($1.x, $1.y)
        }
        var all = [
            series(
                "the front", "s0", "rectRot", 6, isHollow: false, line: steps, members),
            series(
                "beaten", "faint", "circle", 3, isHollow: true, line: false, thinned(spots, inFront)
            ),
        ]
        if let smallest = analysis.smallest {
            all.append(
                series(
                    "smallest within 5 %", "s1", "circle", 9, isHollow: true, line: false,
                    spots.filter { $0.row == smallest }))
        }
        return .object([
            ("kind", .string("points")), ("height", .integer(460)),
            ("x", Self.axis(x.0, x.1)), ("y", Self.axis(y.0, y.1)), ("series", .array(all)),
        ])
    }

    static func axis(_ unit: MetricUnit, _ range: ClosedRange<Double>) -> JSONValue {
        .object([
            ("title", .string(unit.title)), ("unit", .string(unit.unit)),
            ("log", .bool(range.asksForLogarithm)), ("zero", .bool(range.isNearZero)),
            // The ends of the axis where it goes by powers, as in the still picture.
            ("low", .number(range.lowerBound / unit.factor / FigureScale.room.below)),
            ("high", .number(range.upperBound / unit.factor * FigureScale.room.above)),
        ])
    }

    /// The switches above the chart.
    var controls: String {
        var items = [
            PageControls.item("the front", .series(0), .diamond, dash: [], series: 0),
            PageControls.item("beaten", .faint, .ring, dash: nil, series: 1),
        ]
        if analysis.smallest != nil {
            items.append(
                PageControls.item("smallest within 5 %", .series(1), .ring, dash: nil, series: 2))
        }
        let (x, y) = scales
        return PageControls.group("Show", items)
            + PageControls.scales(
                x: x.1.lowerBound > 0 ? x.1.asksForLogarithm : nil,
                y: y.1.lowerBound > 0 ? y.1.asksForLogarithm : nil)
    }
}

extension CurvesChart {
    /// The chart for the page's script.
    var data: JSONValue {
        let unit = unit
        let numbers = curves.axis.numbers
        let isPowers = FigureScale(curves.axis).isLogarithmic
        let places = curves.axis.values.indices.map { JSONValue.number(numbers?[$0] ?? Double($0)) }
        let series = curves.curves.map { curve -> JSONValue in
            let look = look(of: curve)
            let mark = FigureMark(look.colour)
            return .object([
                ("label", .string(name(of: curve))),
                ("tone", .string(Figure.Tone.series(look.colour).name)),
                ("mark", .string(mark.libraryName)), ("radius", .integer(4)),
                ("hollow", .bool(mark == .ring)), ("steps", .bool(false)),
                ("dash", .array(Figure.dashes[look.dash % 4].map(JSONValue.number))),
                ("places", .array(curve.places.map { .count($0) })),
                (
                    "points",
                    .array(
                        curve.points.sorted {
                            guard let numbers else { return $0.place < $1.place }
                            return numbers[$0.place] < numbers[$1.place]
                        }.map {
                            .array([
                                places[$0.place], .number($0.value / unit.factor),
                                .string("\(curves.axis.key)=\(curves.axis.values[$0.place])"),
                            ])
                        })
                ),
            ])
        }
        return .object([
            ("kind", .string("points")), ("height", .integer(460)),
            (
                "x",
                .object([
                    ("title", .string(curves.axis.title)), ("unit", .string("")),
                    ("log", .bool(isPowers)), ("ticks", .array(places)),
                    ("names", .array(curves.axis.values.map(JSONValue.string))),
                ])
            ), ("y", FrontChart.axis(unit, range ?? 0...1)), ("series", .array(series)),
        ])
    }

    /// The switches above the chart: one for each value that tells curves apart.
    var controls: String {
        var out = ""
        for (index, axis) in curves.series.enumerated() {
            let items = axis.values.enumerated().compactMap { place, value -> String? in
                guard curves.curves.contains(where: { $0.places[index] == place }) else {
                    return nil
                }
                return index == 0
                    ? PageControls.item(
                        value, .series(place), FigureMark(place), dash: [], group: (index, place))
                    : PageControls.item(
                        value, .ink, nil, dash: Figure.dashes[place % 4], group: (index, place))
            }
            out += PageControls.group(axis.key, items)
        }
        let isPowers = FigureScale(curves.axis).isLogarithmic
        let range = range ?? 0...1
        return out
            + PageControls.scales(
                x: isPowers ? true : nil, y: range.lowerBound > 0 ? range.asksForLogarithm : nil)
    }
}

extension KnobChart {
    /// The chart for the page's script.
    var data: JSONValue {
        .object([
            ("kind", .string("bars")), ("height", .count(96 + 30 * bars.count)),
            ("title", .string(axisTitle)),
            ("labels", .array(bars.map { .string($0.label) })),
            ("values", .array(bars.map { .number(100 * $0.share) })),
            ("tones", .array(bars.map { .string(Self.tone($0.kind).name) })),
        ])
    }
}

extension HeatChart {
    /// The chart for the page's script.
    var data: JSONValue {
        let unit = unit
        return .object([
            ("kind", .string("cells")), ("height", .count(110 + 40 * heat.up.values.count)),
            ("across", .string(heat.across.title)), ("up", .string(heat.up.title)),
            ("columns", .array(heat.across.values.map(JSONValue.string))),
            ("rows", .array(heat.up.values.map(JSONValue.string))),
            ("name", .string(unit.name)),
            (
                "cells",
                .array(
                    heat.cells.map { cells in
                        .array(
                            cells.map { value in
                                guard let value else { return .null }
                                return .object([
                                    ("text", .string(unit.number(value))),
                                    ("words", .string(unit.text(value))),
                                    ("linear", shade(value, isLogarithmic: false)),
                                    ("log", shade(value, isLogarithmic: true)),
                                    ("least", .bool(value == range?.lowerBound)),
                                ])
                            })
                    })
            ), ("isLog", .bool(range?.asksForLogarithm ?? false)),
        ])
    }

    /// The colours of a cell and of the number in it.
    private func shade(_ value: Double, isLogarithmic: Bool) -> JSONValue {
        let part = part(value, isLogarithmic: isLogarithmic)
        return .array([.string(Self.colour(part)), .string(Self.ink(on: part))])
    }

    /// The switch above the chart.
    var controls: String {
        guard let range, range.lowerBound > 0, range.upperBound > range.lowerBound else {
            return ""
        }
        return PageControls.group(
            "Colours", [PageControls.scale("logarithmic", "colour", isOn: range.asksForLogarithm)])
    }
}

/// Switches above a chart: checkboxes with the marks that the chart has.
enum PageControls {
    /// A group with a name.
    static func group(_ name: String, _ items: [String]) -> String {
        "<fieldset><legend>\(SVG.escaped(name))</legend>\(items.joined(separator: "\n"))</fieldset>\n"
    }

    /// A checkbox for one series, or for all series that have a value of an axis.
    static func item(
        _ name: String, _ tone: Figure.Tone, _ mark: FigureMark?, dash: [Double]?,
        series: Int? = nil, group: (axis: Int, place: Int)? = nil
    ) -> String {
        let data =
            series.map { "data-series=\"\($0)\"" }
            ?? group.map { "data-axis=\"\($0.axis)\" data-place=\"\($0.place)\"" } ?? ""
        return
            "<label><input type=\"checkbox\" checked \(data)> \(Figure.swatch(tone, mark, dash)) "
            + "\(SVG.escaped(name))</label>"
    }

    /// A checkbox for a scale.
    static func scale(_ name: String, _ which: String, isOn: Bool) -> String {
        "<label><input type=\"checkbox\" data-scale=\"\(which)\"\(isOn ? " checked" : "")> \(name)</label>"
    }

    /// Checkboxes for the scales that can be logarithmic; nil: cannot.
    static func scales(x: Bool?, y: Bool?) -> String {
        let items =
            (x.map { [scale("across", "x", isOn: $0)] } ?? [])
            + (y.map { [scale("up", "y", isOn: $0)] } ?? [])
        return items.isEmpty ? "" : group("Logarithmic", items)
    }
}
