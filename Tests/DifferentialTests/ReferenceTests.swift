import Foundation
import Testing

/// The model against a second one, event for event, on random programs over random small machines.
///
/// `STALELINE_SEEDS` says how many; each difference is reduced and told with its seed.
struct ReferenceTests {
    /// As many runs in parallel, each with its share of the seeds.
    static let shares = 8

    static var seeds: UInt64 {
        ProcessInfo.processInfo.environment["STALELINE_SEEDS"].flatMap { UInt64($0) } ?? 2_000
    }

    @Test("Both models tell the same", arguments: 0..<UInt64(shares))
    func agreement(_ share: UInt64) {
        var reported = 0
        for seed in stride(from: share + 1, through: Self.seeds, by: Self.shares) {
            let world = RandomWorld(seed: seed)
            guard reported < 3, let found = ReferenceComparison.difference(in: world)
            else { continue }
            reported += 1
            Issue.record("\(ReferenceComparison.reduce(found))")
        }
    }

    @Test(
        "Both models tell the same after all short sequences",
        arguments: ReferenceExhaustion.Style.allCases)
    func exhaustion(_ style: ReferenceExhaustion.Style) throws {
        var all = try ReferenceExhaustion(style, isWhole: Self.seeds > 2_000)
        for first in all.steps.indices { all.run(from: first) }
        if let found = all.difference { Issue.record("\(found)") }
        let expected = (0..<ReferenceExhaustion.length).reduce(1) { count, _ in
            count * all.steps.count
        }
        #expect(all.difference != nil || all.count == expected)
    }
}
