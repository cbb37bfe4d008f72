import DMAMapping
import Events
import MemoryModel
import Operations
import Quantities
import Traces

/// A machine on which a trace is played and its last statement is timed, operation by operation.
struct CallStage: ~Copyable {
    private let setup: Setup
    private var lowering: Lowering
    private var machine: Machine<NoProbe>

    init(_ setup: Setup) throws(TraceErrors) {
        self.setup = setup
        lowering = try setup.lowering()
        machine = Machine(setup.machine, probe: NoProbe(), seed: setup.seed)
        for mapping in setup.declaredMappings { machine.declare(mapping) }
        for device in setup.program.devices {
            guard let port = setup.port(of: device) else { continue }
            machine.attach(
                device.agent, to: port, attributes: setup.attributes(of: device),
                reading: setup.readPort(of: device))
        }
    }

    /// Whether the buffer has a bounce slot: by force, or because it is small.
    var hasBounced: Bool { !lowering.bounces.isEmpty }

    /// What decides how calls are lowered here.
    var profile: LoweringProfile { lowering.profile }

    /// Plays a program and gives the parts of its last operation.
    mutating func play(_ program: Program) throws(TraceErrors) -> [CallCost.Part] {
        let operations = program.statements.compactMap { statement -> Operation? in
            guard case .operation(_, let operation) = statement.body else { return nil }
            return operation
        }
        guard let last = operations.last else { return [] }
        for operation in operations.dropLast() {
            for part in try lower(operation) { perform(part) }
        }
        // Nothing that came before is still on its way.
        perform(.barrier(Barrier(.dsb)))
        if setup.machine.hasOuterCache { perform(.maintenance(Maintenance(.outerSync))) }
        var parts: [TimedOperation] = []
        for operation in try lower(last) {
            let before = machine.time(ofCore: 0)
            perform(operation)
            parts.append(
                TimedOperation(
                    operation: operation, lines: lines(of: operation),
                    time: machine.time(ofCore: 0) - before))
        }
        return CallCost.folded(parts)
    }

    private mutating func lower(_ operation: Operation) throws(TraceErrors) -> [Operation] {
        var lowered: [Operation] = []
        do {
            try lowering.lower(operation, agent: .core(0), into: &lowered)
        } catch {
            let words = error.words
            throw TraceErrors([
                TraceError(
                    file: setup.file, line: 0, found: words.found,
                    expected: words.expected ?? "a call that this kernel can make there")
            ])
        }
        return lowered
    }

    private mutating func perform(_ operation: Operation) {
        var operation = operation
        if case .barrier(let barrier) = operation {
            operation = .barrier(barrier.executed(on: setup.machine.architecture))
        }
        machine.perform(operation, by: .core(0), record: 0)
    }

    private func lines(of operation: Operation) -> UInt64? {
        guard case .maintenance(let maintenance) = operation, maintenance.instruction.isByAddress
        else { return nil }
        let outer = maintenance.instruction.isOuter ? setup.machine.level2?.cache.lineSize : nil
        let size = UInt64(outer ?? setup.machine.dataLineSize)
        let start = maintenance.start.address.rawValue
        return (start + max(maintenance.bytes, 1) - 1) / size - start / size + 1
    }
}

extension CallCost {
    /// A lowered operation in the words of the trace format.
    static func words(_ operation: Operation) -> String {
        switch operation {
        case .work: "the call itself"
        case .ring: "st to the register"
        case .setMemoryType(let start, let size, let type, _):
            "map 0x\(String(start, radix: 16)) \(size) as \(type.name)"
        case .map(let mapping):
            "map 0x\(String(mapping.physical, radix: 16)) \(mapping.end - mapping.start) "
                + "at 0x\(String(mapping.start, radix: 16)) as \(mapping.type.name)"
        default: NativeWriter.words(operation)
        }
    }
}
