import Operations
import Quantities

// Barriers, and completions that cores observe.

extension LatentAnalysis {
    /// Folds a barrier.
    mutating func perform(_ barrier: Barrier) {
        if profile.ordersStoresBeforeMaintenance(barrier) { orderStores() }
        if profile.ordersMaintenance(barrier) { orderCleans() }
        guard profile.doorbellOrder.settlesStores(barrier) else { return }
        let settlesMaintenance = profile.doorbellOrder.settlesMaintenance(barrier)
        let waiting = waitingForBarrier
        waitingForBarrier = []
        for granule in waiting {
            guard let before = lines[granule], before.waitsForBarrier else { continue }
            var state = before
            if profile.hasOuterCache { state.outerBuffered |= state.buffered & state.bufferedPast }
            state.buffered = 0
            if settlesMaintenance {
                state.pendingClean = 0
                state.leaving = 0
                state.dropping = 0
                state.droppingNamed = 0
            } else {
                waitingForBarrier.append(granule)
            }
            set(granule, state, before: before)
        }
    }

    /// What follows finds the cleans before it done.
    private mutating func orderCleans() {
        guard !waitingForBarrier.isEmpty else { return }
        var waiting = waitingForBarrier
        waitingForBarrier = []
        waiting.removeAll { granule in
            guard var state = lines[granule] else { return true }
            state.unorderedClean = 0
            if state.settling != 0 {
                refresh(&state, state.settling, by: nil)
                state.settling = 0
            }
            lines.put(state, granule)
            return !state.waitsForBarrier
        }
        waitingForBarrier = waiting
    }

    /// Stores are ordered before maintenance by set and way.
    private mutating func orderStores() {
        guard !waitingForBarrier.isEmpty else { return }
        var waiting = waitingForBarrier
        waitingForBarrier = []
        waiting.removeAll { granule in
            lines.change(granule) { $0.unordered = 0 }
            return !(lines[granule]?.waitsForBarrier ?? false)
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
        for write in Self.take(&arriving, device) {
            lines.change(write.granule) { state in
                state.arriving = 0
                state.unseen = 0
                state.staleInner &= ~(write.mask & ~state.inFlight)
            }
        }
        for granule in Self.take(&flying, device) {
            lines.change(granule) { state in
                guard state.writer == device.rawValue else { return }
                state.dropped &= ~state.inFlight
                state.inFlight = 0
                state.polled = 0
                state.polledOuter = 0
                state.cyclic = 0
                state.staleBefore = 0
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
