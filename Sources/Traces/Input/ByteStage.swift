/// One step of the way from a file to its content: a descriptor, bytes in memory, a decompressor.
protocol ByteStage: AnyObject {
    /// Writes the next bytes into `target`, which is not empty.
    ///
    /// - Returns: how many bytes were written; 0 only at the end.
    func read(into target: UnsafeMutableRawBufferPointer) throws(TraceErrors) -> Int
}

/// Bytes that are in memory already.
final class MemoryStage: ByteStage {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func read(into target: UnsafeMutableRawBufferPointer) throws(TraceErrors) -> Int {
        let count = min(target.count, bytes.count - position)
        target.copyBytes(from: bytes[position..<position + count])
        position += count
        return count
    }
}

/// At most `limit` bytes at a time from another stage.
///
/// Tests set small limits, so that every construct of a format falls on a border of chunks.
final class LimitedStage: ByteStage {
    private let upstream: any ByteStage
    private let limit: Int

    init(_ upstream: any ByteStage, limit: Int) {
        precondition(limit > 0, "a chunk has bytes")
        self.upstream = upstream
        self.limit = limit
    }

    func read(into target: UnsafeMutableRawBufferPointer) throws(TraceErrors) -> Int {
        guard target.count > limit else { return try upstream.read(into: target) }
        return try upstream.read(into: UnsafeMutableRawBufferPointer(rebasing: target[..<limit]))
    }
}
