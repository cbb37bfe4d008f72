import Operations
import Quantities

extension Lowering {
    mutating func lowerAllocation(
        _ call: DMACall, into output: inout [Operation]
    ) throws(LoweringError) {
        let function = call.function
        guard let device = call.device else { throw .missing(function, .device) }
        guard let segment = call.segments.first, call.segments.count == 1 else {
            throw .missing(function, .segment)
        }
        let isCoherent = coherentDevices.contains(device)
        var steps = try Self.describe(
            function, isCoherent: isCoherent, attributes: call.attributes, profile: profile)
        try check(function, segment)
        guard segment.size > 0 else { throw .missing(function, .size) }
        guard segment.start.address.rawValue % Self.pageSize == 0 else {
            throw .notPageAligned(function, segment.start.address.rawValue)
        }
        let bytes = Self.wholePages(segment.size)
        let isApart =
            CallClass(function) == .allocateCoherent
            && isSetApart(segment.start.address.rawValue, bytes, for: device)
        if isApart { steps = [.zero] } else { noteReach(of: device, segment) }
        expand(steps, over: segment.start, size: bytes, into: &output)
        mappings[call.handle] = nil
        allocations[call.handle] = AllocationRecord(
            handle: call.handle, function: function, device: device, start: segment.start,
            size: segment.size, bytes: bytes, direction: call.direction,
            type: isApart ? .nonCacheable : Self.memoryType(after: steps), pool: .none,
            isSetApart: isApart, sequence: takeSequence())
    }

    /// Notes an allocation beyond what the device's driver told the kernel that it reaches (`dma_coherent_ok`).
    ///
    /// The trace says that there is memory, and so there is.
    private mutating func noteReach(of device: Agent, _ segment: DMACall.Segment) {
        let physical = memoryMap.physical(of: segment.start.address.rawValue)
        guard let own = reach[device], !own.allocates(physical, segment.size) else { return }
        failure = MapFailure(
            device: device, segment: segment,
            message: "the coherent mask has \(own.coherentMaskBits) bits: "
                + "the kernel allocates no memory at 0x\(String(physical, radix: 16)) for the device",
            isAllocation: true)
    }

    /// Lowers a free: the memory type goes back, and the caches are left alone.
    ///
    /// The size is the call's, if it has one, as for the kernel. A second free, or a free of what was not allocated,
    /// changes no mapping: the kernel finds none at the address, and complains.
    mutating func lowerFree(
        _ call: DMACall, into output: inout [Operation]
    ) throws(LoweringError) {
        let function = call.function
        _ = try Self.linux(function, profile)
        guard let record = allocations[call.handle] else {
            guard mappings[call.handle] != nil else { throw .unknownHandle(function, call.handle) }
            return
        }
        let steps = try Self.describe(
            function, isCoherent: coherentDevices.contains(call.device ?? record.device),
            attributes: call.attributes, profile: profile)
        let size = call.size ?? record.size
        try check(function, DMACall.Segment(at: record.start, size: size))
        // By another address other memory would go back, which nobody knows.
        let isFreed = call.cpuAddress.map { $0.address == record.start.address } ?? true
        if isFreed && size > 0 && record.isLive && record.pool == .none
            && record.type != .writeBack && !record.isSetApart
        {
            expand(steps, over: record.start, size: Self.wholePages(size), into: &output)
        }
        allocations[call.handle]?.isLive = false
    }

    /// The type that memory has after some steps.
    static func memoryType(after steps: [LoweringStep]) -> MemoryType {
        for case .setMemoryType(let type) in steps { return type }
        return .writeBack
    }

    /// A size in whole pages; checked before to fit.
    static func wholePages(_ size: UInt64) -> UInt64 {
        (size + pageSize - 1) & ~(pageSize - 1)
    }
}
