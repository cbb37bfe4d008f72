import Operations

@testable import Traces

/// What a reader of recordings gave.
struct Recorded: Equatable {
    var operations: [RecordedOperation] = []
    var records: UInt64 = 0
    var skipped: [String: UInt64] = [:]
    var assumed: [String: UInt64] = [:]
    var coreNames: [String] = []
    var devices: [String] = []
    var timeUnit = ""
    var faults: [TraceError] = []

    /// The accesses alone, as `ld 10 4`.
    var accesses: [String] {
        operations.compactMap {
            guard case .access(let access) = $0.action else { return nil }
            return "\(access.kind) \(String(access.address, radix: 16)) \(access.size)"
        }
    }
}

/// Reads everything; the chunk size is the test's choice.
func recorded(
    _ bytes: [UInt8], _ format: TraceFormat, chunk: Int = 1 << 20,
    options: RecordingOptions = RecordingOptions()
) -> Recorded {
    var result = Recorded()
    do throws(TraceErrors) {
        let source = try ByteSource(bytes: bytes, file: "t", chunkSize: chunk)
        let reader = RecordingReader(source, format: format, options: options)
        defer {
            result.records = reader.recordCount
            for (kind, count) in reader.skipped { result.skipped[kind] = count }
            for (kind, count) in reader.assumed { result.assumed[kind] = count }
            result.coreNames = reader.coreNames
            result.devices = reader.deviceNames
            result.timeUnit = reader.timeUnit
        }
        while true {
            let batch = try reader.nextBatch()
            if batch.isEmpty { break }
            result.operations += batch
        }
    } catch {
        result.faults = error.errors
    }
    return result
}

func recorded(
    _ text: String, _ format: TraceFormat, chunk: Int = 1 << 20,
    options: RecordingOptions = RecordingOptions()
) -> Recorded {
    recorded(Array(text.utf8), format, chunk: chunk, options: options)
}

/// The native text of a recording, without its header, one statement each.
func native(
    _ bytes: [UInt8], _ format: TraceFormat, options: RecordingOptions = RecordingOptions()
) throws -> [String] {
    let source = try ByteSource(bytes: bytes, file: "t")
    let reader = RecordingReader(source, format: format, options: options)
    let sink = ByteSink()
    _ = try RecordingStatements.write(reader, to: sink, isBinary: false)
    return String(decoding: sink.bytes, as: UTF8.self).split(separator: "\n").dropFirst()
        .map(String.init)
}

func native(
    _ text: String, _ format: TraceFormat, options: RecordingOptions = RecordingOptions()
) throws -> [String] {
    try native(Array(text.utf8), format, options: options)
}

/// Numbers, least significant byte first.
func bytes<T: FixedWidthInteger>(_ values: T...) -> [UInt8] {
    values.flatMap { value in
        (0..<MemoryLayout<T>.size).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }
}
