import Foundation
import Machines
import MemoryModel
import Operations
import Quantities
import Testing
import Traces

@testable import Experiments

/// Sweeps of traces that are no accesses alone: recordings, and native traces that are streamed.
@Suite("Sweeps of recordings and of streamed traces")
struct SourceTests {
    /// Two cores' accesses with barriers and a transfer between them.
    private static let recording: [UInt8] = Array(
        ("core,kind,address,size\n"
            + (0..<600).map { number in
                let address = String((number * 52) % 8_192 + 0x1000, radix: 16)
                let kind = ["r", "w", "r", "i"][number % 4]
                return number % 50 == 49
                    ? "0,dsb,,"
                    : number % 97 == 96 ? "eth0,dma-read,1000,64" : "0,\(kind),\(address),4"
            }.joined(separator: "\n") + "\n").utf8)

    private static func reader() throws -> RecordingReader {
        RecordingReader(try ByteSource(bytes: recording, file: "r.csv"), format: .csv)
    }

    /// The same accesses and barriers as a binary native trace.
    private static func binary(_ text: String) throws -> [UInt8] {
        try BinaryWriter.write(NativeParser.parse(Array(text.utf8), file: "t"))
    }

    private static let native =
        "staleline 1\nbuffer a 0x1000 8K\n"
        + (0..<600).map { number in
            let offset = (number * 52) % 8_192
            return number % 50 == 49
                ? "dsb sy"
                : number % 70 == 69
                    ? "dc cvac a+\(offset)" : "\(number % 3 == 0 ? "st" : "ld") a+\(offset) 4"
        }.joined(separator: "\n") + "\nmark end\n"

    private static func timed(_ names: [String]) throws -> [SweepPoint] {
        try names.enumerated().map { place, policy in
            let yaml = try String(
                contentsOf: Program.root.appendingPathComponent("configs/zynq7000.yaml"),
                encoding: .utf8)
            let machine = try MachineDescription.parse(
                yaml: yaml, file: "zynq7000", overrides: [("l1d.replacement", policy)])
            return SweepPoint(
                number: UInt64(place), places: [], machine: .success(.timed(machine.configuration)))
        }
    }

    /// Runs timed points, and holds each to a replay of its own.
    private func expectTimes(
        _ content: SweepTrace.Content, _ single: (MachineConfiguration) throws -> ReplayResult
    ) async throws {
        let points = try Self.timed(["lru", "random", "fifo"])
        for jobs in [1, 3] {
            var seen: Set<UInt64> = []
            let run = SweepRun(SweepTrace(content, file: "t"), seed: 3, jobs: jobs)
            try await run.run(points) { outcomes in
                for outcome in outcomes {
                    guard case .replayed(let result) = outcome.content else {
                        Issue.record("point \(outcome.number) was not run: \(outcome.content)")
                        continue
                    }
                    let own = try single(result.machine)
                    #expect(result.counters == own.counters && result.elapsed == own.elapsed)
                    #expect(result.records == own.records && result.records > 500)
                    seen.insert(outcome.number)
                }
            }
            #expect(seen.count == points.count)
        }
    }

    @Test func aRecordingIsTimedAsByItself() async throws {
        try await expectTimes(.recording(Self.reader)) {
            try Replay.run(Self.reader(), machine: $0, seed: 3)
        }
    }

    @Test func aStreamedTraceIsTimedAsTheProgramThatItIs() async throws {
        let bytes = try Self.binary(Self.native)
        let program = try NativeParser.parse(Array(Self.native.utf8), file: "t")
        try await expectTimes(.stream { try BinaryAccessReader(bytes, file: "t") }) {
            var result = try Replay.run(Setup(program, file: "t", machine: $0, seed: 3))
            // A stream counts all statements, declarations and marks among them.
            result.records = UInt64(program.statements.count)
            return result
        }
    }

    @Test func bothAreCountedAsTheirAccesses() async throws {
        let points = OnePassTests.points(seed: 21, straddle: .split)
        let bytes = try Self.binary(Self.native)
        @Sendable func stream() throws -> BinaryAccessReader {
            try BinaryAccessReader(bytes, file: "t")
        }
        for kept in [1 << 20, 0] {
            for isRecording in [true, false] {
                var run = SweepRun(
                    SweepTrace(isRecording ? .recording(Self.reader) : .stream(stream), file: "t"),
                    jobs: 2)
                run.keptAccesses = kept
                run.windowSize = 100
                let counts = try await OnePassTests.counts(run, points)
                for point in points {
                    guard case .success(.counting(let machine)) = point.machine else { continue }
                    let source: any AccessSource = isRecording ? try Self.reader() : try stream()
                    let own = try Replay.count(source, machine)
                    #expect(
                        counts[point.number]
                            == SweptCounts(
                                records: own.records, level1Data: own.level1Data,
                                level1Instruction: own.level1Instruction, level2: own.level2),
                        "point \(point.number), kept \(kept)")
                }
            }
        }
    }

    @Test func whatIsNoAccessIsCountedByItsKind() throws {
        let reader = try BinaryAccessReader(Self.binary(Self.native), file: "t")
        let result = try Replay.count(
            reader,
            PlainConfiguration(level1Data: CacheConfiguration(size: 1_024, ways: 2, lineSize: 32)))
        // Of 600 numbers 12 end in 49 or 99; of every 70 one is 69, but for those; the head and the mark.
        let barriers = (0..<600).count { $0 % 50 == 49 }
        let cleans = (0..<600).count { $0 % 50 != 49 && $0 % 70 == 69 }
        let skipped = Dictionary(uniqueKeysWithValues: result.skipped.map { ($0.kind, $0.count) })
        #expect(
            skipped == [
                "barriers": UInt64(barriers), "maintenance operations": UInt64(cleans),
                "declarations": 1, "other statements": 1,
            ])
        #expect(
            result.level1Data.reads + result.level1Data.writes == UInt64(600 - barriers - cleans))
    }

    @Test(
        "What a stream cannot do is refused with the line, as a point that is not possible",
        arguments: [
            ("repeat 2\nld a 4\nend", 3, "'repeat'"), ("span s\nld a 4\nend", 3, "'span'"),
            ("ld a 4\nenv evict a", 4, "'env'"),
            ("ld a 4\nbuffer b 0x4000 64", 4, "a declaration behind the first operation"),
            ("core5: ld a 4", 0, "an access of core5"),
        ])
    func refused(body: String, line: Int, found: String) async throws {
        let bytes = try Self.binary("staleline 1\nbuffer a 0x1000 8K\n\(body)\n")
        let run = SweepRun(
            SweepTrace(.stream { try BinaryAccessReader(bytes, file: "t") }, file: "t"))
        var reasons: [String] = []
        try await run.run(Self.timed(["lru"])) { outcomes in
            for case .impossible(let reason) in outcomes.map(\.content) { reasons.append(reason) }
        }
        #expect(reasons.count == 1)
        #expect(reasons.first?.contains("found \(found)") == true, "\(reasons)")
        if line > 0 { #expect(reasons.first?.hasPrefix("t:\(line): ") == true, "\(reasons)") }
    }
}
