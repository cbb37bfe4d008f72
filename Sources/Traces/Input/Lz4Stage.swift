import CLz4

/// Decompresses LZ4 frames, any number of them one after the other.
final class Lz4Stage: PortionedStage {
    /// Bytes of a block's header (LZ4 frame format 1.6.3, data blocks).
    private static let headerSize = 4
    /// Bytes of the shortest frame header (there, frame header: magic, two bytes of flags, a checksum).
    private static let firstSize = 7

    private let context: OpaquePointer

    init(_ input: InputBuffer, file: String) throws(TraceErrors) {
        var made: OpaquePointer?
        let status = LZ4F_createDecompressionContext(&made, UInt32(LZ4F_VERSION))
        guard LZ4F_isError(status) == 0, let made else { throw Self.noMemory(file, .lz4) }
        context = made
        super.init(
            input, file: file, .lz4, headerSize: Self.headerSize, firstSize: Self.firstSize,
            expectation: "lz4 data in frames")
    }

    deinit { LZ4F_freeDecompressionContext(context) }

    override func decompress(
        _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) -> Outcome {
        var taken = source.count
        var produced = target.count
        let status = LZ4F_decompress(
            context, target.baseAddress, &produced, source.baseAddress, &taken, nil)
        guard LZ4F_isError(status) == 0 else {
            return Outcome(
                taken: 0, produced: 0, next: .damaged(String(cString: LZ4F_getErrorName(status))))
        }
        return Outcome(taken: taken, produced: produced, next: .wants(status))
    }
}
