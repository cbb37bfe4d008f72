// Charts show one axis or two; a sweep may have more. A slice says what became of the others: fixed at the values of the
// best point, or averaged over.

/// What is done with the axes that a chart does not show.
public enum OtherAxes: String, Hashable, Sendable, CaseIterable {
    /// They have the values of the point that is best in the chart's metric.
    case best
    /// The mean over all their values is shown.
    case mean
}

/// An axis at one of its values.
public struct AxisSetting: Hashable, Sendable {
    /// The axis's key.
    public var key: String
    /// The value.
    public var value: String

    /// Makes a setting.
    public init(_ key: String, _ value: String) {
        self.key = key
        self.value = value
    }
}

extension MachineAxis {
    /// The numbers that the values stand for, as 8192 for `8K`; nil if one stands for none.
    public var numbers: [Double]? {
        var numbers: [Double] = []
        for value in values {
            guard let number = Self.number(value) else { return nil }
            numbers.append(number)
        }
        return numbers
    }

    private static func number(_ text: String) -> Double? {
        let factors: [Character: Double] = ["K": 1_024, "M": 1_048_576, "G": 1_073_741_824]
        let factor = text.last.flatMap { factors[$0] }
        let digits = factor == nil ? text[...] : text.dropLast()
        guard digits.utf8.allSatisfy({ 48...57 ~= $0 || $0 == UInt8(ascii: ".") }) else {
            return nil
        }
        return Double(digits).map { $0 * (factor ?? 1) }
    }
}

extension SweepTable {
    /// The place of the point with the least of a metric, of equal ones the first; nil if none has it.
    public func best(in metric: String) -> Int? {
        guard let column = metrics.firstIndex(of: metric) else { return nil }
        var best: (row: Int, value: Double)?
        for (index, row) in rows.enumerated() where row.isDone {
            guard let value = row.values[column] else { continue }
            if best.map({ value < $0.value }) ?? true { best = (index, value) }
        }
        return best?.row
    }

    /// The place of the point with the smallest caches among those within a part of the best in a metric.
    ///
    /// - Parameters:
    ///   - tolerance: 0.05: at most 5 % more than the least.
    ///   - metric: The metric.
    /// - Returns: of points with equal areas that with less of the metric, then the first; nil if no point has both.
    public func smallest(within tolerance: Double, of metric: String) -> Int? {
        guard let column = metrics.firstIndex(of: metric),
            let areas = metrics.firstIndex(of: Self.areaMetric),
            let least = best(in: metric).flatMap({ rows[$0].values[column] })
        else { return nil }
        var found: (row: Int, area: Double, value: Double)?
        for (index, row) in rows.enumerated() where row.isDone {
            guard let value = row.values[column], let area = row.values[areas],
                value <= least * (1 + tolerance)
            else { continue }
            if found.map({ (area, value) < ($0.area, $0.value) }) ?? true {
                found = (index, area, value)
            }
        }
        return found?.row
    }

    /// The metric that says how many bits the caches have.
    public static let areaMetric = "area.bits"
    /// The metric that says how long the trace took, in nanoseconds.
    public static let timeMetric = "time.ns"

    /// The settings of a row on some axes.
    public func settings(of row: Row, on axes: some Sequence<Int>) -> [AxisSetting] {
        axes.map { AxisSetting(self.axes[$0].key, self.axes[$0].values[row.places[$0]]) }
    }

    /// The places of the axes with more than one value.
    public var variedPlaces: [Int] { axes.indices.filter { axes[$0].values.count > 1 } }
}
