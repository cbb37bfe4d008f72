import Operations
import Quantities
import Testing

@testable import Traces

/// Chunks of one byte force the careful parser on every line, large ones the fast scan: both must agree.
@Suite("Chunk borders")
struct ChunkTests {
    private static let texts: [(TraceFormat, String)] = [
        (
            .extendedDin,
            "r 40800930 4\r\nW 1 1\n i 105a8 4\nm ffffffffffffff00 100\nc 0 0\nv 20 0 all\n"
                + "w 1fff000718 8 a comment that is longer than others are, by some words\nr 1 2"
        ),
        (.din, "0 40800933\n1 4\r\n2 ffffffffffffffff\n 3 0x20 comment\n4 8\n5 c\n0 1"),
        (
            .lackey,
            "==1== hello\nI  0401ab70,3\n L 1fff000718,8\r\n M 0421e6a8,16\n--1-- x\n S 00000001,2"
        ),
    ]

    @Test("all chunk sizes give the same records", arguments: 1...64)
    func sameRecords(chunk: Int) {
        for (format, text) in Self.texts {
            let whole = reading(text, format)
            #expect(whole.faults.isEmpty)
            #expect(whole.accesses.count >= 5)
            #expect(reading(text, format, chunk: chunk) == whole)
            #expect(reading(text, format, chunk: chunk, block: 2) == whole)
        }
    }

    @Test("all chunk sizes give the same faults", arguments: 1...64)
    func sameFaults(chunk: Int) {
        for (format, text) in Self.texts {
            let damaged = text + "\nr 12 q\n" + text + "\n\u{0}\n"
            let whole = reading(damaged, format)
            #expect(whole.faults.count >= 2)
            #expect(reading(damaged, format, chunk: chunk).faults == whole.faults)
        }
    }

    @Test("random bytes of the formats' alphabet: the fast scan is as strict as the careful parser")
    func random() {
        var generator = SplitMix64(seed: 2026)
        let alphabet = Array("rwimcvRILSM  0123459afF,x\t\r\n\n\u{0}g".utf8)
        let starts = [
            "r 10 4\n", "r 10 4 c", "0 10 ", "0 10\n", " L 10,4\n", "i ffffffffffffff00 1",
            "I  ffffffffffffffff,",
        ]
        for round in 0..<1_000 {
            var bytes = Array(starts[round % starts.count].utf8)
            for _ in 0..<Int.random(in: 0..<24, using: &generator) {
                bytes.append(alphabet[Int.random(in: 0..<alphabet.count, using: &generator)])
            }
            for format in [TraceFormat.extendedDin, .din, .lackey] {
                let careful = reading(bytes, format, chunk: 1)
                #expect(reading(bytes, format) == careful, "\(shown(bytes, limit: 100))")
            }
        }
    }
}
