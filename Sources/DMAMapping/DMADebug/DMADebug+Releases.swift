import Operations
import Quantities

extension DMADebug {
    mutating func askError(_ call: DMACall) {
        guard let handle = handles[call.handle], let piece = handle.pieces.first else { return }
        table.check(piece.address, of: handle.device)
    }

    mutating func unmap(_ call: DMACall) {
        guard let handle = handles[call.handle] else { return }
        defer { handles[call.handle]?.isLive = false }
        let kind = kind(of: call.function)
        var reference = reference(kind, handle, call)
        guard kind == .list else {
            guard let piece = handle.pieces.first else { return }
            reference.address =
                call.dmaAddress.map { physical($0.address.rawValue) } ?? piece.address
            reference.size = call.size ?? piece.size
            reference.physical = piece.physical
            release(reference, handle)
            return
        }
        releaseList(handle, reference, count: call.count ?? UInt64(handle.pieces.count))
    }

    /// Releases a list, entry by entry; one that was not mapped in all its entries ends with the last that was.
    private mutating func releaseList(
        _ handle: Handle, _ reference: DMADebugEntry, count: UInt64
    ) {
        var mapped: UInt64 = 0
        // A count beyond the end of the list is the driver's fault, and the kernel's end.
        for (place, piece) in handle.pieces.prefix(Int(clamping: count)).enumerated() {
            if mapped > 0, UInt64(place) >= mapped { break }
            let entry = listReference(reference, piece, count)
            if place == 0 { mapped = table.exact(entry)?.mappedEntries ?? 0 }
            release(entry, handle)
        }
    }

    func listReference(
        _ reference: DMADebugEntry, _ piece: Piece, _ count: UInt64
    ) -> DMADebugEntry {
        var entry = reference
        entry.address = piece.address
        entry.size = piece.size
        entry.physical = piece.physical
        entry.start = piece.start
        entry.callEntries = count
        return entry
    }

    /// What a call says, for all of a handle.
    func reference(
        _ kind: DMADebugEntry.Kind, _ handle: Handle, _ call: DMACall
    ) -> DMADebugEntry {
        DMADebugEntry(
            kind: kind, device: call.device ?? handle.device, address: 0, size: 0,
            direction: call.direction ?? handle.direction, physical: 0, record: record,
            handle: call.handle, start: handle.pieces.first?.start ?? 0)
    }

    /// Finds what a release means, and compares it (`check_unmap`).
    mutating func release(_ reference: DMADebugEntry, _ handle: Handle) {
        let device = reference.device
        let place = DMADebugText.Argument.number(reference.address)
        let size = DMADebugText.Argument.number(reference.size)
        guard let entry = table.exact(reference) else {
            if reference.address == mappingError {
                report(
                    .e2, device, [], address: reference.start, bytes: reference.size,
                    handle: reference.handle, made: handle.record)
            } else {
                report(
                    .e3, device, [place, size], address: reference.start, bytes: reference.size,
                    handle: reference.handle, made: handle.record)
            }
            return
        }
        func tell(
            _ check: DMADebugCheck, _ arguments: [DMADebugText.Argument],
            falseAlarm: String? = nil
        ) {
            report(
                check, device, arguments, address: entry.start,
                bytes: max(entry.size, reference.size), handle: reference.handle,
                made: entry.record,
                falseAlarm: falseAlarm)
        }
        if reference.size != entry.size { tell(.e4, [place, .number(entry.size), size]) }
        if reference.kind != entry.kind {
            tell(
                .e5,
                [place, size, .text(entry.kind.name(era)), .text(reference.kind.name(era))])
        } else if entry.kind == .coherent || entry.kind == .noncoherent,
            reference.physical != entry.physical
        {
            tell(.e6, [place, size, .number(entry.physical), .number(reference.physical)])
        }
        if reference.callEntries > 0, reference.kind == .list,
            reference.callEntries != entry.callEntries
        {
            tell(.e7, [.number(entry.callEntries), .number(reference.callEntries)])
        }
        if reference.direction != entry.direction {
            tell(
                .e8,
                [
                    place, size, .text(entry.direction.kernelName),
                    .text(reference.direction.kernelName),
                ])
        }
        if entry.isUnchecked {
            tell(
                .e9, [place, size, .text(entry.kind.name(era))],
                falseAlarm: handles[entry.handle]?.isAllocation == true
                    ? "an allocation fails with NULL, which needs no dma_mapping_error()" : nil)
        }
        table.remove(entry)
        lines.remove(entry)
    }

    /// The driver is gone.
    mutating func unbind(_ call: DMACall) {
        guard let agent = call.device else { return }
        let entries = table.all(of: agent)
        guard let last = entries.last else { return }
        let isNothing = entries.allSatisfy { $0.address == mappingError }
        report(
            .e1, agent,
            [
                .number(UInt64(entries.count)), .number(last.address), .number(last.size),
                .text(last.direction.kernelName), .text(last.kind.name(era)),
            ], address: last.start, bytes: last.size, made: last.record,
            falseAlarm: isNothing ? "what failed to be mapped is nothing to be released" : nil)
    }
}
