import Events
import MemoryModel
import Operations
import Quantities

// Section 7: other cores.

/// What the other cores say when they are asked for a line.
struct ReferenceAnswer {
    /// Whose L1D gives up the line with its dirty bits.
    var mover: Int?
    var movedDirty: UInt8 = 0
    /// Which cache the line comes from; nil: from below.
    var giver: Place?
    /// Whether others keep it.
    var isKept = false
    var cost: UInt64 = 0
}

extension ReferenceMachine {
    /// Asks the other cores for a line.
    mutating func ask(
        _ core: Int, _ target: ReferenceTarget, forStore: Bool, at tick: UInt64
    ) -> ReferenceAnswer {
        var answer = ReferenceAnswer()
        guard cores.count > 1, !level1Data.isEmpty, target.isShared, cores[core].isCoherent
        else { return answer }
        if forStore { clearMonitors(except: core, target.line, dataLine) }
        let coherence = configuration.coherence
        var holders: [Place] = []
        var dirtyHolder: Place?
        var wasAsked = false
        for other in cores.indices
        where other != core && cores[other].isActive && cores[other].isCoherent {
            wasAsked = true
            let inner = level1Data[other].line(target.line)
            let outer = hasPrivateLevel2 ? level2[other].line(target.line) : nil
            guard inner != nil || outer != nil else { continue }
            let place = inner != nil ? Place.level1Data(other) : level2[other].place
            holders.append(place)
            if let inner, inner.dirty != 0 {
                dirtyHolder = place
                if answer.mover == nil, moves(inner, forStore: forStore) {
                    answer.mover = other
                    answer.movedDirty = inner.dirty
                    continue
                }
                let stays =
                    !forStore && answer.mover == nil && coherence.protocol == .moesi
                    && coherence.transfersDirectly && !hasPrivateLevel2
                if !stays { cleanForSnoop(other, target.line, agent: core, at: tick) }
            }
            answerFromLevel2(other, target.line, agent: core, at: tick)
            leave(other, target.line, forStore: forStore, agent: core, at: tick)
        }
        answer.isKept = !forStore && holders.count > (answer.mover == nil ? 0 : 1)
        let needsLevel2 = hasPrivateLevel2 && configuration.level2?.inclusion == .inclusive
        if coherence.transfersDirectly, !needsLevel2 {
            if let mover = answer.mover {
                answer.giver = .level1Data(mover)
            } else if !forStore {
                answer.giver = dirtyHolder ?? holders.first
            }
        }
        if !holders.isEmpty || !coherence.duplicatesTags && wasAsked {
            answer.cost = ticks(coherence.snoopCycles)
        }
        return answer
    }

    /// Asks the other cores before a private L2 is filled for no load or store.
    ///
    /// - Returns: whether others keep the line.
    mutating func askForLevel2(
        _ core: Int, _ line: UInt64, isShared: Bool, at tick: UInt64
    ) -> Bool {
        guard hasPrivateLevel2 else { return false }
        let target = ReferenceTarget(line: line, alias: 0, isShared: isShared)
        return ask(core, target, forStore: false, at: tick).isKept
    }

    /// Whether a dirty line of another L1D moves to the core that asks.
    private func moves(_ line: ReferenceLine, forStore: Bool) -> Bool {
        let coherence = configuration.coherence
        guard coherence.transfersDirectly, !hasPrivateLevel2 else { return false }
        return forStore
            ? coherence.migratesDirty || coherence.protocol == .moesi
            : coherence.migratesDirty && !line.isShared
    }

    mutating func cleanForSnoop(
        _ core: Int, _ address: UInt64, agent: Int, at tick: UInt64
    ) {
        guard let line = level1Data[core].line(address) else { return }
        writeBackLevel1(core, line, agent: core, reason: .snoop, at: tick)
        level1Data[core].change(address) { $0.dirty = 0 }
    }

    private mutating func answerFromLevel2(
        _ core: Int, _ address: UInt64, agent: Int, at tick: UInt64
    ) {
        guard hasPrivateLevel2, let line = level2[core].line(address), line.dirty != 0
        else { return }
        writeBackLevel2(core, line, agent: core, reason: .snoop, at: tick)
        level2[core].change(address) { $0.dirty = 0 }
    }

    /// After a load another core's copies are shared; after a store they are gone.
    private mutating func leave(
        _ core: Int, _ address: UInt64, forStore: Bool, agent: Int, at tick: UInt64
    ) {
        guard forStore else {
            level1Data[core].change(address) { $0.isShared = true }
            if hasPrivateLevel2 { level2[core].change(address) { $0.isShared = true } }
            return
        }
        if level1Data[core].holds(address) {
            removeLevel1(core, address, reason: .snoop, agent: agent, at: tick)
        }
        if hasPrivateLevel2, level2[core].holds(address) {
            removeLevel2(core, address, reason: .snoop, agent: .core(agent), at: tick)
        }
    }

    /// Removes a line from the second level of a core and says so.
    mutating func removeLevel2(
        _ core: Int, _ address: UInt64, reason: MoveReason, agent: Agent, drops: Bool = false,
        at tick: UInt64
    ) {
        let number = second(core)
        let base = level2[number].base(address)
        level2[number].remove(base)
        tell(
            .invalidate, at: tick, agent, level2[number].place, other: drops ? 1 : 0,
            base,
            level2[number].lineSize, detail: reason.rawValue)
    }

    /// A store finds a shared line in L1D.
    mutating func upgrade(_ core: Int, _ target: ReferenceTarget, at tick: UInt64) {
        let answer = ask(core, target, forStore: true, at: tick)
        if let mover = answer.mover {
            removeLevel1(mover, target.line, reason: .exchange, agent: core, at: tick)
        }
        level1Data[core].change(target.line, alias: target.alias) {
            $0.dirty |= answer.movedDirty
            $0.isShared = false
        }
        if hasPrivateLevel2 { level2[core].change(target.line) { $0.isShared = false } }
    }

    /// A store that does not allocate takes the line from the other cores.
    mutating func takeFromOthers(_ core: Int, _ target: ReferenceTarget, at tick: UInt64) {
        let answer = ask(core, target, forStore: true, at: tick)
        if let mover = answer.mover {
            cleanForSnoop(mover, target.line, agent: core, at: tick)
            removeLevel1(mover, target.line, reason: .exchange, agent: core, at: tick)
        }
        if hasPrivateLevel2 { level2[core].change(target.line) { $0.isShared = false } }
    }
}
