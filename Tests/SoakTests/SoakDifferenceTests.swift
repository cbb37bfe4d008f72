import Events
import Experiments
import Hazards
import MemoryModel
import Operations
import Synchronization
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
        let begun = Mutex<[UInt64]>([])
        let result = await plan.run(
            jobs: 2, begin: { seed in begun.withLock { $0.append(seed) } })
        let found = try #require(result.difference)
        // What would be told of a crash while it is reduced.
        #expect(begun.withLock { $0.last } == found.seed)
        try await checkCommand(of: found, change)
        return found
    }

    /// The command that a difference names shows the same difference, in one program.
    private func checkCommand(
        of found: SoakDifference, _ change: (inout SoakSubject) -> Void
    ) async throws {
        let line = try #require(
            found.text().split(separator: "\n").last { $0.hasPrefix("again: staleline soak ") })
        var again = try Self.plan(String(line.dropFirst("again: staleline soak ".count)))
        change(&again.subject)
        let result = await again.run(jobs: 1)
        #expect(result.difference == found)
        #expect(result.tally.programs == 1)
    }

    /// The lines of the printed trace that a difference names.
    private func named(_ difference: SoakDifference) -> [Substring] {
        let all = difference.trace.split(separator: "\n", omittingEmptySubsequences: false)
        return difference.outcome.flatMap { words in
            words.matches(of: #/\bline (\d+)/#).compactMap { Int($0.1) }.map { all[$0 - 1] }
        }
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
        #expect(found.flaw.words[0].hasSuffix(" in step 1:"), "\(found.flaw.words)")
        #expect(!found.text().contains("record "))
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
                    run.events.first { $0.kind == .completionObserved }?.words
                })
        }
        #expect(found.flaw.kind == .law("nothing waits"))
        #expect(named(found) == [lines(found)[4]], "\(found.text())")
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
            // The same lines as `prove` says of the trace.
            let steps = proof.schedule.map { "  line \(check.setup.line($0.record)): " }
            #expect(steps.count == found.outcome.count - 1)
            for (step, words) in zip(steps, found.outcome.dropFirst()) {
                #expect(words.hasPrefix(step))
            }
        }
        #expect(!named(found).isEmpty)
        #expect(named(found).allSatisfy { !$0.hasPrefix("#") })
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
        #expect(lines(found).count == 3, "\(found.trace)")
        let unshown = try await difference("--kind traces --programs 20") {
            $0.findings = { $0 + all }
        }
        #expect(unshown.flaw.kind == .unshown)
        #expect(unshown.outcome.count > 1)
        #expect(lines(unshown).count == 3, "\(unshown.trace)")
    }

    /// A broken rule of the API: something is unmapped that is not mapped.
    private func misuse() throws -> Finding {
        let text = """
            staleline 1
            machine zynq7000
            kernel 6.12
            device eth0 noncoherent
            buffer b 0x10000000 256
            h = dma_map_single eth0 b 64 TO_DEVICE
            dma_unmap_single h
            dma_unmap_single h
            """
        return try #require(
            check(text + "\n").check.judgement.findings.first { $0.verdict == .misuse })
    }

    @Test("Of a driver that may be wrong itself nothing is left out")
    func doubt() async throws {
        let cry = try misuse()
        let change: (inout SoakSubject) -> Void = { subject in
            subject.findings = { $0.isEmpty ? [cry] : $0 }
        }
        let found = try await difference("--kind drivers --programs 20", change)
        #expect(found.flaw.kind == .doubt)
        #expect(found.text().contains("\nthe trace (whole: "))
        let program = DriverProgram(RandomDriver(seed: found.seed))
        #expect(found.account.trace == program.source.text)
        // Less of it would show the same.
        var subject = try Self.plan("").subject
        change(&subject)
        #expect(program.smaller().contains { $0.flaw(subject)?.kind == .doubt })
    }

    @Test("A reduction can be ended, with what there is")
    func endedReduction() async throws {
        var plan = try Self.plan("--kind worlds --programs 100")
        plan.subject.model = { machine in
            var machine = machine
            machine.costs.dsbCycles += 1
            return machine
        }
        let least = try #require(await plan.run(jobs: 2).difference)
        var steps = 0
        let ended = try #require(
            await plan.run(
                jobs: 2,
                reducing: {
                    steps += 1
                    return steps <= 3
                }
            ).difference)
        #expect(steps == 4)
        #expect(ended.seed == least.seed)
        #expect(ended.flaw.kind == .models)
        #expect(ended.trace.count > least.trace.count)
        #expect(least.text().contains("\nthe reduced trace:\n"))
        #expect(ended.text().contains("\nthe trace, whose reduction was ended:\n"))
    }

    /// Checks and searches a trace, as the commands would.
    private func check(_ text: String) throws -> (check: CheckResult, proof: ProofResult) {
        let program = try NativeParser.parse(Array(text.utf8), file: "reduced")
        let setup = try MachineOptions.parse([]).setup(program, file: "reduced")
        return try (Check.run(setup), Prove.run(setup))
    }

    /// Runs the trace of a difference as `check` and `prove` would.
    private func checkTrace(
        _ found: SoakDifference, _ body: (CheckResult, ProofResult) throws -> Void
    ) throws {
        let both = try check(found.trace)
        try body(both.check, both.proof)
    }
}
