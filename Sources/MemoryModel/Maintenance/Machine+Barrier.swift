import Events
import Operations
import Quantities

// What each waits for. Loads: that those before are complete. Stores: that those before have left the store buffer
// and reached their level. Maintenance: that what it sent on has reached memory.
//
//                   loads   stores   maintenance
//   DMB LD          yes     -        -
//   DMB ST          -       yes      -
//   DMB             yes     yes      -
//   DSB LD          yes     -        -
//   DSB ST          -       yes      ARMv7 and before; ARMv8 asks for a DSB of loads and stores
//   DSB             yes     yes      yes
//   DMB .. NSH      as above, but for stores: the core itself sees them in program order already
//   DSB .. NSH      as the others: its own table walks and fetches do not look into the store buffer;
//                   but stores that `env hold` holds it leaves there, since nobody else need see them
//
// (Arm ARM DDI 0487, DMB and DSB; for ARMv7 what Linux relies on, decision 0006.) Neither reaches an outer cache's store buffer.
// Ordering stores costs what their completion costs here: the store buffer has no marks to keep them apart.

extension Machine where P: ~Copyable {
    mutating func performBarrier(_ barrier: Barrier, _ core: Int) {
        switch barrier.instruction {
        case .isb:
            spend(core, costs.isb, on: .barrier)
        case .dmb, .dsb:
            if barrier.ordersStores { waitForStores(barrier, core) }
            if barrier.accesses != .stores {
                waitForMisses(core, on: .barrier)
                // No load after it performs before it: what `env late` loaded early is not that load.
                if !earlyLoads.isEmpty { earlyLoads.removeAll { $0.core == core } }
            }
            let completes =
                barrier.accesses == .all
                || barrier.ordersStores && configuration.architecture != .arm64
            if barrier.instruction == .dsb, completes {
                wait(core, until: maintenanceDone[core], on: .barrier)
            }
            spend(core, barrier.instruction == .dsb ? costs.dsb : costs.dmb, on: .barrier)
        }
        let detail =
            UInt32(barrier.instruction.rawValue) | UInt32(barrier.domain.rawValue) << 2
            | UInt32(barrier.accesses.rawValue) << 4
        emit(.barrier, at: cores[core].now, agent: .core(core), detail: detail, record: record)
    }

    private mutating func waitForStores(_ barrier: Barrier, _ core: Int) {
        if barrier.domain == .nonShareable {
            guard barrier.instruction == .dsb, !cores[core].holds else { return }
        }
        (cores.base + core).pointee.holds = false
        drainStoreBuffer(core, on: .barrier)
    }
}
