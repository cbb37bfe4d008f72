import Operations
import Quantities

/// A range of an IOMMU's addresses that a driver set aside, and the memory behind it.
public struct IOVARecord: Hashable, Sendable {
    /// A stretch of memory behind a part of the range.
    public struct Link: Hashable, Sendable {
        /// Where in the range, in bytes.
        public var offset: UInt64
        /// The memory.
        public var segment: DMACall.Segment
        /// Which way.
        public var direction: DMADirection
    }

    /// Its handle.
    public var handle: HandleID
    /// For which device.
    public var device: Agent
    /// How many bytes it has.
    public var size: UInt64
    /// What is behind it, in the order of the calls.
    public var links: [Link] = []
    /// Whether it is not freed yet.
    public var isLive = true
    /// The order of creation among mappings, allocations and pools.
    public var sequence: UInt64
}

/// The two-step calls for devices behind an IOMMU (drivers/iommu/dma-iommu.c, `dma_iova_*`).
///
/// A link maintains its memory as a map does and an unlink as an unmap does, unless `SKIP_CPU_SYNC` or `MMIO` say no.
/// (linux-dma.md §1.1, §2.1)
extension Lowering {
    mutating func lowerReservation(_ call: DMACall) throws(LoweringError) {
        let function = call.function
        try Self.checkExistence(of: function, profile)
        guard let device = call.device else { throw .missing(function, .device) }
        guard let segment = call.segments.first else { throw .missing(function, .segment) }
        guard reach[device]?.hasIOMMU == true else { throw .noIOMMU(function, device) }
        mappings[call.handle] = nil
        allocations[call.handle] = nil
        ranges[call.handle] = IOVARecord(
            handle: call.handle, device: device, size: segment.size, sequence: takeSequence())
    }

    mutating func lowerLink(
        _ call: DMACall, into output: inout [Operation]
    ) throws(LoweringError) {
        let function = call.function
        let record = try iovaRange(of: call)
        guard let segment = call.segments.first else { throw .missing(function, .segment) }
        guard let direction = call.direction else { throw .missing(function, .direction) }
        try check(function, segment)
        let offset = call.offset ?? 0
        guard offset <= record.size, segment.size <= record.size - offset else {
            throw .offsetOutside(function, offset: offset, size: record.size)
        }
        let steps = try Self.describe(
            function, direction: direction, isCoherent: coherentDevices.contains(record.device),
            attributes: call.attributes, profile: profile)
        try expand(steps, of: function, over: [MappedPart(segment)], into: &output)
        ranges[call.handle]?.links.append(
            IOVARecord.Link(offset: offset, segment: segment, direction: direction))
    }

    /// Lowers an unlink of a part of the range, or the end of the range with all that is linked.
    mutating func lowerUnlink(
        _ call: DMACall, into output: inout [Operation]
    ) throws(LoweringError) {
        let function = call.function
        let record = try iovaRange(of: call)
        guard let direction = call.direction ?? record.links.first?.direction else {
            if function == .iovaDestroy {
                ranges[call.handle]?.isLive = false
                return
            }
            throw .missing(function, .direction)
        }
        let steps = try Self.describe(
            function, direction: direction, isCoherent: coherentDevices.contains(record.device),
            attributes: call.attributes, profile: profile)
        let from = call.offset ?? 0
        let (end, overflow) = from.addingReportingOverflow(call.size ?? record.size)
        let range = from..<max(from, overflow ? .max : end)
        let parts = record.links.compactMap { $0.part(in: range) }
        try expand(steps, of: function, over: parts, into: &output)
        ranges[call.handle]?.links.removeAll { range.contains($0.offset) }
        if function == .iovaDestroy { ranges[call.handle]?.isLive = false }
    }

    mutating func lowerRangeEnd(_ call: DMACall) throws(LoweringError) {
        _ = try iovaRange(of: call)
        if call.function == .iovaFree { ranges[call.handle]?.isLive = false }
    }

    private func iovaRange(of call: DMACall) throws(LoweringError) -> IOVARecord {
        try Self.checkExistence(of: call.function, profile)
        guard let record = ranges[call.handle] else {
            throw .unknownHandle(call.function, call.handle)
        }
        return record
    }
}

extension IOVARecord.Link {
    /// The memory behind the part of the range that this link and another part share; nil: none.
    fileprivate func part(in range: Range<UInt64>) -> MappedPart? {
        let own = offset..<(offset + segment.size)
        let shared = own.clamped(to: range)
        guard !shared.isEmpty else { return nil }
        return MappedPart(
            DMACall.Segment(
                at: segment.start.advanced(by: shared.lowerBound - offset),
                size: UInt64(shared.count)))
    }
}
