import Events
import MemoryModel
import Operations
import Quantities

// Section 6: below L2.

extension ReferenceMachine {
    /// Reads a line from L3 or memory.
    mutating func readBelowLevel2(
        _ core: Int, _ line: UInt64, _ size: UInt64, at tick: UInt64
    ) -> ReferenceArrival {
        guard let third = configuration.level3 else {
            let completion = readMemory(.core(core), line, size, missTicks, at: tick)
            return ReferenceArrival(completion: completion, cause: .memory, source: .memory)
        }
        let isHit = level3[0].holds(line)
        level3[0].use(line)
        tell(.levelRead, at: tick, .core(core), .level3, other: isHit ? 0 : 1, line, size)
        if isHit {
            return ReferenceArrival(
                completion: tick + ticks(third.cache.hitCycles), cause: .level3, source: .level3)
        }
        let completion = fillLevel3(core, level3[0].base(line), at: tick)
        return ReferenceArrival(completion: completion, cause: .memory, source: .level3)
    }

    /// Fills L3 with a line from memory.
    private mutating func fillLevel3(_ core: Int, _ line: UInt64, at tick: UInt64) -> UInt64 {
        let size = level3[0].lineSize
        let miss = ticks(configuration.level3?.missCycles ?? 0)
        let completion = readMemory(.core(core), line, size, miss, at: tick)
        let victim = level3[0].insert(ReferenceLine(address: line), random: &randoms[3])
        tell(
            .linefill, at: tick, .core(core), .level3, other: Place.memory.rawValue, line, size,
            detail: MoveReason.demand.rawValue)
        if let victim { evictLevel3(core, victim, reason: .replacement, at: tick) }
        return completion
    }

    mutating func evictLevel3(
        _ core: Int, _ line: ReferenceLine, reason: MoveReason, at tick: UInt64
    ) {
        if line.dirty != 0 {
            writeBackLevel3(core, line, reason: reason, at: tick)
        }
        tell(
            .invalidate, at: tick, .core(core), .level3, line.address, level3[0].lineSize,
            detail: reason.rawValue)
    }

    /// The dirty bytes of a line of L3 go to memory; the line is not changed.
    mutating func writeBackLevel3(
        _ core: Int, _ line: ReferenceLine, reason: MoveReason, at tick: UInt64
    ) {
        let (start, bytes) = level3[0].dirtyBytes(line)
        tell(
            .writeback, at: tick, .core(core), .level3, other: Place.memory.rawValue, start, bytes,
            detail: reason.rawValue)
        writeMemory(.core(core), start, bytes, at: tick)
    }

    /// Finds the place of bytes that L2 or L1 writes; memory itself is not written yet.
    mutating func placeBelowLevel2(
        _ core: Int, _ start: UInt64, _ bytes: UInt64, hasAll: Bool, at tick: UInt64
    ) -> Place {
        guard !level3.isEmpty else { return .memory }
        let line = level3[0].base(start)
        let isHit = level3[0].holds(line)
        level3[0].use(line)
        tell(.levelWrite, at: tick, .core(core), .level3, other: isHit ? 0 : 1, start, bytes)
        if !isHit {
            if bytes < level3[0].lineSize || !hasAll {
                _ = fillLevel3(core, line, at: tick)
            } else if let victim = level3[0].insert(
                ReferenceLine(address: line), random: &randoms[3])
            {
                evictLevel3(core, victim, reason: .replacement, at: tick)
            }
        }
        let dirty = level3[0].dirtyBits(start, bytes, of: line)
        level3[0].change(line) { $0.dirty |= dirty }
        return .level3
    }

    /// Looks up a memory-side L3 for what no cache of the cores takes part in.
    mutating func lookUpMemorySide(
        _ core: Int, _ start: UInt64, _ bytes: UInt64, isWrite: Bool, at tick: UInt64
    ) -> Place {
        lookUpMemorySide(.core(core), start, bytes, isWrite: isWrite, at: tick)
    }

    mutating func lookUpMemorySide(
        _ agent: Agent, _ start: UInt64, _ bytes: UInt64, isWrite: Bool, at tick: UInt64
    ) -> Place {
        guard hasMemorySide else { return .memory }
        let line = level3[0].base(start)
        let isHit = level3[0].holds(line)
        level3[0].use(line)
        tell(
            isWrite ? .levelWrite : .levelRead, at: tick, agent, .level3, other: isHit ? 0 : 1,
            start, bytes)
        guard isHit else { return .memory }
        if isWrite {
            let dirty = level3[0].dirtyBits(start, bytes, of: line)
            level3[0].change(line) { $0.dirty |= dirty }
        }
        return .level3
    }
}
