import Operations
import Quantities

/// One thing that a recording of another program says was done.
///
/// A recording has more than accesses: program counters, times, values, barriers, maintenance, memory types and
/// transfers of devices. ``RecordingStatements`` says all of that in the native format.
public struct RecordedOperation: Hashable, Sendable, BitwiseCopyable {
    /// What was done.
    public enum Action: Hashable, Sendable, BitwiseCopyable {
        /// A load, a store, a fetch, a prefetch hint.
        case access(MemoryAccess)
        /// A barrier instruction.
        case barrier(Barrier)
        /// Cache maintenance by address, or of all instructions.
        case maintenance(Maintenance)
        /// A device read or wrote memory; the number is its place in ``RecordingReader/deviceNames``.
        case transfer(device: Int, isWrite: Bool, address: UInt64, bytes: UInt64)
    }

    /// What a recording says of the memory that an access goes to.
    public struct Memory: Hashable, Sendable, BitwiseCopyable {
        /// The type.
        public var type: MemoryType
        /// The shareability; nil where the recording does not say.
        public var shareability: Shareability?
        /// The place of the device's name in ``RecordingReader/memoryNames``; -1: it has none.
        public var name: Int32 = -1

        /// Makes a description.
        public init(_ type: MemoryType, _ shareability: Shareability? = nil, name: Int32 = -1) {
            self.type = type
            self.shareability = shareability
            self.name = name
        }
    }

    /// What was done.
    ///
    /// Addresses are physical ones where the recording has them: caches and devices go by these.
    public var action: Action
    /// Which core did it; without meaning for a device's transfer.
    public var core: Agent
    /// What was moved, where the recording has it.
    public var value: UInt64?
    /// The instruction's address.
    public var programCounter: UInt64?
    /// When, in ``RecordingReader/timeUnit``.
    public var time: UInt64?
    /// The memory, where the recording tells.
    public var memory: Memory?
    /// The address that the program used, where the recording has both and they differ.
    public var virtualAddress: UInt64?

    /// Makes an operation.
    public init(_ action: Action, by core: Agent = .core(0)) {
        self.action = action
        self.core = core
    }
}

/// What a recording does not say of itself.
public struct RecordingOptions: Hashable, Sendable {
    /// The gem5 release that wrote a packet trace: its commands have the numbers of that release.
    public var gem5 = Gem5Release.latest
    /// The columns of a CSV file; nil: its first line names them.
    public var columns: [CSVColumn]?

    /// Makes the usual options.
    public init() {}
}
