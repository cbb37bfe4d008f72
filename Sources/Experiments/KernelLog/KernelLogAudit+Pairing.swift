import Operations
import Traces

// What matches what, by the rules of the kernel's own check (kernel/dma/debug.c, linux-dma.md §3): a release names the
// address that the map returned; of several mappings there the one that fits best is meant. A sync must lie within
// one mapping. What was mapped before the log began is no fault, and neither is what follows a note of lost events.

extension KernelLogAudit {
    // MARK: One range

    mutating func map(_ event: KernelLogEvent, _ bill: inout Bill) {
        guard !Self.isError(event.dmaAddress), let direction = event.direction else {
            result.devices[Int(event.device)].failed += 1
            return
        }
        let isResource = event.kind == .mapResource
        let bounces = takeBounce(event, size: event.size)
        let mapping = LoggedMapping(
            kind: isResource ? .resource : .page, device: event.device, direction: direction,
            attributes: event.attributes, dma: event.dmaAddress, physical: event.physicalAddress,
            size: event.size, cachedBytes: isResource || bounces ? 0 : max(event.size, 1),
            line: event.line)
        if !isResource {
            findSharedLines(mapping, event, &bill)
            let forDevice = charge(
                &bill, .forDevice, direction, event.attributes, at: event.physicalAddress,
                size: event.size)
            noteCopy(mapping, forDevice)
        }
        _ = insert(mapping, &bill)
        close(&bill, .forDevice, direction, event.attributes)
    }

    mutating func release(_ event: KernelLogEvent, _ bill: inout Bill) {
        guard !Self.isError(event.dmaAddress) else {
            find(
                .failedMapReleased, &bill, event, at: event.dmaAddress, size: event.size,
                against: 0, LogReport(.e2),
                "the address is DMA_MAPPING_ERROR: dma_mapping_error() was not asked")
            return
        }
        let kind = LoggedMapping.Kind(releasedBy: event.kind)
        let best = table.best(for: event, kind)
        let mapping = best.map { table[$0.place] }
        if kind == .page {
            let direction = event.direction ?? mapping?.direction ?? .bidirectional
            // The kernel works on what the call says, matched or not; an unknown place in memory has the same place
            // in its line.
            let counts = charge(
                &bill, .forCPU, direction, event.attributes,
                at: mapping?.physical ?? event.dmaAddress, size: event.size)
            if direction.deviceWrites, let mapping, mapping.size == event.size,
                event.attributes.isDisjoint(with: .skipCPUSync)
            {
                result.savings.noteRelease(counts, wasSynced: mapping.isSynced)
            }
            close(&bill, .forCPU, direction, event.attributes)
        }
        guard let best, let mapping else {
            unmatchedRelease(event, &bill, at: event.dmaAddress, key: event.dmaAddress)
            return
        }
        compare(mapping, isMeant: best.isMeant, with: event, kind, &bill)
        // A list stays until its own release: without one of its segments it could not be walked any more.
        if mapping.kind != .list { remove(best.place, line: event.line) }
    }

    /// A release of what is not live: a second one, or one of something that was mapped before the log began.
    private mutating func unmatchedRelease(
        _ event: KernelLogEvent, _ bill: inout Bill, at address: UInt64, key: UInt64
    ) {
        if let before = history.release(event.device, key), before.line > lastLoss {
            find(
                .releasedTwice, &bill, event, at: address, size: event.size, against: before.line,
                LogReport(.e3, .number(address), .number(event.size)),
                "released before, and not mapped since")
        } else {
            result.devices[Int(event.device)].unmatched += 1
        }
    }

    // MARK: Allocations

    mutating func allocate(
        _ event: KernelLogEvent, _ reader: KernelLogReader, _ bill: inout Bill
    ) {
        // Before 6.13 a failed allocation is not told; from then on NULL at address 0.
        guard !Self.isError(event.dmaAddress), !(event.isNull && event.dmaAddress == 0) else {
            result.devices[Int(event.device)].failed += 1
            return
        }
        let direction = event.direction ?? .bidirectional
        let kind: LoggedMapping.Kind =
            event.kind == .alloc ? .coherent : event.kind == .allocPages ? .pages : .table
        _ = charge(
            &bill, kind == .coherent ? .coherent : .noncoherent, direction, event.attributes,
            at: event.dmaAddress, size: event.size)
        _ = insert(
            LoggedMapping(
                kind: kind, device: event.device, direction: direction,
                attributes: event.attributes, dma: event.dmaAddress,
                physical: reader.physicalAddresses.first ?? event.dmaAddress, size: event.size,
                line: event.line), &bill)
        close(&bill, .allocation, direction, event.attributes)
    }

    // MARK: Syncs

    mutating func sync(_ event: KernelLogEvent, _ bill: inout Bill) {
        guard let direction = event.direction else {
            result.devices[Int(event.device)].unmatched += 1
            return
        }
        let half: LogDevice.Half = event.kind == .syncSingleForCPU ? .forCPU : .forDevice
        sync(event, &bill, half, direction, at: event.dmaAddress, size: event.size)
        result.devices[Int(event.device)].syncs += 1
        close(&bill, half, direction, [])
    }

    mutating func syncList(
        _ event: KernelLogEvent, _ reader: KernelLogReader, _ bill: inout Bill
    ) {
        guard let direction = event.direction else {
            result.devices[Int(event.device)].unmatched += 1
            return
        }
        let half: LogDevice.Half = event.kind == .syncSGForCPU ? .forCPU : .forDevice
        var isUnknown = false
        for (index, size) in reader.sizes.enumerated() {
            let address = reader.dmaAddresses[index]
            let first = sync(
                event, &bill, half, direction, at: address, size: size,
                isSilent: index == 0 || isUnknown)
            // Where the first entry is not found dma-debug says nothing of any.
            if index == 0 { isUnknown = first == nil }
            if index == 0, let first, first.isHead, !first.isTruncated,
                Int(first.entries) != reader.sizes.count
            {
                find(
                    .otherEntryCount, &bill, event, at: address, size: size, against: first.line,
                    first.direction == .bidirectional
                        ? nil
                        : LogReport(
                            .e18, .number(UInt64(first.entries)),
                            .number(UInt64(reader.sizes.count))),
                    "\(first.entries) entries mapped, \(reader.sizes.count) synced")
            }
        }
        result.devices[Int(event.device)].syncs += 1
        close(&bill, half, direction, [])
    }

    /// Syncs one range.
    ///
    /// - Returns: the mapping that it lies in, if there is one.
    @discardableResult
    private mutating func sync(
        _ event: KernelLogEvent, _ bill: inout Bill, _ half: LogDevice.Half,
        _ direction: DMADirection, at address: UInt64, size: UInt64, isSilent: Bool = false
    ) -> LoggedMapping? {
        let (holder, part) = table.holder(device: event.device, of: address, size: size)
        let partial = part.map { table[$0] }
        let mapping = holder.map { table[$0] }
        let physical = mapping.map { $0.physical &+ (address - $0.dma) } ?? address
        _ = charge(
            &bill, half == .forCPU ? .forCPU : .forDevice, direction, [], at: physical, size: size)
        if let holder, let mapping {
            compare(mapping, &bill, event, half, direction, at: address, size: size)
            table[holder].isSynced = half == .forCPU
            if half == .forCPU, direction.deviceWrites {
                result.savings.noteSync(of: size, in: mapping.size)
            }
        } else if let partial {
            find(
                .syncBeyondMapping, &bill, event, at: address, size: size, against: partial.line,
                isSilent ? nil : LogReport(.e13, .number(address), .number(size)),
                "\(partial.size) bytes mapped at 0x\(String(partial.dma, radix: 16)), the sync ends "
                    + "\(address - partial.dma + size - partial.size) bytes behind them")
        } else if let before = history.release(event.device, address), before.line > lastLoss {
            find(
                .syncAfterRelease, &bill, event, at: address, size: size, against: before.line,
                isSilent ? nil : LogReport(.e13, .number(address), .number(size)),
                "released before, and not mapped since")
        } else {
            result.devices[Int(event.device)].unmatched += 1
        }
        return mapping
    }
}
