import Operations
import Quantities

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
    /// Whether `DC IVAC` cleans a dirty line before it invalidates it, as many ARMv8 cores do.
    public var invalidateCleans = false
    /// Bytes of the aligned piece of memory that a Normal non-cacheable load reads whole; nil: its own bytes.
    public var uncachedReadBytes: UInt64?
    /// Bytes of Normal non-cacheable memory, from a load's first one on, of which its lines are one burst of the bus; nil:
    /// each line is a burst of its own.
    public var uncachedBurstBytes: UInt64?
    /// What a load or store waits for before its address is translated; nil: nothing.
    public var tlb: TLBConfiguration?

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

/// The reach of each core's translation of data addresses, and what going beyond it costs.
///
/// Fully associative, least recently used out first, every page of one size.
public struct TLBConfiguration: Sendable, Hashable {
    /// Pages of the main TLB.
    public var entries: Int
    /// Bytes of a page; a power of two.
    public var pageBytes: UInt64
    /// Core cycles of a walk, for a page that the main TLB does not hold.
    public var walkCycles: Int
    /// Pages of a micro TLB in front of it; nil: none.
    public var microEntries: Int?
    /// Core cycles of asking the main TLB, for a page that the micro TLB does not hold.
    public var microMissCycles: Int

    /// Makes a TLB without a micro TLB unless said otherwise.
    public init(
        entries: Int, pageBytes: UInt64 = CacheConfiguration.pageBytes, walkCycles: Int,
        microEntries: Int? = nil, microMissCycles: Int = 0
    ) {
        self.entries = entries
        self.pageBytes = pageBytes
        self.walkCycles = walkCycles
        self.microEntries = microEntries
        self.microMissCycles = microMissCycles
    }
}

extension TLBConfiguration {
    /// What is wrong with it, each with the key at fault under `path`.
    func faults(path: String) -> [ConfigurationFault] {
        var faults: [ConfigurationFault] = []
        func check(_ key: String, _ value: Int, _ range: ClosedRange<Int>) {
            guard !range.contains(value) else { return }
            faults.append(
                ConfigurationFault(
                    path: "\(path).\(key)", found: "\(value)",
                    expected: "\(range.lowerBound) to \(range.upperBound)"))
        }
        check("entries", entries, 1...4_096)
        check("walk_cycles", walkCycles, 0...100_000)
        check("micro_entries", microEntries ?? 1, 1...4_096)
        check("micro_miss_cycles", microMissCycles, 0...100_000)
        if pageBytes & (pageBytes &- 1) != 0 || !(1_024...1 << 30).contains(pageBytes) {
            faults.append(
                ConfigurationFault(
                    path: "\(path).page_bytes", found: "\(pageBytes)",
                    expected: "a power of two from 1024 to 1073741824 bytes"))
        }
        if let micro = microEntries, micro > entries {
            faults.append(
                ConfigurationFault(
                    path: "\(path).micro_entries", found: "\(micro)",
                    expected: "at most \(path).entries (\(entries))"))
        }
        return faults
    }
}

/// What makes a store buffer drain though nothing in it is asked for.
public enum DrainReason: String, CaseIterable, Sendable {
    /// A Normal non-cacheable load.
    case uncachedLoad = "nc_load"
    /// A load of Device memory.
    case deviceLoad = "device_load"
    /// A store to Device memory.
    case deviceStore = "device_store"
    /// Cache maintenance.
    case maintenance
}

/// The buffer between a core's stores and its caches.
public struct StoreBufferConfiguration: Sendable, Hashable {
    /// How many entries.
    public var entries: Int
    /// Bytes of an entry; stores within one aligned entry merge.
    public var entryBytes: Int
    /// After how many core cycles an entry leaves by itself; nil: only when something forces it.
    public var drainCycles: Int?
    /// Whether stores within one aligned entry merge.
    public var merges = true
    /// From how many entries on the oldest leaves without waiting for its age; nil: only when all are in use.
    public var highWater: Int?
    /// Which accesses to other addresses wait until the buffer is empty.
    public var drainedBy: Set<DrainReason> = []

    /// Makes a buffer.
    public init(entries: Int, entryBytes: Int, drainCycles: Int?) {
        self.entries = entries
        self.entryBytes = entryBytes
        self.drainCycles = drainCycles
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
    /// How long after its last line an operation by address to the Point of Coherency is answered from there.
    ///
    /// The core goes on meanwhile; a `DSB` waits for the answer. Zero: the operation is complete when it was issued.
    public var maintenanceResponse = Ticks.zero

    /// Makes costs; maintenance needs no answer.
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

/// What the kernel's own instructions cost, in core cycles.
public struct SoftwareConfiguration: Sendable, Hashable {
    /// A call of the DMA API, without its maintenance and barriers.
    public var callCycles: Int
    /// Taking an interrupt until the driver's handler runs.
    public var interruptCycles: Int
    /// Which of the kernel's routines maintain the cores' caches; nil: those of most cores of the architecture.
    public var cacheRoutines: InnerRoutines?

    /// Makes costs.
    public init(callCycles: Int, interruptCycles: Int) {
        self.callCycles = callCycles
        self.interruptCycles = interruptCycles
    }
}

/// How the cores keep their caches alike.
public struct CoherenceConfiguration: Sendable, Hashable {
    /// What states a line has.
    public enum States: String, CaseIterable, Sendable {
        /// A modified line that another core reads is written to the next level first.
        case mesi
        /// A modified line that another core reads stays modified there, and is shared (Owned).
        case moesi
    }

    /// What states a line has.
    public var `protocol`: States
    /// Whether the cores start coherent (the SMP bit); `Machine.setCoherent` changes it for one core.
    public var isEnabled: Bool
    /// Whether a cache gives a line straight to another; if not, the line goes through the next level.
    public var transfersDirectly: Bool
    /// Whether a modified line that another core reads moves there, still modified, and is gone here.
    public var migratesDirty: Bool
    /// Whether the snoop control unit holds copies of the tags: then a miss that nobody holds asks nobody.
    public var duplicatesTags: Bool
    /// What asking the other cores adds to a miss, in core cycles.
    public var snoopCycles: Int
    /// From a load's issue until another core's cache has given the line, in core cycles; nil: as the second level.
    public var transferCycles: Int?

    /// Makes MESI with direct transfers and duplicate tags unless said otherwise.
    public init(
        protocol: States = .mesi, isEnabled: Bool = true, transfersDirectly: Bool = true,
        migratesDirty: Bool = false, duplicatesTags: Bool = true, snoopCycles: Int = 0,
        transferCycles: Int? = nil
    ) {
        self.protocol = `protocol`
        self.isEnabled = isEnabled
        self.transfersDirectly = transfersDirectly
        self.migratesDirty = migratesDirty
        self.duplicatesTags = duplicatesTags
        self.snoopCycles = snoopCycles
        self.transferCycles = transferCycles
    }
}
