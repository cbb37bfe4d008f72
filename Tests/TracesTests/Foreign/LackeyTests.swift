import Operations
import Testing

@testable import Traces

@Suite("Lackey")
struct LackeyTests {
    @Test("the four kinds; M is a load and a store in one record")
    func records() {
        let text = "I  0401ab70,3\n L 1fff000718,8\n S 04222cac,16\n M 0421e6a8,512\n"
        let result = reading(text, .lackey)
        #expect(
            result.accesses == [
                MemoryAccess(.fetch, at: 0x401_AB70, size: 3),
                MemoryAccess(.load, at: 0x1F_FF00_0718, size: 8),
                MemoryAccess(.store, at: 0x422_2CAC, size: 16),
                MemoryAccess(.load, at: 0x421_E6A8, size: 512),
                MemoryAccess(.store, at: 0x421_E6A8, size: 512),
            ])
        #expect(result.records == 4)
    }

    @Test("a pair never falls apart at the end of a block", arguments: 2...7)
    func pairs(block: Int) {
        let text = String(repeating: "I  00000010,4\n M 00000020,4\n", count: 20)
        let result = reading(text, .lackey, block: block)
        #expect(result.accesses.count == 60)
        #expect(result == reading(text, .lackey))
    }

    @Test("valgrind's own lines are counted by kind")
    func messages() {
        let text = """
            ==12== Lackey, an example Valgrind tool
            --12-- Valgrind options:
            I  00000010,4
            SB 04016b80
            ==12==
            **12** a message of the program
             L 00000020,4

            """
        let result = reading(text, .lackey)
        #expect(result.records == 2)
        #expect(
            result.skipped == [
                "valgrind message (==)": 2, "valgrind message (--)": 1,
                "valgrind message (**)": 1, "superblock mark (SB)": 1,
            ])
    }

    @Test("nothing but messages is no trace")
    func onlyMessages() {
        #expect(reading("==1== x\n", .lackey).faults.map(\.found) == ["no records"])
    }

    @Test(
        "faults are located",
        arguments: [
            ("", 0, "an empty line", "an access"),
            ("hello", 1, "'hello'", "one of the letters I L S M, or a line of valgrind"),
            (" LL 10,4", 2, "'LL'", "one of the letters I L S M and then a blank"),
            (" L 0x10,4", 5, "'x10,4'", "a comma after the address in hexadecimal"),
            (" L 10 4", 6, "' '", "a comma after the address in hexadecimal"),
            (" L 10,", 7, "the end of the line", "a size in decimal"),
            (" L 10,a", 7, "'a'", "a size in decimal"),
            (" L 10,4a", 8, "'a'", "a size in decimal and then a blank"),
            (" L 10,0", 7, "a size of 0", "a size from 1"),
            (" L 10,65537", 7, "a size of 65537", "a size up to 65536"),
            (" L 10,99999999999999999999", 7, "'99999999999999999999'", "a size within 64 bits"),
            (" L 10,4 5", 9, "'5'", "the end of the line"),
            (" L 10000000000000000,4", 4, "'10000000000000000,4'", "an address within 64 bits"),
        ])
    func faults(line: String, column: Int, found: String, expected: String) {
        let result = reading(" L 10,4\n\(line)\n S 10,4\n", .lackey)
        #expect(
            result.faults == [
                TraceError(file: "t", line: 2, column: column, found: found, expected: expected)
            ])
    }
}
