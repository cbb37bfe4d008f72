import Operations
import Quantities

/// Which lines a second level holds beside the first.
public enum Inclusion: String, CaseIterable, Sendable {
    /// Filled on the way in; what it loses may stay in the first level.
    case none
    /// Filled on the way in; what it loses the first level loses too.
    case inclusive
    /// Holds what the first level has lost and nothing that it holds.
    case exclusive
    /// Filled by what the first level loses; a line stays when the first level takes it again.
    case victim
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
    /// Which lines it holds beside the first level.
    public var inclusion = Inclusion.none
    /// Whether each core has its own.
    public var isPrivate = false

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
    /// What the tag RAM's register adds to a hit, in core cycles: setup and read fields.
    public var tagLatencyCycles = 0
    /// What the data RAM's register adds to a hit, in core cycles: setup and read fields.
    public var dataLatencyCycles = 0
    /// Whether `Clean and Invalidate` by address leaves clean lines in (PL310 erratum 588369, before r2p0).
    public var erratum588369 = false
    /// Whether a `CACHE SYNC` ends merging in the store buffer for good (PL310 erratum 753970, r3p0).
    public var erratum753970 = false
    /// Whether the shareable attribute is ignored (PL310 auxiliary control, bit 22: shared attribute override).
    ///
    /// If not, Normal non-cacheable accesses of shareable memory are made cacheable on their way through: loads are
    /// served by a line that is there and fill none, stores are written through.
    public var overridesShared = true
    /// The first Linux kernel that sets the override on this board, as `4.1`; nil: none changes what its boot loader left.
    public var sharedOverrideKernel: String?
    /// Lines that hits may be on their way to the cores with, all cores together; nil: any number.
    public var lineReadBuffers: Int?
    /// Whether a linefill reads the aligned pair of lines in one burst.
    public var doublesLinefills = false
    /// Whether `Clean and Invalidate by Way` invalidates later than it cleans (PL310 erratum 727915, before r3p1).
    public var erratum727915 = false
    /// Whether the second line of a pair overwrites a dirty line (PL310 erratum 752271, r3p0 to r3p1-50rel0).
    public var erratum752271 = false
    /// Which of the kernel's routines drive it.
    public var routines = OuterRoutines.pl310

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

/// A third level, shared by all cores, behind private or shared second levels.
public struct Level3Configuration: Sendable, Hashable {
    /// Its geometry; `hitCycles` is the load-to-use latency of a hit.
    public var cache: CacheConfiguration
    /// Core cycles from a load's issue until a miss is known and memory is asked.
    public var missCycles: Int
    /// Whether it stands in front of memory for every agent, beyond the Point of Coherency.
    ///
    /// Then maintenance does not concern it and every device goes through it. If not, it belongs to the cores:
    /// maintenance to the Point of Coherency reaches it, and devices that do not snoop go past it.
    public var isMemorySide: Bool

    /// Makes a third level.
    public init(cache: CacheConfiguration, missCycles: Int, isMemorySide: Bool) {
        self.cache = cache
        self.missCycles = missCycles
        self.isMemorySide = isMemorySide
    }
}
