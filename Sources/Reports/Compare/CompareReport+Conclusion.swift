import Experiments
import Machines
import Quantities

extension MachineDescription {
    /// How far a number may be off, by what stands behind it: an assumption by a factor of two, what was measured or fitted
    /// by a quarter; nil: what a manual or the architecture says.
    ///
    /// A quarter is the band in which `validate` wants predictions of measurements. (Assumption: two)
    public func error(of path: String) -> NumberError? {
        guard let basis = self[path]?.basis else { return nil }
        switch basis {
        case .assumption: return NumberError(factor: 2, basis: "an assumption")
        case .calibration: return NumberError(factor: 1.25, basis: "a calibration")
        case .measurement: return NumberError(factor: 1.25, basis: "a measurement")
        case .manual, .architecture: return nil
        }
    }
}

extension CompareReport {
    /// The most numbers that the sentence names.
    private static var named: Int { 3 }

    /// One sentence of recommendation, with its reason, its margin and its sensitivity.
    public var conclusion: String {
        guard let best = comparison.recommended else {
            return
                "No strategy is correct for this trace on this machine: see the findings with `staleline check`."
        }
        let others = comparison.ranked.dropFirst()
        func ratio(_ other: StrategyResult) -> Double {
            other.elapsed.nanoseconds / max(best.elapsed.nanoseconds, 1e-3)
        }
        let ties = others.filter { ratio($0) < 1.01 }.map(\.strategy.rawValue)
        let use = Self.list([best.strategy.rawValue] + ties, "or")
        let what = "Use \(use) (\(best.strategy.summary))"
        guard let second = others.first(where: { ratio($0) >= 1.01 }) else {
            return ties.isEmpty
                ? "\(what): no other strategy is correct here."
                : "\(what): they are alike, and no other strategy is correct here."
        }
        let margin =
            "\(Format.fixed(ratio(second), 2)) times as fast as \(second.strategy.rawValue)"
        return
            "\(what): \(margin)\(reason(best, second))\(sensitivity(ratio(second), ties)).\(byCPU(best))"
    }

    /// What the second strategy spends most on that the first does not.
    private func reason(_ best: StrategyResult, _ second: StrategyResult) -> String {
        let more = zip(best.causes, second.causes).map { first, other in
            (cause: first.cause, time: other.time.nanoseconds - first.time.nanoseconds)
        }.max { $0.time < $1.time }
        guard let more, more.time > 0 else { return "" }
        return ", which spends \(Format.time(nanoseconds: more.time)) more on \(more.cause.name)"
    }

    private func sensitivity(_ margin: Double, _ ties: [String]) -> String {
        guard let sensitivity = comparison.sensitivity else {
            // Either of two predictions may be off by the model's error, the other way round.
            return margin < 1.25 / 0.75
                ? "; errors of ±25 % on both sides could turn that round, so measure both"
                : "; errors of ±25 % on both sides would not turn that round"
        }
        let flips = sensitivity.flips.filter { !ties.contains($0.winner.rawValue) }
        let count = sensitivity.varied.count
        guard !flips.isEmpty else {
            return sensitivity.rivals.isEmpty
                ? "; no other is within a factor of \(Format.fixed(Compare.rivalFactor, 0)) of it, "
                    + "and no error of a single number turns that round"
                : "; the errors of the machine's \(count) uncertain numbers, each by itself, do not turn that round"
        }
        let names = flips.prefix(Self.named).map { flip in
            let side = flip.turn < flip.value ? "below" : "above"
            return "\(flip.winner.rawValue) wins if `\(flip.path)` is \(side) "
                + "\(Self.number(flip.turn)) \(flip.unit) (\(Self.number(flip.value)) is \(flip.basis))"
        }
        let rest = flips.count - names.count
        return "; " + Self.list(names, "and") + (rest > 0 ? ", and \(rest) more" : "")
    }

    private static func number(_ value: Double) -> String {
        value < 100 ? Format.fixed(value, 1) : Format.fixed(value, 0)
    }

    private func byCPU(_ best: StrategyResult) -> String {
        guard let least = comparison.ranked.min(by: { $0.cpu < $1.cpu }),
            least.cpu.nanoseconds < 0.99 * best.cpu.nanoseconds
        else { return "" }
        return " By core 0's time alone it would be \(least.strategy.rawValue)."
    }

    /// `a, b or c`.
    static func list(_ words: [String], _ joint: String) -> String {
        guard words.count > 1, let last = words.last else { return words.first ?? "" }
        return words.dropLast().joined(separator: ", ") + " \(joint) " + last
    }
}
