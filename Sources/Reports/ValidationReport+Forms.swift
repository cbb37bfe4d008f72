import Experiments

// The report as JSON, as text and as a part of docs/validation.md.

extension ValidationReport {
    /// The report as JSON, schema `staleline.validate/1`.
    public var json: JSONValue {
        .object([
            ("schema", .string("staleline.validate/1")),
            ("rows", .array(rows.map(Self.json))),
            ("calibrations", .array(calibrated.map(Self.json))), ("summary", summaryJSON),
        ])
    }

    private static func json(_ row: ValidationRow) -> JSONValue {
        .object([
            ("id", .string(row.row.id)), ("workload", .string(row.row.workload)),
            ("measured", .number(row.row.measured)), ("predicted", .number(row.predicted)),
            ("unit", .string(row.row.unit)), ("ratio", .number(row.ratio)),
            ("tier", .count(row.row.criterion.tier)),
            ("calibration", .bool(row.row.criterion.isCalibration)),
            ("prediction", .bool(row.row.criterion.isPrediction)), ("pass", .bool(row.passes)),
            ("traces", .array(row.traces.map(JSONValue.string))),
            ("source", .string(row.row.source)),
        ])
    }

    private static func json(_ entry: Calibrated) -> JSONValue {
        let calibration = entry.parameter.calibration
        return .object([
            ("place", .string(calibration.place.name)), ("key", .string(calibration.key)),
            ("value", .string(entry.value)), ("derived", .number(entry.parameter.derived)),
            ("measured", .string(calibration.measured)), ("rule", .string(calibration.rule)),
            ("holds", .bool(entry.holds)),
        ])
    }

    private var summaryJSON: JSONValue {
        let tiers = (1...3).map { number -> JSONValue in
            let tier = tier(number)
            return .object([
                ("tier", .count(number)), ("rows", .count(tier.rows)),
                ("within", .count(tier.within)),
            ])
        }
        return .object([
            ("rows", .count(rows.count)), ("predictions", .count(predictions.count)),
            ("within", .count(predictions.count { $0.passes })), ("tiers", .array(tiers)),
            ("missed", .array(missed.map { .string($0.row.id) })), ("pass", .bool(passes)),
            ("geometricMean", geometricMean.map(JSONValue.number) ?? .null),
            ("geometricError", geometricError.map(JSONValue.number) ?? .null),
            ("worst", .optional(worst?.row.id)),
            ("worstRatio", worst.map { .number($0.ratio) } ?? .null),
        ])
    }

    /// The report for people.
    public var text: String {
        var table = TextTable([
            ("row", .left), ("workload", .left), ("measured", .right), ("predicted", .right),
            ("unit", .left), ("ratio", .right), ("tier", .left), ("", .left),
        ])
        for row in rows {
            table.add([
                row.row.id, row.row.workload, Format.fixed(row.row.measured, 3),
                Format.fixed(row.predicted, 3), row.row.unit, Format.fixed(row.ratio, 2),
                Self.tierName(row), Self.verdict(row),
            ])
        }
        var out = table.text + "\n" + summary
        out += "Tier 1: ±25 %; 2: a band; 3: a law. What calibrates predicts nothing.\n"
        for row in missed { out += "missed: \(Self.missedLine(row))\n" }
        let verdicts = (1...3).map {
            "\(Self.leastPercent($0)) % of tier \($0): \(meets($0) ? "met" : "NOT met")"
        }
        out += "Thresholds: \(verdicts.joined(separator: "; ")).\n"
        return out + (calibrated.isEmpty ? "" : "\n" + calibrationsText)
    }

    private static func missedLine(_ row: ValidationRow) -> String {
        let band: String =
            switch row.row.criterion {
            case .band(let band):
                "\(Format.fixed(band.lowerBound, 2)) to \(Format.fixed(band.upperBound, 2))"
            case .absolute: "±25 %"
            default: "exact"
            }
        return "\(row.row.id) (tier \(row.row.criterion.tier), \(band)): \(row.row.workload); "
            + "measured \(Format.fixed(row.row.measured, 2)), predicted "
            + "\(Format.fixed(row.predicted, 2)) \(row.row.unit)"
    }

    /// The calibrated parameters for people.
    public var calibrationsText: String {
        var table = TextTable([
            ("calibrated", .left), ("key", .left), ("value", .right), ("comes out", .right),
            ("of", .left),
        ])
        for entry in calibrated {
            let calibration = entry.parameter.calibration
            table.add([
                calibration.place.name, calibration.key, entry.value,
                Format.fixed(entry.parameter.derived, 1) + (entry.holds ? "" : " (!)"),
                calibration.measured,
            ])
        }
        return table.text
    }

    /// The rows, their summary and the calibrated parameters, as they stand in docs/validation.md.
    public var markdown: String {
        var out = "```\n" + ValidationReport(rows).text + "```\n\n"
        out += "| parameter | value | comes out | of | how |\n| --- | --- | --- | --- | --- |\n"
        for entry in calibrated {
            let calibration = entry.parameter.calibration
            out +=
                "| `\(calibration.place.name)`: `\(calibration.key)` | \(entry.value) | "
                + "\(Format.fixed(entry.parameter.derived, 1)) | \(calibration.measured) | "
                + "\(calibration.rule) |\n"
        }
        return out
    }
}
