import Events
import MemoryModel
import Operations
import Quantities
import Testing

@testable import Soak

/// Runs of random worlds that keep all laws, made to break one.
@Suite("Laws")
struct LawTests {
    /// What some worlds have told.
    private static let runs = (1...400).map { run(ofSeed: $0) }

    private static func run(ofSeed seed: UInt64) -> LawRun {
        let world = RandomWorld(seed: seed)
        var comparison = ReferenceComparison(world)
        _ = comparison.run()
        return LawRun(world, told: comparison.machine)
    }

    @Test("Each is broken by what it forbids, and no other one is", arguments: Law.all.map(\.name))
    func broken(_ name: String) throws {
        let damage = try #require(Self.damages[name], "nothing breaks it")
        let law = try #require(Law.all.first { $0.name == name })
        let run = try #require(
            Self.runs.lazy.filter(law.isAbout).compactMap { run in
                var run = run
                return damage(&run) ? run : nil
            }.first, "no world has what it forbids")
        #expect(Law.all.filter { $0.fault(run) != nil }.map(\.name) == [name])
        #expect(Law.flaw(of: run, Law.all)?.kind == .law(name))
    }

    @Test("Each is about many worlds, and no world breaks one")
    func judged() {
        for law in Law.all {
            let count = Self.runs.count { law.isAbout($0) }
            let least = law.name == Law.writers.name ? 20 : 100
            #expect(count >= least, "\(law.name): \(count) of \(Self.runs.count)")
            #expect(Self.runs.allSatisfy { law.fault($0) == nil }, "\(law.name)")
        }
    }

    @Test("Each is about traces and drivers, too")
    func judgedSources() throws {
        let subject = try SoakDifferenceTests.plan("").subject
        let sources = (1...40).flatMap { seed in
            [
                SourceProgram(RandomTrace(seed: seed)), SourceProgram(RandomDriver(seed: seed)),
            ]
        }
        let runs = try sources.compactMap { $0.setup(subject) }.map { try LawRun($0) }
        for law in Law.all {
            let count = runs.count { law.isAbout($0) }
            #expect(count >= 10, "\(law.name): \(count) of \(runs.count)")
        }
        #expect(runs.contains { $0.facts.asked?.isEmpty == false })
    }

    /// What makes a run break a law, by its name; false: the run has nothing of the kind.
    private static let damages: [String: @Sendable (inout LawRun) -> Bool] = [
        Law.time.name: { run in
            run.times[0] = Ticks(rawValue: run.times[0].rawValue + 1)
            return true
        },
        Law.counts.name: { run in
            guard let barrier = run.events.first(where: { $0.kind == .barrier }) else {
                return false
            }
            run.counters = LawRun.counters(of: run.events + [barrier])
            return true
        },
        Law.cores.name: { swapTicks(&$0, of: [.load, .store, .fetch]) },
        Law.devices.name: { swapTicks(&$0, of: [.deviceRead, .deviceWrite]) },
        Law.transfers.name: { run in
            guard let place = run.events.lastIndex(where: { $0.kind == .deviceDone }) else {
                return false
            }
            run.events.remove(at: place)
            return recount(&run)
        },
        Law.buffers.name: { `repeat`(&$0) { $0.kind == .drain && $0.otherPlace.isLevel1Data } },
        Law.lines.name: { `repeat`(&$0) { $0.kind == .invalidate } },
        Law.writers.name: shareWritten,
        Law.requests.name: { `repeat`(&$0) { $0.kind == .levelRead } },
        Law.pins.name: { run in
            guard let place = run.events.firstIndex(where: { $0.kind == .memoryTraffic }) else {
                return false
            }
            run.events[place].size += 1
            return recount(&run)
        },
        Law.rate.name: { run in
            // All at once.
            run.elapsed = .zero
            var bytes: UInt64 = 0
            for place in run.events.indices where run.events[place].isOverPins {
                run.events[place].tick = .zero
                bytes += UInt64(run.events[place].size)
            }
            return bytes > 2 * run.configuration.bytesUnderWay
        },
    ]

    /// Counts anew what is told now, so that no law of counts is broken.
    private static func recount(_ run: inout LawRun) -> Bool {
        run.counters = LawRun.counters(of: run.events)
        return true
    }

    /// Lets the last event of a kind happen twice.
    private static func `repeat`(_ run: inout LawRun, _ isMeant: (Event) -> Bool) -> Bool {
        guard let place = run.events.lastIndex(where: isMeant) else { return false }
        run.events.insert(run.events[place], at: place)
        return recount(&run)
    }

    /// Exchanges the ticks of two neighbours of one agent.
    private static func swapTicks(_ run: inout LawRun, of kinds: Set<Event.Kind>) -> Bool {
        var last: [Agent: Int] = [:]
        for place in run.events.indices where kinds.contains(run.events[place].kind) {
            let event = run.events[place]
            if let before = last[event.agent], run.events[before].tick < event.tick {
                run.events[place].tick = run.events[before].tick
                run.events[before].tick = event.tick
                return true
            }
            last[event.agent] = place
        }
        return false
    }

    /// Gives another core the line that a core writes last, for as long as that takes.
    @Sendable private static func shareWritten(_ run: inout LawRun) -> Bool {
        guard
            let place = run.events.lastIndex(where: { $0.kind == .store && $0.place.isLevel1Data })
        else { return false }
        let store = run.events[place]
        let other = store.agent.index == 0 ? 1 : 0
        var line = store
        line.agent = .core(other)
        line.place = .level1Data(other)
        line.kind = .invalidate
        run.events.insert(line, at: place + 1)
        line.kind = .linefill
        line.other = store.place.rawValue
        run.events.insert(line, at: place)
        return recount(&run)
    }
}
