import DMAMapping
import Operations
import Quantities

// What a strategy does at each hand-over: before the doorbell, and when completion has been observed.

extension StrategyLowering {
    /// Gives the parts of a hand-over to the device.
    mutating func handOver(_ index: Int, _ agent: Agent) {
        let parts = lifted.handOvers[index]?.parts ?? []
        guard !parts.isEmpty else { return }
        switch strategy {
        case .streamingSG: mapLists(parts, agent)
        case .wholeCache: maintainAll(parts, isBefore: true, agent)
        case .writeThrough: writeOut(parts, agent)
        default: for part in parts { handOver(part, agent) }
        }
    }

    private mutating func handOver(_ part: HandOver.Part, _ agent: Agent) {
        switch strategy {
        case .streaming, .bounceSwiotlb: mapWhole(part, agent)
        case .streamingPage:
            for page in Self.pages(part) {
                map(Self.name(page.start), part.device, [page], part.direction, by: .mapPage, agent)
            }
        case .streamingSync, .noncoherent: sync(part.mapped, of: part, .syncSingleForDevice, agent)
        case .partialSync:
            // What the core has not touched since it took the range back is as the device left it.
            let range = part.isWrite ? lifted.uses.touched(part) : lifted.uses.stored(part)
            if let range { sync(range, of: part, .syncSingleForDevice, agent) }
        case .bounce, .copyBreak:
            if !isCopied(part) {
                mapWhole(part, agent)
            } else if part.isRead {
                copyBounce(part, toBounce: true, agent)
            }
        default: return
        }
    }

    /// Takes the parts of completed hand-overs back for the core.
    mutating func takeBack(_ index: Int, _ agent: Agent) {
        let parts = lifted.completions[index]?.parts ?? []
        guard !parts.isEmpty else { return }
        switch strategy {
        case .streamingSG:
            for list in Self.lists(parts) {
                append(DMACall(.unmapSG, handle: handle(list.name)), agent)
            }
        case .wholeCache: maintainAll(parts, isBefore: false, agent)
        default: for part in parts { takeBack(part, agent) }
        }
    }

    private mutating func takeBack(_ part: HandOver.Part, _ agent: Agent) {
        switch strategy {
        case .streaming, .bounceSwiotlb:
            append(DMACall(.unmapSingle, handle: handle(Self.name(part.start))), agent)
        case .streamingPage:
            for page in Self.pages(part) {
                append(DMACall(.unmapPage, handle: handle(Self.name(page.start))), agent)
            }
        case .streamingSync, .noncoherent: sync(part.mapped, of: part, .syncSingleForCPU, agent)
        case .partialSync where part.isWrite:
            if let range = lifted.uses.touched(part) {
                sync(range, of: part, .syncSingleForCPU, agent)
            }
        case .writeThrough where part.isWrite: invalidate(part, agent)
        case .bounce, .copyBreak:
            if !isCopied(part) {
                append(DMACall(.unmapSingle, handle: handle(Self.name(part.start))), agent)
            } else if part.isWrite {
                copyBounce(part, toBounce: false, agent)
            }
        default: return
        }
    }

    // MARK: Mappings

    private static func name(_ start: UInt64) -> String { "0x\(String(start, radix: 16))" }

    private mutating func mapWhole(_ part: HandOver.Part, _ agent: Agent) {
        map(
            Self.name(part.start), part.device, [part.mapped], part.direction, by: .mapSingle, agent
        )
    }

    /// Maps ranges, and asks whether that succeeded, which costs nothing.
    mutating func map(
        _ name: String, _ device: Agent, _ ranges: [(start: UInt64, size: UInt64)],
        _ direction: DMADirection, by function: DMACall.Function, _ agent: Agent
    ) {
        let handle = handle(name)
        append(
            DMACall(
                function, handle: handle, device: device,
                segments: ranges.map { .init(at: Operand($0.start), size: $0.size) },
                direction: direction), agent)
        append(DMACall(.mappingError, handle: handle), agent)
    }

    /// A part's range in pages, as far as it reaches into each.
    private static func pages(_ part: HandOver.Part) -> [(start: UInt64, size: UInt64)] {
        let (start, size) = part.mapped
        var result: [(start: UInt64, size: UInt64)] = []
        var place = start
        while place < start &+ size {
            let end = min((place | (Lowering.pageSize - 1)) &+ 1, start &+ size)
            result.append((place, end - place))
            place = end
        }
        return result
    }

    /// A list that is mapped by one call.
    private struct List {
        var name: String
        var device: Agent
        var direction: DMADirection
        var ranges: [(start: UInt64, size: UInt64)]
    }

    /// One list for all parts of a device and direction, page by page.
    private static func lists(_ parts: [HandOver.Part]) -> [List] {
        var result: [List] = []
        for part in parts {
            if let known = result.firstIndex(where: {
                $0.device == part.device && $0.direction == part.direction
            }) {
                result[known].ranges += pages(part)
            } else {
                let name = "sg_\(part.direction.rawValue)_" + Self.name(part.start)
                result.append(
                    List(
                        name: name, device: part.device, direction: part.direction,
                        ranges: pages(part)))
            }
        }
        return result
    }

    private mutating func mapLists(_ parts: [HandOver.Part], _ agent: Agent) {
        for list in Self.lists(parts) {
            map(list.name, list.device, list.ranges, list.direction, by: .mapSG, agent)
        }
    }

    private mutating func sync(
        _ range: Range<UInt64>, of part: HandOver.Part, _ function: DMACall.Function,
        _ agent: Agent
    ) {
        sync(
            (range.lowerBound, range.upperBound - range.lowerBound), of: part, function, agent)
    }

    private mutating func sync(
        _ range: (start: UInt64, size: UInt64), of part: HandOver.Part,
        _ function: DMACall.Function, _ agent: Agent
    ) {
        guard let buffer = lifted.buffer(at: part.start) else { return }
        var name = "mapped_\(buffer.name)"
        var base = buffer.start
        if strategy == .noncoherent {
            guard let block = lifted.allocation(at: part.start) else { return }
            name = "alloc_\(block.buffers[0].name)"
            base = block.start
        }
        append(
            DMACall(
                function, handle: handle(name), offset: range.start - base, size: range.size,
                direction: strategy == .noncoherent ? part.direction : buffer.direction), agent)
    }

    // MARK: Copies

    /// A word-by-word copy, as the kernel's memcpy does on 32-bit cores; the tail byte by byte.
    private mutating func copyBounce(_ part: HandOver.Part, toBounce: Bool, _ agent: Agent) {
        let own = part.start
        let bounce = redirected(Operand(own)).address.rawValue
        guard bounce != own else { return }
        let words = part.size / 4 * 4
        for (offset, bytes, size) in [(0, words, UInt32(4)), (words, part.size - words, 1)]
        where bytes > 0 {
            append(
                agent,
                .copy(
                    CopyRun(
                        to: Operand((toBounce ? bounce : own) &+ offset),
                        from: Operand((toBounce ? own : bounce) &+ offset), bytes: bytes, by: size))
            )
        }
    }

    // MARK: Maintenance without the kernel

    /// Cleans, or cleans and invalidates, all that the core and an outer cache hold.
    ///
    /// Of the whole cache nothing may be dropped: what others stored is dirty there. What the device writes is dropped
    /// before, so that nothing is written over it, and where lines may come back by themselves once more after it.
    private mutating func maintainAll(
        _ parts: [HandOver.Part], isBefore: Bool, _ agent: Agent
    ) {
        let isWritten = parts.contains(where: \.isWrite)
        guard isBefore || isWritten && target.speculates else { return }
        let inner = Maintenance(isWritten ? .dcCISW : .dcCSW)
        let barrier = Operation.barrier(Barrier(.dsb))
        let outer: [Operation] =
            target.hasOuterCache
            ? [
                .maintenance(Maintenance(.outerCleanAndInvalidateWays)),
                .maintenance(Maintenance(.outerSync)),
            ] : []
        // On the way out the core's lines come first, so that they reach memory, and after the stores, which nothing else
        // orders before maintenance that names no bytes; on the way in they go last, so that none comes back from an
        // outer line that is about to go.
        let own: [Operation] = [.maintenance(inner), barrier]
        let steps = isBefore ? [barrier] + own + outer : outer + own
        for step in steps { append(agent, step) }
    }

    /// Waits until what was stored to write-through memory has left the core, and lets it leave an outer cache.
    private mutating func writeOut(_ parts: [HandOver.Part], _ agent: Agent) {
        append(agent, .barrier(Barrier(.dsb)))
        let read = parts.filter(\.isRead)
        guard target.hasOuterCache, !read.isEmpty else { return }
        for part in read {
            append(
                agent,
                .maintenance(
                    Maintenance(.outerClean, at: Operand(part.start), bytes: part.size)))
        }
        append(agent, .maintenance(Maintenance(.outerSync)))
    }

    /// Drops the lines of a range of write-through memory, none of which is dirty.
    private mutating func invalidate(_ part: HandOver.Part, _ agent: Agent) {
        let start = Operand(part.start)
        if target.hasOuterCache {
            append(
                agent, .maintenance(Maintenance(.outerInvalidate, at: start, bytes: part.size)))
            append(agent, .maintenance(Maintenance(.outerSync)))
        }
        append(agent, .maintenance(Maintenance(.dcIVAC, at: start, bytes: part.size)))
        append(agent, .barrier(Barrier(.dsb)))
    }
}
