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

    /// Runs a search; `stop` loses what a batch has beyond so many points, and begins anew, as a kill does.
    private static func run(
        _ points: Int, _ seed: UInt64, counts: [Int] = counts, stop: Int? = nil
    ) -> [UInt64: [Double]?] {
        let fresh = GuidedSearch(goals: ["a", "b"], points: points, seed: seed)
        var search = fresh
        var results: [UInt64: GuidedSearch.Known] = [:]
        while true {
            if stop != nil { search = fresh }
            let next = search.next(counts: counts) { results[$0] }
            if next.isEmpty { break }
            for number in next.prefix(stop ?? next.count) { results[number] = known(number) }
        }
        return results.mapValues {
            if case .values(let values) = $0 { values } else { nil as [Double]? }
        }
    }

    private static func front(_ results: [UInt64: [Double]?]) -> Set<UInt64> {
        var front = GuidedSearch.Front()
        for (number, values) in results.sorted(by: { $0.key < $1.key }) {
            if let values { front.add(number, values) }
        }
        return Set(front.numbers)
    }

    @Test("The same points however it is stopped, as many as were asked for")
    func deterministic() {
        for seed in UInt64(1)..<4 {
            let whole = Self.run(60, seed)
            #expect(whole.count == 60)
            for stop in [1, 5] { #expect(Self.run(60, seed, stop: stop) == whole) }
            #expect(Self.run(60, seed + 9) != whole)
        }
        #expect(Self.run(1 << 20, 1, counts: [3, 4]).count == 12)
        #expect(Self.run(5, 1, counts: []).count == 1)
    }

    @Test("With a tenth of the grid it finds more of the front than a sample does")
    func front() {
        let product = Self.counts.reduce(1, *)
        var all: [UInt64: [Double]?] = [:]
        for number in 0..<UInt64(product) {
            if case .values(let values) = Self.known(number) {
                all.updateValue(values, forKey: number)
            }
        }
        let truth = Self.front(all)
        #expect(truth.count > 10)
        for seed in UInt64(1)..<4 {
            let sample = Set(SweepPlan.latin(product / 10, Self.counts, seed)).intersection(truth)
            let guided = Self.front(Self.run(product / 10, seed)).intersection(truth)
            #expect(
                guided.count > 2 * sample.count, "seed \(seed): \(guided.count), \(sample.count)")
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
