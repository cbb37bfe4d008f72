import Events
import Hazards
import MemoryModel
import Operations
import Quantities
import Statistics
import Traces

extension ProgramRunner where P: ~Copyable {
    /// Ends the run where an engine cannot follow its descriptors, and no old bytes are to blame.
    func checkChains() throws(TraceErrors) {
        guard let (record, fault) = machine.chainLog.fault else { return }
        let program = setup.program
        let line = program.statements[Int(record) - 1].line
        let (found, expected) = Self.words(for: fault)
        throw TraceErrors([
            TraceError(file: setup.file, line: Int(line), found: found, expected: expected)
        ])
    }

    private static func words(for fault: ChainLog.Fault) -> (found: String, expected: String) {
        func hexadecimal(_ number: UInt64) -> String { "0x" + String(number, radix: 16) }
        switch fault {
        case .unknown(let role, let address):
            return (
                "a descriptor whose '\(role.name)' at \(hexadecimal(address)) has no value",
                "`st \(hexadecimal(address)) BYTES = VALUE` for every field before the engine fetches it"
            )
        case .endless(let limit):
            return (
                "a chain of descriptors that goes on after \(limit)",
                "an end within \(limit): a next of 0, a 'last', a descriptor that is not the engine's, or "
                    + "a higher `limit N`"
            )
        case .range(let start, let bytes):
            return (
                "a descriptor of \(bytes) byte(s) at \(hexadecimal(start))",
                "bytes below 2^56, at most \(ChainLog.mostBytes) of all descriptors of a chain"
            )
        }
    }

    /// Puts what engines did of themselves behind the fetches of their first descriptors, for the may-analysis.
    mutating func expandChains() {
        guard machine.chainLog.chains > 0, !steps.isEmpty else { return }
        var later: [Int: [DeviceOperation]] = [:]
        for step in machine.chainLog.steps { later[step.chain, default: []].append(step.operation) }
        moves = [:]
        var expanded: [LoweredStep] = []
        var chain = 0
        for step in steps {
            expanded.append(step)
            guard case .device(let operation) = step.operation, operation.layout != .none else {
                continue
            }
            moves[Int(step.record), default: []].append(later[chain] ?? [])
            for operation in later[chain] ?? [] {
                expanded.append(
                    LoweredStep(.device(operation), by: step.agent, record: step.record))
            }
            chain += 1
        }
        steps = expanded
    }
}
