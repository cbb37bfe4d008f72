import DMAMapping
import Operations
import Quantities

// What a strategy does once, before the first transfer and after the last.

extension StrategyLowering {
    /// Allocates, changes memory types, maps.
    mutating func prepare() {
        switch strategy {
        case .bounceSwiotlb:
            append(.declaration(.swiotlb(bouncePool())))
        case .streamingSync, .partialSync:
            for buffer in lifted.buffers {
                map(
                    "mapped_\(buffer.name)", buffer.device, [(buffer.start, buffer.size)],
                    buffer.direction, by: .mapSingle, .core(0))
            }
        default: for block in lifted.allocations { prepare(block) }
        }
    }

    private mutating func prepare(_ block: Allocation) {
        switch strategy {
        case .coherent: allocate(block, at: block.start, .allocCoherent)
        case .writeCombine: allocate(block, at: block.start, .allocWriteCombine)
        case .noncoherent: allocate(block, at: block.start, .allocNoncoherent)
        case .stronglyOrdered: setType(block, .stronglyOrdered)
        case .writeThrough: setType(block, .writeThrough)
        case .bounce, .copyBreak:
            // A driver that copies nothing allocates nothing.
            guard copyBreak > 0 else { return }
            let place = freePlace(for: block)
            move(block, to: place)
            allocate(block, at: place, .allocCoherent)
        case .onChip:
            guard let start = nextBounce ?? target.onChip?.start else { return }
            move(block, to: start)
            let end = Allocation.pageEnd(start + (block.end - block.start))
            append(
                .core(0),
                .setMemoryType(
                    start: start, size: end - start, .nonCacheable, .outerShareable))
            nextBounce = end
        default: return
        }
    }

    private mutating func setType(_ block: Allocation, _ type: MemoryType) {
        append(
            .core(0),
            .setMemoryType(
                start: block.buffers[0].start, size: block.end - block.buffers[0].start, type,
                type == .stronglyOrdered ? .outerShareable : .innerShareable))
    }

    private mutating func move(_ block: Allocation, to place: UInt64) {
        for buffer in block.buffers {
            places[buffer.start] = place + (buffer.start - block.start)
        }
    }

    /// Unmaps what was mapped once, and frees what the API wants back.
    mutating func release() {
        switch strategy {
        case .streamingSync, .partialSync:
            for buffer in lifted.buffers {
                append(DMACall(.unmapSingle, handle: handle("mapped_\(buffer.name)")))
            }
        case .noncoherent:
            for block in lifted.allocations {
                append(
                    DMACall(.freeNoncoherent, handle: handle("alloc_\(block.buffers[0].name)")))
            }
        default: return
        }
    }

    private mutating func allocate(
        _ block: Allocation, at start: UInt64, _ function: DMACall.Function
    ) {
        let first = block.buffers[0]
        append(
            DMACall(
                function, handle: handle("alloc_\(first.name)"), device: first.device,
                segments: [.init(at: Operand(start), size: block.end - block.start)]))
    }

    /// Where nothing in the program is.
    private mutating func freePlace(_ size: UInt64, alignment: UInt64) -> UInt64 {
        occupied.free(
            size, from: nextBounce ?? (occupied.top + 0x10_0000) & ~0xFFFF, alignment: alignment)
    }

    /// A place for a block that nothing in the program uses.
    private mutating func freePlace(for block: Allocation) -> UInt64 {
        let size = block.end - block.start
        let place = freePlace(size, alignment: Lowering.pageSize)
        nextBounce = Allocation.pageEnd(place + size)
        return place
    }

    /// The kernel's pool, large enough for all that may be mapped at once.
    ///
    /// Slots of a page or more begin on a page, and none crosses a segment: twice the bytes are enough.
    private mutating func bouncePool() -> BounceDeclaration {
        let parts = Set(lifted.handOvers.values.flatMap(\.parts))
        let slot = BounceDeclaration.slotSize
        let bytes = parts.reduce(UInt64(0)) { $0 + ($1.mapped.size / slot + 2) * slot }
        let segment = StrategyAvailability.bounceSegment
        let size = min((bytes * 2 / segment + 1) * segment, BounceDeclaration.maximumSize)
        return BounceDeclaration(
            start: freePlace(size, alignment: Lowering.pageSize), size: size, isForced: true)
    }
}
