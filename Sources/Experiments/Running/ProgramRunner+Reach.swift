import Hazards
import MemoryModel
import Operations
import Quantities

// What a device cannot reach, and what could not be mapped for it.

extension ProgramRunner where P: ~Copyable {
    /// Notes a transfer to where its device cannot send an address.
    mutating func noteReach(of operation: Operation, _ agent: Agent, record: UInt32) {
        guard case .device(let device) = operation, device.bytes > 0 else { return }
        let parts =
            [(device.start, device.extent)] + (device.source.map { [($0, device.bytes)] } ?? [])
        for (start, bytes) in parts {
            let physical = lowering.memoryMap.physical(of: start.address.rawValue)
            let apart = ownedMemory.isEmpty ? nil : memoryApart(from: agent, physical, bytes)
            guard apart != nil || !(lowering.reach[agent]?.canSend(physical, bytes) ?? true) else {
                continue
            }
            var failure = FailedMap(
                record: record, agent: agent, device: agent, address: start.address.rawValue,
                bytes: bytes, message: "")
            failure.memory = apart
            note(failure)
        }
    }

    /// The memory on the chip that any of some bytes are in, if only devices on another port than the device's reach it.
    ///
    /// Mutating, for a runner is too large to be lent: the compiler copies what it lends.
    private mutating func memoryApart(
        from agent: Agent, _ physical: UInt64, _ bytes: UInt64
    ) -> String? {
        guard agent.index < devicePorts.count else { return nil }
        let own = devicePorts[agent.index]
        let memory = ownedMemory.first {
            $0.port != own && $0.start < physical &+ bytes && physical < $0.start &+ $0.size
        }
        guard let memory, let port = memory.port else { return nil }
        return "\(memory.name), which only devices on port \(port) reach, not those on "
            + (own ?? "none")
    }

    mutating func note(_ failure: FailedMap) {
        if !failures.contains(where: { $0.record == failure.record }) { failures.append(failure) }
    }
}
