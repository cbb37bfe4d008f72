import Events
import MemoryModel
import Operations
import Quantities
import ReferenceModel

extension RandomWorld {
    /// A machine with the world's mappings and devices, before the first step.
    ///
    /// - Parameters:
    ///   - probe: Who listens.
    ///   - change: What the machine is made into first.
    /// - Returns: the machine.
    func machine<P: Probe & ~Copyable>(
        probe: consuming P,
        _ change: (MachineConfiguration) -> MachineConfiguration = { $0 }
    ) -> Machine<P> {
        var machine = Machine(change(configuration), probe: probe, seed: seed)
        for mapping in mappings { machine.declare(mapping) }
        for (index, device) in devices.enumerated() {
            machine.attach(
                .device(index), to: device.port, attributes: device.attributes,
                reading: device.readPort)
        }
        if let layout { machine.declare(layout, as: RandomLayout.name) }
        return machine
    }

    /// The reference with the same.
    func reference() -> ReferenceMachine {
        var reference = ReferenceMachine(configuration, seed: seed)
        for mapping in mappings { reference.declare(mapping) }
        for (index, device) in devices.enumerated() {
            reference.attach(
                .device(index), to: device.port, attributes: device.attributes,
                reading: device.readPort)
        }
        if let layout { reference.declare(layout, as: RandomLayout.name) }
        return reference
    }

    /// Performs a step on the model; the one behind the last is the end.
    func perform<P: Probe & ~Copyable>(_ step: Int, on machine: inout Machine<P>) {
        guard step < steps.count else { return machine.finish() }
        switch steps[step] {
        case .perform(let operation, let agent):
            machine.perform(operation, by: agent, record: UInt32(step + 1))
        case .setCoherent(let isCoherent, let core): machine.setCoherent(isCoherent, core: core)
        }
    }

    /// Performs all steps on the model, neighbouring accesses in one piece, as they come from a trace of accesses.
    ///
    /// Alone an access takes the slow path; of a piece all take the fast one that can. What a store writes is known of
    /// single ones alone, so that where engines read it there are no pieces.
    func performInBulk<P: Probe & ~Copyable>(on machine: inout Machine<P>) {
        var step = 0
        while step <= steps.count {
            let accesses = layout == nil ? accesses(from: step) : []
            guard accesses.count > 1 else {
                perform(step, on: &machine)
                step += 1
                continue
            }
            accesses.withUnsafeBufferPointer {
                machine.replay($0, firstRecord: UInt32(step + 1))
            }
            step += accesses.count
        }
    }

    /// The accesses from a step on, up to one that is something else.
    private func accesses(from start: Int) -> [MemoryAccess] {
        var result: [MemoryAccess] = []
        for step in steps[start...] {
            guard case .perform(.access(var access, symbol: _, value: _), let agent) = step else {
                break
            }
            access.agent = agent
            result.append(access)
        }
        return result
    }

    /// Performs a step on the reference.
    func perform(_ step: Int, on reference: inout ReferenceMachine) {
        guard step < steps.count else { return reference.finish() }
        switch steps[step] {
        case .perform(let operation, let agent):
            reference.perform(operation, by: agent, record: UInt32(step + 1))
        case .setCoherent(let isCoherent, let core): reference.setCoherent(isCoherent, core: core)
        }
    }
}
