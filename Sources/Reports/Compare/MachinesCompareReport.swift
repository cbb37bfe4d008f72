import Experiments

/// The same workload on several machines, side by side.
public struct MachinesCompareReport: Sendable {
    let comparisons: [ComparisonResult]

    /// Makes a report.
    public init(_ comparisons: [ComparisonResult]) { self.comparisons = comparisons }

    /// The report for people.
    public var text: String {
        var out =
            "elapsed times in µs, and how many times the best on that machine\n\n" + table.text
        out += "\n"
        for comparison in comparisons {
            let name = comparison.setup.machine.name
            for missing in comparison.unavailable {
                out += "\(name), \(missing.line)\n"
            }
        }
        for comparison in comparisons {
            out += "\(comparison.setup.machine.name): \(CompareReport(comparison).conclusion)\n"
        }
        return out
    }

    /// Strategies by machines.
    var table: TextTable {
        var table = TextTable(
            [("strategy", .left)]
                + comparisons.flatMap { comparison in
                    [
                        (comparison.setup.machine.name, TextTable.Alignment.right),
                        ("", TextTable.Alignment.left),
                    ]
                })
        for strategy in Strategy.allCases {
            table.add([strategy.rawValue] + comparisons.flatMap { cells(strategy, $0) })
        }
        return table
    }

    private func cells(_ strategy: Strategy, _ comparison: ComparisonResult) -> [String] {
        guard let result = comparison.results.first(where: { $0.strategy == strategy }) else {
            return ["–", ""]
        }
        let best = comparison.recommended?.elapsed.nanoseconds ?? 0
        let note =
            !result.isCorrect
            ? CompareReport.verdict(result)
            : best > 0 ? "×" + Format.fixed(result.elapsed.nanoseconds / best, 2) : ""
        return [CompareReport.micro(result.elapsed), note]
    }

    /// The report as JSON, schema `staleline.compare-machines/1`.
    public var json: JSONValue {
        .object([
            ("schema", .string("staleline.compare-machines/1")),
            ("machines", .array(comparisons.map { CompareReport($0).json })),
        ])
    }
}
