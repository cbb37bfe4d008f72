import Operations
import Quantities

// A fold of lowered operations: what may be, whatever the geometry and the timing. Rules of the architecture that
// it uses: a Normal cacheable line may be loaded at any moment on a core that speculates; any line may be evicted
// at any moment; any store may stay in a buffer until a barrier waits for it; a device may act at any moment
// between its doorbell (or the last completion that was observed) and the next completion that is observed.

/// One lowered operation with where it came from.
public struct LoweredStep: Sendable {
    /// What is done.
    public var operation: Operation
    /// Who does it.
    public var agent: Agent
    /// The number of its statement.
    public var record: UInt32

    /// Makes a step.
    public init(_ operation: Operation, by agent: Agent, record: UInt32) {
        self.operation = operation
        self.agent = agent
        self.record = record
    }
}

extension LoweredStep {
    /// Whether it is a store-release.
    var isRelease: Bool {
        if case .access(let access, _, _) = operation {
            access.kind == .storeRelease
        } else {
            false
        }
    }

    /// Whether it is a load-acquire.
    var isAcquire: Bool {
        if case .access(let access, _, _) = operation { access.kind == .loadAcquire } else { false }
    }
}

/// Finds what could go wrong in another order of events than the one replayed.
///
/// ``LatentStream`` feeds it, when it is known what devices do at a step.
struct LatentAnalysis {
    let profile: HazardProfile
    let watch: WatchList
    var map: MemoryMap
    var lines = LineTable()
    /// Granules with stores or cleans that no barrier has waited for.
    var waitingForBarrier: [UInt64] = []
    /// Granules with something in or on its way through the outer cache's buffers.
    var waitingForSync: [UInt64] = []
    /// Granules that a device may be writing, by the device.
    var flying = AgentTable<[UInt64]>()
    /// What devices that see the caches may be writing, by the device, in the order of the trace.
    var arriving = AgentTable<[Write]>()
    /// Reads that a device does round after round until its completion is seen, by the device.
    var reading = AgentTable<[LoweredStep]>()
    /// What devices that were rung may be writing, by the device, in the order of the trace.
    var writing = AgentTable<[Write]>()
    /// Whether any device that was rung may be writing past the caches.
    var isWriting = false
    /// Whether a load has waited for maintenance that a doorbell may have overtaken.
    var isLoaded = false
    /// Granules of which devices that look into caches may be reading dirty bytes, by the device.
    var asking = AgentTable<[UInt64]>()
    /// Lines that the load at work has brought, where none comes unasked.
    var fetched: [(granule: UInt64, mask: UInt64)] = []
    /// The index of the step at work.
    var now = 0
    /// Bytes of a granule that a step of the trace has a device write.
    struct Write {
        var index: Int
        var granule: UInt64
        var mask: UInt64
    }

    /// What was found so far.
    var findings: [Finding] = []
    private var reported: Set<[UInt64]> = []

    /// Makes an analysis.
    ///
    /// - Parameters:
    ///   - profile: Facts of the machine.
    ///   - watch: The bytes that devices can touch.
    ///   - map: The mappings that the trace declares.
    init(profile: HazardProfile, watch: WatchList, map: MemoryMap) {
        self.profile = profile
        self.watch = watch
        self.map = map
    }

    // MARK: When devices may act

    /// Folds the next step.
    ///
    /// - Parameters:
    ///   - step: It.
    ///   - index: Its number.
    ///   - starting: What devices may do from here on, each with its own number.
    ///   - told: What devices read that the step before may have told them of.
    ///   - isFree: Whether it is an operation of a device that no doorbell was rung for.
    mutating func take(
        _ step: LoweredStep, _ index: Int, starting: [(index: Int, step: LoweredStep)],
        told: [ToldReads.Told], isFree: Bool
    ) {
        now = index
        for started in starting { begin(started.step, started.index) }
        for read in told { goOn(read) }
        switch step.operation {
        case .device(let operation): if isFree { performInTraceOrder(operation, step) }
        default: perform(step)
        }
    }

    /// Ends the trace.
    mutating func finish() {
        for device in reading.agents { judgeCyclicReads(of: device) }
    }

    private mutating func begin(_ step: LoweredStep, _ index: Int) {
        guard case .device(let operation) = step.operation else { return }
        switch operation.kind {
        case .read, .descriptorFetch:
            deviceReads(operation, step, .sent)
            if operation.cycles > 1 { reading[step.agent, default: []].append(step) }
        case .write:
            if let read = operation.readSide { deviceReads(read, step, .sent) }
            deviceWrites(operation, step, inFlight: true, index)
        case .interrupt: break
        }
    }

    /// A device that runs reads what it was told of by a store.
    private mutating func goOn(_ told: ToldReads.Told) {
        guard case .device(let operation) = told.step.operation else { return }
        let read = operation.kind == .write ? operation.readSide : operation
        if let read { deviceReads(read, told.step, .told, seen: told.seen) }
    }

    private mutating func performInTraceOrder(_ operation: DeviceOperation, _ step: LoweredStep) {
        switch operation.kind {
        case .read, .descriptorFetch: deviceReads(operation, step, .inTurn)
        case .write:
            if let read = operation.readSide { deviceReads(read, step, .inTurn) }
            deviceWrites(operation, step, inFlight: false, now)
        case .interrupt: break
        }
    }

    // MARK: Granules

    /// The watched granules of a range, each with the mask of its bytes.
    func granules(_ address: UInt64, _ size: UInt64) -> WatchedGranules {
        watch.granules(address, size)
    }

    /// Puts a granule's new state back, and notes what later barriers and completions must look at.
    ///
    /// - Parameters:
    ///   - granule: The granule.
    ///   - state: Its new state.
    ///   - before: What was waited for in the old one.
    mutating func set(_ granule: UInt64, _ state: LineState, before: LineState.Waiting) {
        lines.put(state, granule)
        note(granule, state, before: before)
    }

    /// Changes a granule's state where it is, and notes what later barriers and completions must look at.
    ///
    /// `body` looks at no other granule.
    @inline(__always)
    mutating func change(
        _ granule: UInt64, _ body: (inout LatentAnalysis, inout LineState) -> Void
    ) {
        let place = lines.placeOrNew(granule)
        var states = lines.takeStates()
        let before = states[place].waiting
        body(&self, &states[place])
        note(granule, states[place], before: before)
        lines.giveStates(states)
    }

    @inline(__always)
    private mutating func note(
        _ granule: UInt64, _ state: LineState, before: LineState.Waiting
    ) {
        if state.waitsForBarrier, !before.barrier { waitingForBarrier.append(granule) }
        if state.waitsForSync, !before.sync { waitingForSync.append(granule) }
        if state.inFlight != 0, !before.device {
            flying[Agent(rawValue: state.flier), default: []].append(granule)
        }
    }

    /// The mask widened to whole lines of the machine.
    func lineMask(_ granule: UInt64, _ mask: UInt64) -> UInt64 {
        guard profile.lineSize < WatchList.granule else { return mask == 0 ? 0 : .max }
        if profile.lineSize == 32 {
            let low: UInt64 = mask & 0xFFFF_FFFF != 0 ? 0xFFFF_FFFF : 0
            return mask >> 32 != 0 ? low | 0xFFFF_FFFF << 32 : low
        }
        var result: UInt64 = 0
        let ones: UInt64 = (1 << profile.lineSize) - 1
        for line in 0..<WatchList.granule / profile.lineSize {
            let lane = ones << (line * profile.lineSize)
            if mask & lane != 0 { result |= lane }
        }
        return result
    }

    func physical(_ address: UInt64) -> (address: UInt64, mapping: MemoryMapping) {
        let mapping = map.mapping(of: address)
        return (address &- mapping.start &+ mapping.physical, mapping)
    }

    // MARK: Reporting

    /// Adds a finding unless these bytes have one of this code at this statement.
    mutating func report(
        _ code: HazardCode, _ granule: UInt64, _ mask: UInt64, agent: Agent, writer: Agent,
        record: UInt32, writeRecord: UInt32, detail: String, chain: [ChainLink],
        dropRecord: UInt32? = nil
    ) {
        let address = granule * WatchList.granule + UInt64(mask.trailingZeroBitCount)
        let bytes =
            WatchList.granule - UInt64(mask.leadingZeroBitCount) - UInt64(mask.trailingZeroBitCount)
        guard reported.insert([UInt64(record), granule, UInt64(writeRecord)]).inserted else {
            return
        }
        if let last = findings.indices.last, findings[last].code == code,
            findings[last].record == Int(record), findings[last].agent == agent
        {
            // One statement, one cause: the finding grows.
            findings[last].extend(to: address, bytes)
            return
        }
        var finding = Finding(
            code, .latent, record: Int(record), agent: agent, address: address, bytes: bytes,
            writer: writer, writeRecord: Int(writeRecord), detail: detail, chain: chain)
        finding.maintenanceRecord = dropRecord.map(Int.init)
        findings.append(finding)
    }
}

extension Finding {
    /// Takes in more bytes of the same cause.
    mutating func extend(to start: UInt64, _ size: UInt64) {
        let end = max(address &+ bytes, start &+ size)
        address = min(address, start)
        bytes = end - address
    }
}
