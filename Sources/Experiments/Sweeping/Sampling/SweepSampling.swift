import MemoryModel
import Quantities

// A sample of a trace, of which counts are worked out for all of it. By sets: the accesses to some of the sets, all of them,
// so that each of these sets is counted exactly. By intervals: pieces of the trace, each with what comes before it for
// warmth. Either way the sample falls into units, whose differences among each other say how far the estimate may be off.

/// Which part of a trace's accesses is counted.
public enum SweepSampling: Hashable, Sendable {
    /// Those to some of the sets.
    case sets(SetSample)
    /// Pieces of the trace.
    case intervals(IntervalSample)

    /// The fewest units that say how far an estimate may be off.
    public static let fewestUnits = 8
}
