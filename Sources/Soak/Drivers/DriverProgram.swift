import Experiments
import Hazards

/// A driver, correct or with a fault, that is checked and searched.
struct DriverProgram: SoakProgram {
    var source: SourceProgram
    /// What the driver does, in a word.
    var name: String
    /// The fault in words; nil: the driver is correct.
    var fault: String?

    var seed: UInt64 { source.seed }

    /// Takes a driver.
    init(_ driver: RandomDriver, fault: String? = nil) {
        source = SourceProgram(driver)
        name = "\(driver.kind)"
        self.fault = fault
    }

    /// What both say of a driver.
    struct Judgement {
        /// What was judged.
        var setup: Setup
        var findings: [Finding]
        var proof: ProofResult
        /// The law that its run breaks, if it does.
        var broken: Flaw?
    }

    /// Checks and searches; nil: the driver cannot be run.
    func judge(_ subject: SoakSubject) -> Judgement? {
        guard let setup = source.setup(subject), let check = try? Check.run(setup),
            let proof = try? Prove.run(setup, bounds: .ofSoak)
        else { return nil }
        return Judgement(
            setup: setup, findings: subject.findings(check.judgement.findings), proof: proof,
            broken: Law.flaw(of: setup, subject.laws))
    }

    func flaw(_ subject: SoakSubject) -> Flaw? { flaw(judge(subject)) }

    /// What is wrong with a judgement.
    func flaw(_ judged: Judgement?) -> Flaw? {
        guard let judged else {
            return fault == nil
                ? Flaw(kind: .stuck, words: ["the driver cannot be read, or not be run"]) : nil
        }
        if let broken = judged.broken { return broken }
        guard fault == nil else { return missed(judged) }
        let bytes = judged.findings.filter { $0.verdict != .misuse }
        if let first = bytes.first, judged.proof.isProved {
            return Flaw(
                kind: .alarm(first.code.rawValue),
                words: ["found in a correct driver, and no schedule shows it:"]
                    + bytes.map(judged.setup.words))
        }
        guard !judged.findings.isEmpty || judged.proof.fault != nil else { return nil }
        return Flaw(
            kind: .doubt,
            words: ["found in a driver that was made to be correct:"]
                + judged.findings.map(judged.setup.words)
                + judged.proof.schedule.map(judged.setup.words))
    }

    private func missed(_ judged: Judgement) -> Flaw? {
        guard judged.findings.isEmpty, judged.proof.fault != nil else { return nil }
        return Flaw(
            kind: .missed,
            words: ["`check` finds nothing, and this schedule goes wrong:"]
                + judged.proof.schedule.map(judged.setup.words))
    }

    func smaller() -> [DriverProgram] {
        source.smaller().map { smaller in
            var result = self
            result.source = smaller
            return result
        }
    }

    var account: ProgramAccount {
        ProgramAccount(
            title: "a driver (\(name)) on \(source.machine), kernel \(source.kernel)"
                + (fault.map { ", with a fault: \($0)" } ?? ", correct"),
            trace: source.text, isWhole: true)
    }
}
