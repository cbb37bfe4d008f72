import Events
import Operations
import Quantities

// The outer cache's store buffer (PL310: 3 slots of a line, merging) and its operations by physical address.
// A slot drains when it is full, when all slots are in use (the least recently touched one), for `CACHE SYNC`,
// for an operation or a linefill that touches its line, for Strongly-ordered accesses, and by itself after
// `storeBufferDrainCycles`, which revisions before r3p2 never do (erratum 769419).

extension Machine where P: ~Copyable {
    /// Takes an entry of a core's store buffer into a slot.
    mutating func enterOuterSlot(_ entry: StoreBufferEntry, _ core: Int, at tick: UInt64) {
        let granule = UInt64(min(level2.lineSize, 64))
        let start = entry.address & ~(granule - 1)
        let mask = entry.mask << (entry.address - start)
        let ready = costs.outerDrainAge.map { tick + $0 } ?? .max
        var slot: StoreBufferEntry
        if !outerMergingEnded,
            let index = outerSlots.entries.mergeTarget(start, granule, entry.type)
        {
            slot = outerSlots.entries.remove(at: index)
            slot.mask |= mask
            slot.ready = ready
            slot.record = entry.record
        } else {
            if outerSlots.entries.count >= outerSlots.capacity { drainOuterSlot(0, at: tick) }
            slot = StoreBufferEntry(
                number: nextEntry, address: start, granule: granule, mask: mask, type: entry.type,
                ready: ready, record: entry.record)
            nextEntry &+= 1
        }
        // `size` names the slot, so that its bytes can be followed: the entry's own bytes are a part of it.
        emit(
            .slotEntered, at: tick, agent: .core(core), place: .storeBuffer(core),
            other: Place.outerStoreBuffer.rawValue, address: entry.address,
            size: UInt64(slot.number),
            detail: entry.number, record: entry.record)
        outerSlots.entries.append(slot)
        if slot.isFull || outerMergingEnded {
            drainOuterSlot(outerSlots.entries.count - 1, at: tick)
        }
        refreshDue()
    }

    /// Writes a slot to memory.
    mutating func drainOuterSlot(_ index: Int, at tick: UInt64) {
        let slot = outerSlots.entries.remove(at: index)
        let running = record
        record = slot.record
        defer { record = running }
        drainPastCaches(slot, 0, from: .outerStoreBuffer, at: tick)
    }

    /// Writes all slots to memory.
    mutating func drainAllOuterSlots(at tick: UInt64) {
        while !outerSlots.entries.isEmpty { drainOuterSlot(0, at: tick) }
    }

    /// Writes the slots that share a byte with a range to memory.
    mutating func drainOuterSlots(overlapping address: UInt64, _ size: UInt64) {
        guard !outerSlots.entries.isEmpty else { return }
        let tick = max(lastIssue, pathOut)
        while let index = outerSlots.entries.firstIndex(where: { $0.overlaps(address, size) }) {
            drainOuterSlot(index, at: tick)
        }
    }

    /// Performs an operation of the outer cache's controller.
    mutating func performOuter(_ operation: Maintenance, _ core: Int) {
        guard hasOuter else { return }
        switch operation.instruction {
        case .outerSync:
            drainAllOuterSlots(at: cores[core].now)
            wait(core, until: memory.free, on: .barrier)
            spend(core, costs.outerSync, on: .barrier)
            if configuration.level2?.outer?.erratum753970 == true { outerMergingEnded = true }
        case .outerCleanAndInvalidateWays:
            drainAllOuterSlots(at: cores[core].now)
            for entry in level2.allEntries(0) {
                maintainLevel2(level2.line(ofEntry: entry), operation.instruction, core)
                spend(core, costs.setWay, on: .maintenance)
            }
        default:
            forEachLine(operation, shift: level2.lineShift) { machine, line in
                machine.drainOuterSlots(
                    overlapping: line << machine.level2.lineShift, UInt64(machine.level2.lineSize))
                machine.maintainLevel2(line, operation.instruction, core)
                machine.spend(core, machine.costs.outerOperation, on: .maintenance)
            }
        }
    }

    /// Lets a core that cleans wait once memory is behind: buffers between hold a few lines at most.
    mutating func throttleWrites(_ core: Int) {
        let ahead = memory.occupancy(UInt64(4 * level2.lineSize))
        if memory.free > cores[core].now + ahead {
            wait(core, until: memory.free - ahead, on: .maintenance)
        }
    }

    /// Calls `body` for each line that an operation by address touches, in ascending order.
    mutating func forEachLine(
        _ operation: Maintenance, shift: UInt64, _ body: (inout Self, UInt64) -> Void
    ) {
        var address = operation.start.address.rawValue
        let last = address &+ max(operation.bytes, 1) &- 1
        while true {
            translate(address)
            let physical = address &+ mapDelta
            body(&self, physical >> shift)
            let step = (1 << shift) - (physical & ((1 << shift) - 1))
            guard last &- address >= step else { return }
            address &+= step
        }
    }
}
