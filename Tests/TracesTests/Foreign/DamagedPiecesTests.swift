import Quantities
import Testing

@testable import Traces

@Suite("Damaged data in pieces")
struct DamagedPiecesTests {
    private struct Outcome: Equatable {
        var output: [UInt8] = []
        var error: TraceError?
    }

    private static func outcome(_ bytes: [UInt8], chunk: Int, target: Int) -> Outcome {
        var result = Outcome()
        var buffer = [UInt8](repeating: 0, count: target)
        do {
            let source = try ByteSource(bytes: bytes, file: "t", chunkSize: chunk)
            while true {
                let count = try buffer.withUnsafeMutableBytes { try source.read(into: $0) }
                if count == 0 { return result }
                result.output += buffer[..<count]
            }
        } catch {
            result.error = (error as? TraceErrors)?.errors.first
        }
        return result
    }

    private static let compressors: [(String, @Sendable ([UInt8]) -> [UInt8])] = [
        ("gzip", gzip), ("zstd", zstd), ("xz", xz), ("lz4", lz4),
    ]

    /// Parts that can be compressed, and parts that cannot.
    private static func plain(_ random: inout SplitMix64) -> [UInt8] {
        let line = Array("r 40800930 4\nw 40800934 4\n".utf8)
        var plain: [UInt8] = []
        for _ in 0..<4 {
            let size = Int.random(in: 0..<90_000, using: &random)
            let isRandom = Bool.random(using: &random)
            for place in 0..<size {
                plain.append(
                    isRandom
                        ? UInt8(truncatingIfNeeded: random.next())
                        : line[place * place / 977 % line.count])
            }
        }
        return plain
    }

    @Test(
        "What is said of them, and what they give before, does not depend on the pieces",
        arguments: 1...12 as ClosedRange<UInt64>)
    func pieces(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let plain = Self.plain(&random)
        for (name, compress) in Self.compressors {
            var bytes = compress(plain)
            let place = Int.random(in: 4..<bytes.count, using: &random)
            bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            let whole = Self.outcome(bytes, chunk: 1 << 20, target: 1 << 17)
            for (chunk, target) in [(61, 5_000), (1_009, 100), (1 << 20, 777)] {
                let parts = Self.outcome(bytes, chunk: chunk, target: target)
                #expect(
                    parts.error == whole.error,
                    "\(name), seed \(seed), byte \(place), pieces of \(chunk) and \(target)")
                // Not the bytes themselves: they would all be printed.
                let isSame = parts.output == whole.output
                #expect(
                    isSame,
                    "\(parts.output.count) bytes for \(whole.output.count): \(name), seed \(seed), byte \(place), pieces of \(chunk) and \(target)"
                )
            }
        }
    }
}
