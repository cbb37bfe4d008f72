import Quantities

/// What became of the driver of a seed.
struct DriverOutcome {
    let driver: RandomDriver
    /// The fault that it was given; nil: there was nothing to break, none tried could be run, or it was not broken.
    var fault: Fault?
    /// What was found in the driver with the fault.
    var judged: DriverProgram.Judgement?
    /// How many searches ended at their bound and found nothing before.
    var searchesCut = 0
    /// Whether none of the faults tried makes a program that can be run.
    var isNotRun = false
    /// What is wrong, and in which program.
    var flawed: (program: DriverProgram, flaw: Flaw)?

    /// How many faults are tried.
    private static let tries = 8

    /// Whether the fault has an effect: there is a schedule that goes wrong.
    var hasEffect: Bool { judged?.proof.fault != nil }

    /// Makes the driver of a seed, judges it, breaks it, and judges it again.
    init(seed: UInt64, _ subject: SoakSubject) {
        driver = RandomDriver(seed: seed)
        let correct = DriverProgram(driver)
        let judgement = correct.judge(subject)
        count(judgement)
        if let flaw = correct.flaw(judgement) {
            flawed = (correct, flaw)
            return
        }
        var random = SplitMix64(seed: seed)
        for _ in 0..<Self.tries {
            guard let fault = Fault.draw(in: driver, &random) else { return }
            var changed = driver
            changed.body = fault.body
            let broken = DriverProgram(
                changed, fault: "\(fault.kind) of `\(driver.body[fault.place])`")
            // Some faults make a program that cannot be run.
            guard let judged = broken.judge(subject) else { continue }
            self.fault = fault
            self.judged = judged
            count(judged)
            flawed = broken.flaw(judged).map { (broken, $0) }
            return
        }
        isNotRun = true
    }

    private mutating func count(_ judged: DriverProgram.Judgement?) {
        guard let proof = judged?.proof, proof.fault == nil, proof.cut > 0 else { return }
        searchesCut += 1
    }
}
