import CZlib

/// Decompresses gzip, any number of members one after the other.
final class GzipStage: DecompressingStage {
    // zlib keeps the address of its stream, so the stream must not move.
    private let stream: UnsafeMutablePointer<z_stream>

    init(_ input: InputBuffer, file: String) throws(TraceErrors) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        super.init(input, file: file, .gzip)
        // 15: the largest window. 32: the header says whether it is gzip or zlib.
        let status = inflateInit2_(
            stream, 15 + 32, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else { throw Self.noMemory(file, .gzip) }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    override func beginFrame() throws(TraceErrors) {
        _ = try input.fill(atLeast: 2)
        guard input.available.starts(with: [0x1F, 0x8B]) else {
            throw fault("other bytes after gzip data", "a gzip member or the end of the file")
        }
        inflateReset(stream)
    }

    override func step(
        into target: UnsafeMutableRawBufferPointer, isLast: Bool
    ) throws(TraceErrors) -> Int {
        let available = input.available
        let room = UInt32(min(target.count, 1 << 30))
        stream.pointee.next_in = UnsafeMutablePointer(
            mutating: available.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(available.count)
        stream.pointee.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = room
        let status = inflate(stream, Z_NO_FLUSH)
        input.consume(available.count - Int(stream.pointee.avail_in))
        let produced = Int(room - stream.pointee.avail_out)
        switch status {
        case Z_OK, Z_BUF_ERROR: break
        case Z_STREAM_END: isInFrame = false
        default:
            let reason = stream.pointee.msg.map { String(cString: $0) } ?? "zlib error \(status)"
            return try fail(
                fault("damaged gzip data (\(reason))", "gzip data"), behind: produced)
        }
        return produced
    }
}
