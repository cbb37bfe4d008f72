import MemoryModel

/// What a counting machine counted at one point of a sweep.
public struct SweptCounts: Hashable, Sendable {
    /// Records read.
    public var records: UInt64
    /// The data cache's counts.
    public var level1Data: PlainCounts
    /// The instruction cache's counts; nil without one.
    public var level1Instruction: PlainCounts?
    /// The second level's counts; nil without one.
    public var level2: PlainCounts?

    /// Makes counts.
    public init(
        records: UInt64, level1Data: PlainCounts, level1Instruction: PlainCounts? = nil,
        level2: PlainCounts? = nil
    ) {
        self.records = records
        self.level1Data = level1Data
        self.level1Instruction = level1Instruction
        self.level2 = level2
    }
}

/// What came of one point of a sweep.
public struct SweepOutcome: Sendable {
    /// What it is.
    public enum Content: Sendable {
        /// A counting machine's counts.
        case counted(SweptCounts)
        /// What is estimated of the whole trace by a sample.
        case sampled(SampledCounts)
        /// A replay's counts and times.
        case replayed(ReplayResult)
        /// What was found, with the counts and times of the same run.
        case checked(CheckResult)
        /// What every mapping strategy costs, and what is wrong with each.
        case compared(ComparisonResult)
        /// Why the machine cannot be, or cannot run the trace.
        case impossible(String)
    }

    /// The point's number.
    public var number: UInt64
    /// What came of it.
    public var content: Content

    /// Makes an outcome.
    public init(number: UInt64, content: Content) {
        self.number = number
        self.content = content
    }
}
