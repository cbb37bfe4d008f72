import Experiments

/// Published measurements beside predictions.
public struct ValidationReport: Sendable {
    /// A calibrated parameter as it stands in a file, and what it comes out as.
    public struct Calibrated: Sendable {
        /// What it is, and what comes out of what it was calibrated on.
        public var parameter: DerivedParameter
        /// Its value as the file has it.
        public var value: String

        /// Makes one.
        public init(_ parameter: DerivedParameter, value: String) {
            self.parameter = parameter
            self.value = value
        }

        /// Whether the file has what comes out.
        public var holds: Bool {
            guard let number = Double(value) else { return false }
            return abs(number - parameter.derived) <= parameter.calibration.tolerance
        }
    }

    let rows: [ValidationRow]
    let calibrated: [Calibrated]

    /// Makes a report.
    ///
    /// - Parameters:
    ///   - rows: The rows, in their order.
    ///   - calibrated: The calibrated parameters; empty: they are not shown.
    public init(_ rows: [ValidationRow], calibrated: [Calibrated] = []) {
        self.rows = rows
        self.calibrated = calibrated
    }

    /// The rows that are predictions.
    var predictions: [ValidationRow] { rows.filter { $0.row.criterion.isPrediction } }

    /// The predictions that are out of their bands.
    public var missed: [ValidationRow] { predictions.filter { !$0.passes } }

    /// The least part of the absolute predictions that must be within ±25 %, in percent.
    public static let leastWithin = 90

    /// Whether the predictions are as good as they should be: of tier 1 at least 90 %, of tiers 2 and 3 all.
    public var passes: Bool { (1...3).allSatisfy(meets) }

    /// Whether the predictions of a tier are.
    func meets(_ tier: Int) -> Bool {
        let (rows, within) = self.tier(tier)
        return within * 100 >= rows * Self.leastPercent(tier)
    }

    /// How many of a tier's rows should be within their bands, in percent.
    static func leastPercent(_ tier: Int) -> Int { tier == 1 ? leastWithin : 100 }

    /// How many rows a tier has, and how many of them are within their bands.
    public func tier(_ tier: Int) -> (rows: Int, within: Int) {
        let rows = predictions.filter { $0.row.criterion.tier == tier }
        return (rows.count, rows.count { $0.passes })
    }

    /// The predictions of an absolute number, in which a ratio of 1 is the measurement.
    var absolute: [ValidationRow] { predictions.filter { $0.row.criterion == .absolute } }

    /// The geometric mean of predicted to measured of absolute predictions; nil without any.
    public var geometricMean: Double? { Self.geometricMean(absolute.map(\.ratio)) }

    /// The geometric mean of how far absolute predictions are off, whichever way: 1.1 is 10 %; nil without any.
    public var geometricError: Double? {
        Self.geometricMean(absolute.map { max($0.ratio, 1 / $0.ratio) })
    }

    private static func geometricMean(_ ratios: [Double]) -> Double? {
        guard !ratios.isEmpty, ratios.allSatisfy({ $0 > 0 }) else { return nil }
        // Factors are multiplied by their roots, so that the product of many stays a number.
        return ratios.reduce(1.0) { $0 * root(ratios.count, of: $1) }
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
    var worst: ValidationRow? {
        absolute.max { max($0.ratio, 1 / $0.ratio) < max($1.ratio, 1 / $1.ratio) }
    }

    /// How a row is judged, in a few words.
    static func tierName(_ row: ValidationRow) -> String {
        switch row.row.criterion {
        case .calibration, .calibrated: "calibrates"
        default: "\(row.row.criterion.tier)"
        }
    }

    /// What came of it.
    static func verdict(_ row: ValidationRow) -> String {
        guard row.row.criterion.isPrediction else {
            return row.passes ? "" : "does not come out"
        }
        return row.passes ? "ok" : "OUT OF BAND"
    }

    /// All rows in a few lines: how many, how far off in the mean, how far off at worst.
    public var summary: String {
        var out = "\(rows.count) rows, \(rows.count - predictions.count) of which predict nothing. "
        out += (1...3).map { number in
            let tier = tier(number)
            return "Tier \(number): \(tier.within) of \(tier.rows)"
        }.joined(separator: "; ")
        out += " within their bands.\n"
        if let mean = geometricMean, let error = geometricError {
            out +=
                "Predicted to measured, \(absolute.count) absolute predictions: \(Format.fixed(mean, 2)) in the "
                + "geometric mean, \(Format.fixed(100 * (error - 1), 0)) % off in the geometric mean"
        }
        if let worst {
            out +=
                "; worst \(Format.fixed(worst.ratio, 2)), \(worst.row.id): \(worst.row.workload), "
                + "\(Format.fixed(worst.predicted, 1)) for \(Format.fixed(worst.row.measured, 1)) \(worst.row.unit)"
        }
        return out + ".\n"
    }
}
