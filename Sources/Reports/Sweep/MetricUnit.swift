import Experiments

/// How the numbers of a metric are written: its name in words, and a unit in which they are short.
struct MetricUnit {
    /// What is measured, as `misses of L1D`.
    let name: String
    /// The unit; empty for counts.
    let unit: String
    /// How much of the metric one unit is.
    let factor: Double
    private let isCount: Bool

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
            isCount = false
        case _ where metric == SweepTable.areaMetric:
            name = Self.areaName
            isCount = false
            (unit, factor) = chosen([
                ("bit", 1, 0), ("Kbit", 1_024, 4_096), ("Mbit", 1_048_576, 100 * 1_048_576),
            ])
        case _ where metric == SweepTable.timeMetric:
            name = "time"
            isCount = false
            (unit, factor) = chosen(Self.times)
        case let last where last.hasSuffix("Ns"):
            // What strategies cost is in nanoseconds, too.
            name = String(metric.dropLast(2))
            isCount = false
            (unit, factor) = chosen(Self.times)
        default:
            isCount = true
            let words = [
                ".misses": "misses", ".readMisses": "read misses", ".writeMisses": "write misses",
                ".reads": "reads", ".writes": "writes", ".writebacks": "writebacks",
            ]
            name =
                words[dot.map { String(metric[$0...]) } ?? ""].map { "\($0) of \(owner)" } ?? metric
            (unit, factor) = chosen([("", 1, 0), ("thousand", 1e3, 1e5), ("million", 1e6, 1e8)])
        }
    }

    /// The unit in a sentence.
    var words: String {
        switch unit {
        case "thousand", "million": unit + "s"
        default: unit
        }
    }

    /// The name with its unit, for an axis.
    var title: String { unit.isEmpty ? name : "\(name) (\(unit))" }

    /// The head of a column: short, with the unit.
    var head: String {
        let short = name == Self.areaName ? "area" : name
        return unit.isEmpty ? short : "\(short), \(unit)"
    }

    /// A number in the unit with three digits that count, or more.
    func number(_ value: Double, digits: Int = 3) -> String {
        if unit.isEmpty, value >= 0, let whole = UInt64(exactly: value) {
            return Format.grouped(whole)
        }
        return Format.significant(value / factor, digits: digits)
    }

    /// A number on its own: counts are told whole, others with four digits.
    func exact(_ value: Double) -> String {
        guard isCount, value >= 0, let whole = UInt64(exactly: value) else {
            let digits = number(value, digits: 4)
            return unit.isEmpty ? digits : "\(digits) \(unit)"
        }
        return Format.grouped(whole)
    }

    /// Units of time, what each is, and from which number on it is used.
    private static let times =
        [("ns", 1, 0), ("µs", 1e3, 1e3), ("ms", 1e6, 1e6), ("s", 1e9, 1e9)]
        as [(unit: String, factor: Double, from: Double)]

    private static let areaName = "area of the caches"

    /// A number with its unit.
    func text(_ value: Double) -> String {
        unit.isEmpty ? number(value) : "\(number(value)) \(unit)"
    }
}

extension Format {
    /// A number with at least so many digits that count, as `0.0457`, `3.20`, `45.7` and `1,204` with three.
    static func significant(_ value: Double, digits: Int = 3) -> String {
        let size = abs(value)
        var limit = 1.0
        for _ in 1..<digits { limit *= 10 }
        if size >= limit || value == 0 {
            return size < 9e15
                ? (value < 0 ? "-" : "") + grouped(UInt64(size.rounded())) : "\(value)"
        }

        var decimals = 0
        while size < limit, decimals < 12 {
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
