import Operations
import Quantities
import Testing

@testable import MemoryModel

/// One pass against a run for each cache.
@Suite("One pass counts as separate runs do")
struct StackCounterTests {
    @Test(
        "All ways and numbers of sets, random accesses of every kind",
        arguments: StraddleRule.allCases, [8, 16, 64])
    func levelOne(straddle: StraddleRule, lineSize: Int) throws {
        for seed in UInt64(40)..<48 {
            let accesses = PlainReferenceTests.accesses(
                seed: seed, span: seed % 2 == 0 ? 512 : 4_096)
            var data = StackCounter(
                setCounts: [16, 1, 4, 2], ways: 9, lineSize: lineSize, straddle: straddle)
            var fetches = StackCounter(
                setCounts: [2, 8], ways: 5, lineSize: lineSize, side: .instruction,
                straddle: straddle)
            let cut = accesses.count / 3
            for part in [accesses[..<cut], accesses[cut...]] {
                part.withUnsafeBufferPointer { data.replay($0) }
                part.withUnsafeBufferPointer { fetches.replay($0) }
            }
            for sets in data.setCounts {
                for ways in 1...9 {
                    let single = try Self.counts(
                        accesses, data: Self.cache(sets, ways, lineSize),
                        instruction: Self.cache(sets, ways, lineSize), straddle)
                    #expect(
                        data.counts(sets: sets, ways: ways) == single.data,
                        "\(sets) sets, \(ways) ways, seed \(seed)")
                    guard fetches.setCounts.contains(sets), ways <= 5 else { continue }
                    #expect(
                        fetches.counts(sets: sets, ways: ways) == single.instruction,
                        "\(sets) sets, \(ways) ways, seed \(seed)")
                }
            }
        }
    }

    @Test("Second levels behind one first level", arguments: StraddleRule.allCases, [false, true])
    func levelTwo(straddle: StraddleRule, dropsVictims: Bool) throws {
        for (index, geometry) in PlainReferenceTests.geometries.enumerated() {
            let seed = UInt64(90 + index)
            var configuration = PlainConfiguration(
                level1Instruction: geometry.1, level1Data: geometry.0, straddle: straddle,
                forwardsVictims: !dropsVictims)
            let accesses = PlainReferenceTests.accesses(seed: seed, span: 2_048)
            var first = try PlainHierarchy(configuration, recordsRequests: true)
            var second = StackCounter(
                setCounts: [1, 2, 8, 32], ways: 12, lineSize: geometry.2.lineSize, side: .unified,
                straddle: .once)
            for part in [accesses[..<300], accesses[300...]] {
                part.withUnsafeBufferPointer { first.replay($0) }
                let requests = first.takeRequests()
                requests.withUnsafeBufferPointer { second.replay($0) }
            }
            for flushes in [false, true] {
                if flushes {
                    first.flush()
                    first.takeRequests().withUnsafeBufferPointer { second.replay($0) }
                }
                for sets in second.setCounts {
                    for ways in 1...12 {
                        configuration.level2 = Self.cache(sets, ways, geometry.2.lineSize)
                        var single = try PlainHierarchy(configuration)
                        accesses.withUnsafeBufferPointer { single.replay($0) }
                        if flushes { single.flush() }
                        #expect(
                            second.counts(sets: sets, ways: ways) == single.counts.level2,
                            "\(sets) sets, \(ways) ways, seed \(seed), flushes \(flushes)")
                        #expect(first.counts.data == single.counts.data, "seed \(seed)")
                    }
                }
            }
        }
    }

    private static func cache(_ sets: UInt64, _ ways: Int, _ lineSize: Int) -> CacheConfiguration {
        CacheConfiguration(size: sets * UInt64(ways * lineSize), ways: ways, lineSize: lineSize)
    }

    private static func counts(
        _ accesses: [MemoryAccess], data: CacheConfiguration, instruction: CacheConfiguration,
        _ straddle: StraddleRule
    ) throws -> (instruction: PlainCounts?, data: PlainCounts, level2: PlainCounts?) {
        var hierarchy = try PlainHierarchy(
            PlainConfiguration(
                level1Instruction: instruction, level1Data: data, straddle: straddle))
        accesses.withUnsafeBufferPointer { hierarchy.replay($0) }
        return hierarchy.counts
    }
}
