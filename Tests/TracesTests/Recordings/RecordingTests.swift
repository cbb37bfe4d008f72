import Operations
import Quantities
import Testing

@testable import Traces

@Suite("Recordings")
struct RecordingTests {
    @Test(
        "each sample is recognised and has the records it must have",
        arguments: RecordingSamples.all)
    func counts(sample: Sample) {
        let (format, bytes) = (sample.format, sample.bytes)
        #expect(TraceFormat.recognise(Array(bytes.prefix(1 << 14))) == format)
        let result = recorded(bytes, format)
        #expect(result.faults.isEmpty)
        #expect(result.records == sample.records, "\(format.name)")
    }

    @Test("all chunk sizes give the same", arguments: RecordingSamples.all)
    func chunks(sample: Sample) {
        let (format, bytes) = (sample.format, sample.bytes)
        let whole = recorded(bytes, format)
        for chunk in [1, 2, 3, 7, 13, 64, 100] {
            #expect(recorded(bytes, format, chunk: chunk) == whole, "\(format.name), \(chunk)")
        }
    }

    @Test("compressed or not, the same", arguments: RecordingSamples.all)
    func compressed(sample: Sample) throws {
        let (format, bytes) = (sample.format, sample.bytes)
        for packed in [gzip(bytes), zstd(bytes), xz(bytes), lz4(bytes)] {
            let source = try ByteSource(bytes: packed, file: "t")
            #expect(try TraceFormat.recognise(source) == format)
            #expect(recorded(packed, format) == recorded(bytes, format))
        }
    }

    @Test(
        "each becomes a native trace that is read back the same, as text and as binary",
        arguments: RecordingSamples.all)
    func roundTrip(sample: Sample) throws {
        let (format, bytes) = (sample.format, sample.bytes)
        func written(_ isBinary: Bool) throws -> [UInt8] {
            let reader = RecordingReader(try ByteSource(bytes: bytes, file: "t"), format: format)
            let sink = ByteSink()
            let (count, _) = try RecordingStatements.write(reader, to: sink, isBinary: isBinary)
            #expect(count > 0)
            return sink.bytes
        }
        let text = try written(false)
        let program = try NativeParser.parse(text, file: "t.slt")
        #expect(try NativeWriter.write(program) == text)
        let binary = try BinaryReader.read(try written(true), file: "t.sltb")
        #expect(try NativeWriter.write(binary) == text)

        let reader = RecordingReader(try ByteSource(bytes: bytes, file: "t"), format: format)
        let (whole, _) = try RecordingStatements.program(reader)
        #expect(try NativeWriter.write(whole) == text)
    }

    @Test("a stream of accesses has the same accesses", arguments: RecordingSamples.all)
    func accesses(sample: Sample) throws {
        let (format, bytes) = (sample.format, sample.bytes)
        let reader = RecordingReader(try ByteSource(bytes: bytes, file: "t"), format: format)
        let block = UnsafeMutableBufferPointer<MemoryAccess>.allocate(capacity: 3)
        defer { block.deallocate() }
        var found: [MemoryAccess] = []
        while true {
            let count = try reader.read(into: block)
            if count == 0 { break }
            found += block[..<count]
        }
        let plain = found.filter { $0.kind != .copyBack && $0.kind != .invalidate }
        let expected = recorded(bytes, format).operations.compactMap { operation in
            if case .access(let access) = operation.action { access } else { nil }
        }
        #expect(plain == expected)
    }

    @Test("no records are an error", arguments: TraceFormat.allCases.filter(\.isRecording))
    func empty(format: TraceFormat) {
        #expect(recorded("", format).faults.map(\.expected) == ["at least one"])
    }

    @Test("an error comes again at every call")
    func again() throws {
        let source = try ByteSource(bytes: Array("0 R x 4\n".utf8), file: "t")
        let reader = RecordingReader(source, format: .prospero)
        let first = #expect(throws: TraceErrors.self) { try reader.nextBatch() }
        let second = #expect(throws: TraceErrors.self) { try reader.nextBatch() }
        #expect(first == second)
        #expect(
            first?.description == "t:1:5: found 'x', expected an address in decimal")
    }

    @Test("cores have the numbers that their names say, others the lowest that is free")
    func coreNumbers() throws {
        var numbers = CoreNumbers()
        func number(_ name: String) throws(LineFault) -> Int {
            try numbers.number(of: Array(name.utf8), column: 1).index
        }
        #expect(try number("cpu1") == 1)
        #expect(try number("big") == 0)
        #expect(try number("system.cpu1.data") == 2)
        #expect(try number("cpu1") == 1)
        #expect(try number("cpu77") == 3)
        #expect(numbers.renamed == ["core0 is big", "core2 is system.cpu1.data", "core3 is cpu77"])
        for name in ["a", "b", "c", "d"] { _ = try number(name) }
        #expect(throws: LineFault.self) { try number("e") }
    }
}
