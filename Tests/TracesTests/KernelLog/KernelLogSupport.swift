@testable import Traces

/// An event with the lists that the reader had for it.
struct LoggedEvent {
    var event: KernelLogEvent
    var dmaAddresses: [UInt64]
    var sizes: [UInt64]
    var physicalAddresses: [UInt64]
    var device: String
}

/// What a log gave.
struct LogReading {
    var events: [LoggedEvent] = []
    var counts: [String: UInt64] = [:]
    var functions: [String] = []
    var unknownWords: [String] = []
    var lines: UInt64 = 0
    var faults: [TraceError] = []
}

/// Reads a whole log.
func logReading(_ text: String, chunk: Int = 1 << 20) -> LogReading {
    var result = LogReading()
    do throws(TraceErrors) {
        let reader = KernelLogReader(
            try ByteSource(bytes: Array(text.utf8), file: "t", chunkSize: chunk))
        defer {
            for (kind, _, count) in reader.counts { result.counts[kind] = count }
            result.functions = reader.functions
            result.unknownWords = reader.unknownWords.map(\.word)
            result.lines = reader.lineCount
        }
        while let event = try reader.next() {
            result.events.append(
                LoggedEvent(
                    event: event, dmaAddresses: reader.dmaAddresses, sizes: reader.sizes,
                    physicalAddresses: reader.physicalAddresses,
                    device: event.device < 0 ? "" : reader.devices[Int(event.device)]))
        }
    } catch {
        result.faults = error.errors
    }
    return result
}
