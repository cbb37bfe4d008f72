import Foundation
import Testing

@testable import Soak

/// The detector's foundation: the may-analysis finds a hazard if and only if the search finds a schedule.
///
/// `STALELINE_SEEDS` says how many traces; each difference is reduced and told with its seed.
@Suite("The may-analysis and the search agree")
struct FoundationTests {
    static let shares = 4

    static var seeds: UInt64 {
        ProcessInfo.processInfo.environment["STALELINE_SEEDS"].flatMap { UInt64($0) } ?? 5_000
    }

    @Test("Both find something, or neither does", arguments: 0..<UInt64(shares))
    func agreement(_ share: UInt64) throws {
        let subject = try RandomMachines.subject()
        var reported = 0
        var (ran, undecided) = (0, 0)
        for seed in stride(from: share + 1, through: Self.seeds, by: Self.shares) {
            let program = TraceProgram(seed: seed)
            switch program.answer(subject) {
            case .notRun: continue
            case .searchCut: undecided += 1
            case .agreement: break
            case .difference(let flaw):
                let difference = SoakDifference(
                    reducing: program, flaw, subject, kind: .traces, isChosen: true)
                Issue.record("\(difference.text())")
                reported += 1
                if reported == 3 { return }
            }
            ran += 1
        }
        #expect(undecided == 0, "searches of so short traces come to their ends")
        #expect(ran * 10 > Int(Self.seeds) / Self.shares * 9, "\(ran) traces could be run")
    }
}
