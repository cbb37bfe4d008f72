import Experiments
import Quantities
import Reports
import Traces

extension Grader {
    /// Compares the strategies of a question on its machine.
    func comparison(_ question: Question) throws(TraceErrors) -> ComparisonResult {
        let setup = try machines.setup(question.trace, machine: question.machines.first)
        return try Compare.run(
            setup, strategies: question.strategies.compactMap(Strategy.init(rawValue:)))
    }

    /// Grades the name of a strategy.
    func strategy(_ answer: [UInt8], _ question: Question) throws(TraceErrors) -> Grade {
        let name = LessonText.trimmed(
            String(String(decoding: answer, as: UTF8.self).prefix { !$0.isNewline }))
        guard question.strategies.contains(name) else {
            return .wrong(
                "'\(name)' is none of the strategies that there are to choose from: "
                    + question.strategies.joined(separator: ", ") + ".")
        }
        let comparison = try comparison(question)
        if let missing = comparison.unavailable.first(where: { $0.strategy.rawValue == name }) {
            return .wrong("\(name) cannot be had here: \(missing.reason).")
        }
        guard let chosen = comparison.results.first(where: { $0.strategy.rawValue == name }) else {
            return .wrong("\(name) was not compared.")
        }
        if let finding = chosen.findings.first {
            return .wrong(
                "\(name) is wrong here, and what is wrong has no price: "
                    + "\(finding.verdict.rawValue) \(finding.code.rawValue). "
                    + chosen.check.setup.inLines(finding.cause))
        }
        guard let best = comparison.recommended else {
            return .wrong("None of the strategies is right here.")
        }
        let cost = Self.cost(chosen)
        guard Self.isNear(chosen.elapsed, best.elapsed, question.within) else {
            let times = Double(chosen.elapsed.rawValue) / Double(max(best.elapsed.rawValue, 1))
            return .wrong(
                "\(name) is right, but it takes \(Format.fixed(times, 2)) times as long as the best: \(cost).",
                "What it spends most on: \(Self.causes(chosen)).")
        }
        return .right("Right: \(cost).", "What it spends most on: \(Self.causes(chosen)).")
    }

    /// Grades a changed trace that has to be right and quick.
    func cheapest(
        _ answer: [UInt8], _ file: String, _ question: Question
    ) throws(TraceErrors) -> Grade {
        let results: [CheckResult]
        let praise: String
        switch try judge(answer, file, question) {
        case .wrong(let grade): return grade
        case .clean(let clean, let isProved):
            results = clean
            praise = Self.praise(clean, isProved: isProved)
        }
        if let name = question.count, let limit = question.atMost {
            return counted(results, name, limit, praise)
        }
        guard let best = try comparison(question).recommended, let first = results.first else {
            return .wrong("None of the question's strategies is right here.")
        }
        let time = first.replay.elapsed
        let words =
            "It takes \(Format.time(nanoseconds: time.nanoseconds)); the best strategy of those that "
            + "were compared, \(best.strategy.rawValue), takes \(Format.time(nanoseconds: best.elapsed.nanoseconds))."
        guard Self.isNear(time, best.elapsed, question.within) else {
            return .wrong("Nothing goes wrong, but there is a cheaper way. " + words)
        }
        return .right("Right. " + praise + " " + words)
    }

    /// Grades a changed trace by one of its counters.
    private func counted(
        _ results: [CheckResult], _ name: String, _ limit: UInt64, _ praise: String
    ) -> Grade {
        guard let counter = CounterNames.counter(name) else {
            return .wrong("There is no counter \(name).")
        }
        for result in results {
            let count = result.replay.counters[counter]
            let words =
                "On \(result.setup.machine.name), \(CounterNames.words(name)): \(Format.grouped(count))"
            guard count <= limit else {
                return .wrong(
                    "Nothing goes wrong, but there is a cheaper way. \(words); "
                        + "\(Format.grouped(limit)) would do.")
            }
        }
        return .right("Right. " + praise)
    }

    private static func isNear(_ time: Ticks, _ best: Ticks, _ percent: Int) -> Bool {
        let limit = Double(best.rawValue) * (1 + Double(percent) / 100)
        return Double(time.rawValue) <= limit
    }

    private static func cost(_ result: StrategyResult) -> String {
        "\(Format.time(nanoseconds: result.elapsed.nanoseconds)) in all, "
            + "\(Format.time(nanoseconds: result.cpu.nanoseconds)) of them the core's"
    }

    private static func causes(_ result: StrategyResult) -> String {
        result.causes.filter { $0.time > .zero }.sorted { $0.time > $1.time }.prefix(3)
            .map { "\($0.cause.name) \(Format.time(nanoseconds: $0.time.nanoseconds))" }
            .joined(separator: ", ")
    }
}
