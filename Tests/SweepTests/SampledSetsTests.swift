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

    @Test("Every group of sets is of one unit, or not counted")
    func groups() throws {
        let machines = [PlainConfiguration(level1Data: SweepSamplingTests.cache(512, 2, 32))]
        let sample = try SetSample(of: machines, oneIn: 8, seed: 3)
        #expect(sample.groupsOfUnit.reduce(0, +) == sample.taken)
        #expect(sample.groupsOfUnit == Array(repeating: 2, count: 32))
    }
}
