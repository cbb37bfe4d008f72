import Experiments

/// How the numbers of a metric are written: its name in words, and a unit in which they are short.
struct MetricUnit {
    /// What is measured, as `misses of L1D`.
    let name: String
    /// The unit; empty for counts.
    let unit: String
    /// How much of the metric one unit is.
    let factor: Double

    /// Chooses a unit.
    ///
    /// - Parameters:
    ///   - metric: The metric, as ``SweepTable/metrics`` has it.
    ///   - greatest: The greatest number to be written.
    init(_ metric: String, upTo greatest: Double) {
        let dot = metric.lastIndex(of: ".")
        let owner = dot.map { String(metric[..<$0]) } ?? ""
        // Each unit with what it is, and with the greatest number from which on it is used.
        func chosen(_ units: [(unit: String, factor: Double, from: Double)]) -> (String, Double) {
            let found = units.last { greatest >= $0.from } ?? units[0]
            return (found.unit, found.factor)
        }
        switch dot.map({ metric[$0...] }) ?? "" {
        case ".missRate":
            (name, unit, factor) = ("miss ratio of \(owner)", "%", 0.01)
        case _ where metric == SweepTable.areaMetric:
            name = "area of the caches"
            (unit, factor) = chosen([
                ("bit", 1, 0), ("Kbit", 1_024, 4_096), ("Mbit", 1_048_576, 100 * 1_048_576),
            ])
        case _ where metric == SweepTable.timeMetric:
            name = "time"
            (unit, factor) = chosen([
                ("ns", 1, 0), ("µs", 1e3, 1e3), ("ms", 1e6, 1e6), ("s", 1e9, 1e9),
            ])
        default:
            let words = [
                ".misses": "misses", ".readMisses": "read misses", ".writeMisses": "write misses",
                ".reads": "reads", ".writes": "writes", ".writebacks": "writebacks",
            ]
            name =
                words[dot.map { String(metric[$0...]) } ?? ""].map { "\($0) of \(owner)" } ?? metric
            (unit, factor) = chosen([("", 1, 0), ("thousand", 1e3, 1e5), ("million", 1e6, 1e8)])
        }
    }

    /// The name with its unit, for an axis.
    var title: String { unit.isEmpty ? name : "\(name) (\(unit))" }

    /// A number in the unit with three digits that count.
    func number(_ value: Double) -> String { Format.significant(value / factor) }

    /// A number with its unit.
    func text(_ value: Double) -> String {
        unit.isEmpty ? number(value) : "\(number(value)) \(unit)"
    }
}

extension Format {
    /// A number with about three digits that count, whole ones grouped, as `0.0457`, `3.21`, `45.7`, `1,204`.
    static func significant(_ value: Double) -> String {
        let size = abs(value)
        if size >= 100 || value == 0 {
            return size < 9e15
                ? (value < 0 ? "-" : "") + grouped(UInt64(size.rounded())) : "\(value)"
        }
        if value == value.rounded() { return fixed(value, 0) }
        var decimals = 1
        var limit = 10.0
        while size < limit, decimals < 9 {
            decimals += 1
            limit /= 10
        }
        return fixed(value, decimals)
    }

    /// The same without zeros at its end, for ticks.
    static func tick(_ value: Double) -> String {
        var text = significant(value)
        guard text.contains(".") else { return text }
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return text
    }
}

extension MachineAxis {
    /// The key with the unit of its values, for an axis.
    var title: String {
        let hasBytes = [".size", ".line"].contains { key.hasSuffix($0) }
        return hasBytes ? "\(key) (bytes)" : key
    }
}

extension [AxisSetting] {
    /// `l1d.ways=4, l1d.line=32`, or that their mean is shown.
    var words: String {
        map { $0.value.isEmpty ? $0.key : "\($0.key)=\($0.value)" }.joined(separator: ", ")
    }
}
