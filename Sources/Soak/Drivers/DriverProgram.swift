import Experiments
import Hazards
import Quantities

/// A driver, correct or with a fault, that is checked and searched.
struct DriverProgram: SoakProgram {
    var source: SourceProgram
    /// What the driver does, in a word.
    var name: String
    /// The fault in words; nil: the driver is correct.
    var fault: String?

    var seed: UInt64 { source.seed }

    /// How far searches go.
    static let bounds = ProofBounds(states: 1 << 14)

    /// Takes a driver.
    init(_ driver: RandomDriver, fault: String? = nil) {
        source = SourceProgram(driver)
        name = "\(driver.kind)"
        self.fault = fault
    }

    /// What both say of a driver.
    struct Judgement {
        var findings: [Finding]
        var proof: ProofResult
        /// The law that its run breaks, if it does.
        var broken: Flaw?
    }

    /// Checks and searches; nil: the driver cannot be run.
    func judge(_ subject: SoakSubject) -> Judgement? {
        guard let setup = source.setup(subject), let check = try? Check.run(setup),
            let proof = try? Prove.run(setup, bounds: Self.bounds)
        else { return nil }
        return Judgement(
            findings: subject.findings(check.judgement.findings), proof: proof,
            broken: LawRun(setup).flatMap { Law.flaw(of: $0, subject.laws) })
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
                    + bytes.map(TraceProgram.words))
        }
        guard !judged.findings.isEmpty || judged.proof.fault != nil else { return nil }
        return Flaw(
            kind: .doubt,
            words: ["found in a driver that was made to be correct:"]
                + judged.findings.map(TraceProgram.words)
                + judged.proof.schedule.map(TraceProgram.words))
    }

    private func missed(_ judged: Judgement) -> Flaw? {
        guard judged.findings.isEmpty, judged.proof.fault != nil else { return nil }
        return Flaw(
            kind: .missed,
            words: ["`check` finds nothing, and this schedule goes wrong:"]
                + judged.proof.schedule.map(TraceProgram.words))
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

/// What became of the driver of a seed.
struct DriverOutcome {
    let driver: RandomDriver
    /// The fault that it was given; nil: there was nothing to break.
    var fault: Fault?
    /// What was found in the driver with the fault.
    var judged: DriverProgram.Judgement?
    /// How many searches ended at their bound.
    var cut = 0
    /// What is wrong, and in which program.
    var flawed: (program: DriverProgram, flaw: Flaw)?

    /// Whether the fault has an effect: there is a schedule that goes wrong.
    var hasEffect: Bool { judged?.proof.fault != nil }

    /// Makes the driver of a seed, judges it, breaks it, and judges it again.
    init(seed: UInt64, _ subject: SoakSubject) {
        driver = RandomDriver(seed: seed)
        let correct = DriverProgram(driver)
        let judgement = correct.judge(subject)
        cut += judgement?.proof.cut ?? 0 > 0 ? 1 : 0
        if let flaw = correct.flaw(judgement) {
            flawed = (correct, flaw)
            return
        }
        var random = SplitMix64(seed: seed)
        // Some faults make a program that cannot be run.
        for _ in 0..<8 {
            guard let fault = Fault.draw(in: driver, &random) else { return }
            var changed = driver
            changed.body = fault.body
            let broken = DriverProgram(
                changed, fault: "\(fault.kind) of `\(driver.body[fault.place])`")
            guard let judged = broken.judge(subject) else { continue }
            self.fault = fault
            self.judged = judged
            if judged.proof.cut > 0 { cut += 1 }
            flawed = broken.flaw(judged).map { (broken, $0) }
            return
        }
    }
}
