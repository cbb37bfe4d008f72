import Operations
import Testing

@testable import Traces

@Suite("Din")
struct DinTests {
    @Test("labels give kinds, addresses are rounded down to 4, sizes are 4")
    func records() {
        let text = "0 1003\n1 1004\r\n2 0x1007 a comment\n 3 \t1008\n4 100c\n5 ffffffffffffffff"
        #expect(
            reading(text, .din).accesses == [
                MemoryAccess(.load, at: 0x1000, size: 4),
                MemoryAccess(.store, at: 0x1004, size: 4),
                MemoryAccess(.fetch, at: 0x1004, size: 4),
                MemoryAccess(.miscellaneousRead, at: 0x1008, size: 4),
                MemoryAccess(.copyBack, at: 0x100C, size: 4),
                MemoryAccess(.invalidate, at: 0xFFFF_FFFF_FFFF_FFFC, size: 4),
            ])
    }

    @Test(
        "faults are located",
        arguments: [
            ("", 0, "an empty line", "an access"),
            ("6 100", 1, "'6'", "a label from 0 to 5"),
            ("0- 100", 1, "'0-'", "a label from 0 to 5"),
            ("0", 2, "the end of the line", "an address in hexadecimal"),
            ("0 10000000000000000", 3, "'10000000000000000'", "an address within 64 bits"),
            ("0 100\u{7F}", 6, "'\\x7f'", "an address in hexadecimal and then a blank"),
        ])
    func faults(line: String, column: Int, found: String, expected: String) {
        let result = reading("0 100\n\(line)\n1 200\n", .din)
        #expect(
            result.faults == [
                TraceError(file: "t", line: 2, column: column, found: found, expected: expected)
            ])
    }

    @Test("letters for labels are a hint at the other format")
    func hint() {
        #expect(
            reading("c 1 4\n", .din).faults.first?.hint == "labels in letters are --format xdin")
    }
}

@Suite("Dinero binary")
struct DineroBinaryTests {
    private let records: [UInt8] = [
        0x30, 0x09, 0x80, 0x40, 4, 0, 0, 0,
        0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 9,
        0, 0, 0, 0, 0, 0, 5, 0,
    ]

    @Test("records are little-endian; the padding says nothing", arguments: [1, 3, 8, 1000])
    func exact(chunk: Int) {
        #expect(
            reading(records, .dineroBinary, chunk: chunk).accesses == [
                MemoryAccess(.load, at: 0x4080_0930, size: 4),
                MemoryAccess(.store, at: 0xFFFF_FFFF, size: 0xFFFF),
                MemoryAccess(.invalidate, at: 0, size: 0),
            ])
    }

    @Test("faults have offsets")
    func faults() {
        let bad: [UInt8] = [0, 0, 0, 0, 4, 0, 6, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1, 2, 3]
        #expect(
            reading(records + bad, .dineroBinary).faults == [
                TraceError(
                    file: "t", byte: 30, found: "access type 6",
                    expected: "an access type from 0 to 5"),
                TraceError(file: "t", byte: 36, found: "a size of 0", expected: "a size from 1"),
                TraceError(
                    file: "t", byte: 40, found: "3 bytes at the end",
                    expected: "whole records of 8 bytes"),
            ])
    }
}
