import Operations
import Traces

/// A trace that can be run more than once.
public struct SweepTrace: Sendable {
    /// What it is made of.
    public enum Content: Sendable {
        /// A program in memory.
        case program(Program)
        /// Accesses alone, from their start at each call.
        case accesses(@Sendable () throws -> any AccessSource)
        /// A native trace too large for memory, from its start at each call.
        case stream(@Sendable () throws -> BinaryAccessReader)
        /// A recording, from its start at each call.
        case recording(@Sendable () throws -> RecordingReader)
    }

    /// What it is made of.
    public var content: Content
    /// Its name, for errors.
    public var file: String

    /// Makes a trace.
    public init(_ content: Content, file: String) {
        self.content = content
        self.file = file
    }

    /// Its accesses, from their start; nil: it is a program, which unrolls them itself.
    func accessSource() throws -> (any AccessSource)? {
        switch content {
        case .program: nil
        case .accesses(let open): try open()
        case .stream(let open): try open()
        case .recording(let open): try open()
        }
    }
}

/// Neighbouring accesses of a trace, decoded once for many machines.
struct AccessWindow: Sendable {
    var accesses: [MemoryAccess]
    /// The number of the first one's record.
    var firstRecord: UInt64
    /// The highest core among them.
    var highestCore: Int
}

/// Decodes a trace window by window.
///
/// One task at a time may use it.
final class AccessDecoder: @unchecked Sendable {
    private let source: any AccessSource
    private let windowSize: Int

    /// - Precondition: a window has room for two accesses.
    init(_ source: any AccessSource, windowSize: Int) {
        self.source = source
        self.windowSize = windowSize
    }

    /// How many records were read.
    var recordCount: UInt64 { source.recordCount }

    /// The next window; nil at the end.
    func next() throws(TraceErrors) -> AccessWindow? {
        let first = source.recordCount + 1
        var failure: TraceErrors?
        let accesses = [MemoryAccess](unsafeUninitializedCapacity: windowSize) {
            room, count in
            while room.count - count >= 2 {
                do throws(TraceErrors) {
                    let end = min(count + AccessReader.blockSize, room.count)
                    let read = try source.read(
                        into: UnsafeMutableBufferPointer(rebasing: room[count..<end]))
                    if read == 0 { return }
                    count += read
                } catch {
                    failure = error
                    return
                }
            }
        }
        if let failure { throw failure }
        guard !accesses.isEmpty else { return nil }
        let highest = accesses.reduce(0) { max($0, Int($1.agent.index)) }
        return AccessWindow(accesses: accesses, firstRecord: first, highestCore: highest)
    }
}
