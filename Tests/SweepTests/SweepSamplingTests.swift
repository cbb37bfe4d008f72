import Foundation
import Machines
import MemoryModel
import Operations
import Quantities
import Testing
import Traces

@testable import Experiments

/// Counts worked out from a part of a trace.
@Suite("A sample of a trace")
struct SweepSamplingTests {
    typealias Memory = OnePassTests.Memory

    /// Accesses in phases, each about some places and round one of them, as programs are.
    static func accesses(seed: UInt64, count: Int) -> [MemoryAccess] {
        var random = SplitMix64(seed: seed)
        var (base, span) = (UInt64(0), UInt64(1))
        return (0..<count).map { place in
            if place % 1_500 == 0 {
                base = UInt64.random(in: 0..<1 << 15, using: &random)
                span = 1 << UInt64.random(in: 8...13, using: &random)
            }
            let isNear = UInt64.random(in: 0..<8, using: &random) > 0
            let address =
                isNear
                ? base + UInt64.random(in: 0..<span, using: &random)
                : UInt64.random(in: 0..<1 << 15, using: &random)
            let kinds: [AccessKind] = [.load, .load, .store, .fetch]
            return MemoryAccess(
                kinds.randomElement(using: &random) ?? .load, at: address,
                size: [1, 4, 8, 40].randomElement(using: &random) ?? 4)
        }
    }

    static func cache(_ sets: Int, _ ways: Int, _ line: Int) -> CacheConfiguration {
        CacheConfiguration(size: UInt64(sets * ways * line), ways: ways, lineSize: line)
    }

    static func machines(straddle: StraddleRule = .split) -> [PlainConfiguration] {
        var machines = [32, 64].flatMap { line in
            [32, 64].flatMap { sets in
                [1, 2, 4, 8].map { ways in
                    PlainConfiguration(
                        level1Instruction: cache(64, 2, 32), level1Data: cache(sets, ways, line),
                        straddle: straddle)
                }
            }
        }
        for ways in [2, 8] {
            machines.append(
                PlainConfiguration(
                    level1Instruction: cache(32, 1, 32), level1Data: cache(32, 2, 32),
                    level2: cache(64, ways, 64), straddle: straddle))
        }
        machines.append(PlainConfiguration(level1Data: cache(32, 4, 32), straddle: straddle))
        machines[machines.count - 1].level1Data.replacement = .fifo
        return machines
    }

    static func points(_ machines: [PlainConfiguration]) -> [SweepPoint] {
        machines.enumerated().map { number, machine in
            SweepPoint(
                number: UInt64(number), places: [], machine: .success(.counting(machine)))
        }
    }

    static func run(
        _ accesses: [MemoryAccess], _ sampling: SweepSampling?, jobs: Int = 2
    ) -> SweepRun {
        var run = SweepRun(
            SweepTrace(.accesses { Memory(accesses, most: 4_096) }, file: "memory"), jobs: jobs)
        run.sampling = sampling
        return run
    }

    static func sampled(
        _ run: SweepRun, _ machines: [PlainConfiguration]
    ) async throws -> [UInt64: SampledCounts] {
        var all: [UInt64: SampledCounts] = [:]
        try await run.run(points(machines)) { outcomes in
            for outcome in outcomes {
                guard case .sampled(let counts) = outcome.content else {
                    Issue.record("\(outcome.content)")
                    continue
                }
                all[outcome.number] = counts
            }
        }
        return all
    }

    /// What all of a trace gives, by the names of a sample's estimates.
    private static func truth(_ counts: SweptCounts) -> [String: Double] {
        var truth: [String: Double] = [:]
        let caches = [
            ("L1D", counts.level1Data), ("L1I", counts.level1Instruction ?? PlainCounts()),
            ("L2", counts.level2 ?? PlainCounts()),
        ]
        for (name, counts) in caches {
            let misses = Double(counts.readMisses + counts.writeMisses)
            truth["\(name).reads"] = Double(counts.reads)
            truth["\(name).writes"] = Double(counts.writes)
            truth["\(name).readMisses"] = Double(counts.readMisses)
            truth["\(name).writeMisses"] = Double(counts.writeMisses)
            truth["\(name).misses"] = misses
            truth["\(name).missRate"] = misses / max(Double(counts.reads + counts.writes), 1)
            truth["\(name).writebacks"] = Double(counts.writebacks)
        }
        return truth
    }

    @Test(
        "All sets, dealt into units, give what the whole trace gives, and leave no doubt",
        arguments: [StraddleRule.split, .first])
    func allSets(straddle: StraddleRule) async throws {
        let accesses = Self.accesses(seed: 5, count: 20_000)
        let machines = Self.machines(straddle: straddle)
        let all = SetSample(lowestBit: 6, unitOfGroup: (0..<16).map { Int16($0 % 9) })
        let counts = try await Self.sampled(Self.run(accesses, .sets(all)), machines)
        for (number, machine) in machines.enumerated() {
            let truth = Self.truth(try OnePassTests.separate(accesses, machine))
            let sample = try #require(counts[UInt64(number)])
            #expect(sample.units == 9)
            #expect(sample.share == 1)
            for (name, estimate) in sample.estimates.map({ ($0.name, $0.estimate) }) {
                let expected = try #require(truth[name])
                #expect(
                    abs(estimate.value - expected) < 1e-9 * max(expected, 1), "\(name) \(number)")
                #expect(abs(estimate.low - expected) <= 1 && abs(estimate.high - expected) <= 1)
            }
        }
    }

    /// How often bounds hold the truth, and how wide they are, by the names of the numbers.
    private struct Coverage {
        var held: [String: Int] = [:]
        var all: [String: Int] = [:]
        var widths: [String: Double] = [:]

        mutating func add(
            _ counts: [UInt64: SampledCounts], _ truths: [[String: Double]], _ names: [String]
        ) throws {
            for (number, truth) in truths.enumerated() {
                let point = try #require(counts[UInt64(number)])
                for (name, estimate) in point.estimates.map({ ($0.name, $0.estimate) })
                where names.contains(name) {
                    let expected = try #require(truth[name])
                    all[name, default: 0] += 1
                    held[name, default: 0] +=
                        estimate.low <= expected && expected <= estimate.high ? 1 : 0
                    widths[name, default: 0] += (estimate.high - estimate.low) / max(expected, 1)
                }
            }
        }

        func share(_ name: String) -> Double {
            Double(held[name] ?? 0) / Double(max(all[name] ?? 0, 1))
        }
        func width(_ name: String) -> Double {
            (widths[name] ?? 0) / Double(max(all[name] ?? 0, 1))
        }
    }

    @Test("The bounds of a sample of sets hold the truth, nineteen times in twenty or so")
    func sets() async throws {
        let accesses = Self.accesses(seed: 11, count: 30_000)
        let machines = Self.machines()
        let truths = try machines.map { Self.truth(try OnePassTests.separate(accesses, $0)) }
        let names = ["L1D.misses", "L1D.missRate", "L1D.reads", "L1I.reads", "L2.misses"]
        var coverage = Coverage()
        for seed in UInt64(1)...14 {
            let sample = try SetSample(of: machines, oneIn: 2, seed: seed)
            #expect(sample.groups == 16 && sample.taken == 8)
            try coverage.add(
                await Self.sampled(Self.run(accesses, .sets(sample)), machines), truths, names)
        }
        for name in names {
            #expect(coverage.share(name) >= 0.85, "\(name) \(coverage.share(name))")
            #expect(coverage.width(name) < 0.5, "\(name): bounds that say nothing")
        }
    }

    @Test(
        "The bounds of a sample of pieces hold the truth, and are closer with more warmth",
        arguments: [StraddleRule.split, .each])
    func intervals(straddle: StraddleRule) async throws {
        // Neither end of the trace is one of a period.
        let accesses = Self.accesses(seed: 12, count: 24_370)
        // The last machine is FIFO, whose bounds do not hold what it lacks.
        let machines = Self.machines(straddle: straddle).dropLast()
        let truths = try machines.map { Self.truth(try OnePassTests.separate(accesses, $0)) }
        let names = ["L1D.misses", "L1D.missRate", "L1D.reads", "L1I.misses", "L2.misses"]
        var widths: [Double] = []
        for warmUp in [UInt64(0), 500, 3_000] {
            var coverage = Coverage()
            for seed in UInt64(1)...6 {
                let sample = try IntervalSample(
                    length: 300, period: 1_000, warmUp: warmUp, seed: seed)
                try coverage.add(
                    await Self.sampled(Self.run(accesses, .intervals(sample)), Array(machines)),
                    truths, names)
            }
            for name in names {
                #expect(
                    coverage.share(name) >= 0.85, "\(name) \(coverage.share(name)), \(warmUp)")
            }
            widths.append(coverage.width("L1D.misses"))
        }
        #expect(widths[0] > widths[1] && widths[1] > widths[2], "\(widths)")
        #expect(widths[2] < 0.5, "bounds that say nothing")
    }

    @Test(
        "Each access has the same chance to be taken, at the ends of periods and of the trace, too")
    func chances() throws {
        var taken = [Int](repeating: 0, count: 130)
        let seeds = 20_000
        for seed in 1...UInt64(seeds) {
            let sample = try IntervalSample(length: 10, period: 50, warmUp: 0, seed: seed)
            for index in UInt64(0)...4 {
                for place in sample.piece(index) where place < 130 { taken[Int(place)] += 1 }
            }
        }
        // One in five; five standard deviations of so many.
        let most = 5 * (Double(seeds) * 0.2 * 0.8).squareRoot()
        for (place, count) in taken.enumerated() {
            #expect(abs(Double(count) - 0.2 * Double(seeds)) < most, "\(place): \(count)")
        }
    }

    @Test("Of what was never seen a little may be there, and no less than what was seen")
    func ends() {
        var none = UnitTally()
        var some = UnitTally()
        for index in 0..<10 {
            none.add(x: 100, accesses: 100, RunningTotal("none", 0))
            some.add(x: 100, accesses: 100, RunningTotal("some", index == 0 ? 50 : 0))
        }
        let nothing = none.estimate(of: 10_000, share: 0.1, quantile: 2.262)
        #expect(nothing == SweepEstimate(value: 0, low: 0, high: 10_000 * 3.689 * 0.9 / 1_000))
        let seen = some.estimate(of: 10_000, share: 0.1, quantile: 2.262)
        #expect(seen?.value == 500)
        #expect(seen?.low == 50)
        #expect(
            none.estimate(of: 0, share: 0.1, quantile: 2)
                == SweepEstimate(value: 0, low: 0, high: 0))
        // By groups of sets: so much of the accesses, whatever the groups.
        var groups = UnitTally()
        for _ in 0..<10 { groups.add(x: 4, accesses: 100, RunningTotal("none", 0)) }
        #expect(groups.estimate(of: 400, accesses: 10_000, share: 0.1, quantile: 2.262) == nothing)
        // A rate ends at one, but where an access counts for more than one miss.
        var high = UnitTally()
        for index in 0..<10 {
            var total = RunningTotal("rate", index < 9 ? 100 : 0)
            total.per = 100
            total.countsAccesses = true
            high.add(x: 100, accesses: 100, total)
        }
        #expect(high.estimate(of: nil, share: 0, quantile: 2.262)?.high == 1)
        var more = RunningTotal("rate", 20)
        more.countsAccesses = true
        high.add(x: 10, accesses: 10, more)
        #expect(high.estimate(of: nil, share: 0, quantile: 2.262)?.high ?? 0 > 1)
        // What counts no accesses, such as bytes or time, has no such end.
        var bytes = UnitTally()
        for index in 0..<10 {
            bytes.add(x: 100, accesses: 100, RunningTotal("bytes", index < 9 ? 100 : 0))
        }
        #expect(bytes.estimate(of: nil, share: 0, quantile: 2.262)?.high ?? 0 > 1)
    }

    @Test("Jobs, windows and streaming change nothing")
    func same() async throws {
        let accesses = Self.accesses(seed: 13, count: 12_000)
        let machines = Self.machines()
        let samplings: [SweepSampling] = [
            .sets(try SetSample(of: machines, oneIn: 2, seed: 1)),
            .intervals(try IntervalSample(length: 100, period: 700, warmUp: 90, seed: 1)),
        ]
        for sampling in samplings {
            let reference = try await Self.sampled(Self.run(accesses, sampling, jobs: 1), machines)
            for (window, kept, jobs) in [(1_000, 1 << 20, 2), (700, 0, 1), (333, 0, 3)] {
                var run = Self.run(accesses, sampling, jobs: jobs)
                run.windowSize = window
                run.keptAccesses = kept
                run.linesAtOnce = 2_000
                #expect(try await Self.sampled(run, machines) == reference, "\(window) \(kept)")
            }
        }
    }

    @Test(
        "Machines with time are sampled by pieces, and pieces that follow each other are the trace")
    func timed() async throws {
        let accesses = Self.accesses(seed: 14, count: 8_000)
        let yaml = try String(
            contentsOf: Program.root.appendingPathComponent("configs/zynq7000.yaml"),
            encoding: .utf8)
        let machine = try MachineDescription.parse(yaml: yaml, file: "zynq7000").configuration
        let point = SweepPoint(number: 0, places: [], machine: .success(.timed(machine)))
        let whole = try IntervalSample(length: 500, period: 500, warmUp: 0, seed: 1)
        let part = try IntervalSample(length: 100, period: 500, warmUp: 400, seed: 1)
        var times: [SweepEstimate] = []
        for sample in [whole, part] {
            try await Self.run(accesses, .intervals(sample)).run([point]) { outcomes in
                guard case .sampled(let counts) = outcomes.first?.content else { return }
                #expect(16...17 ~= counts.units)
                times += counts.estimates.filter { $0.name == "time.ns" }.map(\.estimate)
            }
        }
        let replay = try Replay.run(Memory(accesses, most: 4_096), machine: machine)
        let truth = replay.elapsed.nanoseconds
        try #require(times.count == 2)
        // The end of the trace waits for what is under way, which belongs to no piece.
        #expect(abs(times[0].value - truth) < 2_000, "\(times[0]) \(truth)")
        #expect(times[0].high - times[0].low <= 1)
        #expect(times[1].low < truth && truth < times[1].high, "\(times[1]) \(truth)")
        #expect(times[1].high - times[1].low > 1)
    }

    @Test("What falls into no samples is refused")
    func refused() async throws {
        let machines = Self.machines()
        #expect(throws: AxisFault.self) { try SetSample(of: machines, oneIn: 4, seed: 1) }
        #expect(throws: AxisFault.self) { try SetSample(of: machines, oneIn: 1, seed: 1) }
        #expect(throws: AxisFault.self) {
            try SetSample(of: Self.machines(straddle: .once), oneIn: 2, seed: 1)
        }
        #expect(throws: AxisFault.self) {
            try IntervalSample(length: 11, period: 10, warmUp: 0, seed: 1)
        }
        let short = try IntervalSample(length: 10, period: 100, warmUp: 0, seed: 1)
        var reasons: [String] = []
        try await Self.run(Self.accesses(seed: 1, count: 450), .intervals(short))
            .run(Self.points(machines)) { outcomes in
                for case .impossible(let reason) in outcomes.map(\.content) {
                    reasons.append(reason)
                }
            }
        #expect(reasons.count == machines.count)
        #expect(reasons.allSatisfy { $0.contains("units in the trace, expected at least 8") })
        var whole = Self.accesses(seed: 1, count: 450)
        whole.append(MemoryAccess(.invalidate, at: 0, size: 0))
        let sets = try SetSample(of: machines, oneIn: 2, seed: 1)
        await #expect(throws: TraceErrors.self) {
            try await Self.run(whole, .sets(sets)).run(Self.points(machines)) { _ in }
        }
    }

    @Test(
        "Student's t is that of the tables",
        arguments: [
            (3, 3.182), (7, 2.365), (10, 2.228), (30, 2.042), (31, 2.040), (120, 1.980),
            (5_000, 1.960),
        ])
    func student(freedom: Int, expected: Double) {
        let t = StudentT.quantile(freedom: freedom, probability: 0.95)
        #expect(abs(t - expected) < 0.003, "\(t)")
    }
}

/// What stacks know behind gaps.
@Suite("Misses at least and at most")
struct MissBoundsTests {
    @Test("What a whole trace gives lies between the bounds of its pieces", arguments: 1...12)
    func bounds(seed: Int) throws {
        print("seed \(seed)")
        var random = SplitMix64(seed: UInt64(seed))
        let accesses = SweepSamplingTests.accesses(seed: UInt64(seed), count: 6_000)
            .filter { $0.kind != .fetch }.map { access -> MemoryAccess in
                var access = access
                // Records for caches, now and then for a whole one.
                switch random.next() % 200 {
                case 0: access.kind = .invalidate
                case 1: access.kind = .copyBack
                case 2: (access.kind, access.size) = (.invalidate, 0)
                default: break
                }
                return access
            }
        var whole = StackCounter(setCounts: [4, 16], ways: 8, lineSize: 32)
        var pieces = StackCounter(setCounts: [4, 16], ways: 8, lineSize: 32, hasGaps: true)
        var expected: [UInt64: [UInt64]] = [
            4: Array(repeating: 0, count: 9), 16: Array(repeating: 0, count: 9),
        ]
        var (place, unsure) = (0, 0)
        while place < accesses.count {
            let count = min(Int.random(in: 1...400, using: &random), accesses.count - place)
            let isKept = place == 0 || Bool.random(using: &random)
            func misses(_ sets: UInt64, _ ways: Int) -> UInt64 {
                let counts = whole.counts(sets: sets, ways: ways)
                return counts.readMisses + counts.writeMisses
            }
            let before = expected.mapValues { $0.indices.map { _ in UInt64(0) } }
                .map { sets, row in (sets, row.indices.map { $0 == 0 ? 0 : misses(sets, $0) }) }
            accesses[place..<place + count].withUnsafeBufferPointer { piece in
                whole.replay(piece)
                if isKept { pieces.replay(piece) }
            }
            if !isKept { pieces.leaveGap() }
            for (sets, row) in before where isKept {
                for ways in 1...8 { expected[sets]?[ways] += misses(sets, ways) - row[ways] }
            }
            place += count
        }
        for sets in [UInt64(4), 16] {
            for ways in 1...8 {
                let found = pieces.missBounds(sets: sets, ways: ways)
                let bounds = try #require(found)
                let (least, most) = (
                    bounds.leastReads + bounds.leastWrites, bounds.mostReads + bounds.mostWrites
                )
                let guess = pieces.counts(sets: sets, ways: ways)
                let truth = try #require(expected[sets]?[ways])
                #expect(least <= truth && truth <= most, "\(sets) sets, \(ways) ways")
                #expect((least...most).contains(guess.readMisses + guess.writeMisses))
                unsure += Int(most - least)
            }
        }
        #expect(unsure > 0, "nothing was in doubt")
    }
}
