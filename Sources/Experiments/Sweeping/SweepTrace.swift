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
