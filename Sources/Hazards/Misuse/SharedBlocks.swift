import Operations
import Quantities

/// A map of a buffer whose size `kmalloc` has no block of whole lines for, by a kernel that does not bounce it.
public struct SmallMap: Hashable, Sendable {
    /// The statement.
    public var record: Int
    /// Who called.
    public var agent: Agent
    /// For which device.
    public var device: Agent
    /// The first byte.
    public var address: UInt64
    /// How many.
    public var bytes: UInt64

    /// Describes a map.
    public init(record: Int, agent: Agent, device: Agent, address: UInt64, bytes: UInt64) {
        self.record = record
        self.agent = agent
        self.device = device
        self.address = address
        self.bytes = bytes
    }
}

/// Finds small buffers that share their lines with whatever `kmalloc` puts beside them (H31).
public struct SharedBlocks {
    private let profile: HazardProfile

    /// Makes the rule for a machine.
    public init(profile: HazardProfile) { self.profile = profile }

    /// Judges maps.
    ///
    /// - Returns: a finding for each, but for those whose lines are within a buffer that the trace declares.
    public func run(_ maps: [SmallMap]) -> [Finding] {
        maps.filter { !hasLinesOfItsOwn($0) }.map { map in
            let device = profile.name(of: map.device)
            return Finding(
                .h31, .misuse, record: map.record, agent: map.agent, address: map.address,
                bytes: map.bytes, writer: map.device, writeRecord: map.record,
                detail:
                    "kmalloc has no block of whole \(profile.lineSize)-byte lines for \(map.bytes) bytes, \(device) "
                    + "writes them, and the kernel has no pool to bounce them",
                chain: [
                    ChainLink(
                        record: map.record,
                        text: "the map takes a buffer that shares a line with its neighbours")
                ])
        }
    }

    private func hasLinesOfItsOwn(_ map: SmallMap) -> Bool {
        let line = profile.lineSize
        let first = map.address / line * line
        let last = lastByte(map.address, max(map.bytes, 1)) / line * line + (line - 1)
        guard let buffer = profile.entry(of: map.address) else { return false }
        return buffer.address <= first && lastByte(buffer.address, buffer.size) >= last
    }
}
