import Events
import Operations
import Quantities

// The fast path: loads, stores and fetches of the core that issued last, each within one line that its L1 holds, of
// write-back memory, with nothing due. Stores need a line that is dirty already and that no other core has; loads
// one that no prefetcher brought. Everything else goes to `Machine+SlowAccess.swift`.

extension Machine where P: ~Copyable {
    /// Performs accesses in order.
    ///
    /// - Parameters:
    ///   - accesses: Loads, stores, fetches and what else a trace of accesses has.
    ///   - firstRecord: The record number of the first; the others follow.
    /// - Precondition: every agent is a core of this machine.
    public mutating func replay(
        _ accesses: UnsafeBufferPointer<MemoryAccess>, firstRecord: UInt32
    ) {
        perform(accesses, firstRecord: firstRecord, step: 1)
        tellTimes()
    }

    /// Performs accesses in order; `step` is how far the records of neighbours are apart.
    mutating func perform(
        _ accesses: UnsafeBufferPointer<MemoryAccess>, firstRecord: UInt32, step: UInt32
    ) {
        guard let base = accesses.baseAddress else { return }
        var index = 0
        while true {
            index = performFast(base, from: index, to: accesses.count, firstRecord, step)
            guard index < accesses.count else { return }
            performSlowly(
                base[index],
                record: firstRecord &+ UInt32(truncatingIfNeeded: index) &* step)
            index &+= 1
        }
    }

    /// Performs accesses for as long as they are on the fast path.
    ///
    /// What the loop reads and writes is in local variables: through `self` it would be in memory.
    ///
    /// - Returns: the index of the first access that is not.
    private mutating func performFast(
        _ base: UnsafePointer<MemoryAccess>, from start: Int, to end: Int, _ firstRecord: UInt32,
        _ step: UInt32
    ) -> Int {
        guard fastKey != .max, fastState.pointee.now < fastUntil else { return start }
        var run = FastRun(fastState.pointee, fastFetchLine)
        let key = fastKey
        let until = fastUntil
        let (mapStart, mapDelta, fastEnd) = (self.mapStart, self.mapDelta, self.fastEnd)
        let (data, instructions) = (fastData, fastInstructions)
        let (period, fetchTicks) = (self.period, costs.fetch)
        var index = start
        while index < end, run.now < until {
            let access = base + index
            let virtual = access.pointee.address
            // An access within one line that starts before `fastEnd` ends within the mapping.
            guard access.pointee.agentAndFlags == key, virtual &- mapStart < fastEnd else { break }
            let address = virtual &+ mapDelta
            let size = access.pointee.size
            let record = firstRecord &+ UInt32(truncatingIfNeeded: index) &* step
            let kind = access.pointee.kind
            if kind == .fetch {
                guard
                    fetchFast(
                        address, size, instructions, mapStart &+ mapDelta, key, record, &run)
                else { break }
                run.work &+= fetchTicks
                run.now &+= fetchTicks
            } else {
                let line = address &>> data.lineShift
                guard data.isWithinLine(address, size) else { break }
                if kind == .load {
                    guard data.loads(line) || findForLoad(line) else { break }
                    hit(.load, address, size, key, run.now, record)
                    run.loads &+= 1
                    run.now &+= period
                    run.lastLoad = run.now
                } else {
                    guard kind == .store, data.stores(line) || findForStore(line) else { break }
                    hit(.store, address, size, key, run.now, record)
                    run.stores &+= 1
                    run.note(address, size)
                    run.now &+= period
                }
            }
            index &+= 1
        }
        guard index > start else { return index }
        fastFetchLine = run.fetchLine
        run.store(to: fastState)
        // When the last of them started: the next statement of another core, or a device's, starts no earlier.
        let isFetch = base[index &- 1].kind == .fetch
        lastIssue = max(lastIssue, run.now &- (isFetch ? fetchTicks : period))
        if P.foldsHits {
            probe.recordHits(
                of: .core(Int(key)), loads: run.loads, stores: run.stores, fetches: run.fetches)
        }
        return index
    }

    /// Searches a set out of line: a method of the machine, so that the fast path need not have the window at hand.
    @inline(never)
    private mutating func findForLoad(_ line: UInt64) -> Bool {
        fastData.find(line, state: CacheBank.valid, mask: CacheWindow.loadMask)
    }

    /// See `findForLoad`.
    @inline(never)
    private mutating func findForStore(_ line: UInt64) -> Bool {
        fastData.find(line, state: CacheWindow.writable, mask: 0)
    }

    /// See `findForLoad`.
    @inline(never)
    private mutating func findInstruction(_ line: UInt64) -> Bool {
        fastInstructions.find(line, state: CacheBank.valid, mask: CacheWindow.loadMask)
    }

    @inline(__always)
    private mutating func hit(
        _ kind: Event.Kind, _ address: UInt64, _ size: UInt32, _ core: UInt32, _ now: UInt64,
        _ record: UInt32
    ) {
        guard !P.foldsHits else { return }
        probe.record(
            Event(
                kind, at: Ticks(rawValue: now), agent: .core(Int(core)),
                place: .level1Data(Int(core)), address: address, size: size, record: record))
    }

    /// Fetches an instruction if L1I holds it.
    @inline(__always)
    private mutating func fetchFast(
        _ address: UInt64, _ size: UInt32, _ window: CacheWindow, _ physicalStart: UInt64,
        _ core: UInt32, _ record: UInt32, _ run: inout FastRun
    ) -> Bool {
        let line = address &>> window.lineShift
        guard window.isWithinLine(address, size) else {
            guard fetchAcross(address, size, physicalStart, run.now, core, record) else {
                return false
            }
            run.fetches &+= 2
            run.fetchLine = line &+ 1
            return true
        }
        if line != run.fetchLine {
            guard window.loads(line) || findInstruction(line) else { return false }
            run.fetchLine = line
        }
        fetched(address, size, core, run.now, record)
        run.fetches &+= 1
        return true
    }

    /// Fetches an instruction that crosses a line, common in variable-length code.
    ///
    /// - Returns: false if a line is not there, or not of the mapping; then nothing has been fetched.
    @inline(never)
    private mutating func fetchAcross(
        _ address: UInt64, _ size: UInt32, _ physicalStart: UInt64, _ now: UInt64,
        _ core: UInt32, _ record: UInt32
    ) -> Bool {
        let line = address &>> fastInstructions.lineShift
        let next = (line &+ 1) &<< fastInstructions.lineShift
        guard address &+ UInt64(size) &- next <= fastInstructions.lineMask &+ 1,
            next &- physicalStart < fastEnd, findInstruction(line), findInstruction(line &+ 1)
        else { return false }
        let first = UInt32(truncatingIfNeeded: next &- address)
        fetched(address, first, core, now, record)
        fetched(next, size &- first, core, now, record)
        return true
    }

    @inline(__always)
    private mutating func fetched(
        _ address: UInt64, _ size: UInt32, _ core: UInt32, _ now: UInt64, _ record: UInt32
    ) {
        guard !P.foldsHits else { return }
        probe.record(
            Event(
                .fetch, at: Ticks(rawValue: now), agent: .core(Int(core)),
                place: .level1Instruction(Int(core)), address: address, size: size, record: record))
    }

    /// Charges an instruction's share of a cycle.
    @inline(__always)
    func chargeFetch(_ state: UnsafeMutablePointer<CoreState>) {
        state.pointee.untoldWork &+= costs.fetch
        state.pointee.now &+= costs.fetch
    }

    /// Tells of the time that the fast path has spent: one event for each cause, however many accesses it was.
    mutating func tellTimes() {
        for core in 0..<cores.count { tellTimes(core) }
    }

    mutating func tellTimes(_ core: Int) {
        let state = cores.base + core
        let now = state.pointee.now
        let work = state.pointee.untoldWork
        let hits = now - state.pointee.toldUntil - work
        state.pointee.toldUntil = now
        state.pointee.untoldWork = 0
        if hits > 0 { tell(core, hits, .level1, at: now) }
        if work > 0 { tell(core, work, .work, at: now) }
    }

    private mutating func tell(_ core: Int, _ ticks: UInt64, _ cause: Cause, at tick: UInt64) {
        record(
            Event(
                .time, at: Ticks(rawValue: tick), agent: .core(core), other: cause.rawValue,
                address: ticks, record: record))
    }

    /// Works out anew who may take the fast path, and until when; call at the end of every slow statement.
    mutating func openFastPath(for core: Int) {
        let key = UInt32(core)
        if fastState != cores.base + core {
            fastState = cores.base + core
            fastFetchLine = .max
            fastData = level1Data.window(core)
            fastInstructions = level1Instruction.window(core)
        }
        fastKey = cores[core].holds ? .max : key
        fastUntil = min(dueAt, cores[core].stallAt)
        // Under an alias a line has another set, which the window does not know.
        let isFast =
            mapType == .writeBack && hasLevel1Data && earlyLoads.isEmpty && mapSynonym == 0
        fastEnd = isFast && mapSize > fastMargin ? mapSize - fastMargin : 0
    }

    /// Lets the next statement take the slow path, whoever issues it.
    mutating func closeFastPath() {
        fastKey = .max
    }

    /// Follows a stream of stores for the rule that long streams do not allocate.
    @inline(__always)
    func noteStream(_ state: UnsafeMutablePointer<CoreState>, _ address: UInt64, _ size: UInt32) {
        if address != state.pointee.streamNext { state.pointee.streamStart = address }
        state.pointee.streamNext = address &+ UInt64(size)
    }
}

/// What the fast path changes, in registers.
private struct FastRun {
    var now: UInt64
    var work: UInt64 = 0
    var lastLoad: UInt64
    var streamNext: UInt64
    var streamStart: UInt64
    var loads: UInt64 = 0
    var stores: UInt64 = 0
    var fetches: UInt64 = 0
    var fetchLine: UInt64

    init(_ state: CoreState, _ fetchLine: UInt64) {
        self.fetchLine = fetchLine
        now = state.now
        lastLoad = state.lastLoad
        streamNext = state.streamNext
        streamStart = state.streamStart
    }

    @inline(__always)
    mutating func note(_ address: UInt64, _ size: UInt32) {
        if address != streamNext { streamStart = address }
        streamNext = address &+ UInt64(size)
    }

    func store(to state: UnsafeMutablePointer<CoreState>) {
        if loads > 0 { state.pointee.isLastLoadSlow = false }
        state.pointee.now = now
        state.pointee.untoldWork &+= work
        state.pointee.lastLoad = lastLoad
        state.pointee.streamNext = streamNext
        state.pointee.streamStart = streamStart
    }
}
