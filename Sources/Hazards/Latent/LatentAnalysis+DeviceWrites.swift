import Operations
import Quantities

// What devices write: what of a core's may go over it, and which copies are stale from then on.

extension LatentAnalysis {
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
            if !inFlight { finishWaiting(&state, granule, line) }
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
                finishWaiting(&state, granule, lineMask(granule, mask))
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
                lineMask(granule, cached)
                & (state.inFlight
                    | (state.staleInner | (inFlight ? state.staleLeaving : 0)) & ~mask)
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

    /// What was on its way to some lines is done, maintenance by set and way too: a device that comes by itself finds it so.
    private func finishWaiting(_ state: inout LineState, _ granule: UInt64, _ line: UInt64) {
        if state.settling & line != 0 {
            refresh(&state, granule, state.settling & line, by: nil)
            state.settling &= ~line
        }
        state.finishWaiting(line)
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
