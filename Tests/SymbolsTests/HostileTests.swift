import Quantities
import Symbols
import Testing
import Traces

/// Files that are no ELF files, cut short or damaged: an error with its place, or names, and never a crash.
@Suite("Damaged ELF files")
struct HostileTests {
    @Test("What is no ELF file is refused at the first wrong byte")
    func noELF() throws {
        let scratch = try ScratchFile()
        let fault = try #require(try scratch.fault(of: "staleline 1\n".utf8))
        #expect(fault.file == scratch.path)
        #expect(fault.byte == 0)
        #expect(fault.found == "0x73")
        #expect(fault.expected.contains("7f 45 4c 46"))
        #expect(try scratch.fault(of: [])?.found == "the end of the file")
        #expect(try scratch.fault(of: [0x7F, 0x45, 0x4C, 0x47])?.byte == 3)
    }

    @Test("A missing file, a folder and a device are refused")
    func unreadable() throws {
        for path in ["/nonexistent.elf", "/tmp", "/dev/null"] {
            #expect(throws: TraceErrors.self) { _ = try ELFFile(path: path) }
        }
    }

    @Test("A wrong field of the header is named by its byte", arguments: Fixture.allCases)
    func header(_ fixture: Fixture) throws {
        let scratch = try ScratchFile()
        let good = try fixture.bytes
        let entrySize = fixture.is64 ? 58 : 46
        for byte in [4, 5, 6, 16, entrySize] {
            var bytes = good
            bytes[byte] = 9
            if byte == 16 { bytes[17] = 9 }
            let fault = try #require(try scratch.fault(of: bytes), "byte \(byte)")
            #expect(fault.byte == UInt64(byte))
            #expect(!fault.expected.isEmpty)
        }
    }

    @Test("A section beyond the end is named by its header's byte", arguments: Fixture.allCases)
    func section(_ fixture: Fixture) throws {
        let scratch = try ScratchFile()
        var bytes = try fixture.bytes
        let table = fixture.number(bytes, fixture.is64 ? 40 : 32, fixture.is64 ? 8 : 4)
        // The second section: the first is empty by rule.
        let field = table + (fixture.is64 ? 64 + 24 : 40 + 16)
        bytes[field + (fixture == .bigEndian ? 0 : 3)] = 0x7F
        let fault = try #require(try scratch.fault(of: bytes))
        #expect(fault.byte == UInt64(field))
        #expect(fault.found.hasPrefix("section 1 "))
    }

    @Test(
        "A file cut at any byte is refused, and the error says where it ends",
        arguments: Fixture.allCases)
    func truncated(_ fixture: Fixture) throws {
        let scratch = try ScratchFile()
        let good = try fixture.bytes
        for length in 0..<good.count {
            let fault = try #require(try scratch.fault(of: good.prefix(length)), "\(length) bytes")
            #expect(fault.byte != nil, "\(length) bytes")
        }
        #expect(try scratch.fault(of: good) == nil)
    }

    @Test("A damaged file gives names or an error", arguments: Fixture.allCases)
    func mutated(_ fixture: Fixture) throws {
        let scratch = try ScratchFile()
        let good = try fixture.bytes
        let seed: UInt64 = 20_261_127
        var random = SplitMix64(seed: seed)
        var refused = 0
        var read = 0
        for round in 0..<1_500 {
            var bytes = good
            // Every third case in the ELF header, the others anywhere.
            let limit = round % 3 == 0 ? 64 : bytes.count
            for _ in 0...random.next() % 4 {
                let place = Int(random.next() % UInt64(limit))
                bytes[place] =
                    random.next() % 4 == 0 ? 0xFF : UInt8(truncatingIfNeeded: random.next())
            }
            try scratch.write(bytes)
            do {
                let file = try ELFFile(path: scratch.path)
                for counter in stride(from: UInt64(0), to: 0x200, by: 4) {
                    for base: UInt64 in [0, 0x1_0000, 0x1_0200] {
                        _ = try file.place(of: base + counter)
                    }
                }
                read += 1
            } catch {
                #expect(error.errors.first?.file == scratch.path, "seed \(seed), round \(round)")
                refused += 1
            }
        }
        #expect(refused > 50 && read > 50, "seed \(seed): \(refused) refused, \(read) read")
    }
}
