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
    var clocks = AgentTable<VectorClock>()
    /// Devices that act in trace order, not after a doorbell.
    private var ordered: Set<Agent> = []
    /// The statement from which on each device may act: its doorbell, or the last completion that was seen.
    var startedAt = AgentTable<UInt32>()
    /// The range that the maintenance operation at work names.
    var maintenanceRange: (start: UInt64, end: UInt64)?
    /// What descriptors say.
    var descriptors = DescriptorWords()
    /// The call of the DMA API that each core is in.
    private var calls = AgentTable<CallFacts>()
    /// Which mappings held which bytes.
    var ledger = MappingLedger()
    /// What devices have in bounce slots.
    var bounces: [BouncedBytes] = []
    /// The youngest versions of each core's that each device has read.
    var seen = AgentTable<VectorClock>()
    /// What instruction caches hold of watched bytes.
    var instructions = InstructionCopies()
    @usableFromInline let watchesInstructions: Bool
    /// Loads that performed early, until their turn in the program.
    var earlyReads: [EarlyRead] = []
    /// The device whose register each core has read last, with nothing of its own since.
    var statusReads = AgentTable<Agent>()
    /// What each core knows because it waited for a device.
    var completed = AgentTable<VectorClock>()
    /// Whether the operation at work makes a load perform early.
    @usableFromInline var isEarly = false
    /// Which events may be about watched bytes.
    @usableFromInline let filter: WatchFilter
    /// Whether the load that was followed last found what all loads of its core will find in the line, until something
    /// happens to it.
    @usableFromInline var foundSettled = false
    /// Whether a buffer may hold watched bytes.
    @usableFromInline var mayBeBuffered = false
    /// Whether the operation at work is the kernel's copy to or from a bounce slot.
    private var isKernelCopy = false
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
        filter = WatchFilter(watch)
        watchesInstructions = watch.hasInstructions
    }

    /// Says which operation the next events belong to.
    public mutating func begin(_ operation: Operation, by agent: Agent, record: UInt32) {
        isEarly = false
        isKernelCopy = false
        switch operation {
        case .access, .run:
            // Most are these, and begin nothing.
            if profile.layouts.isEmpty, earlyReads.isEmpty {
                descriptors.beginNothing()
                maintenanceRange = nil
                return
            }
        default: break
        }
        descriptors.begin(operation, record: record, profile)
        if case .copy = operation { isKernelCopy = calls[agent]?.record == record }
        if case .environment(let event) = operation { isEarly = event.kind == .late }
        if !earlyReads.isEmpty { judgeEarlyReads(operation, by: agent, record: record) }
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

    /// Says which call of the DMA API the next operations belong to.
    public mutating func begin(_ call: CallFacts) {
        calls[call.agent] = call
        ledger.note(call, at: VersionID(mirror.versions.count))
    }

    /// The call that an event is part of; nil: it is part of none.
    func call(of event: Event) -> CallFacts? {
        // A line may be dropped from another core's cache than the caller's.
        calls.agents.lazy.compactMap { calls[$0] }.first { $0.record == event.record }
    }

    /// It needs the hits of watched lines alone.
    @inlinable
    public static var foldsHits: Bool { true }

    /// See ``foldsHits``.
    @inlinable
    public static var hearsSomeHits: Bool { true }

    /// Whether any byte of a line may be watched.
    @inlinable
    @inline(__always)
    public func hearsHits(of line: UInt64, size: UInt64) -> Bool { filter.mayTouch(line, size) }

    /// Follows a hit and judges it.
    @inlinable
    public mutating func recordHit(_ event: Event) -> Bool {
        if event.kind != .fetch || watchesInstructions { follow(event) }
        return event.kind == .load && foundSettled
    }

    /// Follows an event and judges it.
    @inlinable
    @inline(__always)
    public mutating func record(_ event: Event) {
        if concerns(event) { follow(event) }
    }

    /// Whether an event can change what is known: most are about other bytes.
    @inlinable
    @inline(__always)
    func concerns(_ event: Event) -> Bool {
        switch event.kind {
        case .levelRead, .levelWrite, .barrier, .time, .memoryTraffic, .exclusiveFailed, .prefetch:
            false
        case .doorbell, .completionObserved, .deviceStart, .deviceDone: true
        case .drainCopy, .slotEntered: mayBeBuffered
        // What a buffer hands over is noted of all of a granule's bytes.
        case .drain: mayBeBuffered || filter.mayTouch(event.address, WatchFilter.granule)
        case .fetch: watchesInstructions && filter.mayTouch(event.address, UInt64(event.size))
        // A load that performs early is remembered wherever it is.
        case .load: isEarly || filter.mayTouch(event.address, UInt64(event.size))
        case .store, .linefill, .writeback, .invalidate, .deviceRead, .deviceWrite, .maintenance:
            filter.mayTouch(event.address, UInt64(event.size))
        }
    }

    @inline(never)
    @usableFromInline
    mutating func follow(_ event: Event) {
        switch event.kind {
        case .load:
            // What is known of a granule says nothing of a longer line's rest.
            let isOfLine = profile.lineSize <= WatchList.granule
            let wasSettled = isSettled(event)
            foundSettled = wasSettled && isOfLine
            if wasSettled { return }
            // The filter takes some for watched that are not.
            defer { foundSettled = isOfLine && !isEarly && bounces.isEmpty && !isWatched(event) }
            judgeRead(event)
            if !bounces.isEmpty { judgeBounced(event) }
            note(event, .load)
        case .store:
            write(event, .store)
            mayBeBuffered = mirror.holdsEntries
        case .linefill:
            if event.place.isLevel1Instruction {
                if watchesInstructions { instructions.fill(event, &mirror) }
                return
            }
            mirror.fill(event)
            note(event, .fill)
        case .writeback:
            judgeWriteback(event)
            mirror.writeBack(event)
            note(event, .writeback)
        case .invalidate:
            if event.place.isLevel1Instruction {
                if watchesInstructions { instructions.drop(event) }
                return
            }
            judgeInvalidate(event)
            mirror.drop(event)
            note(event, .invalidate)
        case .drain:
            mirror.drain(event, keeping: false)
            note(event, .drain, size: WatchList.granule)
            mayBeBuffered = mirror.holdsEntries
        case .drainCopy: mirror.drain(event, keeping: true)
        case .slotEntered:
            mirror.enterSlot(event)
            mayBeBuffered = mirror.holdsEntries
        case .maintenance: noteMaintenance(event)
        case .deviceRead:
            judgeRead(event)
            if !bounces.isEmpty { judgeBounced(event) }
            note(event, .deviceRead)
        case .deviceWrite: write(event, .deviceWrite)
        case .deviceStart:
            descriptors.noteStart(event)
            order(event)
        case .doorbell, .completionObserved, .deviceDone: order(event)
        case .fetch: if watchesInstructions { judgeFetch(event) }
        case .levelRead, .levelWrite, .barrier, .time, .memoryTraffic, .exclusiveFailed,
            .prefetch:
            break
        }
    }

    /// Whether any of an event's bytes are watched.
    private mutating func isWatched(_ event: Event) -> Bool {
        Granules(event.address, UInt64(event.size)).contains { mirror.state($0.granule) != nil }
    }

    /// Whether a load finds nothing but what an equal one has found before it, in the same granule; then it is noted.
    @inline(__always)
    private func isSettled(_ event: Event) -> Bool {
        guard let granule = Granules.only(event.address, UInt64(event.size)), !isEarly,
            bounces.isEmpty, let state = mirror.lastState(granule),
            state.isSettled(for: event.agent, in: event.place)
        else { return false }
        state.note(.load, event, Granules.maskWithin(event.address, UInt64(event.size)))
        return true
    }

    // MARK: Order

    private mutating func order(_ event: Event) {
        let device = Agent(rawValue: event.other)
        switch event.kind {
        case .doorbell:
            clocks[device, default: VectorClock()].join(knowledge(of: event.agent))
            ordered.remove(device)
            startedAt[device] = event.record
        case .completionObserved:
            clocks[event.agent, default: VectorClock()].join(knowledge(of: device))
            completed[event.agent, default: VectorClock()].join(knowledge(of: device))
            if startedAt[device] != nil { startedAt[device] = event.record }
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
    func knowledge(of agent: Agent) -> VectorClock {
        var clock = clocks[agent] ?? VectorClock()
        clock[agent] = mirror.sequence(of: agent)
        if agent.isCore {
            for core in 0..<profile.cores { clock[.core(core)] = mirror.sequence(of: .core(core)) }
        }
        return clock
    }

    // MARK: Writes

    private mutating func write(_ event: Event, _ kind: JournalEntry.Kind) {
        let size = UInt64(event.size)
        // All granules of one write have one version; a write that no granule hears of makes none.
        var version: VersionID?
        Granules.forEach(event.address, size) { granule, mask in
            write(event, kind, granule, mask, &version)
        }
    }

    private mutating func write(
        _ event: Event, _ kind: JournalEntry.Kind, _ granule: UInt64, _ mask: UInt64,
        _ version: inout VersionID?
    ) {
        guard let state = mirror.state(granule) else { return }
        let number = version ?? mirror.newVersion(event)
        if version == nil, kind == .store { descriptors.noteStore(event, number) }
        version = number
        mirror.store(number, event, in: state, granule, mask)
        guard kind == .deviceWrite else { return state.note(kind, event, mask) }
        state.deviceBytes |= mask
        var entry = JournalEntry(kind, event, mask)
        for (place, _) in state.copies where place != event.place { entry.addHolder(place) }
        state.note(entry)
    }

    private mutating func note(_ event: Event, _ kind: JournalEntry.Kind, size: UInt64? = nil) {
        Granules.forEach(event.address, size ?? UInt64(event.size)) { granule, mask in
            mirror.state(granule)?.note(kind, event, mask)
        }
    }

    private mutating func noteMaintenance(_ event: Event) {
        Granules.forEach(event.address, UInt64(event.size)) { granule, mask in
            guard let state = mirror.state(granule) else { return }
            if event.place.isLevel1Data {
                state.note(LineNaming(at: event.tick, place: event.place), of: mask)
            }
            state.note(.maintenance, event, mask)
        }
    }

    // MARK: Reporting

    mutating func report(_ symptom: some Symptom) {
        // A loop over a hazard shows it each time: after some full reports of a statement it is only counted.
        let statement = Statement(record: symptom.record, kind: symptom.kind)
        let number = reports[statement, default: (0, 0)].number + 1
        if number > Self.fullReports, let place = reports[statement]?.place {
            findings[place].count += 1
            return
        }
        guard let state = mirror.state(symptom.granule) else { return }
        let finding = symptom.finding(state, mirror, profile)
        // The kernel copies whole mappings: what the device left alone in a slot is nobody's use of it.
        if isKernelCopy, symptom.event.agent.isCore, finding.writer.isCore,
            bounces.contains(where: {
                symptom.event.address >= $0.slot && symptom.event.address < $0.slot &+ $0.size
            })
        {
            return
        }
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
