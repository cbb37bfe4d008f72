import Operations
import Testing

@testable import Traces

/// Excerpts of real traces, put into every format that can hold them, are the same accesses.
@Suite("The same trace in many formats")
struct SameTraceTests {
    private static let names = [
        "gzip-x86.lackey", "gzip-x86.id.xdin", "matmul-arm32.d.xdin", "minigzip-arm32.id.xdin",
    ]

    /// The accesses of an excerpt, as its own format gives them.
    private func excerpt(_ name: String) throws -> [MemoryAccess] {
        let source = try ByteSource(path: dataFolder + name + ".zst")
        let format = try TraceFormat.recognise(source)
        return reading(try source.readAll(limit: 1 << 20), format).accesses
    }

    /// A load, a store and a fetch as some format's words.
    private func word(_ access: MemoryAccess, _ words: (String, String, String)) -> String {
        access.kind == .load ? words.0 : access.kind == .store ? words.1 : words.2
    }

    private func text(_ accesses: [MemoryAccess], _ line: (MemoryAccess) -> String) -> [UInt8] {
        Array(accesses.map { line($0) + "\n" }.joined().utf8)
    }

    private func hex(_ access: MemoryAccess) -> String { String(access.address, radix: 16) }

    private func data(_ bytes: [UInt8], _ format: TraceFormat) throws -> [MemoryAccess] {
        #expect(try TraceFormat.recognise(ByteSource(bytes: bytes, file: "t")) == format)
        let result = recorded(bytes, format)
        #expect(result.faults.isEmpty, "\(format.name)")
        return result.operations.compactMap {
            if case .access(let access) = $0.action { access } else { nil }
        }
    }

    @Test("lackey, extended din, CSV, native text and binary", arguments: names)
    func all(name: String) throws {
        let accesses = try excerpt(name)
        #expect(accesses.count > 1900)
        for format in AccessWriter.formats {
            let sink = ByteSink()
            let writer = AccessWriter(to: sink, format: format)
            try accesses.withUnsafeBufferPointer { try writer.write($0) }
            try writer.finish()
            #expect(reading(sink.bytes, format).accesses == accesses, "\(format.name)")
        }
        let csv = text(accesses) {
            "\(word($0, ("r", "w", "i"))),0x\(hex($0)),\($0.size)"
        }
        #expect(try data(Array("kind,address,size\n".utf8) + csv, .csv) == accesses)

        var program = Program()
        program.statements = accesses.enumerated().map {
            Statement(
                .operation($0.element.agent, NativeAccess.operation($0.element)),
                line: UInt32($0.offset + 2))
        }
        let native = try NativeParser.parse(try NativeWriter.write(program), file: "t")
        let binary = try BinaryAccessReader(try BinaryWriter.write(program), file: "t")
        let block = UnsafeMutableBufferPointer<MemoryAccess>.allocate(capacity: accesses.count + 2)
        defer { block.deallocate() }
        var found: [MemoryAccess] = []
        while case let count = try binary.read(into: block), count > 0 { found += block[..<count] }
        #expect(found == accesses)
        #expect(native.statements.map(\.body) == program.statements.map(\.body))
    }

    @Test("drmemtrace, gem5 and Tarmac, which have fetches", arguments: names)
    func withFetches(name: String) throws {
        let accesses = try excerpt(name)
        var file = bytes(UInt16(25), 0) + bytes(UInt64(6))
        for access in accesses {
            let type: UInt16 = access.kind == .load ? 0 : access.kind == .store ? 1 : 10
            file += bytes(type, UInt16(access.size)) + bytes(access.address)
        }
        #expect(try data(file, .drmemtrace) == accesses)

        let view = text(accesses) {
            let kind = word($0, ("read", "write", "ifetch"))
            return "  1  0:  7 \(kind)  \($0.size) byte(s) @ 0x\(hex($0)) by PC 0x10"
        }
        #expect(try data(view, .drmemtraceText) == accesses)

        let packets = accesses.enumerated().map { place, access -> [UInt64] in
            [
                UInt64(place), access.kind == .store ? 4 : 1, access.address, UInt64(access.size),
                access.kind == .fetch ? 0x100 : 0,
            ]
        }
        #expect(try data(RecordingSamples.gem5(packets, names: []), .gem5) == accesses)
    }

    @Test("SST Prospero and Renode, which have no fetches of their own", arguments: names)
    func withoutFetches(name: String) throws {
        let accesses = try excerpt(name).filter { $0.kind != .fetch }
        let prospero = text(accesses) {
            "0 \(word($0, ("R", "W", ""))) \($0.address) \($0.size)"
        }
        #expect(try data(prospero, .prospero) == accesses)
        var binary: [UInt8] = []
        for access in accesses {
            binary += bytes(UInt64(0))
            binary.append(UInt8(ascii: access.kind == .load ? "R" : "W"))
            binary += bytes(access.address)
            binary += bytes(access.size)
        }
        #expect(try data(binary, .prosperoBinary) == accesses)
        // Renode has no sizes.
        let renode = text(accesses) {
            "Memory\(word($0, ("Read", "Write", ""))) with address 0x\(hex($0)), value 0x0"
        }
        #expect(try data(renode, .renode).map(\.address) == accesses.map(\.address))
        // Tarmac has the sizes of registers.
        let fitting = accesses.filter { [1, 2, 4, 8, 16].contains($0.size) }
        let tarmac = text(fitting) {
            "1 clk M\(word($0, ("R", "W", "")))\($0.size) \(hex($0)) 00"
        }
        #expect(try data(tarmac, .tarmac) == fitting)
    }
}
