import Experiments
import Foundation
import MemoryModel
import Testing
import Traces

/// What other simulators count on `minigzip-arm32`, frozen; docs/counting.md says how the definitions differ.
///
/// Configuration A: L1 32 KiB 4-way 32 B, L2 512 KiB 8-way. B: L1 32 KiB 8-way 64 B, L2 1 MiB 16-way. The numbers
/// are what Dinero IV 7, cachegrind 3.19 and pycachesim 0.3.1 printed; `tools/peers.py` compares all traces.
struct PeerCountsTests {
    struct Expected: Sendable, CustomTestStringConvertible {
        var name: String
        var lines: Int
        var straddle = StraddleRule.split
        /// Reads, writes, read misses, write misses, write-backs with the final flush.
        var level1Data: [UInt64]
        /// Reads, misses.
        var level1Instruction: [UInt64]
        /// Reads, writes with the final flush, read misses, write-backs with the final flush.
        var level2: [UInt64]
        var testDescription: String { name }
    }

    static let rows = [
        Expected(
            name: "Dinero IV, extended din, A", lines: 32,
            level1Data: [2_695_028, 896_035, 378_258, 9_897, 49_029],
            level1Instruction: [9_862_389, 901],
            level2: [389_056, 49_029, 9_857, 7_996]),
        Expected(
            name: "Dinero IV, extended din, B", lines: 64,
            level1Data: [2_694_744, 896_034, 389_851, 5_014, 47_380],
            level1Instruction: [9_741_947, 538],
            level2: [395_403, 47_380, 5_074, 4_021]),
        Expected(
            name: "Dinero IV, din, A", lines: 32, straddle: .first,
            level1Data: [2_694_456, 896_034, 378_258, 9_897, 49_029],
            level1Instruction: [9_676_597, 899],
            level2: [389_054, 49_029, 9_855, 7_996]),
    ]

    static var trace: String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent(
                "Traces/real/minigzip-arm32.id.xdin.zst"
            ).path
    }

    @Test("Counts equal the peer's", arguments: rows)
    func counts(_ row: Expected) throws {
        let ways = row.lines == 32 ? 4 : 8
        let level1 = CacheConfiguration(size: 32 << 10, ways: ways, lineSize: row.lines)
        let level2 = CacheConfiguration(
            size: row.lines == 32 ? 512 << 10 : 1 << 20, ways: 2 * ways, lineSize: row.lines)
        let configuration = PlainConfiguration(
            level1Instruction: level1, level1Data: level1, level2: level2, straddle: row.straddle)
        let reader = AccessReader(try ByteSource(path: Self.trace), format: .extendedDin)
        let result = try Replay.count(reader, configuration, flushes: true)
        let data = result.level1Data
        #expect(
            [data.reads, data.writes, data.readMisses, data.writeMisses, data.writebacks]
                == row.level1Data)
        let instruction = try #require(result.level1Instruction)
        #expect([instruction.reads, instruction.readMisses] == row.level1Instruction)
        let second = try #require(result.level2)
        #expect([second.reads, second.writes, second.readMisses, second.writebacks] == row.level2)
    }

    @Test("cachegrind's last level, by the kind of the access", arguments: [32, 64])
    func lastLevel(lines: Int) throws {
        let result = try Self.count(lines: lines) {
            $0.straddle = .once
            $0.fetchesWholeLines = true
            $0.forwardsVictims = false
        }
        let misses = result.level2Misses
        #expect(
            [misses.loads, misses.stores, misses.fetches]
                == (lines == 32 ? [1_016, 7_979, 860] : [570, 4_006, 497]))
    }

    @Test("pycachesim: only loads and linefills move a line", arguments: [32, 64])
    func storesKeepOrder(lines: Int) throws {
        let result = try Self.count(lines: lines, hasInstruction: false) {
            $0.straddle = .each
            $0.fetchesWholeLines = true
            $0.storesKeepOrder = true
        }
        let data = result.level1Data
        let level2 = try #require(result.level2)
        // It counts the linefill of a store that misses as a load too.
        #expect(
            [
                data.reads + data.writeMisses, data.writes, data.readMisses + data.writeMisses,
                data.writebacks,
            ]
                == (lines == 32
                    ? [2_704_693, 896_034, 388_394, 48_856]
                    : [2_700_657, 896_034, 395_929, 48_328]))
        #expect(
            [
                level2.reads + level2.writeMisses, level2.writes,
                level2.readMisses + level2.writeMisses, level2.writebacks,
            ]
                == (lines == 32
                    ? [388_394, 48_856, 9_012, 0] : [395_929, 48_328, 4_595, 0]))
    }

    private static func count(
        lines: Int, hasInstruction: Bool = true, _ define: (inout PlainConfiguration) -> Void
    ) throws -> PlainReplayResult {
        let ways = lines == 32 ? 4 : 8
        let level1 = CacheConfiguration(size: 32 << 10, ways: ways, lineSize: lines)
        let level2 = CacheConfiguration(
            size: lines == 32 ? 512 << 10 : 1 << 20, ways: 2 * ways, lineSize: lines)
        var configuration = PlainConfiguration(
            level1Instruction: hasInstruction ? level1 : nil, level1Data: level1, level2: level2)
        define(&configuration)
        let reader = AccessReader(try ByteSource(path: trace), format: .extendedDin)
        return try Replay.count(reader, configuration)
    }
}
