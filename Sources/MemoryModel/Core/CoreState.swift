import Events
import Quantities

/// What a core is in the middle of, as plain values.
struct CoreState: BitwiseCopyable {
    /// The core's own time, in ticks.
    var now: UInt64 = 0
    /// The core must look up from its fast path at this tick: a load it must wait for.
    var stallAt: UInt64 = .max
    /// When the last load's value is there, for a load whose address depends on it; after a load of the fast path,
    /// which does not stop to add, without the latency of a hit.
    var lastLoad: UInt64 = 0
    /// Whether the last load was one of the slow path.
    var isLastLoadSlow = true
    /// What a wait for the last load of the slow path counts as.
    var lastSlowCause: Cause = .level1
    /// Whether `env hold` keeps stores in the buffer.
    var holds = false
    /// Whether the core has done anything: idle cores need no snoops.
    var isActive = false
    /// Whether it takes part in coherence (the SMP bit).
    var isCoherent = true
    /// The address of the granule that its exclusive monitor watches; all ones: none.
    var monitor = UInt64.max
    /// The address after the last store, to see streams of stores.
    var streamNext: UInt64 = 0
    /// Where the stream of stores began.
    var streamStart: UInt64 = 0

    /// How many bytes the stream of stores has covered.
    var streamBytes: UInt64 { streamNext &- streamStart }
    /// Up to when events have told where the time went; the fast path tells in bulk.
    var toldUntil: UInt64 = 0
    /// How much of the untold time is work; the rest is L1 hits.
    var untoldWork: UInt64 = 0

    init() {}
}

/// A miss that the core goes on past.
struct PendingMiss: BitwiseCopyable {
    /// When the data is there.
    var completion: UInt64
    /// Up to when the core can go on without it.
    var deadline: UInt64
    /// Where a wait for it counts.
    var cause: Cause
}
