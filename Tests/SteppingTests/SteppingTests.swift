import Events
import Experiments
import MemoryModel
import Quantities
import Statistics
import Testing

@testable import Stepping

/// States depend on the position alone, whichever way one came to it.
@Suite("Stepping")
struct SteppingTests {
    /// Walks to and fro at random, and compares each state with the one on a straight way forward.
    private func walk(_ session: TraceSession, seed: UInt64, moves: Int) throws {
        var fresh = session
        var states = [fresh.state]
        while fresh.position < fresh.count {
            fresh.stepForward(.operation)
            states.append(fresh.state)
        }
        try #require(states.count == session.count + 1)
        var random = SplitMix64(seed: seed)
        var wanderer = session
        for _ in 0..<moves {
            let forward = Int(random.next() % 7)
            let back = Int(random.next() % 7)
            let start = wanderer.position
            for _ in 0..<forward { wanderer.stepForward(.operation) }
            for _ in 0..<back { wanderer.stepBack(.operation) }
            #expect(
                wanderer.position == max(0, min(session.count, start + forward) - back),
                "seed \(seed)")
            #expect(
                wanderer.state == states[wanderer.position], "seed \(seed) at \(wanderer.position)")
            if random.next() % 5 == 0 {
                wanderer.move(to: Int(random.next() % UInt64(session.count + 1)))
                #expect(wanderer.state == states[wanderer.position], "seed \(seed)")
            }
        }
    }

    @Test("n forward and m back is n - m forward: litmus traces", arguments: StepSupport.litmus)
    func litmus(_ name: String) throws {
        try walk(StepSupport.litmus(name), seed: UInt64(name.utf8.count), moves: 8)
    }

    @Test("n forward and m back is n - m forward: random traces", arguments: 1...20)
    func random(_ seed: Int) throws {
        let text = StepSupport.random(UInt64(seed), steps: 40 + seed * 20)
        let machine = ["zynq7000", "rpi3", "imx7d"][seed % 3]
        try walk(StepSupport.session(text, on: machine), seed: UInt64(seed), moves: 60)
    }

    @Test("At the end as many lines are dirty as in the machine", arguments: StepSupport.litmus)
    func dirtyLines(_ name: String) throws {
        var session = try StepSupport.litmus(name)
        session.move(to: session.count)
        var level1 = 0
        for line in session.state.lines.values {
            level1 += line.copies.count { $0.place.isLevel1Data && $0.dirty != 0 }
        }
        var runner = try ProgramRunner(
            session.setup, probe: CountersProbe(), keepingStepsFor: nil)
        try runner.run()
        #expect(level1 == runner.machine.dirtyLines.level1Data)
        for core in session.state.times.indices {
            #expect(session.state.time(ofCore: core) == runner.machine.time(ofCore: core).rawValue)
        }
    }

    @Test("Statements are steps of their own, in every pass of a loop")
    func statements() throws {
        var session = try StepSupport.session(
            """
            staleline 1
            buffer b 0x10000000 64
            st b 4 = 7
            repeat 3
              ld b 4
            end
            """)
        var lines: [Int] = []
        while session.position < session.count {
            session.stepForward(.statement)
            lines.append(session.moment(session.position - 1).line)
        }
        #expect(lines == [3, 5, 5, 5, 0])
        session.stepBack(.statement)
        #expect(session.position == session.count - 1)
        #expect(session.moment(session.position - 1).text == "ld b 4")
    }

    @Test("A finding is reached from either side")
    func findings() throws {
        var session = try StepSupport.litmus("REF-h07.violates.slt")
        let first = try #require(session.nextFinding)
        session.move(to: first)
        let shown = try #require(session.shownFindings.first)
        #expect(shown.position == first)
        #expect(session.view.findings.map(\.position) == session.shownFindings.map(\.position))
        session.move(to: session.count)
        #expect(session.view.findings.count == session.findings.count)
        while let before = session.previousFinding { session.move(to: before) }
        #expect(session.position == session.findings[0].position)
    }

    @Test("Too long a trace says so")
    func tooLong() throws {
        let error = try #require(throws: (any Error).self) {
            _ = try StepSupport.session("staleline 1\nld 0x1000 8M by 4\n")
        }
        #expect("\(error)".contains("expected at most 1048576 to step through"))
    }
}
