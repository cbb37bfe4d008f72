import Operations
import Quantities

/// What engines that read descriptors by themselves have done, for those who did not see it in the trace.
public struct ChainLog: Sendable {
    /// One thing that an engine did because a descriptor said so.
    public struct Step: Sendable, Hashable {
        /// Which chain, from 0 in the order of the statements that were performed.
        public var chain: Int
        /// What it did: a fetch of the next descriptor, a transfer, or a status that it wrote.
        public var operation: DeviceOperation
    }

    /// Why a chain cannot be followed.
    public enum Fault: Sendable, Hashable {
        /// A field that the engine needs has a byte that no store gave a value to.
        case unknown(DescriptorLayout.Role, address: UInt64)
        /// It goes on after as many descriptors as it may have.
        case endless(limit: UInt32)
        /// A descriptor names bytes that reach the end of the address space, or more than a chain may move.
        case range(start: UInt64, bytes: UInt64)
    }

    /// The most bytes that the descriptors of one chain may move together: well under a minute's work.
    public static let mostBytes: UInt64 = 1 << 28

    /// Whether bytes that a descriptor names have physical addresses: at most 56 bits, as the architecture has.
    ///
    /// A trace may use the kernel's addresses as they are, so that the same number of bytes at the other end is right,
    /// too. Old bytes read as an address often are not.
    public static func isInRange(_ start: UInt64, _ bytes: UInt64) -> Bool {
        let (end, overflows) = start.addingReportingOverflow(bytes)
        return !overflows && start >> 56 == end >> 56 && (start >> 56 == 0 || start >> 56 == 0xFF)
    }

    /// How many chains have begun.
    public internal(set) var chains = 0
    /// What was done, in order.
    public internal(set) var steps: [Step] = []
    /// The first chain that could not be followed, by the record of its statement; nil: none.
    public internal(set) var fault: (record: UInt32, fault: Fault)?
}

/// The chain that a descriptor belongs to.
struct ChainState {
    /// Which.
    let number: Int
    /// How to read its descriptors.
    let layout: DescriptorLayout
    /// Where the first one is.
    let first: UInt64
    /// How many may come after this one.
    var left: UInt32
    /// Bytes that it and those after it may move.
    var bytesLeft = ChainLog.mostBytes
    /// How many there may be.
    let limit: UInt32
    /// Bytes a burst.
    let burst: UInt64
}
