import Operations
import Quantities

/// One message of dma-debug.
public struct DMADebugReport: Hashable, Sendable {
    /// Which check; nil: the warning that more mappings of a line are live than can be counted.
    public var check: DMADebugCheck?
    /// The number of the statement, from 1.
    public var record: Int
    /// What the kernel prints, without the lines about where.
    public var message: String
    /// For which device.
    public var device: Agent
    /// The first byte that it is about, as the CPU has it.
    public var address: UInt64
    /// How many bytes it is about.
    public var bytes: UInt64
    /// All that the call's handle stands for, as physical addresses.
    public var extents: [Extent] = []
    /// The statement that made what it is about; nil: nothing was found.
    public var made: Int?
    /// Why the call is right all the same; nil: it is not.
    public var falseAlarm: String?
    /// Whether its memory is that of a coherent allocation.
    public var isOfCoherentMemory = false
    /// How many equal messages of the same statement there were.
    public var count = 1

    /// A range of physical bytes.
    public struct Extent: Hashable, Sendable {
        /// The first.
        public var physical: UInt64
        /// How many there are.
        public var bytes: UInt64
    }
}
