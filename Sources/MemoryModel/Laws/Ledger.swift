import Events
import Operations
import Quantities

// The books of a debug build: what must be true after every statement, whatever the machine and the program. Kept
// beside the model, from the events that it tells, so that a line moved without being told shows.
//
//   lines     what a cache was filled with is what left it and what is there
//   bytes     what went over memory's pins is what caches, uncached accesses and devices asked memory for
//   time      a core's time is the sum of its causes
//   rates     no burst begins before its channel is free; memory's pins move no more than their rate
//   writers   a line that one core may write without asking no other coherent core holds; one core at most holds
//             a line dirty
//
// The first and the last look at every line; caches of many lines are looked at after every 4,096th statement.

/// What has been told, in bytes and ticks.
struct Ledger {
    /// Bytes read over memory's pins, and what asked for them.
    var traffic = Flow()
    /// Bytes that caches, uncached accesses and devices took from memory and gave it.
    var asked = Flow()
    /// Each core's time as told.
    var told = [UInt64](repeating: 0, count: Agent.maximumCores)
    /// Statements so far.
    var statements: UInt64 = 0
    /// Whether the program has made cores write past each other: non-shareable memory, or a core out of coherence.
    var allowsSeveralWriters = false

    /// Bytes in both directions.
    struct Flow: Equatable {
        var read: UInt64 = 0
        var written: UInt64 = 0
    }

    /// Enters an event.
    mutating func note(_ event: Event) {
        let size = UInt64(event.size)
        switch event.kind {
        case .time where event.agent.isCore: told[event.agent.index] += event.address
        case .memoryTraffic:
            if event.other == 0 { traffic.read += size } else { traffic.written += size }
        case .linefill where event.otherPlace == .memory: asked.read += size
        case .load where event.place == .memory && !isDevice(event): asked.read += size
        case .store where event.place == .memory && isStronglyOrdered(event): asked.written += size
        case .writeback where event.otherPlace == .memory: asked.written += size
        case .deviceRead where event.place == .memory: asked.read += size
        case .deviceWrite where event.place == .memory: asked.written += size
        default: break
        }
    }

    private func isDevice(_ event: Event) -> Bool {
        event.detail == UInt32(MemoryType.device.rawValue) || isStronglyOrdered(event)
    }

    private func isStronglyOrdered(_ event: Event) -> Bool {
        event.detail == UInt32(MemoryType.stronglyOrdered.rawValue)
    }
}
