import Operations
import Testing

@testable import Traces

@Suite("Access reader")
struct AccessReaderTests {
    @Test("an empty input is an error", arguments: TraceFormat.allCases.filter(\.isAccessStream))
    func empty(format: TraceFormat) {
        #expect(
            reading("", format).faults == [
                TraceError(file: "t", found: "no records", expected: "at least one access")
            ])
    }

    @Test("lines are counted across chunks", arguments: [1000, 1 << 20])
    func linesAcrossChunks(chunk: Int) {
        let good = String(repeating: "r 40800930 4\n", count: 100_000)
        let result = reading(good + "r 1 x\n", .extendedDin, chunk: chunk)
        #expect(result.faults.map(\.line) == [100_001])
        #expect(result.records == 100_000)
    }

    @Test("reading stops after 20 faults")
    func faultLimit() {
        let result = reading(String(repeating: "r 1 4\n?\n", count: 100), .extendedDin)
        #expect(result.faults.map(\.line) == Array(stride(from: 2, through: 40, by: 2)))
    }

    @Test("a lonely fault does not cost the reading of the rest")
    func lookAhead() throws {
        let good = String(repeating: "r 40800930 4\n", count: 3 << 20)
        let source = try ByteSource(bytes: Array(("?\n" + good + "?\n").utf8), file: "t")
        let reader = AccessReader(source, format: .extendedDin)
        let block = UnsafeMutableBufferPointer<MemoryAccess>.allocate(capacity: 4096)
        defer { block.deallocate() }
        #expect(throws: TraceErrors.self) { try reader.read(into: block) }
        #expect(reader.recordCount < 2 << 20)
    }

    @Test("faults come again at every call")
    func failsAgain() throws {
        let source = try ByteSource(bytes: Array("?\n".utf8), file: "t")
        let reader = AccessReader(source, format: .din)
        let block = UnsafeMutableBufferPointer<MemoryAccess>.allocate(capacity: 16)
        defer { block.deallocate() }
        let first = #expect(throws: TraceErrors.self) { try reader.read(into: block) }
        let second = #expect(throws: TraceErrors.self) { try reader.read(into: block) }
        #expect(first == second)
        #expect(first?.errors.count == 1)
    }

    @Test("a line of 4096 bytes is permitted, one more is not", arguments: [7, 1 << 20])
    func lineLength(chunk: Int) {
        let start = "r 1 4 "
        for end in ["", "\r\n", "\n", "\n" + String(repeating: "w 1 1\n", count: 2000)] {
            let longest = start + String(repeating: "x", count: 4096 - start.utf8.count)
            #expect(reading(longest + end, .extendedDin, chunk: chunk).faults.isEmpty)
            #expect(
                reading("r 1 4\n" + longest + "x" + end, .extendedDin, chunk: chunk).faults == [
                    TraceError(
                        file: "t", line: 2, found: "a line of more than 4096 bytes",
                        expected: "a line of text")
                ])
        }
    }

    @Test("a file without lines is refused early")
    func noLines() {
        let result = reading([UInt8](repeating: 0, count: 1 << 20), .extendedDin)
        #expect(result.faults.map(\.found) == ["a line of more than 4096 bytes"])
    }

    @Test(
        "excerpts of real traces",
        arguments: [
            ("gzip-x86.lackey", TraceFormat.lackey, 2000),
            ("gzip-x86.id.xdin", .extendedDin, 2000),
            ("matmul-arm32.d.xdin", .extendedDin, 2000),
            ("minigzip-arm32.id.xdin", .extendedDin, 2000),
        ])
    func excerpts(name: String, format: TraceFormat, records: UInt64) throws {
        var readings: [Reading] = []
        for (ending, layer) in [("gz", Compression.gzip), ("zst", .zstd)] {
            let source = try ByteSource(path: dataFolder + name + "." + ending)
            #expect(source.compression == [layer])
            #expect(try TraceFormat.recognise(source) == format)
            readings.append(reading(try source.readAll(limit: 1 << 20), format, chunk: 100))
        }
        #expect(readings[0] == readings[1])
        #expect(readings[0].records == records)
        #expect(readings[0].faults.isEmpty)
    }

    @Test("the lackey trace and its extended din twin are the same accesses")
    func twins() throws {
        let lackey = try ByteSource(path: dataFolder + "gzip-x86.lackey.zst")
        let din = try ByteSource(path: dataFolder + "gzip-x86.id.xdin.zst")
        let left = reading(try lackey.readAll(limit: 1 << 20), .lackey).accesses
        let right = reading(try din.readAll(limit: 1 << 20), .extendedDin).accesses
        #expect(left.prefix(2000) == right.prefix(2000))
    }
}
