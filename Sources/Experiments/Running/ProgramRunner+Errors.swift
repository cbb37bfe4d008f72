import DMAMapping
import Operations
import Traces

extension ProgramRunner where P: ~Copyable {
    /// An operation that cannot be lowered, with what lowering would take in its place.
    func unlowered(_ error: LoweringError, _ statement: Statement) -> TraceError {
        let words = error.words
        return TraceError(
            file: setup.file, line: Int(statement.line), found: words.found,
            expected: words.expected
                ?? "what \(setup.machine.name) with kernel \(setup.kernel) can perform")
    }
}
