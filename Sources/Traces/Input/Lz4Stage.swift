import CLz4

/// Decompresses LZ4 frames, any number of them one after the other.
final class Lz4Stage: DecompressingStage {
    private let context: OpaquePointer

    init(_ input: InputBuffer, file: String) throws(TraceErrors) {
        var made: OpaquePointer?
        let status = LZ4F_createDecompressionContext(&made, UInt32(LZ4F_VERSION))
        guard LZ4F_isError(status) == 0, let made else { throw Self.noMemory(file, .lz4) }
        context = made
        super.init(input, file: file, .lz4)
    }

    deinit { LZ4F_freeDecompressionContext(context) }

    override func step(
        into target: UnsafeMutableRawBufferPointer, isLast: Bool
    ) throws(TraceErrors) -> Int {
        let available = input.available
        var taken = available.count
        var produced = target.count
        let status = LZ4F_decompress(
            context, target.baseAddress, &produced, available.baseAddress, &taken, nil)
        guard LZ4F_isError(status) == 0 else {
            let reason = String(cString: LZ4F_getErrorName(status))
            throw fault("damaged lz4 data (\(reason))", "lz4 data in frames")
        }
        input.consume(taken)
        isInFrame = status != 0
        return produced
    }
}
