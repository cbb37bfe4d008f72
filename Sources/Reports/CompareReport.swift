import Events
import Experiments
import Hazards
import Quantities

/// What each strategy costs, ranked, and which are wrong.
public struct CompareReport: Sendable {
    private let comparison: ComparisonResult

    /// Makes a report.
    public init(_ comparison: ComparisonResult) { self.comparison = comparison }

    /// The report as JSON, schema `staleline.compare/1`.
    public var json: JSONValue {
        .object([
            ("schema", .string("staleline.compare/1")),
            ("machine", .string(comparison.setup.machine.name)),
            ("kernel", .string("\(comparison.setup.kernel)")),
            (
                "strategies",
                .array(
                    comparison.results.map { result in
                        .object([
                            ("name", .string(result.strategy.rawValue)),
                            ("elapsedNs", .number(result.elapsed.nanoseconds)),
                            ("cpuNs", .number(result.cpu.nanoseconds)),
                            ("dmaNs", .number(result.dma.nanoseconds)),
                            ("setupNs", .number(result.setup.nanoseconds)),
                            ("memoryBytes", .integer(result.memoryBytes)),
                            (
                                "causes",
                                .object(
                                    result.causes.map {
                                        ($0.cause.name, .number($0.time.nanoseconds))
                                    })
                            ),
                            ("correct", .bool(result.isCorrect)),
                            ("findings", findings(result)),
                        ])
                    })
            ),
            (
                "unavailable",
                .array(
                    comparison.unavailable.map {
                        .object([
                            ("name", .string($0.strategy.rawValue)), ("reason", .string($0.reason)),
                        ])
                    })
            ), ("recommended", .optional(comparison.recommended?.strategy.rawValue)),
        ])
    }

    private func findings(_ result: StrategyResult) -> JSONValue {
        let report = CheckReport(result.check)
        return .array(result.findings.map { report.json($0) })
    }

    /// The causes that have a column: those that cost any strategy at least one percent.
    private var columns: [Cause] {
        Cause.allCases.filter { cause in
            comparison.results.contains { result in
                let part = result.causes.first { $0.cause == cause }?.time.rawValue ?? 0
                return part >= max(result.elapsed.rawValue, 1) / 100 + 1
            }
        }
    }

    /// The report for people.
    public var text: String {
        let columns = self.columns
        var table = TextTable(
            [
                ("strategy", .left), ("elapsed", .right), ("×", .right), ("CPU", .right),
                ("DMA", .right),
            ] + columns.map { ($0.name, TextTable.Alignment.right) } + [("verdict", .left)])
        let best = comparison.recommended?.elapsed.nanoseconds
        for result in comparison.results {
            let times = columns.map { cause -> String in
                let time = result.causes.first { $0.cause == cause }?.time ?? .zero
                return Format.fixed(time.nanoseconds / 1_000, 1)
            }
            let codes = Set(result.findings.map(\.code)).sorted().map(\.rawValue)
            let ratio = best.map { Format.fixed(result.elapsed.nanoseconds / $0, 2) } ?? ""
            table.add(
                [
                    result.strategy.rawValue, Format.fixed(result.elapsed.nanoseconds / 1_000, 1),
                    result.isCorrect ? ratio : "–", Format.fixed(result.cpu.nanoseconds / 1_000, 1),
                    Format.fixed(result.dma.nanoseconds / 1_000, 1),
                ] + times
                    + [result.isCorrect ? "correct" : "WRONG: " + codes.joined(separator: " ")])
        }
        var out =
            "machine \(comparison.setup.machine.name), times in µs; columns after DMA are core 0's time by cause\n\n"
            + table.text + "\n"
        for missing in comparison.unavailable {
            out += "\(missing.strategy.rawValue): not available: \(missing.reason)\n"
        }
        return out + conclusion + "\n"
    }

    /// One sentence of recommendation with its margin.
    public var conclusion: String {
        guard let best = comparison.recommended else {
            return
                "No strategy is correct for this trace on this machine: see the findings with `staleline check`."
        }
        let others = comparison.results.filter {
            $0.isCorrect && $0.strategy != best.strategy && $0.strategy != .asWritten
        }
        func ratio(_ other: StrategyResult) -> Double {
            other.elapsed.nanoseconds / max(best.elapsed.nanoseconds, 1e-3)
        }
        let ties = others.filter { ratio($0) < 1.01 }.map(\.strategy.rawValue)
        let use = ([best.strategy.rawValue] + ties).joined(separator: " or ")
        guard let second = others.first(where: { ratio($0) >= 1.01 }) else {
            return "Use \(use) (\(best.strategy.summary)): no other strategy is correct here."
        }
        let margin = ratio(second)
        // Either of two predictions may be off by the model's error, the other way round.
        let sensitivity =
            margin < 1.25 / 0.75
            ? "which errors of ±25 % on both sides could turn round, so measure both"
            : "which errors of ±25 % on both sides would not turn round"
        return "Use \(use) (\(best.strategy.summary)): \(Format.fixed(margin, 2)) times as fast as "
            + "\(second.strategy.rawValue), \(sensitivity)."
    }
}
