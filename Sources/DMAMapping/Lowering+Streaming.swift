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
        let plan = try plan(
            StreamingPlan.Key(
                function: function, direction: direction,
                isCoherent: coherentDevices.contains(device), attributes: call.attributes))
        var record = MappingRecord(
            handle: call.handle, function: function, device: device, segments: call.segments,
            direction: direction, attributes: call.attributes, sequence: takeSequence())
        // A map that the trace says to fail is as one that cannot be placed.
        if call.fails { record.isFailed = true } else { place(&record) }
        allocations[call.handle] = nil
        mappings[call.handle] = record
        // What was mapped before a list failed is unmapped again without maintenance; what was done to it is done.
        let placed = record.isFailed ? record.slots.count : record.segments.count
        let parts = record.segments.prefix(placed).enumerated().map { index, segment in
            MappedPart(segment, slot: record.slot(of: index))
        }
        expand(plan, over: parts, into: &output)
        note(record)
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
        let parts = try range(of: call, in: target.segments, slots: target.slots)
        // A sync has no attributes: what the map skipped, a sync does.
        let isCoherent = coherentDevices.contains(call.device ?? target.device)
        let attributes = isUnmap ? call.attributes : []
        let plan = try plan(
            StreamingPlan.Key(
                function: function, direction: direction, isCoherent: isCoherent,
                attributes: attributes))
        // There is no memory at `DMA_MAPPING_ERROR`.
        if mappings[call.handle]?.isFailed != true {
            expand(plan, over: parts, into: &output)
        }
        if isUnmap { release(call.handle) }
    }

    /// What a streaming call does, found in the tables once for all calls that are alike.
    ///
    /// - Throws: if no table says it; that is found out anew for each call.
    private mutating func plan(
        _ key: StreamingPlan.Key
    ) throws(LoweringError) -> StreamingPlan {
        if let known = plans[key] { return known }
        let direct = try Self.describe(
            key.function, direction: key.direction, isCoherent: key.isCoherent,
            attributes: key.attributes, profile: profile)
        let bounced = try Self.describe(
            key.function, direction: key.direction, isCoherent: key.isCoherent,
            attributes: key.attributes, isBounced: true, profile: profile)
        let isUsed = !direct.isEmpty || !bounced.isEmpty
        let plan = StreamingPlan(
            direct: direct, bounced: bounced,
            isBatched: isUsed ? try Self.streamingRow(key.function, profile).isBatched : false)
        plans[key] = plan
        return plan
    }

    /// Puts all entries of a call into its steps.
    ///
    /// A batched call waits once, after its last entry.
    private func expand(
        _ plan: StreamingPlan, over parts: [MappedPart], into output: inout [Operation]
    ) {
        guard parts.contains(where: { !plan.steps($0).isEmpty }) else { return }
        for part in parts {
            expand(plan.steps(part), over: part, isBatched: plan.isBatched, into: &output)
        }
        let isMaintained = (plan.direct + plan.bounced).contains {
            if case .inner = $0 { true } else { false }
        }
        if plan.isBatched, isMaintained { output.append(.barrier(Barrier(.dsb))) }
    }

    /// The same for a call that is none of the streaming table's maps, unmaps and syncs.
    func expand(
        _ steps: [LoweringStep], of function: DMACall.Function, over parts: [MappedPart],
        into output: inout [Operation]
    ) throws(LoweringError) {
        guard !parts.isEmpty, !steps.isEmpty else { return }
        let isBatched = try Self.streamingRow(function, profile).isBatched
        expand(
            StreamingPlan(direct: steps, bounced: steps, isBatched: isBatched), over: parts,
            into: &output)
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
        device: Agent, segments: [DMACall.Segment], slots: [UInt64?], direction: DMADirection?
    ) {
        if let mapping = mappings[call.handle] {
            return (mapping.device, mapping.segments, mapping.slots, mapping.direction)
        }
        if let allocation = allocations[call.handle] {
            let segment = DMACall.Segment(at: allocation.start, size: allocation.size)
            return (allocation.device, [segment], [], allocation.direction)
        }
        _ = try Self.linux(call.function, profile)
        throw .unknownHandle(call.function, call.handle)
    }

    /// The bytes that an unmap or a sync names.
    ///
    /// A count above the list's length is cut to it: the kernel would run off the end of the list.
    private func range(
        of call: DMACall, in segments: [DMACall.Segment], slots: [UInt64?]
    ) throws(LoweringError) -> [MappedPart] {
        switch call.function {
        case .unmapSG, .syncSGForCPU, .syncSGForDevice, .unmapSGTable, .syncSGTableForCPU,
            .syncSGTableForDevice:
            let count = Int(clamping: call.count ?? UInt64(segments.count))
            return segments.prefix(count).enumerated().map { index, segment in
                MappedPart(segment, slot: index < slots.count ? slots[index] : nil)
            }
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
            let start = call.dmaAddress ?? whole.start
            let part = DMACall.Segment(
                at: start.advanced(by: offset), size: call.size ?? (whole.size - offset))
            try check(call.function, part)
            return [MappedPart(part, slot: slots.first.flatMap { $0 }.map { $0 &+ offset })]
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

/// What a streaming call does before it meets an address.
struct StreamingPlan: Sendable {
    /// What decides it.
    struct Key: Hashable, Sendable {
        var function: DMACall.Function
        var direction: DMADirection?
        var isCoherent: Bool
        var attributes: DMAAttributes
    }

    /// Its steps for a part of a mapping that has no bounce slot.
    var direct: [LoweringStep]
    /// Its steps for one that has.
    var bounced: [LoweringStep]
    /// Whether the call waits once for all of its entries.
    var isBatched: Bool

    func steps(_ part: MappedPart) -> [LoweringStep] { part.slot == nil ? direct : bounced }
}

extension DMACall.Function {
    /// Whether the call maps a list.
    var takesList: Bool { self == .mapSG || self == .mapSGTable }
}
