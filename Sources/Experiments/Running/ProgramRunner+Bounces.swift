import Hazards
import MemoryModel
import Operations

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
}
