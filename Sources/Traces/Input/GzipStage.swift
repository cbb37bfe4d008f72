import CZlib

/// Decompresses gzip, any number of members one after the other.
final class GzipStage: ByteStage {
    private let input: InputBuffer
    private let file: String
    // zlib keeps the address of its stream, so the stream must not move.
    private let stream: UnsafeMutablePointer<z_stream>
    private var isInMember = false

    init(_ input: InputBuffer, file: String) throws(TraceErrors) {
        self.input = input
        self.file = file
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 15: the largest window. 32: the header says whether it is gzip or zlib.
        let status = inflateInit2_(
            stream, 15 + 32, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else {
            throw fault("no memory to decompress gzip (\(message(status)))", "32 KiB of memory")
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    func read(into target: UnsafeMutableRawBufferPointer) throws(TraceErrors) -> Int {
        while true {
            if !isInMember {
                guard try nextMember() else { return 0 }
            }
            // zlib may hold output back after the last byte of input: ask it before more is read.
            let produced = try inflateOnce(into: target)
            if produced > 0 { return produced }
            guard isInMember, input.available.isEmpty else { continue }
            guard try input.fill(atLeast: 1) else {
                throw fault("the end of the file inside gzip data", "the rest of the gzip data")
            }
        }
    }

    /// Begins the next member; false at the end of the input.
    private func nextMember() throws(TraceErrors) -> Bool {
        guard try input.fill(atLeast: 1) else { return false }
        _ = try input.fill(atLeast: 2)
        guard input.available.starts(with: [0x1F, 0x8B]) else {
            throw fault("other bytes after gzip data", "a gzip member or the end of the file")
        }
        inflateReset(stream)
        isInMember = true
        return true
    }

    private func inflateOnce(into target: UnsafeMutableRawBufferPointer) throws(TraceErrors) -> Int
    {
        let available = input.available
        let room = UInt32(min(target.count, 1 << 30))
        stream.pointee.next_in = UnsafeMutablePointer(
            mutating: available.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(available.count)
        stream.pointee.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = room
        let status = inflate(stream, Z_NO_FLUSH)
        input.consume(available.count - Int(stream.pointee.avail_in))
        switch status {
        case Z_OK, Z_BUF_ERROR: break
        case Z_STREAM_END: isInMember = false
        default: throw fault("damaged gzip data (\(message(status)))", "gzip data")
        }
        return Int(room - stream.pointee.avail_out)
    }

    private func message(_ status: Int32) -> String {
        stream.pointee.msg.map { String(cString: $0) } ?? "zlib error \(status)"
    }

    private func fault(_ found: String, _ expected: String) -> TraceErrors {
        TraceErrors([
            TraceError(file: file, byte: input.offset, found: found, expected: expected)
        ])
    }
}
