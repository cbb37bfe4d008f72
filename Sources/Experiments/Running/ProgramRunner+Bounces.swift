import Hazards
import MemoryModel
import Operations
import Quantities

extension ProgramRunner where P: ~Copyable {
    /// Tells which bytes of a handle have slots in their place.
    mutating func tellBounces(of handle: HandleID, record: UInt32) {
        var bounces = false
        for bounce in lowering.bounces where bounce.handle == handle {
            bounces = true
            machine.probe.bounce(
                BouncedBytes(
                    device: bounce.device, record: record,
                    start: lowering.memoryMap.physical(of: bounce.start), size: bounce.size,
                    slot: bounce.slot))
        }
        // Loads of such bytes are judged by both sides from now on.
        if bounces { machine.clearHeads() }
    }

    /// Tells the probe which bytes have got a slot, and notes what could not be mapped.
    mutating func noteBounces(of operation: Operation, _ agent: Agent, record: UInt32) {
        guard case .dma(let call) = operation else { return }
        machine.probe.begin(
            CallFacts(
                call.function, by: agent, record: record, handle: call.handle,
                ranges: lowering.physicalRanges(of: call.handle)))
        if let failure = lowering.takeFailure() {
            note(
                FailedMap(
                    record: record, agent: agent, device: failure.device,
                    address: failure.segment.start.address.rawValue, bytes: failure.segment.size,
                    message: failure.message, isAllocation: failure.isAllocation))
        }
        guard call.function.makesHandle else { return }
        tellBounces(of: call.handle, record: record)
    }
}
