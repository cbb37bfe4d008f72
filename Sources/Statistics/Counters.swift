import Events
import Quantities

/// A snapshot of what was counted: for each agent each ``Counter``, and each core's time by cause.
///
/// Snapshots add and subtract; an interval is the difference of two.
public struct Counters: Hashable, Sendable {
    /// Values of an agent: counters from 0, causes from `causes` on.
    ///
    /// Powers of two, for the hot path; that all cases fit is checked when a probe is made.
    @usableFromInline
    static var stride: Int { 64 }
    /// See `stride`.
    @usableFromInline
    static var causes: Int { 48 }
    private static let agents = Agent.maximumCores + Agent.maximumDevices

    private var values: [UInt64]

    /// Makes zero counts.
    public init() { values = Array(repeating: 0, count: Self.agents * Self.stride) }

    private init(values: [UInt64]) { self.values = values }

    /// Takes the counts of a probe, whose rows stand by agents' raw values.
    fileprivate init(rows: borrowing OwnedBuffer<UInt64>) {
        self.init()
        let cores = (0..<Agent.maximumCores).map(Agent.core)
        for agent in cores + (0..<Agent.maximumDevices).map(Agent.device) {
            let from = Int(agent.rawValue) * Self.stride
            let to = Self.base(agent)
            for offset in 0..<Self.stride { values[to + offset] = rows[from + offset] }
        }
    }

    /// The place of an agent's counts.
    private static func base(_ agent: Agent) -> Int {
        (agent.isCore ? agent.index : Agent.maximumCores + agent.index) * stride
    }

    /// One agent's count.
    public subscript(counter: Counter, agent: Agent) -> UInt64 {
        values[Self.base(agent) + counter.rawValue]
    }

    /// All agents' count.
    public subscript(counter: Counter) -> UInt64 {
        (0..<Self.agents).reduce(0) { $0 + values[$1 * Self.stride + counter.rawValue] }
    }

    /// How long an agent spent on a cause.
    public subscript(cause: Cause, agent: Agent) -> Ticks {
        Ticks(rawValue: values[Self.base(agent) + Self.causes + Int(cause.rawValue)])
    }

    /// How long an agent was at work, all causes together.
    public func time(of agent: Agent) -> Ticks {
        Cause.allCases.reduce(.zero) { $0 + self[$1, agent] }
    }

    /// Adds count by count.
    public static func + (left: Counters, right: Counters) -> Counters {
        Counters(values: zip(left.values, right.values).map { $0 &+ $1 })
    }

    /// Subtracts count by count.
    ///
    /// - Precondition: `right` was taken before `left` in the same run.
    public static func - (left: Counters, right: Counters) -> Counters {
        Counters(values: zip(left.values, right.values).map { $0 &- $1 })
    }
}

/// Counts events as they come.
@frozen
public struct CountersProbe: Probe, ~Copyable {
    /// A row for each raw value of an agent; rows of agents that do nothing are never touched.
    @usableFromInline
    let values: OwnedBuffer<UInt64>

    /// Makes zero counts.
    public init() {
        precondition(
            Counter.allCases.count <= Counters.causes
                && Cause.allCases.count <= Counters.stride - Counters.causes,
            "counters outgrew their slots")
        values = OwnedBuffer(repeating: 0, count: (Int(UInt8.max) + 1) * Counters.stride)
    }

    /// The counts so far.
    public var snapshot: Counters { Counters(rows: values) }

    @inlinable
    @inline(__always)
    func add(_ counter: Counter, _ agent: Agent, _ amount: UInt64 = 1) {
        (values.base + (Int(agent.rawValue) &* Counters.stride &+ counter.rawValue)).pointee &+=
            amount
    }

    /// Counts an event.
    @inlinable
    @inline(__always)
    public mutating func record(_ event: Event) {
        switch event.kind {
        case .time:
            let place =
                Int(event.agent.rawValue) &* Counters.stride &+ Counters.causes &+ Int(event.other)
            (values.base + place).pointee &+= event.address
        case .load where event.other == 0: add(.level1DataReads, event.agent)
        case .store where event.other == 0:
            add(.level1DataWrites, event.agent)
        case .fetch where event.other == 0: add(.level1InstructionReads, event.agent)
        default: countRest(event)
        }
    }

    /// It only counts: hits may come in bulk.
    @inlinable
    public static var foldsHits: Bool { true }

    /// Counts hits.
    @inlinable
    public mutating func recordHits(
        of agent: Agent, loads: UInt64, stores: UInt64, fetches: UInt64
    ) {
        add(.level1DataReads, agent, loads)
        add(.level1DataWrites, agent, stores)
        add(.level1InstructionReads, agent, fetches)
    }

    @usableFromInline
    @inline(never)
    func countRest(_ event: Event) {
        switch event.kind {
        case .load: countLoad(event)
        case .store: countStore(event)
        case .fetch:
            add(.level1InstructionReads, event.agent)
            if event.other == 1 { add(.level1InstructionReadMisses, event.agent) }
        case .linefill, .levelRead, .levelWrite, .writeback: countLines(event)
        case .deviceStart, .deviceDone, .deviceRead, .deviceWrite: countDevice(event)
        default: countOrders(event)
        }
    }

    private func countLoad(_ event: Event) {
        guard event.place.isLevel1Data else {
            add(.uncachedLoads, event.agent)
            return
        }
        add(.level1DataReads, event.agent)
        if event.other != 0 { add(.level1DataReadMisses, event.agent) }
    }

    private func countStore(_ event: Event) {
        if event.other == 1 {
            add(.level1DataWrites, event.agent)
            add(.level1DataWriteMisses, event.agent)
        }
        guard !event.place.isLevel1Data else { return }
        add(event.place.isBuffer ? .bufferedStores : .uncachedStores, event.agent)
    }

    private func countLines(_ event: Event) {
        let isLevel1 = event.place.isLevel1Data
        switch event.kind {
        case .linefill:
            if isLevel1 { add(.level1DataLinefills, event.agent) }
            if event.place.isLevel2 { add(.level2Linefills, event.agent) }
            if event.place == .level3 { add(.level3Linefills, event.agent) }
        case .levelRead:
            let isLast = event.place == .level3
            add(isLast ? .level3Reads : .level2Reads, event.agent)
            if event.other != 0 {
                add(isLast ? .level3ReadMisses : .level2ReadMisses, event.agent)
            }
        case .levelWrite:
            let isLast = event.place == .level3
            add(isLast ? .level3Writes : .level2Writes, event.agent)
            if event.other != 0 {
                add(isLast ? .level3WriteMisses : .level2WriteMisses, event.agent)
            }
        default:
            let counter: Counter =
                isLevel1
                ? .level1DataWritebacks
                : event.place == .level3 ? .level3Writebacks : .level2Writebacks
            add(counter, event.agent)
        }
    }

    private func countDevice(_ event: Event) {
        switch event.kind {
        // Starts are taken away and ends added: the sum is the time between.
        case .deviceStart: add(.deviceTicks, event.agent, 0 &- event.tick.rawValue)
        case .deviceDone: add(.deviceTicks, event.agent, event.tick.rawValue)
        case .deviceRead:
            add(.deviceReads, event.agent)
            add(.deviceBytesRead, event.agent, UInt64(event.size))
        default:
            add(.deviceWrites, event.agent)
            add(.deviceBytesWritten, event.agent, UInt64(event.size))
        }
    }

    private func countOrders(_ event: Event) {
        switch event.kind {
        case .drain: add(.drains, event.agent)
        case .maintenance:
            add(event.place.isLevel1Data ? .level1Maintenance : .level2Maintenance, event.agent)
        case .invalidate where event.detail == MoveReason.snoop.rawValue:
            add(.snoopInvalidations, event.agent)
        case .barrier: add(.barriers, event.agent)
        case .exclusiveFailed: add(.exclusiveFailures, event.agent)
        case .prefetch: add(.prefetches, event.agent)
        case .doorbell: add(.doorbells, event.agent)
        case .memoryTraffic where event.detail == 0:
            add(
                event.other == 0 ? .memoryBytesRead : .memoryBytesWritten, event.agent,
                UInt64(event.size))
        default: break
        }
    }
}
