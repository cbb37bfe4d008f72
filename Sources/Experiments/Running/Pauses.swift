import MemoryModel
import Operations
import Quantities
import Traces

/// Cores that stop in the middle of a statement (`env pause`) until they go on (`env resume`).
///
/// A call of the DMA API is many instructions, and an interrupt or another core may come between any two of them. A
/// pause says where: after so many maintenance operations of the core's next statement. What stands in the trace before
/// the core goes on and is the same core's is what the interrupt does.
struct Pauses {
    /// What is left of a statement.
    struct Rest {
        var lowered: [Operation]
        var agent: Agent
        var statement: Statement
        var record: UInt32
    }

    /// After how many maintenance operations each core is to stop; its line.
    private var wanted: [Int: (count: UInt64, line: UInt32)] = [:]
    /// What stopped cores have left to do.
    private var stopped: [Int: Rest] = [:]

    /// Whether no core is to stop.
    var isIdle: Bool { wanted.isEmpty }

    /// Takes an event: a pause is noted, a resume gives what is left to do.
    mutating func take(
        _ event: EnvironmentEvent, _ statement: Statement, file: String
    ) throws(TraceErrors) -> [Rest] {
        guard case .core(let core) = event.target else { return [] }
        if event.kind == .pause {
            if let rest = stopped[core] {
                throw Self.error(
                    file, statement.line,
                    "env pause core\(core), which is stopped in line \(rest.statement.line)",
                    "`env resume core\(core)` before it")
            }
            wanted[core] = (event.bytes, statement.line)
            return []
        }
        guard let rest = stopped.removeValue(forKey: core) else {
            throw Self.error(
                file, statement.line, "env resume core\(core), which is not stopped",
                "a statement of core\(core) after `env pause core\(core)` and before this line, with more "
                    + "maintenance operations than the pause lets through")
        }
        return [rest]
    }

    /// Cuts a statement where its core is to stop.
    ///
    /// - Returns: what is performed now. A statement with too few maintenance operations is performed whole, and the
    ///   pause is over.
    mutating func split(
        _ lowered: inout [Operation], _ agent: Agent, _ statement: Statement, record: UInt32
    ) -> [Operation] {
        guard !wanted.isEmpty, agent.isCore, let pause = wanted[agent.index] else { return lowered }
        if case .operation(_, .environment) = statement.body { return lowered }
        wanted[agent.index] = nil
        var left = pause.count
        for (index, operation) in lowered.enumerated() {
            guard case .maintenance = operation else { continue }
            left -= 1
            guard left == 0, index + 1 < lowered.count else { continue }
            stopped[agent.index] = Rest(
                lowered: Array(lowered[(index + 1)...]), agent: agent, statement: statement,
                record: record)
            return Array(lowered[...index])
        }
        return lowered
    }

    /// Refuses a program that ends while a core is stopped.
    func checkEnd(file: String) throws(TraceErrors) {
        guard let core = stopped.keys.min(), let rest = stopped[core] else { return }
        throw Self.error(
            file, rest.statement.line, "a statement that core\(core) never ends",
            "`env resume core\(core)` before the end of the trace")
    }

    private static func error(
        _ file: String, _ line: UInt32, _ found: String, _ expected: String
    ) -> TraceErrors {
        TraceErrors([TraceError(file: file, line: Int(line), found: found, expected: expected)])
    }
}

extension EnvironmentEvent.Kind {
    /// What a machine would have to be for such an event to happen on it; nil: it can.
    ///
    /// At the start, before all operations, a fill says what the caches hold from before the trace.
    func missing(on machine: MachineConfiguration, isAtStart: Bool) -> String? {
        switch self {
        case .fill where !machine.core.speculates && !isAtStart:
            "a machine whose core loads lines that the program did not ask for, or its place before all operations: "
                + "from before the trace any cache may hold a line"
        case .late where machine.architecture == .arm32v5:
            "a machine from ARMv6 on: before it loads perform in their order"
        default: nil
        }
    }
}

extension Program {
    /// The line of the first operation that is no `env`; nil: there is none.
    ///
    /// - Complexity: O(statements before it).
    var firstOperationLine: UInt32? {
        statements.first { statement in
            guard case .operation(_, let operation) = statement.body else { return false }
            if case .environment = operation { return false }
            return true
        }?.line
    }
}
