import Quantities

/// Everything the model is charged from: no latency, size or rate stands anywhere else.
///
/// Where the numbers come from is kept beside them by `Machines`; this type holds their values.
public struct MachineConfiguration: Sendable, Hashable {
    /// The instruction set that decides barriers, maintenance and the DMA API's lowering.
    public enum Architecture: String, CaseIterable, Sendable {
        /// ARMv7-A.
        case arm32v7
        /// ARMv8-A in AArch64.
        case arm64
        /// ARMv7-M with caches (Cortex-M7).
        case armv7m
    }

    /// The machine's identifier.
    public var name: String
    /// The instruction set.
    public var architecture: Architecture
    /// The cores.
    public var core: CoreConfiguration
    /// The instruction cache of each core; nil: fetches cost work only.
    public var level1Instruction: CacheConfiguration?
    /// The data cache of each core; nil: every access goes on to the next level.
    public var level1Data: CacheConfiguration?
    /// The store buffer of each core; nil: stores wait for their level.
    public var storeBuffer: StoreBufferConfiguration?
    /// The unified second level; nil: none.
    public var level2: Level2Configuration?
    /// Memory.
    public var memory: MemoryConfiguration
    /// What barriers and maintenance cost.
    public var costs: CostConfiguration
    /// The ports that devices sit on, the default one first.
    public var ports: [PortConfiguration]
    /// What the kernel's own instructions cost.
    public var software: SoftwareConfiguration

    /// Makes a machine.
    ///
    /// - Throws: ``ConfigurationFaults`` with everything that is wrong.
    public init(
        name: String, architecture: Architecture, core: CoreConfiguration,
        level1Instruction: CacheConfiguration?, level1Data: CacheConfiguration?,
        storeBuffer: StoreBufferConfiguration?, level2: Level2Configuration?,
        memory: MemoryConfiguration, costs: CostConfiguration, ports: [PortConfiguration],
        software: SoftwareConfiguration
    ) throws(ConfigurationFaults) {
        self.name = name
        self.architecture = architecture
        self.core = core
        self.level1Instruction = level1Instruction
        self.level1Data = level1Data
        self.storeBuffer = storeBuffer
        self.level2 = level2
        self.memory = memory
        self.costs = costs
        self.ports = ports
        self.software = software
        let faults = allFaults()
        if !faults.isEmpty { throw ConfigurationFaults(faults) }
    }

    /// The most lines that all caches of all cores may have: 256 MiB of 64-byte lines.
    public static let lineLimit: UInt64 = 1 << 22

    private func allFaults() -> [ConfigurationFault] {
        var faults = level1Instruction?.faults(path: "l1i") ?? []
        faults += level1Data?.faults(path: "l1d") ?? []
        faults += level2?.cache.faults(path: "l2") ?? []
        if let inner = level1Data, let outer = level2?.cache, outer.lineSize < inner.lineSize {
            faults.append(
                ConfigurationFault(
                    path: "l2.line", found: "\(outer.lineSize)",
                    expected: "at least l1d.line (\(inner.lineSize) bytes)"))
        }
        if let inner = level1Instruction, let outer = level2?.cache, outer.lineSize < inner.lineSize
        {
            faults.append(
                ConfigurationFault(
                    path: "l2.line", found: "\(outer.lineSize)",
                    expected: "at least l1i.line (\(inner.lineSize) bytes)"))
        }
        let lines = [level1Instruction, level1Data].compactMap { $0 }.reduce(0) {
            $0 + $1.sets * UInt64($1.ways * max(core.count, 1))
        }
        let all = lines + (level2.map { $0.cache.sets * UInt64($0.cache.ways) } ?? 0)
        if faults.isEmpty, all > Self.lineLimit {
            faults.append(
                ConfigurationFault(
                    path: "l2.size", found: "\(all) lines in all caches of all cores",
                    expected: "at most \(Self.lineLimit)"))
        }
        if let outer = level2, outer.outer != nil, outer.cache.lineSize > 64 {
            faults.append(
                ConfigurationFault(
                    path: "l2.line", found: "\(outer.cache.lineSize)",
                    expected: "at most 64 bytes for an outer cache"))
        }
        if core.count < 1 || core.count > Agent.maximumCores {
            faults.append(
                ConfigurationFault(
                    path: "core.count", found: "\(core.count)",
                    expected: "1 to \(Agent.maximumCores)"))
        }
        if let buffer = storeBuffer, let line = level1Data?.lineSize, buffer.entryBytes > line {
            faults.append(
                ConfigurationFault(
                    path: "store_buffer.entry_bytes", found: "\(buffer.entryBytes)",
                    expected: "at most l1d.line (\(line) bytes)"))
        }
        return faults
    }

    /// The smallest data line of the machine, which is what the kernel's loops step by, in bytes.
    public var dataLineSize: Int { level1Data?.lineSize ?? level2?.cache.lineSize ?? 32 }

    /// Whether there is an outer cache that maintenance by the core does not reach.
    public var hasOuterCache: Bool { level2?.outer != nil }
}

/// The cores of a machine.
public struct CoreConfiguration: Sendable, Hashable {
    /// How many.
    public var count: Int
    /// Their clock.
    public var clock: Frequency
    /// How many loads that miss may be in flight at once; 1: each miss is waited for.
    public var outstandingMisses: Int
    /// How many Normal non-cacheable loads may be in flight at once.
    public var outstandingUncached: Int
    /// How far, in core cycles, the core goes on past a load that missed before it waits for it.
    public var windowCycles: Int
    /// Whether write-through mappings are cached; if not they behave as Normal non-cacheable.
    public var honoursWriteThrough: Bool
    /// Whether the core, or a prefetcher, may load lines that the program never asked for.
    public var speculates: Bool
    /// The share of a cycle that each instruction fetched takes, in thousandths.
    public var milliCyclesPerFetch: Int

    /// Makes cores.
    public init(
        count: Int, clock: Frequency, outstandingMisses: Int = 1, outstandingUncached: Int = 1,
        windowCycles: Int = 0, honoursWriteThrough: Bool = false, speculates: Bool = true,
        milliCyclesPerFetch: Int = 1_000
    ) {
        self.count = count
        self.clock = clock
        self.outstandingMisses = outstandingMisses
        self.outstandingUncached = outstandingUncached
        self.windowCycles = windowCycles
        self.honoursWriteThrough = honoursWriteThrough
        self.speculates = speculates
        self.milliCyclesPerFetch = milliCyclesPerFetch
    }
}

/// The buffer between a core's stores and its caches.
public struct StoreBufferConfiguration: Sendable, Hashable {
    /// How many entries.
    public var entries: Int
    /// Bytes of an entry; stores within one aligned entry merge.
    public var entryBytes: Int
    /// After how many core cycles an entry leaves by itself; nil: only when something forces it.
    public var drainCycles: Int?

    /// Makes a buffer.
    public init(entries: Int, entryBytes: Int, drainCycles: Int?) {
        self.entries = entries
        self.entryBytes = entryBytes
        self.drainCycles = drainCycles
    }
}

/// A unified second level.
public struct Level2Configuration: Sendable, Hashable {
    /// Its geometry; `hitCycles` is the load-to-use latency of a hit.
    public var cache: CacheConfiguration
    /// Core cycles from a load's issue until a miss is known and memory is asked.
    public var missCycles: Int
    /// Core cycles that the path from the cores is busy with one line on its way in.
    public var readCyclesPerLine: Int
    /// Tenths of core cycles that the path is busy with one line on its way out.
    public var writeDeciCyclesPerLine: Int
    /// Its own controller, where it is an outer cache; nil: integrated, and the cores' maintenance reaches it.
    public var outer: OuterConfiguration?

    /// Makes a second level.
    public init(
        cache: CacheConfiguration, missCycles: Int, readCyclesPerLine: Int,
        writeDeciCyclesPerLine: Int,
        outer: OuterConfiguration? = nil
    ) {
        self.cache = cache
        self.missCycles = missCycles
        self.readCyclesPerLine = readCyclesPerLine
        self.writeDeciCyclesPerLine = writeDeciCyclesPerLine
        self.outer = outer
    }
}

/// The controller of an outer cache (PL310).
public struct OuterConfiguration: Sendable, Hashable {
    /// Slots of its store buffer, each of one line.
    public var storeBufferEntries: Int
    /// After how many core cycles a slot drains by itself; nil: never (PL310 before r3p2, erratum 769419).
    public var storeBufferDrainCycles: Int?
    /// Core cycles of one operation by physical address: the register write and the tag lookup.
    public var operationCycles: Int
    /// Core cycles of `CACHE SYNC` with nothing to wait for.
    public var syncCycles: Int

    /// Makes a controller.
    public init(
        storeBufferEntries: Int, storeBufferDrainCycles: Int?, operationCycles: Int, syncCycles: Int
    ) {
        self.storeBufferEntries = storeBufferEntries
        self.storeBufferDrainCycles = storeBufferDrainCycles
        self.operationCycles = operationCycles
        self.syncCycles = syncCycles
    }
}

/// Memory behind the last cache.
public struct MemoryConfiguration: Sendable, Hashable {
    /// From the request leaving the last cache until the critical word is back.
    public var latency: Ticks
    /// What the pins can move, in bytes a second, both directions together.
    public var bytesPerSecond: UInt64
    /// From a write leaving the last cache until its response, for writes that wait for one.
    public var writeResponse: Ticks
    /// From a read of a device's register leaving the core until its value is back.
    public var registerRead: Ticks

    /// Makes a memory; `registerRead` nil means as long as memory itself.
    public init(
        latency: Ticks, bytesPerSecond: UInt64, writeResponse: Ticks, registerRead: Ticks? = nil
    ) {
        self.latency = latency
        self.bytesPerSecond = bytesPerSecond
        self.writeResponse = writeResponse
        self.registerRead = registerRead ?? latency
    }
}

/// What barriers and maintenance cost, in core cycles, beyond what they wait for.
public struct CostConfiguration: Sendable, Hashable {
    /// `DMB`.
    public var dmbCycles: Int
    /// `DSB`.
    public var dsbCycles: Int
    /// `ISB`.
    public var isbCycles: Int
    /// One line of `DC` by address.
    public var maintenanceCycles: Int
    /// What a dirty line adds to one that is clean.
    public var dirtyCycles: Int
    /// One line by set and way.
    public var setWayCycles: Int

    /// Makes costs.
    public init(
        dmbCycles: Int, dsbCycles: Int, isbCycles: Int, maintenanceCycles: Int, dirtyCycles: Int,
        setWayCycles: Int
    ) {
        self.dmbCycles = dmbCycles
        self.dsbCycles = dsbCycles
        self.isbCycles = isbCycles
        self.maintenanceCycles = maintenanceCycles
        self.dirtyCycles = dirtyCycles
        self.setWayCycles = setWayCycles
    }
}

/// A port of the interconnect that a device sits on.
public struct PortConfiguration: Sendable, Hashable {
    /// Its name, as in `device eth0 port HP0`.
    public var name: String
    /// Bytes a beat.
    public var widthBytes: Int
    /// Its clock; one beat a cycle in each direction.
    public var clock: Frequency
    /// The longest burst, in beats.
    public var burstBeats: Int
    /// Bursts in flight.
    public var outstanding: Int
    /// Whether its transactions look into the cores' caches (ACP, HPC, ACE-Lite).
    public var snoops: Bool
    /// From a read's address until its first beat when memory serves it.
    public var readLatency: Ticks
    /// From the last beat of a write until its response.
    public var writeLatency: Ticks
    /// From a doorbell until the first transaction.
    public var startLatency: Ticks

    /// Makes a port.
    public init(
        name: String, widthBytes: Int, clock: Frequency, burstBeats: Int, outstanding: Int,
        snoops: Bool,
        readLatency: Ticks, writeLatency: Ticks, startLatency: Ticks
    ) {
        self.name = name
        self.widthBytes = widthBytes
        self.clock = clock
        self.burstBeats = burstBeats
        self.outstanding = outstanding
        self.snoops = snoops
        self.readLatency = readLatency
        self.writeLatency = writeLatency
        self.startLatency = startLatency
    }
}

/// What the kernel's own instructions cost, in core cycles.
public struct SoftwareConfiguration: Sendable, Hashable {
    /// A call of the DMA API, without its maintenance and barriers.
    public var callCycles: Int
    /// Taking an interrupt until the driver's handler runs.
    public var interruptCycles: Int

    /// Makes costs.
    public init(callCycles: Int, interruptCycles: Int) {
        self.callCycles = callCycles
        self.interruptCycles = interruptCycles
    }
}
