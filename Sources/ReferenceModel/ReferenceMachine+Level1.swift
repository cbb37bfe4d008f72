import Events
import MemoryModel
import Operations
import Quantities

// Section 6: lines into and out of L1D.

extension ReferenceMachine {
    /// When one of some buffers is free, of which some are in use until certain times.
    func whenFree(_ ends: [UInt64], _ buffers: Int?, at tick: UInt64) -> UInt64 {
        guard let buffers else { return tick }
        let busy = ends.filter { $0 > tick }.sorted()
        return busy.count >= buffers ? busy[busy.count - buffers] : tick
    }

    /// Fills L1D with a line, for a store if there are dirty bits.
    mutating func fillLevel1(
        _ core: Int, _ target: ReferenceTarget, at tick: UInt64, dirty: UInt8?, reason: MoveReason
    ) -> ReferenceArrival {
        let cache = level1Data[core].configuration
        let start = whenFree(cores[core].linefills, cache.linefillBuffers, at: tick)
        let forStore = dirty != nil
        var answer = ReferenceAnswer()
        let own = hasPrivateLevel2 ? level2[core].line(target.line) : nil
        if own == nil || forStore && own?.isShared == true {
            answer = ask(core, target, forStore: forStore, at: tick)
        }
        var arrival: ReferenceArrival
        if let giver = answer.giver {
            arrival = ReferenceArrival(
                completion: start + transferTicks + answer.cost, cause: .level2, source: giver,
                dirty: answer.movedDirty)
        } else {
            arrival = readBelowLevel1(
                core, target.line, dataLine, isData: true, shared: answer.isKept, at: start)
            arrival.completion += answer.cost + (cache.criticalWordFirst ? 0 : lineIn)
        }
        var line = ReferenceLine(address: target.line, alias: target.alias)
        line.dirty = level1Data[core].widened(arrival.dirty) | (dirty ?? 0)
        line.isPrefetched = reason == .prefetch
        if !forStore {
            line.isShared = answer.isKept || own?.isShared == true
        }
        let victim = level1Data[core].insert(line, random: &randoms[0])
        tell(
            .linefill, at: tick, .core(core), .level1Data(core, alias: target.alias),
            other: arrival.source.rawValue, target.line, dataLine, detail: reason.rawValue)
        leaveBehind(core, target, answer, arrival, forStore: forStore, at: tick)
        if let victim {
            evictForFill(core, victim, &arrival, at: tick)
        }
        cores[core].linefills.append(arrival.completion)
        return arrival
    }

    /// What moved up leaves where it was.
    private mutating func leaveBehind(
        _ core: Int, _ target: ReferenceTarget, _ answer: ReferenceAnswer,
        _ arrival: ReferenceArrival, forStore: Bool, at tick: UInt64
    ) {
        if let mover = answer.mover {
            removeLevel1(mover, target.line, reason: .exchange, agent: core, at: tick)
        } else if arrival.leavesLevel2, level2[second(core)].holds(target.line) {
            let number = second(core)
            level2[number].remove(target.line)
            tell(
                .invalidate, at: tick, .core(core), level2[number].place, target.line,
                level2[number].lineSize, detail: MoveReason.exchange.rawValue)
        }
        if forStore, hasPrivateLevel2 { level2[core].change(target.line) { $0.isShared = false } }
    }

    private mutating func evictForFill(
        _ core: Int, _ victim: ReferenceLine, _ arrival: inout ReferenceArrival, at tick: UInt64
    ) {
        let buffers = level1Data[core].configuration.evictionBuffers
        if victim.dirty != 0 {
            arrival.completion = whenFree(
                cores[core].evictions, buffers, at: arrival.completion)
        }
        evictLevel1(core, victim, reason: .replacement, at: tick)
        if victim.dirty != 0, buffers != nil { cores[core].evictions.append(pathOut) }
    }

    /// Removes a line from L1D and says so; what is dirty is lost.
    mutating func removeLevel1(
        _ core: Int, _ line: UInt64, alias: Int = 0, reason: MoveReason, agent: Int,
        drops: Bool = false, at tick: UInt64
    ) {
        level1Data[core].remove(line, alias: alias)
        tell(
            .invalidate, at: tick, .core(agent), .level1Data(core, alias: alias),
            other: drops ? 1 : 0, line, dataLine, detail: reason.rawValue)
    }

    /// A line that L1D has lost, or loses now, goes on.
    mutating func evictLevel1(
        _ core: Int, _ line: ReferenceLine, reason: MoveReason, at tick: UInt64
    ) {
        if line.dirty != 0 {
            writeBackLevel1(core, line, agent: core, reason: reason, at: tick)
        } else if takesVictims, !level2[second(core)].holds(line.address) {
            let number = second(core)
            drainSlots(touching: line.address, dataLine)
            var taken = ReferenceLine(address: line.address)
            taken.isShared = hasPrivateLevel2 && line.isShared
            let victim = level2[number].insert(taken, random: &randoms[2])
            tell(
                .linefill, at: tick, .core(core), level2[number].place,
                other: Place.level1Data(core, alias: line.alias).rawValue, line.address,
                level2[number].lineSize, detail: MoveReason.replacement.rawValue)
            if let victim { evictLevel2(core, victim, reason: .replacement, at: tick) }
        }
        removeLevel1(
            core, line.address, alias: line.alias, reason: reason, agent: core, at: tick)
    }

    /// The dirty bytes of a line of L1D go to the next level; the line is not changed.
    mutating func writeBackLevel1(
        _ core: Int, _ line: ReferenceLine, agent: Int, reason: MoveReason, at tick: UInt64
    ) {
        pathOut = max(pathOut, tick) + lineOut
        drainSlots(touching: line.address, dataLine)
        let place = Place.level1Data(core, alias: line.alias)
        let goesPast =
            isExclusive && !level2[second(core)].holds(line.address)
            && reason != .replacement && reason != .environment
        if level2.isEmpty || goesPast {
            let (start, bytes) = level1Data[core].dirtyBytes(line)
            let target = placeBelowLevel2(
                agent, start, bytes, hasAll: true, at: tick)
            tell(
                .writeback, at: tick, .core(agent), place, other: target.rawValue, start, bytes,
                detail: reason.rawValue)
            if target == .memory { writeMemory(.core(agent), start, bytes, at: tick) }
            return
        }
        let number = second(core)
        let base = level2[number].base(line.address)
        let isHit = level2[number].holds(base)
        level2[number].use(base)
        tell(
            .levelWrite, at: tick, .core(agent), level2[number].place, other: isHit ? 0 : 1,
            line.address, dataLine)
        if !isHit {
            if level2[number].lineSize > dataLine {
                _ = fillLevel2(core, base, at: tick, reason: .demand, shared: false)
            } else {
                var taken = ReferenceLine(address: base)
                taken.isShared = hasPrivateLevel2 && line.isShared
                insertLevel2(core, taken, at: tick)
            }
        }
        let dirty = level2Bits(of: line, core)
        level2[number].change(base) {
            $0.dirty |= dirty
            $0.isPrefetched = false
        }
        tell(
            .writeback, at: tick, .core(agent), place, other: level2[number].place.rawValue,
            line.address, dataLine, detail: reason.rawValue)
    }

    /// The dirty bits that a line of L1D gives to L2's.
    func level2Bits(of line: ReferenceLine, _ core: Int) -> UInt8 {
        let cache = level2[second(core)]
        var bits: UInt8 = 0
        for quarter in 0..<UInt64(4) where line.dirty & 1 << quarter != 0 {
            bits |= cache.dirtyBits(
                line.address + quarter * dataLine / 4, dataLine / 4, of: cache.base(line.address))
        }
        return bits
    }
}
