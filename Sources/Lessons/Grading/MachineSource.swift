import DMAMapping
import Experiments
import MemoryModel
import Operations
import Traces

/// Where machines come from: lessons read no files.
public struct MachineSource: Sendable {
    /// Finds a machine by its name and changes some of its numbers.
    public typealias Find =
        @Sendable (_ name: String, _ overrides: [(key: String, value: String)]) throws ->
        MachineConfiguration

    private let find: Find

    /// Makes a source.
    public init(_ find: @escaping Find) { self.find = find }

    /// A trace on its machine.
    ///
    /// - Parameters:
    ///   - trace: Which.
    ///   - machine: nil: the one that it names.
    ///   - kernel: nil: the one that it names.
    /// - Returns: what can be run.
    /// - Throws: what is wrong with it, with its place.
    public func setup(
        _ trace: LessonTrace, machine: String? = nil, kernel: String? = nil
    ) throws(TraceErrors) -> Setup {
        let program = try trace.program()
        var name = machine
        var line = 1
        var overrides: [(key: String, value: String)] = []
        for statement in program.statements {
            switch statement.body {
            case .declaration(.machine(let declared)) where name == nil:
                name = declared
                line = Int(statement.line)
            case .declaration(.set(let key, let value)): overrides.append((key, value))
            default: continue
            }
        }
        guard let name else {
            throw TraceErrors([
                TraceError(
                    file: trace.file, line: 1, found: "no machine", expected: "'machine NAME'")
            ])
        }
        let configuration: MachineConfiguration
        do { configuration = try find(name, overrides) } catch {
            throw TraceErrors([
                TraceError(
                    file: trace.file, line: line, found: "machine \(name)",
                    expected: "what a machine can be: \(error)")
            ])
        }
        var era: KernelEra?
        if let kernel {
            do { era = try KernelEra(parsing: kernel) } catch {
                throw TraceErrors([
                    TraceError(
                        file: trace.file, line: line, found: "kernel \(kernel)",
                        expected: "a version as 6.12, or none: \(error)")
                ])
            }
        }
        return try Setup(program, file: trace.file, machine: configuration, kernel: era)
    }
}
