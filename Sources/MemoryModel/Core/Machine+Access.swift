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
            perform(base[index], record: number)
            number &+= 1
        }
        tellTimes()
    }

    /// Performs one access.
    @inline(__always)
    mutating func perform(_ access: MemoryAccess, record: UInt32) {
        let offset = access.address &- mapStart
        let core = Int(access.agent.rawValue)
        let state = cores.base + core
        // An access within one line that starts before `fastEnd` ends within the mapping.
        guard access.fastKey == fastKey, offset < fastEnd, state.pointee.now < fastUntil else {
            performSlowly(access, record: record)
            return
        }
        let address = access.address &+ mapDelta
        switch access.kind {
        case .load: if loadFast(state, core, address, access, record) { return }
        case .store: if storeFast(state, core, address, access, record) { return }
        case .fetch: if fetchFast(state, core, address, access, record) { return }
        default: break
        }
        performSlowly(access, record: record)
    }

    @inline(__always)
    private mutating func loadFast(
        _ state: UnsafeMutablePointer<CoreState>, _ core: Int, _ address: UInt64,
        _ access: MemoryAccess, _ record: UInt32
    ) -> Bool {
        let line = level1Data.line(of: address)
        guard level1Data.line(of: address &+ UInt64(access.size) &- 1) == line,
            level1Data.touch(line, core) >= 0
        else { return false }
        hit(.load, state, core, address, access, record)
        state.pointee.lastLoad = state.pointee.now &+ costs.hitExtra
        state.pointee.lastLoadCause = .level1
        return true
    }

    @inline(__always)
    private mutating func storeFast(
        _ state: UnsafeMutablePointer<CoreState>, _ core: Int, _ address: UInt64,
        _ access: MemoryAccess, _ record: UInt32
    ) -> Bool {
        let line = level1Data.line(of: address)
        guard level1Data.line(of: address &+ UInt64(access.size) &- 1) == line else { return false }
        let index = level1Data.touch(line, core)
        guard index >= 0, level1Data.entries[index] & CacheBank.shared == 0 else { return false }
        level1Data.entries[index] |= CacheBank.dirty
        noteStream(state, address, UInt64(access.size))
        hit(.store, state, core, address, access, record)
        return true
    }

    @inline(__always)
    private mutating func hit(
        _ kind: Event.Kind, _ state: UnsafeMutablePointer<CoreState>, _ core: Int,
        _ address: UInt64,
        _ access: MemoryAccess, _ record: UInt32
    ) {
        let now = state.pointee.now
        lastIssue = now
        probe.record(
            Event(
                kind, at: Ticks(rawValue: now), agent: access.agent, place: .level1Data(core),
                address: address, size: access.size, record: record))
        state.pointee.now = now &+ period
    }

    @inline(__always)
    private mutating func fetchFast(
        _ state: UnsafeMutablePointer<CoreState>, _ core: Int, _ address: UInt64,
        _ access: MemoryAccess, _ record: UInt32
    ) -> Bool {
        let line = level1Instruction.line(of: address)
        let last = level1Instruction.line(of: address &+ UInt64(access.size) &- 1)
        if line != fastFetchLine || last != line {
            guard last &- line <= 1, level1Instruction.touch(line, core) >= 0 else { return false }
            if last != line {
                // Instructions that cross a line are common in variable-length code.
                guard level1Instruction.touch(last, core) >= 0 else { return false }
                let size = UInt32(
                    truncatingIfNeeded: (last &<< level1Instruction.lineShift) &- address)
                fetched(core, address, size, state.pointee.now, access, record)
                fastFetchLine = last
                fetched(
                    core, address &+ UInt64(size), access.size &- size, state.pointee.now, access,
                    record)
                chargeFetch(state)
                return true
            }
            fastFetchLine = line
        }
        fetched(core, address, access.size, state.pointee.now, access, record)
        chargeFetch(state)
        return true
    }

    @inline(__always)
    private mutating func fetched(
        _ core: Int, _ address: UInt64, _ size: UInt32, _ now: UInt64, _ access: MemoryAccess,
        _ record: UInt32
    ) {
        lastIssue = now
        probe.record(
            Event(
                .fetch, at: Ticks(rawValue: now), agent: access.agent,
                place: .level1Instruction(core),
                address: address, size: size, record: record))
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
        if key != fastKey { fastFetchLine = .max }
        fastKey = cores[core].holds ? .max : key
        fastUntil = min(dueAt, cores[core].stallAt)
        let isFast = mapType == .writeBack && hasLevel1Data && earlyLoads.isEmpty
        fastEnd = isFast && mapSize > fastMargin ? mapSize - fastMargin : 0
    }

    /// Lets the next statement take the slow path, whoever issues it.
    mutating func closeFastPath() { fastKey = .max }

    /// Follows a stream of stores for the rule that long streams do not allocate.
    @inline(__always)
    func noteStream(_ state: UnsafeMutablePointer<CoreState>, _ address: UInt64, _ size: UInt64) {
        if address == state.pointee.streamNext {
            state.pointee.streamBytes &+= size
        } else {
            state.pointee.streamBytes = size
        }
        state.pointee.streamNext = address &+ size
    }
}

extension MemoryAccess {
    /// Everything that must be as the fast path wants it, in one number: the core, and no flag set.
    @inline(__always)
    var fastKey: UInt32 { UInt32(agent.rawValue) | (isDependent ? 1 << 8 : 0) }
}
