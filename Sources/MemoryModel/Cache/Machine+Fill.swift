import Events
import Operations
import Quantities

// How lines come in and go out: L1 from the second level or from another core's L1, the second level from
// memory. Tags change when the request is made; the returned tick says when the data is there.
// A dirty L1 victim is written to the second level after the demand fetch, and allocates there.

extension Machine where P: ~Copyable {
    /// Brings a line into a core's L1D.
    ///
    /// - Returns: where it came from, when its critical word is there, and what a wait for it counts as.
    mutating func fillLevel1(
        _ line: UInt64, _ core: Int, at tick: UInt64, reason: MoveReason, forStore: Bool = false
    ) -> (source: Place, completion: UInt64, cause: Cause) {
        let address = line << level1Data.lineShift
        let size = UInt64(level1Data.lineSize)
        var state: UInt64 = forStore ? CacheBank.dirty : 0
        let result: (source: Place, completion: UInt64, cause: Cause)
        if let owner = snoopLevel1(line, besides: core, invalidate: forStore, at: tick) {
            // Another L1 gives the line: about as far away as the second level.
            if !forStore { state |= CacheBank.shared }
            result = (owner, tick + costs.level2Hit, .level2)
        } else {
            result = readBelowLevel1(address, size, core, at: tick)
        }
        let (_, victim) = level1Data.insert(line, core, state: state)
        emit(
            .linefill, at: tick, agent: .core(core), place: .level1Data(core),
            other: result.source.rawValue, address: address, size: size, detail: reason.rawValue,
            record: record)
        if victim != 0 { evictFromLevel1(victim, core, at: tick, reason: .replacement) }
        return result
    }

    /// Looks a line up in the other cores' L1D.
    ///
    /// A dirty copy is written to the next level first, so that what is below is never older than a clean copy.
    ///
    /// - Returns: the cache that had it; nil: none.
    mutating func snoopLevel1(
        _ line: UInt64, besides core: Int, invalidate: Bool, at tick: UInt64
    ) -> Place? {
        guard cores.count > 1, hasLevel1Data else { return nil }
        var found: Place?
        for other in 0..<cores.count where other != core && cores[other].isActive {
            let index = level1Data.peek(line, other)
            guard index >= 0 else { continue }
            found = .level1Data(other)
            if level1Data.entries[index] & CacheBank.dirty != 0 {
                writeBackFromLevel1(line, other, at: tick, reason: .snoop)
                level1Data.entries[index] &= ~CacheBank.dirty
            }
            if invalidate {
                level1Data.remove(at: index)
                emit(
                    .invalidate, at: tick, agent: .core(core), place: .level1Data(other),
                    address: line << level1Data.lineShift, size: UInt64(level1Data.lineSize),
                    detail: MoveReason.snoop.rawValue, record: record)
            } else {
                level1Data.entries[index] |= CacheBank.shared
            }
        }
        // The copy is gone from there if it was invalidated, but the line still came from it: below is the same.
        return invalidate && found != nil ? nil : found
    }

    /// Reads through the second level.
    mutating func readBelowLevel1(
        _ address: UInt64, _ size: UInt64, _ core: Int, at tick: UInt64
    ) -> (source: Place, completion: UInt64, cause: Cause) {
        drainOuterSlots(overlapping: address, size)
        guard hasLevel2 else {
            let completion = readMemory(address, size, agent: .core(core), at: tick)
            return (.memory, completion, .memory)
        }
        let line = level2.line(of: address)
        let start = max(tick, pathIn)
        pathIn = start + costs.lineIn
        if level2.touch(line, 0) >= 0 {
            countLevel2(false, address, size, core, at: tick)
            return (level2Place, start + costs.level2Hit, .level2)
        }
        countLevel2(true, address, size, core, at: tick)
        let completion = fillLevel2(line, agent: .core(core), at: start, reason: .demand)
        return (level2Place, completion, .memory)
    }

    /// Tells of a read of the second level; `other` 1: it missed.
    private mutating func countLevel2(
        _ missed: Bool, _ address: UInt64, _ size: UInt64, _ core: Int, at tick: UInt64
    ) {
        emit(
            .levelRead, at: tick, agent: .core(core), place: level2Place, other: missed ? 1 : 0,
            address: address, size: size, record: record)
    }

    /// Brings a line into the second level from memory.
    ///
    /// - Returns: when its critical word has reached the core.
    mutating func fillLevel2(
        _ line: UInt64, agent: Agent, at tick: UInt64, reason: MoveReason
    ) -> UInt64 {
        let address = line << level2.lineShift
        let size = UInt64(level2.lineSize)
        let completion = readMemory(address, size, agent: agent, at: tick)
        let (_, victim) = level2.insert(line, 0, state: 0)
        emit(
            .linefill, at: tick, agent: agent, place: level2Place, other: Place.memory.rawValue,
            address: address, size: size, detail: reason.rawValue, record: record)
        if victim != 0 { evictFromLevel2(victim, at: tick, reason: .replacement) }
        return completion
    }

    /// Reads memory.
    ///
    /// - Returns: when the critical word has reached the core.
    mutating func readMemory(_ address: UInt64, _ size: UInt64, agent: Agent, at tick: UInt64)
        -> UInt64
    {
        let request = tick + costs.level2Miss
        let delay = memory.occupy(size, at: request)
        emit(.memoryTraffic, at: tick, agent: agent, address: address, size: size, record: record)
        return request + costs.memoryLatency + delay
    }

    // MARK: Out

    /// A line leaves a core's L1D; `entry` is what stood in the array.
    mutating func evictFromLevel1(_ entry: UInt64, _ core: Int, at tick: UInt64, reason: MoveReason)
    {
        let line = entry >> CacheBank.stateBits
        if entry & CacheBank.dirty != 0 {
            writeBackFromLevel1(line, core, at: tick, reason: reason)
        }
        emit(
            .invalidate, at: tick, agent: .core(core), place: .level1Data(core),
            address: line << level1Data.lineShift, size: UInt64(level1Data.lineSize),
            detail: reason.rawValue, record: record)
    }

    /// Writes a dirty L1 line to the second level, or to memory where there is none.
    ///
    /// The line stays.
    mutating func writeBackFromLevel1(
        _ line: UInt64, _ core: Int, at tick: UInt64, reason: MoveReason
    ) {
        let address = line << level1Data.lineShift
        let size = UInt64(level1Data.lineSize)
        pathOut = max(pathOut, tick) + costs.pathOut(size)
        guard hasLevel2 else {
            emit(
                .writeback, at: tick, agent: .core(core), place: .level1Data(core),
                other: Place.memory.rawValue, address: address, size: size, detail: reason.rawValue,
                record: record)
            writeMemory(address, size, agent: .core(core), at: tick)
            return
        }
        drainOuterSlots(overlapping: address, size)
        let outer = level2.line(of: address)
        var index = level2.touch(outer, 0)
        emit(
            .levelWrite, at: tick, agent: .core(core), place: level2Place, other: index < 0 ? 1 : 0,
            address: address, size: size, record: record)
        if index < 0 {
            if level2.lineSize > level1Data.lineSize {
                _ = fillLevel2(outer, agent: .core(core), at: tick, reason: .demand)
                index = level2.touch(outer, 0)
            } else {
                let (place, victim) = level2.insert(outer, 0, state: 0)
                index = place
                if victim != 0 { evictFromLevel2(victim, at: tick, reason: .replacement) }
            }
        }
        level2.entries[index] |= CacheBank.dirty
        emit(
            .writeback, at: tick, agent: .core(core), place: .level1Data(core),
            other: level2Place.rawValue, address: address, size: size, detail: reason.rawValue,
            record: record)
    }

    /// A line leaves the second level.
    mutating func evictFromLevel2(_ entry: UInt64, at tick: UInt64, reason: MoveReason) {
        let line = entry >> CacheBank.stateBits
        if entry & CacheBank.dirty != 0 { writeBackFromLevel2(line, at: tick, reason: reason) }
        emit(
            .invalidate, at: tick, agent: .core(0), place: level2Place,
            address: line << level2.lineShift, size: UInt64(level2.lineSize),
            detail: reason.rawValue,
            record: record)
    }

    /// Writes a dirty line of the second level to memory.
    ///
    /// The line stays.
    mutating func writeBackFromLevel2(_ line: UInt64, at tick: UInt64, reason: MoveReason) {
        let address = line << level2.lineShift
        let size = UInt64(level2.lineSize)
        emit(
            .writeback, at: tick, agent: .core(0), place: level2Place, other: Place.memory.rawValue,
            address: address, size: size, detail: reason.rawValue, record: record)
        writeMemory(address, size, agent: .core(0), at: tick)
    }

    /// Writes memory without anybody waiting.
    mutating func writeMemory(_ address: UInt64, _ size: UInt64, agent: Agent, at tick: UInt64) {
        _ = memory.occupy(size, at: tick)
        // Buffers on the way hold a few lines; behind them the path waits for memory's pins.
        let ahead = memory.occupancy(4 * costs.lineOutBytes)
        if memory.free > ahead { pathOut = max(pathOut, memory.free - ahead) }
        emit(
            .memoryTraffic, at: tick, agent: agent, other: 1, address: address, size: size,
            record: record)
    }
}
