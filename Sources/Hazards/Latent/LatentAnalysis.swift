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

/// Finds what could go wrong in another order of events than the one replayed.
public struct LatentAnalysis {
    let profile: HazardProfile
    let watch: WatchList
    var map: MemoryMap
    var lines: [UInt64: LineState] = [:]
    /// Granules with stores or cleans that no barrier has waited for.
    var waitingForBarrier: [UInt64] = []
    /// Granules with something in or on its way through the outer cache's buffers.
    var waitingForSync: [UInt64] = []
    /// Granules that a device may be writing, by the device.
    var flying: [UInt8: [UInt64]] = [:]
    /// Granules that a device which sees the caches may be writing, by the device.
    var arriving: [UInt8: [UInt64]] = [:]
    /// Reads that a device does round after round until its completion is seen, by the device.
    var reading: [UInt8: [LoweredStep]] = [:]
    /// The device operations that a step starts, by the step's index, each with its own.
    var starting: [Int: [(index: Int, step: LoweredStep)]] = [:]
    /// What devices that were rung may be writing, by the device, in the order of the trace.
    var writing: [UInt8: [Write]] = [:]
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
    public init(profile: HazardProfile, watch: WatchList, map: MemoryMap) {
        self.profile = profile
        self.watch = watch
        self.map = map
    }

    /// Folds all steps of a trace.
    ///
    /// - Returns: the findings, each bytes' first.
    /// - Complexity: O(steps × granules that each names).
    public mutating func run(_ steps: [LoweredStep]) -> [Finding] {
        guard profile.hasCaches || profile.barrierCycles > 0 else { return [] }
        var order = PublicationOrder(profile: profile)
        var instructions = InstructionOrder(profile: profile, watch: watch)
        var registers = RegisterOrder(profile: profile)
        var polling = PollingLoads(profile: profile)
        let unordered =
            order.run(steps, map: map) + instructions.run(steps, map: map)
            + registers.run(steps, map: map) + polling.run(steps, map: map)
        let free = scheduleDevices(steps)
        let told = ToldReads(steps, profile: profile, map: map).reads
        for (index, step) in steps.enumerated() {
            now = index
            for started in starting[index] ?? [] { begin(started.step, started.index) }
            if index > 0 { for read in told[index - 1] ?? [] { goOn(steps[read]) } }
            switch step.operation {
            case .device(let operation):
                if free.contains(index) { performInTraceOrder(operation, step) }
            default: perform(step)
            }
        }
        for device in reading.keys.sorted() { judgeCyclicReads(of: Agent(rawValue: device)) }
        return findings + unordered
    }

    // MARK: When devices may act

    /// Puts each device operation at the earliest step at which it may act.
    ///
    /// - Returns: the indices of operations without any doorbell, which act in trace order.
    private mutating func scheduleDevices(_ steps: [LoweredStep]) -> Set<Int> {
        var earliest: [Agent: Int] = [:]
        var free: Set<Int> = []
        for (index, step) in steps.enumerated() {
            switch step.operation {
            case .ring(let device): earliest[device] = index
            case .wait(let device):
                if earliest[device] != nil { earliest[device] = index + 1 }
            case .device:
                if let start = earliest[step.agent] {
                    starting[start, default: []].append((index, step))
                } else {
                    free.insert(index)
                }
            default: break
            }
        }
        return free
    }

    private mutating func begin(_ step: LoweredStep, _ index: Int) {
        guard case .device(let operation) = step.operation else { return }
        switch operation.kind {
        case .read, .descriptorFetch:
            deviceReads(operation, step, .sent)
            if operation.cycles > 1 { reading[step.agent.rawValue, default: []].append(step) }
        case .write:
            if let read = operation.readSide { deviceReads(read, step, .sent) }
            deviceWrites(operation, step, inFlight: true, index)
        case .interrupt: break
        }
    }

    /// A device that runs reads what it was told of by a store.
    private mutating func goOn(_ step: LoweredStep) {
        guard case .device(let operation) = step.operation else { return }
        let read = operation.kind == .write ? operation.readSide : operation
        if let read { deviceReads(read, step, .told) }
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
    func granules(_ address: UInt64, _ size: UInt64) -> [(UInt64, UInt64)] {
        watch.granules(address, size)
    }

    /// Puts a granule's new state back, and notes what later barriers and completions must look at.
    mutating func set(_ granule: UInt64, _ state: LineState, before: LineState) {
        lines[granule] = state
        if state.waitsForBarrier, !before.waitsForBarrier { waitingForBarrier.append(granule) }
        if state.waitsForSync, !before.waitsForSync { waitingForSync.append(granule) }
        if state.inFlight != 0, before.inFlight == 0 {
            flying[state.writer, default: []].append(granule)
        }
    }

    /// The mask widened to whole lines of the machine.
    func lineMask(_ granule: UInt64, _ mask: UInt64) -> UInt64 {
        guard profile.lineSize < WatchList.granule else { return mask == 0 ? 0 : .max }
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
        record: UInt32, writeRecord: UInt32, detail: String, chain: [ChainLink]
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
        findings.append(
            Finding(
                code, .latent, record: Int(record), agent: agent, address: address, bytes: bytes,
                writer: writer, writeRecord: Int(writeRecord), detail: detail, chain: chain))
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
