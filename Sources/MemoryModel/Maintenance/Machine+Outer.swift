import Events
import Operations
import Quantities

// The outer cache's store buffer (PL310: 3 slots of a line, merging) and its operations by physical address.
// A slot drains when it is full, when all slots are in use (the least recently touched one), for `CACHE SYNC`,
// for an operation or a linefill that touches its line, for Strongly-ordered accesses, and by itself after
// `storeBufferDrainCycles`, which revisions before r3p2 never do (erratum 769419).
//
// Normal non-cacheable accesses of shareable memory: with the shared attribute overridden they go past the cache.
// Without, which is how the controller comes out of reset, they are cacheable without allocation: a load is served by
// a line that is there, however old, and a store is written into it and on to memory. A line that another, cacheable
// mapping of the same bytes has left there so hides what a device wrote (Linux, arm,shared-override).
//
// Operations by way, `Clean and Invalidate by Way` and `Invalidate by Way`, which loses what is dirty, empty the slots
// first and go through all lines. `Clean and Invalidate by Way` is done line by line when it is issued; with erratum 727915 lines are cleaned then and
// invalidated when the operation ends, dirty or not: what was stored in between is lost.

/// What the outer cache has cleaned by way and has yet to invalidate.
struct BackgroundFlush {
    /// The lines that were there at the beginning, in the order of sets and ways.
    var lines: [UInt64]
    /// When they go.
    var end: UInt64
    /// Who asked.
    var core: Int
    /// The record of the operation.
    var record: UInt32
}

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
            if rules.outer.erratum753970 { outerMergingEnded = true }
        case .outerCleanAndInvalidateWays, .outerInvalidateWays:
            endBackgroundFlush()
            drainAllOuterSlots(at: cores[core].now)
            let lines = level2.allEntries(0).map { level2.line(ofEntry: $0) }
            for line in lines { maintainLevel2(line, operation.instruction, core) }
            // The controller goes through all lines of its ways, whether something is there or not.
            spend(
                core, costs.setWay * UInt64(linesOf(configuration.level2?.cache)), on: .maintenance)
            guard rules.outer.erratum727915,
                operation.instruction == .outerCleanAndInvalidateWays
            else { return }
            backgroundFlush = BackgroundFlush(
                lines: lines, end: cores[core].now, core: core, record: record)
            refreshDue()
        default:
            forEachLine(operation, shift: level2.lineShift) { machine, line in
                machine.drainOuterSlots(
                    overlapping: line << machine.level2.lineShift, UInt64(machine.level2.lineSize))
                machine.maintainLevel2(line, operation.instruction, core)
                machine.spend(core, machine.costs.outerOperation, on: .maintenance)
            }
        }
    }

    /// Invalidates what an operation by way has cleaned before, dirty or not, if one is under way.
    mutating func endBackgroundFlush() {
        guard let flush = backgroundFlush else { return }
        backgroundFlush = nil
        for line in flush.lines {
            let index = level2.peek(line, 0)
            guard index >= 0 else { continue }
            let isDirty = level2.entries[index] & CacheBank.dirty != 0
            level2.remove(at: index, 0)
            emit(
                .invalidate, at: flush.end, agent: .core(flush.core), place: .outer,
                other: isDirty ? 1 : 0, address: level2.address(ofLine: line),
                size: UInt64(level2.lineSize), detail: MoveReason.maintenance.rawValue,
                record: flush.record)
        }
    }

    // MARK: Shareable memory that is not cacheable

    /// Whether the controller makes Normal non-cacheable accesses of shareable memory cacheable.
    @inline(__always)
    func looksUpUncached(isShared: Bool) -> Bool {
        hasOuter && isShared && !rules.outer.overridesShared
    }

    /// Whether an entry is to be written into the levels that hold its line, too.
    @inline(__always)
    func writesThrough(_ entry: StoreBufferEntry) -> Bool {
        entry.type == .writeThrough
            || entry.type == .nonCacheable && looksUpUncached(isShared: entry.isShared)
    }

    /// Where a non-cacheable load of a core is served, and when it is there; nil: not before memory has been read.
    mutating func uncachedLoadSource(
        _ address: UInt64, _ size: UInt64, _ core: Int, at now: UInt64
    ) -> (place: Place, completion: UInt64?) {
        guard looksUpUncached(isShared: mapIsShared) else {
            let place = uncachedSource(address, size, .core(core), at: now)
            return (place, place == .memory ? nil : now + costs.level3Hit)
        }
        let line = level2.line(of: address)
        let index = level2.touch(line, 0)
        emit(
            .levelRead, at: now, agent: .core(core), place: .outer, other: index < 0 ? 1 : 0,
            address: address, size: size, record: record)
        guard index >= 0 else { return (.memory, nil) }
        let isAwaited = level2.entries[index] & CacheBank.prefetched != 0
        let arrival = isAwaited ? streams.arrival(of: line, level2Stream(core)) : 0
        return (.outer, max(level2Hit(at: now), arrival))
    }

    /// Reads memory for a non-cacheable load, the whole aligned pieces that it touches.
    ///
    /// - Returns: when the load's own bytes have reached the core.
    mutating func readUncached(
        _ address: UInt64, _ size: UInt64, _ core: Int, at now: UInt64
    ) -> UInt64 {
        let piece = rules.uncachedReadBytes
        let start = address & ~(piece - 1)
        let bytes = piece == 1 ? size : (address &+ size &- start &+ piece &- 1) & ~(piece - 1)
        #if DEBUG
            // The load's event has the bytes that it asked for.
            ledger.asked.read += bytes - size
        #endif
        // Memory's latency ends with the critical word; the load waits for its last one.
        return readMemory(start, bytes, agent: .core(core), at: now, miss: costs.level2Miss)
            + memory.occupancy(size) - memory.occupancy(min(size, 8))
    }

    /// Lets a core that cleans wait once memory is behind: buffers between hold a few lines at most.
    mutating func throttleWrites(_ core: Int) {
        let ahead = memory.writeOccupancy(UInt64(4 * level2.lineSize))
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
