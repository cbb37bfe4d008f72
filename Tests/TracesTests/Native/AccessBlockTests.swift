import Operations
import Quantities
import Testing

@testable import Traces

/// Blocks of accesses: what is written is read, and damage is never taken for a trace.
@Suite struct AccessBlockTests {
    /// A program of accesses with loops, wild jumps, several cores, and statements in between.
    private static func statements(seed: UInt64, count: Int) -> [Statement.Body] {
        var random = SplitMix64(seed: seed)
        var result: [Statement.Body] = []
        var counter: UInt64 = 0x8000
        let kinds: [AccessKind] = [
            .load, .store, .load, .fetch, .loadExclusive, .storeExclusive, .loadAcquire,
            .storeRelease, .prefetch,
        ]
        for index in 0..<count {
            let core = Agent.core(Int(random.next() % 3))
            if random.next() % 40 == 0 {
                result.append(
                    .operation(core, .maintenance(Maintenance(.dcCVAC, at: Operand(counter)))))
                continue
            }
            if random.next() % 60 == 0 {
                result.append(.mark("here \(index % 3)"))
                continue
            }
            let kind = kinds[Int(random.next() % UInt64(kinds.count))]
            let address: UInt64 =
                switch random.next() % 5 {
                case 0: random.next() >> 8
                case 1: counter &+ random.next() % 64
                default: 0x2000_0000 &+ UInt64(index % 32) &* 4
                }
            if kind == .fetch { counter = address }
            let size: UInt32 = kind == .prefetch ? 1 : 1 << UInt32(random.next() % 5)
            let access = MemoryAccess(
                kind, at: address, size: size, agent: core,
                isDependent: kind == .load && random.next() % 4 == 0)
            result.append(.operation(core, .access(access, symbol: .none, value: nil)))
        }
        return result
    }

    private static func file(_ bodies: [Statement.Body]) throws -> [UInt8] {
        var writer = try BinaryStreamWriter()
        for body in bodies { try writer.add(body) }
        return try writer.finish()
    }

    private static func accesses(_ bodies: [Statement.Body]) -> [MemoryAccess] {
        bodies.compactMap { body in
            guard case .operation(_, .access(let access, _, _)) = body else { return nil }
            return access
        }
    }

    /// Everything that a stream gives, with room for `room` accesses at a time.
    private static func stream(
        _ bytes: [UInt8], room: Int = 100, allowingCut: Bool = false
    ) throws -> (accesses: [MemoryAccess], statements: Int, reader: BinaryAccessReader) {
        let reader = try BinaryAccessReader(bytes, file: "s", allowingCut: allowingCut)
        reader.deliversStatements = true
        let block = UnsafeMutableBufferPointer<MemoryAccess>.allocate(capacity: room)
        defer { block.deallocate() }
        var accesses: [MemoryAccess] = []
        var statements = 0
        while true {
            let count = try reader.read(into: block)
            accesses += block[..<count]
            let statement = reader.takeStatement()
            if statement != nil { statements += 1 }
            if count == 0, statement == nil { return (accesses, statements, reader) }
        }
    }

    @Test(arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
    func whatIsWrittenIsRead(seed: UInt64) throws {
        let bodies = Self.statements(seed: seed, count: 3000)
        let bytes = try Self.file(bodies)
        #expect(bytes[4] == 2, "the version")
        let program = try BinaryReader.read(bytes, file: "t")
        #expect(program.statements.map(\.body) == bodies, "seed \(seed)")
        for room in [2, 7, 4096] {
            let streamed = try Self.stream(bytes, room: room)
            #expect(streamed.accesses == Self.accesses(bodies), "seed \(seed)")
            #expect(streamed.statements == bodies.count - streamed.accesses.count)
            #expect(streamed.reader.recordCount == UInt64(bodies.count))
        }
    }

    /// More shapes than a block has numbers for.
    private static var manyShapes: [Statement.Body] {
        (0..<200).map { index in
            let access = MemoryAccess(
                index % 2 == 0 ? .load : .store, at: 0x1000 &+ UInt64(index) &* 0x12345,
                size: UInt32(index + 1))
            return .operation(.core(0), .access(access, symbol: .none, value: nil))
        }
    }

    @Test func shapesBeyondABlocksLimitStartAnother() throws {
        let bytes = try Self.file(Self.manyShapes)
        #expect(try BinaryReader.read(bytes, file: "t").statements.map(\.body) == Self.manyShapes)
    }

    @Test func programsWithManyAccessesUseThem() throws {
        var program = Program()
        let added = program.symbols.add(
            SymbolTable.Entry(name: "rx", kind: .buffer, address: 0x1000, size: 64))
        let name = try #require(added)
        program.statements.append(
            Statement(.declaration(.buffer(name, address: 0x1000, size: 64)), line: 2))
        for body in Self.statements(seed: 9, count: 6000) {
            program.statements.append(Statement(body, line: 0))
        }
        var annotations = Annotations()
        annotations.programCounter = 0x8000
        program.annotations = [annotations]
        program.statements[10].annotation = 0
        let isOperation = if case .operation = program.statements[10].body { true } else { false }
        try #require(isOperation)
        let bytes = try BinaryWriter.write(program)
        #expect(bytes[4] == 2, "the version")
        #expect(try BinaryReader.read(bytes, file: "t") == program.canonicalized())
        program.statements.removeLast(4000)
        #expect(try BinaryWriter.write(program)[4] == 1, "few accesses are written as ever")
    }

    /// A file of several blocks, small enough to try every bit.
    private static func smallFile() throws -> [UInt8] {
        try file(manyShapes + statements(seed: 4, count: 40))
    }

    @Test func everyFlippedBitIsFound() throws {
        let sound = try Self.smallFile()
        for place in sound.indices {
            for bit in 0..<8 {
                var bytes = sound
                bytes[place] ^= 1 << UInt8(bit)
                for allowingCut in [false, true] {
                    do {
                        let read = try Self.stream(bytes, allowingCut: allowingCut)
                        #expect(
                            read.reader.cut != nil,
                            "byte \(place), bit \(bit): a damaged file was read in silence")
                    } catch let error as TraceErrors {
                        #expect(
                            error.errors.first?.byte != nil,
                            "byte \(place), bit \(bit): \(error)")
                    }
                }
                #expect(throws: TraceErrors.self) { try BinaryReader.read(bytes, file: "t") }
            }
        }
    }

    @Test func damageIsToldWithItsBlock() throws {
        let sound = try Self.smallFile()
        var starts: [Int] = []
        sound.withUnsafeBytes { raw in
            guard var scanner = try? BlockScanner(raw, file: "t") else { return }
            while let block = try? scanner.next() { starts.append(block.offset) }
        }
        #expect(starts.count > 4, "several blocks and an index")
        for (number, start) in starts.enumerated() {
            var bytes = sound
            bytes[start + 25] ^= 0x10
            do {
                _ = try Self.stream(bytes)
                Issue.record("block \(number + 1): read in silence")
            } catch let error as TraceErrors {
                let text = error.description
                #expect(text.contains("byte \(start):"), "\(text)")
                #expect(text.contains("block \(number + 1) of the file is damaged"), "\(text)")
            }
        }
    }

    @Test func aCutFileGivesWhatIsWhole() throws {
        let sound = try Self.smallFile()
        let whole = try BinaryReader.read(sound, file: "t")
        var ends: [(byte: Int, statements: Int)] = []
        try sound.withUnsafeBytes { raw in
            var scanner = try BlockScanner(raw, file: "t")
            var count = 0
            while let block = try scanner.next() {
                if block.kind.hasStatements { count += block.count }
                ends.append((scanner.offset, count))
            }
        }
        for end in 8..<sound.count {
            let bytes = Array(sound[..<end])
            #expect(throws: TraceErrors.self) { try BinaryReader.read(bytes, file: "t") }
            let expected = ends.last { $0.byte <= end }
            guard let expected else {
                #expect(throws: TraceErrors.self) { try Self.stream(bytes, allowingCut: true) }
                continue
            }
            let part = try BinaryReader.wholePart(bytes, file: "t")
            #expect(part.byte == expected.byte && part.statements == UInt64(expected.statements))
            let program = try BinaryReader.read(bytes, file: "t", allowingCut: true)
            #expect(program.statements == Array(whole.statements[..<expected.statements]))
            let streamed = try Self.stream(bytes, allowingCut: true)
            #expect(streamed.reader.cut?.statements == UInt64(expected.statements))
            #expect(
                streamed.accesses.count + streamed.statements == expected.statements,
                "cut at \(end)")
        }
    }

    /// Damage under a sound checksum, as only malice makes it.
    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func columnsThatLieAreRefused(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let bodies = Self.statements(seed: seed, count: 200)
        var encoder = AccessBlockEncoder()
        for body in bodies { _ = encoder.add(body, nil) }
        let raw = encoder.take()
        for _ in 0..<400 {
            var mutant = raw
            for _ in 0...(random.next() % 3) {
                mutant[Int(random.next() % UInt64(mutant.count))] = UInt8(
                    truncatingIfNeeded: random.next())
            }
            var file = BlockFile(version: BinaryFormat.accessVersion)
            try file.add(.accesses, mutant, count: bodies.count)
            let bytes = try file.finish(statements: UInt64(bodies.count))
            do {
                let program = try BinaryReader.read(bytes, file: "m")
                // What is read is a trace: the text says it, too.
                _ = try NativeWriter.write(program)
                let streamed = try Self.stream(bytes)
                #expect(streamed.accesses == Self.accesses(program.statements.map(\.body)))
            } catch let error as TraceErrors {
                #expect(error.errors.allSatisfy { $0.byte != nil }, "seed \(seed): \(error)")
            }
        }
    }

    /// At most 2.2 bytes for an access of a real program, with fetches and without: the first block's worth of one.
    @Test(arguments: [true, false]) func realTracesAreSmall(hasFetches: Bool) throws {
        let root = #filePath.dropLast("Tests/TracesTests/Native/AccessBlockTests.swift".count)
        let path = "\(root)Traces/real/minigzip-arm32.id.xdin.zst"
        let reader = AccessReader(try ByteSource(path: path), format: .extendedDin)
        let block = UnsafeMutableBufferPointer<MemoryAccess>.allocate(capacity: 4096)
        defer { block.deallocate() }
        var writer = try BinaryStreamWriter()
        var written = 0
        while written < 100_000 {
            let count = try reader.read(into: block)
            for access in block[..<count] where hasFetches || access.kind != .fetch {
                try writer.add(.operation(access.agent, NativeAccess.operation(access)))
                written += 1
            }
        }
        let perAccess = Double(try writer.finish().count) / Double(written)
        #expect(perAccess < 2.2, "\(perAccess) bytes for each of \(written)")
    }
}
