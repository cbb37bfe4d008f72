import Quantities

/// Software that listens to a machine.
///
/// Known at compile time, so that what it ignores costs nothing.
public protocol Probe: ~Copyable {
    /// Takes one event.
    ///
    /// Events come in the order in which they take effect, which is the model's one total order. What a core issues
    /// and what a device moves never go back in ticks; what goes on behind a core (drains, write-backs, linefills)
    /// and the telling of times may carry a tick before or after what the core does next.
    mutating func record(_ event: Event)

    /// Whether hits of level 1 are told in bulk, by ``recordHits(of:loads:stores:fetches:)``.
    ///
    /// For probes that count and need no event for each hit: the fast path then does not make any.
    static var foldsHits: Bool { get }

    /// Takes hits of an agent's own level-1 caches, many at once.
    ///
    /// Only called where ``foldsHits`` is true, before any event that follows them.
    mutating func recordHits(of agent: Agent, loads: UInt64, stores: UInt64, fetches: UInt64)

    /// Whether it may want an event of its own for a hit that is told in bulk, too; ``hearsHits(of:size:)`` says for which.
    static var hearsSomeHits: Bool { get }

    /// Whether hits of the line at a physical address are told by ``recordHit(_:)``.
    ///
    /// The answer for a line never changes.
    func hearsHits(of line: UInt64, size: UInt64) -> Bool

    /// Takes a hit that ``recordHits(of:loads:stores:fetches:)`` tells, too, later.
    ///
    /// - Returns: whether it need not hear of more loads of the core in this line, until something else happens to it.
    mutating func recordHit(_ event: Event) -> Bool
}

extension Probe where Self: ~Copyable {
    /// A probe hears each hit unless it says otherwise.
    @inlinable
    public static var foldsHits: Bool { false }

    /// Nothing: not called where each hit is heard.
    @inlinable
    public mutating func recordHits(
        of agent: Agent, loads: UInt64, stores: UInt64, fetches: UInt64
    ) {}

    /// Who counts needs no single hits.
    @inlinable
    public static var hearsSomeHits: Bool { false }

    /// Not asked.
    @inlinable
    public func hearsHits(of line: UInt64, size: UInt64) -> Bool { false }

    /// Nothing: it is told in bulk.
    @inlinable
    public mutating func recordHit(_ event: Event) -> Bool { true }
}

/// Listens to nothing.
@frozen
public struct NoProbe: Probe, Sendable {
    /// Makes one.
    @inlinable
    public init() {}

    /// Ignores the event.
    @inlinable
    @inline(__always)
    public mutating func record(_ event: Event) {}

    /// Hits do not matter to it either.
    @inlinable
    public static var foldsHits: Bool { true }
}

/// Two probes that hear the same events, the first one first.
@frozen
public struct ProbePair<First: Probe & ~Copyable, Second: Probe & ~Copyable>: Probe, ~Copyable {
    /// Hears each event first.
    public var first: First
    /// Hears each event second.
    public var second: Second

    /// Pairs two probes.
    @inlinable
    public init(_ first: consuming First, _ second: consuming Second) {
        self.first = first
        self.second = second
    }

    /// Hands the event to both.
    @inlinable
    @inline(__always)
    public mutating func record(_ event: Event) {
        first.record(event)
        second.record(event)
    }

    /// Whether both take hits in bulk.
    @inlinable
    public static var foldsHits: Bool { First.foldsHits && Second.foldsHits }

    /// Hands the hits to both.
    @inlinable
    public mutating func recordHits(
        of agent: Agent, loads: UInt64, stores: UInt64, fetches: UInt64
    ) {
        first.recordHits(of: agent, loads: loads, stores: stores, fetches: fetches)
        second.recordHits(of: agent, loads: loads, stores: stores, fetches: fetches)
    }

    /// Whether either wants single hits.
    @inlinable
    public static var hearsSomeHits: Bool { First.hearsSomeHits || Second.hearsSomeHits }

    /// Whether either wants those of a line.
    ///
    /// Inlined, for a probe is too large to be lent: the compiler copies what it lends.
    @inlinable
    @inline(__always)
    public func hearsHits(of line: UInt64, size: UInt64) -> Bool {
        first.hearsHits(of: line, size: size) || second.hearsHits(of: line, size: size)
    }

    /// Hands the hit to both.
    @inlinable
    public mutating func recordHit(_ event: Event) -> Bool {
        let isEnough = first.recordHit(event)
        return second.recordHit(event) && isEnough
    }
}

/// Keeps every event, for tests, judges of small traces and drawings.
public struct EventLog: Probe, Sendable {
    /// The events so far.
    public var events: [Event] = []

    /// Makes an empty log.
    public init() {}

    /// Keeps the event.
    public mutating func record(_ event: Event) { events.append(event) }
}
