import Events
import Operations
import Quantities

// Events that the architecture allows and nobody asked for, pinned by a trace: they take no core's time, and
// happen when what stands before them in the trace is over.

extension Machine where P: ~Copyable {
    mutating func performEnvironment(_ event: EnvironmentEvent) {
        // Only evictions and fills are of no core; `ProgramChecker` and the parser say so to traces.
        let named = if case .core(let number) = event.target { number } else { -1 }
        precondition(
            named >= 0 || event.kind == .evict || event.kind == .fill, "\(event.kind) names a core")
        let core = max(named, 0)
        precondition(core < cores.count, "core \(core) of a machine with \(cores.count)")
        lastIssue = lastIssueEnd
        catchUp(to: lastIssue)
        switch event.kind {
        case .evict: evict(event)
        case .fill: fill(event, core)
        case .drain: drain(event, core)
        case .hold:
            (cores.base + core).pointee.holds = true
            refreshDue()
        case .late: loadEarly(event, core)
        case .leave: setCoherent(false, core: core)
        case .join: setCoherent(true, core: core)
        case .pause, .resume:
            preconditionFailure("who walks the program stops a statement, not the machine")
        }
    }

    private mutating func evict(_ event: EnvironmentEvent) {
        let range = Maintenance(.dcCVAC, at: event.start, bytes: event.bytes)
        let tick = lastIssue
        if hasLevel1Data, event.target != .level2 {
            forEachLine(range, shift: level1Data.lineShift) { machine, physical in
                let line = physical | machine.mapSynonym &<< CacheBank.synonymShift
                for core in 0..<machine.cores.count {
                    if case .core(let only) = event.target, only != core { continue }
                    let index = machine.level1Data.peek(line, core)
                    guard index >= 0 else { continue }
                    let entry = machine.level1Data.entries[index]
                    machine.level1Data.remove(at: index, core)
                    machine.evictFromLevel1(entry, core, at: tick, reason: .environment)
                }
            }
        }
        if case .core = event.target { return }
        if hasLevel2 {
            forEachLine(range, shift: level2.lineShift) { machine, line in
                machine.forEachLevel2 { machine, core in
                    let index = machine.level2.peek(line, machine.level2Copy(core))
                    guard index >= 0 else { return }
                    let entry = machine.level2.entries[index]
                    machine.level2.remove(at: index, machine.level2Copy(core))
                    machine.evictFromLevel2(entry, core, at: tick, reason: .environment)
                }
            }
        }
        guard hasLevel3, !isLevel3MemorySide, event.target == .everywhere else { return }
        forEachLine(range, shift: level3.lineShift) { machine, line in
            let index = machine.level3.peek(line, 0)
            guard index >= 0 else { return }
            let entry = machine.level3.entries[index]
            machine.level3.remove(at: index, 0)
            machine.evictFromLevel3(entry, .core(0), at: tick, reason: .environment)
        }
    }

    private mutating func fill(_ event: EnvironmentEvent, _ core: Int) {
        let range = Maintenance(.dcCVAC, at: event.start, bytes: event.bytes)
        if event.target == .level2 || !hasLevel1Data {
            guard hasLevel2 else { return }
            // Others have to ask a core for what its own second level holds.
            if hasPrivateLevel2 { activate(core) }
            forEachLine(range, shift: level2.lineShift) { machine, line in
                let copy = machine.level2Copy(core)
                guard machine.mapType.isCacheable, machine.level2.peek(line, copy) < 0 else {
                    return
                }
                let shared = machine.snoopForLevel2(
                    line, core, machine.mapIsShared, at: machine.lastIssue)
                machine.fillLevel2(
                    line, core, at: machine.lastIssue, reason: .environment, state: shared)
            }
            return
        }
        activate(core)
        forEachLine(range, shift: level1Data.lineShift) { machine, physical in
            let line = physical | machine.mapSynonym &<< CacheBank.synonymShift
            guard machine.mapType.isCacheable, machine.level1Data.peek(line, core) < 0 else {
                return
            }
            _ = machine.fillLevel1(
                line, core, at: machine.lastIssue, reason: .environment,
                isShared: machine.mapIsShared)
        }
    }

    private mutating func drain(_ event: EnvironmentEvent, _ core: Int) {
        let tick = max(pathOut, lastIssue)
        if event.bytes == 0 {
            while storeBuffers.count(core) > 0 { drainEntry(core, 0, at: tick) }
            (cores.base + core).pointee.holds = false
        } else {
            translate(event.start.address.rawValue)
            let physical = event.start.address.rawValue &+ mapDelta
            while let index = storeBuffers.list(core).firstIndex(where: {
                $0.overlaps(physical, event.bytes)
            }) {
                drainEntry(core, index, at: tick)
            }
        }
        refreshDue()
    }

    private mutating func loadEarly(_ event: EnvironmentEvent, _ core: Int) {
        let access = MemoryAccess(
            .load, at: event.start.address.rawValue, size: UInt32(clamping: max(event.bytes, 1)),
            agent: .core(core))
        performSlowly(access, record: record)
        translate(access.address)
        earlyLoads.append(
            EarlyLoad(core: core, address: access.address &+ mapDelta, size: UInt64(access.size)))
    }
}
