import Events
import MemoryModel
import Operations
import Quantities

// Section 5, up to the store buffer.

extension ReferenceMachine {
    mutating func store(_ address: UInt64, _ size: UInt64, _ core: Int) {
        for piece in translatedPieces(address, size) {
            translate(piece, core)
            bytes.piece.offset = piece.virtual - address
            store(piece, core)
        }
    }

    /// `dc zva` of a line, which the TLB rules leave out.
    mutating func storeZeros(_ address: UInt64, _ size: UInt64, _ core: Int) {
        for piece in pieces(address, size, cache: configuration.level1Data) { store(piece, core) }
    }

    private mutating func store(_ piece: ReferencePiece, _ core: Int) {
        bytes.piece.address = piece.address
        switch piece.type {
        case .writeBack: storeWriteBack(piece, core)
        case .writeThrough: storeThrough(piece, core)
        case .nonCacheable:
            spend(core, period, .level1)
            enterBuffer(piece, core, granule: entryBytes)
        case .device:
            if drains(.deviceStore), !cores[core].buffer.isEmpty, !cores[core].isHeld {
                drainBuffer(core, .device)
            }
            tellStore(piece, core, .memory, other: 2)
            spend(core, period, .device)
        case .stronglyOrdered: storeOrdered(piece, core)
        }
    }

    private mutating func tellStore(
        _ piece: ReferencePiece, _ core: Int, _ place: Place, other: UInt8
    ) {
        tell(
            .store, at: cores[core].now, .core(core), place, other: other, piece.address,
            piece.size, detail: UInt32(piece.type.rawValue))
    }

    /// How many bytes the stream of stores has covered.
    private func streamed(_ core: Int) -> UInt64 {
        cores[core].streamNext.map { $0 &- cores[core].streamStart } ?? 0
    }

    /// Whether the stream of stores is longer than a cache takes in.
    func isStreaming(_ core: Int, _ cache: CacheConfiguration) -> Bool {
        guard let lines = cache.streamingLines else { return false }
        return streamed(core) > UInt64(lines * cache.lineSize)
    }

    private mutating func storeWriteBack(_ piece: ReferencePiece, _ core: Int) {
        if cores[core].streamNext != piece.address { cores[core].streamStart = piece.address }
        cores[core].streamNext = piece.address + piece.size
        guard !cores[core].isHeld, let cache = configuration.level1Data else {
            spend(core, period, .level1)
            enterBuffer(piece, core, granule: entryBytes)
            return
        }
        let target = target(piece)
        let place = Place.level1Data(core, alias: target.alias)
        let dirty = level1Data[core].dirtyBits(piece.address, piece.size, of: target.line)
        if let line = level1Data[core].line(target.line, alias: target.alias) {
            level1Data[core].use(target.line, alias: target.alias)
            if line.isShared { upgrade(core, target, at: cores[core].now) }
            level1Data[core].change(target.line, alias: target.alias) {
                $0.isPrefetched = false
                $0.dirty |= dirty
            }
            tellStore(piece, core, place, other: 0)
            spend(core, period, .level1)
            return
        }
        let streams = isStreaming(core, cache)
        if cache.writeAllocates, !streams {
            waitForStoreMisses(core)
            let now = cores[core].now
            let arrival = fillLevel1(core, target, at: now, dirty: dirty, reason: .demand)
            cores[core].storeMisses.append(arrival.completion)
            tellStore(piece, core, place, other: 1)
            spend(core, period, .level1)
            return
        }
        takeFromOthers(core, target, at: cores[core].now)
        spend(core, period, .level1)
        enterBuffer(
            piece, core,
            granule: streams ? min(UInt64(cache.lineSize), 64) : entryBytes)
    }

    /// Makes room among the linefills that stores wait for.
    private mutating func waitForStoreMisses(_ core: Int) {
        let now = cores[core].now
        cores[core].storeMisses.removeAll { $0 <= now }
        guard cores[core].storeMisses.count >= bufferCapacity,
            let first = cores[core].storeMisses.min()
        else { return }
        wait(core, until: first, .storeBufferFull)
        cores[core].storeMisses.removeAll { $0 <= first }
    }

    private mutating func storeThrough(_ piece: ReferencePiece, _ core: Int) {
        spend(core, period, .level1)
        let target = target(piece)
        if !level1Data.isEmpty { takeFromOthers(core, target, at: cores[core].now) }
        enterBuffer(piece, core, granule: entryBytes, drainsAlone: false)
        if !level1Data.isEmpty, !cores[core].isHeld,
            level1Data[core].holds(target.line, alias: target.alias)
        {
            level1Data[core].use(target.line, alias: target.alias)
            for entry in cores[core].buffer where entry.shares(piece.address, piece.size) {
                let place = Place.level1Data(core, alias: target.alias)
                tellDrain(
                    .drainCopy, entry, core, .storeBuffer(core), to: place, at: cores[core].now)
            }
        }
        if configuration.storeBuffer == nil { drainBuffer(core, .storeBufferFull) }
    }

    private mutating func storeOrdered(_ piece: ReferencePiece, _ core: Int) {
        drainBuffer(core, .device)
        let now = cores[core].now
        drainAllSlots(at: now)
        tellStore(piece, core, .memory, other: 2)
        writeMemory(.core(core), piece.address, piece.size, at: now)
        spend(core, missTicks + configuration.memory.writeResponse.rawValue, .device)
    }

    mutating func storeRelease(_ address: UInt64, _ size: UInt64, _ core: Int) {
        waitForLoads(core, nil)
        drainBuffer(core, .barrier)
        spend(core, ticks(configuration.costs.dmbCycles), .barrier)
        store(address, size, core)
        for index in cores[core].buffer.indices { cores[core].buffer[index].isRelease = true }
    }

    mutating func storeExclusive(_ address: UInt64, _ size: UInt64, _ core: Int) {
        let (piece, _) = locate(address)
        let first = piece.address
        let watched = cores[core].monitor
        cores[core].monitor = nil
        if watched == first / dataLine * dataLine {
            store(address, size, core)
            return
        }
        tell(
            .exclusiveFailed, at: cores[core].now, .core(core), .memory, first, size,
            detail: UInt32(piece.type.rawValue))
        spend(core, period, .level1)
    }

    /// Clears the monitors of cores, but one, that watch a byte of some.
    mutating func clearMonitors(except core: Int?, _ start: UInt64, _ bytes: UInt64) {
        for other in cores.indices where other != core {
            if let watched = cores[other].monitor, watched < start + bytes,
                start <= watched + (dataLine - 1)
            {
                cores[other].monitor = nil
            }
        }
    }
}
