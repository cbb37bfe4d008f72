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
    mutating func store(_ address: UInt64, _ size: UInt64, _ core: Int) {
        switch mapType {
        case .writeBack: storeWriteBack(address, size, core)
        case .writeThrough: storeWriteThrough(address, size, core)
        case .nonCacheable:
            spendHit(core)
            enterStoreBuffer(address, size, core, granule: entryBytes)
        case .device:
            drainBefore(.deviceStore, core, on: .device)
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

    /// Marks what a store-release has left in the buffer: a load-acquire waits for it.
    mutating func noteRelease(_ core: Int) {
        let entries = storeBuffers.list(core)
        for index in entries.indices { entries[index].isRelease = true }
    }

    /// Lets a store buffer drain where the machine's rules say that an access to other bytes does that.
    mutating func drainBefore(_ reason: DrainReason, _ core: Int, on cause: Cause) {
        guard !rules.drainedBy.isEmpty, rules.drainedBy.contains(reason),
            storeBuffers.count(core) > 0, !cores[core].holds
        else { return }
        drainStoreBuffer(core, on: cause)
    }

    /// Bytes of an entry.
    @inline(__always)
    var entryBytes: UInt64 { rules.entryBytes }

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
            spendHit(core)
            enterStoreBuffer(address, size, core, granule: entryBytes)
            return
        }
        if hasLevel1Data {
            let line = level1Line(address)
            var index = level1Data.touch(line, core)
            if index >= 0 {
                index = upgrade(line, core, index, mapIsShared, at: cores[core].now)
            }
            if index >= 0 {
                let entry = level1Data.entries[index] & ~CacheBank.prefetched
                level1Data.put(entry | level1Data.dirtyBits(address, size), at: index, core)
                emitStore(address, size, core, level1Place(core, line))
                spendHit(core)
                return
            }
            if rules.level1WriteAllocates, !streams(core) {
                allocateForStore(line, core, level1Data.dirtyBits(address, size))
                emitStore(address, size, core, level1Place(core, line), missed: true)
                spendHit(core)
                return
            }
            takeForStore(line, core, mapIsShared, at: cores[core].now)
        }
        spendHit(core)
        // A stream fills whole lines, so its entries are whole lines; masks hold 64 bytes.
        let granule = streams(core) ? min(UInt64(level1Data.lineSize), 64) : entryBytes
        enterStoreBuffer(address, size, core, granule: granule)
    }

    /// Whether the stores of a core have covered enough whole lines in a row not to allocate any more.
    @inline(__always)
    private func streams(_ core: Int) -> Bool {
        guard let lines = rules.level1StreamingLines else { return false }
        return cores[core].streamBytes > UInt64(lines * level1Data.lineSize)
    }

    /// Fills a line for a store.
    ///
    /// The store waits in the store buffer, not the core, while there is room.
    private mutating func allocateForStore(_ line: UInt64, _ core: Int, _ bits: UInt64) {
        let now = cores[core].now
        pendingStores.keep(core) { $0 > now }
        if pendingStores.count(core) >= rules.storeBufferEntries,
            let first = pendingStores.list(core).min()
        {
            wait(core, until: first, on: .storeBufferFull)
            pendingStores.keep(core) { $0 > first }
        }
        let fill = fillLevel1(
            line, core, at: cores[core].now, reason: .demand, storeBits: bits,
            isShared: mapIsShared)
        pendingStores.append(fill.completion, core)
    }

    /// Takes a line out of the other cores' caches for a store that L1D does not allocate for.
    private mutating func takeForStore(
        _ line: UInt64, _ core: Int, _ isShared: Bool, at tick: UInt64
    ) {
        let found = snoop(line, by: core, forStore: true, isShared, at: tick)
        if let other = found.movesFrom {
            // Nobody here takes the modified bytes: they go to the level below.
            cleanLevel1(line, other, at: tick, reason: .snoop)
        }
        endMove(found, line, by: core, at: tick)
        claimLevel2(line, core)
    }

    private mutating func storeWriteThrough(_ address: UInt64, _ size: UInt64, _ core: Int) {
        spendHit(core)
        if hasLevel1Data {
            takeForStore(level1Line(address), core, mapIsShared, at: cores[core].now)
        }
        enterStoreBuffer(address, size, core, granule: entryBytes, staysWithoutBuffer: true)
        updateWrittenThrough(address, size, core)
        if !rules.hasStoreBuffer { drainStoreBuffer(core, on: .storeBufferFull) }
    }

    /// Puts a write-through store into the line that it hits, too.
    private mutating func updateWrittenThrough(_ address: UInt64, _ size: UInt64, _ core: Int) {
        let line = level1Line(address)
        guard hasLevel1Data, !cores[core].holds, level1Data.touch(line, core) >= 0 else { return }
        for entry in storeBuffers.list(core) where entry.overlaps(address, size) {
            emit(
                .drainCopy, at: cores[core].now, agent: .core(core), place: .storeBuffer(core),
                other: level1Place(core, line).rawValue, address: entry.address,
                size: entry.granule,
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
        if !rules.hasStoreBuffer, !staysWithoutBuffer {
            drainStoreBuffer(core, on: .storeBufferFull)
        }
        refreshDue()
    }

    private mutating func enterPiece(
        _ address: UInt64, _ size: UInt64, _ core: Int, _ granule: UInt64
    ) {
        let mask = StoreBuffer.mask(address, size, granule)
        let entries = storeBuffers.list(core)
        if rules.merges, let index = entries.mergeTarget(address, granule, mapType) {
            entries[index].mask |= mask
            entries[index].record = record
            if entries[index].isFull {
                entries[index].ready = min(entries[index].ready, cores[core].now)
            }
            emitBuffered(address, size, core, entries[index].number)
            return
        }
        if entries.count >= rules.storeBufferEntries { makeRoom(core) }
        let now = cores[core].now
        var entry = StoreBufferEntry(
            number: nextEntry, address: address & ~(granule - 1), granule: granule, mask: mask,
            type: mapType, ready: costs.drainAge.map { now + $0 } ?? .max, record: record,
            isShared: mapIsShared, synonym: mapSynonym)
        nextEntry &+= 1
        if entry.isFull { entry.ready = min(entry.ready, now) }
        storeBuffers.append(entry, core)
        if let mark = rules.highWater, storeBuffers.count(core) >= mark {
            let entries = storeBuffers.list(core)
            entries[0].ready = min(entries[0].ready, now)
        }
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
        // None of what a drain leads to puts anything into a core's buffer, so that its storage stays as it is.
        let entries = storeBuffers.list(core)
        storeBuffers.removeAll(core)
        for entry in entries { drain(entry, of: core, at: max(pathOut, now)) }
        assert(storeBuffers.count(core) == 0, "a drain has filled the buffer that it empties")
        if let last = pendingStores.list(core).max() { wait(core, until: last, on: cause) }
        pendingStores.removeAll(core)
        if pathOut > now { wait(core, until: pathOut, on: cause) }
        refreshDue()
    }

    /// Hands one entry to where its stores go.
    mutating func drainEntry(_ core: Int, _ index: Int, at tick: UInt64) {
        drain(storeBuffers.remove(at: index, core), of: core, at: tick)
    }

    /// Hands an entry that has left the buffer to where its stores go.
    private mutating func drain(_ entry: StoreBufferEntry, of core: Int, at tick: UInt64) {
        // All that follows from a store is told as that store's, whatever statement runs by then.
        let running = record
        record = entry.record
        defer { record = running }
        pathOut = max(pathOut, tick) + costs.pathOut(max(entry.granule, entryBytes))
        switch entry.type {
        case .writeBack: drainWriteBack(entry, core, at: tick)
        case .nonCacheable, .writeThrough, .device, .stronglyOrdered:
            if writesThrough(entry) { writeThroughLevels(entry, core, at: tick) }
            if hasOuter {
                enterOuterSlot(entry, core, at: tick)
            } else {
                drainPastCaches(entry, core, from: .storeBuffer(core), at: tick)
            }
        }
    }

    /// Puts an entry of memory that is written through into the levels that hold its line, where it stays clean.
    private mutating func writeThroughLevels(
        _ entry: StoreBufferEntry, _ core: Int, at tick: UInt64
    ) {
        if hasLevel2, level2.peek(level2.line(of: entry.address), level2Copy(core)) >= 0 {
            drain(entry, core, to: level2Place(core), at: tick, copy: true)
        }
        if hasLevel3, !isLevel3MemorySide, level3.peek(level3.line(of: entry.address), 0) >= 0 {
            drain(entry, core, to: .level3, at: tick, copy: true)
        }
    }

    /// Writes an entry to memory, or to a third level on memory's side that holds its line.
    mutating func drainPastCaches(
        _ entry: StoreBufferEntry, _ core: Int, from place: Place, at tick: UInt64
    ) {
        let bytes = UInt64(entry.mask.nonzeroBitCount)
        let target = uncachedTarget(entry.address, entry.granule, .core(core), at: tick)
        clearMonitors(entry.address, entry.granule, besides: core)
        drain(entry, core, from: place, to: target, at: tick)
        if target == .memory {
            writeMemory(entry.address, bytes, agent: .core(core), at: tick)
            noteDrained(bytes)
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
        if hasLevel1Data {
            let line =
                level1Data.line(of: entry.address) | entry.synonym &<< CacheBank.synonymShift
            let bits = level1Data.dirtyBits(entry.address, entry.granule)
            // Other cores' copies go when the store becomes visible, which is now.
            var index = level1Data.touch(line, core)
            if index >= 0 {
                index = upgrade(line, core, index, entry.isShared, at: tick)
            } else if rules.level1WriteAllocates, !streams(core) {
                _ = fillLevel1(
                    line, core, at: tick, reason: .demand, storeBits: bits,
                    isShared: entry.isShared)
                index = level1Data.peek(line, core)
            } else {
                takeForStore(line, core, entry.isShared, at: tick)
            }
            if index >= 0 {
                let stored = level1Data.entries[index] & ~CacheBank.prefetched | bits
                level1Data.put(stored, at: index, core)
                drain(entry, core, to: level1Place(core, line), at: tick)
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
            drainBelowLevel2(entry, core, from: place, at: tick)
            return
        }
        let line = level2.line(of: entry.address)
        let copy = level2Copy(core)
        var index = level2.touch(line, copy)
        emit(
            .levelWrite, at: tick, agent: .core(core), place: level2Place(core),
            other: index < 0 ? 1 : 0, address: entry.address, size: entry.granule,
            record: entry.record)
        if index < 0 {
            guard rules.level2WriteAllocates, !streamsPastLevel2(core)
            else {
                drainBelowLevel2(entry, core, from: place, at: tick)
                return
            }
            if entry.isFull, Int(entry.granule) == level2.lineSize {
                let (place, victim) = level2.insert(line, copy, state: 0)
                index = place
                if victim != 0 { evictFromLevel2(victim, core, at: tick, reason: .replacement) }
            } else {
                fillLevel2(line, core, at: tick, reason: .demand)
                index = level2.peek(line, copy)
            }
        }
        level2.entries[index] =
            level2.entries[index] & ~CacheBank.prefetched
            | level2.dirtyBits(entry.address, entry.granule)
        drain(entry, core, from: place, to: level2Place(core), at: tick)
    }

    /// Writes an entry of write-back memory to what is below the second level.
    private mutating func drainBelowLevel2(
        _ entry: StoreBufferEntry, _ core: Int, from place: Place, at tick: UInt64
    ) {
        let below = placeBelowLevel2(
            entry.address, entry.granule, .core(core), at: tick, hasAllBytes: entry.isFull)
        drain(entry, core, from: place, to: below, at: tick)
        if below == .memory {
            let bytes = UInt64(entry.mask.nonzeroBitCount)
            writeMemory(entry.address, bytes, agent: .core(core), at: tick)
            noteDrained(bytes)
        }
    }

    /// Enters bytes that a buffer gave memory: the event has the granule, not which bytes of it were there.
    private mutating func noteDrained(_ bytes: UInt64) {
        #if DEBUG
            ledger.asked.written += bytes
        #endif
    }

    @inline(__always)
    private func streamsPastLevel2(_ core: Int) -> Bool {
        guard let lines = rules.level2StreamingLines else { return false }
        return cores[core].streamBytes > UInt64(lines * level2.lineSize)
    }
}
