import CZstd

/// Decompresses zstd, any number of frames one after the other.
final class ZstdStage: PortionedStage {
    /// Frames that ask for a larger window are refused: 2^27 bytes, what `zstd --long` writes by default.
    static let windowLimit: Int32 = 27
    /// Bytes of a block's header (RFC 8878, 3.1.1.2).
    private static let headerSize = 3

    private let context: OpaquePointer

    init(_ input: InputBuffer, file: String) throws(TraceErrors) {
        guard let context = ZSTD_createDCtx() else { throw Self.noMemory(file, .zstd) }
        self.context = context
        let first = ZSTD_initDStream(context)
        _ = ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Self.windowLimit)
        super.init(
            input, file: file, .zstd, headerSize: Self.headerSize, firstSize: first,
            expectation: "zstd data with a window up to 128 MiB")
    }

    deinit { ZSTD_freeDCtx(context) }

    override func decompress(
        _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) -> Outcome {
        var from = ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: 0)
        var output = ZSTD_outBuffer(dst: target.baseAddress, size: target.count, pos: 0)
        let status = ZSTD_decompressStream(context, &output, &from)
        return Outcome(
            taken: from.pos, produced: output.pos,
            next: ZSTD_isError(status) == 0
                ? .wants(status) : .damaged(String(cString: ZSTD_getErrorName(status))))
    }
}
