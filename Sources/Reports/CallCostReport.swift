import Experiments
import Operations

/// What a call is made of and what its parts cost.
public struct CallCostReport: Sendable {
    private let cost: CallCost

    /// Makes a report.
    public init(_ cost: CallCost) { self.cost = cost }

    /// The report for people.
    public var text: String {
        var out = "\(cost.question.name)"
        if let version = cost.question.version { out += " of version \(version)" }
        if let state = cost.state {
            out += cost.hasDirection ? " \(cost.question.direction.name)," : ":"
            out +=
                " \(cost.question.size) bytes at offset \(cost.question.offset) of a page"
                + ", \(words(state)) before"
        }
        out += "\non \(cost.machine) with kernel \(cost.kernel)"
        out += cost.question.isCoherent ? ", for a device that is coherent\n\n" : "\n\n"
        for (place, step) in cost.plan.enumerated() { out += "  \(place + 1). \(step)\n" }
        if !cost.plan.isEmpty { out += "\n" }
        guard !cost.parts.isEmpty else { return out + "Nothing is done.\n" }
        var table = TextTable([
            ("operation", .left), ("lines", .right), ("cycles", .right), ("ns", .right),
        ])
        for part in cost.parts {
            table.add([
                part.text, part.lines.map(String.init) ?? "", "\(cost.cycles(part.time))",
                nanoseconds(part.time.rawValue),
            ])
        }
        table.add(["together", "", "\(cost.cycles(cost.time))", nanoseconds(cost.time.rawValue)])
        return out + table.text
    }

    /// The report as JSON, schema `staleline.call/1`.
    public var json: JSONValue {
        .object([
            ("schema", .string("staleline.call/1")), ("name", .string(cost.question.name)),
            ("machine", .string(cost.machine)), ("kernel", .string(cost.kernel.description)),
            ("direction", .string(cost.question.direction.name)),
            ("version", cost.question.version.map { .string($0.description) } ?? .null),
            ("offset", .integer(cost.question.offset)),
            ("size", .integer(cost.question.size)),
            ("coherent", .bool(cost.question.isCoherent)),
            ("state", cost.state.map { .string($0.rawValue) } ?? .null),
            ("plan", .array(cost.plan.map { .string($0) })),
            (
                "operations",
                .array(
                    cost.parts.map {
                        .object([
                            ("text", .string($0.text)),
                            ("lines", $0.lines.map { .integer($0) } ?? .null),
                            ("cycles", .integer(cost.cycles($0.time))),
                            ("ps", .integer($0.time.rawValue)),
                        ])
                    })
            ),
            ("cycles", .integer(cost.cycles(cost.time))),
            ("ps", .integer(cost.time.rawValue)),
        ])
    }

    private func words(_ state: CallCost.LineState) -> String {
        switch state {
        case .absent: "none of it in the caches"
        case .clean: "loaded into the caches"
        case .dirty: "stored to in the caches"
        }
    }

    private func nanoseconds(_ ticks: UInt64) -> String {
        "\(ticks / 1_000).\((ticks % 1_000) / 100)"
    }
}
