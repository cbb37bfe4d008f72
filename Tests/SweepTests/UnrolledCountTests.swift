import MemoryModel
import Operations
import Quantities
import Testing
import Traces

@testable import Experiments

/// A program's accesses on machines without time: loops, runs and copies are unrolled, all else does nothing.
@Suite("Counting machines unroll programs")
struct UnrolledCountTests {
    static let text = """
        staleline 1
        buffer a 0x1000 256
        buffer b 0x2000 256
        repeat 3
          ld a 30 by 4
          span inner
            repeat 2
              st b 64 by 4 step 16
            end
          end
          copy b+128 a+64 20 by 8
        end
        dsb sy
        fetch a+96 4
        ld a 4
        """

    static func program(_ text: String) throws -> Operations.Program {
        try NativeParser.parse(Array(text.utf8), file: "t.slt")
    }

    /// Eight loads, of which the last has the two bytes that are left; four stores, twice; three pairs.
    static let pass: [MemoryAccess] = {
        let loads = (0..<7).map { MemoryAccess(.load, at: 0x1000 + 4 * $0, size: 4) }
        let stores = (0..<4).map { MemoryAccess(.store, at: 0x2000 + 16 * $0, size: 4) }
        let pairs = [(UInt64(0), UInt32(8)), (8, 8), (16, 4)].flatMap { offset, size in
            [
                MemoryAccess(.load, at: 0x1040 + offset, size: size),
                MemoryAccess(.store, at: 0x2080 + offset, size: size),
            ]
        }
        return loads + [MemoryAccess(.load, at: 0x101C, size: 2)] + stores + stores + pairs
    }()

    @Test func eachAccessComesInItsPlace() throws {
        var found: [MemoryAccess] = []
        let performed = try Self.program(Self.text).forEachAccess { found.append($0) }
        let rest = [
            MemoryAccess(.fetch, at: 0x1060, size: 4), MemoryAccess(.load, at: 0x1000, size: 4),
        ]
        #expect(found == Self.pass + Self.pass + Self.pass + rest)
        // Four statements in a pass, one of them twice nested, and three behind the loop.
        #expect(performed == 3 * (1 + 2 + 1) + 3)
    }

    @Test func theCountsAreThoseOfTheAccesses() throws {
        let cache = CacheConfiguration(size: 1_024, ways: 2, lineSize: 32)
        let result = try Replay.count(
            Self.program(Self.text), file: "t.slt",
            PlainConfiguration(level1Instruction: cache, level1Data: cache))
        #expect(result.records == 15)
        #expect(result.level1Data.reads == 3 * 11 + 1)
        #expect(result.level1Data.writes == 3 * 11)
        // Lines 0x1000 and 0x1040 are loaded first; 0x2000, 0x2020 and 0x2080 are stored to first, and stay dirty.
        #expect(result.level1Data.readMisses == 2)
        #expect(result.level1Data.writeMisses == 3)
        #expect(result.level1Data.dirtyAtEnd == 3)
        #expect(result.level1Data.writebacks == 0)
        #expect(result.level1Instruction?.reads == 1)
        #expect(result.level1Instruction?.readMisses == 1)
    }

    @Test func nothingIsLostWhereABlockEnds() throws {
        // More accesses than one block holds, by three: the last block is not full.
        let count = UInt64(2 * AccessReader.blockSize + 3)
        let program = try Self.program(
            "staleline 1\nbuffer a 0x100000 \(4 * count)\nld a \(4 * count) by 4\n")
        let result = try Replay.count(
            program, file: "t.slt",
            PlainConfiguration(level1Data: CacheConfiguration(size: 4_096, ways: 4, lineSize: 64)))
        #expect(result.records == 1)
        #expect(result.level1Data.reads == count)
        #expect(result.level1Data.readMisses == (4 * count + 63) / 64)
    }

    @Test func aSweepCountsEachPointAsAReplayOfItsOwn() async throws {
        let program = try Self.program(Self.text)
        let points = OnePassTests.points(seed: 11, straddle: .split)
        for jobs in [1, 3] {
            let run = SweepRun(SweepTrace(.program(program), file: "t.slt"), jobs: jobs)
            let counts = try await OnePassTests.counts(run, points)
            for point in points {
                guard case .success(.counting(let machine)) = point.machine else { continue }
                let single = try Replay.count(program, file: "t.slt", machine)
                #expect(
                    counts[point.number]
                        == SweptCounts(
                            records: single.records, level1Data: single.level1Data,
                            level1Instruction: single.level1Instruction, level2: single.level2),
                    "point \(point.number), jobs \(jobs)")
            }
        }
    }

    @Test func whatWouldTakeHoursIsRefused() async throws {
        let program = try Self.program(
            "staleline 1\nbuffer a 0x1000 64\nrepeat 70000\nrepeat 70000\nld a 4\nend\nend\n")
        let machine = PlainConfiguration(
            level1Data: CacheConfiguration(size: 1_024, ways: 2, lineSize: 32))
        func expectRefusal(_ error: TraceErrors?) {
            // The inner loop alone goes round more often than that.
            #expect(error?.errors.map(\.line) == [4])
            #expect("\(error.map(String.init(describing:)) ?? "")".contains("\(1 << 32)"))
        }
        expectRefusal(
            #expect(throws: TraceErrors.self) {
                try Replay.count(program, file: "t.slt", machine)
            })
        let run = SweepRun(SweepTrace(.program(program), file: "t.slt"))
        expectRefusal(
            await #expect(throws: TraceErrors.self) {
                try await run.run([
                    SweepPoint(number: 0, places: [], machine: .success(.counting(machine)))
                ]) { _ in
                }
            })
    }
}
