import Quantities

/// Everything the model is charged from: no latency, size or rate stands anywhere else.
///
/// Where the numbers come from is kept beside them by `Machines`; this type holds their values.
public struct MachineConfiguration: Sendable, Hashable {
    /// The instruction set that decides barriers, maintenance and the DMA API's lowering.
    public enum Architecture: String, CaseIterable, Sendable {
        /// ARMv5TE.
        case arm32v5
        /// ARMv6.
        case arm32v6
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
    /// How the cores keep their caches alike.
    public var coherence: CoherenceConfiguration
    /// A third level; nil: none.
    public var level3: Level3Configuration?

    /// Makes a machine.
    ///
    /// - Throws: ``ConfigurationFaults`` with everything that is wrong.
    public init(
        name: String, architecture: Architecture, core: CoreConfiguration,
        level1Instruction: CacheConfiguration?, level1Data: CacheConfiguration?,
        storeBuffer: StoreBufferConfiguration?, level2: Level2Configuration?,
        level3: Level3Configuration? = nil, memory: MemoryConfiguration,
        costs: CostConfiguration, ports: [PortConfiguration], software: SoftwareConfiguration,
        coherence: CoherenceConfiguration = CoherenceConfiguration()
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
        self.coherence = coherence
        self.level3 = level3
        let faults = allFaults()
        if !faults.isEmpty { throw ConfigurationFaults(faults) }
    }

    /// The most lines that all caches of all cores may have: 256 MiB of 64-byte lines.
    public static let lineLimit: UInt64 = 1 << 22

    /// The smallest data line of the machine, which is what the kernel's loops step by, in bytes.
    public var dataLineSize: Int {
        level1Data?.lineSize ?? level2?.cache.lineSize ?? level3?.cache.lineSize ?? 32
    }

    /// Whether there is an outer cache that maintenance by the core does not reach.
    public var hasOuterCache: Bool { level2?.outer != nil }
}
