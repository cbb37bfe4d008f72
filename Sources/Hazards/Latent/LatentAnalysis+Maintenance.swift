import Operations
import Quantities

extension LatentAnalysis {
    /// Folds maintenance.
    mutating func perform(_ operation: Maintenance, _ step: LoweredStep) {
        switch operation.instruction {
        case .outerSync: sync(by: step.agent)
        case .icIVAU, .icIALLU, .icIALLUIS: break
        case .dcZVA:
            let (start, bytes) = profile.zeroed(operation)
            touch(start, bytes, isStore: true, step)
        case .dcCVAU where !profile.hasOuterCache: break  // reaches the unified L2 only: not memory
        default: maintain(operation, step)
        }
    }

    private mutating func sync(by core: Agent) {
        guard profile.hasOuterCache else { return }
        for granule in waitingForSync { sync(granule, by: core) }
        waitingForSync = []
        guard profile.cores > 1 else { return }
        for granule in waitingForBarrier { sync(granule, by: core) }
    }

    private mutating func sync(_ granule: UInt64, by core: Agent) {
        guard let place = lines.place(of: granule) else { return }
        let stored = lineMask(granule, lines[place: place].buffered & ~lines[place: place].handed)
        lines[place: place].sync(by: core, stored: stored, speculates: profile.speculates)
    }

    private mutating func maintain(_ operation: Maintenance, _ step: LoweredStep) {
        let instruction = operation.instruction
        guard instruction.isByAddress else {
            // It works on the core's own caches: not on what another core stored last.
            for granule in lines.granules.sorted() where !isElsewhere(granule, from: step.agent) {
                maintain(operation, granule, .max, step)
            }
            return
        }
        let (start, _) = physical(operation.start.address.rawValue)
        for (granule, mask) in granules(start, max(operation.bytes, 1)) {
            maintain(operation, granule, mask, step)
        }
    }

    private mutating func maintain(
        _ operation: Maintenance, _ granule: UInt64, _ mask: UInt64, _ step: LoweredStep
    ) {
        let instruction = operation.instruction
        let line = lineMask(granule, mask)
        let whole = operation.bytes == 0 ? line : mask
        change(granule) { analysis, state in
            // What another core has cleaned is clean when it hands over.
            if state.cleaner != step.agent.rawValue { state.unorderedClean &= ~line }
            if instruction.isOuter {
                analysis.maintainOuter(&state, instruction, line, named: whole, granule, step)
            } else {
                analysis.maintainInner(&state, instruction, line, named: whole, granule, step)
            }
        }
    }

    /// Whether another core than the one that asks was the last to store to a granule.
    private func isElsewhere(_ granule: UInt64, from agent: Agent) -> Bool {
        guard let state = lines[granule], state.storeRecord > 0 else { return false }
        let storer = Agent(rawValue: state.storer)
        return storer.isCore && storer != agent
    }

    private mutating func maintainInner(
        _ state: inout LineState, _ instruction: Maintenance.Instruction, _ line: UInt64,
        named: UInt64, _ granule: UInt64, _ step: LoweredStep
    ) {
        if instruction.cleans {
            let cleaned =
                (state.dirtyInner & ~state.unseen | state.buffered & ~state.bufferedPast) & line
            state.leaving |= state.dirtyInner & line
            if profile.hasOuterCache {
                state.dirtyOuter |= state.dirtyInner & line
                // What was stored after the device wrote is the newest there.
                state.staleOuter &= ~(state.dirtyInner & ~state.superseded & line)
            }
            state.pendingClean |= cleaned
            noteUnordered(&state, line, by: step.agent)
            state.cleanRecord = step.record
            if !instruction.isByAddress, profile.reordersAccesses {
                state.wayCleaned |= state.dirtyInner & line & ~state.unseen
            }
            // By set and way it is not ordered after the stores: they may make the line dirty when it has been cleaned.
            let late = instruction.isByAddress ? 0 : state.unordered & line
            // And what a device is writing into caches may come after it: then nobody knows of it.
            state.dirtyInner &= ~line | late | state.arriving
            state.unseen |= state.arriving & line
        } else if instruction.invalidates {
            // Cleaned by the same call before: what is dirty came between the two.
            reportDropped(
                state, state.cleanRecord == step.record ? .h12 : .h11, granule,
                (state.dirtyInner | state.wayCleaned) & line & ~named, step)
            // The line may have been evicted to the outer cache just before.
            if profile.hasOuterCache { state.dirtyOuter |= state.dirtyInner & line }
            state.leaving |= state.dirtyInner & line
            // Of two that may still come, each drops what the other alone names beside its range.
            let again = state.dropping & line
            state.droppingNamed = state.droppingNamed & (named | ~again) | named & ~again
            state.dropping |= line
            noteUnordered(&state, line, by: step.agent)
            drop(&state, granule, (state.dirtyInner | state.wayCleaned) & named, step)
            state.dirtyInner &= ~line | state.arriving
        }
        if !profile.reordersAccesses {
            state.followed = state.followed & ~line | state.buffered & line
        }
        state.maintainer = step.agent.rawValue
        state.asked &= state.dirtyInner | state.dirtyOuter
        guard instruction.invalidates else { return }
        if instruction.isByAddress || !profile.reordersAccesses {
            refresh(&state, granule, line, by: step.agent)
        } else {
            // By set and way nothing that follows waits for it but behind a barrier.
            state.settling |= line
        }
    }

    /// Notes that dirty bytes of a line are cleaned, and no barrier has ordered that before what follows.
    private func noteUnordered(_ state: inout LineState, _ line: UInt64, by core: Agent) {
        let cleaned = state.dirtyInner & line & ~state.unseen
        guard profile.reordersAccesses, cleaned != 0 else { return }
        state.unorderedClean |= cleaned
        state.cleaner = core.rawValue
    }

    /// Notes that lines have left the cores' caches.
    ///
    /// - Parameters:
    ///   - state: The granule's state.
    ///   - granule: The granule.
    ///   - line: The lines.
    ///   - agent: The core that asked; nil: it is not known any more.
    func refresh(
        _ state: inout LineState, _ granule: UInt64, _ line: UInt64, by agent: Agent?
    ) {
        let arrived = ~state.inFlight | state.polled
        state.unsettled |= line & state.staleInner & state.staleOuter & arrived
        // The outer cache may give back what is old.
        state.staleBefore &= ~line | (profile.speculates ? state.staleOuterBefore : 0)
        state.cyclic &= ~line
        // What has arrived is fresh now, unless the line comes back from the outer cache; nothing is known of the rest.
        state.polled &= ~line | state.polledOuter
        // What waits in a buffer can be missed by a line that comes before it has left; not what another core has handed
        // over, nor what a barrier has ordered before.
        let isOwn = agent.map { $0.rawValue == state.storer } ?? true
        let waits = (profile.reordersAccesses ? state.unordered : state.buffered) & ~state.handed
        if state.bypassed & line != 0 {
            let waiting = profile.speculates && isOwn ? waits : 0
            // A line that nothing maps as cacheable any more does not come back.
            let old = waiting | state.bypassedOuter
            state.bypassed &= ~line | (!profile.speculates || mayComeUnasked(granule) ? old : 0)
        }
        state.mayHold &= ~line
        // The outer cache may give back what is old.
        if profile.speculates { state.staleInner |= state.staleOuter & line }
        // While the device still writes, or below a stale outer line, the line can come back as it was, where lines come
        // unasked.
        let settled = line & ~(profile.speculates ? state.inFlight | state.staleOuter : 0)
        if agent != nil { state.staleLeaving |= state.staleInner & settled }
        state.staleInner &= ~settled
        state.unsettled &= ~settled
        state.heldAtWrite &= ~line
    }

    /// Whether a line may be loaded unasked, by any mapping.
    func mayComeUnasked(_ granule: UInt64) -> Bool {
        guard profile.speculates, profile.hasCaches else { return false }
        let start = granule * WatchList.granule
        return map.mapping(of: start).type.isCacheable
            || hasCacheableAlias(start, WatchList.granule)
    }

    /// Notes bytes that an invalidate may have dropped as it was asked to.
    mutating func drop(
        _ state: inout LineState, _ granule: UInt64, _ bytes: UInt64, _ step: LoweredStep
    ) {
        let bytes = bytes & ~state.superseded
        guard bytes != 0 else { return }
        if state.asked & bytes != 0 { judgeAsked(state, granule, state.asked & bytes, step) }
        state.dropped |= bytes
        state.given |= bytes
        state.dropRecord = step.record
        state.wasWrittenSinceDrop = false
    }

    /// Reports dirty bytes that an invalidate drops beside its range, of which there are mostly none.
    @inline(__always)
    mutating func reportDropped(
        _ state: LineState, _ code: HazardCode, _ granule: UInt64, _ beside: UInt64,
        _ step: LoweredStep
    ) {
        if beside != 0 { reportSomeDropped(state, code, granule, beside, step) }
    }

    @inline(never)
    private mutating func reportSomeDropped(
        _ state: LineState, _ code: HazardCode, _ granule: UInt64, _ beside: UInt64,
        _ step: LoweredStep
    ) {
        report(
            code, granule, beside, agent: step.agent, writer: step.agent, record: step.record,
            writeRecord: state.storeRecord,
            detail: "the invalidate drops bytes beside its range that may be dirty",
            chain: [
                ChainLink(record: Int(state.storeRecord), text: "a store makes the line dirty"),
                ChainLink(record: Int(step.record), text: "the invalidate drops the whole line"),
            ])
    }

    private mutating func maintainOuter(
        _ state: inout LineState, _ instruction: Maintenance.Instruction, _ line: UInt64,
        named: UInt64, _ granule: UInt64, _ step: LoweredStep
    ) {
        if instruction.cleans {
            state.pendingOuterClean |= state.dirtyOuter & line
            // What no barrier has ordered may come from the inner caches when the outer one has been cleaned.
            state.dirtyOuter &= ~line | state.unorderedClean
            state.outerBuffered &= ~line
        }
        guard instruction.invalidates else { return }
        if !instruction.cleans {
            reportDropped(
                state, .h11, granule, (state.dirtyInner | state.dirtyOuter) & line & ~named, step)
        }
        if !instruction.cleans {
            drop(&state, granule, (state.dirtyInner | state.dirtyOuter) & named, step)
        }
        state.dirtyOuter &= ~line | state.unorderedClean
        state.asked &= state.dirtyInner | state.dirtyOuter
        // One that cleans takes its time: what follows may still find the line.
        if instruction.cleans {
            state.settlingOuter |= line
        } else {
            state.leaveOuter(line, by: step.agent, speculates: profile.speculates)
        }
    }
}
