import Events
import Operations
import Quantities

// How lines come into L1D and leave it. Tags change when the request is made; the returned tick says when the data
// is there. A linefill waits for a free linefill buffer; a dirty victim waits for a free eviction buffer, and the
// linefill with it. A dirty L1 victim is written to the second level after the demand fetch, whole, and
// allocates there; its dirty bits go with it.
//
// Left out: a second access to a line that a demand linefill is bringing hits at once.

/// Where a line came from, when its critical word is there, and what a wait for it counts as.
struct LineSource {
    var place: Place
    var completion: UInt64
    var cause: Cause
    /// The state bits that come with it: modified bytes of an exclusive second level, and whether it is shared.
    var state: UInt64 = 0
}

extension Machine where P: ~Copyable {
    /// The number under which L1D keeps the line of a physical address of the mapping at work.
    @inline(__always)
    func level1Line(_ address: UInt64) -> UInt64 {
        level1Data.line(of: address) | mapSynonym &<< CacheBank.synonymShift
    }

    /// The place of a core's L1D that holds a line.
    @inline(__always)
    func level1Place(_ core: Int, _ line: UInt64) -> Place {
        guard level1Data.hasSynonyms else { return .level1Data(core) }
        return .level1Data(core, alias: Int(line &>> CacheBank.synonymShift) & 7)
    }

    /// Brings a line into a core's L1D.
    ///
    /// - Parameters:
    ///   - line: Its number.
    ///   - core: Whose L1D.
    ///   - tick: When it is asked for.
    ///   - reason: Why.
    ///   - storeBits: The dirty bits of the store that asks; 0: a load asks.
    ///   - isShared: Whether other cores take part.
    /// - Returns: where it came from, when its critical word is there, and what a wait for it counts as.
    mutating func fillLevel1(
        _ line: UInt64, _ core: Int, at tick: UInt64, reason: MoveReason, storeBits: UInt64 = 0,
        isShared: Bool
    ) -> LineSource {
        let address = level1Data.address(ofLine: line)
        let size = UInt64(level1Data.lineSize)
        let start = linefillStart(core, at: tick)
        let snoop = snoopForFill(line, core, forStore: storeBits != 0, isShared, at: tick)
        var result: LineSource
        if let place = snoop.source {
            result = LineSource(
                place: place, completion: start + costs.transfer + snoop.cost, cause: .level2)
        } else {
            result = readBelowLevel1(
                address, size, core, at: start, isData: true, sharedState: snoop.state)
            result.completion += snoop.cost + costs.restOfLine
        }
        let came = snoop.state | result.state & (storeBits == 0 ? .max : ~CacheBank.shared)
        let state = came | storeBits | (reason == .prefetch ? CacheBank.prefetched : 0)
        let (_, victim) = level1Data.insert(line, core, state: state)
        emit(
            .linefill, at: tick, agent: .core(core), place: level1Place(core, line),
            other: result.place.rawValue, address: address, size: size, detail: reason.rawValue,
            record: record)
        endExchange(line, core, snoop, result, at: tick)
        if storeBits != 0 { claimLevel2(line, core) }
        if victim != 0 {
            if victim & CacheBank.dirty != 0 {
                result.completion += evictionDelay(core, at: result.completion)
            }
            evictFromLevel1(victim, core, at: tick, reason: .replacement)
            noteEviction(core, victim)
        }
        noteLinefill(core, result.completion)
        return result
    }

    /// Takes the line out of where it moved from: another core's L1D, or an exclusive second level.
    @inline(__always)
    private mutating func endExchange(
        _ line: UInt64, _ core: Int, _ snoop: SnoopResult, _ source: LineSource, at tick: UInt64
    ) {
        endMove(snoop, line, by: core, at: tick)
        guard snoop.source == nil, inclusion == .exclusive, source.place.isLevel2 else { return }
        let index = level2.peek(level2.line(of: level1Data.address(ofLine: line)), level2Copy(core))
        guard index >= 0 else { return }
        level2.remove(at: index, level2Copy(core))
        emit(
            .invalidate, at: tick, agent: .core(core), place: source.place,
            address: level1Data.address(ofLine: line), size: UInt64(level1Data.lineSize),
            detail: MoveReason.exchange.rawValue, record: record)
    }

    // MARK: Buffers

    /// When a linefill asked for at a tick can begin: when a linefill buffer is free.
    @inline(__always)
    private func linefillStart(_ core: Int, at tick: UInt64) -> UInt64 {
        guard let buffers = rules.linefillBuffers else { return tick }
        return whenFree(linefills.list(core), buffers, from: tick)
    }

    @inline(__always)
    private mutating func noteLinefill(_ core: Int, _ completion: UInt64) {
        guard rules.linefillBuffers != nil else { return }
        // Nothing that is still to come is asked for before the last issue; a drain may be, before the core's time.
        let past = lastIssue
        linefills.keep(core) { $0 > past }
        linefills.append(completion, core)
    }

    /// How much longer than to a tick a dirty victim needs to find an eviction buffer.
    @inline(__always)
    private func evictionDelay(_ core: Int, at tick: UInt64) -> UInt64 {
        guard let buffers = rules.evictionBuffers else { return 0 }
        return whenFree(evictions.list(core), buffers, from: tick) - tick
    }

    /// Notes until when a dirty victim keeps its eviction buffer: until the path out has taken it.
    @inline(__always)
    private mutating func noteEviction(_ core: Int, _ victim: UInt64) {
        guard rules.evictionBuffers != nil, victim & CacheBank.dirty != 0
        else { return }
        let past = lastIssue
        evictions.keep(core) { $0 > past }
        evictions.append(pathOut, core)
    }

    // MARK: Out

    /// A line leaves a core's L1D; `entry` is what stood in the array.
    mutating func evictFromLevel1(_ entry: UInt64, _ core: Int, at tick: UInt64, reason: MoveReason)
    {
        let line = level1Data.line(ofEntry: entry)
        if entry & CacheBank.dirty != 0 {
            writeBackFromLevel1(entry, core, at: tick, reason: reason)
        } else if hasLevel2, inclusion == .exclusive || inclusion == .victim {
            handDown(entry, core, at: tick)
        }
        emit(
            .invalidate, at: tick, agent: .core(core), place: level1Place(core, line),
            address: level1Data.address(ofLine: line), size: UInt64(level1Data.lineSize),
            detail: reason.rawValue, record: record)
    }

    /// Puts a clean victim of L1D into a second level that holds what L1D has lost.
    private mutating func handDown(_ entry: UInt64, _ core: Int, at tick: UInt64) {
        let line = level1Data.line(ofEntry: entry)
        let address = level1Data.address(ofLine: line)
        let copy = level2Copy(core)
        guard level2.peek(level2.line(of: address), copy) < 0 else { return }
        drainOuterSlots(overlapping: address, UInt64(level1Data.lineSize))
        // A core's own level must remember that others have the line: the core may take it back from there.
        let state = hasPrivateLevel2 ? entry & CacheBank.shared : 0
        let (_, victim) = level2.insert(level2.line(of: address), copy, state: state)
        emit(
            .linefill, at: tick, agent: .core(core), place: level2Place(core),
            other: level1Place(core, line).rawValue, address: address,
            size: UInt64(level1Data.lineSize), detail: MoveReason.replacement.rawValue,
            record: record)
        if victim != 0 { evictFromLevel2(victim, core, at: tick, reason: .replacement) }
    }

    /// Writes the dirty bytes of a line that L1D holds on, and leaves it there, clean.
    ///
    /// Making room below may take other lines, or this one, out of L1D: what the caller knew of places there no
    /// longer holds.
    mutating func cleanLevel1(_ line: UInt64, _ core: Int, at tick: UInt64, reason: MoveReason) {
        let index = level1Data.peek(line, core)
        guard index >= 0, level1Data.entries[index] & CacheBank.dirty != 0 else { return }
        let entry = level1Data.entries[index]
        level1Data.put(entry & ~CacheBank.dirty, at: index, core)
        writeBackFromLevel1(entry, core, at: tick, reason: reason)
    }

    /// Writes the dirty bytes of an L1 line to the second level, or to what is below where there is none.
    ///
    /// `entry` is what stood in the array; the caller has taken it out, or its dirty bits.
    mutating func writeBackFromLevel1(
        _ entry: UInt64, _ core: Int, at tick: UInt64, reason: MoveReason
    ) {
        let line = level1Data.line(ofEntry: entry)
        let start = level1Data.address(ofLine: line)
        let whole = UInt64(level1Data.lineSize)
        pathOut = max(pathOut, tick) + costs.pathOut(whole)
        let copy = level2Copy(core)
        drainOuterSlots(overlapping: start, whole)
        // An exclusive second level does not take a line that stays in L1.
        let isLeaving = reason == .replacement || reason == .environment
        let skips =
            inclusion == .exclusive && !isLeaving
            && level2.peek(level2.line(of: start), copy) < 0
        guard hasLevel2, !skips else {
            let (offset, size) = level1Data.dirtyBytes(entry)
            let below = placeBelowLevel2(start &+ offset, size, .core(core), at: tick)
            emit(
                .writeback, at: tick, agent: .core(core), place: level1Place(core, line),
                other: below.rawValue, address: start &+ offset, size: size,
                detail: reason.rawValue, record: record)
            if below == .memory { writeMemory(start &+ offset, size, agent: .core(core), at: tick) }
            return
        }
        let outer = level2.line(of: start)
        var index = level2.touch(outer, copy)
        emit(
            .levelWrite, at: tick, agent: .core(core), place: level2Place(core),
            other: index < 0 ? 1 : 0, address: start, size: whole, record: record)
        if index < 0 {
            if level2.lineSize > level1Data.lineSize {
                _ = fillLevel2(outer, core, at: tick, reason: .demand)
                index = level2.peek(outer, copy)
            } else {
                let shared = hasPrivateLevel2 ? entry & CacheBank.shared : 0
                let (place, victim) = level2.insert(outer, copy, state: shared)
                index = place
                if victim != 0 { evictFromLevel2(victim, core, at: tick, reason: .replacement) }
            }
        }
        level2.entries[index] =
            level2.entries[index] & ~CacheBank.prefetched | dirtyBitsBelow(entry, start)
        emit(
            .writeback, at: tick, agent: .core(core), place: level1Place(core, line),
            other: level2Place(core).rawValue, address: start, size: whole,
            detail: reason.rawValue, record: record)
    }

    /// The dirty bits of the second level that stand for the dirty bytes of an L1 line.
    @inline(__always)
    func dirtyBitsBelow(_ entry: UInt64, _ start: UInt64) -> UInt64 {
        let (offset, size) = level1Data.dirtyBytes(entry)
        return level2.dirtyBits(start &+ offset, size)
    }
}

/// When fewer than `buffers` of some uses are left, which end at `ends`, from a tick on.
///
/// - Complexity: O(ends), as a rule; times `buffers` if more uses than that are left.
func whenFree(
    _ ends: UnsafeMutableBufferPointer<UInt64>, _ buffers: Int, from tick: UInt64
) -> UInt64 {
    var left = 0
    for end in ends where end > tick { left &+= 1 }
    // The end that has `buffers` - 1 later ones; few enough that searches beat a sort.
    var free = tick
    while left >= buffers {
        var next = UInt64.max
        var equal = 0
        for end in ends where end > free && end <= next {
            equal = end == next ? equal &+ 1 : 1
            next = end
        }
        free = next
        left &-= equal
    }
    return free
}
