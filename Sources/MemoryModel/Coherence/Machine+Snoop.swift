import Events
import Operations
import Quantities

// What a core's miss, or its store to a line that others may hold, does to the other cores' caches. A line is
// modified if it has dirty bits and is not shared, owned if it has dirty bits and is shared, exclusive or shared
// without dirty bits.
//
//   a load finds it modified   mesi: the holder writes it to the level below, both share it
//                              moesi: the holder keeps the dirty bits and shares it
//                              migrating: it moves, dirty bits and all
//   a store finds it modified  moesi, migrating: it moves, dirty bits and all; mesi: the holder writes it
//   or owned                   to the level below first, and loses it
//   a store finds it clean     the holder loses it
//
// Moves and shared dirty bits need direct transfers between shared second levels; without, everything goes through
// the level below, as under mesi. Cores that are not coherent, or have never done anything, take no part; nor
// does non-shareable memory.

/// What the other cores' caches had.
struct SnoopResult {
    /// The cache that gives the line; nil: the level below does.
    var source: Place?
    /// Dirty bits that come along, and whether others keep the line.
    var state: UInt64 = 0
    /// Whose L1D loses the line once it has been given.
    var movesFrom: Int?
    /// What asking has added, in ticks.
    var cost: UInt64 = 0
}

extension Machine where P: ~Copyable {
    /// Asks the other cores before a linefill of L1D.
    ///
    /// A core with its own second level asks only for what that does not hold, or holds shared and would write.
    mutating func snoopForFill(
        _ line: UInt64, _ core: Int, forStore: Bool, _ isShared: Bool, at tick: UInt64
    ) -> SnoopResult {
        if hasPrivateLevel2 {
            let outer = level2.line(of: level1Data.address(ofLine: line))
            let index = level2.peek(outer, core)
            if index >= 0, !forStore || level2.entries[index] & CacheBank.shared == 0 {
                return SnoopResult()
            }
        }
        return snoop(line, by: core, forStore: forStore, isShared, at: tick)
    }

    /// Asks the other cores for a line.
    @inline(__always)
    mutating func snoop(
        _ line: UInt64, by core: Int, forStore: Bool, _ isShared: Bool, at tick: UInt64
    ) -> SnoopResult {
        guard cores.count > 1, hasLevel1Data, isShared, cores[core].isCoherent else {
            return SnoopResult()
        }
        if forStore, usesMonitors {
            clearMonitors(
                level1Data.address(ofLine: line), UInt64(level1Data.lineSize), besides: core)
        }
        let others = snooped & ~(1 &<< UInt32(core))
        return others == 0
            ? SnoopResult() : ask(others, line, by: core, forStore: forStore, at: tick)
    }

    /// Asks the cores whose bits are set.
    @inline(never)
    private mutating func ask(
        _ others: UInt32, _ line: UInt64, by core: Int, forStore: Bool, at tick: UInt64
    ) -> SnoopResult {
        var result = SnoopResult()
        var holder: Place?
        var owner: Place?
        var isKept = false
        var left = others
        let set = level1Data.setNumber(line, 0)
        while left != 0 {
            let other = left.trailingZeroBitCount
            left &= left &- 1
            let inner = level1Data.index(of: line, in: set &+ other &* level1Data.sets)
            let outer =
                hasPrivateLevel2
                ? level2.peek(level2.line(of: level1Data.address(ofLine: line)), other) : -1
            guard inner >= 0 || outer >= 0 else { continue }
            let place: Place = inner >= 0 ? .level1Data(other) : .level2(other)
            holder = holder ?? place
            if inner >= 0, level1Data.entries[inner] & CacheBank.dirty != 0 {
                owner = place
                // A second one is dirty only if a core has left coherence and joined again.
                if result.movesFrom == nil, moves(level1Data.entries[inner], forStore) {
                    result.movesFrom = other
                    result.state = level1Data.entries[inner] & CacheBank.dirty
                    continue
                }
            }
            isKept = !forStore
            settle(
                line, inner, other, forStore, hasMoved: result.movesFrom != nil, by: core, at: tick)
        }
        if isKept { result.state |= CacheBank.shared }
        if transfersDirectly {
            if let other = result.movesFrom {
                result.source = .level1Data(other)
            } else if !forStore {
                result.source = owner ?? holder
            }
        }
        // Duplicate tags know who has the line; without, asking costs whether anybody had it or not.
        if holder != nil || !rules.coherence.duplicatesTags { result.cost = costs.snoop }
        return result
    }

    /// Whether a cache gives a line straight to another core.
    ///
    /// A core whose own second level is inclusive must fill that as well, so that it takes lines from below.
    @inline(__always)
    private var transfersDirectly: Bool {
        rules.coherence.transfersDirectly
            && !(hasPrivateLevel2 && inclusion == .inclusive)
    }

    /// Whether a modified line moves to the core that asks, dirty bits and all.
    @inline(__always)
    private func moves(_ entry: UInt64, _ forStore: Bool) -> Bool {
        let coherence = rules.coherence
        guard transfersDirectly, !hasPrivateLevel2 else { return false }
        if forStore { return coherence.migratesDirty || coherence.protocol == .moesi }
        return coherence.migratesDirty && entry & CacheBank.shared == 0
    }

    /// Does to another core's copies what a snoop does where the line does not move.
    private mutating func settle(
        _ line: UInt64, _ inner: Int, _ other: Int, _ forStore: Bool, hasMoved: Bool, by core: Int,
        at tick: UInt64
    ) {
        let coherence = rules.coherence
        let keepsDirty =
            !forStore && !hasMoved && coherence.protocol == .moesi && transfersDirectly
            && !hasPrivateLevel2
        if inner >= 0, !keepsDirty { cleanLevel1(line, other, at: tick, reason: .snoop) }
        // Writing L1's line back has put it there, if it was not, and may have moved others: look again.
        let inner = level1Data.peek(line, other)
        let address = level1Data.address(ofLine: line)
        let below = hasPrivateLevel2 ? level2.peek(level2.line(of: address), other) : -1
        if below >= 0, level2.entries[below] & CacheBank.dirty != 0 {
            let entry = level2.entries[below]
            level2.entries[below] = entry & ~CacheBank.dirty
            writeBackFromLevel2(entry, other, at: tick, reason: .snoop)
        }
        guard forStore else {
            if inner >= 0 {
                level1Data.put(level1Data.entries[inner] | CacheBank.shared, at: inner, other)
            }
            if below >= 0 { level2.entries[below] |= CacheBank.shared }
            return
        }
        if inner >= 0 { takeFromLevel1(line, other, by: core, .snoop, at: tick) }
        if below >= 0 {
            level2.remove(at: below, other)
            emit(
                .invalidate, at: tick, agent: .core(core), place: .level2(other),
                address: level2.address(ofLine: level2.line(of: address)),
                size: UInt64(level2.lineSize), detail: MoveReason.snoop.rawValue, record: record)
        }
    }

    /// Asks the other cores before a fill of a core's own second level that no load or store of L1D asks for.
    ///
    /// - Returns: ``CacheBank/shared`` if another core keeps the line.
    mutating func snoopForLevel2(
        _ line: UInt64, _ core: Int, _ isShared: Bool, at tick: UInt64
    ) -> UInt64 {
        guard hasPrivateLevel2, level2.peek(line, core) < 0 else { return 0 }
        let inner = level1Data.line(of: level2.address(ofLine: line))
        return snoop(inner, by: core, forStore: false, isShared, at: tick).state
            & CacheBank.shared
    }

    /// Takes a line that has moved out of the L1D that gave it.
    @inline(__always)
    mutating func endMove(_ snoop: SnoopResult, _ line: UInt64, by core: Int, at tick: UInt64) {
        guard let other = snoop.movesFrom else { return }
        takeFromLevel1(line, other, by: core, .exchange, at: tick)
    }

    private mutating func takeFromLevel1(
        _ line: UInt64, _ other: Int, by core: Int, _ reason: MoveReason, at tick: UInt64
    ) {
        let index = level1Data.peek(line, other)
        guard index >= 0 else { return }
        level1Data.remove(at: index, other)
        emit(
            .invalidate, at: tick, agent: .core(core), place: .level1Data(other),
            address: level1Data.address(ofLine: line), size: UInt64(level1Data.lineSize),
            detail: reason.rawValue, record: record)
    }

    /// Makes a line that a core's L1D holds shared its own, for a store.
    ///
    /// - Returns: where the entry is now; -1 if making room for another core's bytes has taken it away.
    mutating func upgrade(
        _ line: UInt64, _ core: Int, _ index: Int, _ isShared: Bool, at tick: UInt64
    ) -> Int {
        guard level1Data.entries[index] & CacheBank.shared != 0 else { return index }
        let found = snoop(line, by: core, forStore: true, isShared, at: tick)
        endMove(found, line, by: core, at: tick)
        claimLevel2(line, core)
        let index = level1Data.peek(line, core)
        if index >= 0 {
            let entry = level1Data.entries[index]
            level1Data.put(
                entry & ~CacheBank.shared | found.state & CacheBank.dirty, at: index, core)
        }
        return index
    }

    /// Notes in a core's own second level that no other core has a line any more.
    @inline(__always)
    func claimLevel2(_ line: UInt64, _ core: Int) {
        guard hasPrivateLevel2 else { return }
        let index = level2.peek(level2.line(of: level1Data.address(ofLine: line)), core)
        if index >= 0 { level2.entries[index] &= ~CacheBank.shared }
    }

    /// Works out anew which cores others ask: those that have done anything and are coherent.
    mutating func noteParticipants() {
        snooped = 0
        for core in 0..<cores.count where cores[core].isActive && cores[core].isCoherent {
            snooped |= 1 &<< UInt32(core)
        }
    }

    // MARK: Exclusives

    /// Ends the reservations of other cores on bytes that are written.
    mutating func clearMonitors(_ address: UInt64, _ size: UInt64, besides core: Int?) {
        let granule = exclusiveGranule
        for other in 0..<cores.count where other != core && cores[other].monitor != .max {
            let start = cores[other].monitor
            if start < address &+ size, address < start &+ granule {
                (cores.base + other).pointee.monitor = .max
            }
        }
    }

    /// Bytes that one reservation covers: a line.
    @inline(__always)
    var exclusiveGranule: UInt64 { UInt64(configuration.dataLineSize) }

    /// Lets a core take part in coherence, or no longer.
    ///
    /// Its lines stay as they are: leaving with modified lines is how data is lost.
    public mutating func setCoherent(_ isCoherent: Bool, core: Int) {
        precondition(core < cores.count, "core \(core) of a machine with \(cores.count)")
        #if DEBUG
            ledger.allowsSeveralWriters = true
        #endif
        (cores.base + core).pointee.isCoherent = isCoherent
        noteParticipants()
    }
}
