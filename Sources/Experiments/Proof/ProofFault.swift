import Quantities

/// What goes wrong in a schedule.
public struct ProofFault: Hashable, Sendable {
    /// How.
    public enum Kind: Hashable, Sendable {
        /// An agent reads bytes older than what it must find.
        case staleRead
        /// Older bytes go over younger ones.
        case overwritten
        /// Bytes that only a cache had are dropped.
        case dropped
    }

    /// How.
    public var kind: Kind
    /// The statement at which it happens: the read, the maintenance, or what the lost bytes were written by.
    public var record: UInt32
    /// Who reads, or whose bytes are lost.
    public var agent: Agent
    /// The first byte.
    public var address: UInt64
    /// How many bytes, from the first to the last that is wrong.
    public var bytes: UInt64
    /// Who wrote the bytes that are missed.
    public var writer: Agent
    /// The statement that wrote them.
    public var writeRecord: UInt32
}

/// A fault within the lines of a problem.
struct ProofWrong: Hashable, Sendable {
    var kind: ProofFault.Kind
    /// The node at which it shows; -1: at none.
    var node: Int
    var line: Int
    var classes: UInt64
    /// The version that is missed.
    var expected: Int
}
