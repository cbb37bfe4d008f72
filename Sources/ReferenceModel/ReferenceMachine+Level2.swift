import Events
import MemoryModel
import Operations
import Quantities

// Section 6: lines into and out of L2.

extension ReferenceMachine {
    /// Reads a line of a first-level cache from below it.
    mutating func readBelowLevel1(
        _ core: Int, _ line: UInt64, _ size: UInt64, isData: Bool, shared: Bool, at tick: UInt64
    ) -> ReferenceArrival {
        drainSlots(touching: line, size)
        guard !level2.isEmpty else { return readBelowLevel2(core, line, size, at: tick) }
        let number = second(core)
        let start = max(tick, pathIn)
        pathIn = start + lineIn
        let base = level2[number].base(line)
        level2[number].use(base)
        let place = level2[number].place
        guard let held = level2[number].line(base) else {
            tell(.levelRead, at: tick, .core(core), place, other: 1, line, size)
            let arrival =
                isData && takesVictims
                ? readBelowLevel2(core, base, level2[number].lineSize, at: start)
                : fillLevel2(
                    core, base, at: start, reason: .demand, shared: shared && hasPrivateLevel2)
            followInLevel2(core, base, at: start)
            return arrival
        }
        tell(.levelRead, at: tick, .core(core), place, other: 0, line, size)
        var arrival = ReferenceArrival(
            completion: hitLevel2(number, at: start), cause: .level2, source: place)
        if held.isPrefetched {
            level2[number].change(base) { $0.isPrefetched = false }
            if let coming = level2[number].prefetcher.arrivals.last(where: { $0.line == base }) {
                arrival.completion = max(arrival.completion, coming.tick)
            }
            followInLevel2(core, base, at: start)
        }
        if isExclusive, isData {
            arrival.dirty = held.dirty
            arrival.leavesLevel2 = true
        }
        return arrival
    }

    /// Fills L2 with a line.
    mutating func fillLevel2(
        _ core: Int, _ line: UInt64, at tick: UInt64, reason: MoveReason, shared: Bool
    ) -> ReferenceArrival {
        let number = second(core)
        let size = level2[number].lineSize
        let cache = level2[number].configuration
        let doubles = configuration.level2?.outer?.doublesLinefills ?? false
        let start = whenFree(traffic[number].linefills, cache.linefillBuffers, at: tick)
        var arrival =
            doubles
            ? ReferenceArrival(
                completion: readMemory(
                    .core(core), line / (2 * size) * (2 * size), 2 * size, missTicks, at: start),
                cause: .memory, source: .memory)
            : readBelowLevel2(core, line, size, at: start)
        if arrival.cause == .memory, !cache.criticalWordFirst {
            arrival.completion += memory.pinTime(size)
        }
        var new = ReferenceLine(address: line)
        new.isPrefetched = reason == .prefetch
        new.isShared = shared
        let victim = level2[number].insert(new, random: &randoms[2])
        tell(
            .linefill, at: tick, .core(core), level2[number].place,
            other: arrival.source.rawValue, line, size, detail: reason.rawValue)
        if let victim { evictLevel2(core, victim, reason: .replacement, at: tick) }
        traffic[number].linefills.removeAll { $0 <= tick }
        traffic[number].linefills.append(arrival.completion)
        if doubles { fillOther(of: line, core, at: tick) }
        arrival.source = level2[number].place
        return arrival
    }

    /// The other line of a pair that an outer cache has read comes in behind the one asked for.
    private mutating func fillOther(of line: UInt64, _ core: Int, at tick: UInt64) {
        let other = line ^ level2[0].lineSize
        guard !level2[0].holds(other) else { return }
        let victim = level2[0].insert(ReferenceLine(address: other), random: &randoms[2])
        tell(
            .linefill, at: tick, .core(core), level2[0].place, other: Place.memory.rawValue, other,
            level2[0].lineSize, detail: MoveReason.prefetch.rawValue)
        if let victim {
            evictLevel2(
                core, victim, reason: .replacement,
                drops: configuration.level2?.outer?.erratum752271 == true, at: tick)
        }
    }

    /// When a hit of L2 is answered.
    mutating func hitLevel2(_ number: Int, at tick: UInt64) -> UInt64 {
        let start = whenFree(
            traffic[number].hits, configuration.level2?.outer?.lineReadBuffers, at: tick)
        traffic[number].hits.removeAll { $0 <= tick }
        traffic[number].hits.append(start + level2HitTicks)
        return start + level2HitTicks
    }

    /// Puts a line into L2 without reading it.
    mutating func insertLevel2(_ core: Int, _ line: ReferenceLine, at tick: UInt64) {
        if let victim = level2[second(core)].insert(line, random: &randoms[2]) {
            evictLevel2(core, victim, reason: .replacement, at: tick)
        }
    }

    /// A line that L2 has lost, or loses now, goes on.
    mutating func evictLevel2(
        _ core: Int, _ line: ReferenceLine, reason: MoveReason, drops: Bool = false,
        at tick: UInt64
    ) {
        let number = second(core)
        var line = line
        if configuration.level2?.inclusion == .inclusive, !level1Data.isEmpty {
            let served = hasPrivateLevel2 ? [core] : Array(cores.indices)
            for other in served { takeUp(other, &line, at: tick) }
        }
        if line.dirty != 0, !drops {
            writeBackLevel2(number, line, agent: core, reason: reason, at: tick)
        }
        level2[number].remove(line.address)
        tell(
            .invalidate, at: tick, .core(core), level2[number].place,
            other: drops && line.dirty != 0 ? 1 : 0, line.address,
            level2[number].lineSize, detail: reason.rawValue)
    }

    /// An inclusive L2 that loses a line takes a core's L1D's lines of it along.
    private mutating func takeUp(_ core: Int, _ line: inout ReferenceLine, at tick: UInt64) {
        let place = level2[second(core)].place
        let size = level2[second(core)].lineSize
        for part in stride(from: line.address, to: line.address + size, by: Int(dataLine)) {
            for alias in level1Data[core].aliasOffsets.indices {
                guard let inner = level1Data[core].line(part, alias: alias) else { continue }
                if inner.dirty != 0 {
                    line.dirty |= level2Bits(of: inner, core)
                    tell(
                        .writeback, at: tick, .core(core), .level1Data(core, alias: alias),
                        other: place.rawValue, part, dataLine,
                        detail: MoveReason.inclusion.rawValue)
                }
                removeLevel1(
                    core, part, alias: alias, reason: .inclusion, agent: core, at: tick)
            }
        }
    }

    /// The dirty bytes of a line of an L2 go below; the line is not changed.
    mutating func writeBackLevel2(
        _ number: Int, _ line: ReferenceLine, agent: Int, reason: MoveReason, at tick: UInt64
    ) {
        let (start, bytes) = level2[number].dirtyBytes(line)
        let target = placeBelowLevel2(agent, start, bytes, hasAll: true, at: tick)
        tell(
            .writeback, at: tick, .core(agent), level2[number].place, other: target.rawValue,
            start, bytes, detail: reason.rawValue)
        if target == .memory {
            let ahead = level2[number].configuration.evictionBuffers
                .map { UInt64($0) * level2[number].lineSize }
            writeMemory(.core(agent), start, bytes, ahead: ahead, at: tick)
        }
    }
}
