import Events
import Hazards
import Operations
import Quantities
import Statistics

/// A probe that wants to know which operation the next events belong to.
public protocol OperationProbe: Probe, ~Copyable {
    /// Says which operation comes next.
    mutating func begin(_ operation: Operation, by agent: Agent, record: UInt32)
}

extension CountersProbe: OperationProbe {
    /// Counting needs no context.
    public mutating func begin(_ operation: Operation, by agent: Agent, record: UInt32) {}
}

extension ManifestDetector: OperationProbe {}

extension ProbePair: OperationProbe
where First: OperationProbe & ~Copyable, Second: OperationProbe & ~Copyable {
    /// Tells both.
    public mutating func begin(_ operation: Operation, by agent: Agent, record: UInt32) {
        first.begin(operation, by: agent, record: record)
        second.begin(operation, by: agent, record: record)
    }
}

/// A probe that counts, alone or beside others.
public protocol CountingProbe: OperationProbe, ~Copyable {
    /// The counts so far.
    var counters: Counters { get }
}

extension CountersProbe: CountingProbe {
    /// The counts so far.
    public var counters: Counters { snapshot }
}

extension ProbePair: CountingProbe
where First: CountingProbe & ~Copyable, Second: OperationProbe & ~Copyable {
    /// The counts of the first probe.
    public var counters: Counters { first.counters }
}
