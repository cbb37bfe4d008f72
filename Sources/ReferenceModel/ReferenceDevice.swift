import MemoryModel
import Operations
import Quantities

// Sections 10 to 10.3: what devices and their controllers remember.

/// The port that a device reads or writes through.
struct ReferenceSide {
    var port: PortConfiguration
    var index: Int
    var snoops: Bool
    /// The controller that the port leads to.
    var controller: Int?

    var latency: (read: UInt64, write: UInt64) {
        let snoop = snoops ? port.snoopLatency.rawValue : 0
        return (port.readLatency.rawValue + snoop, port.writeLatency.rawValue + snoop)
    }

    /// Bytes of its longest burst.
    var longest: UInt64 { UInt64(port.burstBeats * port.widthBytes) }

    /// How many bytes the burst at an address has, of so many that are left.
    func cut(_ address: UInt64, left: UInt64, burst: UInt32?) -> UInt64 {
        let burst = min(burst.map(UInt64.init) ?? longest, longest)
        let bytes = min(left, burst - address % burst)
        let sizes = port.sizes.map(UInt64.init)
        guard let least = sizes.first else { return bytes }
        return sizes.last { $0 <= bytes && address % $0 == 0 }
            ?? min(bytes, least - address % least)
    }
}

/// A transfer that a device has been asked for.
struct ReferenceTransfer {
    var operation: DeviceOperation
    var start: UInt64
    var record: UInt32
    var earliest: UInt64
    var followsDoorbell: Bool
    var hasStarted = false
    var cycle: UInt32 = 0
    var row: UInt32 = 0
    var offset: UInt64 = 0
    /// The latest end of a burst so far.
    var end: UInt64 = 0
    /// What a copy has beside.
    var copy: ReferenceCopy?
    /// The chain whose descriptor this reads.
    var chain: ReferenceChain?
    /// Whether it is the status of a descriptor, and so waits for the transfer before it.
    var isStatus = false
}

/// The read side of a copy, and what it holds.
struct ReferenceCopy {
    var source: UInt64
    var asked: UInt64 = 0
    var nextRead: UInt64 = 0
    /// When its last burst of either side was sent.
    var last: UInt64 = 0
    /// Up to which byte the data is there, and when.
    var arrivals: [(end: UInt64, tick: UInt64)] = []
}

/// A chain of descriptors, at one of them.
struct ReferenceChain {
    var layout: DescriptorLayout
    var first: UInt64
    /// How many descriptors there have been, this one among them.
    var count: UInt64 = 1
    var limit: UInt32
    /// How many bytes the descriptors before this one have moved.
    var moved: UInt64 = 0
    /// What the engine has read of the descriptor.
    var seen: [UInt8?] = []
    /// What was stored there last when it did.
    var newest: [UInt8?] = []
}

/// A device.
struct ReferenceDevice {
    var writing: ReferenceSide
    var reading: ReferenceSide
    var transfers: [ReferenceTransfer] = []
    var doorbell: UInt64?
    var nextBurst: UInt64 = 0
    var end: UInt64 = 0

    /// The controller that it is a channel of.
    var controller: Int? { writing.controller }
}

/// What the channels of one controller share.
struct ReferenceController {
    var port: String
    var engine: EngineConfiguration
    /// When any of its channels last sent something.
    var last: UInt64 = 0
    /// Which device did.
    var served: Int?
    var readEnds: [UInt64] = []
    var writeEnds: [UInt64] = []
}
