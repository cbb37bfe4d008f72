import Events
import Operations
import Quantities

// What is modelled: cores with L1I and L1D, store buffers, a unified second level (integrated, or outer behind
// its own controller), memory, and devices on ports, in one order of time.
//
// What counts: one event for each line that an access touches, one for each line that moves, one for each span
// of a core's time. A core's time is the sum of its causes.
//
// Order: statements are issued in the order of the trace. Each core has its own clock; a statement starts no
// earlier than the statement before it in the trace started, whoever issued that one. Devices and buffers act
// between statements, in the order of (tick, kind, number); see `Machine+Time.swift`.
//
// Left out: instruction semantics, branch prediction, translation, prefetchers, banks of DRAM.

/// A machine that performs operations and tells a probe what happened.
public struct Machine<P: Probe & ~Copyable>: ~Copyable {
    /// What the machine is.
    public let configuration: MachineConfiguration
    /// Who listens.
    public var probe: P

    var cores: OwnedBuffer<CoreState>
    var level1Data: CacheBank
    var level1Instruction: CacheBank
    var level2: CacheBank
    let hasLevel1Data: Bool
    let hasLevel1Instruction: Bool
    let hasLevel2: Bool
    let hasOuter: Bool

    var map = MemoryMap()
    /// The mapping that the last access used: most accesses use it again.
    var mapStart: UInt64 = 0
    var mapSize: UInt64 = 0
    var mapDelta: UInt64 = 0
    var mapType = MemoryType.writeBack

    /// The only core that may take the fast path, as it is the one that issued last; all ones: none.
    var fastKey = UInt32.max
    /// Until when it may: before anything is due, or a load must be waited for.
    var fastUntil: UInt64 = 0
    /// The fast core's time when its fast path was opened.
    var fastSince: UInt64 = 0
    /// How far from `mapStart` on an access within one line of write-back memory may start.
    var fastEnd: UInt64 = 0
    /// The longest line: what `fastEnd` stays below the mapping's end.
    let fastMargin: UInt64
    /// That core's state and its L1 arrays.
    var fastState: UnsafeMutablePointer<CoreState>
    /// See `fastState`.
    var fastData: CacheWindow
    /// See `fastState`.
    var fastInstructions: CacheWindow
    /// The line of that core's last fetch: the next fetch is mostly from it.
    var fastFetchLine = UInt64.max
    /// When the statement before this one started.
    var lastIssue: UInt64 = 0
    /// When a buffer or a device next does something by itself.
    var dueAt = UInt64.max
    /// The record of the statement at work.
    var record: UInt32 = 0

    /// The length of a core cycle, in ticks.
    let period: UInt64
    let costs: TickCosts
    var storeBuffers: [StoreBuffer]
    var pendingMisses: [[PendingMiss]]
    var pendingStores: [[UInt64]]
    var maintenanceDone: [UInt64]
    var nextEntry: UInt32 = 1
    var outerSlots: StoreBuffer
    /// When the path from the cores to the second level is free for the next line out, and in.
    var pathOut: UInt64 = 0
    var pathIn: UInt64 = 0
    var memory: MemoryState
    var devices: [DeviceState] = []
    /// The line that `env late` loaded ahead of its turn, with its bytes; nil: none.
    var earlyLoads: [EarlyLoad] = []

    /// Builds a machine at tick 0 with empty caches.
    ///
    /// - Parameters:
    ///   - configuration: What to build.
    ///   - probe: Who listens.
    ///   - seed: For pseudo-random replacement.
    public init(_ configuration: MachineConfiguration, probe: consuming P, seed: UInt64 = 1) {
        self.configuration = configuration
        self.probe = probe
        let count = configuration.core.count
        // A level that is missing gets the smallest bank, which nothing asks.
        let nothing = CacheConfiguration(size: 64, ways: 1, lineSize: 64)
        cores = OwnedBuffer(repeating: CoreState(), count: count)
        level1Data = CacheBank(configuration.level1Data ?? nothing, copies: count, seed: seed)
        level1Instruction = CacheBank(
            configuration.level1Instruction ?? nothing, copies: count, seed: seed &+ 1)
        level2 = CacheBank(configuration.level2?.cache ?? nothing, copies: 1, seed: seed &+ 2)
        fastState = cores.base
        fastData = level1Data.window(0)
        fastInstructions = level1Instruction.window(0)
        hasLevel1Data = configuration.level1Data != nil
        hasLevel1Instruction = configuration.level1Instruction != nil
        hasLevel2 = configuration.level2 != nil
        hasOuter = configuration.hasOuterCache
        period = configuration.core.clock.period.rawValue
        costs = TickCosts(configuration)
        fastMargin = UInt64(
            max(
                configuration.level1Data?.lineSize ?? 0,
                configuration.level1Instruction?.lineSize ?? 0))
        let entries = configuration.storeBuffer?.entries ?? 1
        storeBuffers = (0..<count).map { _ in StoreBuffer(capacity: entries) }
        pendingMisses = (0..<count).map { _ in [] }
        pendingStores = (0..<count).map { _ in [] }
        maintenanceDone = (0..<count).map { _ in 0 }
        outerSlots = StoreBuffer(capacity: configuration.level2?.outer?.storeBufferEntries ?? 1)
        memory = MemoryState(configuration.memory)
    }

    /// Where integrated caches end and memory, or the outer cache, begins.
    var level2Place: Place { hasOuter ? .outer : .level2 }

    /// A core's own time.
    public func time(ofCore core: Int) -> Ticks { Ticks(rawValue: cores[core].now) }

    /// The latest time of any core or finished transfer.
    public var elapsed: Ticks {
        var latest = devices.map(\.doneAt).max() ?? 0
        for core in 0..<cores.count { latest = max(latest, cores[core].now) }
        return Ticks(rawValue: latest)
    }

    /// Dirty lines that a cache holds: (all cores' L1D, second level).
    public var dirtyLines: (level1Data: Int, level2: Int) {
        let inner =
            hasLevel1Data ? (0..<cores.count).reduce(0) { $0 + level1Data.dirtyLines($1) } : 0
        return (inner, hasLevel2 ? level2.dirtyLines(0) : 0)
    }

    /// Gives up the machine and returns its probe.
    public consuming func takeProbe() -> P { probe }
}

/// A load that `env late` made perform ahead of its turn.
struct EarlyLoad {
    var core: Int
    var address: UInt64
    var size: UInt64
}

/// The machine's parameters in ticks, worked out once.
struct TickCosts {
    let hitExtra: UInt64
    let fetch: UInt64
    let level2Hit: UInt64
    let level2Miss: UInt64
    let memoryLatency: UInt64
    let writeResponse: UInt64
    let registerRead: UInt64
    let window: UInt64
    let lineIn: UInt64
    let lineOut: UInt64
    let lineOutBytes: UInt64
    let dmb: UInt64
    let dsb: UInt64
    let isb: UInt64
    let maintenance: UInt64
    let dirty: UInt64
    let setWay: UInt64
    let outerOperation: UInt64
    let outerSync: UInt64
    let drainAge: UInt64?
    let outerDrainAge: UInt64?
    let interrupt: UInt64

    init(_ configuration: MachineConfiguration) {
        let cycle = configuration.core.clock.period.rawValue
        func ticks(_ cycles: Int) -> UInt64 { UInt64(cycles) * cycle }
        let l2 = configuration.level2
        fetch = (UInt64(configuration.core.milliCyclesPerFetch) * cycle + 500) / 1_000
        hitExtra = ticks((configuration.level1Data?.hitCycles ?? 1) - 1)
        level2Hit = ticks(l2?.cache.hitCycles ?? 0)
        level2Miss = ticks(l2?.missCycles ?? configuration.level1Data?.hitCycles ?? 1)
        memoryLatency = configuration.memory.latency.rawValue
        writeResponse = configuration.memory.writeResponse.rawValue
        registerRead = configuration.memory.registerRead.rawValue
        window = ticks(configuration.core.windowCycles)
        lineIn = ticks(l2?.readCyclesPerLine ?? 0)
        lineOut = UInt64(l2?.writeDeciCyclesPerLine ?? 0) * cycle / 10
        lineOutBytes = UInt64(configuration.dataLineSize)
        dmb = ticks(configuration.costs.dmbCycles)
        dsb = ticks(configuration.costs.dsbCycles)
        isb = ticks(configuration.costs.isbCycles)
        maintenance = ticks(configuration.costs.maintenanceCycles)
        dirty = ticks(configuration.costs.dirtyCycles)
        setWay = ticks(configuration.costs.setWayCycles)
        outerOperation = ticks(l2?.outer?.operationCycles ?? 0)
        outerSync = ticks(l2?.outer?.syncCycles ?? 0)
        drainAge = configuration.storeBuffer?.drainCycles.map(ticks)
        outerDrainAge = l2?.outer?.storeBufferDrainCycles.map(ticks)
        interrupt = ticks(configuration.software.interruptCycles)
    }

    /// How long the path out is busy with `bytes`, in ticks.
    func pathOut(_ bytes: UInt64) -> UInt64 { lineOut * bytes / lineOutBytes }
}
