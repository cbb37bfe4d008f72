import CZstd

/// Decompresses zstd, any number of frames one after the other.
final class ZstdStage: ByteStage {
    /// Frames that ask for a larger window are refused: 2^27 bytes, what `zstd --long` writes by default.
    static let windowLimit: Int32 = 27

    private let input: InputBuffer
    private let file: String
    private let context: OpaquePointer
    private var isInFrame = false

    init(_ input: InputBuffer, file: String) throws(TraceErrors) {
        self.input = input
        self.file = file
        guard let context = ZSTD_createDCtx() else {
            throw TraceErrors([
                TraceError(
                    file: file, found: "no memory to decompress zstd", expected: "some memory")
            ])
        }
        self.context = context
        _ = ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Self.windowLimit)
    }

    deinit { ZSTD_freeDCtx(context) }

    func read(into target: UnsafeMutableRawBufferPointer) throws(TraceErrors) -> Int {
        while true {
            // Between frames zstd would take an empty input for the beginning of a frame.
            if !isInFrame {
                guard try input.fill(atLeast: 1) else { return 0 }
            }
            let produced = try decompressOnce(into: target)
            if produced > 0 { return produced }
            guard isInFrame, input.available.isEmpty else { continue }
            guard try input.fill(atLeast: 1) else {
                throw fault("the end of the file inside zstd data", "the rest of the zstd data")
            }
        }
    }

    private func decompressOnce(
        into target: UnsafeMutableRawBufferPointer
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

    private func fault(_ found: String, _ expected: String) -> TraceErrors {
        TraceErrors([
            TraceError(file: file, byte: input.offset, found: found, expected: expected)
        ])
    }
}
