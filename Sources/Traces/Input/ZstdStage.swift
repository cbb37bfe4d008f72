import CZstd

/// Decompresses zstd, any number of frames one after the other.
final class ZstdStage: DecompressingStage {
    /// Frames that ask for a larger window are refused: 2^27 bytes, what `zstd --long` writes by default.
    static let windowLimit: Int32 = 27

    private let context: OpaquePointer

    init(_ input: InputBuffer, file: String) throws(TraceErrors) {
        guard let context = ZSTD_createDCtx() else { throw Self.noMemory(file, .zstd) }
        self.context = context
        _ = ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Self.windowLimit)
        super.init(input, file: file, .zstd)
    }

    deinit { ZSTD_freeDCtx(context) }

    override func step(
        into target: UnsafeMutableRawBufferPointer, isLast: Bool
    ) throws(TraceErrors) -> Int {
        let available = input.available
        var source = ZSTD_inBuffer(src: available.baseAddress, size: available.count, pos: 0)
        var output = ZSTD_outBuffer(dst: target.baseAddress, size: target.count, pos: 0)
        let status = ZSTD_decompressStream(context, &output, &source)
        input.consume(source.pos)
        guard ZSTD_isError(status) == 0 else {
            let reason = String(cString: ZSTD_getErrorName(status))
            throw fault("damaged zstd data (\(reason))", "zstd data with a window up to 128 MiB")
        }
        isInFrame = status != 0
        return output.pos
    }
}
