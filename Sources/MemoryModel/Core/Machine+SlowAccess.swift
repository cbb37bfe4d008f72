import Events
import Operations
import Quantities

// Every access that is not an L1 hit on the fast path: other memory types, line crossings, misses, dependent
// loads, exclusives, prefetch hints, and Dinero's cache operations.

extension Machine where P: ~Copyable {
    /// Performs one access with everything that can happen to it.
    @inline(never)
    mutating func performSlowly(_ access: MemoryAccess, record: UInt32) {
        let core = Int(access.agent.rawValue)
        precondition(core < cores.count, "core \(core) of a machine with \(cores.count)")
        self.record = record
        valueOfAccess = 0
        issue(core)
        performIssued(access, core)
        if uncachedBurst != nil { finishBurst(core) }
        openFastPath(for: core)
        checkLaws()
    }

    private mutating func performIssued(_ access: MemoryAccess, _ core: Int) {
        switch access.kindNumber(of: UInt32(core)) {
        case 0, 1:
            forEachPiece(access, level1Data.lineSize) { machine, address, size in
                if access.kind == .load {
                    machine.load(address, size, core)
                } else {
                    machine.store(address, size, core)
                }
            }
        case 2: fetch(access, core)
        default: performSpecial(access, core)
        }
    }

    private mutating func fetch(_ access: MemoryAccess, _ core: Int) {
        chargeFetch(cores.base + core)
        forEachPiece(access, level1Instruction.lineSize) { $0.fetch($1, $2, core) }
    }

    /// Performs an access with a flag, or of a rarer kind.
    @inline(never)
    private mutating func performSpecial(_ access: MemoryAccess, _ core: Int) {
        if access.isDependent {
            let state = cores[core]
            if state.isLastLoadSlow {
                wait(core, until: state.lastLoad, on: state.lastSlowCause)
            } else {
                wait(core, until: state.lastLoad + costs.hitExtra, on: .level1)
            }
        }
        switch access.kind {
        case .copyBack, .invalidate:
            performCacheRecord(access, core)
            return
        case .loadAcquire:
            // A store-release before is seen before: both are in one order that all agents agree on.
            // No key path here: a function with one is not made for the probe at hand, nor what it calls.
            if storeBuffers.list(core).contains(where: { $0.isRelease }) {
                drainStoreBuffer(core, on: .barrier)
            }
            forEachPiece(access, level1Data.lineSize) { $0.load($1, $2, core) }
            if uncachedBurst != nil { finishBurst(core) }
            waitForMisses(core)
            spend(core, costs.dmb, on: .barrier)
            return
        case .storeRelease:
            waitForMisses(core)
            drainStoreBuffer(core, on: .barrier)
            spend(core, costs.dmb, on: .barrier)
        case .loadExclusive:
            translate(access.address)
            usesMonitors = true
            (cores.base + core).pointee.monitor =
                (access.address &+ mapDelta) & ~(exclusiveGranule - 1)
        case .storeExclusive:
            guard passesMonitor(access, core) else { return }
        case .fetch: return fetch(access, core)
        default: break
        }
        forEachPiece(access, level1Data.lineSize) { machine, address, size in
            switch access.kind {
            case .prefetch: machine.prefetch(address, core)
            case .store, .storeExclusive: machine.store(address, size, core)
            case .storeRelease:
                machine.store(address, size, core)
                machine.noteRelease(core)
            default: machine.load(address, size, core)
            }
        }
    }

    /// Whether a store-exclusive may store: the monitor watches its granule still.
    private mutating func passesMonitor(_ access: MemoryAccess, _ core: Int) -> Bool {
        translate(access.address)
        let physical = access.address &+ mapDelta
        let isWatched = cores[core].monitor == physical & ~(exclusiveGranule - 1)
        (cores.base + core).pointee.monitor = .max
        if !isWatched {
            emit(
                .exclusiveFailed, at: cores[core].now, agent: .core(core), address: physical,
                size: UInt64(access.size), detail: UInt32(mapType.rawValue), record: record)
            spendHit(core)
        }
        return isWatched
    }

    /// Calls `body` for each line that an access touches, with its physical address and memory type set up.
    @inline(__always)
    private mutating func forEachPiece(
        _ access: MemoryAccess, _ lineSize: Int, _ body: (inout Self, UInt64, UInt64) -> Void
    ) {
        let lineSize = UInt64(lineSize)
        var address = access.address
        var left = UInt64(access.size)
        repeat {
            translate(address)
            if !tlbs.isEmpty {
                enterPage(of: address, Int(access.agent.rawValue), isFetch: access.kind == .fetch)
            }
            let physical = address &+ mapDelta
            let room = min(
                lineSize &- (physical & (lineSize &- 1)), mapSize &- (address &- mapStart))
            let piece = min(room, left)
            body(&self, physical, piece)
            address &+= piece
            left &-= piece
        } while left > 0
    }

    /// Finds the mapping of an address for the accesses to come.
    @inline(__always)
    mutating func translate(_ address: UInt64) {
        if address &- mapStart >= mapSize { findMapping(address) }
    }

    @inline(never)
    private mutating func findMapping(_ address: UInt64) {
        let mapping = map.mapping(of: address)
        mapOwner = .max
        mapStart = mapping.start
        // The highest byte of the address space is left out, so that sizes fit into 64 bits.
        mapSize = mapping.end - mapping.start
        mapDelta = mapping.physical &- mapping.start
        let uncachedWriteThrough =
            mapping.type == .writeThrough && !rules.honoursWriteThrough
        mapType = uncachedWriteThrough ? .nonCacheable : mapping.type
        mapIsShared = mapping.shareability != .nonShareable
        #if DEBUG
            if !mapIsShared, mapping.type.isCacheable { ledger.allowsSeveralWriters = true }
        #endif
        // Virtual tags make an alias of a mapping once its lines may be there, and it stays one when the mapping is
        // no longer cacheable; those of physical tags are known beforehand.
        let distance = 0 &- mapDelta
        let isAliased =
            level1Data.hasSynonyms
            && (mapType.isCacheable || level1Data.configuration.index == .vipt
                || knownAliases.contains(distance))
        mapSynonym = isAliased ? synonym(of: distance) : 0
    }

    /// Under which alias L1D keeps lines whose virtual address is `distance` beyond the physical one.
    ///
    /// A cache with physical tags tells only as many apart as a way has pages.
    private mutating func synonym(of distance: UInt64) -> UInt64 {
        guard let cache = configuration.level1Data else { return 0 }
        let alias: UInt64
        if cache.index == .vipt {
            alias = distance % cache.wayBytes / CacheConfiguration.pageBytes
        } else if let known = knownAliases.firstIndex(of: distance) {
            alias = UInt64(known)
        } else {
            precondition(knownAliases.count < 8, "a machine with more than eight aliases")
            alias = UInt64(knownAliases.count)
            knownAliases.append(distance)
        }
        level1Data.synonymLines[Int(alias)] = distance &>> level1Data.lineShift
        return alias
    }

    // MARK: Loads

    mutating func load(_ address: UInt64, _ size: UInt64, _ core: Int) {
        if !earlyLoads.isEmpty,
            let early = earlyLoads.firstIndex(where: {
                $0.core == core && $0.address <= address && address + size <= $0.address + $0.size
            })
        {
            // The value was taken when `env late` said so.
            earlyLoads.remove(at: early)
            spendHit(core)
            return
        }
        switch mapType {
        case .writeBack, .writeThrough: loadCacheable(address, size, core)
        case .nonCacheable: loadUncached(address, size, core)
        case .device, .stronglyOrdered: loadDevice(address, size, core)
        }
    }

    private mutating func loadCacheable(_ address: UInt64, _ size: UInt64, _ core: Int) {
        let now = cores[core].now
        let line = level1Line(address)
        let index = hasLevel1Data ? level1Data.touch(line, core) : -1
        if index >= 0 {
            emitLoad(address, size, core, level1Place(core, line))
            spendHit(core)
            guard level1Data.entries[index] & CacheBank.prefetched != 0 else {
                noteLoad(core, completion: now + period + costs.hitExtra, cause: .level1)
                return
            }
            usePrefetched(line, index, core, at: now)
            return
        }
        let source: LineSource
        if hasLevel1Data, rules.level1ReadAllocates {
            source = fillLevel1(line, core, at: now, reason: .demand, isShared: mapIsShared)
            emitLoad(address, size, core, level1Place(core, line), servedBy: source.place)
            trainLevel1(line, core, at: now)
        } else {
            source = readPastLevel1(line, address, size, core, at: now)
            emitLoad(address, size, core, source.place, fillsLevel1: false)
        }
        spendHit(core)
        missed(core, completion: source.completion, cause: source.cause)
    }

    /// The first load of a line that a prefetcher brought: it may be on its way still.
    private mutating func usePrefetched(_ line: UInt64, _ index: Int, _ core: Int, at now: UInt64) {
        level1Data.put(
            level1Data.entries[index] & ~CacheBank.prefetched, at: index, core)
        let arrival = streams.arrival(of: line, core)
        trainLevel1(line, core, at: now)
        if arrival > cores[core].now {
            missed(core, completion: arrival, cause: .memory)
        } else {
            noteLoad(core, completion: now + period + costs.hitExtra, cause: .level1)
        }
    }

    /// Reads for a load that L1D does not allocate for, or where there is none.
    private mutating func readPastLevel1(
        _ line: UInt64, _ address: UInt64, _ size: UInt64, _ core: Int, at tick: UInt64
    ) -> LineSource {
        let found = snoopForFill(line, core, forStore: false, mapIsShared, at: tick)
        // The line stays with whom it is, shared: what would have moved goes through the level below, and its next
        // store must ask, which ends the reservation of a load-exclusive.
        if let other = found.movesFrom {
            cleanLevel1(line, other, at: tick, reason: .snoop)
            let index = level1Data.peek(line, other)
            if index >= 0 {
                level1Data.put(level1Data.entries[index] | CacheBank.shared, at: index, other)
            }
        }
        if let place = found.source {
            return LineSource(
                place: place, completion: tick + costs.transfer + found.cost, cause: .level2)
        }
        var source = readBelowLevel1(
            address, size, core, at: tick, isData: false, sharedState: found.state)
        source.completion += found.cost
        return source
    }

    /// Tells of a load.
    ///
    /// `other` is 1 where the line was filled for it: the load hits `place` now but counts as a miss there;
    /// 2 where no L1 was asked or took the line.
    mutating func emitLoad(
        _ address: UInt64, _ size: UInt64, _ core: Int, _ place: Place,
        servedBy source: Place? = nil, fillsLevel1: Bool = true
    ) {
        emit(
            .load, at: cores[core].now, agent: .core(core), place: place,
            other: place.isLevel1Data && fillsLevel1 ? (source == nil ? 0 : 1) : 2,
            address: address, size: size, detail: UInt32(mapType.rawValue), record: record)
    }

    /// Notes when the value of a load's piece is there: that of the load is with the last of its pieces.
    @inline(__always)
    mutating func noteLoad(_ core: Int, completion: UInt64, cause: Cause) {
        guard completion >= valueOfAccess else { return }
        valueOfAccess = completion
        (cores.base + core).pointee.lastLoad = completion
        (cores.base + core).pointee.isLastLoadSlow = true
        (cores.base + core).pointee.lastSlowCause = cause
    }

    /// Notes a load in flight; the core goes on for its window, unless all its miss buffers are in use.
    mutating func missed(
        _ core: Int, completion: UInt64, cause: Cause, limit: Int? = nil
    ) {
        noteLoad(core, completion: completion, cause: cause)
        let limit = max(limit ?? rules.outstandingMisses, 1)
        updateStall(core)
        while pendingMisses.count(core) >= limit {
            let miss = pendingMisses.list(core)[firstMiss(core)]
            wait(core, until: miss.completion, on: miss.cause)
            updateStall(core)
        }
        let state = cores.base + core
        let deadline = state.pointee.now + costs.window
        pendingMisses.append(
            PendingMiss(completion: completion, deadline: deadline, cause: cause), core)
        state.pointee.stallAt = min(state.pointee.stallAt, deadline)
    }

    // MARK: Fetches and hints

    private mutating func fetch(_ address: UInt64, _ size: UInt64, _ core: Int) {
        let now = cores[core].now
        guard hasLevel1Instruction else {
            emit(
                .fetch, at: now, agent: .core(core), place: .memory, other: 2, address: address,
                size: size, record: record)
            return
        }
        let line = level1Instruction.line(of: address)
        let place = Place.level1Instruction(core)
        if level1Instruction.touch(line, core) >= 0 {
            emit(
                .fetch, at: now, agent: .core(core), place: place, address: address, size: size,
                record: record)
            return
        }
        let start = line << level1Instruction.lineShift
        let lineSize = UInt64(level1Instruction.lineSize)
        let shared = snoopForLevel2(level2.line(of: start), core, mapIsShared, at: now)
        let source = readBelowLevel1(
            start, lineSize, core, at: now, isData: false, sharedState: shared)
        let (_, victim) = level1Instruction.insert(line, core, state: 0)
        emit(
            .linefill, at: now, agent: .core(core), place: place, other: source.place.rawValue,
            address: start, size: lineSize, detail: MoveReason.demand.rawValue, record: record)
        emit(
            .fetch, at: now, agent: .core(core), place: place, other: 1, address: address,
            size: size,
            record: record)
        if victim != 0 {
            emit(
                .invalidate, at: now, agent: .core(core), place: place,
                address: level1Instruction.address(
                    ofLine: level1Instruction.line(ofEntry: victim)),
                size: lineSize,
                detail: MoveReason.replacement.rawValue, record: record)
        }
        // Without instructions the core has nothing to go on with.
        wait(core, until: source.completion, on: source.cause)
    }

    /// Loads a line into L1D without anybody waiting for it.
    mutating func prefetch(_ address: UInt64, _ core: Int) {
        guard mapType.isCacheable, hasLevel1Data else { return }
        let line = level1Line(address)
        spendHit(core)
        guard level1Data.peek(line, core) < 0 else { return }
        let filled = fillLevel1(
            line, core, at: cores[core].now, reason: .prefetch, isShared: mapIsShared)
        streams.forget(core, until: cores[core].now)
        streams.note(line, core, arrival: filled.completion)
    }
}
