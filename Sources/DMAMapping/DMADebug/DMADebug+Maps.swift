import Operations
import Quantities

extension DMADebug {
    /// The pieces of a call's segments.
    func pieces(of call: DMACall) -> [Piece] {
        call.segments.map {
            let start = $0.start.address.rawValue
            let physical = physical(start)
            return Piece(start: start, physical: physical, address: physical, size: $0.size)
        }
    }

    /// The type of entry that a function makes or releases.
    func kind(of function: DMACall.Function) -> DMADebugEntry.Kind {
        era.kind(of: function)
    }

    mutating func map(_ call: DMACall) {
        guard let agent = call.device, let direction = call.direction else { return }
        var handle = Handle(
            device: agent, kind: kind(of: call.function), pieces: pieces(of: call),
            direction: direction, record: record)
        handle.isFailed = call.fails || isRejected(call, handle)
        if !handle.isFailed { place(&handle, call) }
        if call.function == .mapSingle, let piece = handle.pieces.first,
            !isRejected(call, handle)
        {
            checkSingle(piece, agent)
        }
        // The first range fails, and no later one is begun.
        if handle.isFailed {
            for place in handle.pieces.indices {
                handle.pieces[place].address = place == 0 ? mappingError : 0
            }
        }
        handles[call.handle] = handle
        // A failed mapping is not kept, but one of registers is: before 6.18 nobody looked.
        if handle.isFailed, handle.kind != .resource { return }
        switch handle.kind {
        case .list: addList(handle, call)
        case .resource: addRange(handle, call)
        default:
            if call.attributes.isDisjoint(with: .mmio), call.function != .mapResource,
                let piece = handle.pieces.first
            {
                // The page of a vmalloc address is not computed right: it is none of the stack's.
                if call.function != .mapSingle || area(of: piece.start) != .virtualStack {
                    checkStack(piece, agent)
                }
                checkImage(piece, agent)
            }
            addRange(handle, call)
        }
    }

    /// Whether `dma_map_single` refuses an address, with a warning of its own.
    private func isRejected(_ call: DMACall, _ handle: Handle) -> Bool {
        guard call.function == .mapSingle, era.rejectsVmalloc, let piece = handle.pieces.first
        else { return false }
        return isVmalloc(piece.start)
    }

    private func isVmalloc(_ address: UInt64) -> Bool {
        switch area(of: address) {
        case .vmalloc, .virtualStack: true
        // The image of an arm64 kernel lies in its vmalloc area.
        case .text, .readOnlyData: settings.isArm64
        case .stack, .invalid, nil: false
        }
    }

    private mutating func checkSingle(_ piece: Piece, _ agent: Agent) {
        let isVmalloc = isVmalloc(piece.start)
        let arguments: [DMADebugText.Argument] = [.number(piece.start), .number(piece.size)]
        if isVmalloc || area(of: piece.start) == .invalid {
            report(.e21, agent, arguments, address: piece.start, bytes: piece.size)
        }
        if isVmalloc { report(.e22, agent, arguments, address: piece.start, bytes: piece.size) }
    }

    /// Checks for the stack: only where the range begins.
    private mutating func checkStack(_ piece: Piece, _ agent: Agent) {
        let check: DMADebugCheck
        switch area(of: piece.start) {
        case .stack: check = .e10
        case .virtualStack: check = .e11
        default: return
        }
        report(check, agent, [.number(piece.start)], address: piece.start, bytes: piece.size)
    }

    /// Checks for the kernel's image: all of the range.
    ///
    /// On arm64 addresses of the linear map are compared with others.
    private mutating func checkImage(_ piece: Piece, _ agent: Agent) {
        guard !settings.isArm64, touchesImage(piece) else { return }
        report(
            .e12, agent, [.number(piece.start), .number(piece.size)], address: piece.start,
            bytes: piece.size)
    }

    private mutating func addRange(_ handle: Handle, _ call: DMACall) {
        guard let piece = handle.pieces.first else { return }
        var entry = entry(piece, handle, call)
        entry.isUnchecked = true
        add(entry, call.attributes)
    }

    private mutating func addList(_ handle: Handle, _ call: DMACall) {
        let count = UInt64(handle.pieces.count)
        for piece in handle.pieces where call.attributes.isDisjoint(with: .mmio) {
            checkStack(piece, handle.device)
            checkImage(piece, handle.device)
        }
        for piece in handle.pieces {
            var entry = entry(piece, handle, call)
            entry.callEntries = count
            entry.mappedEntries = count
            checkSegment(piece, handle.device)
            add(entry, call.attributes)
        }
    }

    private mutating func checkSegment(_ piece: Piece, _ agent: Agent) {
        guard settings.checksSegments || era.alwaysChecksSegments else { return }
        let device = device(agent)
        if piece.size > device.maximumSegmentSize {
            report(
                .e19, agent, [.number(piece.size), .number(device.maximumSegmentSize)],
                address: piece.start, bytes: piece.size)
        }
        let end = piece.address &+ piece.size &- 1
        if (piece.address ^ end) & ~device.boundary != 0 {
            report(
                .e20, agent, [.number(piece.address), .number(end), .number(device.boundary)],
                address: piece.start, bytes: piece.size)
        }
    }

    /// An entry for a piece of a handle.
    func entry(_ piece: Piece, _ handle: Handle, _ call: DMACall) -> DMADebugEntry {
        DMADebugEntry(
            kind: handle.kind, device: handle.device, address: piece.address, size: piece.size,
            direction: handle.direction, physical: piece.physical,
            ignoresLines: !call.attributes.isDisjoint(with: [.ignoreCachelines, .requireCoherent]),
            record: record, handle: call.handle, start: piece.start)
    }

    /// Keeps an entry, and reports if its first line is another's.
    mutating func add(_ entry: DMADebugEntry, _ attributes: DMAAttributes) {
        let entry = table.add(entry)
        let outcome = lines.add(entry, isCoherent: device(entry.device).isCoherent)
        guard case .overlap(let ignoresLines, let isBeyondCount, let isCoherent) = outcome else {
            return
        }
        if isBeyondCount { warnOfCount(entry) }
        let isSilent =
            attributes.contains(.skipCPUSync)
            || (era.heedsIgnoredLines && ignoresLines && entry.ignoresLines)
            || settings.hidesOverlap
        guard !isSilent else { return }
        report(
            .e23, entry.device, [], address: entry.start, bytes: entry.size,
            falseAlarm: isCoherent
                ? "all devices that have the line are coherent: no cache is maintained for them"
                : nil)
    }

    /// The kernel is about to copy a page on a write.
    mutating func assertIdle(_ copy: CopyRun) {
        let page = copy.source.address.rawValue
        guard let (entry, line) = lines.first(inPage: physical(page)) else { return }
        report(
            .e24, entry.device, [.number(line)], address: entry.start, bytes: entry.size,
            made: entry.record)
    }
}

extension DMAAttributes {
    /// The driver promises that the CPU leaves shared lines alone.
    static let ignoreCachelines = DMAAttributes(rawValue: 1 << 11)
}
