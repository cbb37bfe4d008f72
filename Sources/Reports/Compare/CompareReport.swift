import Events
import Experiments
import Hazards
import Quantities

/// What strategies are put in order by.
public enum ComparisonOrder: String, CaseIterable, Sendable {
    /// From the first transfer's start to the last one's end.
    case elapsed
    /// Core 0's time without waiting for devices.
    case cpu
}

/// What each strategy costs, ranked, and which are wrong.
public struct CompareReport: Sendable {
    let comparison: ComparisonResult
    let order: ComparisonOrder

    /// Makes a report.
    ///
    /// - Parameters:
    ///   - comparison: What was compared.
    ///   - order: What the text puts strategies in order by; the recommendation goes by elapsed time in any case.
    public init(_ comparison: ComparisonResult, by order: ComparisonOrder = .elapsed) {
        self.comparison = comparison
        self.order = order
    }

    /// The strategies in the report's order, the wrong ones last.
    var rows: [StrategyResult] {
        guard order == .cpu else { return comparison.results }
        return comparison.results.enumerated().sorted {
            ($0.element.isCorrect ? 0 : 1, $0.element.cpu, $0.offset)
                < ($1.element.isCorrect ? 0 : 1, $1.element.cpu, $1.offset)
        }.map(\.element)
    }

    /// The causes that have a column: those that cost any strategy at least one percent.
    var columns: [Cause] {
        Cause.allCases.filter { cause in
            comparison.results.contains { result in
                let part = result.causes.first { $0.cause == cause }?.time.rawValue ?? 0
                return part >= max(result.elapsed.rawValue, 1) / 100 + 1
            }
        }
    }

    /// The report for people.
    public var text: String {
        var out =
            "machine \(comparison.setup.machine.name), kernel \(comparison.setup.kernel), times in µs\n\n"
            + costs.text + "\nCore 0's time by cause; the parts sum to the whole.\n\n" + causes.text
            + "\n"
        for missing in comparison.unavailable {
            out += missing.line + "\n"
        }
        return out + conclusion + "\n"
    }

    /// The first table: what each strategy costs.
    public var costs: TextTable {
        var head: [(String, TextTable.Alignment)] = [
            ("strategy", .left), ("elapsed", .right), ("×", .right), ("CPU", .right),
            ("DMA", .right), ("a transfer", .right), ("ns a byte", .right), ("MB/s", .right),
            ("DRAM KiB", .right), ("bus KiB", .right),
        ]
        if comparison.victimAlone != nil { head.append(("pollution", .right)) }
        head += [("set-up", .right), ("verdict", .left)]
        var table = TextTable(head)
        for result in rows { table.add(cells(result)) }
        return table
    }

    private func cells(_ result: StrategyResult) -> [String] {
        let best = Self.time(comparison.recommended, order)
        let own = Self.time(result, order)
        let elapsed = result.elapsed.nanoseconds
        var cells = [
            Self.name(result), Self.micro(result.elapsed),
            result.isCorrect && best > 0 ? Format.fixed(own / best, 2) : "–",
            Self.micro(result.cpu), Self.micro(result.dma),
            Format.fixed(elapsed / 1_000 / Double(max(result.transfers, 1)), 2),
            Format.fixed(elapsed / Double(max(result.payload, 1)), 2),
            Format.fixed(result.megabytesPerSecond, 1),
            Format.fixed(Double(result.memoryBytes) / 1_024, 1),
            Format.fixed(Double(result.busBytes) / 1_024, 1),
        ]
        if let alone = comparison.victimAlone {
            let misses = result.victim?.misses ?? 0
            cells.append(Format.grouped(Int(misses) - Int(alone.misses)))
        }
        return cells + [Self.micro(result.setup), Self.verdict(result)]
    }

    /// The second table: where core 0's time goes.
    public var causes: TextTable {
        var table = TextTable(
            [("strategy", .left), ("whole", .right)]
                + columns.map { ($0.name, TextTable.Alignment.right) } + [("other", .right)])
        for result in rows {
            let whole = result.causes.reduce(Ticks.zero) { $0 + $1.time }
            var rest = whole
            let parts = columns.map { cause -> String in
                let time = result.causes.first { $0.cause == cause }?.time ?? .zero
                rest = rest - time
                return Self.micro(time)
            }
            table.add([Self.name(result), Self.micro(whole)] + parts + [Self.micro(rest)])
        }
        return table
    }

    /// The strategy's name, with what was found out for it.
    static func name(_ result: StrategyResult) -> String {
        switch result.copyBreak {
        case nil: result.strategy.rawValue
        case 0?: "\(result.strategy.rawValue) (none)"
        case let length?: "\(result.strategy.rawValue) (≤\(length))"
        }
    }

    static func verdict(_ result: StrategyResult) -> String {
        guard !result.isCorrect else { return "correct" }
        let codes = Set(result.findings.map(\.code)).sorted().map(\.rawValue)
        return "WRONG: " + codes.joined(separator: " ")
    }

    static func micro(_ time: Ticks) -> String { Format.fixed(time.nanoseconds / 1_000, 1) }

    private static func time(_ result: StrategyResult?, _ order: ComparisonOrder) -> Double {
        guard let result else { return 0 }
        return (order == .cpu ? result.cpu : result.elapsed).nanoseconds
    }
}

extension UnavailableStrategy {
    /// Its name, and why it cannot be tried.
    var line: String { "\(strategy.rawValue): not available: \(reason)" }
}
