import Events
import Operations
import Reports
import Synchronization
import Testing

@testable import Soak
@testable import staleline

/// How a soak is run and told.
@Suite("Soak") struct SoakRunTests {
    @Test("Nothing differs in a few hundred programs")
    func clean() async throws {
        let plan = try SoakDifferenceTests.plan("--seed 1 --programs 400")
        let result = await plan.run(jobs: 2)
        #expect(result.difference == nil, "\(result.difference?.text() ?? "")")
        #expect(result.tally.programs == 400)
        #expect(result.tally[.worlds] == 200)
        #expect(result.tally[.traces] == 100)
        #expect(result.tally[.drivers] == 100)
        #expect(result.tally.faultsWithEffect > 30)
        #expect(result.tally.searchesCut == 0)
        #expect(result.tally.notRun <= 5)
    }

    @Test("The kind of a program is its seed's, whatever the seed of the first one")
    func kinds() async throws {
        #expect(
            (0..<8).map { SoakKind(ofSeed: $0) } == [
                .worlds, .worlds, .traces, .drivers, .worlds, .worlds, .traces, .drivers,
            ])
        for (seed, kind) in [(10, SoakKind.traces), (11, .drivers), (12, .worlds)] {
            let plan = try SoakDifferenceTests.plan("--seed \(seed) --programs 1")
            let tally = await plan.run(jobs: 1).tally
            #expect(tally[kind] == 1)
            #expect(tally.programs == 1)
        }
    }

    /// All that a run prints without its times.
    private func text(jobs: Int, _ arguments: String, _ laws: [Law]) async throws -> String {
        var plan = try SoakDifferenceTests.plan(arguments)
        plan.subject.laws = laws
        let lines = Mutex<[String]>([])
        let result = await plan.run(
            jobs: jobs,
            tell: { block, done in
                lines.withLock { $0.append(block.line(done: done, rate: nil)) }
            })
        return lines.withLock { $0 }.joined(separator: "\n") + "\n\(result.tally.words)\n"
            + (result.difference?.text() ?? "")
    }

    @Test("How many run at once makes no difference")
    func jobs() async throws {
        // Broken by few programs, so that some jobs are far ahead of the first.
        let laws = [
            Law("no store-exclusive fails where a prefetcher and a device are at work") { run in
                let kinds = Set(run.events.map(\.kind))
                return kinds.isSuperset(of: [.exclusiveFailed, .prefetch, .deviceWrite])
                    ? "one did" : nil
            }
        ]
        let arguments = "--seed 900 --programs 1500 --kind worlds"
        let alone = try await text(jobs: 1, arguments, laws)
        #expect(alone.contains("difference with seed"))
        for jobs in [2, 7, 40] {
            #expect(try await text(jobs: jobs, arguments, laws) == alone, "\(jobs) jobs")
        }
        let none = try await text(jobs: 1, "--seed 5 --programs 130", [])
        #expect(try await text(jobs: 3, "--seed 5 --programs 130", []) == none)
    }

    @Test("Of several differences the one with the smallest seed is told, whoever finds one first")
    func smallest() {
        var order = SoakOrder(first: 1)
        var lines: [String] = []
        func batch(_ found: UInt64?) -> SoakRun.Batch {
            var batch = SoakRun.Batch()
            for _ in 0..<25 { batch.tally.noteWorld() }
            batch.found = found
            return batch
        }
        let tell: (SoakBlock, Int) -> Void = { lines.append($0.line(done: $1, rate: nil)) }
        order.take(batch(60), 2, tell)
        #expect(order.isDecided)
        #expect(order.found == nil)
        order.take(batch(nil), 0, tell)
        order.take(batch(30), 1, tell)
        order.take(batch(80), 3, tell)
        order.end(tell)
        #expect(order.found == 30)
        #expect(order.total.programs == 50)
        // The end says the same of what is no whole block.
        #expect(lines.isEmpty)
    }

    @Test("A line for each thousand, in the order of the seeds")
    func lines() {
        var order = SoakOrder(first: 5_001)
        var lines: [String] = []
        let tell: (SoakBlock, Int) -> Void = {
            lines.append($0.line(done: $1, rate: lines.isEmpty ? (1_234, 617) : nil))
        }
        var numbers = Array(0..<UInt64(44))
        numbers.swapAt(0, 43)
        for number in numbers {
            var batch = SoakRun.Batch()
            for index in 0..<25 {
                switch index % 5 {
                case 0: batch.tally.note(.agreement)
                case 1: batch.tally.note(index == 1 ? .notRun : .searchCut)
                default: batch.tally.noteWorld()
                }
            }
            order.take(batch, number, tell)
        }
        order.end(tell)
        #expect(
            lines == [
                "1000 programs, 1234 a second (617 a core), seeds 5001 to 6000: "
                    + "600 worlds, 400 traces, 40 not run, 160 searches cut",
                "1100 programs, seeds 6001 to 6100: "
                    + "60 worlds, 40 traces, 4 not run, 16 searches cut",
            ])
    }

    @Test("A run ends where it is told to, with all that it has begun")
    func end() async throws {
        let plan = try SoakDifferenceTests.plan("--kind worlds")
        var asked = 0
        let result = await plan.run(
            jobs: 2,
            while: {
                asked += 1
                return asked <= 3
            })
        #expect(result.tally.programs == 75)
        #expect(result.difference == nil)
    }

    @Test("Lists are cut into halves first, and into single ones at last")
    func cuts() {
        #expect(
            Reduction.cuts([1, 2, 3, 4]) == [
                [1, 2], [3, 4], [1, 2, 3], [1, 2, 4], [1, 3, 4], [2, 3, 4],
            ])
        #expect(Reduction.cuts([7]) == [[]])
        #expect(Reduction.cuts([Int]()).isEmpty)
    }

    @Test("Statements lose words and numbers, never grow")
    func statements() {
        #expect(
            SourceProgram.shorter("core1: st b+32 128 by 4") == [
                "st b+32 128 by 4", "core1: st b 128 by 4", "core1: st b+32 4 by 4",
                "core1: st b+32 64 by 4", "core1: st b+32 128",
            ])
        #expect(SourceProgram.shorter("wait eth0").isEmpty)
    }

    @Test("The end in words and as JSON")
    func endings() throws {
        var result = SoakRun.Result(tally: SoakTally(), difference: nil)
        result.tally.noteWorld()
        result.tally.note(.searchCut)
        var end = SoakEnd(result: result, seconds: 61, rate: (30, 15), isInterrupted: true)
        #expect(
            end.text
                == "interrupted: no difference in 2 programs, 61 seconds, 30 a second (15 a core): "
                + "1 worlds, 1 traces, 1 searches cut\n")
        let world = WorldProgram(seed: 4)
        let difference = SoakDifference(
            reducing: world, Flaw(kind: .stuck, words: ["it is stuck"]), SoakSubject(),
            kind: .worlds, isChosen: false)
        end.result.difference = difference
        end.isInterrupted = false
        #expect(end.text.hasPrefix("a difference after 2 programs, 61 seconds"))
        #expect(
            end.text.contains("\ndifference with seed 4: a random program on a random machine\n"))
        #expect(end.text.hasSuffix("again: staleline soak --seed 4 --programs 1 -o soak-4.slt\n"))
        end.output = "x.slt"
        #expect(end.text.hasSuffix("again: staleline soak --seed 4 --programs 1 -o x.slt\n"))
        #expect(end.json(first: 3).compactText.hasSuffix(#"--programs 1 -o x.slt"}}"#))
        end.output = nil
        let json = end.json(first: 3).compactText
        #expect(
            json.hasPrefix(
                #"{"schema":"staleline.soak/1","first":3,"programs":2,"kinds":{"worlds":1,"traces":1,"#
                    + #""drivers":0},"faults":0,"faultsWithEffect":0,"notRun":0,"searchesCut":1,"#
                    + #""seconds":61,"perSecond":30,"perSecondAndCore":15,"interrupted":false,"#
                    + #""difference":{"seed":4,"kind":"worlds","program":"a random program on a "#
                    + #"random machine","outcome":["it is stuck"],"trace":"staleline 1\n"#))
        #expect(
            json.hasSuffix(#""command":"staleline soak --seed 4 --programs 1 -o soak-4.slt"}}"#))
    }

    @Test("The file of the trace is named as it was given, or as the command before writes it")
    func files() throws {
        let driver = DriverProgram(RandomDriver(seed: 3))
        let difference = SoakDifference(
            reducing: driver, Flaw(kind: .stuck, words: ["it is stuck"]),
            try SoakDifferenceTests.plan("").subject, kind: .drivers, isChosen: false)
        #expect(
            difference.text(file: "a.slt").hasSuffix(
                "-o a.slt\nthe trace alone: staleline check a.slt; staleline prove a.slt\n"))
        #expect(
            difference.text().hasSuffix(
                "-o soak-3.slt\nand then, with the trace alone: "
                    + "staleline check soak-3.slt; staleline prove soak-3.slt\n"))
    }

    @Test("A file that cannot be written is refused before anything is run")
    func unwritable() async throws {
        let path = "/nonexistent/x.slt"
        let command = try #require(
            Staleline.parseAsRoot(["soak", "--programs", "1", "-o", path]) as? SoakCommand)
        let error = await #expect(throws: (any Error).self) { try await command.run() }
        #expect(
            error.map { "\($0)".hasPrefix("\(path): ") } == true, "\(String(describing: error))")
    }

    @Test("What is made small counts for no rate")
    func stoppedClock() {
        let clock = SoakClock(minutes: nil, cores: 2)
        clock.stop()
        let rate = clock.wholeRate(of: 1_000_000)
        #expect(clock.wholeRate(of: 1_000_000) == rate)
        #expect(abs(rate.all - 2 * rate.each) <= 1)
    }

    @Test("As many pieces of work as there are programs for")
    func batches() throws {
        for (programs, count) in [(1, 1), (25, 1), (26, 2), (1 << 48, 11_258_999_068_427)] {
            let plan = try SoakDifferenceTests.plan("--programs \(programs)")
            #expect(plan.batches == UInt64(count))
        }
        var plan = try SoakDifferenceTests.plan("")
        #expect(plan.batches == nil)
        plan.programs = .max
        #expect(plan.batches == 737_869_762_948_382_065)
    }

    @Test("A program that crashes is told by its seed")
    func crash() async {
        let end = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            SoakSignals.watch(.drivers)
            SoakSignals.note(1_047)
            SoakSignals.note(.max)
            fatalError("of the model")
        }
        let words = String(decoding: end?.standardErrorContent ?? [], as: UTF8.self)
        #expect(
            words.contains(
                "this program ended the run: staleline soak --programs 1 --seed 18446744073709551615 --kind drivers\n"
            ))
    }

    @Test(
        "Bad options are refused",
        arguments: [
            "--minutes 0", "--minutes -1", "--minutes nan", "--programs 0", "--jobs 0",
            "--kind all",
            "--programs 281474976710657", "--programs 18446744073709551615", "--seed -1",
            "--seed x",
        ])
    func refused(_ arguments: String) {
        #expect(throws: (any Error).self) { try SoakDifferenceTests.plan(arguments) }
    }
}
