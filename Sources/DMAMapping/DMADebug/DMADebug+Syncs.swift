import Operations
import Quantities

extension DMADebug {
    mutating func sync(_ call: DMACall) {
        guard let handle = handles[call.handle] else { return }
        let toCPU = CallClass(call.function) == .syncForCPU
        switch call.function {
        case .syncSGForCPU, .syncSGForDevice, .syncSGTableForCPU, .syncSGTableForDevice:
            syncList(call, handle, toCPU: toCPU)
        default: syncRange(call, handle, toCPU: toCPU)
        }
    }

    private mutating func syncRange(_ call: DMACall, _ handle: Handle, toCPU: Bool) {
        guard let piece = handle.pieces.first else { return }
        let offset = call.offset ?? 0
        // The kernel asks for `single`, whatever made the mapping.
        var reference = reference(.single, handle, call)
        reference.address = piece.address &+ offset
        reference.size = call.size ?? (piece.size &- offset)
        reference.start = piece.start &+ offset
        let isPart =
            call.function == .syncSingleRangeForCPU || call.function == .syncSingleRangeForDevice
        if era.syncsFromStart, isPart {
            reference.address = piece.address
            reference.size = offset &+ reference.size
        }
        let isWithin = offset <= piece.size && (call.size ?? 0) <= piece.size - offset
        check(
            reference, toCPU: toCPU,
            isRight: handle.isLive && !handle.isFailed && isWithin)
    }

    private mutating func syncList(_ call: DMACall, _ handle: Handle, toCPU: Bool) {
        let count = call.count ?? UInt64(handle.pieces.count)
        let reference = reference(.list, handle, call)
        var mapped: UInt64 = 0
        for (place, piece) in handle.pieces.prefix(Int(clamping: count)).enumerated() {
            let entry = listReference(reference, piece, count)
            if place == 0 { mapped = table.exact(entry)?.mappedEntries ?? 0 }
            // Where the first entry is not found nothing is said of any.
            if UInt64(place) >= mapped { break }
            check(entry, toCPU: toCPU, isRight: handle.isLive && !handle.isFailed)
        }
    }

    /// Finds what a sync means, and compares it (`check_sync`).
    ///
    /// - Parameters:
    ///   - reference: What the call says.
    ///   - toCPU: Whether it is a sync for the CPU.
    ///   - isRight: Whether the range is one that the driver has mapped.
    private mutating func check(_ reference: DMADebugEntry, toCPU: Bool, isRight: Bool) {
        let device = reference.device
        let place = DMADebugText.Argument.number(reference.address)
        let range = era.reachesZero ? nil : self.device(device).maximumSegmentSize
        guard let entry = table.containing(reference, within: range) else {
            report(
                .e13, device, [place, .number(reference.size)], address: reference.start,
                bytes: reference.size, handle: reference.handle,
                made: handles[reference.handle]?.record,
                falseAlarm: isRight
                    ? "the range lies within what is mapped; the kernel's lookup does not find it"
                    : nil)
            return
        }
        func tell(_ check: DMADebugCheck, _ arguments: [DMADebugText.Argument]) {
            report(
                check, device, arguments, address: reference.start, bytes: reference.size,
                handle: reference.handle, made: entry.record)
        }
        if reference.size > entry.size {
            tell(
                .e14, [.number(entry.address), .number(entry.size), .number(reference.size)])
        }
        guard entry.direction != .bidirectional else { return }
        let words: [DMADebugText.Argument] = [
            place, .number(entry.size), .text(entry.direction.kernelName),
            .text(reference.direction.kernelName),
        ]
        if reference.direction != entry.direction { tell(.e15, words) }
        if toCPU, entry.direction != .fromDevice, reference.direction != .toDevice {
            tell(.e16, words)
        }
        if !toCPU, entry.direction != .toDevice, reference.direction != .fromDevice {
            tell(.e17, words)
        }
        if reference.callEntries > 0, reference.kind == .list,
            reference.callEntries != entry.callEntries
        {
            tell(.e18, [.number(entry.callEntries), .number(reference.callEntries)])
        }
    }
}
