import Operations
import Traces

// Scatter-gather lists. A map tells the physical addresses of all entries, and addresses and lengths of the DMA
// segments; an unmap tells physical addresses alone, so that its lengths are those of the map. Behind an IOMMU there
// may be fewer segments than entries: then maintenance is counted over the segments, whose ends within a page are
// those of the entries, and the barriers of the entries that have no segment of their own are not counted.

extension KernelLogAudit {
    mutating func mapList(
        _ event: KernelLogEvent, _ reader: KernelLogReader, _ bill: inout Bill
    ) {
        guard let direction = event.direction, let first = reader.physicalAddresses.first,
            !reader.dmaAddresses.isEmpty
        else {
            result.devices[Int(event.device)].failed += 1
            return
        }
        let isDirect = reader.physicalAddresses.count == reader.dmaAddresses.count
        if event.isTruncated || event.entries > reader.physicalAddresses.count {
            result.cutLists += 1
            result.cutEntries += UInt64(max(0, event.entries - reader.physicalAddresses.count))
        }
        // Which entry bounces is not told: all of the list are left out.
        let bounces = reader.sizes.contains { takeBounce(event, size: $0) }
        var last: Int32 = -1
        for (index, dma) in reader.dmaAddresses.enumerated() {
            let physical = isDirect ? reader.physicalAddresses[index] : index == 0 ? first : dma
            let size = reader.sizes[index]
            var mapping = LoggedMapping(
                kind: .list, device: event.device, direction: direction,
                attributes: event.attributes, dma: dma, physical: physical, size: size,
                cachedBytes: bounces ? 0 : isDirect ? max(size, 1) : index == 0 ? 1 : 0,
                line: event.line)
            if index == 0 {
                mapping.isHead = true
                mapping.entries = Int32(clamping: event.entries)
                mapping.isTruncated = event.isTruncated
            }
            _ = charge(
                &bill, .forDevice, direction, event.attributes, at: isDirect ? physical : dma,
                size: size)
            findSharedLines(mapping, event, &bill)
            let place = insert(mapping, &bill)
            if last >= 0 { table[last].next = place }
            last = place
        }
        close(&bill, .forDevice, direction, event.attributes)
    }

    mutating func releaseList(
        _ event: KernelLogEvent, _ reader: KernelLogReader, _ bill: inout Bill
    ) {
        guard let direction = event.direction else {
            result.devices[Int(event.device)].unmatched += 1
            return
        }
        guard let first = reader.physicalAddresses.first,
            let head = table.list(device: event.device, physical: first)
        else {
            // Its lengths stood in the map alone.
            bill.costs.unpriced = direction == .toDevice ? 0 : 1
            close(&bill, .forCPU, direction, event.attributes)
            let physical = reader.physicalAddresses.first ?? 0
            if let before = history.release(event.device, ~physical), before.line > lastLoss {
                find(
                    .releasedTwice, &bill, event, at: physical, size: 0, against: before.line,
                    LogReport(.e3, .number(before.dma), .number(before.size)),
                    "the list was released before, and not mapped since")
            } else {
                result.devices[Int(event.device)].unmatched += 1
            }
            return
        }
        let list = table[head]
        let told = reader.physicalAddresses.count
        var wanted = told
        var place = head
        while place >= 0, wanted > 0 {
            let segment = table[place]
            let counts = charge(
                &bill, .forCPU, direction, event.attributes, at: segment.physical,
                size: segment.size)
            if direction.deviceWrites, event.attributes.isDisjoint(with: .skipCPUSync) {
                result.savings.noteRelease(counts, wasSynced: segment.isSynced)
            }
            wanted -= 1
            place = segment.next
        }
        close(&bill, .forCPU, direction, event.attributes)
        compare(list, with: event, direction, entries: told, &bill)
        removeList(of: head, line: event.line)
    }

    /// Takes a whole list away.
    private mutating func removeList(of first: Int32, line: UInt64) {
        history.note(table[first].device, ~table[first].physical, table[first], line: line)
        var place = first
        while place >= 0 {
            let next = table[place].next
            remove(place, line: line)
            place = next
        }
    }
}
