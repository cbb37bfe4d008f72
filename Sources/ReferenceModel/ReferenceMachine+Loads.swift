import Events
import MemoryModel
import Operations
import Quantities

// Section 4.

extension ReferenceMachine {
    mutating func load(_ address: UInt64, _ size: UInt64, _ core: Int) {
        cores[core].valueOfAccess = 0
        for piece in translatedPieces(address, size) {
            translate(piece, core)
            bytes.piece = (piece.virtual - address, piece.address)
            if let late = cores[core].late.firstIndex(where: {
                $0.start <= piece.address && piece.address + piece.size <= $0.end
            }) {
                cores[core].late.remove(at: late)
                spend(core, period, .level1)
                continue
            }
            switch piece.type {
            case .writeBack, .writeThrough: loadCacheable(piece, core)
            case .nonCacheable: loadUncached(piece, core)
            case .device, .stronglyOrdered: loadDevice(piece, core)
            }
        }
        endBurst(core)
    }

    /// The burst of an access's non-cacheable pieces is one load, which is there with its last byte.
    private mutating func endBurst(_ core: Int) {
        guard let burst = cores[core].burst else { return }
        cores[core].burst = nil
        if configuration.core.outstandingUncached <= 1 {
            wait(core, until: burst.completion, .uncached)
            noteValue(core, burst.completion, .uncached)
        } else {
            miss(core, burst.completion, .uncached, isUncached: true)
        }
    }

    /// A piece of a load has its value then; the load has its own with the last of them.
    private mutating func noteValue(_ core: Int, _ tick: UInt64, _ cause: Cause) {
        guard tick >= cores[core].valueOfAccess else { return }
        cores[core].valueOfAccess = tick
        cores[core].value = tick
        cores[core].valueCause = cause
    }

    private mutating func tellLoad(
        _ piece: ReferencePiece, _ core: Int, _ place: Place, other: UInt8
    ) {
        tell(
            .load, at: cores[core].now, .core(core), place, other: other, piece.address, piece.size,
            detail: UInt32(piece.type.rawValue))
    }

    private mutating func loadCacheable(_ piece: ReferencePiece, _ core: Int) {
        let target = target(piece)
        if let cache = configuration.level1Data {
            if let line = level1Data[core].line(target.line, alias: target.alias) {
                level1Data[core].use(target.line, alias: target.alias)
                loadHit(piece, core, wasPrefetched: line.isPrefetched)
                return
            }
            if cache.readAllocates {
                let now = cores[core].now
                let arrival = fillLevel1(core, target, at: now, dirty: nil, reason: .demand)
                tellLoad(piece, core, .level1Data(core, alias: target.alias), other: 1)
                followInLevel1(core, target, at: now)
                spend(core, period, .level1)
                miss(core, arrival.completion, arrival.cause)
                return
            }
        }
        let now = cores[core].now
        var answer = ReferenceAnswer()
        if !hasPrivateLevel2 || !level2[core].holds(target.line) {
            answer = ask(core, target, forStore: false, at: now)
        }
        if let mover = answer.mover {
            cleanForSnoop(mover, target.line, agent: core, at: now)
            level1Data[mover].change(target.line) { $0.isShared = true }
        }
        var arrival: ReferenceArrival
        if let giver = answer.giver {
            arrival = ReferenceArrival(
                completion: now + transferTicks + answer.cost, cause: .level2, source: giver)
        } else {
            arrival = readBelowLevel1(
                core, piece.address, piece.size, isData: false, shared: answer.isKept, at: now)
            arrival.completion += answer.cost
        }
        tellLoad(piece, core, arrival.source, other: 2)
        spend(core, period, .level1)
        miss(core, arrival.completion, arrival.cause)
    }

    private mutating func loadHit(_ piece: ReferencePiece, _ core: Int, wasPrefetched: Bool) {
        let target = target(piece)
        tellLoad(piece, core, .level1Data(core, alias: target.alias), other: 0)
        let start = cores[core].now
        if !wasPrefetched {
            spend(core, period, .level1)
        } else {
            let arrival = level1Data[core].prefetcher.arrivals.last {
                $0.line == target.line && $0.alias == target.alias
            }
            level1Data[core].change(target.line, alias: target.alias) { $0.isPrefetched = false }
            followInLevel1(core, target, at: start)
            spend(core, period, .level1)
            if let arrival, arrival.tick > cores[core].now {
                miss(core, arrival.tick, .memory)
                return
            }
        }
        noteValue(core, start + ticks(configuration.level1Data?.hitCycles ?? 1), .level1)
    }

    /// A load that is waited for later.
    private mutating func miss(
        _ core: Int, _ completion: UInt64, _ cause: Cause, isUncached: Bool = false
    ) {
        noteValue(core, completion, cause)
        let limit =
            isUncached
            ? configuration.core.outstandingUncached : configuration.core.outstandingMisses
        forgetLoads(core)
        while cores[core].misses.count >= limit {
            waitForFirstLoad(core, nil)
            forgetLoads(core)
        }
        cores[core].misses.append(
            ReferenceMiss(
                completion: completion,
                deadline: cores[core].now + ticks(configuration.core.windowCycles), cause: cause))
    }

    private mutating func loadUncached(_ piece: ReferencePiece, _ core: Int) {
        let most = configuration.core.uncachedBurstBytes ?? 1
        if let burst = cores[core].burst,
            piece.address < burst.start || piece.address + piece.size > burst.start + most
        {
            endBurst(core)
        }
        let sharing = cores[core].buffer.contains { $0.shares(piece.address, piece.size) }
        if sharing {
            if cores[core].isHeld {
                tellLoad(piece, core, .storeBuffer(core), other: 2)
                spend(core, period, .uncached)
                return
            }
            drainBuffer(core, .uncached)
        } else if drains(.uncachedLoad), !cores[core].buffer.isEmpty, !cores[core].isHeld {
            drainBuffer(core, .uncached)
        }
        drainSlots(touching: piece.address, piece.size)
        let now = cores[core].now
        let place =
            goesThroughOuter(piece.type, isShared: piece.isShared)
            ? lookUpOuter(core, piece, at: now)
            : lookUpMemorySide(core, piece.address, piece.size, isWrite: false, at: now)
        tellLoad(piece, core, place, other: 2)
        let completion = completionUncached(piece, core, from: place, at: now)
        spend(core, period, .uncached)
        cores[core].burst = (
            cores[core].burst?.start ?? piece.address,
            max(completion, cores[core].burst?.completion ?? 0)
        )
        if most == 1 { endBurst(core) }
    }

    /// Looks up a line of the outer cache for a non-cacheable load, which fills none.
    private mutating func lookUpOuter(
        _ core: Int, _ piece: ReferencePiece, at tick: UInt64
    ) -> Place {
        let isHit = level2[0].holds(piece.address)
        level2[0].use(piece.address)
        tell(
            .levelRead, at: tick, .core(core), .outer, other: isHit ? 0 : 1, piece.address,
            piece.size)
        return isHit ? .outer : .memory
    }

    private mutating func completionUncached(
        _ piece: ReferencePiece, _ core: Int, from place: Place, at tick: UInt64
    ) -> UInt64 {
        switch place {
        case .memory:
            let least = configuration.core.uncachedReadBytes ?? 1
            let start = piece.address / least * least
            let end = (piece.address + piece.size + least - 1) / least * least
            return readMemory(.core(core), start, end - start, missTicks, at: tick)
                + memory.pinTime(piece.size) - memory.pinTime(min(piece.size, 8))
        case .outer:
            let completion = hitLevel2(0, at: tick)
            guard let line = level2[0].line(piece.address), line.isPrefetched else {
                return completion
            }
            let coming = level2[0].prefetcher.arrivals.last { $0.line == line.address }
            return max(completion, coming?.tick ?? 0)
        default: return tick + ticks(configuration.level3?.cache.hitCycles ?? 0)
        }
    }

    private mutating func loadDevice(_ piece: ReferencePiece, _ core: Int) {
        if piece.type == .stronglyOrdered {
            drainBuffer(core, .device)
            drainAllSlots(at: cores[core].now)
        } else if drains(.deviceLoad), !cores[core].buffer.isEmpty, !cores[core].isHeld {
            drainBuffer(core, .device)
        }
        tellLoad(piece, core, .memory, other: 2)
        spend(
            core,
            piece.type == .device
                ? configuration.memory.registerRead.rawValue
                : missTicks + memory.latency(piece.address), .device)
        noteValue(core, cores[core].now, .device)
    }

    mutating func fetch(_ address: UInt64, _ size: UInt64, _ core: Int) {
        let share = period * UInt64(configuration.core.milliCyclesPerFetch)
        spend(core, (share + 500) / 1_000, .work)
        let line = configuration.level1Instruction.map { UInt64($0.lineSize) } ?? dataLine
        for piece in pieces(address, size, cache: configuration.level1Instruction) {
            fetch(piece, line: line, core)
        }
    }

    private mutating func fetch(_ piece: ReferencePiece, line: UInt64, _ core: Int) {
        let now = cores[core].now
        func tellFetch(_ machine: inout Self, _ place: Place, _ other: UInt8) {
            machine.tell(
                .fetch, at: now, .core(core), place, other: other, piece.address, piece.size)
        }
        guard !level1Instruction.isEmpty else { return tellFetch(&self, .memory, 2) }
        let place = Place.level1Instruction(core)
        if level1Instruction[core].holds(piece.address) {
            level1Instruction[core].use(piece.address)
            return tellFetch(&self, place, 0)
        }
        let base = piece.address / line * line
        var isKept = false
        if hasPrivateLevel2, !level2[core].holds(base) {
            isKept = askForLevel2(
                core, level2[core].base(base), isShared: piece.isShared, at: now)
        }
        let arrival = readBelowLevel1(core, base, line, isData: false, shared: isKept, at: now)
        let victim = level1Instruction[core].insert(
            ReferenceLine(address: base), random: &randoms[1])
        tell(
            .linefill, at: now, .core(core), place, other: arrival.source.rawValue, base, line,
            detail: MoveReason.demand.rawValue)
        tellFetch(&self, place, 1)
        if let victim {
            tell(
                .invalidate, at: now, .core(core), place, victim.address, line,
                detail: MoveReason.replacement.rawValue)
        }
        wait(core, until: arrival.completion, arrival.cause)
    }

    mutating func hint(_ piece: ReferencePiece, _ core: Int) {
        guard piece.type.isCacheable, !level1Data.isEmpty else { return }
        spend(core, period, .level1)
        let target = target(piece)
        guard !level1Data[core].holds(target.line, alias: target.alias) else { return }
        let arrival = fillLevel1(
            core, target, at: cores[core].now, dirty: nil, reason: .prefetch)
        level1Data[core].prefetcher.expect(target.line, target.alias, at: arrival.completion)
    }

    mutating func loadAcquire(_ address: UInt64, _ size: UInt64, _ core: Int) {
        if cores[core].buffer.contains(where: \.isRelease) { drainBuffer(core, .barrier) }
        load(address, size, core)
        waitForLoads(core, nil)
        spend(core, ticks(configuration.costs.dmbCycles), .barrier)
    }
}
