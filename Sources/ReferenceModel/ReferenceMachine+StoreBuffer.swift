import Events
import MemoryModel
import Operations
import Quantities

// Section 5, the store buffer.

extension ReferenceMachine {
    /// A store goes into the store buffer, each granule by itself.
    mutating func enterBuffer(
        _ piece: ReferencePiece, _ core: Int, granule: UInt64, drainsAlone: Bool = true
    ) {
        var at = piece.address
        let end = piece.address + piece.size
        while at < end {
            let start = at / granule * granule
            var part = piece
            part.address = at
            part.size = min(end, start + granule) - at
            let number =
                merge(part, core, start, granule) ?? makeEntry(part, core, start, granule)
            tell(
                .store, at: cores[core].now, .core(core), .storeBuffer(core),
                other: part.type == .writeBack ? 1 : 2, part.address, part.size, detail: number)
            at += part.size
        }
        if configuration.storeBuffer == nil, drainsAlone { drainBuffer(core, .storeBufferFull) }
    }

    /// Adds a store to an entry that is there.
    ///
    /// - Returns: the number of the entry.
    private mutating func merge(
        _ part: ReferencePiece, _ core: Int, _ start: UInt64, _ granule: UInt64
    ) -> UInt32? {
        guard configuration.storeBuffer?.merges ?? true else { return nil }
        let youngest = cores[core].buffer.indices.suffix(64)
        guard
            let index = youngest.last(where: {
                let entry = cores[core].buffer[$0]
                return entry.start == start && entry.granule == granule && entry.type == part.type
            })
        else { return nil }
        add(part, to: &cores[core].buffer[index])
        if cores[core].buffer[index].isFull {
            let now = cores[core].now
            cores[core].buffer[index].ready = min(cores[core].buffer[index].ready, now)
        }
        return cores[core].buffer[index].number
    }

    func add(_ part: ReferencePiece, to entry: inout ReferenceEntry) {
        for byte in part.address..<part.address + part.size {
            entry.bytes[Int(byte - entry.start)] = true
        }
        entry.record = record
    }

    private mutating func makeEntry(
        _ part: ReferencePiece, _ core: Int, _ start: UInt64, _ granule: UInt64
    ) -> UInt32 {
        if cores[core].buffer.count >= bufferCapacity, !cores[core].isHeld {
            wait(core, until: pathOut, .storeBufferFull)
            drainEntry(0, of: core, at: cores[core].now)
        }
        let now = cores[core].now
        let age = configuration.storeBuffer?.drainCycles.map { ticks($0) }
        var entry = ReferenceEntry(
            number: nextNumber, start: start,
            bytes: Array(repeating: false, count: Int(granule)), type: part.type,
            isShared: part.isShared, alias: part.alias, ready: age.map { now + $0 } ?? .max,
            record: record)
        nextNumber += 1
        add(part, to: &entry)
        if entry.isFull { entry.ready = now }
        cores[core].buffer.append(entry)
        if let mark = configuration.storeBuffer?.highWater, cores[core].buffer.count >= mark {
            cores[core].buffer[0].ready = min(cores[core].buffer[0].ready, now)
        }
        return entry.number
    }

    /// Drains all of a core's buffer, and waits for it.
    mutating func drainBuffer(_ core: Int, _ cause: Cause) {
        let now = cores[core].now
        while !cores[core].buffer.isEmpty {
            drainEntry(0, of: core, at: max(pathOut, now))
        }
        if let last = cores[core].storeMisses.max() { wait(core, until: last, cause) }
        cores[core].storeMisses = []
        if pathOut > now { wait(core, until: pathOut, cause) }
    }

    mutating func tellDrain(
        _ kind: Event.Kind, _ entry: ReferenceEntry, _ core: Int, _ place: Place, to target: Place,
        at tick: UInt64
    ) {
        tell(
            kind, at: tick, .core(core), place, other: target.rawValue, entry.start, entry.granule,
            detail: entry.number)
    }

    /// An entry leaves a core's buffer.
    mutating func drainEntry(_ index: Int, of core: Int, at tick: UInt64) {
        let entry = cores[core].buffer.remove(at: index)
        let current = record
        record = entry.record
        defer { record = current }
        pathOut =
            max(pathOut, tick)
            + lineOut * max(entry.granule, entryBytes) / UInt64(configuration.dataLineSize)
        if entry.type == .writeBack {
            drainWriteBack(entry, core, at: tick)
            return
        }
        if entry.type == .writeThrough || goesThroughOuter(entry.type, isShared: entry.isShared) {
            copyThrough(entry, core, at: tick)
        }
        if configuration.hasOuterCache {
            enterSlot(entry, core, at: tick)
        } else {
            passCaches(entry, core, .storeBuffer(core), at: tick)
        }
    }

    /// Whether the outer cache takes part in a non-cacheable access.
    func goesThroughOuter(_ type: MemoryType, isShared: Bool) -> Bool {
        type == .nonCacheable && isShared
            && configuration.level2?.outer.map { !$0.overridesShared } ?? false
    }

    /// A write-through entry, or one that is treated so, goes into the caches that hold its line, which stay clean.
    private mutating func copyThrough(_ entry: ReferenceEntry, _ core: Int, at tick: UInt64) {
        if !level2.isEmpty, level2[second(core)].holds(entry.start) {
            tellDrain(
                .drainCopy, entry, core, .storeBuffer(core), to: level2[second(core)].place,
                at: tick)
        }
        if hasIntegratedLevel3, level3[0].holds(entry.start) {
            tellDrain(.drainCopy, entry, core, .storeBuffer(core), to: .level3, at: tick)
        }
    }

    private mutating func drainWriteBack(_ entry: ReferenceEntry, _ core: Int, at tick: UInt64) {
        if let cache = configuration.level1Data {
            let target = ReferenceTarget(
                line: entry.start / dataLine * dataLine, alias: entry.alias,
                isShared: entry.isShared)
            let dirty = level1Data[core].dirtyBits(entry.start, entry.granule, of: target.line)
            if let line = level1Data[core].line(target.line, alias: target.alias) {
                level1Data[core].use(target.line, alias: target.alias)
                if line.isShared { upgrade(core, target, at: tick) }
            } else if cache.writeAllocates, !isStreaming(core, cache) {
                _ = fillLevel1(core, target, at: tick, dirty: dirty, reason: .demand)
            } else {
                takeFromOthers(core, target, at: tick)
            }
            if level1Data[core].holds(target.line, alias: target.alias) {
                level1Data[core].change(target.line, alias: target.alias) {
                    $0.isPrefetched = false
                    $0.dirty |= dirty
                }
                tellDrain(
                    .drain, entry, core, .storeBuffer(core),
                    to: .level1Data(core, alias: target.alias), at: tick)
                return
            }
        }
        drainToLevel2(entry, core, at: tick)
    }

    private mutating func drainToLevel2(_ entry: ReferenceEntry, _ core: Int, at tick: UInt64) {
        guard let level = configuration.level2 else {
            drainBelowLevel2(entry, core, at: tick)
            return
        }
        let number = second(core)
        let base = level2[number].base(entry.start)
        let isHit = level2[number].holds(base)
        level2[number].use(base)
        tell(
            .levelWrite, at: tick, .core(core), level2[number].place, other: isHit ? 0 : 1,
            entry.start, entry.granule)
        if !isHit {
            guard level.cache.writeAllocates, !isStreaming(core, level.cache) else {
                drainBelowLevel2(entry, core, at: tick)
                return
            }
            if entry.isFull, entry.granule == level2[number].lineSize {
                insertLevel2(core, ReferenceLine(address: base), at: tick)
            } else {
                _ = fillLevel2(core, base, at: tick, reason: .demand, shared: false)
            }
        }
        let dirty = level2[number].dirtyBits(entry.start, entry.granule, of: base)
        level2[number].change(base) {
            $0.isPrefetched = false
            $0.dirty |= dirty
        }
        tellDrain(
            .drain, entry, core, .storeBuffer(core), to: level2[number].place, at: tick)
    }

    private mutating func drainBelowLevel2(
        _ entry: ReferenceEntry, _ core: Int, at tick: UInt64
    ) {
        let place = placeBelowLevel2(
            core, entry.start, entry.granule, hasAll: entry.isFull, at: tick)
        tellDrain(.drain, entry, core, .storeBuffer(core), to: place, at: tick)
        if place == .memory {
            writeMemory(.core(core), entry.start, entry.byteCount, at: tick)
        }
    }

    /// An entry or a slot goes past the caches of the cores.
    mutating func passCaches(
        _ entry: ReferenceEntry, _ core: Int, _ place: Place, at tick: UInt64
    ) {
        let target = lookUpMemorySide(core, entry.start, entry.granule, isWrite: true, at: tick)
        clearMonitors(except: core, entry.start, entry.granule)
        tellDrain(.drain, entry, core, place, to: target, at: tick)
        if target == .memory {
            writeMemory(.core(core), entry.start, entry.byteCount, at: tick)
        }
    }
}
