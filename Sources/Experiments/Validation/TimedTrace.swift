import MemoryModel
import Operations
import Quantities
import Statistics
import Traces

/// A native trace whose spans are timed, as a user's would be: read, lowered for the machine and its kernel, performed.
struct TimedTrace {
    /// What runs.
    private let program: Program
    /// Its name for errors.
    private static let file = "validation"

    /// Reads a trace.
    ///
    /// - Parameter text: Its text without the header.
    /// - Throws: nothing that a user's input could cause: traces are written here.
    init(_ text: String) throws(TraceErrors) {
        program = try NativeParser.parse(Array("staleline 1\n\(text)".utf8), file: Self.file)
    }

    /// Takes a program that was made here.
    init(_ program: Program) { self.program = program }

    /// Runs it.
    ///
    /// - Parameter machine: On what.
    /// - Returns: its spans by their names.
    /// - Throws: where the machine does not have what the trace asks of it.
    func spans(on machine: MachineConfiguration) throws(TraceErrors) -> [String: SpanResult] {
        let setup = try Setup(program, file: Self.file, machine: machine)
        let spans = try Replay.run(setup).spans
        return Dictionary(uniqueKeysWithValues: spans.map { ($0.name, $0) })
    }

    /// How long a span takes once, in the mean of all its passes, in seconds.
    static func seconds(_ name: String, _ spans: [String: SpanResult]) -> Double {
        guard let span = spans[name], span.count > 0 else {
            preconditionFailure("the trace has no span \(name)")
        }
        return span.time.seconds / Double(span.count)
    }
}
