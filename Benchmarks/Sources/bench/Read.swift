import Operations
import Traces

/// Reads a trace from disk and counts, and nothing else.
enum Read {
    /// Reads a trace several times.
    ///
    /// - Returns: the median of the rates, in million records for each second of processor time, and the records.
    static func rate(_ path: String, rounds: Int) throws -> (rate: Double, records: UInt64) {
        var rates: [Double] = []
        var records: UInt64 = 0
        for _ in 0..<rounds {
            let seconds = try processorSeconds { records = try count(path) }
            rates.append(Double(records) / seconds / 1e6)
        }
        return (rates.sorted()[rounds / 2], records)
    }

    private static func count(_ path: String) throws -> UInt64 {
        let source = try ByteSource(path: path)
        let format = try TraceFormat.recognise(source)
        if format.isRecording {
            let reader = RecordingReader(source, format: format)
            while try !reader.nextBatch().isEmpty {}
            return reader.recordCount
        }
        let reader = AccessReader(source, format: format)
        let block = UnsafeMutableBufferPointer<MemoryAccess>.allocate(
            capacity: AccessReader.blockSize)
        defer { block.deallocate() }
        while try reader.read(into: block) > 0 {}
        return reader.recordCount
    }
}
