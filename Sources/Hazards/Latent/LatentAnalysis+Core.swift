import Operations
import Quantities

extension LatentAnalysis {
    /// Folds an operation of a core.
    mutating func perform(_ step: LoweredStep) {
        switch step.operation {
        case .access(let access, _, _): performAccess(access, step)
        case .run(let run):
            // A run with gaps touches less than its span; accesses that overlap or touch make a solid range.
            if run.step <= UInt64(run.size) {
                touch(
                    run.start.address.rawValue,
                    (run.count - 1) * run.step + UInt64(run.size(at: run.count - 1)),
                    isStore: run.kind.isStore, step)
            } else {
                touchApart(run, step)
            }
        case .copy(let copy):
            touch(copy.source.address.rawValue, copy.bytes, isStore: false, step)
            touch(copy.destination.address.rawValue, copy.bytes, isStore: true, step)
        case .barrier(let barrier): perform(barrier)
        case .maintenance(let maintenance): perform(maintenance, step)
        case .wait(let device): observeCompletion(of: device)
        case .setMemoryType(_, _, let type, _):
            for mapping in map.mappings(madeBy: step.operation) {
                let old = map.mapping(of: mapping.start)
                guard old.type.isCacheable, !type.isCacheable else { continue }
                noteLeftBehind(mapping.physical, mapping.end &- mapping.start)
            }
            map.follow(step.operation)
        case .map: map.follow(step.operation)
        default: break
        }
    }

    /// Whether a step is the kernel's copy out of a bounce buffer.
    private func isKernelCopy(_ step: LoweredStep) -> Bool {
        guard case .copy(let copy) = step.operation else { return false }
        return profile.bounceBuffers.contains(copy.source.address.rawValue)
    }

    /// Lines that came unasked stay in the caches when their memory is not cacheable any more.
    private mutating func noteLeftBehind(_ start: UInt64, _ size: UInt64) {
        guard profile.speculates, profile.hasCaches else { return }
        for (granule, _) in granules(start, size) {
            var state = lines.state(of: granule)
            state.mayHold = .max
            if profile.hasOuterCache { state.mayHoldOuter = .max }
            lines.put(state, granule)
        }
    }

    private mutating func performAccess(_ access: MemoryAccess, _ step: LoweredStep) {
        switch access.kind {
        case .load, .miscellaneousRead, .loadExclusive, .loadAcquire:
            touch(access.address, UInt64(access.size), isStore: false, step)
        case .store, .storeExclusive, .storeRelease:
            touch(access.address, UInt64(access.size), isStore: true, step)
        case .fetch, .prefetch, .copyBack, .invalidate: break
        }
    }

    mutating func touch(
        _ address: UInt64, _ size: UInt64, isStore: Bool, _ step: LoweredStep
    ) {
        let (start, mapping) = physical(address)
        let isCacheable = mapping.type.isCacheable && profile.hasCaches
        for (granule, mask) in granules(start, size) {
            touch(granule, mask, isStore, isCacheable, mapping.type, step)
        }
        if !isStore, isDeviceAtWork {
            noteSeen([(start, size)], isCached: isCacheable)
        }
    }

    /// Folds a run whose accesses leave gaps: as one access, as every run is, of the bytes that it touches.
    private mutating func touchApart(_ run: AccessRun, _ step: LoweredStep) {
        let mapping = map.mapping(of: run.start.address.rawValue)
        let isCacheable = mapping.type.isCacheable && profile.hasCaches
        var touched: (granule: UInt64, mask: UInt64)?
        func touch(_ all: (granule: UInt64, mask: UInt64)) {
            self.touch(
                all.granule, all.mask, run.kind.isStore, isCacheable, mapping.type, step)
        }
        for index in 0..<run.count {
            let start = physical(run.start.address.rawValue &+ index &* run.step).address
            for (granule, mask) in granules(start, UInt64(run.size)) {
                if let all = touched, all.granule == granule {
                    touched = (granule, all.mask | mask)
                } else {
                    touched.map(touch)
                    touched = (granule, mask)
                }
            }
        }
        touched.map(touch)
        guard !run.kind.isStore, isDeviceAtWork else { return }
        noteSeen(
            (0..<run.count).map {
                (physical(run.start.address.rawValue &+ $0 &* run.step).address, UInt64(run.size))
            }, isCached: isCacheable)
    }

    private mutating func touch(
        _ granule: UInt64, _ mask: UInt64, _ isStore: Bool, _ isCacheable: Bool,
        _ type: MemoryType, _ step: LoweredStep
    ) {
        if !isStore, isCacheable,
            lines.isHeldQuietly(
                granule, mask, line: lineMask(granule, mask),
                hasOuterCache: profile.hasOuterCache)
        {
            #if DEBUG
                assertQuiet(granule, mask, step)
            #endif
            return
        }
        change(granule) { analysis, state in
            // What another core has cleaned is clean when it hands over.
            if state.cleaner != step.agent.rawValue {
                state.unorderedClean &= ~analysis.lineMask(granule, mask)
            }
            if isStore {
                analysis.store(&state, granule, mask, isCacheable, type, step)
            } else {
                analysis.load(&state, granule, mask, isCacheable, step)
            }
        }
    }

    #if DEBUG
        /// Holds what is said of quiet lines to what a load does.
        private mutating func assertQuiet(
            _ granule: UInt64, _ mask: UInt64, _ step: LoweredStep
        ) {
            let before = lines.state(of: granule)
            var state = before
            let found = findings
            load(&state, granule, mask, true, step)
            precondition(state == before && findings == found, "a load that is not quiet")
        }
    #endif

    private mutating func store(
        _ state: inout LineState, _ granule: UInt64, _ mask: UInt64, _ isCacheable: Bool,
        _ type: MemoryType, _ step: LoweredStep
    ) {
        // What another core has stored is there when it hands over.
        if Agent(rawValue: state.storer).isCore, state.storer != step.agent.rawValue {
            state.handed = state.buffered
        }
        state.handed &= ~mask
        state.followed &= ~mask
        state.storeRecord = step.record
        state.storer = step.agent.rawValue
        if isCacheable { loadFromOuter(&state, lineMask(granule, mask)) }
        // What a core stored is new, whatever was stale there; the rest of the line may still be stale.
        state.staleInner &= ~mask
        state.staleBefore &= ~mask
        state.staleLeaving &= ~mask
        state.dropped &= ~mask
        state.given &= ~mask
        state.superseded &= ~mask
        // A device that may be writing them may write them again, after the store.
        state.unseen &= ~mask
        if type == .writeBack || type == .writeThrough || type == .nonCacheable {
            state.buffered |= mask
            state.bufferedPast =
                state.bufferedPast & ~mask | (type == .writeBack && isCacheable ? 0 : mask)
            if profile.reordersAccesses { state.unordered |= mask }
            state.released = step.isRelease ? state.buffered : state.released & ~mask
        }
        guard isCacheable else {
            storePastCaches(&state, granule, mask, step)
            return
        }
        if type == .writeBack { state.dirtyInner |= mask }
        let passed = state.bypassed & lineMask(granule, mask) & ~mask
        state.bypassed &= ~mask
        // Written through, a store brings no line.
        if type == .writeBack {
            state.mayHold |= lineMask(granule, mask)
            if profile.hasOuterCache { state.mayHoldOuter |= lineMask(granule, mask) }
        }
        if passed != 0, type == .writeBack {
            reportPassed(state, granule, passed, step, isStore: true)
        }
        // A line dirtied while a device writes elsewhere in it, or while an old copy of it may be cached, goes over
        // the device's bytes when it is evicted or cleaned.
        let endangered =
            lineMask(granule, mask) & (state.inFlight | state.staleInner & ~mask & ~state.given)
        if endangered != 0, type == .writeBack {
            reportDirty(state, granule, endangered, stored: mask, step, during: true)
        }
    }

    /// A line comes as old as the outer cache has it; where lines come unasked this is noted when they are invalidated.
    private func loadFromOuter(_ state: inout LineState, _ line: UInt64) {
        guard !profile.speculates else { return }
        state.staleInner |= state.staleOuter & line & ~state.mayHold
        state.staleBefore |= state.staleOuterBefore & line & ~state.mayHold
        state.bypassed |= state.bypassedOuter & line & ~state.mayHold
    }

    /// A store through an uncached mapping of bytes that a cached mapping left dirty.
    private mutating func storePastCaches(
        _ state: inout LineState, _ granule: UInt64, _ mask: UInt64, _ step: LoweredStep
    ) {
        let comesUnasked =
            profile.isMixed(granule * WatchList.granule) && mayComeUnasked(granule)
        state.bypassed |= comesUnasked ? mask : mask & state.mayHold
        if profile.hasOuterCache {
            state.bypassedOuter |= comesUnasked ? mask : mask & state.mayHoldOuter
        }
        // A line is evicted whole: what is dirty beside these bytes takes old ones along.
        let line = lineMask(granule, mask)
        let dirty = (state.dirtyInner | state.dirtyOuter | state.unorderedClean) & line
        guard dirty != 0 else { return }
        report(
            .h13, granule, mask, agent: step.agent, writer: step.agent, record: step.record,
            writeRecord: step.record,
            detail:
                "a line that another mapping left dirty may be evicted over what this store writes",
            chain: [
                ChainLink(
                    record: Int(step.record),
                    text: "the store goes past the dirty line to DRAM: new"),
                ChainLink(record: Int(step.record), text: "the dirty line is evicted: DRAM: old"),
            ])
        // What is dirty there is not the newest any more: cleaning it would not help.
        state.dirtyInner &= ~mask
        state.dirtyOuter &= ~mask
        state.unorderedClean &= ~mask
    }

    private mutating func load(
        _ state: inout LineState, _ granule: UInt64, _ mask: UInt64, _ isCacheable: Bool,
        _ step: LoweredStep
    ) {
        waitForStores(&state, lineMask(granule, mask), step)
        guard isCacheable else {
            loadPastCaches(state, granule, mask, step)
            return
        }
        loadFromOuter(&state, lineMask(granule, mask))
        // What a transfer writes once is nobody's before its completion is seen; of one that goes round and round the
        // core reads what the rounds so far have left.
        let unfinished = state.inFlight & ~state.cyclic & ~state.polled
        let stale = (state.staleInner & ~unfinished | state.staleBefore) & mask
        if stale != 0 {
            let device = Agent(rawValue: state.writer)
            let isHeld = isHeld(state, stale)
            let code: HazardCode
            if let wrong = codeOfWrongCoherence(device) {
                code = wrong
            } else if state.unsettled & stale != 0 {
                code = .h23
            } else if profile.isMixed(granule * WatchList.granule) {
                code = .h13
            } else {
                code = isHeld ? .h01 : .h08
            }
            report(
                code, granule, stale, agent: step.agent, writer: device, record: step.record,
                writeRecord: state.deviceRecord,
                detail: "\(profile.name(of: step.agent)) may read bytes older than what "
                    + "\(profile.name(of: device)) wrote in record \(state.deviceRecord)",
                chain: staleChain(state, isHeld, device, step))
        }
        if state.bypassed & mask != 0 {
            reportPassed(state, granule, state.bypassed & mask, step, isStore: false)
        }
        if !isKernelCopy(step) {
            judgeDropped(state, granule, state.dropped & mask & ~stale & ~state.unseen, step)
        }
        let line = lineMask(granule, mask)
        noteLineBeforeStores(&state, granule, mask, step)
        if line & ~state.mayHold != 0 {
            settle(&state, line & ~state.mayHold, isAcquire: step.isAcquire)
        }
        if !profile.speculates, isDeviceAtWork, line & ~state.mayHold != 0 {
            fetched.append((granule, line & ~state.mayHold))
        }
        // The device may write after this load, over what the line then holds.
        // But for what it has brought, where none comes unasked, when the core knew that the device had written it.
        let fresh = profile.speculates ? 0 : state.polled & ~state.mayHold
        state.staleInner |= line & state.inFlight & ~fresh
        state.heldAtWrite |= line & state.inFlight
        if profile.hasOuterCache { state.staleOuter |= line & state.inFlight }
        state.mayHold |= line
        if profile.hasOuterCache { state.mayHoldOuter |= line }
    }

    /// A load waits for stores and maintenance of its lines that something has ordered before it.
    private func waitForStores(
        _ state: inout LineState, _ line: UInt64, _ step: LoweredStep
    ) {
        // What comes behind the load comes behind them, but for a doorbell, which may overtake the load.
        state.unordered &= ~(state.fenced & line)
        if profile.reordersAccesses { state.fenced &= ~line }
        let ordered = state.fenced | (step.isAcquire ? state.released : 0)
        if ordered != 0 {
            state.leaveBuffer(ordered & line, forOuter: profile.hasOuterCache)
        }
        if !profile.reordersAccesses {
            state.finishInOrder(line, forOuter: profile.hasOuterCache)
        }
    }

    /// A load of lines that are not held waits for the invalidate that stands before it, and that for the stores before.
    private mutating func settle(_ state: inout LineState, _ line: UInt64, isAcquire: Bool) {
        // What the core does next comes behind the load.
        state.unorderedClean &= ~line
        if profile.doorbellsOvertakeLoads, !isAcquire {
            // A doorbell need not; what follows a completion that is seen does.
            guard (state.leaving | state.pendingClean | state.dropping) & line != 0 else { return }
            state.loaded |= line
            isLoaded = true
        } else {
            state.finishMaintenance(line)
        }
    }

    /// Whether stale bytes were in a cache when the device wrote: where no line comes unasked they were, if only in the outer.
    func isHeld(_ state: LineState, _ stale: UInt64) -> Bool {
        stale & state.heldAtWrite != 0 || !profile.speculates
    }

    /// A load through an uncached mapping of bytes that a cached mapping may have left dirty.
    private mutating func loadPastCaches(
        _ state: LineState, _ granule: UInt64, _ mask: UInt64, _ step: LoweredStep
    ) {
        let dirty =
            ((state.dirtyInner | state.dirtyOuter) & ~state.unseen | state.unorderedClean) & mask
        judgeDropped(state, granule, state.dropped & mask & ~dirty & ~state.unseen, step)
        guard dirty != 0 else { return }
        let storer = Agent(rawValue: state.storer)
        report(
            profile.isWronglyNoncoherent(storer) ? .h27 : .h13, granule, dirty, agent: step.agent,
            writer: storer, record: step.record,
            writeRecord: state.storeRecord,
            detail:
                "the load goes past the caches, where what was stored in record \(state.storeRecord) may be",
            chain: [
                ChainLink(
                    record: Int(state.storeRecord),
                    text: "a store through a cacheable mapping: the line may be dirty"),
                ChainLink(
                    record: Int(step.record), text: "the load goes past the line to DRAM: old"),
            ])
    }
}
