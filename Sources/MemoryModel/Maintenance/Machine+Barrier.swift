import Events
import Operations
import Quantities

// A DMB orders: here, stores before it leave the store buffer before anything after it is performed, and loads
// before it are complete. A DSB also waits for maintenance and for what the path carries. Neither reaches an
// outer cache's store buffer. A barrier of loads only leaves the store buffer alone.

extension Machine where P: ~Copyable {
    mutating func performBarrier(_ barrier: Barrier, _ core: Int) {
        switch barrier.instruction {
        case .isb:
            spend(core, costs.isb, on: .barrier)
        case .dmb, .dsb:
            if barrier.ordersStores {
                (cores.base + core).pointee.holds = false
                drainStoreBuffer(core, on: .barrier)
            }
            if barrier.accesses != .stores { waitForLoads(core, on: .barrier) }
            if barrier.instruction == .dsb, barrier.ordersStores {
                wait(core, until: maintenanceDone[core], on: .barrier)
            }
            spend(core, barrier.instruction == .dsb ? costs.dsb : costs.dmb, on: .barrier)
        }
        let detail =
            UInt32(barrier.instruction.rawValue) | UInt32(barrier.domain.rawValue) << 2
            | UInt32(barrier.accesses.rawValue) << 4
        emit(.barrier, at: cores[core].now, agent: .core(core), detail: detail, record: record)
    }
}
