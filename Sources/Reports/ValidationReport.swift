import Experiments

/// Published measurements beside predictions.
public struct ValidationReport: Sendable {
    private let rows: [ValidationRow]

    /// Makes a report.
    public init(_ rows: [ValidationRow]) { self.rows = rows }

    /// The rows that are predictions, not calibrations.
    private var predictions: [ValidationRow] { rows.filter { !$0.row.criterion.isCalibration } }

    /// Whether every row is as good as it should be.
    public var passes: Bool { rows.allSatisfy(\.passes) }

    /// The report as JSON, schema `staleline.validate/1`.
    public var json: JSONValue {
        .object([
            ("schema", .string("staleline.validate/1")),
            (
                "rows",
                .array(
                    rows.map { row in
                        .object([
                            ("id", .string(row.row.id)), ("workload", .string(row.row.workload)),
                            ("measured", .number(row.row.measured)),
                            ("predicted", .number(row.predicted)),
                            ("unit", .string(row.row.unit)), ("ratio", .number(row.ratio)),
                            ("tier", .count(row.row.criterion.tier)),
                            ("calibration", .bool(row.row.criterion.isCalibration)),
                            ("pass", .bool(row.passes)), ("source", .string(row.row.source)),
                        ])
                    })
            ), ("summary", summaryJSON),
        ])
    }

    /// The predictions of an absolute number, in which a ratio of 1 is the measurement.
    private var absolute: [ValidationRow] { predictions.filter { $0.row.criterion == .absolute } }

    /// The geometric mean of predicted to measured of absolute predictions; nil without any.
    public var geometricMean: Double? {
        let ratios = absolute.map(\.ratio)
        guard !ratios.isEmpty, ratios.allSatisfy({ $0 > 0 }) else { return nil }
        return Self.root(ratios.count, of: ratios.reduce(1, *))
    }

    /// The root of a positive number, by halving: there is no mathematics library below the command line.
    private static func root(_ degree: Int, of value: Double) -> Double {
        var low = 0.0
        var high = max(1, value)
        for _ in 0..<100 {
            let middle = (low + high) / 2
            let power = (0..<degree).reduce(1.0) { power, _ in power * middle }
            if power < value { low = middle } else { high = middle }
        }
        return high
    }

    /// The absolute prediction that is furthest off.
    private var worst: ValidationRow? {
        absolute.max { abs($0.ratio - 1) < abs($1.ratio - 1) }
    }

    private var summaryJSON: JSONValue {
        .object([
            ("rows", .count(rows.count)), ("predictions", .count(predictions.count)),
            ("within", .count(predictions.count { $0.passes })),
            ("geometricMean", geometricMean.map(JSONValue.number) ?? .null),
            ("worst", .optional(worst?.row.id)),
            ("worstRatio", worst.map { .number($0.ratio) } ?? .null),
        ])
    }

    /// All rows in a few lines: how many, how far off in the mean, how far off at worst.
    public var summary: String {
        var out =
            "\(rows.count) rows, \(rows.count - predictions.count) of which calibrate; "
            + "\(predictions.count { $0.passes }) of \(predictions.count) predictions within their bands.\n"
        if let mean = geometricMean {
            out +=
                "Predicted to measured, \(absolute.count) absolute predictions: \(Format.fixed(mean, 2)) in the "
                + "geometric mean"
        }
        if let worst {
            out +=
                "; worst \(Format.fixed(worst.ratio, 2)), \(worst.row.id): \(worst.row.workload), "
                + "\(Format.fixed(worst.predicted, 1)) for \(Format.fixed(worst.row.measured, 1)) \(worst.row.unit)"
        }
        return out + ".\n"
    }

    /// The report for people.
    public var text: String {
        var table = TextTable([
            ("row", .left), ("workload", .left), ("measured", .right), ("predicted", .right),
            ("unit", .left), ("ratio", .right), ("tier", .left), ("", .left),
        ])
        for row in rows {
            let isCalibration = row.row.criterion.isCalibration
            table.add([
                row.row.id, row.row.workload, Format.fixed(row.row.measured, 3),
                Format.fixed(row.predicted, 3), row.row.unit, Format.fixed(row.ratio, 2),
                isCalibration ? "calibrates" : "\(row.row.criterion.tier)",
                row.passes ? isCalibration ? "" : "ok" : "OUT OF BAND",
            ])
        }
        let good = predictions.count { $0.passes }
        var out = table.text + "\n\(good) of \(predictions.count) predictions within their bands"
        if let worst {
            out +=
                "; worst absolute row \(worst.row.id): \(Format.fixed(100 * (worst.ratio - 1), 0)) %"
        }
        out +=
            ". Tier 1: ±25 %; 2: a band; 3: a law. Rows that calibrate a loop's own instructions or a latency are no predictions.\n"
        return out
    }
}
