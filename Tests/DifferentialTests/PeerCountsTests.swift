import Experiments
import Foundation
import MemoryModel
import Testing
import Traces

/// What other simulators count on `minigzip-arm32`, frozen; docs/counting.md says how the definitions differ.
///
/// Configuration A: L1 32 KiB 4-way 32 B, L2 512 KiB 8-way. B: L1 32 KiB 8-way 64 B, L2 1 MiB 16-way. The numbers
/// are what Dinero IV 7, drcachesim (05e3165) and cachegrind 3.19 printed; `tools/peers.py` compares all traces.
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
}
