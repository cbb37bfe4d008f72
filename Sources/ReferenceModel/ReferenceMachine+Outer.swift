import Events
import MemoryModel
import Operations
import Quantities

// Section 11: the outer cache's controller and its store buffer.

extension ReferenceMachine {
    mutating func performOuter(_ operation: Maintenance, _ core: Int) {
        guard let outer = configuration.level2?.outer, let cache = level2.first else { return }
        switch operation.instruction {
        case .outerSync:
            drainAllSlots(at: cores[core].now)
            wait(core, until: memory.free, .barrier)
            spend(core, ticks(outer.syncCycles), .barrier)
            if outer.erratum753970 { mergingEnded = true }
        case .outerCleanAndInvalidateWays, .outerInvalidateWays:
            endFlush()
            drainAllSlots(at: cores[core].now)
            for line in level2[0].all {
                tellMaintenance(
                    .outer, line.address, cache.lineSize, operation.instruction, core)
                maintainLevel2(0, line.address, operation.instruction, core)
            }
            spendSetWay(cache.configuration, core)
            if outer.erratum727915, operation.instruction == .outerCleanAndInvalidateWays {
                flush = ReferenceFlush(
                    lines: level2[0].all.map(\.address), end: cores[core].now, core: core,
                    record: record)
            }
        default:
            let start = operation.start.address.rawValue
            for line in linesOf(start, max(operation.bytes, 1), cache.lineSize) {
                let base = cache.base(locate(line).piece.address)
                drainSlots(touching: base, cache.lineSize)
                tellMaintenance(.outer, base, cache.lineSize, operation.instruction, core)
                maintainLevel2(0, base, operation.instruction, core)
                spend(core, ticks(outer.operationCycles), .maintenance)
            }
        }
    }

    /// A flush by way removes the lines that it cleaned, whatever has happened to them since.
    mutating func endFlush() {
        guard let flush else { return }
        self.flush = nil
        let current = record
        record = flush.record
        defer { record = current }
        for line in flush.lines {
            guard let held = level2[0].line(line) else { continue }
            removeLevel2(
                0, line, reason: .maintenance, agent: .core(flush.core), drops: held.dirty != 0,
                at: flush.end)
        }
    }

    /// Drains the slots that share a byte with some.
    mutating func drainSlots(touching start: UInt64, _ bytes: UInt64) {
        while let slot = slots.firstIndex(where: { $0.shares(start, bytes) }) {
            drainSlot(slot, at: max(lastIssue, pathOut))
        }
    }

    mutating func drainAllSlots(at tick: UInt64) {
        while !slots.isEmpty { drainSlot(0, at: tick) }
    }

    mutating func drainSlot(_ index: Int, at tick: UInt64) {
        let slot = slots.remove(at: index)
        let current = record
        record = slot.record
        defer { record = current }
        passCaches(slot, 0, .outerStoreBuffer, at: tick)
    }

    /// An entry of a core's buffer goes into the outer cache's store buffer.
    mutating func enterSlot(_ entry: ReferenceEntry, _ core: Int, at tick: UInt64) {
        guard let outer = configuration.level2?.outer, let cache = level2.first else { return }
        let granule = min(cache.lineSize, 64)
        let start = entry.start / granule * granule
        var slot: ReferenceEntry
        if let index = slots.lastIndex(where: { $0.start == start && $0.type == entry.type }) {
            slot = slots.remove(at: index)
        } else {
            if slots.count >= outer.storeBufferEntries { drainSlot(0, at: tick) }
            slot = entry
            slot.start = start
            slot.bytes = Array(repeating: false, count: Int(granule))
            slot.number = nextNumber
            nextNumber += 1
        }
        for byte in entry.bytes.indices where entry.bytes[byte] {
            slot.bytes[Int(entry.start - start) + byte] = true
        }
        slot.record = entry.record
        slot.ready = outer.storeBufferDrainCycles.map { tick + ticks($0) } ?? .max
        slots.append(slot)
        tell(
            .slotEntered, at: tick, .core(core), .storeBuffer(core),
            other: Place.outerStoreBuffer.rawValue, entry.start, UInt64(slot.number),
            detail: entry.number)
        if slot.isFull || mergingEnded { drainSlot(slots.count - 1, at: tick) }
    }
}
