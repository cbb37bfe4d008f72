import Events
import Operations
import Quantities

// The third level, and memory behind it. An integrated one belongs to the cores. One on memory's side stands in
// front of memory for every agent: what is not cached above looks it up as well, and does not allocate there.

extension Machine where P: ~Copyable {
    /// Reads a line for the levels above: from the third level, filling it, or from memory.
    mutating func readBelowLevel2(
        _ address: UInt64, _ size: UInt64, _ agent: Agent, at tick: UInt64
    ) -> LineSource {
        guard hasLevel3 else {
            let completion = readMemory(
                address, size, agent: agent, at: tick, miss: costs.level2Miss)
            return LineSource(place: .memory, completion: completion, cause: .memory)
        }
        let line = level3.line(of: address)
        let isHit = level3.touch(line, 0) >= 0
        emit(
            .levelRead, at: tick, agent: agent, place: .level3, other: isHit ? 0 : 1,
            address: address, size: size, record: record)
        guard !isHit else {
            return LineSource(place: .level3, completion: tick + costs.level3Hit, cause: .level3)
        }
        let completion = fillLevel3(line, agent, at: tick)
        return LineSource(place: .level3, completion: completion, cause: .memory)
    }

    private mutating func fillLevel3(_ line: UInt64, _ agent: Agent, at tick: UInt64) -> UInt64 {
        let address = line << level3.lineShift
        let size = UInt64(level3.lineSize)
        let completion = readMemory(address, size, agent: agent, at: tick, miss: costs.level3Miss)
        let (_, victim) = level3.insert(line, 0, state: 0)
        emit(
            .linefill, at: tick, agent: agent, place: .level3, other: Place.memory.rawValue,
            address: address, size: size, detail: MoveReason.demand.rawValue, record: record)
        if victim != 0 { evictFromLevel3(victim, agent, at: tick, reason: .replacement) }
        return completion
    }

    /// Makes room below the second level for bytes written back, and says where they go.
    ///
    /// A third level allocates; a part of a line that it does not hold is filled first. Where the answer is memory
    /// the caller writes it.
    mutating func placeBelowLevel2(
        _ address: UInt64, _ size: UInt64, _ agent: Agent, at tick: UInt64,
        hasAllBytes: Bool = true
    ) -> Place {
        guard hasLevel3 else { return .memory }
        let line = level3.line(of: address)
        var index = level3.touch(line, 0)
        emit(
            .levelWrite, at: tick, agent: agent, place: .level3, other: index < 0 ? 1 : 0,
            address: address, size: size, record: record)
        if index < 0 {
            if size < UInt64(level3.lineSize) || !hasAllBytes {
                _ = fillLevel3(line, agent, at: tick)
                index = level3.peek(line, 0)
            } else {
                let (place, victim) = level3.insert(line, 0, state: 0)
                index = place
                if victim != 0 { evictFromLevel3(victim, agent, at: tick, reason: .replacement) }
            }
        }
        level3.entries[index] |= level3.dirtyBits(address, size)
        return .level3
    }

    /// Where bytes come from that no cache of the cores takes part in: a third level on memory's side that holds
    /// them, or memory.
    mutating func uncachedSource(
        _ address: UInt64, _ size: UInt64, _ agent: Agent, at tick: UInt64
    ) -> Place {
        guard hasLevel3, isLevel3MemorySide else { return .memory }
        let isHit = level3.touch(level3.line(of: address), 0) >= 0
        emit(
            .levelRead, at: tick, agent: agent, place: .level3, other: isHit ? 0 : 1,
            address: address, size: size, record: record)
        return isHit ? .level3 : .memory
    }

    /// Where bytes go that no cache of the cores takes part in, as for ``uncachedSource``.
    mutating func uncachedTarget(
        _ address: UInt64, _ size: UInt64, _ agent: Agent, at tick: UInt64
    ) -> Place {
        guard hasLevel3, isLevel3MemorySide else { return .memory }
        let index = level3.touch(level3.line(of: address), 0)
        emit(
            .levelWrite, at: tick, agent: agent, place: .level3, other: index < 0 ? 1 : 0,
            address: address, size: size, record: record)
        guard index >= 0 else { return .memory }
        level3.entries[index] |= level3.dirtyBits(address, size)
        return .level3
    }

    /// A line leaves the third level; `entry` is what stood in the array.
    mutating func evictFromLevel3(
        _ entry: UInt64, _ agent: Agent, at tick: UInt64, reason: MoveReason
    ) {
        if entry & CacheBank.dirty != 0 {
            writeBackFromLevel3(entry, agent, at: tick, reason: reason)
        }
        emit(
            .invalidate, at: tick, agent: agent, place: .level3,
            address: level3.address(ofLine: level3.line(ofEntry: entry)),
            size: UInt64(level3.lineSize), detail: reason.rawValue, record: record)
    }

    /// Writes the dirty bytes of a line of the third level to memory; the line stays.
    mutating func writeBackFromLevel3(
        _ entry: UInt64, _ agent: Agent, at tick: UInt64, reason: MoveReason
    ) {
        let (offset, size) = level3.dirtyBytes(entry)
        let address = level3.address(ofLine: level3.line(ofEntry: entry)) &+ offset
        emit(
            .writeback, at: tick, agent: agent, place: .level3, other: Place.memory.rawValue,
            address: address, size: size, detail: reason.rawValue, record: record)
        writeMemory(address, size, agent: agent, at: tick)
    }

    // MARK: Memory

    /// Reads memory; `miss` is how long it takes until the last level before it knows that it must.
    ///
    /// - Returns: when the critical word has reached the core.
    mutating func readMemory(
        _ address: UInt64, _ size: UInt64, agent: Agent, at tick: UInt64, miss: UInt64
    ) -> UInt64 {
        let request = tick + miss
        let delay = memory.occupy(address, size, isWrite: false, at: request)
        emit(
            .memoryTraffic, at: tick, agent: agent, address: address, size: size,
            detail: memory.isOnChip(address) ? 1 : 0, record: record)
        return request + memory.latency(of: address) + delay
    }

    /// Writes memory without anybody waiting.
    ///
    /// Behind the `bytesAhead` that buffers on the way hold, the path waits for memory's pins.
    mutating func writeMemory(
        _ address: UInt64, _ size: UInt64, agent: Agent, at tick: UInt64, bytesAhead: UInt64? = nil
    ) {
        _ = memory.occupy(address, size, isWrite: true, at: tick)
        let ahead = bytesAhead ?? costs.writesAhead
        pathOut = max(pathOut, memory.heldUntil(address, ahead: ahead))
        emit(
            .memoryTraffic, at: tick, agent: agent, other: 1, address: address, size: size,
            detail: memory.isOnChip(address) ? 1 : 0, record: record)
    }
}
