import Events
import Experiments
import Hazards
import MemoryModel
import Operations
import Testing
import Traces

@testable import Soak
@testable import staleline

/// Something wrong is put in the place of a model, a law or the detector: the soak has to notice, to make it small, and
/// to say how to see it again.
@Suite("A soak finds what is wrong")
struct SoakDifferenceTests {
    /// What the command looks at: read once.
    private static let subject = Result { try SoakCommand.subject() }

    /// The plan of a command line.
    static func plan(_ arguments: String) throws -> SoakRun {
        try #require(
            Staleline.parseAsRoot(["soak"] + arguments.split(separator: " ").map(String.init))
                as? SoakCommand
        ).plan(subject.get())
    }

    /// The difference that a soak finds.
    private func difference(
        _ arguments: String, _ change: (inout SoakSubject) -> Void
    ) async throws -> SoakDifference {
        var plan = try Self.plan(arguments)
        change(&plan.subject)
        let found = try #require(await plan.run(jobs: 2).difference)
        try await checkCommand(of: found, change)
        return found
    }

    /// The command that a difference names shows the same difference, in one program.
    private func checkCommand(
        of found: SoakDifference, _ change: (inout SoakSubject) -> Void
    ) async throws {
        let line = try #require(
            found.text.split(separator: "\n").last { $0.hasPrefix("again: staleline soak ") })
        var again = try Self.plan(String(line.dropFirst("again: staleline soak ".count)))
        change(&again.subject)
        let result = await again.run(jobs: 1)
        #expect(result.difference == found)
        #expect(result.tally.programs == 1)
    }

    /// The lines of a trace that are statements or declarations.
    private func lines(_ difference: SoakDifference) -> [Substring] {
        difference.trace.split(separator: "\n").filter { !$0.hasPrefix("#") }
    }

    /// That nothing can be left out of what is left.
    private func checkLeast(
        _ program: some SoakProgram, _ flaw: Flaw, _ subject: SoakSubject
    ) {
        let least = Reduction.smallest(program, flaw, subject)
        #expect(least.flaw.kind == flaw.kind)
        #expect(least.program.flaw(subject)?.kind == flaw.kind)
        for smaller in least.program.smaller() {
            #expect(
                smaller.flaw(subject)?.kind != flaw.kind, "\(smaller.account.trace)")
        }
    }

    @Test("A model whose DSB is a cycle too long: one barrier is left")
    func wrongModel() async throws {
        let change: (inout SoakSubject) -> Void = { subject in
            subject.model = { machine in
                var machine = machine
                machine.costs.dsbCycles += 1
                return machine
            }
        }
        let found = try await difference("--kind worlds --programs 100", change)
        #expect(found.flaw.kind == .models)
        #expect(found.flaw.words.contains { $0.contains("barrier: model ") })
        let statements = lines(found).dropFirst()
        #expect(statements.count == 1, "\(found.trace)")
        #expect(statements.first?.contains("dsb") == true, "\(found.trace)")
        var subject = SoakSubject()
        change(&subject)
        let program = WorldProgram(seed: found.seed)
        checkLeast(program, try #require(program.flaw(subject)), subject)
    }

    @Test("A wrong law: what breaks it is left, on a machine without what it does not need")
    func wrongLaw() async throws {
        let change: (inout SoakSubject) -> Void = { subject in
            subject.laws.append(
                Law("no core has a line of another one") { run in
                    run.events.contains { $0.kind == .linefill && $0.otherPlace.isLevel1Data }
                        ? "one had" : nil
                })
        }
        let found = try await difference("--kind worlds --programs 400", change)
        #expect(found.flaw.kind == .law("no core has a line of another one"))
        #expect(
            found.flaw.words == ["the law \"no core has a line of another one\" is broken: one had"]
        )
        // One core fetches the line, the other one takes it.
        #expect(lines(found).count { $0.hasPrefix("core") || $0.hasPrefix("env") } <= 2)
        #expect(found.trace.contains("L1I none"))
        var subject = SoakSubject()
        change(&subject)
        let program = WorldProgram(seed: found.seed)
        checkLeast(program, try #require(program.flaw(subject)), subject)
    }

    @Test(
        "A law of what drivers and traces do is held to them as well",
        arguments: ["traces", "drivers"])
    func wrongLawOfSources(_ kind: String) async throws {
        let found = try await difference("--kind \(kind) --programs 400") { subject in
            subject.laws.append(
                Law("nothing waits") { run in
                    run.events.contains { $0.kind == .completionObserved } ? "it did" : nil
                })
        }
        #expect(found.flaw.kind == .law("nothing waits"))
        #expect(lines(found).last?.contains("wait ") == true, "\(found.trace)")
        // The first line, machine, kernel, a device, and who waits for it.
        #expect(lines(found).count == 5, "\(found.trace)")
    }

    @Test("A may-analysis that finds nothing: the trace that is left can be proved to go wrong")
    func blindAnalysis() async throws {
        let change: (inout SoakSubject) -> Void = { $0.findings = { _ in [] } }
        let found = try await difference("--kind traces --programs 200", change)
        #expect(found.flaw.kind == .unforeseen)
        try checkTrace(found) { check, proof in
            #expect(!check.judgement.findings.isEmpty)
            #expect(proof.fault != nil)
        }
        var subject = try Self.plan("").subject
        change(&subject)
        let program = TraceProgram(seed: found.seed)
        checkLeast(program, try #require(program.flaw(subject)), subject)
    }

    @Test("A detector that finds nothing: the driver's fault is left, and what makes it matter")
    func blindDetector() async throws {
        let found = try await difference("--kind drivers --programs 200") {
            $0.findings = { _ in [] }
        }
        #expect(found.flaw.kind == .missed)
        #expect(found.account.title.contains("with a fault: "))
        try checkTrace(found) { check, proof in
            #expect(!check.judgement.findings.isEmpty)
            #expect(proof.fault != nil)
        }
    }

    @Test("A detector that cries: nothing is left of the driver in which it does")
    func cryingDetector() async throws {
        // A finding of another trace, which is none of this one.
        let blind = try await difference("--kind traces --programs 200") {
            $0.findings = { _ in [] }
        }
        var cry: [Finding] = []
        try checkTrace(blind) { check, _ in
            cry = check.judgement.findings.filter { $0.verdict != .misuse }
        }
        let all = cry
        try #require(!all.isEmpty)
        let found = try await difference("--kind drivers --programs 20") {
            $0.findings = { $0 + all }
        }
        #expect(found.flaw.kind == .alarm(all[0].code.rawValue))
        #expect(lines(found).map(String.init) == Array(lines(found).prefix(3)).map(String.init))
    }

    @Test("Of a driver that may be wrong itself nothing is left out")
    func doubt() async throws {
        let found = try await difference("--kind drivers --programs 20") { subject in
            // Machines whose stores wait in their buffers for good: but the search knows nothing of machines.
            subject.findings = { _ in [] }
            subject.laws = []
        }
        var flaw = found.flaw
        flaw.kind = .doubt
        let program = DriverProgram(RandomDriver(seed: found.seed))
        let kept = Reduction.smallest(program, flaw, SoakSubject())
        #expect(kept.program.source == program.source)
        #expect(kept.flaw == flaw)
    }

    /// Runs the trace of a difference as `check` and `prove` would.
    private func checkTrace(
        _ found: SoakDifference, _ body: (CheckResult, ProofResult) throws -> Void
    ) throws {
        let program = try NativeParser.parse(Array(found.trace.utf8), file: "reduced")
        let options = try MachineOptions.parse([])
        let setup = try options.setup(program, file: "reduced")
        try body(Check.run(setup), Prove.run(setup))
    }
}
