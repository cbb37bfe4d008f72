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
        if P.hearsSomeHits { numbering = AccessNumbering(base, firstRecord, step) }
        var index = 0
        while true {
            index = performFast(base, from: index, to: accesses.count, firstRecord, step)
            guard index < accesses.count else { return }
            let record = firstRecord &+ UInt32(truncatingIfNeeded: index) &* step
            if reopenFastPath(for: base[index], record: record) {
                let next = performFast(base, from: index, to: accesses.count, firstRecord, step)
                guard next == index else {
                    index = next
                    continue
                }
            }
            performSlowly(base[index], record: record)
            index &+= 1
        }
    }

    /// Lets a core take the fast path where only its turn or its time was against it: another core issued last, or
    /// something is due.
    ///
    /// - Returns: whether it may be tried again; if so the access's statement has been issued.
    private mutating func reopenFastPath(for access: MemoryAccess, record: UInt32) -> Bool {
        let core = Int(access.agent.rawValue)
        guard core < cores.count, access.kindNumber(of: UInt32(core)) <= 2,
            fastKey != UInt32(core) || fastState.pointee.now >= fastUntil
        else { return false }
        self.record = record
        issue(core)
        openFastPath(for: core)
        return true
    }

    /// Performs accesses for as long as they are on the fast path.
    ///
    /// What the loop reads and writes is in local variables: through `self` it would be in memory. Loads, stores and
    /// fetches differ in what they look up, so that their order in the trace decides no branch.
    ///
    /// - Returns: the index of the first access that is not.
    @inline(never)
    private mutating func performFast(
        _ base: UnsafePointer<MemoryAccess>, from start: Int, to end: Int, _ firstRecord: UInt32,
        _ step: UInt32
    ) -> Int {
        guard fastKey != .max, fastState.pointee.now < fastUntil else { return start }
        let (key, until, rules) = (fastKey, fastUntil, fastRules)
        let (mapStart, mapDelta, fastEnd) = (self.mapStart, self.mapDelta, self.fastEnd)
        var now = fastState.pointee.now
        var counts = HitCounts()
        let first = base + start
        let end = base + min(end, start &+ HitCounts.most)
        var access = first
        while access < end, now < until {
            let kind = access.pointee.kindNumber(of: key)
            let virtual = access.pointee.address
            // An access within one line that starts before `fastEnd` ends within the mapping.
            guard kind <= 2, virtual &- mapStart < fastEnd else { break }
            let rule = rules + Int(kind)
            let address = virtual &+ mapDelta
            if !rule.pointee.passes(address, access.pointee.size) {
                guard let more = hitLate(rule, kind, address, access.pointee.size, now, access)
                else { break }
                counts.sum &+= more
            }
            if !P.foldsHits {
                let record = firstRecord &+ UInt32(truncatingIfNeeded: access - base) &* step
                tellHit(kind, address, access.pointee.size, now, record)
            }
            now &+= rule.pointee.ticks
            counts.sum &+= rule.pointee.count
            access += 1
        }
        if access > first {
            endFast(UnsafeBufferPointer(start: first, count: access - first), now, counts)
        }
        return access - base
    }

    /// Notes what accesses on the fast path have left: the time, the last load, the stream of stores.
    ///
    /// Only the last of them matter, so that the loop need not follow.
    @inline(never)
    private mutating func endFast(
        _ accesses: UnsafeBufferPointer<MemoryAccess>, _ now: UInt64, _ counts: HitCounts
    ) {
        let state = fastState
        state.pointee.now = now
        // A fetch that crosses a line counts twice and takes its time once.
        state.pointee.untoldWork &+= (UInt64(accesses.count) &- counts.data) &* costs.fetch
        if counts.loads > 0 {
            var end = now
            var index = accesses.count - 1
            while accesses[index].kind != .load {
                end &-= accesses[index].kind == .fetch ? costs.fetch : period
                index -= 1
            }
            state.pointee.lastLoad = end
            state.pointee.isLastLoadSlow = false
        }
        if counts.stores > 0 { noteStreams(accesses) }
        // When the last of them started: the next statement of another core, or a device's, starts no earlier.
        let last = accesses[accesses.count - 1].kind == .fetch ? costs.fetch : period
        lastIssue = max(lastIssue, now &- last)
        if P.foldsHits {
            probe.recordHits(
                of: .core(Int(fastKey)), loads: counts.loads, stores: counts.stores,
                fetches: counts.fetches)
        }
    }

    /// Follows the stream of the stores among `accesses`, of which there is one: from its end back.
    private mutating func noteStreams(_ accesses: UnsafeBufferPointer<MemoryAccess>) {
        let state = fastState
        var index = accesses.count - 1
        while accesses[index].kind != .store { index -= 1 }
        let last = accesses[index]
        let end = last.address &+ mapDelta &+ UInt64(last.size)
        var start = last.address &+ mapDelta
        var isBroken = false
        while index > 0, !isBroken {
            index -= 1
            guard accesses[index].kind == .store else { continue }
            let address = accesses[index].address &+ mapDelta
            isBroken = address &+ UInt64(accesses[index].size) != start
            if !isBroken { start = address }
        }
        // All of them in a row, and the first where the last store before ended: the stream goes on.
        if isBroken || start != state.pointee.streamNext { state.pointee.streamStart = start }
        state.pointee.streamNext = end
    }

    /// Searches the set of a line that is not at its head, and lets instructions cross a line, as is common in
    /// variable-length code.
    ///
    /// A line whose hits the probe wants to hear does not get to the head of its set: each hit comes here. For loads it does
    /// when the probe has heard enough, until something happens to the line (`clearHeads`).
    ///
    /// Out of line: the loop has all of its registers. Nor does it keep what tells the access's record.
    ///
    /// - Returns: what it adds to the counts beside the access itself; nil if it is not on the fast path, and then
    ///   nothing has happened.
    @inline(never)
    private mutating func hitLate(
        _ rule: UnsafePointer<HitRule>, _ kind: UInt32, _ address: UInt64, _ size: UInt32,
        _ now: UInt64, _ access: UnsafePointer<MemoryAccess>
    ) -> UInt64? {
        let shift = rule.pointee.window.pointee.lineShift
        let line = address &>> shift
        let next = (line &+ 1) &<< shift
        let inLine = next &- address
        guard UInt64(size) > inLine else {
            guard let entry = rule.pointee.find(line, isStore: kind == 1) else { return nil }
            // A store to a line that is not dirty yet, or not everywhere, asks nobody either.
            if kind == 1 { entry.pointee |= level1Data.dirtyBits(address, UInt64(size)) }
            if P.hearsSomeHits, P.foldsHits,
                probe.hearsHits(of: line &<< shift, size: 1 &<< shift)
            {
                let record = numbering.record(of: access)
                let isEnough = probe.recordHit(hit(kind, address, size, now, record))
                if kind == 1 { clearHeardHeads(address, UInt64(size)) }
                if isEnough, kind == 0, !level1Data.hasSynonyms {
                    rule.pointee.window.pointee.setLoadHead(line, entry.pointee)
                    heardHeads.take(line &<< shift, bytes: 1 &<< shift)
                } else {
                    rule.pointee.window.pointee.clearHeads(line)
                }
            } else {
                rule.pointee.window.pointee.setHeads(line, entry.pointee)
            }
            return 0
        }
        // What crosses must end in the next line, of the same mapping.
        guard kind == 2, UInt64(size) &- inLine <= 1 &<< shift,
            next &- (mapStart &+ mapDelta) < fastEnd,
            !P.hearsSomeHits || !P.foldsHits
                || !probe.hearsHits(of: line &<< shift, size: 2 &<< shift),
            let first = rule.pointee.find(line, isStore: false)
        else { return nil }
        rule.pointee.window.pointee.setHeads(line, first.pointee)
        guard let second = rule.pointee.find(line &+ 1, isStore: false) else { return nil }
        rule.pointee.window.pointee.setHeads(line &+ 1, second.pointee)
        return rule.pointee.count
    }

    /// Lets all cores' next accesses to any bytes be seen, whatever the probe has heard of them.
    public mutating func clearHeads() {
        if hasLevel1Data { clearHeads(0, .max) }
    }

    /// Lets all cores' next accesses to some bytes be seen that the probe has heard enough of: something has happened to them.
    @inline(__always)
    mutating func clearHeardHeads(_ address: UInt64, _ size: UInt64) {
        if heardHeads.overlaps(address, size) { clearHeads(address, size) }
    }

    /// Lets all cores' next accesses to some bytes be seen.
    ///
    /// Mutating, for a machine is too large to be lent: the compiler copies what it lends.
    @inline(never)
    mutating func clearHeads(_ address: UInt64, _ size: UInt64) {
        guard hasLevel1Data else { return }
        let shift = level1Data.lineShift
        let last = max(address, address &+ max(size, 1) &- 1) &>> shift
        var line = address &>> shift
        // Further lines have the same heads again.
        let end = min(last, line &+ level1Data.headMask)
        while line <= end {
            level1Data.clearHeads(line)
            line &+= 1
        }
    }

    /// Tells of a hit; of two where an instruction crosses a line.
    @inline(__always)
    private mutating func tellHit(
        _ kind: UInt32, _ address: UInt64, _ size: UInt32, _ now: UInt64, _ record: UInt32
    ) {
        guard kind == 2 else {
            tellHit(
                kind == 0 ? .load : .store, .level1Data(Int(fastKey)), address, size, now, record)
            return
        }
        let place = Place.level1Instruction(Int(fastKey))
        let room = UInt64(level1Instruction.lineSize)
        let inLine = UInt32(truncatingIfNeeded: room &- address & (room &- 1))
        tellHit(.fetch, place, address, min(size, inLine), now, record)
        guard size > inLine else { return }
        tellHit(.fetch, place, address &+ UInt64(inLine), size &- inLine, now, record)
    }

    /// The event of a hit within a line.
    @inline(__always)
    private func hit(
        _ kind: UInt32, _ address: UInt64, _ size: UInt32, _ now: UInt64, _ record: UInt32
    ) -> Event {
        let core = Int(fastKey)
        return Event(
            kind == 0 ? .load : kind == 1 ? .store : .fetch, at: Ticks(rawValue: now),
            agent: .core(core), place: kind == 2 ? .level1Instruction(core) : .level1Data(core),
            address: address, size: size, record: record)
    }

    @inline(__always)
    private mutating func tellHit(
        _ kind: Event.Kind, _ place: Place, _ address: UInt64, _ size: UInt32, _ now: UInt64,
        _ record: UInt32
    ) {
        probe.record(
            Event(
                kind, at: Ticks(rawValue: now), agent: .core(Int(fastKey)), place: place,
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
            fastRules = UnsafePointer(hitRules.base + 3 * core)
        }
        fastKey = cores[core].holds ? .max : key
        fastUntil = min(dueAt, cores[core].stallAt)
        // Under an alias a line has another set, which the window does not know.
        let isFast =
            mapType == .writeBack && hasLevel1Data && earlyLoads.isEmpty && mapSynonym == 0
            && (tlbs.isEmpty || mapOwner == core)
            && descriptorBytes == nil
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
