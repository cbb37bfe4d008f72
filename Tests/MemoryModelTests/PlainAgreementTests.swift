import Events
import Operations
import Quantities
import Statistics
import Testing
import Traces

@testable import MemoryModel

// The counting machine and the full one share no code on the way of an access. Configured alike they must count
// alike. Where they differ on purpose:
//   - a store that covers a whole line: Dinero's rule does not fetch it, the full machine always does
//     (`fetchesWholeLines: true` here);
//   - straddling accesses: the full machine knows `split` only;
//   - Dinero's copy-back and invalidate records: in the counting machine they act on L1 alone where they name bytes,
//     in the full one they reach the Point of Coherency; traces here have none.

/// Two machines, one count.
@Suite("The full machine counts as the counting machine")
struct PlainAgreementTests {
    /// The caches of a comparison.
    struct Geometry: Sendable, CustomTestStringConvertible {
        var name: String
        var instruction: CacheConfiguration?
        var data: CacheConfiguration
        var level2: CacheConfiguration?

        var testDescription: String { name }
    }

    static let geometries = [
        Geometry(
            name: "one line each", instruction: .init(size: 32, ways: 1, lineSize: 32),
            data: .init(size: 32, ways: 1, lineSize: 32),
            level2: .init(size: 64, ways: 2, lineSize: 32)),
        Geometry(
            name: "small, equal lines", instruction: .init(size: 1_024, ways: 2, lineSize: 32),
            data: .init(size: 1_024, ways: 4, lineSize: 32),
            level2: .init(size: 4_096, ways: 8, lineSize: 32)),
        Geometry(
            name: "three ways, L2 lines twice as long", instruction: nil,
            data: .init(size: 768, ways: 3, lineSize: 32),
            level2: .init(size: 3_072, ways: 6, lineSize: 64)),
        Geometry(
            name: "direct-mapped, L2 lines four times as long",
            instruction: .init(size: 512, ways: 1, lineSize: 16),
            data: .init(size: 512, ways: 1, lineSize: 16),
            level2: .init(size: 2_048, ways: 5, lineSize: 64)
        ),
        Geometry(
            name: "lines of 8 bytes", instruction: .init(size: 256, ways: 2, lineSize: 8),
            data: .init(size: 256, ways: 2, lineSize: 8),
            level2: .init(size: 1_024, ways: 4, lineSize: 8)),
        Geometry(
            name: "no L2", instruction: .init(size: 1_024, ways: 2, lineSize: 32),
            data: .init(size: 1_024, ways: 2, lineSize: 32), level2: nil),
        Geometry(
            name: "config A of peer-counts.csv",
            instruction: .init(size: 32_768, ways: 4, lineSize: 32),
            data: .init(size: 32_768, ways: 4, lineSize: 32),
            level2: .init(size: 524_288, ways: 8, lineSize: 32)),
        Geometry(
            name: "config B of peer-counts.csv",
            instruction: .init(size: 32_768, ways: 8, lineSize: 64),
            data: .init(size: 32_768, ways: 8, lineSize: 64),
            level2: .init(size: 1 << 20, ways: 16, lineSize: 64)),
    ].filter { $0.level2?.faults(path: "").isEmpty ?? true }

    @Test("Random accesses", arguments: geometries, [1, 2, 3] as [UInt64])
    func random(_ geometry: Geometry, seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        // Twice what L2 holds, so that everything is evicted now and then.
        let span = 2 * (geometry.level2?.size ?? 4 * geometry.data.size)
        let bytes = min(span, 64 << 10)
        let accesses = (0..<12_000).map { _ -> MemoryAccess in
            let kind: AccessKind = generator.pick([.load, .load, .store, .fetch])
            // Half of them near the start: hits.
            let near = generator.below(2) == 0
            let address = 0x8000_0000 + generator.below(near ? bytes / 16 : bytes)
            return MemoryAccess(kind, at: address, size: UInt32(1 + generator.below(16)))
        }
        try compare(accesses, geometry, "seed \(seed)")
    }

    @Test(
        "Real traces", arguments: geometries,
        ["minigzip-arm32.id.xdin.zst", "gzip-x86.lackey.gz", "matmul-arm32.d.xdin.gz"])
    func real(_ geometry: Geometry, file: String) throws {
        let path = RealMachines.root.appendingPathComponent("Tests/TracesTests/Data/\(file)").path
        let source = try ByteSource(path: path)
        let reader = AccessReader(source, format: try TraceFormat.recognise(source))
        var accesses: [MemoryAccess] = []
        let room = UnsafeMutableBufferPointer<MemoryAccess>.allocate(
            capacity: AccessReader.blockSize)
        defer { room.deallocate() }
        while case let count = try reader.read(into: room), count > 0 {
            accesses += room[..<count]
        }
        try #require(accesses.count > 100)
        try compare(accesses, geometry, file)
    }

    @Test("A store that covers a line is fetched only where asked: the one rule that differs")
    func wholeLines() throws {
        let geometry = Self.geometries[1]
        let store = [MemoryAccess(.store, at: 0x1000, size: 32)]
        let full = try Self.full(store, geometry)
        #expect(full[.level2Reads] == 1)
        for fetches in [false, true] {
            var plain = try PlainHierarchy(Self.plain(geometry, fetchesWholeLines: fetches))
            store.withUnsafeBufferPointer { plain.replay($0) }
            let counts = plain.counts
            #expect(counts.level2?.reads == (fetches ? 1 : 0))
        }
    }

    // MARK: Comparing

    private static func plain(_ geometry: Geometry, fetchesWholeLines: Bool = true)
        -> PlainConfiguration
    {
        PlainConfiguration(
            level1Instruction: geometry.instruction, level1Data: geometry.data,
            level2: geometry.level2, fetchesWholeLines: fetchesWholeLines)
    }

    private static func full(_ accesses: [MemoryAccess], _ geometry: Geometry) throws -> Counters {
        let configuration = try TestMachine.make { options in
            options.level1 = geometry.data
            options.instructions = geometry.instruction
            options.level2 = geometry.level2
        }
        var machine = Machine(configuration, probe: CountersProbe())
        accesses.withUnsafeBufferPointer { machine.replay($0, firstRecord: 1) }
        machine.finish()
        let counters = machine.probe.snapshot
        let time = machine.time(ofCore: 0)
        #expect(counters.time(of: .core(0)) == time)
        return counters
    }

    private func compare(_ accesses: [MemoryAccess], _ geometry: Geometry, _ what: String) throws {
        var plain = try PlainHierarchy(Self.plain(geometry))
        accesses.withUnsafeBufferPointer { plain.replay($0) }
        let counts = plain.counts
        let full = try Self.full(accesses, geometry)
        let data = counts.data
        expect(
            full, what, "L1D",
            [
                (.level1DataReads, data.reads), (.level1DataWrites, data.writes),
                (.level1DataReadMisses, data.readMisses),
                (.level1DataWriteMisses, data.writeMisses),
                (.level1DataWritebacks, data.writebacks),
            ])
        if let instruction = counts.instruction {
            expect(
                full, what, "L1I",
                [
                    (.level1InstructionReads, instruction.reads),
                    (.level1InstructionReadMisses, instruction.readMisses),
                ])
        }
        if let level2 = counts.level2 {
            expect(
                full, what, "L2",
                [
                    (.level2Reads, level2.reads), (.level2Writes, level2.writes),
                    (.level2ReadMisses, level2.readMisses),
                    (.level2WriteMisses, level2.writeMisses),
                    (.level2Writebacks, level2.writebacks),
                ])
        }
    }

    private func expect(
        _ full: Counters, _ what: String, _ level: String, _ pairs: [(Counter, UInt64)]
    ) {
        for (counter, plain) in pairs {
            #expect(full[counter] == plain, "\(what), \(level): \(counter)")
        }
    }
}
