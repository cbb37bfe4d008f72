import Operations
import Traces

// Calls on one range, and allocations.

extension LogConversion {
    mutating func map(_ call: inout CallMaker) {
        let event = call.event
        guard !KernelLogAudit.isError(event.dmaAddress) else {
            return refuse(&call, .failed, "failed")
        }
        guard let direction = event.direction else {
            return refuse(&call, .noDirection, "no direction")
        }
        let isResource = event.kind == .mapResource
        let mapping = LoggedMapping(
            kind: isResource ? .resource : .page, device: event.device, direction: direction,
            attributes: event.attributes, dma: event.dmaAddress, physical: event.physicalAddress,
            size: event.size, line: event.line)
        guard isSayable(&call, event.physicalAddress, event.size) else {
            insert(mapping, Made(function: .mapPage, handle: .none))
            return
        }
        if event.dmaAddress != event.physicalAddress { notes.add(.addresses) }
        let isMMIO = isResource || !hasPhys && event.attributes.contains(Self.mmio)
        let function: DMACall.Function =
            isMMIO ? .mapResource : isPhys(event) ? .mapPhys : .mapPage
        let made = make(
            &call,
            DMACall(
                function,
                segments: [DMACall.Segment(at: Operand(event.physicalAddress), size: event.size)],
                direction: direction))
        if options.asksForErrors {
            call.say(DMACall(.mappingError, handle: made.handle))
            notes.add(.errorChecks)
        }
        insert(mapping, made)
    }

    mutating func release(_ call: inout CallMaker) {
        let event = call.event
        guard !KernelLogAudit.isError(event.dmaAddress) else {
            return refuse(&call, .failedRelease, "the address is DMA_MAPPING_ERROR")
        }
        let kind = LoggedMapping.Kind(releasedBy: event.kind)
        guard let place = table.best(for: event, kind)?.place else {
            guard let handle = handles.released(event.device, event.dmaAddress) else {
                return refuse(&call, .unmatchedRelease, "never mapped in this log")
            }
            let function = release(of: kind, Made(function: .mapPage, handle: handle), event)
            return sayRelease(&call, function, handle, size: nil, direction: nil)
        }
        let mapping = table[place]
        let made = made[Int(place)]
        if mapping.kind == .list {
            // A list stays until its own release.
            guard mapping.isHead, made.handle != .none else {
                return refuse(&call, .partialLists, "one entry of a list")
            }
            let function = release(of: kind, made, event)
            return sayRelease(&call, function, made.handle, size: nil, direction: mapping.direction)
        }
        if made.handle == .none {
            refuse(&call, .unsaid, "its map could not be said")
        } else {
            sayRelease(
                &call, release(of: kind, made, event), made.handle, size: mapping.size,
                direction: mapping.direction)
        }
        remove(place)
    }

    /// The call that releases something of a kind.
    private func release(
        of kind: LoggedMapping.Kind, _ made: Made, _ event: KernelLogEvent
    ) -> DMACall.Function {
        switch kind {
        case .page, .list:
            made.function == .mapResource && event.attributes.contains(Self.mmio)
                ? .unmapResource : isPhys(event) ? .unmapPhys : .unmapPage
        case .resource: .unmapResource
        case .coherent:
            made.function == .allocAttrs || !event.attributes.isEmpty ? .freeAttrs : .freeCoherent
        case .pages: .freePages
        case .table: .freeNoncontiguous
        }
    }

    /// Says a release, with what it says otherwise than its map.
    private mutating func sayRelease(
        _ call: inout CallMaker, _ function: DMACall.Function, _ handle: SymbolID, size: UInt64?,
        direction: DMADirection?
    ) {
        let event = call.event
        var said = DMACall(function, handle: handle)
        let isOtherSize = event.size != size && event.size > 0
        let isOtherDirection = event.direction != nil && event.direction != direction
        switch function {
        case .unmapPage, .unmapPhys:
            if isOtherSize { said.size = event.size }
            if isOtherDirection { said.direction = event.direction }
        case .unmapResource:
            if isOtherSize || isOtherDirection, size != nil {
                notes.add(.attributes)
                call.mark("dma_unmap_resource says neither size nor direction")
            }
        default: if isOtherSize { said.size = event.size }
        }
        said.attributes = attributes(&call, of: function)
        call.say(said)
    }

    mutating func allocate(_ call: inout CallMaker, _ reader: KernelLogReader) {
        let event = call.event
        guard !KernelLogAudit.isError(event.dmaAddress), !(event.isNull && event.dmaAddress == 0)
        else { return refuse(&call, .failed, "failed") }
        let kind: LoggedMapping.Kind =
            event.kind == .alloc ? .coherent : event.kind == .allocPages ? .pages : .table
        let start = reader.physicalAddresses.first ?? event.dmaAddress
        let mapping = LoggedMapping(
            kind: kind, device: event.device, direction: event.direction ?? .bidirectional,
            attributes: event.attributes, dma: event.dmaAddress, physical: start, size: event.size,
            line: event.line)
        let unsaid = Made(function: .allocCoherent, handle: .none)
        guard isSayable(&call, start, event.size) else {
            insert(mapping, unsaid)
            return
        }
        guard start & 4_095 == 0 else {
            insert(mapping, unsaid)
            return refuse(&call, .unaligned, "the allocator gives whole pages")
        }
        if start != event.dmaAddress { notes.add(.addresses) }
        if reader.physicalAddresses.count > 1 { notes.add(.scattered) }
        if event.direction ?? .bidirectional != .bidirectional { notes.add(.directions) }
        let function: DMACall.Function =
            switch kind {
            case .pages: .allocPages
            case .table: .allocNoncontiguous
            default: event.attributes.isEmpty ? .allocCoherent : .allocAttrs
            }
        let made = make(
            &call,
            DMACall(
                function, segments: [DMACall.Segment(at: Operand(start), size: event.size)]))
        insert(mapping, made)
    }
}
