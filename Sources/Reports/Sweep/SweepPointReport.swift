import Experiments
import Hazards
import MemoryModel

/// What came of one point of a sweep, as members of its JSON object and as numbers with names.
public struct SweepPointReport: Sendable {
    /// How often a hazard was found.
    public struct FindingCount: Hashable, Sendable {
        /// The verdict.
        public var verdict: Verdict
        /// The hazard.
        public var code: HazardCode
        /// How many findings.
        public var count: Int
    }

    private let outcome: SweepOutcome
    private let areaBits: UInt64?

    /// Makes a report.
    ///
    /// - Parameters:
    ///   - outcome: What came of the point.
    ///   - areaBits: The bits of its caches, if they are known.
    public init(_ outcome: SweepOutcome, areaBits: UInt64?) {
        self.outcome = outcome
        self.areaBits = areaBits
    }

    /// Why the point was not run; nil if it was.
    public var reason: String? {
        guard case .impossible(let reason) = outcome.content else { return nil }
        return reason
    }

    /// The members beside the settings: `records`, `areaBits`, `caches`, `time` and `memory` as in `replay`, `findings` of
    /// `--check`; `strategies` and `recommended` of `--strategies`; `sample` and `estimates` where a sample was counted.
    public var members: [(name: String, value: JSONValue)] {
        let area = areaBits.map { [(name: "areaBits", value: JSONValue.integer($0))] } ?? []
        switch outcome.content {
        case .counted(let counts): return area + Self.members(of: counts)
        case .sampled(let counts): return area + Self.members(of: counts)
        case .replayed(let result): return area + Self.members(of: result)
        case .checked(let result):
            return area + Self.members(of: result.replay) + [("findings", findingsJSON)]
        case .compared(let result):
            // Caches and time are those of the trace as it is written.
            let written = result.results.first { $0.strategy == .asWritten }?.check.replay
            return area + (written.map(Self.members) ?? []) + [
                ("strategies", Self.strategies(result)),
                ("recommended", .optional(result.recommended?.strategy.rawValue)),
            ]
        case .impossible(let reason): return [("impossible", .string(reason))]
        }
    }

    /// The strategies that can be had there: their costs, and whether they are right.
    private static func strategies(_ result: ComparisonResult) -> JSONValue {
        .object(
            Strategy.allCases.compactMap { strategy in
                guard let cost = result.results.first(where: { $0.strategy == strategy }) else {
                    return nil
                }
                return (
                    strategy.rawValue,
                    .object([
                        ("elapsedNs", .number(cost.elapsed.nanoseconds)),
                        ("cpuNs", .number(cost.cpu.nanoseconds)),
                        ("findings", .count(cost.findings.count)),
                    ])
                )
            })
    }

    private static func members(of result: ReplayResult) -> [(name: String, value: JSONValue)] {
        guard case .object(let all) = ReplayReport(result).json else { return [] }
        return all.filter { ["records", "caches", "time", "memory"].contains($0.0) }
            .map { (name: $0.0, value: $0.1) }
    }

    private static func members(of counts: SweptCounts) -> [(name: String, value: JSONValue)] {
        var caches = [("L1D", counts.level1Data)]
        if let fetches = counts.level1Instruction { caches.append(("L1I", fetches)) }
        if let second = counts.level2 { caches.append(("L2", second)) }
        return [
            ("records", .integer(counts.records)),
            (
                "caches",
                .object(caches.map { ($0.0, CacheCounts(name: $0.0, $0.1).json) })
            ), ("time", .null),
        ]
    }

    private static func members(of counts: SampledCounts) -> [(name: String, value: JSONValue)] {
        let by =
            switch counts.sampling {
            case .sets: "sets"
            case .intervals: "intervals"
            }
        return [
            ("records", .integer(counts.records)),
            (
                "sample",
                .object([
                    ("by", .string(by)), ("units", .count(counts.units)),
                    ("share", .number(counts.share)),
                    ("confidence", .number(SweepEstimate.confidence)),
                ])
            ),
            (
                "estimates",
                .object(
                    counts.estimates.map {
                        (
                            $0.name,
                            .object([
                                ("value", .number($0.estimate.value)),
                                ("low", .number($0.estimate.low)),
                                ("high", .number($0.estimate.high)),
                            ])
                        )
                    })
            ),
        ]
    }

    // MARK: Findings

    /// What was found, by verdict and code; empty where nothing was, or nobody asked.
    public var findings: [FindingCount] {
        guard case .checked(let result) = outcome.content else { return [] }
        var counts: [FindingCount] = []
        for finding in result.judgement.findings {
            let place = counts.firstIndex {
                $0.verdict == finding.verdict && $0.code == finding.code
            }
            if let place {
                counts[place].count += 1
            } else {
                counts.append(
                    FindingCount(verdict: finding.verdict, code: finding.code, count: 1))
            }
        }
        return counts.sorted {
            ($0.verdict.rawValue, $0.code.rawValue) < ($1.verdict.rawValue, $1.code.rawValue)
        }
    }

    private var findingsJSON: JSONValue {
        .object(
            Verdict.allCases.map { verdict in
                let codes = findings.filter { $0.verdict == verdict }
                return (
                    verdict.rawValue,
                    .object(codes.map { ($0.code.rawValue, .count($0.count)) })
                )
            })
    }

    // MARK: Metrics

    /// All numbers by name: `L1D.readMisses`, `time.ns`, `time.cycles.core0`, `area.bits`, `findings.manifest`.
    public var metrics: [(name: String, value: JSONValue)] {
        var metrics: [(name: String, value: JSONValue)] = []
        for (name, value) in members {
            switch name {
            case "impossible": return []
            case "findings", "recommended": break
            case "areaBits": metrics.append(("area.bits", value))
            case "caches": Self.collect(value, "", into: &metrics)
            case "estimates": Self.collectEstimates(value, into: &metrics)
            default: Self.collect(value, name, into: &metrics)
            }
        }
        guard case .checked(let result) = outcome.content else { return metrics }
        return metrics
            + Verdict.allCases.map {
                ("findings.\($0.rawValue)", .count(result.judgement.count($0)))
            }
    }

    /// `L1D.misses` is the estimate, `L1D.misses.low` and `L1D.misses.high` are its bounds.
    private static func collectEstimates(
        _ value: JSONValue, into metrics: inout [(name: String, value: JSONValue)]
    ) {
        guard case .object(let estimates) = value else { return }
        for (name, estimate) in estimates {
            guard case .object(let members) = estimate else { continue }
            for (key, number) in members {
                metrics.append((key == "value" ? name : "\(name).\(key)", number))
            }
        }
    }

    private static func collect(
        _ value: JSONValue, _ path: String, into metrics: inout [(name: String, value: JSONValue)]
    ) {
        switch value {
        case .integer, .signed, .number: metrics.append((path, value))
        case .object(let members):
            for (name, inner) in members {
                collect(inner, path.isEmpty ? name : "\(path).\(name)", into: &metrics)
            }
        default: break
        }
    }
}
