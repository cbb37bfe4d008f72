import Operations
import Quantities

extension LatentAnalysis {
    /// How a device comes to read.
    enum Call {
        /// By a doorbell, or a completion that was seen since.
        case sent
        /// By a store that it has seen since.
        case told
        /// By itself, in the trace's turn.
        case inTurn
    }

    /// Asks of a device's read whether the bytes are where it looks; those that it has `seen` are.
    mutating func deviceReads(
        _ operation: DeviceOperation, _ step: LoweredStep, _ call: Call, seen: Range<UInt64> = 0..<0
    ) {
        for row in operation.rowStarts { deviceReads(row, operation.bytes, step, call, seen) }
    }

    /// Asks of the rounds after the first of a device's reads whether they find what was stored meanwhile.
    mutating func judgeCyclicReads(of device: Agent) {
        guard let steps = reading[device] else { return }
        reading[device] = nil
        for step in steps {
            guard case .device(let operation) = step.operation else { continue }
            deviceReads(operation, step, .inTurn)
        }
    }

    private mutating func deviceReads(
        _ row: UInt64, _ bytes: UInt64, _ step: LoweredStep, _ call: Call, _ seen: Range<UInt64>
    ) {
        let (start, mapping) = physical(row)
        let snoops = profile.snoops(step.agent) && mapping.shareability != .nonShareable
        for (granule, all) in granules(start, bytes) {
            var mask = all
            let first = granule * WatchList.granule
            if seen.overlaps(first..<first &+ WatchList.granule) {
                let known = Granules.mask(seen.lowerBound, UInt64(seen.count), in: granule)
                // Who looks into caches has a line from one place.
                mask &= ~(snoops ? lineMask(granule, known) : known)
            }
            guard let place = lines.place(of: granule), !lines[place: place].isQuiet else {
                continue
            }
            if snoops, call == .sent, lines[place: place].ask(mask, step) {
                asking[step.agent, default: []].append(granule)
            }
            let state = lines[place: place]
            if snoops, call != .told { judgeStale(state, granule, mask, call, step) }
            guard
                let (code, bytes, why) = danger(of: state, mask, snoops, call, step.agent)
            else {
                continue
            }
            // Memory that is uncached by right, and cached by another mapping: no maintenance is missing.
            let isMixed = code == .h03 && profile.isMixed(granule * WatchList.granule)
            report(
                isMixed ? .h13 : code, granule, bytes, agent: step.agent,
                writer: Agent(rawValue: state.storer),
                record: step.record,
                writeRecord: state.storeRecord,
                detail:
                    "\(profile.name(of: step.agent)) may read bytes older than what was stored in record "
                    + "\(state.storeRecord): \(why)",
                chain: [
                    ChainLink(record: Int(state.storeRecord), text: "a core stores the bytes"),
                    ChainLink(record: Int(step.record), text: why),
                    ChainLink(
                        record: Int(step.record),
                        text: "\(profile.name(of: step.agent)) reads DRAM: old"),
                ])
        }
    }

    /// Reports dirty bytes that an invalidate drops while a device that looks into caches is on its way to them.
    mutating func judgeAsked(
        _ state: LineState, _ granule: UInt64, _ bytes: UInt64, _ step: LoweredStep
    ) {
        let device = Agent(rawValue: state.asker)
        let why = "the invalidate of record \(step.record) may drop them before it has looked"
        report(
            .h03, granule, bytes, agent: device, writer: Agent(rawValue: state.storer),
            record: state.askRecord, writeRecord: state.storeRecord,
            detail:
                "\(profile.name(of: device)) may read bytes older than what was stored in record "
                + "\(state.storeRecord): \(why)",
            chain: [
                ChainLink(record: Int(state.storeRecord), text: "a core stores the bytes"),
                ChainLink(record: Int(step.record), text: "an invalidate drops the dirty line"),
                ChainLink(
                    record: Int(state.askRecord),
                    text: "\(profile.name(of: device)) finds memory as it was: old"),
            ])
    }

    /// Asks of a device that looks into caches whether what it finds there is older than what another device wrote past
    /// them.
    private mutating func judgeStale(
        _ state: LineState, _ granule: UInt64, _ mask: UInt64, _ call: Call, _ step: LoweredStep
    ) {
        // An invalidate is done in time: one that a doorbell has sent may come before.
        let leaving = call == .sent ? state.staleLeaving : 0
        let stale = (state.staleInner | leaving) & ~state.inFlight & mask
        guard stale != 0 else { return }
        let writer = Agent(rawValue: state.writer)
        let isHeld = isHeld(state, stale)
        report(
            isHeld ? .h01 : .h08, granule, stale, agent: step.agent, writer: writer,
            record: step.record, writeRecord: state.deviceRecord,
            detail:
                "\(profile.name(of: step.agent)) looks into the caches, and may find bytes there older than what "
                + "\(profile.name(of: writer)) wrote past them in record \(state.deviceRecord)",
            chain: staleChain(state, isHeld, writer, step))
    }

    /// What led to a read of a line that is older than a device's write.
    func staleChain(
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

    /// Why a device that ought to look into the caches does not; nil: it ought not to.
    func codeOfWrongCoherence(_ device: Agent) -> HazardCode? {
        if profile.isWronglyCoherent(device) { return profile.codeOfWrongCoherence(device) }
        return profile.snoops(device) ? .h28 : nil
    }

    private func danger(
        of state: LineState, _ mask: UInt64, _ snoops: Bool, _ call: Call, _ device: Agent
    ) -> (HazardCode, UInt64, String)? {
        if !snoops {
            let dirty = state.dirtyInner & ~state.unseen & mask
            if dirty != 0 {
                let code: HazardCode =
                    codeOfWrongCoherence(device) ?? .h03
                return (code, dirty, "they may be in a cache only, dirty")
            }
            let outer = state.dirtyOuter & ~state.unseen & mask
            if outer != 0 { return (.h23, outer, "they may be in the outer cache only, dirty") }
        }
        let unknown =
            (state.storer == device.rawValue ? 0 : state.unseen)
            | (state.writer == device.rawValue ? state.inFlight : 0)
        let dropped = state.dropped & ~unknown & mask
        if dropped != 0 {
            return (
                .h03, dropped,
                "the invalidate of record \(state.dropRecord) may have dropped them before memory had them"
            )
        }
        if snoops, state.bypassed & mask != 0 {
            return (
                profile.isWronglyNoncoherent(device) ? .h27 : .h13, state.bypassed & mask,
                "a line of a cacheable mapping of these bytes may be in a cache, older than the store past it"
            )
        }
        // A buffer empties in time: it endangers a device that a doorbell has sent, not one that comes by itself.
        guard call != .inTurn else { return nil }
        // The order in which a store that tells is seen needs no completion: a barrier between is enough.
        let inner = call == .told ? state.unorderedClean : state.pendingClean
        let pending = (inner | state.pendingOuterClean) & mask & ~state.unseen
        if !snoops, pending != 0 {
            return (.h04, pending, "their clean may not be complete: no barrier has waited for it")
        }
        guard call == .sent else { return nil }
        let buffered = (state.buffered | (snoops ? 0 : state.outerBuffered)) & mask
        if buffered != 0 { return (.h04, buffered, "they may still wait in a store buffer") }
        return nil
    }

    /// Asks of a device's write whether a dirty line may go over it, and notes which copies may be stale from now on.
    mutating func deviceWrites(
        _ operation: DeviceOperation, _ step: LoweredStep, inFlight: Bool, _ index: Int
    ) {
        for row in operation.rowStarts {
            if profile.snoops(step.agent), physical(row).mapping.shareability != .nonShareable {
                if inFlight { judgeWaiting(row, operation.bytes, step) }
                if profile.hasCaches {
                    writeIntoCaches(row, operation.bytes, step, inFlight: inFlight, index)
                }
                continue
            }
            guard profile.hasCaches else { continue }
            deviceWrites(
                row, operation.bytes, step, inFlight: inFlight, isCyclic: operation.cycles > 1,
                index)
        }
    }

    private mutating func deviceWrites(
        _ row: UInt64, _ bytes: UInt64, _ step: LoweredStep, inFlight: Bool, isCyclic: Bool,
        _ index: Int
    ) {
        let (start, mapping) = physical(row)
        let mayBeCached = mapping.type.isCacheable || hasCacheableAlias(start, bytes)
        for (granule, mask) in granules(start, bytes) {
            var state = lines.state(of: granule)
            let before = state.waiting
            let line = lineMask(granule, mask)
            state.deviceRecord = step.record
            state.writer = step.agent.rawValue
            state.deviceBytes |= mask
            state.given &= ~mask
            // What one that was sent writes comes at any time up to its completion: until then a loss stays one.
            if !inFlight { state.dropped &= ~mask }
            state.superseded |= (state.dirtyInner | state.dirtyOuter) & mask
            state.wasWrittenSinceDrop = true
            if !inFlight { state.finishWaiting(line) }
            let leaving = inFlight ? state.leaving | state.pendingOuterClean : 0
            let dirty = (state.dirtyInner | state.dirtyOuter | leaving) & line
            if dirty != 0 {
                let endangered = mask & lineMask(granule, dirty)
                reportDirty(state, granule, endangered, stored: dirty, step, during: false)
            }
            let waiting = (state.buffered | state.outerBuffered) & ~state.dirtyInner & mask
            if inFlight, waiting != 0 { reportWaiting(state, granule, waiting, step) }
            if inFlight {
                state.staleBefore |= state.staleInner & ~state.inFlight & mask
                state.staleOuterBefore |= state.staleOuter & ~state.inFlight & mask
            }
            let raced = inFlight ? 0 : state.inFlight & mask
            let comesUnasked = mayBeCached && profile.speculates
            let held = state.mayHold & mask
            state.heldAtWrite = (state.heldAtWrite & ~mask) | held
            state.staleInner |= comesUnasked ? mask : held
            if profile.hasOuterCache {
                state.staleOuter |= comesUnasked ? mask : state.mayHoldOuter & mask
            }
            state.staleBefore |= state.staleInner & raced
            state.unsettled &= ~mask
            if inFlight {
                state.inFlight |= mask
                state.flier = step.agent.rawValue
                state.polled &= ~mask
                state.polledOuter &= ~mask
                isWriting = true
                writing[step.agent, default: []].append(
                    Write(index: index, granule: granule, mask: mask))
            }
            if inFlight, isCyclic { state.cyclic |= mask }
            set(granule, state, before: before)
        }
    }

    /// Asks of a write of a device that sees the caches whether stores that still wait may land on top of it.
    private mutating func judgeWaiting(_ row: UInt64, _ bytes: UInt64, _ step: LoweredStep) {
        let (start, _) = physical(row)
        for (granule, mask) in granules(start, bytes) {
            guard let state = lines[granule], state.buffered & mask != 0 else { continue }
            reportWaiting(state, granule, state.buffered & mask, step)
        }
    }

    /// Notes that what a device writes that sees the caches may land in a line that is there.
    private mutating func writeIntoCaches(
        _ row: UInt64, _ bytes: UInt64, _ step: LoweredStep, inFlight: Bool, _ index: Int
    ) {
        let (start, mapping) = physical(row)
        let mayBeCached = mapping.type.isCacheable || hasCacheableAlias(start, bytes)
        for (granule, mask) in granules(start, bytes) {
            var state = lines.state(of: granule)
            let before = state.waiting
            let wasDirty = state.dirtyInner | state.dirtyOuter | state.unorderedClean
            state.storeRecord = step.record
            state.storer = step.agent.rawValue
            // What one that was sent writes comes at any time up to its completion: until then what is stale stays so.
            if !inFlight {
                state.staleInner &= ~mask
                state.finishWaiting(lineMask(granule, mask))
            }
            state.dropped &= ~mask
            state.given &= ~mask
            let cached = mask & (mayBeCached && profile.speculates ? .max : state.mayHold)
            state.dirtyInner |= cached
            if inFlight {
                state.arriving |= cached
                state.unseen |= cached & ~wasDirty
                arriving[step.agent, default: []].append(
                    Write(index: index, granule: granule, mask: mask))
            } else {
                state.unseen &= ~cached
            }
            let endangered =
                lineMask(granule, cached) & (state.inFlight | state.staleInner & ~mask)
            if endangered != 0 {
                reportDirty(state, granule, endangered, stored: mask, step, during: true)
            }
            let passed = lineMask(granule, cached) & state.bypassed & ~mask
            if passed != 0 { reportPassed(state, granule, passed, step, isStore: true) }
            if inFlight { judgeUnfinished(&state, granule, cached, step) }
            state.bypassed &= ~cached
            set(granule, state, before: before)
        }
    }

    /// Asks whether an invalidate that no barrier has completed may drop what a device writes into a line.
    private mutating func judgeUnfinished(
        _ state: inout LineState, _ granule: UInt64, _ cached: UInt64, _ step: LoweredStep
    ) {
        reportDropped(state, .h11, granule, cached & state.dropping & ~state.droppingNamed, step)
        drop(&state, granule, cached & state.droppingNamed, step)
    }

    /// Whether another declared mapping of the same bytes is cacheable: then they may be cached through it.
    func hasCacheableAlias(_ start: UInt64, _ size: UInt64) -> Bool {
        map.mappings.contains {
            $0.type.isCacheable && $0.physical < start &+ size
                && start < $0.physical &+ ($0.end - $0.start)
        }
    }

    /// Reports stores that may still wait in a buffer when a device writes the same bytes: they land on top.
    private mutating func reportWaiting(
        _ state: LineState, _ granule: UInt64, _ waiting: UInt64, _ step: LoweredStep
    ) {
        report(
            .h04, granule, waiting, agent: step.agent, writer: .core(0), record: step.record,
            writeRecord: state.storeRecord,
            detail: "what was stored in record \(state.storeRecord) may leave its buffer after "
                + "\(profile.name(of: step.agent)) has written the same bytes, and land on top",
            chain: [
                ChainLink(
                    record: Int(state.storeRecord),
                    text: "a core stores; the bytes wait in a buffer"),
                ChainLink(
                    record: Int(step.record),
                    text: "\(profile.name(of: step.agent)) writes DRAM: new"),
                ChainLink(record: Int(step.record), text: "the buffer drains: DRAM: old"),
            ])
    }

    /// Reports a dirty line over a device's bytes: the buffer's own (H02) or its neighbours' (H10).
    mutating func reportDirty(
        _ state: LineState, _ granule: UInt64, _ endangered: UInt64, stored: UInt64,
        _ step: LoweredStep,
        during: Bool
    ) {
        let device = Agent(rawValue: state.writer)
        // Stored while the device writes others: what it wrote in an earlier transfer is the core's now.
        let isAside = during && step.agent.isCore && endangered & ~state.inFlight == 0
        let isNeighbour = stored & (endangered | (isAside ? 0 : state.deviceBytes)) == 0
        let code: HazardCode =
            isNeighbour
            ? .h10
            : codeOfWrongCoherence(device) ?? .h02
        let store = during ? step.record : state.storeRecord
        let reports = findings.count
        report(
            code, granule, endangered, agent: device, writer: device, record: state.deviceRecord,
            writeRecord: store,
            detail: "an eviction or a clean may write a line dirtied in record \(store) over what "
                + "\(profile.name(of: device)) writes in record \(state.deviceRecord)",
            chain: [
                ChainLink(
                    record: Int(store),
                    text:
                        "a core stores \(isNeighbour ? "beside the buffer" : "to the buffer"): line dirty"
                ),
                ChainLink(
                    record: Int(state.deviceRecord),
                    text: "\(profile.name(of: device)) writes DRAM: new; the dirty line: stale"),
                ChainLink(
                    record: Int(state.deviceRecord),
                    text: "the line is evicted or cleaned: DRAM: old"),
            ])
        if code == .h02, during, step.agent.isCore { wordLateStore(from: reports) }
    }

    /// Words a dirty line that was clean when the device got the buffer: what is missing stands after the transfer.
    private mutating func wordLateStore(from first: Int) {
        for place in findings.indices.dropFirst(first) {
            let finding = findings[place]
            let words = FindingWords(
                code: finding.code, profile: profile, address: finding.address,
                bytes: finding.bytes, reader: finding.agent, writer: finding.writer,
                record: finding.record, writeRecord: finding.writeRecord)
            findings[place].cause = words.causeOfLateStore
            findings[place].mend = words.mendOfLateStore
        }
    }
}
