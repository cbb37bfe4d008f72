import CLzma

/// Decompresses xz, any number of streams one after the other.
final class XzStage: ByteStage {
    /// Streams that ask for more memory are refused: `xz -9` needs 65 MiB.
    static let memoryLimit: UInt64 = 160 << 20

    private let input: InputBuffer
    private let file: String
    // liblzma keeps the address of its stream, so the stream must not move.
    private let stream: UnsafeMutablePointer<lzma_stream>
    private var isAtEnd = false

    init(_ input: InputBuffer, file: String) throws(TraceErrors) {
        self.input = input
        self.file = file
        stream = .allocate(capacity: 1)
        stream.initialize(to: lzma_stream())
        // LZMA_CONCATENATED, a macro that is not imported: streams and their padding follow one another.
        let status = lzma_stream_decoder(stream, Self.memoryLimit, 0x08)
        guard status == LZMA_OK else {
            throw fault("no memory to decompress xz (\(Self.message(status)))", "some memory")
        }
    }

    deinit {
        lzma_end(stream)
        stream.deallocate()
    }

    func read(into target: UnsafeMutableRawBufferPointer) throws(TraceErrors) -> Int {
        while !isAtEnd {
            let hasInput = try input.fill(atLeast: 1)
            let produced = try decompressOnce(into: target, isLast: !hasInput)
            if produced > 0 { return produced }
        }
        return 0
    }

    private func decompressOnce(
        into target: UnsafeMutableRawBufferPointer, isLast: Bool
    ) throws(TraceErrors) -> Int {
        let available = input.available
        stream.pointee.next_in = available.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_in = available.count
        stream.pointee.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = target.count
        let status = lzma_code(stream, isLast ? LZMA_FINISH : LZMA_RUN)
        input.consume(available.count - stream.pointee.avail_in)
        let produced = target.count - stream.pointee.avail_out
        switch status {
        case LZMA_OK: break
        case LZMA_STREAM_END: isAtEnd = true
        case LZMA_BUF_ERROR where isLast && produced == 0:
            throw fault("the end of the file inside xz data", "the rest of the xz data")
        case LZMA_BUF_ERROR: break
        default:
            throw fault(
                "damaged xz data (\(Self.message(status)))",
                "xz data that needs up to \(Self.memoryLimit >> 20) MiB of memory")
        }
        return produced
    }

    private static func message(_ status: lzma_ret) -> String {
        switch status {
        case LZMA_MEM_ERROR: "no memory"
        case LZMA_MEMLIMIT_ERROR: "it needs more memory"
        case LZMA_FORMAT_ERROR: "no xz stream"
        case LZMA_OPTIONS_ERROR: "unknown options"
        case LZMA_DATA_ERROR: "wrong data or check"
        default: "liblzma error \(status.rawValue)"
        }
    }

    private func fault(_ found: String, _ expected: String) -> TraceErrors {
        TraceErrors([
            TraceError(file: file, byte: input.offset, found: found, expected: expected)
        ])
    }
}
