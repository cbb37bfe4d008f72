import Foundation
import Testing

@testable import Experiments

/// The search for the points that none beats.
@Suite("A guided search")
struct GuidedSearchTests {
    private static let counts = [12, 10, 9, 4]

    /// Two goals that pull apart, with points that cannot be.
    private static func known(_ number: UInt64) -> GuidedSearch.Known {
        let places = SweepPlan.places(of: number, in: counts)
        guard places[0] + places[1] != 7 else { return .impossible }
        let size = Double(places[0] * 3 + places[1] * 2 + places[3])
        let time =
            100 / (1 + Double(places[0])) + 40 / (1 + Double(places[1])) + Double(places[2])
        return .values([size, time])
    }

    /// Runs a search; `stop` loses what a batch has beyond so many points, as a kill does.
    private static func run(_ search: GuidedSearch, stop: Int = .max) -> [UInt64: [Double]?] {
        var results: [UInt64: GuidedSearch.Known] = [:]
        while true {
            let next = search.next(counts: counts) { results[$0] }
            if next.isEmpty { break }
            for number in next.prefix(stop) { results[number] = known(number) }
        }
        return results.mapValues {
            if case .values(let values) = $0 { values } else { nil as [Double]? }
        }
    }

    @Test("The same points however it is stopped, as many as were asked for")
    func deterministic() {
        for seed in UInt64(1)..<6 {
            let search = GuidedSearch(goals: ["a", "b"], points: 150, seed: seed)
            let whole = Self.run(search)
            #expect(whole.count == 150)
            for stop in [1, 3, 5] { #expect(Self.run(search, stop: stop) == whole) }
            #expect(
                Self.run(GuidedSearch(goals: ["a", "b"], points: 150, seed: seed + 9)) != whole)
        }
        let all = Self.run(GuidedSearch(goals: ["a", "b"], points: 1 << 20, seed: 1))
        #expect(all.count == Self.counts.reduce(1, *))
    }

    @Test("With a tenth of the grid it finds more of the front than a sample does")
    func front() {
        let all = Dictionary(
            uniqueKeysWithValues: (0..<UInt64(Self.counts.reduce(1, *))).map { number in
                (
                    number,
                    {
                        if case .values(let v) = Self.known(number) { v } else { nil as [Double]? }
                    }()
                )
            })
        let truth = Set(GuidedSearch.front(all))
        #expect(truth.count > 10)
        for seed in UInt64(1)..<6 {
            let found = Set(
                GuidedSearch.front(
                    Self.run(GuidedSearch(goals: ["a", "b"], points: 432, seed: seed))))
            let sample = Set(SweepPlan.latin(432, Self.counts, seed)).intersection(truth)
            let guided = found.intersection(truth)
            #expect(guided.count > sample.count, "seed \(seed)")
            #expect(guided.count * 3 > truth.count * 2, "seed \(seed): \(guided.count)")
        }
    }

    @Test("The program finds the same whatever the number of jobs, and goes on after a stop")
    func command() throws {
        let folder = try Folder()
        let trace = try SweepKillTests.trace(folder, count: 1_500)
        func arguments(_ name: String, _ jobs: Int) -> [String] {
            ["sweep", trace] + SweepKillTests.axes
                + ["--guided", "20", "--jobs", "\(jobs)", "-o", folder.path(name)]
        }
        let one = try Program.run(arguments("one.db", 1))
        #expect(one.status == 0, "\(one.error)")
        #expect(one.out.contains("Of 20 points"), "\(one.out)")
        #expect(try Program.run(arguments("two.db", 3)).out == one.out)
        #expect(try folder.bytes("two.db") == folder.bytes("one.db"))
        let process = try Program.start(arguments("killed.db", 2))
        usleep(400_000)
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        #expect(try Program.run(arguments("killed.db", 1)).out == one.out)
        #expect(try folder.bytes("killed.db") == folder.bytes("one.db"))
    }
}
