import Experiments
import Hazards

/// A short random trace, on which the may-analysis and the search have to agree.
struct TraceProgram: SoakProgram {
    var source: SourceProgram

    /// Takes a trace.
    init(_ source: SourceProgram) { self.source = source }

    /// Draws the trace of a seed.
    init(seed: UInt64) { source = SourceProgram(RandomTrace(seed: seed)) }

    var seed: UInt64 { source.seed }

    /// What both say.
    enum Answer {
        /// The trace cannot be read, or not be run.
        case notRun
        /// The search came to its bound.
        case searchCut
        case agreement
        case difference(Flaw)
    }

    /// Holds them to each other.
    func answer(_ subject: SoakSubject) -> Answer {
        guard let setup = source.setup(subject),
            var both = try? ProofAgreement.judge(setup, bounds: .ofSoak)
        else { return .notRun }
        both.latent = subject.findings(both.latent)
        if both.differs { return .difference(Self.flaw(both, setup)) }
        if let broken = Law.flaw(of: setup, subject.laws) { return .difference(broken) }
        return both.proof.cut > 0 && both.proof.fault == nil ? .searchCut : .agreement
    }

    func flaw(_ subject: SoakSubject) -> Flaw? {
        if case .difference(let flaw) = answer(subject) { return flaw }
        return nil
    }

    func smaller() -> [TraceProgram] {
        source.smaller().map { smaller in
            var result = self
            result.source = smaller
            return result
        }
    }

    var account: ProgramAccount {
        ProgramAccount(
            title: "a random trace on \(source.machine), kernel \(source.kernel)",
            trace: source.text, isWhole: true)
    }

    private static func flaw(_ both: ProofAgreement, _ setup: Setup) -> Flaw {
        guard both.proof.fault != nil else {
            return Flaw(
                kind: .unshown,
                words: ["the may-analysis finds, and no schedule shows:"]
                    + both.latent.map(setup.words))
        }
        return Flaw(
            kind: .unforeseen,
            words: ["the may-analysis finds nothing, and this schedule goes wrong:"]
                + both.proof.schedule.map(setup.words))
    }
}
