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
        /// The span after which it ended; nil: at its own end.
        var last: String?
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
    ///   - machine: Another machine than the trace's own.
    /// - Returns: seconds.
    /// - Throws: what is wrong with the trace, or with its machine.
    mutating func seconds(
        _ span: String, _ trace: String, on machine: MachineVariant? = nil
    ) throws -> Double {
        try self.span(span, trace, on: machine).meanSeconds
    }

    /// The same time, of a run that ends with the span: what comes after it takes nothing from its time.
    mutating func seconds(
        upTo span: String, _ trace: String, on machine: MachineVariant
    ) throws -> Double {
        try self.span(span, trace, on: machine, last: span).meanSeconds
    }

    /// The barriers of a span.
    mutating func barriers(_ span: String, _ trace: String) throws -> Double {
        Double(try self.span(span, trace).counters[.barriers])
    }

    private mutating func span(
        _ name: String, _ trace: String, on other: MachineVariant? = nil, last: String? = nil
    ) throws -> SpanResult {
        let variant = try other ?? self.variant(of: trace)
        let run = Run(trace: trace, variant: variant, last: last)
        if spans[run] == nil {
            var program = try program(trace)
            if let last { program.end(after: last) }
            let setup = try Setup(program, file: trace, machine: machine(variant))
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

extension SpanResult {
    /// What one pass takes in the mean, in seconds.
    fileprivate var meanSeconds: Double { time.seconds / Double(max(count, 1)) }
}

extension Program {
    /// Leaves out what comes after the last pass of a span; a program without the span stays whole.
    fileprivate mutating func end(after span: String) {
        var depth = 0
        var isReached = false
        var count: Int?
        for (index, statement) in statements.enumerated() {
            switch statement.body {
            case .spanBegin(let symbol):
                depth += 1
                if symbols[symbol]?.name == span { isReached = true }
            case .repeatBegin: depth += 1
            case .end:
                depth -= 1
                guard depth == 0, isReached else { continue }
                count = index + 1
                isReached = false
            case .declaration, .operation, .mark: break
            }
        }
        if let count { statements.removeSubrange(count...) }
    }
}
