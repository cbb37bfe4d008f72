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

    /// How far searches go: those of so short traces end long before it.
    static let bounds = ProofBounds(states: 1 << 14)

    /// What both say.
    enum Answer {
        /// The trace cannot be read, or not be run.
        case unfit
        /// The search came to its bound.
        case undecided
        case agreement
        case difference(Flaw)
    }

    /// What both say; nil: the trace cannot be run.
    func judge(_ subject: SoakSubject) -> ProofAgreement? {
        source.setup(subject).flatMap { judge($0, subject) }
    }

    private func judge(_ setup: Setup, _ subject: SoakSubject) -> ProofAgreement? {
        guard var both = try? ProofAgreement.judge(setup, bounds: Self.bounds) else { return nil }
        both.latent = subject.findings(both.latent)
        return both
    }

    /// Holds them to each other.
    func answer(_ subject: SoakSubject) -> Answer {
        guard let setup = source.setup(subject), let both = judge(setup, subject) else {
            return .unfit
        }
        if both.differs { return .difference(Self.flaw(both)) }
        if let broken = LawRun(setup).flatMap({ Law.flaw(of: $0, subject.laws) }) {
            return .difference(broken)
        }
        return both.proof.cut > 0 && both.proof.fault == nil ? .undecided : .agreement
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

    private static func flaw(_ both: ProofAgreement) -> Flaw {
        guard both.proof.fault != nil else {
            return Flaw(
                kind: .unshown,
                words: ["the may-analysis finds, and no schedule shows:"] + both.latent.map(words))
        }
        return Flaw(
            kind: .unforeseen,
            words: ["the may-analysis finds nothing, and this schedule goes wrong:"]
                + both.proof.schedule.map(words))
    }

    /// A finding in a line.
    static func words(_ finding: Finding) -> String {
        "  \(finding.verdict) \(finding.code.rawValue) at statement \(finding.record): \(finding.detail)"
    }

    /// A step of a schedule in a line.
    static func words(_ link: ChainLink) -> String { "  statement \(link.record): \(link.text)" }
}
