import Events
import Operations
import Quantities

/// Judges a replay by byte versions: finds bytes that were read stale or lost in this very order.
///
/// A fold of events, without the model: a recorded log gives the same findings. Call ``begin(_:by:record:)`` before
/// the events of each operation, so that an invalidate's own range is known.
public struct ManifestDetector: Probe {
    let profile: HazardProfile
    var mirror: CopyMirror
    /// What each agent knows to have happened.
    private var clocks: [Agent: VectorClock] = [:]
    /// Devices that act in trace order, not after a doorbell.
    private var ordered: Set<Agent> = []
    /// The range that the maintenance operation at work names.
    private var maintenanceRange: (start: UInt64, end: UInt64)?
    /// What descriptors say.
    private var descriptors = DescriptorWords()
    /// The findings so far, in the order in which they were made.
    public private(set) var findings: [Finding] = []
    private var places: [FoldKey: Int] = [:]
    /// How often a statement was reported, and its last finding's place.
    private var reports: [Statement: (number: Int, place: Int)] = [:]

    /// Findings with the same key are one finding, counted.
    private struct FoldKey: Hashable {
        var code: HazardCode
        var agent: Agent
        var symbol: String
        var record: Int
    }

    /// Makes a detector for a machine and the bytes that devices can touch.
    public init(profile: HazardProfile, watch: WatchList) {
        self.profile = profile
        mirror = CopyMirror(watch: watch)
    }

    /// Says which operation the next events belong to.
    public mutating func begin(_ operation: Operation, by agent: Agent, record: UInt32) {
        descriptors.begin(operation, record: record, profile)
        guard case .maintenance(let maintenance) = operation, maintenance.instruction.isByAddress
        else {
            maintenanceRange = nil
            return
        }
        let start = maintenance.start.address.rawValue
        // An operation without a size names its whole line.
        let isLine = maintenance.bytes == 0
        let first = isLine ? start / profile.lineSize * profile.lineSize : start
        let last = lastByte(first, isLine ? profile.lineSize : maintenance.bytes)
        maintenanceRange = (first, last == .max ? .max : last + 1)
    }

    /// Follows an event and judges it.
    public mutating func record(_ event: Event) {
        switch event.kind {
        case .load:
            judgeRead(event)
            note(event, .load)
        case .store: write(event, .store)
        case .linefill:
            mirror.fill(event)
            note(event, .fill)
        case .writeback:
            judgeWriteback(event)
            mirror.writeBack(event)
            note(event, .writeback)
        case .invalidate:
            judgeInvalidate(event)
            mirror.drop(event)
            note(event, .invalidate)
        case .drain:
            mirror.drain(event, keeping: false)
            note(event, .drain, size: WatchList.granule)
        case .drainCopy: mirror.drain(event, keeping: true)
        case .slotEntered: mirror.enterSlot(event)
        case .maintenance: noteMaintenance(event)
        case .deviceRead:
            judgeRead(event)
            note(event, .deviceRead)
        case .deviceWrite: write(event, .deviceWrite)
        case .deviceStart:
            descriptors.noteStart(event)
            order(event)
        case .doorbell, .completionObserved, .deviceDone: order(event)
        case .fetch, .levelRead, .levelWrite, .barrier, .time, .memoryTraffic, .exclusiveFailed,
            .prefetch:
            break
        }
    }

    // MARK: Order

    private mutating func order(_ event: Event) {
        let device = Agent(rawValue: event.other)
        switch event.kind {
        case .doorbell:
            clocks[device, default: VectorClock()].join(knowledge(of: event.agent))
            ordered.remove(device)
        case .completionObserved:
            clocks[event.agent, default: VectorClock()].join(knowledge(of: device))
        case .deviceStart where event.other == 0:
            ordered.insert(event.agent)
            for agent in everyone {
                clocks[event.agent, default: VectorClock()].join(knowledge(of: agent))
            }
        case .deviceDone where ordered.contains(event.agent):
            let known = knowledge(of: event.agent)
            for agent in everyone { clocks[agent, default: VectorClock()].join(known) }
        default: break
        }
    }

    private var everyone: [Agent] {
        (0..<profile.cores).map(Agent.core) + profile.devices.indices.map(Agent.device)
    }

    /// An agent's clock, its own writes among it.
    ///
    /// Cores see each other's writes in the order of the trace.
    private func knowledge(of agent: Agent) -> VectorClock {
        var clock = clocks[agent] ?? VectorClock()
        clock[agent] = mirror.sequence(of: agent)
        if agent.isCore {
            for core in 0..<profile.cores { clock[.core(core)] = mirror.sequence(of: .core(core)) }
        }
        return clock
    }

    // MARK: Writes

    private mutating func write(_ event: Event, _ kind: JournalEntry.Kind) {
        guard mirror.watches(event.address, UInt64(event.size)) else { return }
        let version = mirror.newVersion(event)
        if kind == .store { descriptors.noteStore(event, version) }
        mirror.store(version, event)
        for (granule, mask) in Granules(event.address, UInt64(event.size)) {
            guard let state = mirror.state(granule) else { continue }
            if kind == .deviceWrite { state.deviceBytes |= mask }
            let holders =
                kind == .deviceWrite ? state.copies.map(\.place).filter { $0 != event.place } : []
            state.note(journalEntry(event, kind, mask, holders: holders))
        }
    }

    private mutating func note(_ event: Event, _ kind: JournalEntry.Kind, size: UInt64? = nil) {
        for (granule, mask) in Granules(event.address, size ?? UInt64(event.size)) {
            mirror.state(granule)?.note(journalEntry(event, kind, mask))
        }
    }

    private func journalEntry(
        _ event: Event, _ kind: JournalEntry.Kind, _ mask: UInt64, holders: [Place] = []
    ) -> JournalEntry {
        JournalEntry(
            kind: kind, record: event.record, tick: event.tick, agent: event.agent,
            place: event.place,
            other: event.otherPlace, reason: MoveReason(rawValue: event.detail) ?? .demand,
            mask: mask,
            holders: holders)
    }

    private mutating func noteMaintenance(_ event: Event) {
        guard event.place.isLevel1Data else {
            note(event, .maintenance)
            return
        }
        for (granule, mask) in Granules(event.address, UInt64(event.size)) {
            guard let state = mirror.state(granule) else { continue }
            for half in GranuleState.halves(mask) { state.maintainedAt[half] = event.tick }
            state.note(journalEntry(event, .maintenance, mask))
        }
    }

    // MARK: Judging

    /// A read is stale if a younger version happened before it.
    private mutating func judgeRead(_ event: Event) {
        for (granule, mask) in Granules(event.address, UInt64(event.size)) {
            guard let state = mirror.state(granule) else { continue }
            var stale: [(version: VersionID, expected: VersionID, mask: UInt64)] = []
            var clock: VectorClock?
            var left = mask
            while left != 0 {
                let byte = left.trailingZeroBitCount
                left &= left - 1
                let found = mirror.version(state, granule, byte, in: event.place, for: event.agent)
                noteReadFrom(found, by: event.agent)
                guard found != state.latest[byte] else { continue }
                let known = clock ?? knowledge(of: event.agent)
                clock = known
                guard let expected = youngest(state, byte, after: found, known) else { continue }
                if let last = stale.indices.last, stale[last].expected == expected {
                    stale[last].mask |= 1 << UInt64(byte)
                } else {
                    stale.append((found, expected, 1 << UInt64(byte)))
                }
            }
            let words = stale.isEmpty ? nil : descriptors.words(for: event, &mirror)
            for part in stale {
                report(
                    StaleRead(
                        event: event, granule: granule, mask: part.mask, found: part.version,
                        expected: part.expected,
                        descriptor: words))
            }
        }
    }

    private mutating func noteReadFrom(_ version: VersionID, by agent: Agent) {
        guard agent.isCore, version != 0 else { return }
        let writer = mirror.versions[Int(version)]
        guard !writer.agent.isCore else { return }
        if let known = clocks[agent], known[writer.agent] >= writer.sequence { return }
        clocks[agent, default: VectorClock()][writer.agent] = writer.sequence
    }

    private func youngest(
        _ state: GranuleState, _ byte: Int, after found: VersionID, _ clock: VectorClock
    ) -> VersionID? {
        for (version, mask) in state.history.reversed() {
            if version <= found { return nil }
            let writer = mirror.versions[Int(version)]
            if mask >> UInt64(byte) & 1 == 1, writer.sequence <= clock[writer.agent] {
                return version
            }
        }
        return nil
    }

    /// A line written over younger bytes of a device loses them.
    private mutating func judgeWriteback(_ event: Event) {
        for (granule, mask) in Granules(event.address, UInt64(event.size)) {
            guard let state = mirror.state(granule), let index = state.index(of: event.place)
            else { continue }
            let copy = state.copies[index].copy
            var lost: UInt64 = 0
            var writer: VersionID = 0
            CopyMirror.forEachByte(mask) { byte in
                let below = state.index(of: event.otherPlace).map {
                    state.copies[$0].copy.versions[byte]
                }
                let old = below.flatMap { $0 == Version.absent ? nil : $0 } ?? state.memory[byte]
                let new = copy.versions[byte]
                guard new != Version.absent, old > new, !mirror.versions[Int(old)].agent.isCore
                else { return }
                lost |= 1 << UInt64(byte)
                writer = max(writer, old)
            }
            guard lost != 0 else { continue }
            report(
                LostDeviceWrite(
                    event: event, granule: granule, mask: lost, written: writer, dirty: copy.dirty))
            forget(granule, lost)
        }
    }

    /// Dirty bytes dropped outside the range that was asked for are lost.
    private mutating func judgeInvalidate(_ event: Event) {
        guard event.other == 1 else { return }
        for (granule, mask) in Granules(event.address, UInt64(event.size)) {
            guard let state = mirror.state(granule), let index = state.index(of: event.place)
            else { continue }
            let copy = state.copies[index].copy
            let dropped = copy.dirty & mask
            var inside: UInt64 = dropped
            if let range = maintenanceRange {
                inside = range.end > range.start ? rangeMask(range, granule) & dropped : 0
            }
            let outside = dropped & ~inside
            if inside != 0 {
                state.discarded = ((state.discarded?.mask ?? 0) | inside, event.record)
            }
            guard outside != 0 else { continue }
            let version = copy.versions[outside.trailingZeroBitCount]
            report(LostCoreWrite(event: event, granule: granule, mask: outside, written: version))
            forget(granule, outside)
        }
    }

    private func rangeMask(_ range: (start: UInt64, end: UInt64), _ granule: UInt64) -> UInt64 {
        let start = granule * WatchList.granule
        guard range.start < start + WatchList.granule, range.end > start else { return 0 }
        return Granules.mask(range.start, range.end - range.start, in: granule)
    }

    /// What was reported as lost is not expected by anybody any more.
    private mutating func forget(_ granule: UInt64, _ mask: UInt64) {
        guard let state = mirror.state(granule) else { return }
        for index in state.history.indices { state.history[index].mask &= ~mask }
        state.history.removeAll { $0.mask == 0 }
    }

    // MARK: Reporting

    private mutating func report(_ symptom: some Symptom) {
        // A loop over a hazard shows it each time: after some full reports of a statement it is only counted.
        let statement = Statement(record: symptom.record, kind: symptom.kind)
        let number = reports[statement, default: (0, 0)].number + 1
        if number > Self.fullReports, let place = reports[statement]?.place {
            findings[place].count += 1
            return
        }
        guard let state = mirror.state(symptom.granule) else { return }
        let finding = symptom.finding(state, mirror, profile)
        let key = FoldKey(
            code: finding.code, agent: finding.agent,
            symbol: profile.entry(of: finding.address)?.name ?? "\(finding.address / 4_096)",
            record: finding.record)
        if let place = places[key] {
            findings[place].extend(by: finding)
            reports[statement] = (number, place)
            return
        }
        places[key] = findings.count
        reports[statement] = (number, findings.count)
        findings.append(finding)
    }

    /// A statement and what went wrong at it.
    private struct Statement: Hashable {
        var record: UInt32
        var kind: Int
    }

    /// How many granules of a statement are reported with all that led there.
    private static let fullReports = 4_096
}

extension Finding {
    /// Takes in an equal finding: bytes that follow directly make it longer, others are counted.
    mutating func extend(by other: Finding) {
        if other.address == address &+ bytes { bytes &+= other.bytes } else { count += 1 }
    }
}
