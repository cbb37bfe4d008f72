import Events
import Hazards
import Operations
import Quantities
import Statistics

/// What other data pays for a strategy: what the spans named `victim` cost beside it.
public struct VictimCost: Sendable, Hashable {
    /// Loads and stores of the spans that the core's own data cache did not hold.
    public var misses: UInt64
    /// Reads that the second level did not hold.
    public var level2Misses: UInt64
    /// Core 0's time in them.
    public var time: Ticks

    /// The name of the spans.
    public static let span = "victim"
}

/// What one strategy costs, and whether it is right.
public struct StrategyResult: Sendable {
    /// Which.
    public var strategy: Strategy
    /// From the first transfer's start to the last one's end, allocating and mapping once left out.
    public var elapsed: Ticks
    /// Core 0's share of it that is not waiting for devices.
    public var cpu: Ticks
    /// How long devices were at work.
    public var dma: Ticks
    /// Core 0's time by cause; the parts sum to `cpu` and the time that it waits for devices.
    public var causes: [(cause: Cause, time: Ticks)]
    /// Allocating, zeroing and mapping once.
    public var setup: Ticks
    /// Bytes read over memory's pins.
    public var memoryBytesRead: UInt64
    /// Bytes written over memory's pins.
    public var memoryBytesWritten: UInt64
    /// Bytes that devices moved over their ports.
    public var busBytes: UInt64
    /// How many transfers there were; each range that a doorbell sets off is one.
    public var transfers: UInt64
    /// Bytes of all transfers: what the workload is about.
    public var payload: UInt64
    /// What the victim paid; nil without one in the workload.
    public var victim: VictimCost?
    /// The longest transfer that was copied, for ``Strategy/copyBreak``: of those tried, the one that is fastest.
    public var copyBreak: UInt64?
    /// The lowered program, or where that is long one with fewer passes and shorter transfers, and what the detector has
    /// against it.
    public var check: CheckResult

    /// What the detector has against it.
    public var findings: [Finding] { check.judgement.findings }

    /// Whether nothing was found.
    public var isCorrect: Bool { findings.isEmpty }

    /// Bytes over memory's pins.
    public var memoryBytes: UInt64 { memoryBytesRead + memoryBytesWritten }

    /// What the transfers achieved, in megabytes (10^6 bytes) a second.
    public var megabytesPerSecond: Double {
        elapsed == .zero ? 0 : Double(payload) * 1_000 / elapsed.nanoseconds
    }
}

/// A strategy that the machine, the kernel or the trace cannot do, and why.
public struct UnavailableStrategy: Sendable {
    /// Which.
    public var strategy: Strategy
    /// Why not.
    public var reason: String
}

/// All strategies of one trace on one machine.
public struct ComparisonResult: Sendable {
    /// The program and the machine.
    public var setup: Setup
    /// The correct ones by elapsed time, then the wrong ones.
    public var results: [StrategyResult]
    /// What could not be tried.
    public var unavailable: [UnavailableStrategy]
    /// What the victim costs where nothing else happens; nil without one in the workload.
    public var victimAlone: VictimCost?
    /// Whether the recommendation holds within the errors of the machine's numbers; nil: not asked for.
    public var sensitivity: Sensitivity?

    /// The correct strategy with the least elapsed time; nil if none is correct.
    public var recommended: StrategyResult? {
        ranked.first
    }

    /// The correct strategies but for what the trace itself does, fastest first.
    public var ranked: [StrategyResult] {
        results.filter { $0.isCorrect && $0.strategy != .asWritten }
    }
}
