import Operations
import Quantities

extension Lowering {
    mutating func lowerMap(
        _ call: DMACall, into output: inout [Operation]
    ) throws(LoweringError) {
        let function = call.function
        guard let device = call.device else { throw .missing(function, .device) }
        guard function.takesList || call.segments.count == 1 else {
            throw .missing(function, .segment)
        }
        guard let direction = call.direction else { throw .missing(function, .direction) }
        guard direction != .none else { throw .noDirection(function) }
        for segment in call.segments { try check(function, segment) }
        let steps = try Self.describe(
            function, direction: direction, isCoherent: coherentDevices.contains(device),
            attributes: call.attributes, profile: profile)
        try expand(steps, of: call.function, over: call.segments, into: &output)
        allocations[call.handle] = nil
        mappings[call.handle] = MappingRecord(
            handle: call.handle, function: function, device: device, segments: call.segments,
            direction: direction, attributes: call.attributes, sequence: takeSequence())
    }

    /// Lowers an unmap or a sync.
    ///
    /// What the call does not say is what the handle's map said. What it says is what the kernel acts on, even if
    /// the map said otherwise, and even if the handle is no longer mapped: the kernel does not check.
    mutating func lowerTransfer(
        _ call: DMACall, into output: inout [Operation]
    ) throws(LoweringError) {
        let function = call.function
        let kind = CallClass(function)
        let isUnmap = kind == .unmap || kind == .unmapResource
        let target = try transferTarget(of: call)
        let direction = call.direction ?? target.direction
        guard direction != DMADirection.none else { throw .noDirection(function) }
        let segments = try range(of: call, in: target.segments)
        // A sync has no attributes: what the map skipped, a sync does.
        let steps = try Self.describe(
            function, direction: direction,
            isCoherent: coherentDevices.contains(call.device ?? target.device),
            attributes: isUnmap ? call.attributes : [], profile: profile)
        try expand(steps, of: function, over: segments, into: &output)
        if isUnmap { mappings[call.handle]?.isLive = false }
    }

    /// Puts all entries of a call into its steps.
    ///
    /// A batched call waits once, after its last entry.
    private func expand(
        _ steps: [LoweringStep], of function: DMACall.Function, over segments: [DMACall.Segment],
        into output: inout [Operation]
    ) throws(LoweringError) {
        guard !steps.isEmpty, !segments.isEmpty else { return }
        let isBatched = try Self.streamingRow(function, profile).isBatched
        for segment in segments {
            expand(
                steps, over: segment.start, size: segment.size, isBatched: isBatched, into: &output)
        }
        if isBatched { output.append(.barrier(Barrier(.dsb))) }
    }

    /// Lowers a question about a mapping, which costs nothing.
    mutating func lowerQuery(_ call: DMACall) throws(LoweringError) {
        try Self.checkExistence(of: call.function, profile)
        _ = try transferTarget(of: call)
        if call.function == .mappingError { mappings[call.handle]?.isErrorChecked = true }
    }

    /// What a handle stands for: mapped memory, or allocated memory that the driver syncs.
    private func transferTarget(
        of call: DMACall
    ) throws(LoweringError) -> (
        device: Agent, segments: [DMACall.Segment], direction: DMADirection?
    ) {
        if let mapping = mappings[call.handle] {
            return (mapping.device, mapping.segments, mapping.direction)
        }
        if let allocation = allocations[call.handle] {
            let segment = DMACall.Segment(at: allocation.start, size: allocation.size)
            return (allocation.device, [segment], allocation.direction)
        }
        _ = try Self.linux(call.function, profile)
        throw .unknownHandle(call.function, call.handle)
    }

    /// The bytes that an unmap or a sync names.
    ///
    /// A count above the list's length is cut to it: the kernel would run off the end of the list.
    private func range(
        of call: DMACall, in segments: [DMACall.Segment]
    ) throws(LoweringError) -> [DMACall.Segment] {
        switch call.function {
        case .unmapSG, .syncSGForCPU, .syncSGForDevice, .unmapSGTable, .syncSGTableForCPU,
            .syncSGTableForDevice:
            return Array(segments.prefix(Int(clamping: call.count ?? UInt64(segments.count))))
        default:
            guard let whole = segments.first else { return [] }
            let offset = call.offset ?? 0
            guard call.size != nil || offset <= whole.size else {
                throw .offsetOutside(call.function, offset: offset, size: whole.size)
            }
            guard !whole.start.address.rawValue.addingReportingOverflow(offset).overflow else {
                throw .rangeTooLong(
                    call.function, start: whole.start.address.rawValue, size: offset)
            }
            let part = DMACall.Segment(
                at: whole.start.advanced(by: offset), size: call.size ?? (whole.size - offset))
            try check(call.function, part)
            return [part]
        }
    }

    /// Refuses a range whose end, rounded to pages, or whose physical end does not fit into 64 bits.
    func check(
        _ function: DMACall.Function, _ segment: DMACall.Segment
    ) throws(LoweringError) {
        let start = segment.start.address.rawValue
        let mapping = memoryMap.mapping(of: start)
        for first in [start, mapping.physical &+ (start - mapping.start)] {
            let (end, overflow) = first.addingReportingOverflow(segment.size)
            guard !overflow, end <= UInt64.max - Self.pageSize else {
                throw .rangeTooLong(function, start: start, size: segment.size)
            }
        }
    }
}

extension DMACall.Function {
    /// Whether the call maps a list.
    var takesList: Bool { self == .mapSG || self == .mapSGTable }
}
