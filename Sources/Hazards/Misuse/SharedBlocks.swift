import Operations
import Quantities

/// A buffer of a size for which `kmalloc` has no block of whole lines, that a driver maintains by itself for a device.
public struct SmallBuffer: Hashable, Sendable {
    /// The statement that maintains it.
    public var record: Int
    /// Who does.
    public var agent: Agent
    /// The device that writes it.
    public var device: Agent
    /// The statement that writes.
    public var writeRecord: Int
    /// The first byte.
    public var address: UInt64
    /// How many.
    public var bytes: UInt64

    /// Describes a buffer.
    public init(
        record: Int, agent: Agent, device: Agent, writeRecord: Int, address: UInt64, bytes: UInt64
    ) {
        self.record = record
        self.agent = agent
        self.device = device
        self.writeRecord = writeRecord
        self.address = address
        self.bytes = bytes
    }
}

/// Finds small buffers that share their lines with whatever `kmalloc` puts beside them (H31).
///
/// A kernel that bounces small buffers lets `kmalloc` give out parts of lines. It can only bounce what comes by the DMA API:
/// a driver that maintains caches by itself invalidates, or cleans, somebody else's bytes too.
public struct SharedBlocks {
    private let profile: HazardProfile

    /// Makes the rule for a machine.
    public init(profile: HazardProfile) { self.profile = profile }

    /// A finding for each buffer.
    public func run(_ buffers: [SmallBuffer]) -> [Finding] {
        buffers.map { buffer in
            let device = profile.name(of: buffer.device)
            return Finding(
                .h31, .misuse, record: buffer.record, agent: buffer.agent, address: buffer.address,
                bytes: buffer.bytes, writer: buffer.device, writeRecord: buffer.writeRecord,
                detail:
                    "kmalloc has no block of whole \(profile.lineSize)-byte lines for \(buffer.bytes) bytes, \(device) "
                    + "writes them, and they were not mapped: nothing bounces them",
                chain: [
                    ChainLink(
                        record: buffer.record,
                        text:
                            "the line is maintained, and what kmalloc put beside the buffer with it"
                    ),
                    ChainLink(record: buffer.writeRecord, text: "\(device) writes the buffer"),
                ])
        }
    }
}
