import Operations
import Quantities
import Testing

@testable import Traces

/// What came into version 1 of the binary format after files had been written.
@Suite struct BinaryAdditionsTests {
    /// What ``oldFile`` says.
    static let oldText = """
        staleline 1
        device eth0 port HP0 noncoherent regs 0xe000b000 4096 mask 32
        device dma0 coherent
        device uart0
        buffer rx 0x10000000 2048
        core0: ring eth0
        eth0: wr rx 1514 burst 64 @pc=0x8000
        eth0: rd rx+0x40 4 = 0x2a
        eth0: fetch rx 16
        eth0: fetch rx 16 chain
        eth0: irq
        core0: wait eth0
        dma0: rd 0x20000000 64 burst 16 = 0x7
        uart0: wr rx 8
        env evict rx 64 core1
        env fill rx l2
        env drain core0 rx 4
        env drain core2
        env hold core0
        env late core3 rx 4

        """

    /// A file from before rows, cycles and sideband bits, byte by byte.
    static let oldFile: [UInt8] = [
        0x53, 0x4C, 0x54, 0x42, 0x01, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00,
        0x04, 0x00, 0x00, 0x00, 0x33, 0x00, 0x00, 0x00, 0x3C, 0x00, 0x00, 0x00,
        0x67, 0x2C, 0x62, 0x98, 0x28, 0xB5, 0x2F, 0xFD, 0x20, 0x33, 0x99, 0x01,
        0x00, 0x03, 0x04, 0x65, 0x74, 0x68, 0x30, 0x80, 0xE0, 0x82, 0x80, 0x0E,
        0x80, 0x20, 0x03, 0x04, 0x64, 0x6D, 0x61, 0x30, 0x80, 0xA0, 0x80, 0x80,
        0x0F, 0x80, 0x20, 0x03, 0x05, 0x75, 0x61, 0x72, 0x74, 0x30, 0x80, 0xC0,
        0x80, 0x80, 0x0F, 0x80, 0x20, 0x00, 0x02, 0x72, 0x78, 0x80, 0x80, 0x80,
        0x80, 0x01, 0x80, 0x10, 0x02, 0x00, 0x00, 0x00, 0x13, 0x00, 0x00, 0x00,
        0x93, 0x00, 0x00, 0x00, 0x7F, 0x00, 0x00, 0x00, 0xC8, 0x2B, 0xC4, 0x5A,
        0x28, 0xB5, 0x2F, 0xFD, 0x20, 0x93, 0xB5, 0x03, 0x00, 0xA2, 0xC8, 0x1A,
        0x20, 0xB0, 0x27, 0x1D, 0x4C, 0x38, 0x8C, 0x80, 0x92, 0x40, 0x53, 0xCA,
        0x08, 0x49, 0x49, 0x85, 0xA2, 0x16, 0x8B, 0x10, 0x10, 0xC2, 0x8A, 0x81,
        0xED, 0x71, 0x8C, 0xC9, 0x12, 0x9B, 0xB6, 0x94, 0x29, 0xBE, 0xFF, 0xB7,
        0x5D, 0x3B, 0x55, 0xED, 0xB9, 0x2A, 0xD7, 0x76, 0x55, 0xAD, 0xD3, 0xAA,
        0x56, 0x7D, 0xAD, 0x52, 0x2C, 0x33, 0xD3, 0xC6, 0x20, 0x4A, 0xEB, 0xFE,
        0xBF, 0x82, 0x05, 0xDF, 0xC2, 0x39, 0xA6, 0x7A, 0x70, 0x4C, 0x0D, 0xDF,
        0x31, 0x61, 0xBB, 0x95, 0xA3, 0x7F, 0x5B, 0x81, 0x48, 0x0D, 0xB8, 0xE3,
        0x25, 0xA4, 0x1B, 0xDE, 0x3C, 0xD2, 0x49, 0x99, 0x83, 0x92, 0xE5, 0x10,
        0xE2, 0x90, 0xEA, 0x0D, 0xE4, 0x0A, 0xC6, 0xE2, 0x14, 0x6F, 0x28, 0x02,
        0x00, 0x3C, 0xA3, 0xF6, 0x71, 0x29, 0x33, 0x03, 0x00, 0x00, 0x00, 0x01,
        0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x0B, 0x00, 0x00, 0x00, 0x8A,
        0xE7, 0x52, 0xDC, 0x28, 0xB5, 0x2F, 0xFD, 0x20, 0x02, 0x11, 0x00, 0x00,
        0x58, 0x13, 0xEB, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x13, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x53, 0x36, 0xE8, 0x21, 0x42, 0x54,
        0x4C, 0x53,
    ]

    @Test func filesFromBeforeAreRead() throws {
        let read = try BinaryReader.read(Self.oldFile, file: "old")
        #expect(try NativeWriter.text(read) == Self.oldText)
        #expect(try parseNative(Self.oldText) == read)
    }

    /// What needs nothing new is written as it was.
    @Test func whatIsOldIsWrittenAsBefore() throws {
        let samples: [(String, [UInt8])] = [
            ("device d coherent mask 32", [0x07, 0x06, 0x81, 0x16, 32]),
            ("eth0: rd 0x1000 64 burst 16 = 7", [27, 0x80, 0x0C, 0, 0x80, 0x40, 64, 16, 7]),
            ("eth0: fetch 0x1000 16 chain", [27, 0x80, 0x12, 0, 0x80, 0x40, 16]),
            ("eth0: irq", [27, 0x80, 0x03]),
            ("env hold core1", [28, 0, 3, 2, 0, 0, 0]),
        ]
        for (text, bytes) in samples { #expect(try encoded(text) == bytes, "\(text)") }
    }

    /// Files keep these bytes.
    @Test func whatIsNew() throws {
        let samples: [(String, [UInt8])] = [
            ("device d axuser 0", [0x07, 0x06, 0x81, 0x20, 15, 0, 2]),
            ("device d noncoherent mask 32 axuser 2", [0x07, 0x06, 0x81, 0x32, 32, 3, 2, 3]),
            (
                "eth0: wr 0x1000 64 rows 3 pitch 128",
                [27, 0x80, 0x21, 0, 0x80, 0x40, 64, 3, 0x80, 1]
            ),
            ("eth0: wr 0x1000 64 cycles 200", [27, 0x80, 0x41, 0, 0x80, 0x40, 64, 0xC8, 1]),
            (
                "eth0: rd 0x1000 4 rows 2 pitch 8 cycles 9 burst 4 = 7",
                [27, 0x80, 0x6C, 0, 0x80, 0x40, 4, 4, 7, 2, 8, 9]
            ),
            ("eth0: copy tx rx 64", [29, 0x80, 3, 0x80, 0x80, 1, 2, 0xFF, 0x3F, 64, 0]),
            (
                "layout l 8 source 0 4 length 4 2 mask 0xff\neth0: fetch rx 8 chain l limit 3",
                [30, 0x80, 2, 0x80, 0x40, 6, 8, 1, 3]
            ),
            ("env leave core1", [28, 0, 5, 2, 0, 0, 0]),
            ("env join core0", [28, 0, 6, 1, 0, 0, 0]),
            ("SCB_CleanDCache_by_Addr rx 64", [31, 0, 0, 2, 0x80, 0x40, 64, 0]),
            ("Xil_DCacheFlushLine 0x1000", [31, 0, 10, 0, 0x80, 0x40, 0]),
            ("core1: up_flush_dcache_all version 12.6.200", [31, 1, 42, 1, 12, 6, 0xC8, 1]),
            ("buffer b 0x1000 64 vmapstack", [14, 6, 0x80, 0x40, 64, 1]),
            ("device d max_seg_size 64", [0x07, 0x06, 0x81, 0x80, 2, 64]),
            (
                "device d mask 32 seg_boundary 0xff max_seg_size 64",
                [0x07, 0x06, 0x81, 0x90, 6, 32, 64, 0xFF, 1]
            ),
            (
                "copy 0x1000 0x2000 4K by 8 cow",
                [32, 0, 0, 0x80, 0x40, 0, 0x80, 0x40, 0x80, 0x20, 8, 0]
            ),
            (
                "h = dma_map_single eth0 rx 64 TO_DEVICE fails",
                [26, 0, 0, 0x89, 0x4C, 6, 0x80, 1, 2, 0x80, 0x40, 64, 1]
            ),
        ]
        for (text, bytes) in samples { #expect(try encoded(text) == bytes, "\(text)") }
    }

    /// A mistake in a block's bytes, after one sound statement of a byte.
    struct Mistake: Sendable, CustomTestStringConvertible {
        var bytes: [UInt8]
        var fault: String

        var testDescription: String { fault }
    }

    static let mistakes: [Mistake] = [
        Mistake(bytes: [15], fault: "0: found byte 0x0F, expected the tag of a statement"),
        Mistake(
            bytes: [13, 0x80, 0x20, 0x80, 0x20, 2],
            fault: "5: found byte 0x02, expected a bounce pool"),
        Mistake(bytes: [33, 0], fault: "0: found byte 0x21, expected the tag of a statement"),
        Mistake(
            bytes: [7, 1, 0x80, 0x84], fault: "3: found byte 0x84, expected flags of a device"),
        Mistake(
            bytes: [7, 1, 0x80, 0x80, 0],
            fault: "4: found byte 0x00, expected more flags of a device"),
        Mistake(
            bytes: [7, 1, 0x80, 0x80, 16],
            fault: "4: found byte 0x10, expected more flags of a device"),
        Mistake(
            bytes: [14, 1, 0, 64, 6], fault: "4: found byte 0x06, expected an area of memory"),
        Mistake(
            bytes: [12, 1, 8, 1, 8], fault: "4: found byte 0x08, expected a field of a descriptor"),
        Mistake(
            bytes: [12, 1, 8, 1, 0, 4], fault: "5: found byte 0x04, expected flags of a field"),
        Mistake(
            bytes: [12, 1, 8, 9], fault: "3: found number of fields 9, expected at most 8"),
        Mistake(
            bytes: [29, 0x80, 0, 0, 0, 0, 64, 2], fault: "7: found byte 0x02, expected 0 or 1"),
        Mistake(
            bytes: [7, 1, 0x80, 0x20, 15, 0],
            fault: "6: found the end of the data, expected more of it"),
        Mistake(
            bytes: [27, 0x80, 0x80],
            fault: "2: found byte 0x80, expected flags of a device's operation"),
        Mistake(
            bytes: [27, 0x80, 0x11],
            fault: "2: found byte 0x11, expected flags of a device's operation"),
        Mistake(
            bytes: [27, 0x80, 0x22],
            fault: "2: found byte 0x22, expected flags of a device's operation"),
        Mistake(
            bytes: [27, 0x80, 0x43],
            fault: "2: found byte 0x43, expected flags of a device's operation"),
        Mistake(
            bytes: [27, 0x80, 0x21, 0, 0, 64, 1, 0], fault: "6: found rows 1, expected at least 2"),
        Mistake(
            bytes: [27, 0x80, 0x41, 0, 0, 64, 0], fault: "6: found cycles 0, expected at least 2"),
        Mistake(
            bytes: [27, 0x80, 0x41, 0, 0, 64, 0x80, 0x80, 0x80, 0x80, 0x10],
            fault: "6: found cycles 4294967296, expected at most 4294967295"),
        Mistake(
            bytes: [31, 0, 44], fault: "2: found byte 0x2C, expected a library's function"),
        Mistake(bytes: [31, 0, 3, 2], fault: "3: found byte 0x02, expected 0 or 1"),
        Mistake(
            bytes: [31, 0, 3, 1, 1, 0x90, 0x4E],
            fault: "5: found part of a version 10000, expected at most 9999"),
        Mistake(bytes: [28, 0, 9, 1], fault: "2: found byte 0x09, expected an event"),
    ]

    @Test(arguments: mistakes)
    func unknownBytesAreRefused(_ mistake: Mistake) {
        let fault = mistake.bytes.withUnsafeBufferPointer { bytes -> NativeFault? in
            var decoder = StatementDecoder(BinaryInput(bytes), symbolCount: 1)
            do throws(NativeFault) {
                _ = try decoder.next()
                return nil
            } catch {
                return error
            }
        }
        let text = fault.map { "\($0.place): found \($0.found), expected \($0.expected)" }
        #expect(text == mistake.fault)
    }

    /// The bytes of the last statement after ``nativePreamble``, in a block of its own.
    private func encoded(_ statement: String) throws -> [UInt8] {
        var encoder = StatementEncoder()
        if let body = try nativeBody(statement) { encoder.add(body, nil) }
        return encoder.output.bytes
    }
}
