import Operations
import Traces

// Scatter-gather lists. A map tells where each entry is in memory, and how long each segment is for the device. Without
// an IOMMU both are the same; behind one, several entries may be one segment, and their own lengths are told nowhere.

extension LogConversion {
    mutating func mapList(_ call: inout CallMaker, _ reader: KernelLogReader) {
        let event = call.event
        guard let direction = event.direction else {
            return refuse(&call, .noDirection, "no direction")
        }
        guard !reader.physicalAddresses.isEmpty, !reader.dmaAddresses.isEmpty else {
            return refuse(&call, .failed, "failed")
        }
        let made = sayList(&call, reader, direction)
        var last: Int32 = -1
        let isDirect = reader.physicalAddresses.count == reader.dmaAddresses.count
        for (index, dma) in reader.dmaAddresses.enumerated() {
            let physical =
                isDirect || index == 0 ? reader.physicalAddresses[index] : dma
            var mapping = LoggedMapping(
                kind: .list, device: event.device, direction: direction,
                attributes: event.attributes, dma: dma, physical: physical,
                size: reader.sizes[index], line: event.line)
            if index == 0 {
                mapping.isHead = true
                mapping.entries = Int32(clamping: event.entries)
                mapping.isTruncated = event.isTruncated || made.entries < event.entries
            }
            // Behind an IOMMU only the first segment has a known place among the entries.
            let place = insert(
                mapping, isDirect || index == 0 ? made : Made(function: .mapSG, handle: .none))
            if last >= 0 { table[last].next = place }
            last = place
        }
    }

    /// Says the map of a list, as far as it can be said.
    private mutating func sayList(
        _ call: inout CallMaker, _ reader: KernelLogReader, _ direction: DMADirection
    ) -> Made {
        let unsaid = Made(function: .mapSG, handle: .none)
        let event = call.event
        guard let sizes = entrySizes(reader) else {
            refuse(&call, .unknownLengths, "entries without known lengths")
            return unsaid
        }
        var segments: [DMACall.Segment] = []
        var length = 0
        var room = UInt64.max - 8_192
        for (address, size) in zip(reader.physicalAddresses, sizes) {
            guard isSayable(&call, address, size), size <= room else { return unsaid }
            room -= size
            length += 4 + String(address, radix: 16).utf8.count + String(size).utf8.count
            guard length <= 3_600 else { break }
            segments.append(DMACall.Segment(at: Operand(address), size: size))
        }
        if reader.dmaAddresses != reader.physicalAddresses { notes.add(.addresses) }
        let told = reader.physicalAddresses.count
        if event.entries > told {
            notes.add(.cutEntries, UInt64(event.entries - told))
            call.mark("\(told) of \(event.entries) entries told")
        }
        if told > segments.count {
            notes.add(.longLists, UInt64(told - segments.count))
            call.mark("\(segments.count) of \(told) entries said")
        }
        return make(&call, DMACall(.mapSG, segments: segments, direction: direction))
    }

    /// How long each entry is; nil if nothing tells it.
    ///
    /// Where there are fewer segments than entries, an IOMMU joined them: within a segment all but the last entry end a
    /// page. Those are taken to be no longer than to the end of their own page; if that does not come out even at the end
    /// of each segment, their lengths are not known.
    private mutating func entrySizes(_ reader: KernelLogReader) -> [UInt64]? {
        let entries = reader.physicalAddresses
        guard entries.count > reader.sizes.count else { return reader.sizes }
        var sizes: [UInt64] = []
        for segment in reader.sizes {
            var rest = segment
            while rest > 0, sizes.count < entries.count {
                let page = 4_096 - entries[sizes.count] & 4_095
                let size = min(rest, page)
                sizes.append(size)
                rest -= size
            }
            guard rest == 0 else { return nil }
        }
        guard sizes.count == entries.count else { return nil }
        notes.add(.filledPages)
        return sizes
    }

    mutating func releaseList(_ call: inout CallMaker, _ reader: KernelLogReader) {
        let event = call.event
        guard let first = reader.physicalAddresses.first else {
            return refuse(&call, .noBytes, "no entries")
        }
        let told = UInt64(reader.physicalAddresses.count)
        var said = DMACall(.unmapSG)
        guard let head = table.list(device: event.device, physical: first) else {
            guard let handle = handles.released(event.device, ~first) else {
                return refuse(
                    &call, .unmatchedRelease,
                    "\(told) entries from \(Self.hexadecimal(first)) on, never mapped in this log")
            }
            said.handle = handle
            said.direction = event.direction
            said.attributes = attributes(&call, of: .unmapSG)
            return call.say(said)
        }
        let list = table[head]
        let made = made[Int(head)]
        if made.handle == .none {
            refuse(&call, .unsaid, "its map could not be said")
        } else {
            said.handle = made.handle
            if !list.isTruncated, !event.isTruncated, told != UInt64(list.entries) {
                said.count = told
            }
            if event.direction != list.direction { said.direction = event.direction }
            said.attributes = attributes(&call, of: .unmapSG)
            call.say(said)
        }
        var place = head
        while place >= 0 {
            let next = table[place].next
            remove(place, addresses: place == head ? [~first] : [])
            place = next
        }
    }
}
