import Events
import MemoryModel
import Operations
import Quantities

// Section 2: time and order.

extension ReferenceMachine {
    /// A core spends time.
    mutating func spend(_ core: Int, _ ticks: UInt64, _ cause: Cause) {
        cores[core].now += ticks
        spent[core][Int(cause.rawValue)] += ticks
    }

    /// A core waits until a tick, if that is still to come.
    mutating func wait(_ core: Int, until tick: UInt64, _ cause: Cause) {
        if tick > cores[core].now { spend(core, tick - cores[core].now, cause) }
    }

    /// A core issues a statement.
    mutating func issue(_ core: Int) {
        wait(core, until: lastIssue, .wait)
        cores[core].isActive = true
        settle(core)
        lastIssue = cores[core].now
    }

    /// What a core has waited long enough for is waited for; what is due happens.
    mutating func settle(_ core: Int) {
        while true {
            forgetLoads(core)
            let now = cores[core].now
            let late = cores[core].misses.indices.filter { cores[core].misses[$0].deadline <= now }
            guard
                let first = late.min(by: {
                    cores[core].misses[$0].deadline < cores[core].misses[$1].deadline
                })
            else { break }
            let miss = cores[core].misses.remove(at: first)
            wait(core, until: miss.completion, miss.cause)
        }
        happen(upTo: cores[core].now)
    }

    /// Loads that have completed are in flight no more.
    mutating func forgetLoads(_ core: Int) {
        let now = cores[core].now
        cores[core].misses.removeAll { $0.completion <= now }
    }

    /// Waits for the load that completes first.
    mutating func waitForFirstLoad(_ core: Int, _ cause: Cause?) {
        let misses = cores[core].misses
        guard
            let first = misses.indices.min(by: { misses[$0].completion < misses[$1].completion })
        else { return }
        let miss = cores[core].misses.remove(at: first)
        wait(core, until: miss.completion, cause ?? miss.cause)
    }

    /// Waits for all loads in flight, in the order of completion; a nil cause is each load's own.
    mutating func waitForLoads(_ core: Int, _ cause: Cause?) {
        forgetLoads(core)
        while !cores[core].misses.isEmpty { waitForFirstLoad(core, cause) }
    }

    /// The end of what was issued last.
    var lastIssueEnd: UInt64 {
        cores.filter(\.isActive).reduce(lastIssue) { max($0, $1.now) }
    }

    /// Something that happens by itself.
    enum Due {
        case buffer(Int)
        case slot(Int)
        case device(Int)
        case flush
    }

    /// What happens by itself next, and when.
    func nextDue() -> (tick: UInt64, what: Due)? {
        var all: [(tick: UInt64, what: Due)] = []
        for core in cores.indices {
            guard let oldest = cores[core].buffer.first, !cores[core].isHeld,
                oldest.ready != .max
            else { continue }
            all.append((max(oldest.ready, pathOut), .buffer(core)))
        }
        for slot in slots.indices where slots[slot].ready != .max {
            all.append((slots[slot].ready, .slot(slot)))
        }
        if let next = nextDevice() { all.append((next.tick, .device(next.device))) }
        if let flush { all.append((flush.end, .flush)) }
        // Of equals the first: cores, slots, devices, the flush.
        return all.min { $0.tick < $1.tick }
    }

    /// Lets the next thing happen.
    mutating func happen(_ due: (tick: UInt64, what: Due)) {
        switch due.what {
        case .buffer(let core): drainEntry(0, of: core, at: due.tick)
        case .slot(let slot): drainSlot(slot, at: due.tick)
        case .device(let device): burst(device)
        case .flush: endFlush()
        }
    }

    /// Everything due up to a tick happens.
    mutating func happen(upTo tick: UInt64) {
        while let due = nextDue(), due.tick <= tick { happen(due) }
    }
}
