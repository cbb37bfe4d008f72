import CLzma

/// Decompresses xz, any number of streams one after the other.
final class XzStage: DecompressingStage {
    /// Streams that ask for more memory are refused: `xz -9` needs 65 MiB.
    static let memoryLimit: UInt64 = 160 << 20

    // liblzma keeps the address of its stream, so the stream must not move.
    private let stream: UnsafeMutablePointer<lzma_stream>

    init(_ input: InputBuffer, file: String) throws(TraceErrors) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: lzma_stream())
        super.init(input, file: file, .xz)
        // LZMA_CONCATENATED, a macro that is not imported: streams and their padding follow one another, and all of
        // them are one frame.
        let status = lzma_stream_decoder(stream, Self.memoryLimit, 0x08)
        guard status == LZMA_OK else { throw Self.noMemory(file, .xz) }
    }

    deinit {
        lzma_end(stream)
        stream.deallocate()
    }

    override func step(
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
        // The second: nothing could be taken nor given.
        case LZMA_OK, LZMA_BUF_ERROR: break
        case LZMA_STREAM_END: isInFrame = false
        default:
            return try fail(
                fault(
                    "damaged xz data (\(Self.message(status)))",
                    "xz data that needs up to \(Self.memoryLimit >> 20) MiB of memory"),
                behind: produced)
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
}
