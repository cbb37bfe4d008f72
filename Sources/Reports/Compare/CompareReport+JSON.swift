import Experiments
import Hazards

extension CompareReport {
    /// The report as JSON, schema `staleline.compare/1`.
    public var json: JSONValue {
        .object(
            [
                ("schema", .string("staleline.compare/1")),
                ("machine", .string(comparison.setup.machine.name)),
                ("kernel", .string("\(comparison.setup.kernel)")),
                ("strategies", .array(comparison.results.map(json))),
                (
                    "unavailable",
                    .array(
                        comparison.unavailable.map {
                            .object([
                                ("name", .string($0.strategy.rawValue)),
                                ("reason", .string($0.reason)),
                            ])
                        })
                ),
            ]
                + (comparison.victimAlone.map { [("victimAlone", Self.json($0))] } ?? [])
                + [("recommended", .optional(comparison.recommended?.strategy.rawValue))]
                + (comparison.sensitivity.map { [("sensitivity", Self.json($0))] } ?? [])
                + [("conclusion", .string(conclusion))])
    }

    private func json(_ result: StrategyResult) -> JSONValue {
        var members: [(String, JSONValue)] = [
            ("name", .string(result.strategy.rawValue)),
            ("elapsedNs", .number(result.elapsed.nanoseconds)),
            ("cpuNs", .number(result.cpu.nanoseconds)),
            ("dmaNs", .number(result.dma.nanoseconds)),
            ("setupNs", .number(result.setup.nanoseconds)),
            ("transfers", .integer(result.transfers)),
            ("payloadBytes", .integer(result.payload)),
            ("megabytesPerSecond", .number(result.megabytesPerSecond)),
            ("memoryBytes", .integer(result.memoryBytes)),
            ("memoryBytesRead", .integer(result.memoryBytesRead)),
            ("memoryBytesWritten", .integer(result.memoryBytesWritten)),
            ("busBytes", .integer(result.busBytes)),
            (
                "causes",
                .object(result.causes.map { ($0.cause.name, .number($0.time.nanoseconds)) })
            ),
        ]
        if let victim = result.victim { members.append(("victim", Self.json(victim))) }
        if let length = result.copyBreak { members.append(("copyBreakBytes", .integer(length))) }
        let report = CheckReport(result.check)
        members += [
            ("correct", .bool(result.isCorrect)),
            ("findings", .array(result.findings.map { report.json($0) })),
        ]
        return .object(members)
    }

    private static func json(_ victim: VictimCost) -> JSONValue {
        .object([
            ("misses", .integer(victim.misses)), ("level2Misses", .integer(victim.level2Misses)),
            ("ns", .number(victim.time.nanoseconds)),
        ])
    }

    private static func json(_ sensitivity: Sensitivity) -> JSONValue {
        .object([
            ("rivals", .array(sensitivity.rivals.map { .string($0.rawValue) })),
            ("varied", .array(sensitivity.varied.map { .string($0) })),
            (
                "flips",
                .array(
                    sensitivity.flips.map { flip in
                        .object([
                            ("key", .string(flip.path)), ("value", .number(flip.value)),
                            ("turn", .number(flip.turn)), ("unit", .string(flip.unit)),
                            ("basis", .string(flip.basis)),
                            ("winner", .string(flip.winner.rawValue)),
                        ])
                    })
            ),
        ])
    }
}
