import Experiments
import Quantities

/// The table of a run's functions, for people and for scripts.
struct FunctionTable {
    private let costs: [FunctionCost]
    /// A core cycle in ticks.
    private let period: UInt64

    /// How many functions the text shows.
    private static let shown = 20

    init(_ costs: [FunctionCost], period: UInt64) {
        self.costs = costs
        self.period = period
    }

    private func cycles(_ cost: FunctionCost) -> UInt64 { cost.time.rawValue / period }

    /// The most expensive functions, and how many more there are.
    var text: String {
        let total = costs.reduce(0) { $0 + cycles($1) }
        var table = TextTable([
            ("function", .left), ("cycles", .right), ("share", .right), ("records", .right),
            ("L1D misses", .right), ("L1I misses", .right), ("L2 misses", .right),
        ])
        for cost in costs.prefix(Self.shown) {
            table.add([
                cost.name, Format.grouped(cycles(cost)), Format.percent(cycles(cost), of: total),
                Format.grouped(cost.records), Format.grouped(cost.tally.dataMisses),
                Format.grouped(cost.tally.fetchMisses), Format.grouped(cost.tally.level2Misses),
            ])
        }
        let rest = costs.dropFirst(Self.shown)
        guard !rest.isEmpty else { return table.text }
        let left = rest.reduce(0) { $0 + cycles($1) }
        return table.text
            + "and \(Format.grouped(UInt64(rest.count))) more functions with \(Format.percent(left, of: total))\n"
    }

    /// All functions, in the order of the text.
    var json: JSONValue {
        .array(
            costs.map { cost in
                .object([
                    ("name", .string(cost.name)), ("cycles", .integer(cycles(cost))),
                    ("records", .integer(cost.records)),
                    ("level1DataMisses", .integer(cost.tally.dataMisses)),
                    ("level1InstructionMisses", .integer(cost.tally.fetchMisses)),
                    ("level2Misses", .integer(cost.tally.level2Misses)),
                ])
            })
    }
}
