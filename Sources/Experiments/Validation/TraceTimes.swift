import MemoryModel
import Operations
import Quantities
import Statistics
import Traces

/// Runs the traces of `Traces/validation` and says what their spans take; each trace once for each machine.
struct TraceTimes {
    /// Where and how a trace ran.
    private struct Run: Hashable {
        var trace: String
        var variant: MachineVariant
    }

    private let text: (String) throws -> [UInt8]
    private let machine: (MachineVariant) throws -> MachineConfiguration
    private var programs: [String: Program] = [:]
    private var spans: [Run: [String: SpanResult]] = [:]

    /// Makes a runner.
    ///
    /// - Parameters:
    ///   - text: Reads a trace by its name.
    ///   - machine: Finds a machine and sets what the trace changes on it.
    init(
        text: @escaping (String) throws -> [UInt8],
        machine: @escaping (MachineVariant) throws -> MachineConfiguration
    ) {
        self.text = text
        self.machine = machine
    }

    /// A machine by itself.
    func configuration(_ variant: MachineVariant) throws -> MachineConfiguration {
        try machine(variant)
    }

    /// The machine that a trace declares, with what it sets on it.
    mutating func variant(of trace: String) throws -> MachineVariant {
        var variant = MachineVariant("zynq7000")
        for statement in try program(trace).statements {
            guard case .declaration(let declaration) = statement.body else { continue }
            if case .machine(let name) = declaration { variant.name = name }
            if case .set(let key, let value) = declaration {
                variant.overrides.append(.init(key: key, value: value))
            }
        }
        return variant
    }

    /// How long a span takes once, in the mean of all its passes, in seconds.
    ///
    /// - Parameters:
    ///   - span: Its name.
    ///   - trace: The trace's name.
    ///   - changes: What is set on the trace's machine besides what it sets itself.
    ///   - machine: Another machine than the trace's own.
    /// - Returns: seconds.
    /// - Throws: what is wrong with the trace, or with its machine.
    mutating func seconds(
        _ span: String, _ trace: String, with changes: [MachineVariant.Override] = [],
        on machine: MachineVariant? = nil
    ) throws -> Double {
        let result = try self.span(span, trace, with: changes, on: machine)
        return result.time.seconds / Double(max(result.count, 1))
    }

    /// The barriers of a span.
    mutating func barriers(_ span: String, _ trace: String) throws -> Double {
        Double(try self.span(span, trace).counters[.barriers])
    }

    private mutating func span(
        _ name: String, _ trace: String, with changes: [MachineVariant.Override] = [],
        on other: MachineVariant? = nil
    ) throws -> SpanResult {
        var variant = try other ?? self.variant(of: trace)
        variant.overrides += changes
        let run = Run(trace: trace, variant: variant)
        if spans[run] == nil {
            let setup = try Setup(program(trace), file: trace, machine: machine(variant))
            let results = try Replay.run(setup).spans
            spans[run] = Dictionary(uniqueKeysWithValues: results.map { ($0.name, $0) })
        }
        guard let span = spans[run]?[name] else {
            throw TraceErrors([
                TraceError(
                    file: trace, line: 1, found: "no span \(name)",
                    expected: "the span that a row of the validation reads")
            ])
        }
        return span
    }

    private mutating func program(_ trace: String) throws -> Program {
        if let program = programs[trace] { return program }
        let program = try NativeParser.parse(try text(trace), file: trace)
        programs[trace] = program
        return program
    }
}
