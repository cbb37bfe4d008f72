import Operations
import Quantities

extension DMADebug {
    mutating func allocate(_ call: DMACall) {
        guard let agent = call.device, let piece = pieces(of: call).first else { return }
        var handle = Handle(
            device: agent, kind: kind(of: call.function), pieces: [piece],
            direction: call.direction ?? .bidirectional, record: record)
        handle.isAllocation = true
        if device(agent).hasIOMMU { place(&handle, call) }
        handles[call.handle] = handle
        // What comes from memory that is set apart is given and taken before dma-debug is asked.
        if placing?.allocation(call.handle)?.isSetApart == true {
            handles[call.handle]?.isKept = false
            return
        }
        var entry = entry(handle.pieces.first ?? piece, handle, call)
        // Before they had a type of their own, pages were kept as a mapping that may fail.
        entry.isUnchecked = handle.kind == .single
        if handle.kind == .list {
            entry.callEntries = 1
            entry.mappedEntries = 1
        }
        add(entry, call.attributes)
    }

    mutating func free(_ call: DMACall) {
        guard let handle = handles[call.handle], let piece = handle.pieces.first else { return }
        defer { handles[call.handle]?.isLive = false }
        guard handle.isKept else { return }
        let kind = kind(of: call.function)
        var reference = reference(kind, handle, call)
        reference.address = call.dmaAddress.map { physical($0.address.rawValue) } ?? piece.address
        reference.size = call.size ?? piece.size
        reference.physical = physical(call.cpuAddress?.address.rawValue ?? piece.start)
        if kind == .coherent { reference.direction = .bidirectional }
        if kind == .list { reference.callEntries = 1 }
        release(reference, handle)
    }

    // MARK: Pools, whose pages are coherent allocations

    mutating func createPool(_ call: DMACall) {
        guard let agent = call.device, let size = call.size else { return }
        let alignment = max(call.alignment, 1)
        let smallest = max(size, settings.isArm64 ? 16 : 8)
        pools[call.handle] = Pool(
            device: agent, blockSize: (smallest &+ alignment &- 1) / alignment &* alignment)
    }

    mutating func allocateBlock(_ call: DMACall) {
        guard var pool = pools[call.pool], let start = call.segments.first?.start else { return }
        let address = start.address.rawValue
        if !pool.chunks.contains(where: { address >= $0.start && address - $0.start < $0.size }) {
            let first = address / Lowering.pageSize * Lowering.pageSize
            let chunk = Piece(
                start: first, physical: physical(first), address: physical(first),
                size: max(pool.blockSize, Lowering.pageSize))
            pool.chunks.append(chunk)
            let isApart =
                placing?.isSetApart(chunk.start, chunk.size, for: pool.device) ?? false
            let owner = Handle(
                device: pool.device, kind: .coherent, pieces: [chunk], direction: .bidirectional,
                record: record, isAllocation: true)
            if !isApart { add(entry(chunk, owner, DMACall(call.function, handle: call.pool)), []) }
        }
        pool.blocks.append(call.handle)
        pools[call.pool] = pool
        let physical = physical(address)
        handles[call.handle] = Handle(
            device: pool.device, kind: .coherent,
            pieces: [
                Piece(
                    start: address, physical: physical, address: physical, size: pool.blockSize)
            ], direction: .bidirectional, record: record, isAllocation: true)
    }

    mutating func freeBlock(_ call: DMACall) {
        handles[call.handle]?.isLive = false
        if let place = pools[call.pool]?.blocks.firstIndex(of: call.handle) {
            pools[call.pool]?.blocks.remove(at: place)
        }
    }

    /// A pool with a block in use keeps its pages for good, or before 6.4 the block's page.
    mutating func destroyPool(_ call: DMACall) {
        guard let pool = pools[call.pool] else { return }
        pools[call.pool] = nil
        let blocks = pool.blocks.compactMap { handles[$0]?.pieces.first?.start }
        let keepsAll = Lowering.keepsBusyPools(settings.kernel)
        for chunk in pool.chunks {
            let isBusy = blocks.contains {
                keepsAll || $0 >= chunk.start && $0 - chunk.start < chunk.size
            }
            if isBusy || placing?.isSetApart(chunk.start, chunk.size, for: pool.device) == true {
                continue
            }
            let owner = Handle(
                device: pool.device, kind: .coherent, pieces: [chunk], direction: .bidirectional,
                record: record, isAllocation: true)
            release(entry(chunk, owner, DMACall(call.function, handle: call.pool)), owner)
        }
    }
}
