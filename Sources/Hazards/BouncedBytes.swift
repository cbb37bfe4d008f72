import Quantities

/// Bytes that a device has in a bounce slot instead.
public struct BouncedBytes: Hashable, Sendable {
    /// Which device.
    public var device: Agent
    /// The statement that mapped them.
    public var record: UInt32
    /// The first byte, a physical address.
    public var start: UInt64
    /// How many.
    public var size: UInt64
    /// The first byte of the slot, a physical address.
    public var slot: UInt64

    /// Describes a bounce.
    public init(device: Agent, record: UInt32, start: UInt64, size: UInt64, slot: UInt64) {
        self.device = device
        self.record = record
        self.start = start
        self.size = size
        self.slot = slot
    }
}

/// A map that the kernel refused, or a transfer to an address that its device cannot send.
public struct FailedMap: Hashable, Sendable {
    /// The statement.
    public var record: UInt32
    /// Who called.
    public var agent: Agent
    /// For which device.
    public var device: Agent
    /// The first address of what was to be mapped.
    public var address: UInt64
    /// How many bytes.
    public var bytes: UInt64
    /// Why the map fails, with the kernel's words where it has any; empty for a transfer.
    public var message: String
    /// Whether it is an allocation, at a place that the kernel's allocator does not give.
    public var isAllocation: Bool
    /// In words, the memory that the device's port does not lead to; nil: it is the address that it cannot send.
    public var memory: String?

    /// Whether the kernel refuses to map.
    var isMap: Bool { !message.isEmpty && !isAllocation }

    /// Describes a failure.
    public init(
        record: UInt32, agent: Agent, device: Agent, address: UInt64, bytes: UInt64,
        message: String, isAllocation: Bool = false
    ) {
        self.record = record
        self.agent = agent
        self.device = device
        self.address = address
        self.bytes = bytes
        self.message = message
        self.isAllocation = isAllocation
    }
}
