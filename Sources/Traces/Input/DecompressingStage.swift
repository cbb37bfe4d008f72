/// Decompresses with a library, which is fed from an ``InputBuffer``, frame after frame.
///
/// Frame here is what the library calls a frame, a member or a stream.
class DecompressingStage: ByteStage {
    /// The compressed data.
    let input: InputBuffer
    /// Whether the last step ended inside a frame.
    var isInFrame = false
    /// Whether there was no room for more output: a library may hold some.
    private var wasFull = false
    /// What is wrong behind the output that was given last.
    private var failure: TraceErrors?
    private let file: String
    /// How the data are compressed.
    let compression: Compression

    /// Starts at the beginning of a frame.
    init(_ input: InputBuffer, file: String, _ compression: Compression) {
        self.input = input
        self.file = file
        self.compression = compression
    }

    final func read(into target: UnsafeMutableRawBufferPointer) throws(TraceErrors) -> Int {
        if let failure { throw failure }
        if wasFull, isInFrame {
            // It comes before more input is asked for: that may be damaged.
            let produced = try drain(into: target)
            wasFull = produced == target.count
            if produced > 0 { return produced }
        }
        while true {
            let hasInput = try input.fill(atLeast: 1)
            if !isInFrame {
                // Between frames an end of the input is the end; within one it is damage.
                guard hasInput else { return 0 }
                try beginFrame()
                isInFrame = true
            }
            // Without input, too: a library may hold output back.
            let produced = try step(into: target, isLast: !hasInput)
            wasFull = produced == target.count
            if produced > 0 { return produced }
            guard hasInput || !isInFrame else {
                throw fault(
                    "the end of the file inside \(compression) data",
                    "the rest of the \(compression) data")
            }
        }
    }

    /// Gets ready for another frame, the first one too; there is input.
    func beginFrame() throws(TraceErrors) {}

    /// Lets the library take from ``input`` what it will, and sets ``isInFrame``.
    ///
    /// - Parameters:
    ///   - target: Where the output goes; not empty.
    ///   - isLast: Whether there is no more input.
    /// - Returns: how many bytes were written.
    /// - Throws: what is wrong with the data.
    func step(
        into target: UnsafeMutableRawBufferPointer, isLast: Bool
    ) throws(TraceErrors) -> Int { preconditionFailure("a stage has a library") }

    /// Lets the library give output for which there was no room before, within a frame; as ``step(into:isLast:)``.
    func drain(into target: UnsafeMutableRawBufferPointer) throws(TraceErrors) -> Int {
        try step(into: target, isLast: false)
    }

    /// An error at a place of the compressed data; nil: that which was reached.
    final func fault(_ found: String, _ expected: String, at byte: UInt64? = nil) -> TraceErrors {
        TraceErrors([
            TraceError(file: file, byte: byte ?? input.offset, found: found, expected: expected)
        ])
    }

    /// Fails, behind what the library gave together with the error.
    final func fail(
        _ failure: TraceErrors, behind produced: Int
    ) throws(TraceErrors) -> Int {
        guard produced > 0 else { throw failure }
        self.failure = failure
        return produced
    }

    /// The error of a library that could not be started.
    static func noMemory(_ file: String, _ compression: Compression) -> TraceErrors {
        TraceErrors([
            TraceError(
                file: file, found: "no memory to decompress \(compression)",
                expected: "some memory")
        ])
    }
}
