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
                for index in 0..<run.count {
                    touch(
                        run.start.address.rawValue &+ index &* run.step, UInt64(run.size),
                        isStore: run.kind.isStore, step)
                }
            }
        case .copy(let copy):
            touch(copy.source.address.rawValue, copy.bytes, isStore: false, step)
            touch(copy.destination.address.rawValue, copy.bytes, isStore: true, step)
        case .barrier(let barrier): perform(barrier)
        case .maintenance(let maintenance): perform(maintenance, step)
        case .wait(let device): observeCompletion(of: device)
        case .setMemoryType(let start, let size, let type, let shareability):
            guard size > 0 else { return }
            let (physical, _) = physical(start)
            map.insert(
                MemoryMapping(
                    start: start, end: start &+ size, physical: physical, type: type,
                    shareability: shareability))
        default: break
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

    private mutating func touch(
        _ address: UInt64, _ size: UInt64, isStore: Bool, _ step: LoweredStep
    ) {
        let (start, mapping) = physical(address)
        for (granule, mask) in granules(start, size) {
            let before = lines[granule] ?? LineState()
            var state = before
            let isCacheable = mapping.type.isCacheable && profile.hasCaches
            if isStore {
                store(&state, granule, mask, isCacheable, mapping.type, step)
            } else {
                load(&state, granule, mask, isCacheable, step)
            }
            set(granule, state, before: before)
        }
    }

    private mutating func store(
        _ state: inout LineState, _ granule: UInt64, _ mask: UInt64, _ isCacheable: Bool,
        _ type: MemoryType, _ step: LoweredStep
    ) {
        state.storeRecord = step.record
        // What a core stored is new, whatever was stale there; the rest of the line may still be stale.
        state.staleInner &= ~mask
        state.staleBefore &= ~mask
        if type == .writeBack || type == .writeThrough || type == .nonCacheable {
            state.buffered |= mask
            state.unordered |= mask
        }
        guard isCacheable else {
            storePastCaches(&state, granule, mask, step)
            return
        }
        if type == .writeBack { state.dirtyInner |= mask }
        state.bypassed &= ~mask
        state.mayHold |= lineMask(granule, mask)
        // A line dirtied while a device writes elsewhere in it, or while an old copy of it may be cached, goes over
        // the device's bytes when it is evicted or cleaned.
        let endangered = lineMask(granule, mask) & (state.inFlight | state.staleInner & ~mask)
        if endangered != 0, type == .writeBack {
            reportDirty(state, granule, endangered, stored: mask, step, during: true)
        }
    }

    /// A store through an uncached mapping of bytes that a cached mapping left dirty.
    private mutating func storePastCaches(
        _ state: inout LineState, _ granule: UInt64, _ mask: UInt64, _ step: LoweredStep
    ) {
        if profile.speculates, profile.isMixed(granule * WatchList.granule) {
            state.bypassed |= mask
        }
        let dirty = state.dirtyInner & mask
        guard dirty != 0 else { return }
        report(
            .h13, granule, dirty, agent: step.agent, writer: step.agent, record: step.record,
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
        state.dirtyInner &= ~dirty
    }

    private mutating func load(
        _ state: inout LineState, _ granule: UInt64, _ mask: UInt64, _ isCacheable: Bool,
        _ step: LoweredStep
    ) {
        guard isCacheable else {
            loadPastCaches(state, granule, mask, step)
            return
        }
        // What a transfer writes once is nobody's before its completion is seen; of one that goes round and round the
        // core reads what the rounds so far have left.
        let unfinished = state.inFlight & ~state.cyclic
        let stale = (state.staleInner & ~unfinished | state.staleBefore) & mask
        if stale != 0 {
            let device = Agent(rawValue: state.writer)
            let isHeld = stale & state.heldAtWrite != 0
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
        let line = lineMask(granule, mask)
        // The device may write after this load, over what the line then holds.
        state.staleInner |= line & state.inFlight
        state.heldAtWrite |= line & state.inFlight
        if profile.hasOuterCache { state.staleOuter |= line & state.inFlight }
        state.mayHold |= line
    }

    /// A load through an uncached mapping of bytes that a cached mapping may have left dirty.
    private mutating func loadPastCaches(
        _ state: LineState, _ granule: UInt64, _ mask: UInt64, _ step: LoweredStep
    ) {
        let dirty = (state.dirtyInner | state.dirtyOuter) & mask
        guard dirty != 0 else { return }
        report(
            .h13, granule, dirty, agent: step.agent, writer: step.agent, record: step.record,
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

    private func staleChain(
        _ state: LineState, _ isHeld: Bool, _ device: Agent, _ step: LoweredStep
    ) -> [ChainLink] {
        let first =
            isHeld
            ? "a cache holds the line from before, and nothing has removed it"
            : "a speculative linefill may load the line before \(profile.name(of: device)) has written it"
        return [
            ChainLink(record: Int(state.deviceRecord), text: first),
            ChainLink(
                record: Int(state.deviceRecord),
                text: "\(profile.name(of: device)) writes DRAM: new; the cached line: stale"),
            ChainLink(
                record: Int(step.record),
                text: "\(profile.name(of: step.agent)) loads the stale line"),
        ]
    }

    // MARK: Barriers and completion

    private mutating func perform(_ barrier: Barrier) {
        if barrier.ordersStores { orderStores() }
        guard profile.doorbellOrder.settlesStores(barrier) else { return }
        let settlesMaintenance = profile.doorbellOrder.settlesMaintenance(barrier)
        let waiting = waitingForBarrier
        waitingForBarrier = []
        for granule in waiting {
            guard let before = lines[granule], before.waitsForBarrier else { continue }
            var state = before
            if profile.hasOuterCache { state.outerBuffered |= state.buffered & ~state.dirtyInner }
            state.buffered = 0
            if settlesMaintenance {
                state.pendingClean = 0
            } else {
                waitingForBarrier.append(granule)
            }
            set(granule, state, before: before)
        }
    }

    /// Any barrier for stores orders them before maintenance by set and way.
    private mutating func orderStores() {
        waitingForBarrier = waitingForBarrier.filter {
            lines[$0]?.unordered = 0
            return lines[$0]?.waitsForBarrier ?? false
        }
    }

    private mutating func observeCompletion(of device: Agent) {
        judgeCyclicReads(of: device)
        for granule in flying.removeValue(forKey: device.rawValue) ?? [] {
            guard let state = lines[granule], state.writer == device.rawValue else { continue }
            lines[granule]?.inFlight = 0
            lines[granule]?.cyclic = 0
            lines[granule]?.staleBefore = 0
        }
    }

    // MARK: Maintenance

    private mutating func perform(_ operation: Maintenance, _ step: LoweredStep) {
        switch operation.instruction {
        case .outerSync:
            for granule in waitingForSync {
                lines[granule]?.outerBuffered = 0
                lines[granule]?.pendingOuterClean = 0
            }
            waitingForSync = []
        case .icIVAU, .icIALLU, .icIALLUIS: break
        case .dcZVA:
            touch(
                operation.start.address.rawValue & ~(profile.lineSize - 1),
                max(operation.bytes, profile.lineSize), isStore: true, step)
        case .dcCVAU where !profile.hasOuterCache: break  // reaches the unified L2 only: not memory
        default: maintain(operation, step)
        }
    }

    private mutating func maintain(_ operation: Maintenance, _ step: LoweredStep) {
        let instruction = operation.instruction
        let named: [(UInt64, UInt64)]
        if instruction.isByAddress {
            let (start, _) = physical(operation.start.address.rawValue)
            named = granules(start, max(operation.bytes, 1))
        } else {
            named = lines.keys.sorted().map { ($0, UInt64.max) }
        }
        for (granule, mask) in named {
            let before = lines[granule] ?? LineState()
            var state = before
            let line = lineMask(granule, mask)
            if instruction.isOuter {
                maintainOuter(&state, instruction, line)
            } else {
                let whole = operation.bytes == 0 ? line : mask
                maintainInner(&state, instruction, line, named: whole, granule, step)
            }
            set(granule, state, before: before)
        }
    }

    private mutating func maintainInner(
        _ state: inout LineState, _ instruction: Maintenance.Instruction, _ line: UInt64,
        named: UInt64, _ granule: UInt64, _ step: LoweredStep
    ) {
        if instruction.cleans {
            let cleaned = (state.dirtyInner | state.buffered) & line
            if profile.hasOuterCache { state.dirtyOuter |= state.dirtyInner & line }
            state.pendingClean |= cleaned
            state.cleanRecord = step.record
            // By set and way it is not ordered after the stores: they may make the line dirty when it has been cleaned.
            let late = instruction.isByAddress ? 0 : state.unordered & line
            state.dirtyInner &= ~line | late
            state.buffered &= ~line | late
        } else if instruction.invalidates {
            let beside = state.dirtyInner & line & ~named
            if beside != 0 {
                // Cleaned by the same call before: what is dirty came between the two.
                report(
                    state.cleanRecord == step.record ? .h12 : .h11, granule, beside,
                    agent: step.agent, writer: step.agent,
                    record: step.record,
                    writeRecord: state.storeRecord,
                    detail: "the invalidate drops bytes beside its range that may be dirty",
                    chain: [
                        ChainLink(
                            record: Int(state.storeRecord), text: "a store makes the line dirty"),
                        ChainLink(
                            record: Int(step.record), text: "the invalidate drops the whole line"),
                    ])
            }
            // The line may have been evicted to the outer cache just before.
            if profile.hasOuterCache { state.dirtyOuter |= state.dirtyInner & line }
            state.dirtyInner &= ~line
            state.buffered &= ~line
        }
        guard instruction.invalidates else { return }
        state.staleBefore &= ~line
        state.cyclic &= ~line
        state.bypassed &= ~line | state.buffered
        state.mayHold &= ~line
        state.unsettled |= line & state.staleInner & state.staleOuter & ~state.inFlight
        // While the device still writes, or below a stale outer line, the line can come back as it was.
        let settled =
            line & ~(profile.speculates ? state.inFlight | state.staleOuter : state.inFlight)
        state.staleInner &= ~settled
        state.unsettled &= ~settled
        state.heldAtWrite &= ~line
    }

    private mutating func maintainOuter(
        _ state: inout LineState, _ instruction: Maintenance.Instruction, _ line: UInt64
    ) {
        if instruction.cleans {
            state.pendingOuterClean |= state.dirtyOuter & line
            state.dirtyOuter &= ~line
            state.outerBuffered &= ~line
        }
        guard instruction.invalidates else { return }
        state.dirtyOuter &= ~line
        let settled = line & ~(profile.speculates ? state.inFlight : 0)
        state.staleOuter &= ~settled
    }
}
