import CLz4

/// Decompresses LZ4 frames, any number of them one after the other.
final class Lz4Stage: ByteStage {
    private let input: InputBuffer
    private let file: String
    private let context: OpaquePointer
    private var isInFrame = false

    init(_ input: InputBuffer, file: String) throws(TraceErrors) {
        self.input = input
        self.file = file
        var made: OpaquePointer?
        let status = LZ4F_createDecompressionContext(&made, UInt32(LZ4F_VERSION))
        guard LZ4F_isError(status) == 0, let made else {
            throw TraceErrors([
                TraceError(
                    file: file, found: "no memory to decompress lz4", expected: "some memory")
            ])
        }
        context = made
    }

    deinit { LZ4F_freeDecompressionContext(context) }

    func read(into target: UnsafeMutableRawBufferPointer) throws(TraceErrors) -> Int {
        while true {
            // Between frames an end of the input is the end; within one it is damage.
            if !isInFrame {
                guard try input.fill(atLeast: 1) else { return 0 }
            }
            let produced = try decompressOnce(into: target)
            if produced > 0 { return produced }
            guard isInFrame, input.available.isEmpty else { continue }
            guard try input.fill(atLeast: 1) else {
                throw fault("the end of the file inside lz4 data", "the rest of the lz4 data")
            }
        }
    }

    private func decompressOnce(
        into target: UnsafeMutableRawBufferPointer
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

    private func fault(_ found: String, _ expected: String) -> TraceErrors {
        TraceErrors([
            TraceError(file: file, byte: input.offset, found: found, expected: expected)
        ])
    }
}
