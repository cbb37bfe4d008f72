import Events
import Operations
import Quantities

// Stores that are not an L1 hit on the fast path. Where a store goes by memory type:
//
//   write-back     hit: into the line. Miss: a linefill in the background, unless L1 does not allocate on
//                  writes or a stream of whole lines is under way: then into the store buffer, towards L2.
//   write-through  hit: into the line and, through the store buffer, to memory. Miss: store buffer.
//   non-cacheable  store buffer, merging; leaves after a while, when full, or when something waits for it.
//   device         straight to the device, in order, past whatever the store buffer holds.
//   strongly-ord.  after everything before it; the core waits for the response.

extension Machine where P: ~Copyable {
    mutating func store(_ address: UInt64, _ size: UInt64, _ core: Int, _ access: MemoryAccess) {
        switch mapType {
        case .writeBack: storeWriteBack(address, size, core)
        case .writeThrough: storeWriteThrough(address, size, core)
        case .nonCacheable:
            spend(core, period, on: .level1)
            enterStoreBuffer(address, size, core, granule: entryBytes)
        case .device:
            emitStore(address, size, core, .memory)
            spend(core, period, on: .device)
        case .stronglyOrdered:
            drainStoreBuffer(core, on: .device)
            drainAllOuterSlots(at: cores[core].now)
            emitStore(address, size, core, .memory)
            writeMemory(address, size, agent: .core(core), at: cores[core].now)
            spend(core, costs.level2Miss + costs.writeResponse, on: .device)
        }
    }

    var entryBytes: UInt64 { UInt64(configuration.storeBuffer?.entryBytes ?? level1Data.lineSize) }

    private mutating func emitStore(
        _ address: UInt64, _ size: UInt64, _ core: Int, _ place: Place, missed: Bool = false
    ) {
        emit(
            .store, at: cores[core].now, agent: .core(core), place: place,
            other: place.isLevel1Data ? (missed ? 1 : 0) : 2,
            address: address, size: size, detail: UInt32(mapType.rawValue), record: record)
    }

    private mutating func storeWriteBack(_ address: UInt64, _ size: UInt64, _ core: Int) {
        noteStream(cores.base + core, address, UInt32(size))
        if cores[core].holds {
            spend(core, period, on: .level1)
            enterStoreBuffer(address, size, core, granule: entryBytes)
            return
        }
        let line = level1Data.line(of: address)
        if hasLevel1Data {
            let index = level1Data.touch(line, core)
            if index >= 0 {
                if level1Data.entries[index] & CacheBank.shared != 0 {
                    _ = snoopLevel1(line, besides: core, invalidate: true, at: cores[core].now)
                    level1Data.entries[index] &= ~CacheBank.shared
                }
                level1Data.entries[index] |= CacheBank.dirty
                emitStore(address, size, core, .level1Data(core))
                spend(core, period, on: .level1)
                return
            }
            if configuration.level1Data?.writeAllocates == true, !streams(core) {
                allocateForStore(line, core)
                emitStore(address, size, core, .level1Data(core), missed: true)
                spend(core, period, on: .level1)
                return
            }
            _ = snoopLevel1(line, besides: core, invalidate: true, at: cores[core].now)
        }
        spend(core, period, on: .level1)
        // A stream fills whole lines, so its entries are whole lines; masks hold 64 bytes.
        let granule = streams(core) ? min(UInt64(level1Data.lineSize), 64) : entryBytes
        enterStoreBuffer(address, size, core, granule: granule)
    }

    /// Whether the stores of a core have covered enough whole lines in a row not to allocate any more.
    private func streams(_ core: Int) -> Bool {
        guard let lines = configuration.level1Data?.streamingLines else { return false }
        return cores[core].streamBytes > UInt64(lines * level1Data.lineSize)
    }

    /// Fills a line for a store.
    ///
    /// The store waits in the store buffer, not the core, while there is room.
    private mutating func allocateForStore(_ line: UInt64, _ core: Int) {
        let now = cores[core].now
        pendingStores[core].removeAll { $0 <= now }
        if pendingStores[core].count >= storeBuffers[core].capacity,
            let first = pendingStores[core].min()
        {
            wait(core, until: first, on: .storeBufferFull)
            pendingStores[core].removeAll { $0 <= first }
        }
        let fill = fillLevel1(line, core, at: cores[core].now, reason: .demand, forStore: true)
        pendingStores[core].append(fill.completion)
    }

    private mutating func storeWriteThrough(_ address: UInt64, _ size: UInt64, _ core: Int) {
        spend(core, period, on: .level1)
        enterStoreBuffer(address, size, core, granule: entryBytes, staysWithoutBuffer: true)
        updateWrittenThrough(address, size, core)
        if configuration.storeBuffer == nil { drainStoreBuffer(core, on: .storeBufferFull) }
    }

    /// Puts a write-through store into the line that it hits, too.
    private mutating func updateWrittenThrough(_ address: UInt64, _ size: UInt64, _ core: Int) {
        let line = level1Data.line(of: address)
        guard hasLevel1Data, !cores[core].holds, level1Data.touch(line, core) >= 0 else { return }
        for entry in storeBuffers[core].entries where entry.overlaps(address, size) {
            emit(
                .drainCopy, at: cores[core].now, agent: .core(core), place: .storeBuffer(core),
                other: Place.level1Data(core).rawValue, address: entry.address, size: entry.granule,
                detail: entry.number, record: record)
        }
    }

    // MARK: The store buffer

    /// Puts a store into the buffer, making room first.
    ///
    /// A machine without one lets the store go at once, unless `staysWithoutBuffer` says that the caller does that.
    mutating func enterStoreBuffer(
        _ address: UInt64, _ size: UInt64, _ core: Int, granule: UInt64,
        staysWithoutBuffer: Bool = false
    ) {
        var address = address
        var left = size
        while left > 0 {
            let piece = min(left, granule - (address & (granule - 1)))
            enterPiece(address, piece, core, granule)
            address += piece
            left -= piece
        }
        if configuration.storeBuffer == nil, !staysWithoutBuffer {
            drainStoreBuffer(core, on: .storeBufferFull)
        }
        refreshDue()
    }

    private mutating func enterPiece(
        _ address: UInt64, _ size: UInt64, _ core: Int, _ granule: UInt64
    ) {
        let mask = StoreBuffer.mask(address, size, granule)
        let now = cores[core].now
        if let index = storeBuffers[core].mergeTarget(address, granule, mapType) {
            storeBuffers[core].entries[index].mask |= mask
            storeBuffers[core].entries[index].record = record
            let entry = storeBuffers[core].entries[index]
            if entry.isFull { storeBuffers[core].entries[index].ready = min(entry.ready, now) }
            emitBuffered(address, size, core, entry.number)
            return
        }
        if storeBuffers[core].entries.count >= storeBuffers[core].capacity { makeRoom(core) }
        var entry = StoreBufferEntry(
            number: nextEntry, address: address & ~(granule - 1), granule: granule, mask: mask,
            type: mapType, ready: costs.drainAge.map { now + $0 } ?? .max, record: record)
        nextEntry &+= 1
        if entry.isFull { entry.ready = min(entry.ready, now) }
        storeBuffers[core].entries.append(entry)
        emitBuffered(address, size, core, entry.number)
    }

    private mutating func emitBuffered(
        _ address: UInt64, _ size: UInt64, _ core: Int, _ number: UInt32
    ) {
        emit(
            .store, at: cores[core].now, agent: .core(core), place: .storeBuffer(core),
            other: mapType == .writeBack ? 1 : 2,
            address: address, size: size, detail: number, record: record)
    }

    /// Lets the oldest entry go, and waits for the path to be free for it.
    ///
    /// A held buffer grows instead: `env hold` pins what the architecture allows, whatever the
    /// number of entries here.
    private mutating func makeRoom(_ core: Int) {
        guard !cores[core].holds else { return }
        wait(core, until: pathOut, on: .storeBufferFull)
        drainEntry(core, 0, at: cores[core].now)
    }

    /// Lets everything leave a core's store buffer, and lets the core wait for it.
    mutating func drainStoreBuffer(_ core: Int, on cause: Cause) {
        let now = cores[core].now
        let entries = storeBuffers[core].entries
        storeBuffers[core].entries = []
        for entry in entries { drain(entry, of: core, at: max(pathOut, now)) }
        if let last = pendingStores[core].max() { wait(core, until: last, on: cause) }
        pendingStores[core] = []
        if pathOut > now { wait(core, until: pathOut, on: cause) }
        refreshDue()
    }

    /// Hands one entry to where its stores go.
    mutating func drainEntry(_ core: Int, _ index: Int, at tick: UInt64) {
        drain(storeBuffers[core].entries.remove(at: index), of: core, at: tick)
    }

    /// Hands an entry that has left the buffer to where its stores go.
    private mutating func drain(_ entry: StoreBufferEntry, of core: Int, at tick: UInt64) {
        pathOut = max(pathOut, tick) + costs.pathOut(max(entry.granule, entryBytes))
        switch entry.type {
        case .writeBack: drainWriteBack(entry, core, at: tick)
        case .nonCacheable, .writeThrough, .device, .stronglyOrdered:
            if hasOuter {
                enterOuterSlot(entry, core, at: tick)
            } else {
                drain(entry, core, to: .memory, at: tick)
                writeMemory(
                    entry.address, UInt64(entry.mask.nonzeroBitCount), agent: .core(core), at: tick)
            }
        }
    }

    mutating func drain(
        _ entry: StoreBufferEntry, _ core: Int, from place: Place? = nil, to other: Place,
        at tick: UInt64, copy: Bool = false
    ) {
        emit(
            copy ? .drainCopy : .drain, at: tick, agent: .core(core),
            place: place ?? .storeBuffer(core), other: other.rawValue, address: entry.address,
            size: entry.granule, detail: entry.number, record: entry.record)
    }

    private mutating func drainWriteBack(_ entry: StoreBufferEntry, _ core: Int, at tick: UInt64) {
        let line = level1Data.line(of: entry.address)
        if hasLevel1Data {
            // Other cores' copies go when the store becomes visible, which is now.
            _ = snoopLevel1(line, besides: core, invalidate: true, at: tick)
            var index = level1Data.touch(line, core)
            if index >= 0 { level1Data.entries[index] &= ~CacheBank.shared }
            if index < 0, configuration.level1Data?.writeAllocates == true, !streams(core) {
                _ = fillLevel1(line, core, at: tick, reason: .demand, forStore: true)
                index = level1Data.touch(line, core)
            }
            if index >= 0 {
                level1Data.entries[index] |= CacheBank.dirty
                drain(entry, core, to: .level1Data(core), at: tick)
                return
            }
        }
        storeToLevel2(entry, core, from: .storeBuffer(core), at: tick)
    }

    /// Writes a buffered store of write-back memory into the second level.
    ///
    /// A whole line needs no linefill. A part of a line that is absent fills it first where the second level
    /// allocates on writes, and goes to memory where it does not.
    mutating func storeToLevel2(
        _ entry: StoreBufferEntry, _ core: Int, from place: Place, at tick: UInt64
    ) {
        guard hasLevel2 else {
            drain(entry, core, from: place, to: .memory, at: tick)
            writeMemory(
                entry.address, UInt64(entry.mask.nonzeroBitCount), agent: .core(core), at: tick)
            return
        }
        let line = level2.line(of: entry.address)
        var index = level2.touch(line, 0)
        emit(
            .levelWrite, at: tick, agent: .core(core), place: level2Place, other: index < 0 ? 1 : 0,
            address: entry.address, size: entry.granule, record: entry.record)
        if index < 0 {
            guard configuration.level2?.cache.writeAllocates == true, !streamsPastLevel2(core)
            else {
                drain(entry, core, from: place, to: .memory, at: tick)
                writeMemory(
                    entry.address, UInt64(entry.mask.nonzeroBitCount), agent: .core(core), at: tick)
                return
            }
            if entry.isFull, Int(entry.granule) == level2.lineSize {
                let (place, victim) = level2.insert(line, 0, state: 0)
                index = place
                if victim != 0 { evictFromLevel2(victim, at: tick, reason: .replacement) }
            } else {
                _ = fillLevel2(line, agent: .core(core), at: tick, reason: .demand)
                index = level2.touch(line, 0)
            }
        }
        level2.entries[index] |= CacheBank.dirty
        drain(entry, core, from: place, to: level2Place, at: tick)
    }

    private func streamsPastLevel2(_ core: Int) -> Bool {
        guard let lines = configuration.level2?.cache.streamingLines else { return false }
        return cores[core].streamBytes > UInt64(lines * level2.lineSize)
    }
}
