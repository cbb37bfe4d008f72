import Foundation
import Testing

@testable import Soak

/// The model against a second one, event for event, on random programs over random small machines.
///
/// `STALELINE_SEEDS` says how many; each difference is reduced and told with its seed.
struct ReferenceTests {
    /// As many runs in parallel, each with its share of the seeds.
    static let shares = 8

    static var seeds: UInt64 {
        ProcessInfo.processInfo.environment["STALELINE_SEEDS"].flatMap { UInt64($0) } ?? 2_000
    }

    /// The program that differs and how, with all that it does not need left out.
    private static func report(_ world: RandomWorld, _ flaw: Flaw) -> String {
        SoakDifference(
            reducing: WorldProgram(world), flaw, SoakSubject(), kind: .worlds, isChosen: true
        ).text()
    }

    @Test(
        "Both models tell the same, and break no law", arguments: 0..<UInt64(shares))
    func agreement(_ share: UInt64) {
        let subject = SoakSubject()
        var reported = 0
        for seed in stride(from: share + 1, through: Self.seeds, by: Self.shares) {
            let program = WorldProgram(seed: seed)
            guard reported < 3, let flaw = program.flaw(subject) else { continue }
            reported += 1
            Issue.record("\(Self.report(program.world, flaw))")
        }
    }

    @Test(
        "Both models tell the same after all short sequences",
        arguments: ReferenceExhaustion.Style.allCases)
    func exhaustion(_ style: ReferenceExhaustion.Style) throws {
        var all = try ReferenceExhaustion(style, isWhole: Self.seeds > 2_000)
        for first in all.steps.indices { all.run(from: first) }
        if let world = all.difference {
            let flaw = WorldProgram(world).flaw(SoakSubject())
            Issue.record("\(flaw.map { Self.report(world, $0) } ?? WorldText(world).text)")
        }
        let expected = (0..<ReferenceExhaustion.length).reduce(1) { count, _ in
            count * all.steps.count
        }
        #expect(all.difference != nil || all.count == expected)
    }
}
