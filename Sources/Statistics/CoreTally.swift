import Quantities

/// The few counts of a core that a table by function is made of.
public struct CoreTally: Hashable, Sendable {
    /// Loads and stores that L1D did not hold.
    public var dataMisses: UInt64 = 0
    /// Fetches that L1I did not hold.
    public var fetchMisses: UInt64 = 0
    /// Reads for this core that the second level did not hold.
    public var level2Misses: UInt64 = 0

    /// Makes zero counts.
    public init() {}

    /// Adds the difference of two tallies of the same core, `later` taken after `earlier`.
    public mutating func add(_ later: CoreTally, since earlier: CoreTally) {
        dataMisses &+= later.dataMisses &- earlier.dataMisses
        fetchMisses &+= later.fetchMisses &- earlier.fetchMisses
        level2Misses &+= later.level2Misses &- earlier.level2Misses
    }
}

extension CountersProbe {
    /// A core's tally so far: a few numbers, where a snapshot is thousands.
    public func tally(of agent: Agent) -> CoreTally {
        var tally = CoreTally()
        tally.dataMisses =
            value(.level1DataReadMisses, agent) &+ value(.level1DataWriteMisses, agent)
        tally.fetchMisses = value(.level1InstructionReadMisses, agent)
        tally.level2Misses = value(.level2ReadMisses, agent)
        return tally
    }

    private func value(_ counter: Counter, _ agent: Agent) -> UInt64 {
        values[Int(agent.rawValue) &* Counters.stride &+ counter.rawValue]
    }
}
