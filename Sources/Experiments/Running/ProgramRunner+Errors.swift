import DMAMapping
import Operations
import Traces

extension ProgramRunner where P: ~Copyable {
    /// An operation that cannot be lowered, with what lowering would take in its place.
    func unlowered(_ error: LoweringError, _ statement: Statement) -> TraceError {
        let text = error.description
        let line = Int(statement.line)
        // What is wrong, then what may stand there instead: lowering parts the two by its first semicolon.
        let parts = text.split(separator: ";", maxSplits: 1)
        let generic = "what \(setup.machine.name) with kernel \(setup.kernel) can perform"
        return TraceError(
            file: setup.file, line: line, found: String(parts.first ?? ""),
            expected: parts.count > 1 ? "instead: \(parts[1].drop { $0 == " " })" : generic)
    }
}
