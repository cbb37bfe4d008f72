import Operations
import Quantities
import Testing

@testable import Traces

/// What is written is read back, whatever it is.
///
/// A failure names the seed.
@Suite struct RoundTripTests {
    static let seeds: [UInt64] = Array(1...150)

    @Test(arguments: seeds)
    func throughText(seed: UInt64) throws {
        let program = RandomProgram.make(seed: seed, count: 200)
        let text = try NativeWriter.write(program)
        let read = try NativeParser.parse(text, file: "seed \(seed)")
        #expect(read == program.canonicalized(), "seed \(seed)")
        #expect(try NativeWriter.write(read) == text, "seed \(seed)")
    }

    @Test(arguments: seeds)
    func throughBinary(seed: UInt64) throws {
        let program = RandomProgram.make(seed: seed, count: 200)
        let bytes = try BinaryWriter.write(program)
        let read = try BinaryReader.read(bytes, file: "seed \(seed)")
        #expect(read == program.canonicalized(), "seed \(seed)")
        #expect(try BinaryWriter.write(read) == bytes, "seed \(seed)")
        #expect(try NativeWriter.write(read) == NativeWriter.write(program), "seed \(seed)")
    }

    @Test func everyKindOfStatementOccurs() {
        var tags: Set<StatementTag> = []
        var functions: Set<DMACall.Function> = []
        for seed in Self.seeds.prefix(50) {
            for statement in RandomProgram.make(seed: seed, count: 200).statements {
                var encoder = StatementEncoder()
                encoder.add(statement.body, nil)
                if let tag = encoder.output.bytes.first.flatMap(StatementTag.init) {
                    tags.insert(tag)
                }
                if case .operation(_, .dma(let call)) = statement.body {
                    functions.insert(call.function)
                }
            }
        }
        #expect(tags == Set(StatementTag.allCases))
        #expect(functions == Set(DMACall.Function.allCases))
    }

    @Test func manyBlocks() throws {
        let program = RandomProgram.make(seed: 7, count: 30_000)
        let bytes = try BinaryWriter.write(program)
        var blocks = 0
        var statements = 0
        try bytes.withUnsafeBytes { raw in
            var reader = try BinaryReader(raw, file: "many")
            while let block = try reader.next() {
                #expect(block.first == UInt64(statements))
                blocks += 1
                statements += block.statements.count
            }
        }
        #expect(blocks > 5)
        #expect(statements == program.statements.count)
        #expect(try BinaryReader.read(bytes, file: "many") == program.canonicalized())
    }

    @Test func anEmptyProgram() throws {
        let empty = Program()
        #expect(try NativeWriter.text(empty) == "staleline 1\n")
        #expect(try parseNative("staleline 1\n") == empty)
        #expect(try BinaryReader.read(try BinaryWriter.write(empty), file: "e") == empty)
    }
}
