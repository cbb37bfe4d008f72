import Events
import Hazards
import Operations
import Quantities
import Statistics

/// A probe that wants to know which operation the next events belong to.
public protocol OperationProbe: Probe, ~Copyable {
    /// Says which statement the next operations belong to; 0: the program is over, and what is under way ends.
    mutating func begin(statement record: UInt32, by agent: Agent)
    /// Says which operation comes next.
    mutating func begin(_ operation: Operation, by agent: Agent, record: UInt32)
    /// Says which call of the DMA API the next operations belong to.
    mutating func begin(_ call: CallFacts)
    /// Says that a device has a slot in place of some bytes from now on.
    mutating func bounce(_ bytes: BouncedBytes)
}

extension OperationProbe where Self: ~Copyable {
    /// Most probes do not tell passes of a loop apart.
    @inline(__always)
    public mutating func begin(statement record: UInt32, by agent: Agent) {}
    /// Most probes look at operations alone.
    public mutating func begin(_ call: CallFacts) {}
    /// Most probes do not know what bytes mean.
    public mutating func bounce(_ bytes: BouncedBytes) {}
}

extension CountersProbe: OperationProbe {
    /// Counting needs no context.
    public mutating func begin(_ operation: Operation, by agent: Agent, record: UInt32) {}
}

extension ManifestDetector: OperationProbe {}

extension ProbePair: OperationProbe
where First: OperationProbe & ~Copyable, Second: OperationProbe & ~Copyable {
    /// Tells both.
    public mutating func begin(statement record: UInt32, by agent: Agent) {
        first.begin(statement: record, by: agent)
        second.begin(statement: record, by: agent)
    }

    /// Tells both.
    public mutating func begin(_ operation: Operation, by agent: Agent, record: UInt32) {
        first.begin(operation, by: agent, record: record)
        second.begin(operation, by: agent, record: record)
    }

    /// Tells both.
    public mutating func begin(_ call: CallFacts) {
        first.begin(call)
        second.begin(call)
    }

    /// Tells both.
    public mutating func bounce(_ bytes: BouncedBytes) {
        first.bounce(bytes)
        second.bounce(bytes)
    }
}

/// A probe that counts, alone or beside others.
public protocol CountingProbe: OperationProbe, ~Copyable {
    /// The counts so far.
    var counters: Counters { get }

    /// A core's tally so far: a few numbers, where ``counters`` is thousands.
    func tally(of agent: Agent) -> CoreTally
}

extension CountersProbe: CountingProbe {
    /// The counts so far.
    public var counters: Counters { snapshot }
}

extension ProbePair: CountingProbe
where First: CountingProbe & ~Copyable, Second: OperationProbe & ~Copyable {
    /// The counts of the first probe.
    public var counters: Counters { first.counters }

    /// A core's tally by the first probe.
    public func tally(of agent: Agent) -> CoreTally { first.tally(of: agent) }
}
