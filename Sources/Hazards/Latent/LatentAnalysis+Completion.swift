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
        waitingForBarrier = waitingForBarrier.filter {
            lines[$0]?.unorderedClean = 0
            if var state = lines[$0], state.settling != 0 {
                refresh(&state, state.settling, by: nil)
                state.settling = 0
                lines[$0] = state
            }
            return lines[$0]?.waitsForBarrier ?? false
        }
    }

    /// Stores are ordered before maintenance by set and way.
    private mutating func orderStores() {
        waitingForBarrier = waitingForBarrier.filter {
            lines[$0]?.unordered = 0
            return lines[$0]?.waitsForBarrier ?? false
        }
    }

    /// Notes that a core has seen that a device is done.
    mutating func observeCompletion(of device: Agent) {
        judgeCyclicReads(of: device)
        writing[device.rawValue] = nil
        for granule in arriving.removeValue(forKey: device.rawValue) ?? [] {
            lines[granule]?.arriving = 0
        }
        for granule in flying.removeValue(forKey: device.rawValue) ?? [] {
            guard let state = lines[granule], state.writer == device.rawValue else { continue }
            lines[granule]?.dropped &= ~state.inFlight
            lines[granule]?.inFlight = 0
            lines[granule]?.polled = 0
            lines[granule]?.polledOuter = 0
            lines[granule]?.cyclic = 0
            lines[granule]?.staleBefore = 0
        }
    }
}
