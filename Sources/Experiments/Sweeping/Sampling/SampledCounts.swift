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
    public var estimates: [Named]

    /// An estimate and what it is of.
    public struct Named: Hashable, Sendable {
        /// The number's name.
        public var name: String
        /// What it is worth, in accesses, bytes or nanoseconds by the name, or a rate from 0 to 1.
        public var estimate: SweepEstimate
    }
}
