import Experiments

extension SweepAnalysisReport {
    /// The analysis as a JSON value with the schema `staleline.sweep-analysis/1`.
    public var json: JSONValue {
        .object([
            ("schema", .string("staleline.sweep-analysis/1")), ("trace", .string(trace)),
            ("metric", .string(analysis.metric)),
            ("verdict", .string(verdict)),
            ("best", point(analysis.best)),
            ("smallestWithin5Percent", analysis.smallest.map(point) ?? .null),
            ("front", frontJSON), ("sensitivity", sensitivityJSON), ("curves", curvesJSON),
            ("heat", heatJSON),
        ])
    }

    private func settingsJSON(_ settings: [AxisSetting]) -> JSONValue {
        .object(settings.map { ($0.key, $0.value.isEmpty ? .null : .string($0.value)) })
    }

    /// A point with its settings, its area and the metric.
    private func point(_ row: Int) -> JSONValue {
        var members: [(String, JSONValue)] = [
            ("point", .integer(table.rows[row].number)),
            ("settings", settingsJSON(table.settings(of: table.rows[row], on: table.axes.indices))),
        ]
        for metric in [SweepTable.areaMetric, analysis.metric] {
            guard let value = table.metric(metric, at: table.rows[row]) else { continue }
            members.append((metric, Self.number(value)))
        }
        return .object(members)
    }

    private static func number(_ value: Double) -> JSONValue {
        Int64(exactly: value).map(JSONValue.signed) ?? .number(value)
    }

    private var frontJSON: JSONValue {
        let front = analysis.front
        return .object([
            (
                "objectives",
                .array(
                    front.objectives.map {
                        .object([
                            ("metric", .string($0.metric)),
                            ("wanted", .string($0.wantsMost ? "most" : "least")),
                        ])
                    })
            ),
            (
                "entries",
                .array(
                    front.entries.map { entry in
                        .object([
                            ("values", .array(entry.values.map(Self.number))),
                            (
                                "points",
                                .array(entry.rows.map { .integer(table.rows[$0].number) })
                            ),
                            (
                                "settings",
                                settingsJSON(
                                    table.settings(
                                        of: table.rows[entry.rows[0]], on: table.variedPlaces))
                            ),
                        ])
                    })
            ), ("beaten", .count(front.beaten)), ("unweighed", .count(front.unweighed)),
        ])
    }

    private var sensitivityJSON: JSONValue {
        guard let sensitivity = analysis.sensitivity else { return .null }
        return .object([
            ("method", .string(sensitivity.method == .grid ? "grid" : "ranks")),
            ("logarithm", .bool(sensitivity.isLogarithmic)),
            ("points", .count(sensitivity.points)),
            ("omitted", .array(sensitivity.omitted.map(JSONValue.string))),
            (
                "knobs",
                .array(
                    sensitivity.knobs.map { knob in
                        .object([
                            ("key", .string(knob.key)),
                            ("share", knob.share.map(JSONValue.number) ?? .null),
                            (
                                "means",
                                .object(knob.levels.map { ($0.value, Self.number($0.mean)) })
                            ),
                        ])
                    })
            ),
            (
                "interactions",
                .array(
                    sensitivity.pairs.map {
                        .object([
                            ("keys", .array([.string($0.first), .string($0.second)])),
                            ("share", .number($0.share)),
                        ])
                    })
            ), ("rest", .number(sensitivity.rest)),
        ])
    }

    private var curvesJSON: JSONValue {
        guard let curves = analysis.curves else { return .null }
        return .object([
            ("metric", .string(curves.metric)), ("along", .string(curves.axis.key)),
            ("others", .string(curves.others.rawValue)), ("fixed", settingsJSON(curves.fixed)),
            (
                "curves",
                .array(
                    curves.curves.map { curve in
                        .object([
                            (
                                "settings",
                                settingsJSON(
                                    zip(curves.series, curve.places).map {
                                        AxisSetting($0.key, $0.values[$1])
                                    })
                            ),
                            (
                                "values",
                                .object(
                                    curve.points.map {
                                        (curves.axis.values[$0.place], Self.number($0.value))
                                    })
                            ),
                        ])
                    })
            ),
        ])
    }

    private var heatJSON: JSONValue {
        guard let heat = analysis.heat else { return .null }
        return .object([
            ("metric", .string(heat.metric)), ("across", .string(heat.across.key)),
            ("up", .string(heat.up.key)), ("others", .string(heat.others.rawValue)),
            ("fixed", settingsJSON(heat.fixed)),
            (
                "cells",
                .object(
                    zip(heat.up.values, heat.cells).map { value, cells in
                        (
                            value,
                            .object(
                                zip(heat.across.values, cells).map {
                                    ($0, $1.map(Self.number) ?? .null)
                                })
                        )
                    })
            ),
        ])
    }

    /// The analysis with comma-separated values, one number a line: part, what of it, at which settings, of which metric.
    public var csv: String {
        var out = "part,item,settings,metric,value\n"
        func add(
            _ part: String, _ item: String, _ settings: String, _ metric: String, _ value: Double
        ) {
            out +=
                [part, item, settings, metric, SweepTableReport.number(value)]
                .map(SweepTableReport.quoted).joined(separator: ",") + "\n"
        }
        for entry in analysis.front.entries {
            for row in entry.rows {
                for (objective, value) in zip(analysis.front.objectives, entry.values) {
                    add(
                        "front", "\(table.rows[row].number)", settings(row), objective.metric, value
                    )
                }
            }
        }
        if let sensitivity = analysis.sensitivity {
            for knob in sensitivity.knobs {
                if let share = knob.share { add("share", knob.key, "", sensitivity.metric, share) }
                for level in knob.levels {
                    add(
                        "mean", knob.key, "\(knob.key)=\(level.value)", sensitivity.metric,
                        level.mean)
                }
            }
            for pair in sensitivity.pairs {
                add("share", "\(pair.first) × \(pair.second)", "", sensitivity.metric, pair.share)
            }
            add("share", "rest", "", sensitivity.metric, sensitivity.rest)
        }
        if let curves = analysis.curves {
            for curve in curves.curves {
                let series = zip(curves.series, curve.places).map {
                    AxisSetting($0.key, $0.values[$1])
                }
                for point in curve.points {
                    let at = AxisSetting(curves.axis.key, curves.axis.values[point.place])
                    add("curve", series.words, (series + [at]).words, curves.metric, point.value)
                }
            }
        }
        for (row, cells) in (analysis.heat?.cells ?? []).enumerated() {
            for (column, value) in cells.enumerated() {
                guard let heat = analysis.heat, let value else { continue }
                let at = [
                    AxisSetting(heat.up.key, heat.up.values[row]),
                    AxisSetting(heat.across.key, heat.across.values[column]),
                ]
                add("heat", "", at.words, heat.metric, value)
            }
        }
        return out
    }
}
