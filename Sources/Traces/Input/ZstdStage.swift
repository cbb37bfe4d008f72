import CZstd

/// Decompresses zstd, any number of frames one after the other.
final class ZstdStage: DecompressingStage {
    /// Frames that ask for a larger window are refused: 2^27 bytes, what `zstd --long` writes by default.
    static let windowLimit: Int32 = 27
    /// Bytes of a block's header (RFC 8878, 3.1.1.2), which the library asks for together with the block before it.
    private static let headerSize = 3

    /// The most bytes that the library gets together: it gets as many, whatever pieces they come in.
    private static let mostAtOnce = 1 << 15

    private let context: OpaquePointer
    /// How many bytes a frame begins with that the library looks at together.
    private let firstSize: Int
    /// How many more bytes of a portion the library is still to get; above zero.
    private var wanted = 0
    /// Where the block at work begins, with its header; the first one with its frame's.
    private var start: UInt64 = 0
    /// Whether the library may have output left, for which there was no room.
    private var holdsOutput = false

    init(_ input: InputBuffer, file: String) throws(TraceErrors) {
        guard let context = ZSTD_createDCtx() else { throw Self.noMemory(file, .zstd) }
        self.context = context
        firstSize = max(ZSTD_initDStream(context), 1)
        _ = ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Self.windowLimit)
        super.init(input, file: file, .zstd)
    }

    deinit { ZSTD_freeDCtx(context) }

    override func beginFrame() {
        start = input.offset
        ask(firstSize)
    }

    /// Begins a portion, of what the library asks for.
    ///
    /// It asks for a block together with the next one's header. The block comes without: what it decompresses to would be
    /// lost if that header is damaged.
    private func ask(_ size: Int) {
        wanted = size > Self.headerSize ? size - Self.headerSize : max(size, 1)
    }

    override func step(
        into target: UnsafeMutableRawBufferPointer, isLast: Bool
    ) throws(TraceErrors) -> Int {
        if holdsOutput {
            // It comes alone: it would be lost if the next portion is damaged.
            let count = try decompress(atMost: 0, into: target)
            if count > 0 || !isInFrame { return count }
        }
        // No more than a portion: then damage is found at the same byte, and behind the same output, whatever pieces the
        // data come in. Its last byte comes alone: with it the frame's size is judged, and what a block that is not
        // compressed gave as it came would be lost.
        let size = min(max(wanted - 1, 1), Self.mostAtOnce)
        _ = try input.fill(atLeast: size)
        return try decompress(atMost: size, into: target)
    }

    /// Lets the library take some of the input, and give what it can.
    private func decompress(
        atMost limit: Int, into target: UnsafeMutableRawBufferPointer
    ) throws(TraceErrors) -> Int {
        let available = input.available
        var source = ZSTD_inBuffer(
            src: available.baseAddress, size: min(available.count, limit), pos: 0)
        var output = ZSTD_outBuffer(dst: target.baseAddress, size: target.count, pos: 0)
        let status = ZSTD_decompressStream(context, &output, &source)
        input.consume(source.pos)
        guard ZSTD_isError(status) == 0 else {
            let reason = String(cString: ZSTD_getErrorName(status))
            throw fault(
                "damaged zstd data (\(reason))", "zstd data with a window up to 128 MiB", at: start)
        }
        holdsOutput = output.pos == target.count
        isInFrame = status != 0
        if source.pos < wanted {
            wanted -= source.pos
        } else {
            // Only a whole block gives output, or the bytes of one that is not compressed, which cannot be damaged.
            if output.pos > 0 { start = input.offset }
            ask(status)
        }
        return output.pos
    }
}
