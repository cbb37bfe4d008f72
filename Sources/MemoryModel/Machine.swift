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
// Left out: instruction semantics, branch prediction, translation but for what it costs (`Core/Machine+TLB.swift`).
// `docs/model.md` says all of it in rules.

/// A machine that performs operations and tells a probe what happened.
public struct Machine<P: Probe & ~Copyable>: ~Copyable {
    /// What the machine is.
    public let configuration: MachineConfiguration
    /// Who listens.
    public var probe: P

    var cores: OwnedBuffer<CoreState>
    /// The cores that others ask for lines, by their bits.
    var snooped: UInt32 = 0
    /// Whether any core has ever used a load-exclusive.
    var usesMonitors = false
    var level1Data: CacheBank
    var level1Instruction: CacheBank
    var level2: CacheBank
    var level3: CacheBank
    let hasLevel1Data: Bool
    let hasLevel1Instruction: Bool
    let hasLevel2: Bool
    let hasLevel3: Bool
    let hasOuter: Bool
    let inclusion: Inclusion
    let hasPrivateLevel2: Bool
    /// Whether the third level stands in front of memory for every agent.
    let isLevel3MemorySide: Bool

    var map = MemoryMap()
    /// The mapping that the last access used: most accesses use it again.
    var mapStart: UInt64 = 0
    var mapSize: UInt64 = 0
    var mapDelta: UInt64 = 0
    var mapType = MemoryType.writeBack
    /// Whether other cores take part in accesses to it.
    var mapIsShared = true
    /// The core whose last page the mapping above is, where translation costs something; all ones: none.
    var mapOwner = Int.max
    /// Under which alias L1 keeps its lines, 0 to 7.
    var mapSynonym: UInt64 = 0

    /// The only core that may take the fast path, as it is the one that issued last; all ones: none.
    var fastKey = UInt32.max
    /// Until when it may: before anything is due, or a load must be waited for.
    var fastUntil: UInt64 = 0
    /// How far from `mapStart` on an access within one line of write-back memory may start.
    var fastEnd: UInt64 = 0
    /// The longest line: what `fastEnd` stays below the mapping's end.
    let fastMargin: UInt64
    /// That core's state, and how its loads, stores and fetches hit L1.
    var fastState: UnsafeMutablePointer<CoreState>
    /// See `fastState`.
    var fastRules: UnsafePointer<HitRule>
    /// Those of all cores, three for each.
    let hitRules: OwnedBuffer<HitRule>
    /// The caches that the rules look into.
    private let windows: OwnedBuffer<CacheWindow>
    /// Which records the accesses at work have.
    var numbering = AccessNumbering()
    /// The lines that passed unseen, though the probe hears some hits of theirs.
    var heardHeads = HeardHeads()
    /// When the statement before this one started.
    var lastIssue: UInt64 = 0
    /// When a buffer or a device next does something by itself.
    var dueAt = UInt64.max
    /// The record of the statement at work.
    var record: UInt32 = 0

    /// The length of a core cycle, in ticks.
    let period: UInt64
    let costs: TickCosts
    let rules: Rules
    /// What has not left each core's store buffer, the oldest first.
    let storeBuffers: CoreLists<StoreBufferEntry>
    /// Loads in flight, and when linefills that stores wait for will be there.
    let pendingMisses: CoreLists<PendingMiss>
    /// See `pendingMisses`.
    let pendingStores: CoreLists<UInt64>
    var maintenanceDone: [UInt64]
    var nextEntry: UInt32 = 1
    var outerSlots: StoreBuffer
    /// Whether a `CACHE SYNC` has ended merging there (PL310 erratum 753970).
    var outerMergingEnded = false
    /// When each core's lines on their way in are there, and its dirty lines on their way out gone.
    let linefills: CoreLists<UInt64>
    /// See `linefills`.
    let evictions: CoreLists<UInt64>
    /// When each second level's lines on their way in are there.
    let level2Linefills: CoreLists<UInt64>
    /// The outer cache's hits on their way to the cores, in one list.
    let lineReads: CoreLists<UInt64>
    /// What the outer cache has cleaned by way and will invalidate (PL310 erratum 727915); nil: nothing.
    var backgroundFlush: BackgroundFlush?
    /// What each core's translations reach; empty: translation costs nothing.
    var tlbs: [TLBState]
    /// What each core's prefetcher of L1D, and after those that of each second level, has seen.
    let streams: PrefetchState
    /// The distances between virtual and physical addresses that a VIVT cache has seen, by alias.
    var knownAliases: [UInt64] = [0]
    /// Accesses of a run, to be performed as a block.
    let scratch: OwnedBuffer<MemoryAccess>
    /// When the path from the cores to the second level is free for the next line out, and in.
    var pathOut: UInt64 = 0
    var pathIn: UInt64 = 0
    var memory: MemoryState
    var devices: [DeviceState] = []
    var ports: [PortState] = []
    /// How engines read descriptors, by the name of the layout.
    var layouts: [SymbolID: DescriptorLayout] = [:]
    /// The bytes that have values; nil: no engine reads descriptors by itself.
    var descriptorBytes: DescriptorBytes?
    /// What engines have done of themselves so far.
    public internal(set) var chainLog = ChainLog()
    #if DEBUG
        /// What must balance.
        var ledger = Ledger()
    #endif
    /// The line that `env late` loaded ahead of its turn, with its bytes; nil: none.
    var earlyLoads: [EarlyLoad] = []
    /// When the pieces of the access under way that are performed have their values; 0: none has one.
    var valueOfAccess: UInt64 = 0
    /// The burst that the access under way has begun in non-cacheable memory; nil: none.
    var uncachedBurst: UncachedBurst?

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
        let line = configuration.dataLineSize
        let nothing = CacheConfiguration(size: UInt64(line), ways: 1, lineSize: line)
        cores = OwnedBuffer(repeating: CoreState(), count: count)
        let data = CacheBank(configuration.level1Data ?? nothing, copies: count, seed: seed)
        let instruction = CacheBank(
            configuration.level1Instruction ?? nothing, copies: count, seed: seed &+ 1)
        let costs = TickCosts(configuration)
        windows = HitRule.windows(data, instruction)
        hitRules = HitRule.table(windows, costs)
        level1Data = data
        level1Instruction = instruction
        let isPrivate = configuration.level2?.isPrivate ?? false
        level2 = CacheBank(
            configuration.level2?.cache ?? nothing, copies: isPrivate ? count : 1,
            seed: seed &+ 2, keepsHeads: false)
        level3 = CacheBank(
            configuration.level3?.cache ?? nothing, copies: 1, seed: seed &+ 3, keepsHeads: false)
        hasPrivateLevel2 = isPrivate
        hasLevel3 = configuration.level3 != nil
        isLevel3MemorySide = configuration.level3?.isMemorySide ?? false
        inclusion = configuration.level2?.inclusion ?? .none
        fastState = cores.base
        fastRules = UnsafePointer(hitRules.base)
        hasLevel1Data = configuration.level1Data != nil
        hasLevel1Instruction = configuration.level1Instruction != nil
        hasLevel2 = configuration.level2 != nil
        hasOuter = configuration.hasOuterCache
        period = configuration.core.clock.period.rawValue
        self.costs = costs
        rules = Rules(configuration)
        fastMargin = UInt64(
            max(
                configuration.level1Data?.lineSize ?? 0,
                configuration.level1Instruction?.lineSize ?? 0))
        storeBuffers = CoreLists(cores: count)
        pendingMisses = CoreLists(cores: count)
        pendingStores = CoreLists(cores: count)
        maintenanceDone = (0..<count).map { _ in 0 }
        outerSlots = StoreBuffer(capacity: configuration.level2?.outer?.storeBufferEntries ?? 1)
        memory = MemoryState(configuration.memory)
        linefills = CoreLists(cores: count)
        evictions = CoreLists(cores: count)
        level2Linefills = CoreLists(cores: isPrivate ? count : 1)
        lineReads = CoreLists(cores: 1)
        tlbs = configuration.core.tlb.map { tlb in (0..<count).map { _ in TLBState(tlb) } } ?? []
        streams = PrefetchState(caches: count + (isPrivate ? count : 1))
        scratch = OwnedBuffer(repeating: MemoryAccess(.load, at: 0, size: 1), count: 256)
        for core in 0..<count where !configuration.coherence.isEnabled {
            (cores.base + core).pointee.isCoherent = false
            #if DEBUG
                ledger.allowsSeveralWriters = true
            #endif
        }
        for mapping in configuration.memory.tightlyCoupled { declare(mapping) }
    }

    /// The second level that a core's misses go to.
    @inline(__always)
    func level2Place(_ core: Int) -> Place {
        hasOuter ? .outer : hasPrivateLevel2 ? .level2(core) : .level2
    }

    /// The number of that level's arrays.
    @inline(__always)
    func level2Copy(_ core: Int) -> Int { hasPrivateLevel2 ? core : 0 }

    /// A core's own time.
    public func time(ofCore core: Int) -> Ticks { Ticks(rawValue: cores[core].now) }

    /// The latest time of any core or finished transfer.
    public var elapsed: Ticks {
        var latest = devices.map(\.doneAt).max() ?? 0
        for core in 0..<cores.count { latest = max(latest, cores[core].now) }
        return Ticks(rawValue: latest)
    }

    /// Dirty lines that the caches hold.
    public var dirtyLines: DirtyLines {
        let copies = hasLevel2 ? hasPrivateLevel2 ? cores.count : 1 : 0
        return DirtyLines(
            level1DataByCore: (0..<(hasLevel1Data ? cores.count : 0)).map {
                level1Data.dirtyLines($0)
            },
            level2ByCopy: (0..<copies).map { level2.dirtyLines($0) },
            level3: hasLevel3 ? level3.dirtyLines(0) : 0)
    }
}

/// How many lines of each cache are dirty.
public struct DirtyLines: Sendable, Hashable {
    /// Of each core's L1D; empty without one.
    public var level1DataByCore: [Int]
    /// Of each core's own second level, or of the one that all share; empty without one.
    public var level2ByCopy: [Int]
    /// Of the third level.
    public var level3: Int

    /// Of all L1D.
    public var level1Data: Int { level1DataByCore.reduce(0, +) }
    /// Of the whole second level.
    public var level2: Int { level2ByCopy.reduce(0, +) }
}

/// A load that `env late` made perform ahead of its turn.
struct EarlyLoad {
    var core: Int
    var address: UInt64
    var size: UInt64
}

/// The machine's parameters in ticks, worked out once.
struct TickCosts {
    /// A core cycle: what an L1 hit takes of the core's time.
    let cycle: UInt64
    let hitExtra: UInt64
    let fetch: UInt64
    let level2Hit: UInt64
    let level3Hit: UInt64
    let level3Miss: UInt64
    let snoop: UInt64
    let transfer: UInt64
    /// What a load waits for beyond the critical word, where that does not come first.
    let restOfLine: UInt64
    let level2Miss: UInt64
    let writeResponse: UInt64
    let registerRead: UInt64
    let window: UInt64
    let lineIn: UInt64
    let lineOut: UInt64
    let lineOutBytes: UInt64
    /// Bytes that writes may be ahead of memory: what buffers on the way hold, and those of the second level's
    /// evictions.
    let writesAhead: UInt64
    /// See `writesAhead`.
    let evictionsAhead: UInt64
    let dmb: UInt64
    let dsb: UInt64
    let isb: UInt64
    let maintenance: UInt64
    let maintenanceResponse: UInt64
    let dirty: UInt64
    let setWay: UInt64
    let outerOperation: UInt64
    let outerSync: UInt64
    let drainAge: UInt64?
    let outerDrainAge: UInt64?
    let interrupt: UInt64
    let microMiss: UInt64
    let walk: UInt64

    init(_ configuration: MachineConfiguration) {
        let cycle = configuration.core.clock.period.rawValue
        self.cycle = cycle
        func ticks(_ cycles: Int) -> UInt64 { UInt64(cycles) * cycle }
        let l2 = configuration.level2
        fetch = (UInt64(configuration.core.milliCyclesPerFetch) * cycle + 500) / 1_000
        hitExtra = ticks((configuration.level1Data?.hitCycles ?? 1) - 1)
        level2Hit = ticks(
            (l2?.cache.hitCycles ?? 0) + (l2?.outer?.tagLatencyCycles ?? 0)
                + (l2?.outer?.dataLatencyCycles ?? 0))
        level3Hit = ticks(configuration.level3?.cache.hitCycles ?? 0)
        level3Miss = ticks(configuration.level3?.missCycles ?? 0)
        snoop = ticks(configuration.coherence.snoopCycles)
        transfer = configuration.coherence.transferCycles.map(ticks) ?? level2Hit
        restOfLine =
            configuration.level1Data?.criticalWordFirst == false
            ? ticks(l2?.readCyclesPerLine ?? 0) : 0
        level2Miss = ticks(l2?.missCycles ?? configuration.level1Data?.hitCycles ?? 1)
        writeResponse = configuration.memory.writeResponse.rawValue
        registerRead = configuration.memory.registerRead.rawValue
        window = ticks(configuration.core.windowCycles)
        lineIn = ticks(l2?.readCyclesPerLine ?? 0)
        lineOut = UInt64(l2?.writeDeciCyclesPerLine ?? 0) * cycle / 10
        lineOutBytes = UInt64(configuration.dataLineSize)
        writesAhead = 4 * lineOutBytes
        evictionsAhead =
            l2?.cache.evictionBuffers.map { UInt64($0 * (l2?.cache.lineSize ?? 0)) } ?? writesAhead
        dmb = ticks(configuration.costs.dmbCycles)
        dsb = ticks(configuration.costs.dsbCycles)
        isb = ticks(configuration.costs.isbCycles)
        maintenance = ticks(configuration.costs.maintenanceCycles)
        maintenanceResponse = configuration.costs.maintenanceResponse.rawValue
        dirty = ticks(configuration.costs.dirtyCycles)
        setWay = ticks(configuration.costs.setWayCycles)
        outerOperation = ticks(l2?.outer?.operationCycles ?? 0)
        outerSync = ticks(l2?.outer?.syncCycles ?? 0)
        drainAge = configuration.storeBuffer?.drainCycles.map(ticks)
        outerDrainAge = l2?.outer?.storeBufferDrainCycles.map(ticks)
        interrupt = ticks(configuration.software.interruptCycles)
        // Without a micro TLB nothing is asked before the main one.
        microMiss = ticks(
            configuration.core.tlb.flatMap { $0.microEntries == nil ? nil : $0.microMissCycles }
                ?? 0)
        walk = ticks(configuration.core.tlb?.walkCycles ?? 0)
    }

    /// How long the path out is busy with `bytes`, in ticks.
    func pathOut(_ bytes: UInt64) -> UInt64 { lineOut * bytes / lineOutBytes }
}
