import Operations
import Quantities
import Testing

@testable import Traces

/// Damaged files are read or refused, and never worse.
///
/// What is read can be written again.
@Suite struct MutationTests {
    private static let seeds: [UInt64] = Array(1...60)

    /// Changes, removes, repeats or inserts a few bytes, or cuts the end off.
    private func mutate(_ bytes: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
        var bytes = bytes
        for _ in 0...Int.random(in: 0..<3, using: &random) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch random.next() % 6 {
            case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
            case 1: bytes[place] ^= 1 << UInt8(random.next() % 8)
            case 2: bytes.remove(at: place)
            case 3: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: place)
            case 4: bytes.removeSubrange(place...)
            default:
                let end = min(bytes.count, place + 20)
                let other = Int.random(in: 0..<bytes.count, using: &random)
                bytes.insert(contentsOf: bytes[place..<end], at: other)
            }
        }
        return bytes
    }

    @Test(arguments: seeds)
    func text(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let text = try NativeWriter.write(RandomProgram.make(seed: seed, count: 40))
        for _ in 0..<60 {
            let mutant = mutate(text, &random)
            do throws(TraceErrors) {
                let program = try NativeParser.parse(mutant, file: "m")
                expectWritable(program, seed)
            } catch {
                #expect(!error.isEmpty && error.errors.count <= 20, "seed \(seed)")
                #expect(error.errors.allSatisfy { $0.line > 0 }, "seed \(seed)")
            }
        }
    }

    @Test(arguments: seeds)
    func binary(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let bytes = try BinaryWriter.write(RandomProgram.make(seed: seed, count: 40))
        for _ in 0..<60 {
            let mutant = mutate(bytes, &random)
            do throws(TraceErrors) {
                _ = try BinaryReader.read(mutant, file: "m")
                #expect(mutant == bytes, "seed \(seed): damage went unseen")
            } catch {
                #expect(error.errors.allSatisfy { $0.byte != nil }, "seed \(seed)")
            }
        }
    }

    /// Damage under a sound checksum, as only malice makes it: the records themselves are wrong.
    @Test(arguments: seeds)
    func binaryWithSoundChecksums(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let bytes = try BinaryWriter.write(RandomProgram.make(seed: seed, count: 40))
        for _ in 0..<60 {
            let mutant = try repack(bytes) { mutate($0, &random) }
            do throws(TraceErrors) {
                expectWritable(try BinaryReader.read(mutant, file: "m"), seed)
            } catch {
                #expect(error.errors.allSatisfy { $0.byte != nil }, "seed \(seed)")
            }
        }
    }

    @Test func everyTruncationIsSeen() throws {
        let program = RandomProgram.make(seed: 3, count: 40)
        let bytes = try BinaryWriter.write(program)
        for end in bytes.indices {
            #expect(throws: TraceErrors.self) {
                try BinaryReader.read(Array(bytes[..<end]), file: "m")
            }
        }
        let text = try NativeWriter.write(program)
        for end in text.indices { _ = try? NativeParser.parse(Array(text[..<end]), file: "m") }
    }

    private func expectWritable(_ program: Program, _ seed: UInt64) {
        do {
            let text = try NativeWriter.write(program)
            #expect(
                try NativeParser.parse(text, file: "m") == program.canonicalized(), "seed \(seed)")
            let bytes = try BinaryWriter.write(program)
            #expect(
                try BinaryReader.read(bytes, file: "m") == program.canonicalized(), "seed \(seed)")
        } catch {
            Issue.record("seed \(seed): \(error)")
        }
    }

    /// Unpacks the blocks of a file, changes the data of one kind, and packs them again with fresh checksums.
    private func repack(_ bytes: [UInt8], _ change: ([UInt8]) -> [UInt8]) throws -> [UInt8] {
        var output = BinaryOutput()
        output.add(bytes: bytes[..<8])
        var index = 8
        try bytes.withUnsafeBytes { raw in
            var scanner = try BlockScanner(raw, file: "m")
            while let block = try scanner.next() {
                let data = block.kind == .index ? block.raw : change(block.raw)
                if block.kind == .index { index = output.bytes.count }
                guard !data.isEmpty, let stored = BlockCodec.compress(data) else { continue }
                var header = BinaryOutput()
                header.add(bytes: [block.kind.rawValue, 0, 0, 0])
                header.add(fixed: UInt32(block.count))
                header.add(fixed: UInt32(data.count))
                header.add(fixed: UInt32(stored.count))
                let sum = header.bytes.withUnsafeBytes { BlockCodec.checksum($0) }
                header.add(fixed: stored.withUnsafeBytes { BlockCodec.checksum($0, after: sum) })
                output.add(bytes: header.bytes + stored)
            }
        }
        var trailer = BinaryOutput()
        trailer.add(fixed: UInt64(index))
        trailer.add(bytes: bytes[(bytes.count - 16)..<(bytes.count - 8)])
        trailer.add(fixed: trailer.bytes.withUnsafeBytes { BlockCodec.checksum($0) })
        trailer.add(bytes: BinaryFormat.endMagic)
        output.add(bytes: trailer.bytes)
        return output.bytes
    }
}
