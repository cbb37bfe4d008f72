import Experiments
import Quantities

/// What strategies cost over a property of a workload, and where the best one changes.
public struct SweepReport: Sendable {
    let sweep: ComparisonSweep
    let curves: ComparisonCurves

    /// Makes a report.
    public init(_ sweep: ComparisonSweep) {
        self.sweep = sweep
        curves = ComparisonCurves(sweep)
    }

    /// What is varied, in words.
    var property: String {
        switch sweep.axis.property {
        case .size: "bytes of the longest transfer"
        case .touched: "bytes that the core touches at once"
        }
    }

    /// The report for people.
    public var text: String {
        let setup = sweep.setup
        var out =
            "machine \(setup.machine.name), kernel \(setup.kernel); time of a transfer in µs over "
            + "\(property); * the fastest\n\n"
        out += table.text + "\n"
        for line in legend { out += "  \(line)\n" }
        out += "\n" + chart + "\n"
        out += lines.text + "\n"
        for note in notes { out += note + "\n" }
        return out + conclusion + "\n"
    }

    /// Which letter stands for which strategies.
    var legend: [String] {
        curves.curves.enumerated().map {
            "\(ComparisonCurves.letter($0.offset))  \($0.element.name)"
        }
    }

    /// Points by curves.
    var table: TextTable {
        var table = TextTable(
            [(sweep.axis.property.rawValue, .right)]
                + curves.curves.indices.map {
                    (String(ComparisonCurves.letter($0)), TextTable.Alignment.right)
                })
        let best = curves.best
        for (index, point) in sweep.points.enumerated() {
            table.add(
                [Format.grouped(point.value)]
                    + curves.curves.map { curve in
                        guard let time = curve.times[index] else { return "–" }
                        let isBest = time == best[index]
                        return Format.fixed(time / 1_000, 2) + (isBest ? "*" : "")
                    })
        }
        return table
    }

    // MARK: The chart

    private static let height = 18
    private static let step = 4

    /// The curves as letters, both ways by powers; where several meet the one that ends lowest is shown.
    private var chart: String {
        guard let range = curves.range else { return "" }
        let low = binaryLogarithm(range.low)
        let span = max(binaryLogarithm(range.high) - low, 1e-9)
        let width = sweep.points.count * Self.step
        var grid = Array(
            repeating: Array(repeating: Character(" "), count: width), count: Self.height)
        for (index, curve) in curves.curves.enumerated().reversed() {
            for (place, time) in curve.times.enumerated() {
                guard let time, time > 0 else { continue }
                let part = (binaryLogarithm(time) - low) / span
                let row = Self.height - 1 - Int((part * Double(Self.height - 1)).rounded())
                grid[row][place * Self.step + 1] = ComparisonCurves.letter(index)
            }
        }
        var out = ""
        for (row, line) in grid.enumerated() {
            let label =
                row == 0
                ? Format.time(nanoseconds: range.high)
                : row == Self.height - 1 ? Format.time(nanoseconds: range.low) : ""
            out += String(repeating: " ", count: max(0, 11 - label.count)) + label + " |"
            var text = String(line)
            while text.hasSuffix(" ") { text.removeLast() }
            out += text + "\n"
        }
        out += String(repeating: " ", count: 12) + "+" + String(repeating: "-", count: width) + "\n"
        out += String(repeating: " ", count: 13)
        for point in sweep.points {
            let label = Self.short(point.value)
            out += label + String(repeating: " ", count: max(0, Self.step - label.count))
        }
        while out.hasSuffix(" ") { out.removeLast() }
        return out + "\n"
    }

    /// `64`, `4K`, `1M`; what is no whole number of them is cut.
    static func short(_ value: UInt64) -> String {
        switch value {
        case ..<1_024: "\(value)"
        case ..<(1 << 20): "\(value >> 10)K"
        default: "\(value >> 20)M"
        }
    }

    // MARK: In words

    var lines: TextTable {
        var table = TextTable([
            ("strategy", .left), ("ns a transfer", .right), ("+ ns a byte", .right),
        ])
        for line in sweep.strategies.compactMap({ sweep.line($0) }) {
            table.add([
                line.strategy.rawValue, Format.fixed(line.fixed, 0), Format.fixed(line.perByte, 2),
            ])
        }
        return table
    }

    /// Which strategies are missing at which points, and why.
    var notes: [String] {
        Strategy.allCases.filter { $0 != .asWritten }.compactMap { strategy in
            var reasons: [(values: [UInt64], reason: String)] = []
            for point in sweep.points {
                guard let reason = Self.reason(strategy, point.comparison) else { continue }
                if let known = reasons.firstIndex(where: { $0.reason == reason }) {
                    reasons[known].values.append(point.value)
                } else {
                    reasons.append(([point.value], reason))
                }
            }
            guard !reasons.isEmpty else { return nil }
            let isEverywhere = reasons.count == 1 && reasons[0].values.count == sweep.points.count
            let parts = reasons.map { values, reason in
                let at =
                    isEverywhere ? "" : "at \(values.map(Self.short).joined(separator: ", ")): "
                return at + reason
            }
            return "\(strategy.rawValue): left out"
                + (isEverywhere ? ": " : " ") + parts.joined(separator: "; ")
        }
    }

    private static func reason(_ strategy: Strategy, _ comparison: ComparisonResult) -> String? {
        if let missing = comparison.unavailable.first(where: { $0.strategy == strategy }) {
            return missing.reason
        }
        guard let result = comparison.results.first(where: { $0.strategy == strategy }) else {
            return nil
        }
        return result.isCorrect ? nil : CompareReport.verdict(result)
    }

    /// Where the best strategy changes, in one sentence.
    public var conclusion: String {
        guard let first = sweep.points.compactMap(\.comparison.recommended).first else {
            return "No strategy is correct at any point."
        }
        let start = sweep.crossovers.first?.below ?? first.strategy
        guard !sweep.crossovers.isEmpty else {
            return "Best at every point: \(start.rawValue) (\(start.summary))."
        }
        let changes = sweep.crossovers.map {
            "\($0.above.rawValue) from about \(Format.grouped($0.at)) on"
        }
        return "Best: \(start.rawValue) at first, " + CompareReport.list(changes, "and")
            + " (\(property))."
    }

    /// The report as JSON, schema `staleline.compare-sweep/1`.
    public var json: JSONValue {
        .object([
            ("schema", .string("staleline.compare-sweep/1")),
            ("machine", .string(sweep.setup.machine.name)),
            ("kernel", .string("\(sweep.setup.kernel)")),
            ("property", .string(sweep.axis.property.rawValue)),
            (
                "points",
                .array(
                    sweep.points.map { point in
                        .object([
                            ("value", .integer(point.value)),
                            ("comparison", CompareReport(point.comparison).json),
                        ])
                    })
            ),
            (
                "crossovers",
                .array(
                    sweep.crossovers.map {
                        .object([
                            ("below", .string($0.below.rawValue)),
                            ("above", .string($0.above.rawValue)), ("at", .integer($0.at)),
                            ("after", .integer($0.after)),
                        ])
                    })
            ),
            (
                "lines",
                .array(
                    sweep.strategies.compactMap { sweep.line($0) }.map {
                        .object([
                            ("name", .string($0.strategy.rawValue)),
                            ("nsPerTransfer", .number($0.fixed)),
                            ("nsPerByte", .number($0.perByte)),
                        ])
                    })
            ), ("conclusion", .string(conclusion)),
        ])
    }
}
