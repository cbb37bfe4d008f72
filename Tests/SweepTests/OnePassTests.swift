import Foundation
import Machines
import Operations
import Quantities
import Testing
import Traces

@testable import Experiments
@testable import MemoryModel

/// One pass against a replay for each point.
@Suite("A sweep's counts are those of separate replays")
struct OnePassTests {
    /// Accesses without a file.
    final class Memory: AccessSource {
        private let accesses: [MemoryAccess]
        private let most: Int
        private var place = 0

        init(_ accesses: [MemoryAccess], most: Int) {
            self.accesses = accesses
            self.most = most
        }

        var recordCount: UInt64 { UInt64(place) }
        var skipped: [(kind: String, count: UInt64)] { [] }

        func read(
            into block: UnsafeMutableBufferPointer<MemoryAccess>
        ) throws(TraceErrors) -> Int {
            let count = min(block.count, most, accesses.count - place)
            for index in 0..<count {
                block.initializeElement(at: index, to: accesses[place + index])
            }
            place += count
            return count
        }
    }

    static func accesses(seed: UInt64, count: Int, span: UInt64) -> [MemoryAccess] {
        var random = SplitMix64(seed: seed)
        return (0..<count).map { _ in
            let kinds: [AccessKind] = [.load, .load, .load, .store, .store, .fetch]
            let near = UInt64.random(in: 0..<span, using: &random)
            let far = UInt64.random(in: 0..<1 << 20, using: &random)
            return MemoryAccess(
                kinds.randomElement(using: &random) ?? .load,
                at: UInt64.random(in: 0..<10, using: &random) == 0 ? far : near,
                size: [1, 2, 4, 8, 16, 64].randomElement(using: &random) ?? 4)
        }
    }

    /// Caches of several sizes, ways and lines, with and without L1I and L2, LRU and FIFO.
    static func points(seed: UInt64, straddle: StraddleRule) -> [SweepPoint] {
        var random = SplitMix64(seed: seed)
        func cache(_ line: Int) -> CacheConfiguration {
            let ways = Int.random(in: 1...9, using: &random)
            let sets = 1 << Int.random(in: 0...6, using: &random)
            return CacheConfiguration(size: UInt64(sets * ways * line), ways: ways, lineSize: line)
        }
        return (0..<40).map { number in
            let lines = [16, 32, 64]
            func line() -> Int { lines.randomElement(using: &random) ?? 32 }
            var machine = PlainConfiguration(level1Data: cache(line()), straddle: straddle)
            if number % 3 == 0 { machine.level1Instruction = cache(line()) }
            if number % 4 == 1 { machine.level2 = cache(line()) }
            if number % 8 == 5 {
                machine.level1Data = CacheConfiguration(size: 1_024, ways: 2, lineSize: 32)
                machine.level1Instruction = nil
            }
            if number % 10 == 9 { machine.level1Data.replacement = .fifo }
            return SweepPoint(
                number: UInt64(number), places: [], machine: .success(.counting(machine)))
        }
    }

    static func counts(_ run: SweepRun, _ points: [SweepPoint]) async throws -> [UInt64:
        SweptCounts]
    {
        var all: [UInt64: SweptCounts] = [:]
        try await run.run(points) { outcomes in
            for outcome in outcomes {
                guard case .counted(let counts) = outcome.content else { continue }
                #expect(all[outcome.number] == nil)
                all[outcome.number] = counts
            }
        }
        return all
    }

    static func separate(
        _ accesses: [MemoryAccess], _ machine: PlainConfiguration
    ) throws -> SweptCounts {
        let result = try accesses.withUnsafeBufferPointer { try Replay.count($0, machine) }
        return SweptCounts(
            records: result.records, level1Data: result.level1Data,
            level1Instruction: result.level1Instruction, level2: result.level2)
    }

    @Test("Random accesses, kept and streamed, one job and three", arguments: StraddleRule.allCases)
    func random(straddle: StraddleRule) async throws {
        for seed in UInt64(1)..<4 {
            let accesses = Self.accesses(seed: seed, count: 9_000, span: 3_000)
            let points = Self.points(seed: seed, straddle: straddle)
            let expected = try points.map { point -> SweptCounts in
                guard case .success(.counting(let machine)) = point.machine else {
                    preconditionFailure("all are counting machines")
                }
                return try Self.separate(accesses, machine)
            }
            for (kept, jobs) in [(1 << 20, 1), (1 << 20, 3), (0, 1), (0, 3)] {
                var run = SweepRun(
                    SweepTrace(.accesses { Memory(accesses, most: 4_096) }, file: "memory"),
                    jobs: jobs)
                run.keptAccesses = kept
                run.linesAtOnce = 2_000
                run.windowSize = 1_000
                let counts = try await Self.counts(run, points)
                for (point, single) in zip(points, expected) {
                    #expect(
                        counts[point.number] == single,
                        "seed \(seed), point \(point.number), kept \(kept), jobs \(jobs)")
                }
            }
        }
    }

    @Test("Machines with time: what a replay of their own gives, kept and streamed")
    func timed() async throws {
        let accesses = Self.accesses(seed: 5, count: 6_000, span: 30_000)
        let yaml = try String(
            contentsOf: Program.root.appendingPathComponent("configs/zynq7000.yaml"),
            encoding: .utf8)
        let points = try ["lru", "random", "plru", "fifo", "nru"].enumerated().map {
            let machine = try MachineDescription.parse(
                yaml: yaml, file: "zynq7000", overrides: [("l1d.replacement", $1)])
            return SweepPoint(
                number: UInt64($0), places: [], machine: .success(.timed(machine.configuration)))
        }
        for (kept, jobs) in [(1 << 20, 1), (1 << 20, 3), (0, 1), (0, 3)] {
            var run = SweepRun(
                SweepTrace(.accesses { Memory(accesses, most: 700) }, file: "memory"), seed: 3,
                jobs: jobs)
            run.keptAccesses = kept
            run.linesAtOnce = 20_000
            run.windowSize = 1_000
            var seen: Set<UInt64> = []
            try await run.run(points) { outcomes in
                for outcome in outcomes {
                    guard case .replayed(let result) = outcome.content else {
                        Issue.record("point \(outcome.number) was not run")
                        continue
                    }
                    let single = accesses.withUnsafeBufferPointer {
                        Replay.run($0, machine: result.machine, seed: 3)
                    }
                    #expect(result.counters == single.counters, "point \(outcome.number)")
                    #expect(result.elapsed == single.elapsed)
                    #expect(result.dirtyAtEnd == single.dirtyAtEnd)
                    #expect(result.records == single.records)
                    seen.insert(outcome.number)
                }
            }
            #expect(seen == Set(points.map(\.number)))
        }
    }

    @Test("A core that a machine has not makes its points impossible, and no others")
    func cores() async throws {
        let accesses = Self.accesses(seed: 6, count: 3_000, span: 3_000).enumerated().map {
            var access = $1
            if $0 == 2_500 { access.agent = .core(1) }
            return access
        }
        let machines = try ["am335x", "zynq7000"].map { name in
            try MachineDescription.parse(
                yaml: String(
                    contentsOf: Program.root.appendingPathComponent("configs/\(name).yaml"),
                    encoding: .utf8), file: name
            ).configuration
        }
        #expect(machines.map(\.core.count) == [1, 2])
        let points = machines.enumerated().map {
            SweepPoint(number: UInt64($0), places: [], machine: .success(.timed($1)))
        }
        for kept in [1 << 20, 0] {
            var run = SweepRun(
                SweepTrace(.accesses { Memory(accesses, most: 4_096) }, file: "memory"))
            run.keptAccesses = kept
            run.windowSize = 1_000
            var reasons: [UInt64: String] = [:]
            try await run.run(points) { outcomes in
                for case .impossible(let reason) in outcomes.map(\.content) {
                    reasons[outcomes[0].number] = reason
                }
            }
            #expect(reasons.keys.sorted() == [0])
            #expect(
                reasons[0]?.contains("found core1, expected a core of am335x, which has 1") == true)
        }
    }
}
