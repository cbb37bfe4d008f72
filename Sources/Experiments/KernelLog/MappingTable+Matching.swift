import Operations
import Traces

// Which live mapping a call of a log means, by the rules of the kernel's own check (linux-dma.md §3.2).

extension MappingTable {
    /// The live mapping that a release fits best: of several at its address the one that agrees in function, size and
    /// direction, in this order.
    ///
    /// - Returns: its place, and whether the kernel takes it for the one that is meant: where several are there, only one
    ///   that agrees in all.
    func best(
        for event: KernelLogEvent, _ kind: LoggedMapping.Kind
    ) -> (place: Int32, isMeant: Bool)? {
        var best: Int32?
        var bestScore = -1
        var candidates = 0
        forEach(device: event.device, at: event.dmaAddress) { place, mapping in
            guard mapping.dma == event.dmaAddress else { return true }
            candidates += 1
            let score =
                (mapping.kind == kind ? 4 : 0) + (mapping.size == event.size ? 2 : 0)
                + (event.direction == nil || event.direction == mapping.direction ? 1 : 0)
            if score > bestScore {
                best = place
                bestScore = score
            }
            return score < 7
        }
        return best.map { ($0, candidates == 1 || bestScore == 7) }
    }

    /// The live mapping that holds a range wholly, or else one that holds its beginning.
    func holder(
        device: Int32, of address: UInt64, size: UInt64
    ) -> (whole: Int32?, part: Int32?) {
        var whole: Int32?
        var part: Int32?
        forEach(device: device, at: address) { place, mapping in
            if mapping.size >= size, address - mapping.dma <= mapping.size - size {
                whole = place
                return false
            }
            part = place
            return true
        }
        return (whole, part)
    }
}

extension LoggedMapping.Kind {
    /// What a release is of, if nobody made a mistake.
    init(releasedBy event: KernelLogEvent.Kind) {
        switch event {
        case .unmapResource: self = .resource
        case .free: self = .coherent
        case .freePages: self = .pages
        case .freeSGT: self = .table
        default: self = .page
        }
    }
}
