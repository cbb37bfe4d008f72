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
            if call == .inTurn, lines[place: place].published != 0 {
                let arrived = lines[place: place].published & lineMask(granule, all)
                lines[place: place].leaveBuffer(arrived, forOuter: profile.hasOuterCache)
            }
            if snoops, call == .sent, lines[place: place].ask(mask, step) {
                asking[step.agent, default: []].append(granule)
            }
            let state = lines[place: place]
            if snoops, call != .told { judgeStale(state, granule, mask, call, step) }
            guard
                let (code, bytes, why) = danger(
                    of: state, mask, snoops, call, step.agent)
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
            ], dropRecord: step.record)
    }

    /// Asks of a device that looks into caches whether what it finds there is older than what another device wrote past
    /// them.
    private mutating func judgeStale(
        _ state: LineState, _ granule: UInt64, _ mask: UInt64, _ call: Call, _ step: LoweredStep
    ) {
        // An invalidate is done in time: one that a doorbell has sent may come before.
        let leaving = call == .sent ? state.staleLeaving : 0
        let unfinished = state.inFlight & ~state.polled
        let stale = ((state.staleInner | leaving) & ~unfinished | state.staleBefore) & mask
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
            state.unseen
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
        let pending = (inner | state.pendingOuterClean) & mask
        if !snoops, pending != 0 {
            return (.h04, pending, "their clean may not be complete: no barrier has waited for it")
        }
        guard call == .sent else { return nil }
        let buffered = (state.buffered | (snoops ? 0 : state.outerBuffered)) & mask
        if buffered != 0 { return (.h04, buffered, "they may still wait in a store buffer") }
        return nil
    }
}
