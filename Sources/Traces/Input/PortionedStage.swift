/// Decompresses with a library that says how many bytes it wants next, and gives what it took with an error for lost.
///
/// It gets its input in portions of its own choice. So damage is found at the same byte, and behind the same output,
/// whatever pieces the data come in.
class PortionedStage: DecompressingStage {
    /// What a library did.
    struct Outcome {
        /// How many bytes it took.
        var taken: Int
        /// How many it gave.
        var produced: Int
        /// How many it wants next, or what is wrong; zero: the frame is whole.
        var next: Next

        enum Next {
            case wants(Int)
            case damaged(String)
        }
    }

    /// The most bytes that the library gets together: it gets as many, whatever pieces they come in.
    private static let mostAtOnce = 1 << 15

    /// Bytes of a block's header, which the library asks for together with the block before it.
    private let headerSize: Int
    /// How many bytes a frame begins with that the library looks at together.
    private let firstSize: Int
    private let expectation: String
    /// How many more bytes of a portion the library is still to get; above zero.
    private var wanted = 0
    /// Where the block at work begins, with its header; the first one with its frame's.
    private var start: UInt64 = 0

    init(
        _ input: InputBuffer, file: String, _ compression: Compression, headerSize: Int,
        firstSize: Int, expectation: String
    ) {
        self.headerSize = headerSize
        self.firstSize = max(firstSize, 1)
        self.expectation = expectation
        super.init(input, file: file, compression)
    }

    /// Lets the library take and give what it can.
    func decompress(
        _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) -> Outcome { preconditionFailure("a stage has a library") }

    final override func beginFrame() {
        start = input.offset
        ask(firstSize)
    }

    /// Begins a portion, of what the library asks for.
    ///
    /// It asks for a block together with the next one's header. The block comes without: what it decompresses to would be
    /// lost if that header is damaged.
    private func ask(_ size: Int) {
        wanted = size > headerSize ? size - headerSize : max(size, 1)
    }

    /// It comes without more input: it would be lost if the next portion is damaged.
    final override func drain(into target: UnsafeMutableRawBufferPointer) throws(TraceErrors) -> Int
    {
        try take(atMost: 0, into: target)
    }

    final override func step(
        into target: UnsafeMutableRawBufferPointer, isLast: Bool
    ) throws(TraceErrors) -> Int {
        // No more than a portion. Its last byte comes alone: with it sizes and checksums are judged, and what a block that
        // is not compressed gave as it came would be lost.
        let size = min(max(wanted - 1, 1), Self.mostAtOnce)
        _ = try input.fill(atLeast: size)
        return try take(atMost: size, into: target)
    }

    private func take(
        atMost limit: Int, into target: UnsafeMutableRawBufferPointer
    ) throws(TraceErrors) -> Int {
        let available = input.available
        let source = UnsafeRawBufferPointer(rebasing: available[..<min(available.count, limit)])
        let outcome = decompress(source, into: target)
        input.consume(outcome.taken)
        switch outcome.next {
        case .damaged(let reason):
            throw fault("damaged \(compression) data (\(reason))", expectation, at: start)
        case .wants(let size):
            isInFrame = size != 0
            if outcome.taken < wanted {
                wanted -= outcome.taken
            } else {
                // Only a whole block gives output, or the bytes of one that is not compressed, which cannot be damaged.
                if outcome.produced > 0 { start = input.offset }
                ask(size)
            }
        }
        return outcome.produced
    }
}
