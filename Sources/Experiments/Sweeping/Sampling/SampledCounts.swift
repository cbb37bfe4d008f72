/// What came of a sample at one point of a sweep.
public struct SampledCounts: Hashable, Sendable {
    /// Which sample.
    public var sampling: SweepSampling
    /// Records of the whole trace.
    public var records: UInt64
    /// How many units the sample fell into.
    public var units: Int
    /// How much of the trace's accesses was counted, from 0 to 1.
    public var share: Double
    /// What is estimated of the whole trace, by name, as `L1D.misses`; rates and misses of all kinds among them.
    public var estimates: [(name: String, estimate: SweepEstimate)]

    /// Whether two say the same.
    public static func == (left: SampledCounts, right: SampledCounts) -> Bool {
        left.sampling == right.sampling && left.records == right.records
            && left.units == right.units && left.share == right.share
            && left.estimates.elementsEqual(right.estimates) { $0 == $1 }
    }

    /// Hashes what tells most samples apart.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(sampling)
        hasher.combine(records)
        hasher.combine(units)
    }
}
