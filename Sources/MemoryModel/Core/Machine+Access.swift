import Events
import Operations
import Quantities

// The fast path: one load, store or fetch of the core that issued last, within one line that its L1 holds, of
// write-back memory, with nothing due. Everything else goes to `Machine+SlowAccess.swift`.

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
        guard let base = accesses.baseAddress else { return }
        var number = firstRecord
        for index in 0..<accesses.count {
            perform(base + index, record: number)
            number &+= 1
        }
        tellTimes()
    }

    /// Performs one access.
    ///
    /// The fast path takes it by address, so that what only the slow path needs is not loaded.
    @inline(__always)
    mutating func perform(_ access: UnsafePointer<MemoryAccess>, record: UInt32) {
        let address = access.pointee.address
        // An access within one line that starts before `fastEnd` ends within the mapping.
        guard access.pointee.agentAndFlags == fastKey, address &- mapStart < fastEnd,
            fastState.pointee.now < fastUntil
        else {
            performSlowly(access.pointee, record: record)
            return
        }
        let isDone =
            switch access.pointee.kind {
            case .load: loadFast(address &+ mapDelta, access, record)
            case .store: storeFast(address &+ mapDelta, access, record)
            case .fetch: fetchFast(address &+ mapDelta, access, record)
            default: false
            }
        if !isDone { performSlowly(access.pointee, record: record) }
    }

    @inline(__always)
    private mutating func loadFast(
        _ address: UInt64, _ access: UnsafePointer<MemoryAccess>, _ record: UInt32
    ) -> Bool {
        guard fastData.isWithinLine(address, access.pointee.size),
            fastData.hinted(address) ?? findData(address) != nil
        else { return false }
        hit(.load, address, access, record)
        fastState.pointee.lastLoad = fastState.pointee.now
        return true
    }

    @inline(__always)
    private mutating func storeFast(
        _ address: UInt64, _ access: UnsafePointer<MemoryAccess>, _ record: UInt32
    ) -> Bool {
        guard fastData.isWithinLine(address, access.pointee.size),
            let entry = fastData.hinted(address) ?? findData(address),
            entry.pointee & CacheBank.shared == 0
        else { return false }
        entry.pointee |= CacheBank.dirty
        noteStream(fastState, address, access.pointee.size)
        hit(.store, address, access, record)
        return true
    }

    /// Searches a set out of line: a method of the machine, so that the fast path need not have the window at hand.
    @inline(never)
    private mutating func findData(_ address: UInt64) -> UnsafeMutablePointer<UInt64>? {
        fastData.find(address)
    }

    /// See `findData`.
    @inline(never)
    private mutating func findInstruction(_ address: UInt64) -> UnsafeMutablePointer<UInt64>? {
        fastInstructions.find(address)
    }

    @inline(__always)
    private mutating func hit(
        _ kind: Event.Kind, _ address: UInt64, _ access: UnsafePointer<MemoryAccess>,
        _ record: UInt32
    ) {
        let now = fastState.pointee.now
        probe.record(
            Event(
                kind, at: Ticks(rawValue: now), agent: access.pointee.agent,
                place: .level1Data(Int(access.pointee.agent.rawValue)), address: address,
                size: access.pointee.size, record: record))
        fastState.pointee.now = now &+ period
    }

    @inline(__always)
    private mutating func fetchFast(
        _ address: UInt64, _ access: UnsafePointer<MemoryAccess>, _ record: UInt32
    ) -> Bool {
        let size = access.pointee.size
        guard fastInstructions.isWithinLine(address, size) else {
            return fetchAcross(address, access, record)
        }
        let line = address &>> fastInstructions.lineShift
        if line != fastFetchLine {
            guard fastInstructions.hinted(address) ?? findInstruction(address) != nil
            else { return false }
            fastFetchLine = line
        }
        fetched(address, size, access, record)
        chargeFetch(fastState)
        return true
    }

    /// An instruction that crosses a line, common in variable-length code.
    @inline(never)
    private mutating func fetchAcross(
        _ address: UInt64, _ access: UnsafePointer<MemoryAccess>, _ record: UInt32
    ) -> Bool {
        let size = access.pointee.size
        let next = ((address &>> fastInstructions.lineShift) &+ 1) &<< fastInstructions.lineShift
        let first = UInt32(truncatingIfNeeded: next &- address)
        guard address &+ UInt64(size) &- next <= 1 &<< fastInstructions.lineShift,
            next &- mapStart < fastEnd, fastInstructions.find(address) != nil,
            fastInstructions.find(next) != nil
        else { return false }
        fetched(address, first, access, record)
        fetched(next, size &- first, access, record)
        fastFetchLine = next &>> fastInstructions.lineShift
        chargeFetch(fastState)
        return true
    }

    @inline(__always)
    private mutating func fetched(
        _ address: UInt64, _ size: UInt32, _ access: UnsafePointer<MemoryAccess>, _ record: UInt32
    ) {
        let now = fastState.pointee.now
        probe.record(
            Event(
                .fetch, at: Ticks(rawValue: now), agent: access.pointee.agent,
                place: .level1Instruction(Int(access.pointee.agent.rawValue)), address: address,
                size: size, record: record))
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
        probe.record(
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
        fastSince = cores[core].now
        let isFast = mapType == .writeBack && hasLevel1Data && earlyLoads.isEmpty
        fastEnd = isFast && mapSize > fastMargin ? mapSize - fastMargin : 0
    }

    /// Lets the next statement take the slow path, whoever issues it.
    mutating func closeFastPath() {
        noteFastIssues()
        fastKey = .max
    }

    /// Brings `lastIssue` up to what the fast path has issued: its last access started at most a cycle ago.
    mutating func noteFastIssues() {
        let now = fastState.pointee.now
        if now > fastSince { lastIssue = max(lastIssue, now - min(period, now - fastSince)) }
    }

    /// Follows a stream of stores for the rule that long streams do not allocate.
    @inline(__always)
    func noteStream(_ state: UnsafeMutablePointer<CoreState>, _ address: UInt64, _ size: UInt32) {
        if address != state.pointee.streamNext { state.pointee.streamStart = address }
        state.pointee.streamNext = address &+ UInt64(size)
    }
}
