import Events
import Operations
import Quantities

// The order of what happens by itself. Three kinds of things are due at a tick: an entry leaves a core's store
// buffer, a slot of the outer cache's store buffer drains, a device moves its next burst. Of things due at the
// same tick the buffers go first, in the order of cores, then the outer slots, then devices in the order of
// their numbers, then the end of an outer operation by way that runs in the background: what a core stored in time is there when the device looks.

/// Something due by itself.
enum Due {
    case storeBuffer(core: Int)
    case outerSlot(index: Int)
    case device(index: Int)
    case flushEnd
}

extension Machine where P: ~Copyable {
    /// Adds to a core's time and says where it went.
    mutating func spend(_ core: Int, _ ticks: UInt64, on cause: Cause) {
        guard ticks > 0 else { return }
        record(
            Event(
                .time, at: Ticks(rawValue: cores[core].now), agent: .core(core),
                other: cause.rawValue,
                address: ticks, record: record))
        let state = cores.base + core
        state.pointee.now += ticks
        state.pointee.toldUntil += ticks
    }

    /// Lets a core wait until a tick, if that lies ahead.
    mutating func wait(_ core: Int, until tick: UInt64, on cause: Cause) {
        let now = cores[core].now
        if tick > now { spend(core, tick - now, on: cause) }
    }

    /// Starts a statement of a core: no earlier than the statement before it, and after all that is due by then.
    mutating func issue(_ core: Int) {
        tellTimes(core)
        wait(core, until: lastIssue, on: .wait)
        if !cores[core].isActive { activate(core) }
        settle(core)
        lastIssue = cores[core].now
    }

    /// Notes that a core has done something: others ask it for lines from now on.
    mutating func activate(_ core: Int) {
        (cores.base + core).pointee.isActive = true
        noteParticipants()
    }

    /// Waits for loads whose window has passed, and lets everything due until now happen.
    @inline(__always)
    mutating func settle(_ core: Int) {
        if cores[core].now >= cores[core].stallAt { retireMisses(core) }
        if cores[core].now >= dueAt { catchUp(to: cores[core].now) }
    }

    /// Spends a cycle on L1; told with what the fast path spends there.
    @inline(__always)
    mutating func spendHit(_ core: Int) { (cores.base + core).pointee.now &+= period }

    @inline(never)
    private mutating func retireMisses(_ core: Int) {
        while cores[core].now >= cores[core].stallAt {
            let deadline = cores[core].stallAt
            let misses = pendingMisses.list(core)
            guard let first = misses.firstIndex(where: { $0.deadline == deadline }) else { break }
            let miss = pendingMisses.remove(at: first, core)
            wait(core, until: miss.completion, on: miss.cause)
            updateStall(core)
        }
    }

    /// Works out anew when the core must look up, and forgets the loads that are complete.
    mutating func updateStall(_ core: Int) {
        let now = cores[core].now
        var stall = UInt64.max
        pendingMisses.keep(core) { miss in
            guard miss.completion > now else { return false }
            stall = min(stall, miss.deadline)
            return true
        }
        (cores.base + core).pointee.stallAt = stall
    }

    /// Waits for the loads in flight, in the order in which they complete; of equals the oldest first.
    mutating func waitForMisses(_ core: Int, on cause: Cause? = nil) {
        while pendingMisses.count(core) > 0 {
            let miss = pendingMisses.remove(at: firstMiss(core), core)
            wait(core, until: miss.completion, on: cause ?? miss.cause)
        }
        (cores.base + core).pointee.stallAt = .max
    }

    /// Which load in flight completes first; of equals the oldest.
    @inline(__always)
    func firstMiss(_ core: Int) -> Int {
        let misses = pendingMisses.list(core)
        var first = 0
        for index in 1..<misses.count where misses[index].completion < misses[first].completion {
            first = index
        }
        return first
    }

    /// Lets everything happen that is due by itself up to a tick.
    mutating func catchUp(to tick: UInt64) {
        guard tick >= dueAt else { return }
        while let (at, due) = nextDue(), at <= tick { happen(due, at: at) }
        dueAt = nextDue()?.at ?? .max
    }

    /// Works out anew when something is due; call after anything was put into a buffer or a device.
    mutating func refreshDue() { dueAt = nextDue()?.at ?? .max }

    /// What is due next.
    ///
    /// Declared as if it changed the machine: for a function that does not, the caller makes a copy of all of it.
    private mutating func nextDue() -> (at: UInt64, due: Due)? {
        var best: (at: UInt64, due: Due)?
        for core in 0..<cores.count where !cores[core].holds {
            guard let entry = storeBuffers.list(core).first, entry.ready != .max else {
                continue
            }
            let at = max(entry.ready, pathOut)
            if at < best?.at ?? .max { best = (at, .storeBuffer(core: core)) }
        }
        for (index, slot) in outerSlots.entries.enumerated() where slot.ready != .max {
            if slot.ready < best?.at ?? .max { best = (slot.ready, .outerSlot(index: index)) }
        }
        for index in devices.indices {
            guard let at = due(devices[index]) else { continue }
            if at < best?.at ?? .max || isNextInTurn(index, at, before: best) {
                best = (at, .device(index: index))
            }
        }
        if let end = backgroundFlush?.end, end < best?.at ?? .max { best = (end, .flushEnd) }
        return best
    }

    /// Whether a channel goes before another of its engine that could go at the same tick.
    private func isNextInTurn(_ index: Int, _ at: UInt64, before best: (at: UInt64, due: Due)?)
        -> Bool
    {
        guard let best, best.at == at, case .device(let other) = best.due,
            devices[other].writing.portIndex == devices[index].writing.portIndex,
            let engine = ports[devices[index].writing.portIndex].engine
        else { return false }
        func turn(_ device: Int) -> Int {
            (device - engine.lastServed - 1 + devices.count) % devices.count
        }
        return turn(index) < turn(other)
    }

    private mutating func happen(_ due: Due, at tick: UInt64) {
        switch due {
        case .storeBuffer(let core): drainEntry(core, 0, at: tick)
        case .outerSlot(let index): drainOuterSlot(index, at: tick)
        case .device(let index): moveBurst(index, at: tick)
        case .flushEnd: endBackgroundFlush()
        }
    }

    /// Lets things happen until a device has nothing left to do.
    ///
    /// - Returns: when its last transfer was complete.
    mutating func runUntilIdle(device index: Int) -> UInt64 {
        while !devices[index].isIdle, let (at, due) = nextDue() { happen(due, at: at) }
        refreshDue()
        return devices[index].doneAt
    }

    /// Ends the run: lets devices finish, and waits for what each core still waits for.
    ///
    /// Caches keep their lines.
    public mutating func finish() {
        tellTimes()
        for index in devices.indices { _ = runUntilIdle(device: index) }
        endBackgroundFlush()
        for core in 0..<cores.count {
            waitForMisses(core)
        }
    }

    /// Emits an event at a tick.
    mutating func emit(
        _ kind: Event.Kind, at tick: UInt64, agent: Agent, place: Place = .memory,
        other: UInt8 = 0, address: UInt64 = 0, size: UInt64 = 0, detail: UInt32 = 0, record: UInt32
    ) {
        let event = Event(
            kind, at: Ticks(rawValue: tick), agent: agent, place: place, other: other,
            address: address, size: UInt32(truncatingIfNeeded: size), detail: detail,
            record: record)
        self.record(event)
        if let descriptorBytes { descriptorBytes.follow(event) }
    }

    /// Tells the probe, and in a debug build the books.
    @inline(__always)
    mutating func record(_ event: Event) {
        #if DEBUG
            ledger.note(event)
        #endif
        probe.record(event)
        if P.hearsSomeHits { seeAfter(event) }
    }

    /// Lets accesses to the bytes of an event be seen that were let pass unseen as long as nothing happens to them.
    ///
    /// What fills or drops a line clears its head in any case. It matters where a line stays and its bytes elsewhere change: a
    /// device's write, a store of a core that is not coherent, maintenance between which a load tells.
    @inline(__always)
    private mutating func seeAfter(_ event: Event) {
        switch event.kind {
        case .store, .linefill, .writeback, .invalidate, .deviceWrite, .maintenance:
            clearHeardHeads(event.address, UInt64(max(event.size, 1)))
        // What of an entry's bytes are in it is known to the buffer alone.
        case .drain, .drainCopy, .slotEntered:
            let start = event.address & ~(Self.widestEntry &- 1)
            clearHeardHeads(start, Self.widestEntry)
        default: break
        }
    }

    /// Bytes of the widest entry of a store buffer.
    private static var widestEntry: UInt64 { 64 }
}
