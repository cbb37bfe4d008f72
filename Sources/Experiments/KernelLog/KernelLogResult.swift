import DMAMapping
import Hazards
import MemoryModel
import Operations

/// A rule of the DMA API that a kernel log shows broken.
public enum LogRule: String, CaseIterable, Sendable {
    /// An address is released that was released before and not mapped since.
    case releasedTwice = "released twice"
    /// A release of another size.
    case releasedWithOtherSize = "released with another size"
    /// A release with another direction.
    case releasedWithOtherDirection = "released with another direction"
    /// A release by another function.
    case releasedByOtherFunction = "released by another function"
    /// A list is released or synced with another number of entries.
    case otherEntryCount = "a list used with another number of entries"
    /// What a failed map returned is released.
    case failedMapReleased = "a failed map is released"
    /// A sync reaches beyond its mapping.
    case syncBeyondMapping = "a sync beyond its mapping"
    /// A sync of what was released before.
    case syncAfterRelease = "a sync after the release"
    /// A sync with another direction.
    case syncWithOtherDirection = "a sync with another direction"
    /// A sync for the CPU of what the device only reads, in a direction that says otherwise.
    case syncForCPUOfReadOnly = "a sync for the CPU of what the device only reads"
    /// A sync for the device of what it only writes, in a direction that says otherwise.
    case syncForDeviceOfWriteOnly = "a sync for the device of what it only writes"
    /// Two live mappings share a line that a device writes to.
    case sharedLine = "two live mappings in one line"

    /// The hazard.
    public var code: HazardCode {
        switch self {
        case .releasedTwice, .releasedWithOtherSize, .releasedByOtherFunction: .h20
        case .otherEntryCount: .h34
        case .failedMapReleased: .h32
        case .syncBeyondMapping: .h16
        case .syncAfterRelease: .h17
        case .releasedWithOtherDirection, .syncWithOtherDirection, .syncForCPUOfReadOnly,
            .syncForDeviceOfWriteOnly:
            .h15
        case .sharedLine: .h19
        }
    }
}

/// Something that a log shows to be wrong, once for all its repetitions.
public struct LogFinding: Sendable {
    /// Which rule.
    public var rule: LogRule
    /// The device's place in the result.
    public var device: Int
    /// The line of the first one.
    public var line: UInt64
    /// The line of what it does not agree with: the map, or the release before.
    public var otherLine: UInt64
    /// The DMA address.
    public var address: UInt64
    /// How many bytes the call names.
    public var bytes: UInt64
    /// What the call says and what it should have said.
    public var detail: String
    /// The check of the kernel's dma-debug that would report it, as `E4`; nil: none would.
    public var check: String?
    /// What the kernel would print; nil: nothing.
    public var kernelMessage: String?
    /// Whether dma-debug would report it, too.
    public var dmaDebug: Bool { kernelMessage != nil }
    /// The function that called, if the log has stacks; -1: it has none.
    public var function: Int32 = -1
    /// How many there are, this one among them.
    public var count: UInt64 = 1
}

/// Calls of one device, one direction and one half of a mapping's life.
public struct LogCosts: Hashable, Sendable {
    /// How many calls.
    public var calls: UInt64 = 0
    /// How many ranges: the entries of lists, each.
    public var ranges: UInt64 = 0
    /// How many bytes.
    public var bytes: UInt64 = 0
    /// Calls that the driver asked to do no maintenance (`DMA_ATTR_SKIP_CPU_SYNC`, `DMA_ATTR_MMIO`).
    public var skipped: UInt64 = 0
    /// Calls whose maintenance cannot be known: an attribute that no table has, or sizes that the log leaves out.
    public var unpriced: UInt64 = 0
    /// The maintenance.
    public var maintenance = MaintenanceCounts()

    /// Adds costs.
    static func += (left: inout Self, right: Self) {
        left.calls += right.calls
        left.ranges += right.ranges
        left.bytes &+= right.bytes
        left.skipped += right.skipped
        left.unpriced += right.unpriced
        left.maintenance += right.maintenance
    }
}

/// One device of a log.
public struct LogDevice: Sendable {
    /// Its name.
    public var name: String
    /// Whether it was said to be coherent.
    public var isCoherent = false
    /// Mappings and allocations made, segments of lists each.
    public var made: UInt64 = 0
    /// Of those released, by a call of this log.
    public var released: UInt64 = 0
    /// Syncs.
    public var syncs: UInt64 = 0
    /// Maps and allocations that failed.
    public var failed: UInt64 = 0
    /// Releases and syncs of what this log never mapped: it began later, or events are lost.
    public var unmatched: UInt64 = 0
    /// Mappings through a bounce buffer, and their bytes.
    public var bounces: UInt64 = 0
    /// See ``bounces``.
    public var bouncedBytes: UInt64 = 0
    /// What is live now.
    public var live: UInt64 = 0
    /// The most that was live at one time, and the most bytes.
    public var peak: UInt64 = 0
    /// Costs by direction (raw value of `DMADirection`) and half (``Half``).
    public var costs = [LogCosts](repeating: LogCosts(), count: 12)

    /// A half of a mapping's life.
    public enum Half: Int, CaseIterable, Sendable {
        /// Map and sync-for-device.
        case forDevice
        /// Unmap and sync-for-CPU.
        case forCPU
        /// Allocation.
        case allocation

        /// The half in words.
        public var name: String {
            switch self {
            case .forDevice: "map, sync for device"
            case .forCPU: "unmap, sync for CPU"
            case .allocation: "allocate"
            }
        }
    }

    /// The costs of a direction and a half.
    public func costs(_ direction: DMADirection, _ half: Half) -> LogCosts {
        costs[Self.place(direction, half)]
    }

    static func place(_ direction: DMADirection, _ half: Half) -> Int {
        Int(direction.rawValue) * 3 + half.rawValue
    }

    /// All costs together.
    public var total: LogCosts { costs.reduce(into: LogCosts()) { $0 += $1 } }
}

/// What one function costs with one device.
public struct LogSite: Sendable {
    /// The function.
    public var function: String
    /// The device's place in the result.
    public var device: Int
    /// The costs of its calls.
    public var costs: LogCosts
}

/// What is still mapped or allocated at the end, alike in device, function and direction.
public struct LiveGroup: Sendable {
    /// The device's place in the result.
    public var device: Int
    /// How it came to be.
    public var made: String
    /// Which way.
    public var direction: DMADirection
    /// How many, and their bytes.
    public var count: UInt64
    /// See ``count``.
    public var bytes: UInt64
    /// The line of the oldest.
    public var line: UInt64
    /// The function that made the oldest, if the log has stacks.
    public var function: String?
}

/// What a kernel log says about its devices on a machine.
public struct KernelLogResult: Sendable {
    /// The log's name.
    public var file: String
    /// The machine.
    public var machine: MachineConfiguration
    /// The kernel.
    public var kernel: KernelEra
    /// Whether the kernel was not given.
    public var kernelIsAssumed: Bool
    /// How many lines the log has.
    public var lines: UInt64 = 0
    /// How many of them are events of DMA.
    public var events: UInt64 = 0
    /// All lines by kind.
    public var kinds: [(kind: String, isEvent: Bool, count: UInt64)] = []
    /// Fields and attributes that mean nothing here.
    public var unknownWords: [(word: String, count: UInt64)] = []
    /// How often the recorder says that events are missing, and how many it says are.
    public var losses: UInt64 = 0
    /// See ``losses``.
    public var lostEvents: UInt64 = 0
    /// Lists that the kernel cut, and the entries that are missing.
    public var cutLists: UInt64 = 0
    /// See ``cutLists``.
    public var cutEntries: UInt64 = 0
    /// From the first event to the last, in nanoseconds; nil if the clock does not count seconds.
    public var span: UInt64?
    /// The devices in the order of their first events.
    public var devices: [LogDevice] = []
    /// What is wrong, in the order of the log.
    public var findings: [LogFinding] = []
    /// What functions cost, the dearest first; empty if the log has no stacks.
    public var sites: [LogSite] = []
    /// The functions that ``LogFinding/function`` names.
    public var functions: [String] = []
    /// What is live at the end, in the order of its oldest.
    public var live: [LiveGroup] = []
    /// What each line that is cleaned costs more if it is dirty, in core cycles.
    public var dirtyLineCycles = 0.0
    /// What other strategies would save.
    public var savings = LogSavings()

    /// What a call costs beside its maintenance, in core cycles.
    public var callCycles: UInt64 { UInt64(machine.software.callCycles) }

    /// All costs together.
    public var total: LogCosts { devices.reduce(into: LogCosts()) { $0 += $1.total } }

    /// The most that dirty lines can add to some costs, in core cycles.
    public func dirtyCycles(_ counts: MaintenanceCounts) -> UInt64 {
        UInt64(rounding: Double(counts.cleans &+ counts.cleanInvalidates) * dirtyLineCycles)
    }

    /// Core cycles in nanoseconds.
    public func nanoseconds(_ cycles: UInt64) -> Double {
        Double(cycles) * Double(machine.core.clock.period.rawValue) / 1_000
    }
}

extension UInt64 {
    /// A sum of cycles as a whole number; the sizes of a damaged log may be anything.
    public init(rounding value: Double) {
        self = UInt64(Swift.min(Swift.max(value, 0), 1e18).rounded())
    }
}
