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
            ),
        ])
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
        let worst = predictions.filter { $0.row.criterion == .absolute }
            .max { abs($0.ratio - 1) < abs($1.ratio - 1) }
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
