import Operations
import Symbols
import Testing
import Traces

/// What ELF files name, held to what `nm` and `llvm-dwarfdump` print of them.
@Suite("ELF names")
struct NamingTests {
    private func data(_ file: ELFFile) -> [String] {
        file.data.map { "\($0.name) \(String($0.address, radix: 16)) \($0.size)" }
    }

    private func place(_ file: ELFFile, _ counter: UInt64) throws -> String {
        guard let place = try file.place(of: counter) else { return "nowhere" }
        return "\(place.function ?? "?") \(place.source.map { "\($0.file):\($0.line)" } ?? "?")"
    }

    @Test("32 bits, little endian, Thumb, DWARF 4")
    func arm32() throws {
        let file = try Fixture.arm32.open()
        #expect(data(file) == ["received 20000 4", "rx_pool 30000 512", "rx_ring 30200 64"])
        #expect(try place(file, 0x1_0000) == "poll_ring /src/driver.c:18")
        #expect(try place(file, 0x1_0012) == "refill (inlined in poll_ring) /src/driver.c:12")
        #expect(try place(file, 0x1_003E) == "_start /src/driver.c:25")
        #expect(try place(file, 0x1_004F) == "_start /src/driver.c:28")
        #expect(try place(file, 0x1_0050) == "nowhere")
        #expect(try place(file, 0xFFFF) == "nowhere")
    }

    @Test("64 bits, position-independent, DWARF 5, compressed, loaded anywhere")
    func aarch64() throws {
        for offset: UInt64 in [0, 0x4000_0000, 0 &- 0x1_0000, 0xFFFF_8000_0000_0000] {
            let file = try Fixture.aarch64.open(at: offset)
            let named = file.data.filter { $0.name.hasPrefix("r") }
            #expect(named.map(\.name) == ["received", "rx_pool", "rx_ring"])
            #expect(named.map { $0.address &- offset } == [0x3_0348, 0x3_0380, 0x3_0580])
            #expect(
                try place(file, 0x1_0250 &+ offset)
                    == "refill (inlined in poll_ring) /src/driver.c:12")
            #expect(try place(file, 0x1_0284 &+ offset) == "_start /src/driver.c:25")
            #expect(try place(file, 0x1_02B4 &+ offset) == "nowhere")
        }
    }

    @Test("Relocatable, big endian, DWARF 5: sections one after the other")
    func relocatable() throws {
        let file = try Fixture.bigEndian.open(at: 0x7F00_0000)
        #expect(
            data(file) == ["received 7f000070 4", "rx_pool 7f000080 512", "rx_ring 7f000280 64"])
        #expect(
            try place(file, 0x7F00_0020) == "refill (inlined in poll_ring) /src/driver.c:13")
        #expect(try place(file, 0x7F00_0040) == "_start /src/driver.c:25")
        #expect(try place(file, 0x7F00_0060) == "nowhere")
    }

    /// An executable whose debug information has other names: then it is nobody's DWARF.
    private func withoutDWARF() throws -> [UInt8] {
        var bytes = try Fixture.arm32.bytes
        let name = Array(".debug_".utf8)
        for place in bytes.indices where bytes[place...].starts(with: name) {
            bytes[place + 1] = 0x78
        }
        return bytes
    }

    @Test("Without debug information functions are named by symbols, and lines are not")
    func stripped() throws {
        let bytes = try withoutDWARF()
        let scratch = try ScratchFile()
        try scratch.write(bytes)
        let file = try ELFFile(path: scratch.path)
        #expect(try place(file, 0x1_0012) == "poll_ring ?")
        #expect(try place(file, 0x1_003E) == "_start ?")
        #expect(file.data.count == 3)
    }

    @Test("Without a table of sections nothing is named, and nothing is wrong")
    func sectionless() throws {
        var bytes = try Fixture.arm32.bytes
        for place in [32, 33, 34, 35, 48, 49, 50, 51] { bytes[place] = 0 }
        let scratch = try ScratchFile()
        try scratch.write(bytes)
        let file = try ELFFile(path: scratch.path)
        #expect(file.data.isEmpty)
        #expect(try file.place(of: 0x1_0012) == nil)
    }

    private func program(_ text: String) throws -> Program {
        try NativeParser.parse(Array("staleline 1\n\(text)".utf8), file: "sample.slt")
    }

    /// What stands behind each statement but the first.
    private func annotations(_ program: Program) -> [String] {
        program.statements.filter { if case .operation = $0.body { true } else { false } }.map {
            guard $0.annotation >= 0 else { return "-" }
            let own = program.annotations[Int($0.annotation)]
            return "\(own.function ?? "?") \(own.source.map { "\($0.file):\($0.line)" } ?? "?")"
        }
    }

    @Test("The trace's own words stay; a file fills in what is missing")
    func filled() throws {
        var program = try program(
            """
            ld 0x1000 4 @pc=10012 @fn=mine
            ld 0x1000 4 @pc=10012 @src=a.c:7
            ld 0x1000 4 @pc=10042
            ld 0x1000 4 @pc=90000
            ld 0x1000 4 @pc=10012 @fn=mine @src=a.c:7
            ld 0x1000 4
            dsb sy @pc=10042

            """)
        let result = try program.nameCode(from: [Fixture.arm32.open()])
        #expect(result.counters == 5)
        #expect(result.named == 4)
        #expect(
            annotations(program) == [
                "mine /src/driver.c:12", "refill (inlined in poll_ring) a.c:7",
                "_start /src/driver.c:27", "? ?", "mine a.c:7", "-", "_start /src/driver.c:27",
            ])
    }

    @Test("An access without a program counter belongs to its core's last fetch")
    func fetched() throws {
        var program = try program(
            """
            ld 0x1000 4
            fetch 0x10012 2
            ld 0x1000 4
            core1: ld 0x1000 4
            core1: fetch 0x10042 2
            st 0x1000 4
            core1: st 0x2000 4
            st 0x1000 4 @pc=10000
            dsb sy
            fetch 0x90000 4
            ld 0x1000 4

            """)
        _ = try program.nameCode(from: [Fixture.arm32.open()])
        let refill = "refill (inlined in poll_ring) /src/driver.c:12"
        let start = "_start /src/driver.c:27"
        #expect(
            annotations(program) == [
                "-", refill, refill, "-", start, refill, start, "poll_ring /src/driver.c:18", "-",
                "-", "-",
            ])
    }

    @Test("Of several files the first that knows a program counter names it")
    func several() throws {
        var program = try program("ld 0x1000 4 @pc=40010284\n")
        let files = [try Fixture.arm32.open(), try Fixture.aarch64.open(at: 0x4000_0000)]
        #expect(try program.nameCode(from: files).named == 1)
        #expect(annotations(program) == ["_start /src/driver.c:25"])
    }

    @Test("A stripped file does not hide the lines of the one with debug information")
    func separate() throws {
        let scratch = try ScratchFile()
        try scratch.write(try withoutDWARF())
        let files = [try ELFFile(path: scratch.path), try Fixture.arm32.open()]
        var program = try program("ld 0x1000 4 @pc=10042\n")
        var stripped = program
        #expect(try program.nameCode(from: files).named == 1)
        #expect(annotations(program) == ["_start /src/driver.c:27"])
        #expect(try stripped.nameCode(from: [files[0]]).named == 1)
        #expect(annotations(stripped) == ["_start ?"])
    }

    @Test(
        "A file and its offset",
        arguments: [
            ("vmlinux", "vmlinux", UInt64(0)), ("fw.elf@0x8000000", "fw.elf", 0x800_0000),
            ("fw.elf@8000000", "fw.elf", 0x800_0000),
            ("vmlinux@-0x60000000", "vmlinux", 0xFFFF_FFFF_A000_0000),
            ("me@home/fw.elf", "me@home/fw.elf", 0), ("me@home/fw.elf@10", "me@home/fw.elf", 16),
        ])
    func loaded(text: String, path: String, offset: UInt64) throws {
        let loaded = try #require(LoadedFile(parsing: text))
        #expect(loaded.path == path)
        #expect(loaded.offset == offset)
    }

    @Test(
        "What is no offset",
        arguments: ["", "a@", "a@0x", "a@-", "a@0xg", "a@11112222333344445", "@8000"])
    func unloaded(text: String) { #expect(LoadedFile(parsing: text) == nil) }
}
