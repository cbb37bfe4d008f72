import Operations
import Testing

@testable import Traces

@Suite("Extended din")
struct ExtendedDinTests {
    @Test("every letter, either case, gives its kind of access")
    func letters() {
        let kinds: [(Character, AccessKind)] = [
            ("r", .load), ("w", .store), ("i", .fetch), ("m", .miscellaneousRead),
            ("c", .copyBack), ("v", .invalidate),
        ]
        for (letter, kind) in kinds {
            let text = "\(letter) 1a0 4\n\(letter.uppercased()) 1A0 10\n"
            #expect(
                reading(text, .extendedDin).accesses == [
                    MemoryAccess(kind, at: 0x1A0, size: 4),
                    MemoryAccess(kind, at: 0x1A0, size: 16),
                ])
        }
    }

    @Test(
        "spellings of one record",
        arguments: [
            "r 40800930 4\n", "r 40800930 4", "r 40800930 4\r\n", "r 40800930 4\r",
            " \tr \t40800930\t 4 \n", "r 0x40800930 0X4\n", "r 40800930 4 a comment: 0x1\n",
            "r 0000000040800930 0004\n", "r 40800930 4\t# \u{e9}\n",
            "r 00000000000000000000000040800930 00000000000000000000000000004\n",
        ])
    func spellings(text: String) {
        let result = reading(text, .extendedDin)
        #expect(result.accesses == [MemoryAccess(.load, at: 0x4080_0930, size: 4)])
        #expect(result.records == 1)
        #expect(result.faults.isEmpty)
    }

    @Test("addresses of 1 to 16 digits, with every digit in both cases")
    func digits() {
        for digits in 1...16 {
            for digit in Array("0123456789abcdefABCDEF") {
                let word = "7" + String(repeating: digit, count: digits - 1)
                let expected = UInt64(word, radix: 16) ?? 0
                let result = reading("w \(word) 8\n", .extendedDin)
                #expect(result.accesses == [MemoryAccess(.store, at: expected, size: 8)])
            }
        }
    }

    @Test("the limits are permitted")
    func limits() {
        let text = "r ffffffffffffffff 1\nw 0 10000\nc 0 0\nv 0 0\nv 0 ffffffff\n"
        #expect(
            reading(text, .extendedDin).accesses == [
                MemoryAccess(.load, at: .max, size: 1),
                MemoryAccess(.store, at: 0, size: 65536),
                MemoryAccess(.copyBack, at: 0, size: 0),
                MemoryAccess(.invalidate, at: 0, size: 0),
                MemoryAccess(.invalidate, at: 0, size: .max),
            ])
    }

    @Test(
        "faults are located",
        arguments: [
            ("", 0, "an empty line", "an access"),
            ("x 100 4", 1, "'x'", "one of the letters r w i m c v"),
            ("read 100 4", 1, "'read'", "one of the letters r w i m c v and then a blank"),
            ("r", 2, "the end of the line", "an address in hexadecimal"),
            ("r 10g0 4", 5, "'g0'", "an address in hexadecimal and then a blank"),
            ("r zz 4", 3, "'zz'", "an address in hexadecimal"),
            ("r 0x 4", 3, "'0x'", "an address in hexadecimal"),
            ("r 10000000000000000 4", 3, "'10000000000000000'", "an address within 64 bits"),
            ("r 100", 6, "the end of the line", "a size in hexadecimal"),
            ("r 100 4,", 8, "','", "a size in hexadecimal and then a blank"),
            ("r 100 0", 7, "a size of 0", "a size from 1"),
            ("m 100 0", 7, "a size of 0", "a size from 1"),
            ("w 100 10001", 7, "a size of 65537", "a size up to 65536"),
            ("v 100 100000000", 7, "a size of 4294967296", "a size up to 4294967295"),
            (
                "r ffffffffffffffff 2", 20, "2 bytes that end above 2^64",
                "an access that ends within 64 bits"
            ),
            ("r 100 4 \u{0}", 9, "'\\x00'", "text"),
            ("r 1\u{0}0 4", 4, "'\\x000'", "an address in hexadecimal and then a blank"),
            (
                "r\u{80} 100 4", 1, "'r\\xc2\\x80'",
                "one of the letters r w i m c v and then a blank"
            ),
        ])
    func faults(line: String, column: Int, found: String, expected: String) {
        let result = reading("r 100 4\n\(line)\nw 200 4\n", .extendedDin)
        #expect(result.accesses.isEmpty)
        #expect(
            result.faults == [
                TraceError(file: "t", line: 2, column: column, found: found, expected: expected)
            ])
    }

    @Test("digits for labels are a hint at the other format")
    func hint() {
        let result = reading("0 100\n", .extendedDin)
        #expect(result.faults.first?.hint == "labels in digits are --format din")
    }
}
