import Foundation
import Operations
import Quantities
import Testing
import Traces

@testable import Experiments
@testable import MemoryModel

/// One pass over recorded programs against replays.
@Suite("A sweep's counts on real traces")
struct RealTraceTests {
    /// How many accesses of a trace are taken: all with `STALELINE_SWEEP=all`, as `make test-sweep` does.
    private static let most =
        ProcessInfo.processInfo.environment["STALELINE_SWEEP"] == "all" ? Int.max : 60_000

    /// The traces there are: the one that comes with the sources, and those of a folder beside them.
    private static func traces() -> [String] {
        let own = Program.root.appendingPathComponent("Traces/real").path
        let shared = Program.root.appendingPathComponent("../shared/traces").path
        return [own, shared].flatMap { folder in
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            return names.sorted().filter { $0.contains(".xdin") || $0.contains(".lackey") }
                .map { "\(folder)/\($0)" }
        }
    }

    private static func accesses(_ path: String) throws -> [MemoryAccess] {
        let source = try ByteSource(path: path)
        let reader = AccessReader(source, format: try TraceFormat.recognise(source))
        let decoder = AccessDecoder(reader, windowSize: 1 << 16)
        var all: [MemoryAccess] = []
        while all.count < most, let window = try decoder.next() { all += window.accesses }
        return Array(all.prefix(most))
    }

    private static func points() -> [SweepPoint] {
        var machines: [PlainConfiguration] = []
        func cache(_ sets: Int, _ ways: Int, _ line: Int) -> CacheConfiguration {
            CacheConfiguration(size: UInt64(sets * ways * line), ways: ways, lineSize: line)
        }
        for line in [32, 64] {
            for sets in [32, 128, 512] {
                for ways in [1, 2, 3, 4, 7, 8, 16] {
                    machines.append(
                        PlainConfiguration(
                            level1Instruction: cache(sets, ways, line),
                            level1Data: cache(sets, ways, line)))
                }
            }
        }
        for ways in [2, 5, 16] {
            machines.append(
                PlainConfiguration(
                    level1Instruction: cache(64, 2, 32), level1Data: cache(64, 4, 32),
                    level2: cache(1_024, ways, 64)))
        }
        return machines.enumerated().map { number, machine in
            SweepPoint(
                number: UInt64(number), places: [], machine: .success(.counting(machine)))
        }
    }

    @Test("Every point equals a replay of its own", arguments: traces())
    func equal(path: String) async throws {
        let accesses = try Self.accesses(path)
        #expect(accesses.count > 1_000)
        let points = Self.points()
        let run = SweepRun(
            SweepTrace(.accesses { OnePassTests.Memory(accesses, most: 4_096) }, file: path),
            jobs: 2)
        let counts = try await OnePassTests.counts(run, points)
        for point in points {
            guard case .success(.counting(let machine)) = point.machine else { continue }
            let single = try OnePassTests.separate(accesses, machine)
            #expect(counts[point.number] == single, "point \(point.number)")
        }
    }
}
