import Operations
import Quantities

/// A part of a mapping that a call names: where the core has it, and where the device has it if that is elsewhere.
struct MappedPart {
    /// The core's bytes.
    var segment: DMACall.Segment
    /// The first byte of the bounce slot's part, a physical address; nil: the device uses the bytes themselves.
    var slot: UInt64?

    init(_ segment: DMACall.Segment, slot: UInt64? = nil) {
        self.segment = segment
        self.slot = slot
    }
}

/// A map that the kernel refused with `DMA_MAPPING_ERROR`, or an allocation where its allocator gives none.
public struct MapFailure: Hashable, Sendable {
    /// For which device.
    public var device: Agent
    /// What was to be mapped.
    public var segment: DMACall.Segment
    /// Why, with the kernel's message where it has one.
    public var message: String
    /// Whether it is an allocation.
    public var isAllocation = false
}

extension Lowering {
    /// Finds slots for what bounces.
    ///
    /// Where there is none for a segment the map fails, and the slots of those before it are given back.
    func place(_ record: inout MappingRecord, in pool: inout BouncePool?) -> MapFailure? {
        let isMemory =
            CallClass(record.function) == .map && !record.attributes.contains(.mmio)
        for segment in record.segments {
            if record.attributes.contains(.requireCoherent),
                let failure = refusal(segment, record)
            {
                record.isFailed = true
                return failure
            }
            let isReached = reaches(record.device, segment)
            let reason = isMemory ? bounceReason(segment, record, isReached: isReached) : nil
            guard reason == nil, isReached else {
                let slot = reason == nil ? nil : pool?.allocate(segment.size)
                record.slots.append(slot)
                // The pool itself may be beyond the device's mask.
                if let slot, canSend(record.device, slot, segment.size) { continue }
                let failure = MapFailure(
                    device: record.device, segment: segment,
                    message: message(segment, record.device, pool, slot: slot))
                for (slot, placed) in zip(record.slots, record.segments) {
                    if let slot { pool?.release(slot, placed.size) }
                }
                record.slots.removeLast()
                record.isFailed = true
                return failure
            }
            record.slots.append(nil)
        }
        return nil
    }

    /// Takes what the kernel said of a map that failed; nil: none has failed since the last time.
    public mutating func takeFailure() -> MapFailure? {
        defer { failure = nil }
        return failure
    }

    mutating func place(_ record: inout MappingRecord) {
        var pool = pool
        if let failure = place(&record, in: &pool) { self.failure = failure }
        self.pool = pool
    }

    private func bounceReason(
        _ segment: DMACall.Segment, _ record: MappingRecord, isReached: Bool
    ) -> BounceReason? {
        if let pool, pool.declaration.isForced { return .forced }
        if !isReached { return .unreachable }
        let isCoherent = coherentDevices.contains(record.device)
        guard pool != nil, !isCoherent,
            BounceReason.isSmall(segment.size, record.direction, profile)
        else { return nil }
        return .smallBuffer
    }

    private func reaches(_ device: Agent, _ segment: DMACall.Segment) -> Bool {
        canSend(device, memoryMap.physical(of: segment.start.address.rawValue), segment.size)
    }

    /// Refuses what would have to be maintained or bounced, though the driver cannot do with that.
    private func refusal(_ segment: DMACall.Segment, _ record: MappingRecord) -> MapFailure? {
        let isCoherent = coherentDevices.contains(record.device)
        let bounces = bounceReason(
            segment, record, isReached: reaches(record.device, segment))
        guard !isCoherent || bounces != nil else { return nil }
        return MapFailure(
            device: record.device, segment: segment,
            message: "DMA_ATTR_REQUIRE_COHERENT is given, and the mapping would need "
                + (isCoherent ? "a bounce slot" : "cache maintenance"))
    }

    private func canSend(_ device: Agent, _ physical: UInt64, _ size: UInt64) -> Bool {
        reach[device]?.reaches(physical, size) ?? true
    }

    /// What the kernel prints of a map that fails. (linux-dma.md §3.4)
    private func message(
        _ segment: DMACall.Segment, _ device: Agent, _ pool: BouncePool?, slot: UInt64?
    ) -> String {
        if let pool, slot == nil {
            return "the kernel says: swiotlb buffer is full (sz: \(segment.size) bytes), "
                + "total \(pool.slots) (slots), used \(pool.usedSlots) (slots)"
        }
        let start = slot ?? memoryMap.physical(of: segment.start.address.rawValue)
        let digits = String(start, radix: 16)
        let address = String(repeating: "0", count: 16 - digits.count) + digits
        return
            "the kernel says: \(slot == nil ? "DMA" : "swiotlb") addr 0x\(address)+\(segment.size) overflow "
            + "(mask \(String((reach[device] ?? DMAReach()).mask, radix: 16)), bus limit 0)."
    }

    /// Remembers which slots a device has.
    mutating func note(_ record: MappingRecord) {
        guard !record.isFailed else { return }
        bounces.removeAll { bounce in
            guard bounce.device == record.device else { return false }
            // The same bytes have a new address.
            return record.segments.contains { $0.start.address.rawValue == bounce.start }
        }
        for (segment, slot) in zip(record.segments, record.slots) {
            guard let slot else { continue }
            let new = Bounce(
                device: record.device, handle: record.handle,
                start: segment.start.address.rawValue, size: segment.size, slot: slot)
            bounces.removeAll { $0.slotRange.overlaps(new.slotRange) }
            bounces.append(new)
        }
    }

    /// Ends a mapping and gives its slots back.
    ///
    /// A second unmap gives nothing back.
    mutating func release(_ handle: HandleID) {
        guard let record = mappings[handle], record.isLive else { return }
        mappings[handle]?.isLive = false
        guard !record.isFailed else { return }
        for (segment, slot) in zip(record.segments, record.slots) {
            if let slot { pool?.release(slot, segment.size) }
        }
    }

    /// Where a device finds bytes that the program knows by another address: in their bounce slot, if they have one.
    public func deviceAddress(of address: UInt64, for device: Agent) -> UInt64 {
        let bounce = bounces.last {
            $0.device == device && address >= $0.start && address - $0.start < $0.size
        }
        return bounce.map { $0.slot &+ (address - $0.start) } ?? address
    }

    /// Whether `kmalloc` may put others into the lines of a buffer of some size.
    ///
    /// It gives out parts of lines only where there is a pool to bounce them through (mm/slab_common.c,
    /// `__kmalloc_minalign`, from memory).
    public func sharesBlocks(_ size: UInt64) -> Bool {
        pool != nil && BounceReason.isSmall(size, .fromDevice, profile)
    }

    /// How many bytes of slots a call takes; 0: it does not bounce.
    public func bouncedBytes(of call: DMACall) -> UInt64 {
        guard CallClass(call.function) == .map, let device = call.device,
            let direction = call.direction, var probe = pool.map({ BouncePool($0.declaration) })
        else { return 0 }
        var record = MappingRecord(
            handle: call.handle, function: call.function, device: device, segments: call.segments,
            direction: direction, attributes: call.attributes, sequence: 0)
        var fresh: BouncePool? = probe
        _ = place(&record, in: &fresh)
        probe = fresh ?? probe
        return UInt64(probe.usedSlots) * BounceDeclaration.slotSize
    }
}

extension MappingRecord {
    /// The slot of a segment; nil: it has none.
    func slot(of index: Int) -> UInt64? { index < slots.count ? slots[index] : nil }
}

extension DMAAttributes {
    /// What is mapped is not memory.
    static let mmio = DMAAttributes(rawValue: 1 << 10)
    /// The mapping is to fail rather than to need maintenance.
    static let requireCoherent = DMAAttributes(rawValue: 1 << 12)
}
