import Experiments
import Hazards
import Reports
import Traces

/// Grades answers by running them; texts are never compared.
public struct Grader: Sendable {
    let machines: MachineSource

    /// Makes a grader.
    public init(machines: MachineSource) { self.machines = machines }

    /// Grades an answer.
    ///
    /// - Parameters:
    ///   - answer: A changed trace, or a line with a number or a name.
    ///   - file: Its name, for what is said of it.
    ///   - question: What was asked.
    /// - Returns: whether it is right, and why.
    /// - Throws: if the question itself cannot be run.
    public func grade(
        _ answer: [UInt8], file: String, to question: Question
    ) throws(TraceErrors) -> Grade {
        switch question.kind {
        case .mend: try mend(answer, file, question)
        case .trim: try trim(answer, file, question)
        case .cheapest: try cheapest(answer, file, question)
        case .predict: try predict(answer, question)
        case .strategy: try strategy(answer, question)
        }
    }

    // MARK: Traces

    /// What a changed trace is worth where nothing goes wrong with it.
    enum Judged {
        /// Something is wrong with it.
        case wrong(Grade)
        /// Nothing is; on each machine, what was found, and whether on all of them no schedule goes wrong.
        case clean([CheckResult], isProved: Bool)
    }

    /// Judges a changed trace on all machines of the question.
    func judge(
        _ bytes: [UInt8], _ file: String, _ question: Question
    ) throws(TraceErrors) -> Judged {
        let original = try question.trace.program()
        let trace: LessonTrace
        var results: [CheckResult] = []
        do throws(TraceErrors) {
            trace = try LessonTrace(bytes, file: file)
            let program = try trace.program()
            let rules = AnswerRules(question)
            if let objection = rules.objection(to: trace, program, original) {
                return .wrong(.wrong(objection))
            }
            for machine in names(question) {
                let setup = try machines.setup(trace, machine: machine)
                if let objection = rules.allocations(trace, setup) {
                    return .wrong(.wrong(objection))
                }
                let result = try Check.run(setup)
                if let finding = result.judgement.findings.first {
                    return .wrong(Self.wrong(finding, of: result))
                }
                results.append(result)
            }
        } catch {
            return .wrong(.wrong("Your trace cannot be run:", error.description))
        }
        var isProved = true
        for result in results {
            guard let proof = try Self.proof(result) else {
                isProved = false
                continue
            }
            if proof.fault != nil { return .wrong(Self.wrong(proof, of: result)) }
            isProved = isProved && proof.isProved && proof.left.isEmpty
        }
        return .clean(results, isProved: isProved)
    }

    /// The machines of a question; nil: the one that its trace names.
    func names(_ question: Question) -> [String?] {
        question.machines.isEmpty ? [nil] : question.machines.map(\.self)
    }

    /// What goes wrong, in words for a student.
    private static func wrong(_ finding: Finding, of result: CheckResult) -> Grade {
        let setup = result.setup
        let more = result.judgement.findings.count - 1
        let line =
            setup.program.statements.indices.contains(finding.record - 1)
            ? setup.program.statements[finding.record - 1].line : 0
        let kind =
            switch finding.verdict {
            case .manifest: "goes wrong"
            case .latent:
                "can go wrong: another order of events, which the architecture allows, gives wrong bytes"
            case .misuse: "breaks a rule"
            }
        var grade = Grade.wrong(
            "On \(setup.machine.name) your trace \(kind). Line \(line), \(finding.code.rawValue): "
                + "\(HazardCatalogue.page(finding.code).title).")
        if !finding.detail.isEmpty, finding.detail != finding.cause {
            let detail = lines(finding.detail, setup)
            grade.reasons.append(detail.last == "." ? detail : detail + ".")
        }
        grade.reasons.append("Why: " + lines(finding.cause, setup))
        if more > 0 {
            grade.reasons.append("And \(more) more: `staleline check` prints all of them.")
        }
        return grade
    }

    private static func lines(_ text: String, _ setup: Setup) -> String {
        setup.inLines(text)
    }

    /// The most watched bytes of a trace whose schedules are all tried.
    private static let searchedBytes: UInt64 = 4_096

    /// Tries all legal schedules of a small trace.
    ///
    /// - Returns: what was found; nil: the trace is too large.
    private static func proof(_ result: CheckResult) throws(TraceErrors) -> ProofResult? {
        guard result.watchedBytes <= searchedBytes else { return nil }
        return try Prove.run(result.setup, bounds: ProofBounds(states: 1 << 14))
    }

    /// A schedule that goes wrong, in words for a student.
    private static func wrong(_ proof: ProofResult, of result: CheckResult) -> Grade {
        let steps = proof.schedule.map { lines($0.text, result.setup) }
        return Grade(
            isRight: false,
            reasons: [
                "On \(result.setup.machine.name) there is an order of events, which the architecture allows, "
                    + "in which wrong bytes are read:"
            ] + steps)
    }

    private func mend(
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
        var grade = Grade.right("Right. " + praise)
        let left = try redundant(answer, results)
        if let worst = left.first {
            grade.reasons.append(
                "It could be cheaper: line \(worst.line), '\(worst.words)', can go without harm.")
        }
        return grade
    }

    static func praise(_ results: [CheckResult], isProved: Bool) -> String {
        let names = results.map(\.setup.machine.name).joined(separator: ", ")
        return "On \(names) nothing goes wrong"
            + (isProved ? ", and nothing can." : ", and `staleline check` finds nothing that can.")
    }

    /// The operations of a clean trace that can go, on every machine.
    ///
    /// - Throws: where it cannot be told.
    func redundant(
        _ answer: [UInt8], _ results: [CheckResult]
    ) throws(TraceErrors) -> [RedundantOperation] {
        var left: [RedundantOperation]?
        for result in results {
            let found = try Fix.run(result.setup, text: TraceText(answer)).redundant.filter {
                $0.instead.isEmpty
            }
            left =
                left.map { known in
                    known.filter { one in found.contains { $0.source == one.source } }
                } ?? found
        }
        return left ?? []
    }

    private func trim(
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
        let left = try redundant(answer, results)
        guard let worst = left.first else {
            return .right(
                "Right. " + praise
                    + " What is left is needed: without any one of it something would.")
        }
        return .wrong(
            "Nothing goes wrong, but \(left.count == 1 ? "an operation" : "\(left.count) operations") "
                + "can still go without harm.",
            "The dearest of them costs \(Format.grouped(max(worst.cycles, 0))) cycles of the cores' time. "
                + "Ask of each: which bytes would be where without it?")
    }
}
