import Events
import Operations
import Quantities

// The second level, shared or one for each core. What it holds beside L1 is its inclusion:
//
//   none       filled on the way in; an eviction leaves L1 alone
//   inclusive  filled on the way in; an eviction takes L1's lines along, their modified bytes first
//   exclusive  a line that L1D reads moves up, its dirty bits with it; L1D's victims, clean ones too, come down
//   victim     L1D's victims, clean ones too, come down; a line that L1D reads again stays
//
// A linefill waits for a free linefill buffer of its cache, a hit of the outer cache for a line-read buffer; dirty
// lines for which there are no eviction buffers hold up the path to the second level. An outer cache may read pairs of
// lines (`Machine+Level2Buffers.swift`).
//
// The inclusion concerns L1D: instruction fetches fill any second level on the way in, and nothing takes lines out
// of L1I but maintenance and replacement.

extension Machine where P: ~Copyable {
    /// Reads a line for L1 through the second level.
    ///
    /// - Parameters:
    ///   - address: Its first byte.
    ///   - size: Its bytes.
    ///   - core: Whose L1.
    ///   - tick: When the request leaves L1.
    ///   - isData: Whether L1D asks, not L1I.
    ///   - sharedState: ``CacheBank/shared`` if another core holds the line.
    /// - Returns: where the line came from, when its critical word is there, what comes with it.
    mutating func readBelowLevel1(
        _ address: UInt64, _ size: UInt64, _ core: Int, at tick: UInt64, isData: Bool,
        sharedState: UInt64 = 0
    ) -> LineSource {
        drainOuterSlots(overlapping: address, size)
        guard hasLevel2 else { return readBelowLevel2(address, size, .core(core), at: tick) }
        let copy = level2Copy(core)
        let line = level2.line(of: address)
        let start = max(tick, pathIn)
        pathIn = start + costs.lineIn
        let index = level2.touch(line, copy)
        emit(
            .levelRead, at: tick, agent: .core(core), place: level2Place(core),
            other: index < 0 ? 1 : 0, address: address, size: size, record: record)
        guard index >= 0 else {
            let source: LineSource
            if isData, inclusion == .exclusive || inclusion == .victim {
                source = readBelowLevel2(address, size, .core(core), at: start)
            } else {
                let filled = fillLevel2(
                    line, core, at: start, reason: .demand, state: sharedState & CacheBank.shared)
                source = LineSource(
                    place: level2Place(core), completion: filled.completion, cause: filled.cause)
            }
            trainLevel2(line, core, at: start)
            return source
        }
        let entry = level2.entries[index]
        var result = LineSource(
            place: level2Place(core), completion: level2Hit(at: start), cause: .level2,
            state: (inclusion == .exclusive && isData ? level1Data.widened(entry) : 0)
                | (hasPrivateLevel2 ? entry & CacheBank.shared : 0))
        if entry & CacheBank.prefetched != 0 {
            level2.entries[index] &= ~CacheBank.prefetched
            result.completion = max(
                result.completion, streams.arrival(of: line, level2Stream(core)))
            trainLevel2(line, core, at: start)
        }
        return result
    }

    /// Brings a line into the second level from below.
    ///
    /// - Returns: when its critical word has reached the core, and what a wait for it counts as.
    @discardableResult
    mutating func fillLevel2(
        _ line: UInt64, _ core: Int, at tick: UInt64, reason: MoveReason, state: UInt64 = 0
    ) -> LineSource {
        let address = line << level2.lineShift
        let size = UInt64(level2.lineSize)
        let start = level2LinefillStart(core, at: tick)
        var source =
            rules.outer.doublesLinefills
            ? readPair(address, core, at: start)
            : readBelowLevel2(address, size, .core(core), at: start)
        if !rules.level2CriticalWordFirst, source.cause == .memory {
            source.completion += memory.occupancy(size)
        }
        let (_, victim) = level2.insert(
            line, level2Copy(core), state: state | (reason == .prefetch ? CacheBank.prefetched : 0))
        emit(
            .linefill, at: tick, agent: .core(core), place: level2Place(core),
            other: source.place.rawValue, address: address, size: size, detail: reason.rawValue,
            record: record)
        if victim != 0 { evictFromLevel2(victim, core, at: tick, reason: .replacement) }
        noteLevel2Linefill(core, source.completion, at: tick)
        if rules.outer.doublesLinefills { fillSecond(line ^ 1, core, at: tick) }
        return source
    }

    /// A line leaves the second level of a core, or the shared one; `entry` is what stood in the array.
    ///
    /// `isLost` says that its dirty bytes go nowhere.
    mutating func evictFromLevel2(
        _ entry: UInt64, _ core: Int, at tick: UInt64, reason: MoveReason, isLost: Bool = false
    ) {
        var entry = entry
        if inclusion == .inclusive { takeAlong(&entry, core, at: tick) }
        let isDirty = entry & CacheBank.dirty != 0
        if isDirty, !isLost { writeBackFromLevel2(entry, core, at: tick, reason: reason) }
        emit(
            .invalidate, at: tick, agent: .core(core), place: level2Place(core),
            other: isDirty && isLost ? 1 : 0,
            address: level2.address(ofLine: level2.line(ofEntry: entry)),
            size: UInt64(level2.lineSize), detail: reason.rawValue, record: record)
    }

    /// Takes the lines of an inclusive second level's victim out of L1D.
    private mutating func takeAlong(_ entry: inout UInt64, _ core: Int, at tick: UInt64) {
        guard hasLevel1Data else { return }
        let start = level2.address(ofLine: level2.line(ofEntry: entry))
        let step = UInt64(level1Data.lineSize)
        let place = level2Place(core)
        for other in hasPrivateLevel2 ? core..<core + 1 : 0..<cores.count {
            var address = start
            while address &- start < UInt64(level2.lineSize) {
                for alias in 0..<(level1Data.hasSynonyms ? 8 : 1) as Range<UInt64> {
                    let line =
                        level1Data.line(of: address) | alias &<< CacheBank.synonymShift
                    entry |= takeAlong(line, other, to: place, at: tick)
                }
                address &+= step
            }
        }
    }

    /// Takes one line out of L1D because the second level loses it.
    ///
    /// - Returns: the dirty bits of the second level that it leaves there.
    private mutating func takeAlong(
        _ line: UInt64, _ core: Int, to place: Place, at tick: UInt64
    ) -> UInt64 {
        let index = level1Data.peek(line, core)
        guard index >= 0 else { return 0 }
        let inner = level1Data.entries[index]
        let address = level1Data.address(ofLine: line)
        let size = UInt64(level1Data.lineSize)
        if inner & CacheBank.dirty != 0 {
            emit(
                .writeback, at: tick, agent: .core(core), place: level1Place(core, line),
                other: place.rawValue, address: address, size: size,
                detail: MoveReason.inclusion.rawValue, record: record)
        }
        level1Data.remove(at: index, core)
        emit(
            .invalidate, at: tick, agent: .core(core), place: level1Place(core, line),
            address: address, size: size, detail: MoveReason.inclusion.rawValue, record: record)
        return inner & CacheBank.dirty == 0 ? 0 : dirtyBitsBelow(inner, address)
    }

    /// Writes the dirty bytes of a line of the second level to what is below.
    ///
    /// The line stays; the caller clears its dirty bits.
    mutating func writeBackFromLevel2(
        _ entry: UInt64, _ core: Int, at tick: UInt64, reason: MoveReason
    ) {
        let (offset, size) = level2.dirtyBytes(entry)
        let address = level2.address(ofLine: level2.line(ofEntry: entry)) &+ offset
        let below = placeBelowLevel2(address, size, .core(core), at: tick)
        emit(
            .writeback, at: tick, agent: .core(core), place: level2Place(core),
            other: below.rawValue, address: address, size: size, detail: reason.rawValue,
            record: record)
        if below == .memory {
            writeMemory(
                address, size, agent: .core(core), at: tick, bytesAhead: costs.evictionsAhead)
        }
    }
}
