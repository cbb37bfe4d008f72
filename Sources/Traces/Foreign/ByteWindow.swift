import Glibc
import Quantities

/// The part of a source that is being parsed; what a chunk cuts in two is carried over to the next.
final class ByteWindow {
    private static let capacity = 1 << 18

    private let source: ByteSource
    private let storage: OwnedBuffer<UInt8>
    private var start = 0
    private var end = 0
    private var isAtEnd = false
    // The length of the line at the front, and whether a newline ends it.
    private var lineLength = 0
    private var hasNewline = false

    /// How many bytes were taken since the beginning.
    private(set) var taken: UInt64 = 0

    init(_ source: ByteSource) {
        self.source = source
        storage = OwnedBuffer(repeating: 0, count: Self.capacity + HexWord.slack)
    }

    /// The bytes that wait; ``HexWord/slack`` more than ``count`` are readable.
    var base: UnsafePointer<UInt8> { UnsafePointer(storage.base + start) }

    /// How many bytes wait.
    var count: Int { end - start }

    /// Takes bytes away from the front.
    func take(_ bytes: Int) {
        assert(bytes <= count, "more taken than there is")
        start += bytes
        taken &+= UInt64(bytes)
    }

    /// Waits for `bytes` bytes.
    ///
    /// - Returns: false if the source ends before.
    func hold(_ bytes: Int) throws(TraceErrors) -> Bool {
        while count < bytes, !isAtEnd { try refill() }
        return count >= bytes
    }

    /// Waits for a whole line; at the end of the source it may lack its newline.
    ///
    /// - Returns: false at the end of the source, where nothing waits, and if the line is longer than `limit`.
    func holdLine(limit: Int) throws(TraceErrors) -> Bool {
        var known = 0
        while true {
            if let found = memchr(base + known, 0x0A, count - known) {
                lineLength = UnsafeRawPointer(found) - UnsafeRawPointer(base)
                hasNewline = true
                return line.count <= limit
            }
            known = count
            // The carriage return does not count.
            if isAtEnd || known > limit + 1 { break }
            try refill()
        }
        lineLength = count
        hasNewline = false
        return count > 0 && line.count <= limit
    }

    /// The line that ``holdLine(limit:)`` found, without newline and carriage return.
    var line: UnsafeBufferPointer<UInt8> {
        LineCursor.withoutLineEnd(UnsafeBufferPointer(start: base, count: lineLength))
    }

    /// Takes that line away.
    func takeLine() { take(lineLength + (hasNewline ? 1 : 0)) }

    /// Moves what waits to the front and reads more behind it.
    private func refill() throws(TraceErrors) {
        if start > 0 {
            storage.base.update(from: storage.base + start, count: count)
            end -= start
            start = 0
        }
        let room = UnsafeMutableRawBufferPointer(
            start: storage.base + end, count: Self.capacity - end)
        let received = try source.read(into: room)
        if received == 0 { isAtEnd = true }
        end += received
    }
}
