import Operations
import Quantities

/// Further mappings of allocations: for user space, and for the kernel itself.
extension Lowering {
    /// Lowers `dma_mmap_*` and `dma_vmap_noncontiguous`: the same bytes get a second address, with a type of its own.
    ///
    /// No cache is maintained: the kernel counts on the type being the allocation's own.
    mutating func lowerFurtherMapping(
        _ call: DMACall, into output: inout [Operation]
    ) throws(LoweringError) {
        let function = call.function
        let record = try allocation(of: call)
        let steps = try Self.describe(
            function, isCoherent: coherentDevices.contains(record.device),
            attributes: call.attributes, profile: profile)
        if function == .vmapNoncontiguous {
            let isTranslated = reach[record.device]?.hasIOMMU ?? false
            guard isTranslated == !call.segments.isEmpty else {
                throw .invalidMapping(
                    function,
                    reason: isTranslated
                        ? "no address, and pages behind an IOMMU get a mapping of their own"
                        : "an address, and without an IOMMU the kernel gives that which the pages have",
                    expected: isTranslated
                        ? "the address of the mapping"
                        : "no address, or the word iommu in the device's declaration")
            }
        }
        guard let place = call.segments.first else { return }
        let offset = call.offset ?? 0
        try checkPages(function, place, offset: offset, of: record)
        let bytes = Self.wholePages(place.size)
        let source = record.start.address.rawValue + offset
        let start = place.start.address.rawValue
        for case .map(let type) in steps {
            let mapping = MemoryMapping(
                start: start, end: start + bytes, physical: memoryMap.physical(of: source),
                type: type, shareability: type == .writeBack ? .innerShareable : .outerShareable)
            // An outer cache is maintained by physical address, also for who uses the second one.
            memoryMap.insert(mapping)
            output.append(.map(mapping))
            if function == .vmapNoncontiguous {
                allocations[call.handle]?.kernelMapping = mapping
            }
        }
    }

    /// Lowers `dma_vunmap_noncontiguous`: what is at the address is memory of its own again.
    mutating func lowerMappingEnd(
        _ call: DMACall, into output: inout [Operation]
    ) throws(LoweringError) {
        let record = try allocation(of: call)
        try Self.checkExistence(of: call.function, profile)
        guard var mapping = record.kernelMapping else { return }
        mapping.physical = mapping.start
        memoryMap.insert(mapping)
        output.append(.map(mapping))
        allocations[call.handle]?.kernelMapping = nil
    }

    /// Notes what a driver says of its device.
    ///
    /// Segment sizes and boundaries are for dma-debug alone.
    mutating func lowerSetting(_ call: DMACall) throws(LoweringError) {
        let function = call.function
        _ = try Self.linux(function, profile)
        try Self.checkExistence(of: function, profile)
        guard let device = call.device else { throw .missing(function, .device) }
        guard let setting = call.setting else { throw .missing(function, .size) }
        guard !call.fails else { return }
        let bits = Int(clamping: setting)
        if function.setsStreamingMask { reach[device, default: DMAReach()].maskBits = bits }
        if function.setsCoherentMask { reach[device, default: DMAReach()].coherentMaskBits = bits }
    }

    /// What a call maps or unmaps: whole pages of an allocator.
    private func allocation(of call: DMACall) throws(LoweringError) -> AllocationRecord {
        _ = try Self.linux(call.function, profile)
        guard let record = allocations[call.handle] else {
            guard mappings[call.handle] != nil || ranges[call.handle] != nil else {
                throw .unknownHandle(call.function, call.handle)
            }
            throw .notAnAllocation(call.function, call.handle)
        }
        guard record.pool == .none else { throw .notAnAllocation(call.function, call.handle) }
        return record
    }

    /// Refuses what the kernel returns `-ENXIO` for, and what no virtual memory area is.
    private func checkPages(
        _ function: DMACall.Function, _ place: DMACall.Segment, offset: UInt64,
        of record: AllocationRecord
    ) throws(LoweringError) {
        for (what, value) in [("address", place.start.address.rawValue), ("offset", offset)]
        where value % Self.pageSize != 0 {
            throw .invalidMapping(
                function,
                reason: "\(what) 0x\(String(value, radix: 16))",
                expected: "a multiple of \(Self.pageSize): whole pages are mapped")
        }
        try check(function, place)
        guard offset < record.bytes, Self.wholePages(place.size) <= record.bytes - offset else {
            throw .invalidMapping(
                function,
                reason: "\(place.size) bytes from offset \(offset) of an allocation of "
                    + "\(record.bytes) bytes in whole pages: the kernel returns -ENXIO",
                expected: "no more than there is")
        }
    }
}
