import MemoryModel
import Operations
import Testing

@testable import Experiments

/// Counts worked out from some of the sets.
@Suite("A sample of sets")
struct SampledSetsTests {
    /// Accesses of which nine in ten hit one line; the others miss, as often in each set.
    private static func accesses(_ count: UInt64) -> [MemoryAccess] {
        (0..<count).map { place in
            let isHot = place % 10 > 0
            return MemoryAccess(
                place % 3 == 0 ? .store : .load, at: isHot ? 0 : place / 10 * 32, size: 4)
        }
    }

    @Test("Where one set has most accesses and all have as many misses, no sample is far off")
    func hotSet() async throws {
        let accesses = Self.accesses(20_000)
        let machines = [
            PlainConfiguration(
                level1Data: SweepSamplingTests.cache(128, 2, 32),
                level2: SweepSamplingTests.cache(256, 2, 32))
        ]
        for seed in 1...12 as ClosedRange<UInt64> {
            let sample = try SetSample(of: machines, oneIn: 4, seed: seed)
            let counts = try #require(
                await SweepSamplingTests.sampled(
                    SweepSamplingTests.run(accesses, .sets(sample)), machines)[0])
            let named = Dictionary(
                uniqueKeysWithValues: counts.estimates.map { ($0.name, $0.estimate) })
            // 2,000 places, each a line of its own: all but the hot line's first miss.
            for (name, truth) in [
                ("L1D.misses", 2_000.0), ("L1D.missRate", 0.1), ("L2.reads", 2_000),
                ("L2.misses", 2_000),
            ] {
                let estimate = try #require(named[name], "\(name), seed \(seed)")
                #expect(
                    abs(estimate.value / truth - 1) < 0.05, "\(name), seed \(seed): \(estimate)")
            }
            // These are known of the whole trace.
            for name in ["L1D.reads", "L1D.writes"] {
                let estimate = try #require(named[name])
                #expect(estimate.low == estimate.high, "\(name), seed \(seed)")
            }
        }
    }

    @Test("Sets that the trace does not touch count as such")
    func untouchedSets() async throws {
        // One in five sets, 40 lines each, one after the other and each twice: half miss, so that an estimate may be too high.
        let accesses = (0..<40 as Range<UInt64>).flatMap { turn in
            (0..<256 as Range<UInt64>).filter { $0 % 5 == 0 }.flatMap {
                [MemoryAccess](
                    repeating: MemoryAccess(.load, at: (turn << 8 | $0) * 32, size: 4), count: 2)
            }
        }
        let truth = Double(accesses.count / 2)
        let machines = [
            PlainConfiguration(
                level1Data: SweepSamplingTests.cache(256, 1, 32),
                level2: SweepSamplingTests.cache(256, 2, 32))
        ]
        var sums: [String: Double] = [:]
        var held = 0
        let seeds = 1...40 as ClosedRange<UInt64>
        for seed in seeds {
            let sample = try SetSample(of: machines, oneIn: 4, seed: seed)
            let counts = try #require(
                await SweepSamplingTests.sampled(
                    SweepSamplingTests.run(accesses, .sets(sample)), machines)[0])
            #expect(counts.units == sample.units)
            for named in counts.estimates {
                sums[named.name, default: 0] += named.estimate.value
                guard named.name == "L1D.misses" else { continue }
                if named.estimate.low...named.estimate.high ~= truth { held += 1 }
                // Nothing misses more often than it is asked, which is known.
                #expect(
                    named.estimate.high <= Double(accesses.count), "seed \(seed): \(named.estimate)"
                )
            }
        }
        for name in ["L1D.misses", "L1D.readMisses", "L2.reads", "L2.misses"] {
            let mean = sums[name, default: 0] / Double(seeds.count)
            #expect(abs(mean / truth - 1) < 0.1, "\(name): \(mean)")
        }
        #expect(held >= 32, "\(held) of \(seeds.count)")
    }

    @Test("A sample without any access says so")
    func nothing() async throws {
        let machines = [PlainConfiguration(level1Data: SweepSamplingTests.cache(256, 1, 32))]
        let sample = try SetSample(of: machines, oneIn: 8, seed: 1)
        let group = try #require(sample.unitOfGroup.firstIndex { $0 < 0 })
        let access = MemoryAccess(.load, at: UInt64(group) * 32, size: 4)
        var contents: [SweepOutcome.Content] = []
        try await SweepSamplingTests.run([access], .sets(sample)).run(
            SweepSamplingTests.points(machines)
        ) { contents += $0.map(\.content) }
        #expect(contents.count == 1)
        guard case .impossible(let words)? = contents.first else {
            Issue.record("\(contents)")
            return
        }
        #expect(words.hasPrefix("the sample: found no access"))
    }

    @Test("Every group of sets is of one unit, or not counted")
    func groups() throws {
        let machines = [PlainConfiguration(level1Data: SweepSamplingTests.cache(512, 2, 32))]
        let sample = try SetSample(of: machines, oneIn: 8, seed: 3)
        #expect(sample.groupsOfUnit.reduce(0, +) == sample.taken)
        #expect(sample.groupsOfUnit == Array(repeating: 2, count: 32))
    }
}
