import Events
import MemoryModel
import Operations
import Quantities

// Section 11: what nobody asked for.

extension ReferenceMachine {
    mutating func perform(_ event: EnvironmentEvent) {
        lastIssue = lastIssueEnd
        happen(upTo: lastIssue)
        let named: Int? = if case .core(let core) = event.target { core } else { nil }
        switch event.kind {
        case .evict: evict(event, named)
        case .fill: fill(event, named)
        case .drain, .hold, .leave, .join, .late:
            guard let named else { preconditionFailure("names a core") }
            perform(event, named)
        case .pause, .resume: preconditionFailure("who walks the program stops a statement")
        }
    }

    /// What happens to one core.
    private mutating func perform(_ event: EnvironmentEvent, _ core: Int) {
        switch event.kind {
        case .drain: drain(event, core)
        case .hold: cores[core].isHeld = true
        case .leave, .join: setCoherent(event.kind == .join, core: core)
        default:
            perform(
                MemoryAccess(
                    .load, at: event.start.address.rawValue, size: UInt32(max(event.bytes, 1)),
                    agent: .core(core)), core)
            let start = locate(event.start.address.rawValue).piece.address
            cores[core].late.append((start, start + max(event.bytes, 1)))
        }
    }

    private mutating func evict(_ event: EnvironmentEvent, _ named: Int?) {
        let start = event.start.address.rawValue
        if event.target != .level2, !level1Data.isEmpty {
            for virtual in linesOf(start, max(event.bytes, 1), dataLine) {
                let piece = locate(virtual).piece
                for core in cores.indices where named == nil || named == core {
                    if let line = level1Data[core].line(piece.address, alias: piece.alias) {
                        evictLevel1(core, line, reason: .environment, at: lastIssue)
                    }
                }
            }
        }
        guard named == nil else { return }
        evictFromLevel2(start, max(event.bytes, 1))
        guard event.target == .everywhere, hasIntegratedLevel3 else { return }
        for virtual in linesOf(start, max(event.bytes, 1), level3[0].lineSize) {
            let address = locate(virtual).piece.address
            if let line = level3[0].line(address) {
                level3[0].remove(line.address)
                evictLevel3(0, line, reason: .environment, at: lastIssue)
            }
        }
    }

    private mutating func evictFromLevel2(_ start: UInt64, _ bytes: UInt64) {
        guard let cache = level2.first else { return }
        for virtual in linesOf(start, bytes, cache.lineSize) {
            let address = locate(virtual).piece.address
            for core in hasPrivateLevel2 ? cores.indices.filter({ cores[$0].isActive }) : [0] {
                if let line = level2[core].line(address) {
                    evictLevel2(core, line, reason: .environment, at: lastIssue)
                }
            }
        }
    }

    private mutating func fill(_ event: EnvironmentEvent, _ named: Int?) {
        let start = event.start.address.rawValue
        let core = named ?? 0
        if event.target == .level2 || level1Data.isEmpty {
            guard let cache = level2.first else { return }
            if hasPrivateLevel2 { cores[core].isActive = true }
            for virtual in linesOf(start, max(event.bytes, 1), cache.lineSize) {
                let piece = locate(virtual).piece
                guard piece.type.isCacheable, !level2[second(core)].holds(piece.address)
                else { continue }
                let line = cache.base(piece.address)
                let isKept = askForLevel2(
                    core, line, isShared: piece.isShared, at: lastIssue)
                _ = fillLevel2(
                    core, line, at: lastIssue, reason: .environment, shared: isKept)
            }
            return
        }
        cores[core].isActive = true
        for virtual in linesOf(start, max(event.bytes, 1), dataLine) {
            let piece = locate(virtual).piece
            let target = target(piece)
            guard piece.type.isCacheable,
                !level1Data[core].holds(target.line, alias: target.alias)
            else { continue }
            _ = fillLevel1(core, target, at: lastIssue, dirty: nil, reason: .environment)
        }
    }

    private mutating func drain(_ event: EnvironmentEvent, _ core: Int) {
        let start = event.start.address.rawValue
        let isEverything = event.bytes == 0
        if isEverything { cores[core].isHeld = false }
        // Without bytes there is no address, which would number an alias.
        let ranges = isEverything ? [] : pieces(start, event.bytes, cache: nil)
        let tick = max(pathOut, lastIssue)
        while let index = cores[core].buffer.firstIndex(where: { entry in
            isEverything || ranges.contains { entry.shares($0.address, $0.size) }
        }) {
            drainEntry(index, of: core, at: tick)
        }
    }
}
