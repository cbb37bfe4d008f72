import Operations
import Traces

// Syncs tell the device's address: the live mapping that it lies in has the handle, and gives the offset.

extension LogConversion {
    mutating func sync(_ call: inout CallMaker) {
        let event = call.event
        sync(&call, at: event.dmaAddress, size: event.size)
    }

    /// Says the sync of one range.
    private mutating func sync(_ call: inout CallMaker, at address: UInt64, size: UInt64) {
        let event = call.event
        guard event.direction != nil else {
            return refuse(&call, .noDirection, "no direction")
        }
        guard size > 0 else { return refuse(&call, .noBytes, "no bytes") }
        var said = DMACall(
            event.kind == .syncSingleForCPU || event.kind == .syncSGForCPU
                ? .syncSingleForCPU : .syncSingleForDevice)
        let found = table.holder(device: event.device, of: address, size: size)
        guard let place = found.whole ?? found.part else {
            guard let handle = handles.released(event.device, address) else {
                return refuse(&call, .unmatchedSync, "not mapped in this log")
            }
            said.handle = handle
            said.direction = event.direction
            said.offset = 0
            said.size = size
            return call.say(said)
        }
        let mapping = table[place]
        let made = made[Int(place)]
        guard made.handle != .none, let entry = symbols[made.handle] else {
            return refuse(&call, .unsaid, "its map could not be said")
        }
        let start = mapping.physical &+ (address - mapping.dma)
        // An entry of a list is told from the list's first byte on.
        guard start >= entry.address else {
            return refuse(&call, .partialLists, "an entry below the list's first")
        }
        guard isSayable(&call, start, size) else { return }
        if mapping.kind == .list, made.entries > 1 { notes.add(.innerEntries) }
        said.handle = made.handle
        if start != entry.address || size != entry.size || made.entries > 1 {
            said.offset = start - entry.address
            said.size = size
        }
        if event.direction != mapping.direction { said.direction = event.direction }
        call.say(said)
    }

    mutating func syncList(_ call: inout CallMaker, _ reader: KernelLogReader) {
        let event = call.event
        guard event.direction != nil else { return refuse(&call, .noDirection, "no direction") }
        guard let first = reader.dmaAddresses.first else {
            return refuse(&call, .noBytes, "no entries")
        }
        var said = DMACall(event.kind == .syncSGForCPU ? .syncSGForCPU : .syncSGForDevice)
        if let place = head(of: event, first) {
            let mapping = table[place]
            let made = made[Int(place)]
            guard made.handle != .none else {
                return refuse(&call, .unsaid, "its map could not be said")
            }
            said.handle = made.handle
            if mapping.kind == .list, !mapping.isTruncated,
                Int(mapping.entries) != reader.sizes.count
            {
                said.count = UInt64(reader.sizes.count)
            }
            if event.direction != mapping.direction { said.direction = event.direction }
            return call.say(said)
        }
        let isKnown = table.holder(device: event.device, of: first, size: 1).whole != nil
        if !isKnown, let handle = handles.released(event.device, first) {
            said.handle = handle
            said.direction = event.direction
            return call.say(said)
        }
        guard isKnown else { return refuse(&call, .unmatchedSync, "not mapped in this log") }
        // A part of a list, or something that was not mapped as one: its ranges, one by one.
        for (address, size) in zip(reader.dmaAddresses, reader.sizes) {
            sync(&call, at: address, size: size)
        }
    }

    /// The list, or the allocation with a table, that begins at a device's address.
    private func head(of event: KernelLogEvent, _ address: UInt64) -> Int32? {
        var found: Int32?
        table.forEach(device: event.device, at: address) { place, mapping in
            let isHead = mapping.kind == .list && mapping.isHead || mapping.kind == .table
            if isHead, mapping.dma == address { found = place }
            return found == nil
        }
        return found
    }
}
