import Operations
import Quantities

/// One step of a run: a lowered operation, or a statement that has none.
public struct Step: Hashable, Sendable {
    /// The number of its statement, from 1; 0: the program is over, and what is under way ends.
    public var record: UInt32
    /// Who does it.
    public var agent: Agent
    /// Whether it is the first step of its statement, in this pass of a loop.
    public var startsStatement: Bool
    /// What the machine performs; nil: nothing, as for a call that needs no maintenance.
    public var operation: Operation?
    /// Where its events begin among those of the run.
    var firstEvent: Int
}

/// A version of some bytes: one write, by whom and when.
public struct WrittenVersion: Hashable, Sendable {
    /// Who wrote.
    public var agent: Agent
    /// The number of the statement.
    public var record: UInt32
    /// When, in ticks since the start.
    public var tick: Ticks
    /// The first physical address.
    public var address: UInt64
    /// How many bytes.
    public var size: UInt32
    /// The value, where the trace gives one: its lowest byte is at ``address``.
    public var value: UInt64?

    /// The byte at an address; nil: the trace does not give it.
    public func byte(at place: UInt64) -> UInt8? {
        guard let value, place >= address, place - address < min(UInt64(size), 8) else {
            return nil
        }
        return UInt8(truncatingIfNeeded: value >> ((place - address) * 8))
    }
}
