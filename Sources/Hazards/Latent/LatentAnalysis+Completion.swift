import Operations
import Quantities

// Barriers, and completions that cores observe.

extension LatentAnalysis {
    /// Folds a barrier.
    mutating func perform(_ barrier: Barrier) {
        if profile.ordersStoresBeforeMaintenance(barrier) { orderStores() }
        if profile.ordersMaintenance(barrier) { orderCleans() }
        let publishes = barrier.ordersStores && barrier.reachesDevices
        let fences = barrier.accesses == .all
        if barrier.instruction != .isb, publishes || fences {
            for granule in waitingForBarrier {
                lines.change(granule) {
                    if publishes { $0.published = $0.buffered }
                    if fences { $0.fenced = $0.buffered }
                }
            }
        }
        guard profile.doorbellOrder.settlesStores(barrier) else { return }
        let settlesMaintenance = profile.doorbellOrder.settlesMaintenance(barrier)
        let waiting = waitingForBarrier
        waitingForBarrier = []
        let hasOuterCache = profile.hasOuterCache
        for granule in waiting {
            guard let place = lines.place(of: granule), lines[place: place].waitsForBarrier else {
                continue
            }
            let waitedForSync = lines[place: place].waitsForSync
            lines[place: place].leaveBuffer(
                forOuter: hasOuterCache, settlesMaintenance: settlesMaintenance)
            if !settlesMaintenance { waitingForBarrier.append(granule) }
            if lines[place: place].waitsForSync, !waitedForSync { waitingForSync.append(granule) }
        }
    }

    /// What follows finds the cleans before it done.
    private mutating func orderCleans() {
        guard !waitingForBarrier.isEmpty else { return }
        var waiting = waitingForBarrier
        waitingForBarrier = []
        waiting.removeAll { granule in
            guard let place = lines.place(of: granule) else { return true }
            lines[place: place].unorderedClean = 0
            lines[place: place].wayCleaned = 0
            if lines[place: place].settling != 0 {
                var state = lines[place: place]
                refresh(&state, granule, state.settling, by: nil)
                state.settling = 0
                lines[place: place] = state
            }
            return !lines[place: place].waitsForBarrier
        }
        waitingForBarrier = waiting
    }

    /// Stores are ordered before maintenance by set and way.
    private mutating func orderStores() {
        guard !waitingForBarrier.isEmpty else { return }
        var waiting = waitingForBarrier
        waitingForBarrier = []
        waiting.removeAll { granule in
            guard let place = lines.place(of: granule) else { return true }
            lines[place: place].unordered = 0
            return !lines[place: place].waitsForBarrier
        }
        waitingForBarrier = waiting
    }

    /// Notes that a core has seen that a device is done.
    mutating func observeCompletion(of device: Agent) {
        judgeCyclicReads(of: device)
        if isWriting {
            writing[device] = nil
            isWriting = !writing.isEmpty
        }
        settleLoaded()
        for granule in Self.take(&asking, device) { lines.change(granule) { $0.asked = 0 } }
        for write in Self.take(&arriving, device) {
            lines.change(write.granule) { state in
                state.arriving = 0
                state.unseen = 0
                state.staleInner &= ~(write.mask & ~state.inFlight)
            }
        }
        for granule in Self.take(&flying, device) {
            lines.change(granule) { state in
                guard state.flier == device.rawValue else { return }
                state.dropped &= ~state.inFlight
                state.inFlight = 0
                state.polled = 0
                state.polledOuter = 0
                state.cyclic = 0
                state.staleBefore = 0
                state.staleOuterBefore = 0
            }
        }
    }

    /// What loads before a completion have waited for is complete.
    private mutating func settleLoaded() {
        guard isLoaded else { return }
        isLoaded = false
        for granule in waitingForBarrier {
            lines.change(granule) { state in
                guard state.loaded != 0 else { return }
                state.finishMaintenance(state.loaded)
                state.loaded = 0
            }
        }
    }

    private static func take<Element>(
        _ table: inout AgentTable<[Element]>, _ device: Agent
    ) -> [Element] {
        guard let list = table[device] else { return [] }
        table[device] = nil
        return list
    }
}
