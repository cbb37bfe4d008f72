import Operations
import Quantities
import Testing

@testable import Traces

/// Layouts of descriptors, chains and a device's copies.
@Suite struct ChainStatementTests {
    static let text = """
        staleline 1
        device dma0 port HP0 reads HP1 noncoherent
        layout link 16 next 0 4 mask 0xfffffff0 source 4 4 length 8 2 status 12 4 = 0x80000000
        layout entry 8 dest 0 4 length 4 2 own 6 1 mask 0x80 = 0x0 wrap 7 1 last 6 1 mask 0x1
        buffer a 0x1000 4096
        dma0: fetch a 16 chain link
        dma0: fetch a+0x100 8 chain entry limit 7
        dma0: copy a+0x800 a 64
        dma0: copy a+0x800 0x20000 64 burst 16

        """

    @Test func staysTheSameAsTextAndInBinary() throws {
        let program = try parseNative(Self.text)
        #expect(try NativeWriter.text(program) == Self.text)
        let binary = try BinaryWriter.write(program)
        #expect(try BinaryReader.read(binary, file: "b") == program)
    }

    @Test func meansWhatItSays() throws {
        let program = try parseNative(Self.text)
        #expect(program.devices.map(\.readPort) == ["HP1"])
        let layouts = program.layouts.map(\.layout)
        #expect(layouts.map(\.size) == [16, 8])
        #expect(
            layouts.first?.fields == [
                .init(.next, at: 0, bytes: 4, mask: 0xFFFF_FFF0), .init(.source, at: 4, bytes: 4),
                .init(.length, at: 8, bytes: 2),
                .init(.status, at: 12, bytes: 4, value: 0x8000_0000),
            ])
        // The used bit of a GEM's receive ring: the entry is the engine's while it is clear.
        let own = try #require(layouts.last?[.own])
        #expect([0x00, 0x80, 0x7F, 0xFF].map { own.meaning(of: $0) } == [1, 0, 1, 0])
        let link = try #require(layouts.first?[.next])
        #expect(link.meaning(of: 0x1234_5678) == 0x1234_5670)
        let length = DescriptorLayout.Field(.length, at: 0, bytes: 4, mask: 0xFFF0)
        #expect(length.meaning(of: 0xF_1234) == 0x123)
    }

    @Test(
        arguments: [
            ("layout l 16 length 0 4", "the field 'source', 'dest' or both"),
            ("layout l 16 source 0 4", "the field 'length'"),
            ("layout l 8 source 0 4 length 6 4", "'length' within the 8 byte(s) of a descriptor"),
            ("layout l 8 source 0 3 length 4 4", "1, 2, 4 or 8 bytes for 'source'"),
            ("layout l 8 source 0 4 source 4 4", "'source' at most once"),
            ("layout l 8 source 0 1 mask 0x100", "a mask of some of the 8 bits of 'source'"),
            ("layout l 8 source 0 4 = 1", "no value for 'source': the engine reads it"),
            ("layout l 8 own 0 1 mask 1 = 2", "a value of the bits of the mask for 'own'"),
            (
                "layout l 8 status 0 4",
                "'= VALUE', which the engine writes, and no mask for 'status'"
            ),
            ("layout l 0 source 0 4", "the bytes of a descriptor from 1 to 4096"),
            ("layout d 8 source 0 4 length 4 4", "a name that is not declared yet"),
            ("d: fetch 0x1000 8 chain ring", "16, the bytes of a descriptor of 'ring'"),
            ("d: fetch 0x1000 16 chain d", "a declared layout"),
            (
                "d: fetch 0x1000 16 chain ring limit 0",
                "a number of descriptors from 1 to 4294967295"
            ),
            ("d: copy 0x1000 0xffffffffffffff00 4K", "below 2^64"),
            ("ld ring 4", "an address"),
        ])
    func refuses(_ line: String, _ expected: String) throws {
        let text = """
            staleline 1
            device d
            layout ring 16 source 0 4 length 4 4
            \(line)
            """
        let errors = #expect(throws: TraceErrors.self) { try parseNative(text) }
        let error = try #require(errors?.errors.first)
        #expect(error.line == 4)
        #expect(error.expected.contains(expected), "\(error)")
    }
}
