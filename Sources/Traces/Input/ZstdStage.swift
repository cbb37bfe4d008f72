import CZstd

/// Decompresses zstd, any number of frames one after the other.
final class ZstdStage: DecompressingStage {
    /// Frames that ask for a larger window are refused: 2^27 bytes, what `zstd --long` writes by default.
    static let windowLimit: Int32 = 27

    private let context: OpaquePointer
    /// How many bytes a frame begins with that the library looks at together.
    private let firstSize: Int
    /// How many more bytes of a portion the library is still to get; above zero.
    private var wanted = 0
    /// Where the portion begins.
    private var start: UInt64 = 0
    /// Whether the library may have output left, for which there was no room.
    private var holdsOutput = false
    /// A block's header, which the library asks for together with the block before it.
    private static let headerSize = 3

    init(_ input: InputBuffer, file: String) throws(TraceErrors) {
        guard let context = ZSTD_createDCtx() else { throw Self.noMemory(file, .zstd) }
        self.context = context
        firstSize = max(ZSTD_initDStream(context), 1)
        _ = ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Self.windowLimit)
        super.init(input, file: file, .zstd)
    }

    deinit { ZSTD_freeDCtx(context) }

    override func beginFrame() {
        begin(firstSize)
    }

    /// Begins a portion, of what the library asks for.
    ///
    /// A block comes without the next one's header: what it decompresses to would be lost if that is damaged.
    private func begin(_ asked: Int) {
        wanted = asked > Self.headerSize ? asked - Self.headerSize : max(asked, 1)
        start = input.offset
    }

    override func step(
        into target: UnsafeMutableRawBufferPointer, isLast: Bool
    ) throws(TraceErrors) -> Int {
        let available = input.available
        // What is left comes alone: it would be lost if the next portion is damaged. Otherwise no more than a portion: then
        // damage is found at the same byte, and behind the same output, whatever pieces the data come in.
        var source = ZSTD_inBuffer(
            src: available.baseAddress, size: holdsOutput ? 0 : min(available.count, wanted), pos: 0
        )
        var output = ZSTD_outBuffer(dst: target.baseAddress, size: target.count, pos: 0)
        let status = ZSTD_decompressStream(context, &output, &source)
        input.consume(source.pos)
        guard ZSTD_isError(status) == 0 else {
            let reason = String(cString: ZSTD_getErrorName(status))
            throw fault(
                "damaged zstd data (\(reason))", "zstd data with a window up to 128 MiB", at: start)
        }
        let wasHolding = holdsOutput
        holdsOutput = output.pos == target.count
        isInFrame = status != 0
        if wasHolding, output.pos == 0, status != 0 {
            return try step(into: target, isLast: isLast)
        }
        if source.pos < wanted { wanted -= source.pos } else { begin(status) }
        return output.pos
    }
}
