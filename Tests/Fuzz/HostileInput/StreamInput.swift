import Experiments
import Operations

@testable import Traces

/// Formats that are read as streams.
enum StreamInput {
    /// The most lines of a sink that are read again.
    private static let longest = 1 << 20

    /// Decompresses a file, recognises it and reads it as what it is.
    static func recognise(_ bytes: [UInt8]) throws {
        let format = try TraceFormat.recognise(ByteSource(bytes: bytes, file: "input"))
        switch format.reader {
        case .program:
            let content = try ByteSource(bytes: bytes, file: "input").readAll(limit: 1 << 22)
            try format == .native ? NativeInput.text(content) : NativeInput.binary(content)
        default: try read(bytes, format)
        }
    }

    /// Reads a trace of a format in large pieces and in small ones, and converts it.
    static func read(_ bytes: [UInt8], _ format: TraceFormat) throws {
        let large = outcome(bytes, format, chunk: 1 << 20)
        let small = outcome(bytes, format, chunk: 61)
        try hold(
            large.words == small.words,
            "in pieces of 61 bytes it says '\(small.words)', else '\(large.words)'")
        if let error = large.error { throw error }
        try convert(bytes, format)
    }

    /// All that a reader says of a trace, and how it ended.
    private static func outcome(
        _ bytes: [UInt8], _ format: TraceFormat, chunk: Int
    ) -> (words: String, error: (any Error)?) {
        do {
            let source = try ByteSource(bytes: bytes, file: "input", chunkSize: chunk)
            return (try words(source, format), nil)
        } catch { return ("\(error)", error) }
    }

    private static func words(_ source: ByteSource, _ format: TraceFormat) throws -> String {
        switch format.reader {
        case .accesses:
            let reader = AccessReader(source, format: format)
            return try accesses(reader) + " \(reader.skipped)"
        case .recording:
            let reader = RecordingReader(source, format: format)
            var count = 0
            var hash: UInt64 = 0
            while case let batch = try reader.nextBatch(), !batch.isEmpty {
                for operation in batch {
                    hash =
                        hash &* 0x0100_0000_01B3
                        &+ UInt64(bitPattern: Int64("\(operation.action)".count))
                    count += 1
                }
            }
            return "\(count) \(hash) \(reader.recordCount) \(reader.skipped) \(reader.assumed)"
        case .samples:
            let reader = SampleReader(source, format: format)
            let statistics = try reader.statistics()
            return "\(statistics.records) \(statistics.levels) \(reader.skipped)"
        case .log:
            let reader = KernelLogReader(source)
            var count = 0
            while try reader.next() != nil { count += 1 }
            return "\(count) \(reader.counts) \(reader.unknownWords)"
        case .program: return ""
        }
    }

    private static func accesses(_ reader: any AccessSource) throws -> String {
        let block = UnsafeMutableBufferPointer<MemoryAccess>.allocate(capacity: 64)
        defer { block.deallocate() }
        var count = 0
        var hash: UInt64 = 0
        while case let more = try reader.read(into: block), more > 0 {
            for access in block[..<more] {
                hash = hash &* 0x0100_0000_01B3 &+ access.address ^ UInt64(access.size)
            }
            count += more
        }
        return "\(count) accesses, \(hash)"
    }

    /// Converts what was read to the native text, which has to be read again.
    private static func convert(_ bytes: [UInt8], _ format: TraceFormat) throws {
        let source = try ByteSource(bytes: bytes, file: "input")
        let sink = ByteSink()
        switch format.reader {
        case .recording:
            _ = try accesses(
                RecordingReader(ByteSource(bytes: bytes, file: "input"), format: format))
            _ = try RecordingStatements.write(
                RecordingReader(source, format: format), to: sink, isBinary: false)
        case .log:
            var conversion = LogConversion(LogConversion.Options())
            var stream = try NativeStream(to: sink, isBinary: false)
            try conversion.run(KernelLogReader(source)) { event, symbols in
                for part in event.parts {
                    do {
                        try stream.add(part.body, part.annotations, symbols: symbols)
                    } catch {
                        throw Contradiction("a converted call that the format refuses: \(error)")
                    }
                }
            }
            try stream.finish(symbols: conversion.symbols)
            try ModelInput.audit(bytes)
        default: return
        }
        guard sink.bytes.count < longest else { return }
        do { _ = try NativeParser.parse(sink.bytes, file: "converted") } catch {
            throw Contradiction("what was converted cannot be read: \(error)")
        }
    }
}
