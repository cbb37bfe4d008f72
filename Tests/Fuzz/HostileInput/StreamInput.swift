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
            var all = Digest()
            while case let batch = try reader.nextBatch(), !batch.isEmpty {
                for operation in batch { all.add("\(operation)".utf8) }
            }
            return
                "\(all) \(reader.recordCount) \(reader.skipped) \(reader.assumed) \(reader.deviceNames) \(reader.memoryNames)"
        case .samples:
            let reader = SampleReader(source, format: format)
            let statistics = try reader.statistics()
            return "\(statistics) \(reader.skipped)"
        case .log:
            let reader = KernelLogReader(source)
            var all = Digest()
            while let event = try reader.next() {
                all.add(numbers(event))
                for list in [reader.dmaAddresses, reader.sizes, reader.physicalAddresses] {
                    all.add(list)
                }
            }
            return
                "\(all) \(reader.counts) \(reader.unknownWords) \(reader.devices) \(reader.functions)"
        case .program: return ""
        }
    }

    /// All that an event says, but for its lists.
    private static func numbers(_ event: KernelLogEvent) -> [UInt64] {
        let flags = [event.isPhysical, event.isNull, event.isTruncated, event.time != nil]
        let signed = [Int(event.core), Int(event.device), Int(event.function)]
        return [
            UInt64(event.kind.rawValue), event.line, event.time ?? 0,
            event.direction.map { UInt64($0.rawValue) } ?? .max, UInt64(event.attributes.rawValue),
            event.dmaAddress, event.physicalAddress, event.size, UInt64(event.entries),
            UInt64(event.segments), event.count,
        ] + signed.map { UInt64(bitPattern: Int64($0)) } + flags.map { $0 ? 1 : 0 }
    }

    private static func accesses(_ reader: any AccessSource) throws -> String {
        let block = UnsafeMutableBufferPointer<MemoryAccess>.allocate(capacity: 64)
        defer { block.deallocate() }
        var all = Digest()
        while case let more = try reader.read(into: block), more > 0 {
            for access in block[..<more] { withUnsafeBytes(of: access) { all.add($0) } }
        }
        return "\(all)"
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

/// How many things were read, and a hash (FNV-1a) of all that they say.
private struct Digest: CustomStringConvertible {
    private var count = 0
    private var hash: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func add(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { mix(UInt64(byte)) }
        count += 1
    }

    mutating func add(_ numbers: [UInt64]) {
        // How many there are keeps lists apart that are one behind the other.
        mix(UInt64(numbers.count))
        for number in numbers { mix(number) }
        count += 1
    }

    private mutating func mix(_ number: UInt64) {
        hash = (hash ^ number) &* 0x0100_0000_01B3
        // The multiplication carries nothing downwards.
        hash ^= hash >> 32
    }

    var description: String { "\(count) of \(hash)" }
}
