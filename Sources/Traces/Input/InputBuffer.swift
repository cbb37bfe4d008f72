import Quantities

/// Looks ahead into a stage: what a decompressor takes its input from, and how content is recognised.
final class InputBuffer: ByteStage {
    private let upstream: any ByteStage
    private let storage: OwnedBuffer<UInt8>
    private var start = 0
    private var end = 0
    private var atEnd = false

    /// How many bytes were taken so far: the place in the stage's data, for errors.
    private(set) var offset: UInt64 = 0

    init(_ upstream: any ByteStage, capacity: Int) {
        self.upstream = upstream
        storage = OwnedBuffer(repeating: 0, count: capacity)
    }

    /// The bytes that are there now; valid until the next call.
    var available: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: storage.base + start, count: end - start)
    }

    /// Takes bytes away from the front.
    func consume(_ count: Int) {
        assert(count <= end - start, "more taken than there is")
        start += count
        offset &+= UInt64(count)
    }

    /// Reads until `count` bytes are available or the input ends.
    ///
    /// - Returns: whether `count` bytes are available.
    func fill(atLeast count: Int) throws(TraceErrors) -> Bool {
        precondition(count <= storage.count, "a look-ahead fits the buffer")
        if end - start >= count { return true }
        if start > 0 {
            storage.base.update(from: storage.base + start, count: end - start)
            end -= start
            start = 0
        }
        while end < count, !atEnd {
            let room = UnsafeMutableRawBufferPointer(
                start: storage.base + end, count: storage.count - end)
            let received = try upstream.read(into: room)
            if received == 0 { atEnd = true }
            end += received
        }
        return end >= count
    }

    func read(into target: UnsafeMutableRawBufferPointer) throws(TraceErrors) -> Int {
        if start == end {
            // Nothing looked at: no detour through this buffer.
            if atEnd { return 0 }
            let count = try upstream.read(into: target)
            if count == 0 { atEnd = true }
            offset &+= UInt64(count)
            return count
        }
        let count = min(target.count, end - start)
        target.copyMemory(from: UnsafeRawBufferPointer(rebasing: available[..<count]))
        consume(count)
        return count
    }
}
