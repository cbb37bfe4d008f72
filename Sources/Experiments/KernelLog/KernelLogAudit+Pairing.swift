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
        let mapping = LoggedMapping(
            kind: isResource ? .resource : .page, device: event.device, direction: direction,
            attributes: event.attributes, dma: event.dmaAddress, physical: event.physicalAddress,
            size: event.size, line: event.line)
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
                against: 0,
                "the address is DMA_MAPPING_ERROR: dma_mapping_error() was not asked")
            return
        }
        let kind = LoggedMapping.Kind(releasedBy: event.kind)
        let place = table.best(for: event, kind)
        let mapping = place.map { table[$0] }
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
        guard let place, let mapping else {
            unmatchedRelease(event, &bill, at: event.dmaAddress, key: event.dmaAddress)
            return
        }
        compare(mapping, with: event, kind, &bill)
        // A list stays until its own release: without one of its segments it could not be walked any more.
        if mapping.kind != .list { remove(place, line: event.line) }
    }

    /// Finds what a release says otherwise than its map: the worst alone.
    private mutating func compare(
        _ mapping: LoggedMapping, with event: KernelLogEvent, _ kind: LoggedMapping.Kind,
        _ bill: inout Bill
    ) {
        if mapping.kind != kind {
            find(
                .releasedByOtherFunction, &bill, event, at: event.dmaAddress, size: event.size,
                against: mapping.line,
                "made by \(mapping.kind.name), released as by \(kind.name)'s counterpart")
        } else if mapping.size != event.size {
            find(
                .releasedWithOtherSize, &bill, event, at: event.dmaAddress, size: event.size,
                against: mapping.line, "\(mapping.size) bytes mapped, \(event.size) released")
        } else if let direction = event.direction, direction != mapping.direction {
            find(
                .releasedWithOtherDirection, &bill, event, at: event.dmaAddress, size: event.size,
                against: mapping.line,
                "mapped \(mapping.direction.name), released \(direction.name)")
        }
    }

    /// A release of what is not live: a second one, or one of something that was mapped before the log began.
    private mutating func unmatchedRelease(
        _ event: KernelLogEvent, _ bill: inout Bill, at address: UInt64, key: UInt64
    ) {
        if let before = history.line(event.device, key), before > lastLoss {
            find(
                .releasedTwice, &bill, event, at: address, size: event.size, against: before,
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
        for (index, size) in reader.sizes.enumerated() {
            let address = reader.dmaAddresses[index]
            let first = sync(event, &bill, half, direction, at: address, size: size)
            if index == 0, let first, first.isHead, !first.isTruncated,
                Int(first.entries) != reader.sizes.count
            {
                find(
                    .otherEntryCount, &bill, event, at: address, size: size, against: first.line,
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
        _ direction: DMADirection, at address: UInt64, size: UInt64
    ) -> LoggedMapping? {
        let (holder, part) = table.holder(device: event.device, of: address, size: size)
        let partial = part.map { table[$0] }
        let mapping = holder.map { table[$0] }
        let physical = mapping.map { $0.physical &+ (address - $0.dma) } ?? address
        _ = charge(
            &bill, half == .forCPU ? .forCPU : .forDevice, direction, [], at: physical, size: size)
        if let holder, let mapping {
            if mapping.direction != .bidirectional, mapping.direction != direction {
                find(
                    .syncWithOtherDirection, &bill, event, at: address, size: size,
                    against: mapping.line,
                    "mapped \(mapping.direction.name), synced \(direction.name)")
            }
            table[holder].isSynced = half == .forCPU
            if half == .forCPU, direction.deviceWrites {
                result.savings.noteSync(of: size, in: mapping.size)
            }
        } else if let partial {
            find(
                .syncBeyondMapping, &bill, event, at: address, size: size, against: partial.line,
                "\(partial.size) bytes mapped at 0x\(String(partial.dma, radix: 16)), the sync ends "
                    + "\(address - partial.dma + size - partial.size) bytes behind them")
        } else if let before = history.line(event.device, address), before > lastLoss {
            find(
                .syncAfterRelease, &bill, event, at: address, size: size, against: before,
                "released before, and not mapped since")
        } else {
            result.devices[Int(event.device)].unmatched += 1
        }
        return mapping
    }

    // MARK: Lines

    /// Finds live mappings of the device in the first or the last line of a new one, where a device writes to one of
    /// the two.
    private mutating func findSharedLines(
        _ new: LoggedMapping, _ event: KernelLogEvent, _ bill: inout Bill
    ) {
        guard new.size > 0, !result.devices[Int(new.device)].isCoherent,
            new.attributes.isDisjoint(with: .skipCPUSync)
        else { return }
        let lineSize = lineSize
        let mask = ~(lineSize - 1)
        let first = new.dma & mask
        let last = (new.dma + (new.size - 1)) & mask
        var other: LoggedMapping?
        var line = first
        while true {
            if line < mask {
                table.forEach(device: new.device, overlapping: line..<line + lineSize) { mapping in
                    guard mapping.kind.isStreaming, mapping.line != new.line,
                        mapping.attributes.isDisjoint(with: .skipCPUSync),
                        mapping.direction.deviceWrites || new.direction.deviceWrites
                    else { return }
                    other = mapping
                }
            }
            if line == last { break }
            line = last
        }
        guard let other else { return }
        let seesIt =
            other.dma & mask == new.dma & mask && other.direction != .toDevice
            && new.direction != .toDevice
        find(
            .sharedLine, &bill, event, at: new.dma, size: new.size, against: other.line,
            dmaDebug: seesIt,
            "\(other.size) bytes at 0x\(String(other.dma, radix: 16)) are mapped "
                + "\(other.direction.name) in the same line of \(lineSize) bytes")
    }
}
