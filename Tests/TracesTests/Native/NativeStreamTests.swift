import Operations
import Testing

@testable import Traces

@Suite("Native traces written as a stream")
struct NativeStreamTests {
    private static let text = """
        staleline 1
        kernel 6.12
        device d0 noncoherent
        buffer b 0x1000 64
        core0: h = dma_map_page d0 b 64 TO_DEVICE @fn=f @t=5us
        core0: dma_unmap_page h
        device d1
        core0: h = dma_map_sg d1 TO_DEVICE 0x2000,64 0x3000,32
        repeat 2
          core1: ld b+0x8 4
        end
        mark the end

        """

    /// Writes a program statement by statement, with the names known up to each.
    private static func stream(_ program: Program, isBinary: Bool) throws -> [UInt8] {
        let sink = ByteSink()
        var stream = try NativeStream(to: sink, isBinary: isBinary)
        for statement in program.statements {
            try stream.add(
                statement.body, program.annotations(of: statement), symbols: program.symbols)
        }
        try stream.finish(symbols: program.symbols)
        #expect(stream.count == UInt64(program.statements.count))
        return sink.bytes
    }

    @Test("it is what the writers write of the whole program")
    func same() throws {
        let program = try NativeParser.parse(Array(Self.text.utf8), file: "t")
        #expect(try Self.stream(program, isBinary: false) == NativeWriter.write(program))
        #expect(
            try String(decoding: Self.stream(program, isBinary: false), as: UTF8.self) == Self.text)
        #expect(try Self.stream(program, isBinary: true) == BinaryWriter.write(program))
        for seed in 0..<40 {
            let random = RandomProgram.make(seed: UInt64(seed), count: 60)
            #expect(try Self.stream(random, isBinary: false) == NativeWriter.write(random))
            #expect(try Self.stream(random, isBinary: true) == BinaryWriter.write(random))
        }
    }

    @Test("names may come when they are needed, and faults are told with their statement")
    func names() throws {
        var symbols = SymbolTable()
        var stream = try NativeStream(to: ByteSink(), isBinary: false)
        try stream.add(.mark("a"), nil, symbols: symbols)
        let added = symbols.add(.init(name: "b", kind: .buffer, address: 64, size: 8))
        let name = try #require(added)
        try stream.add(.declaration(.buffer(name, address: 64, size: 8)), nil, symbols: symbols)
        let error = #expect(throws: ProgramError.self) {
            try stream.add(
                .declaration(.buffer(name, address: 64, size: 8)), nil, symbols: symbols)
        }
        #expect(error?.statement == 2)
        _ = symbols.add(.init(name: "late", kind: .buffer, address: 0, size: 8))
        #expect(throws: ProgramError.self) { try stream.finish(symbols: symbols) }
        _ = symbols.add(.init(name: "1", kind: .buffer, address: 0, size: 8))
        #expect(throws: ProgramError.self) { try stream.add(.mark("a"), nil, symbols: symbols) }
    }
}
