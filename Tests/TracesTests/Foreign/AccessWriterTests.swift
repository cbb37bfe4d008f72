import Operations
import Quantities
import Testing

@testable import Traces

@Suite("Access writer")
struct AccessWriterTests {
    private func written(
        _ accesses: [MemoryAccess], _ format: TraceFormat
    ) throws -> (text: [UInt8], losses: [String: UInt64], records: UInt64) {
        let sink = ByteSink()
        let writer = AccessWriter(to: sink, format: format)
        try accesses.withUnsafeBufferPointer { try writer.write($0) }
        try writer.finish()
        let losses = Dictionary(uniqueKeysWithValues: writer.losses.map { ($0.kind, $0.count) })
        return (sink.bytes, losses, writer.recordCount)
    }

    @Test("the text is what Dinero and valgrind write")
    func exact() throws {
        let accesses = [
            MemoryAccess(.fetch, at: 0x401_AB70, size: 3),
            MemoryAccess(.load, at: 0x1F_FF00_0718, size: 16),
            MemoryAccess(.store, at: 0, size: 1),
        ]
        let din = try written(accesses, .extendedDin)
        #expect(
            String(decoding: din.text, as: UTF8.self) == "i 401ab70 3\nr 1fff000718 10\nw 0 1\n")
        let lackey = try written(accesses, .lackey)
        #expect(
            String(decoding: lackey.text, as: UTF8.self)
                == "I  0401ab70,3\n L 1fff000718,16\n S 00000000,1\n")
        #expect(din.losses.isEmpty && lackey.losses.isEmpty)
        #expect(din.records == 3)
    }

    @Test("what a format cannot say is counted")
    func losses() throws {
        var accesses = AccessKind.allCases.map { MemoryAccess($0, at: 0x10, size: 4) }
        accesses.append(MemoryAccess(.load, at: 0x10, size: 4, agent: .core(1), isDependent: true))
        let din = try written(accesses, .extendedDin)
        #expect(
            din.losses == [
                "exclusive written as plain": 2, "acquire or release written as plain": 2,
                "prefetch hint left out": 1, "core number left out": 1,
                "dependence on the load before left out": 1,
            ])
        #expect(din.records == 11)
        let lackey = try written(accesses, .lackey)
        #expect(lackey.losses["copy-back left out"] == 1)
        #expect(lackey.losses["invalidate left out"] == 1)
        #expect(lackey.losses["miscellaneous read written as load"] == 1)
        #expect(lackey.records == 9)
    }

    @Test("random accesses come back")
    func roundTrip() throws {
        var generator = SplitMix64(seed: 7)
        let accesses = (0..<20_000).map { _ in
            MemoryAccess(
                [.load, .store, .fetch][Int.random(in: 0..<3, using: &generator)],
                at: UInt64.random(in: 0...UInt64.max, using: &generator)
                    &>> UInt64.random(in: 1..<64, using: &generator),
                size: UInt32.random(in: 1...65536, using: &generator))
        }
        for format in AccessWriter.formats {
            let back = reading(try written(accesses, format).text, format)
            #expect(back.faults.isEmpty)
            #expect(back.accesses == accesses)
        }
    }

    @Test("the excerpts come back byte for byte")
    func excerpts() throws {
        for name in ["gzip-x86.id.xdin", "matmul-arm32.d.xdin", "minigzip-arm32.id.xdin"] {
            let source = try ByteSource(path: dataFolder + name + ".zst")
            let text = try source.readAll(limit: 1 << 20)
            let again = try written(reading(text, .extendedDin).accesses, .extendedDin).text
            #expect(again == text)
        }
    }

    @Test("a file that cannot be written says so")
    func unwritable() {
        let error = #expect(throws: TraceErrors.self) { try ByteSink(path: "/nowhere/x") }
        #expect(error?.errors.first?.found == "no way to write it (No such file or directory)")
        #expect(throws: TraceErrors.self) {
            let sink = try ByteSink(path: "/dev/full")
            try sink.write(Array("x".utf8))
            try sink.finish()
        }
    }
}
