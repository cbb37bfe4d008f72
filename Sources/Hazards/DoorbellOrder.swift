import Operations

/// Which barrier it takes before a doorbell for the device to find what the core did before: decision 0006.
public enum DoorbellOrder: Hashable, Sendable {
    /// Armv8-A in AArch64: what is ordered before the doorbell is there when the device acts on it, so that a DMB is
    /// enough, as Linux takes it to be.
    case arm64
    /// The architectures before: nothing but a DSB completes what stands before it.
    case beforeArmv8

    /// Whether a barrier stands for a device between the stores before it and a doorbell after it.
    func settlesStores(_ barrier: Barrier) -> Bool {
        guard barrier.ordersStores, barrier.reachesDevices else { return false }
        return self == .arm64 || barrier.instruction == .dsb
    }

    /// The same for maintenance by address, which on arm64 is nothing to a barrier of stores alone.
    func settlesMaintenance(_ barrier: Barrier) -> Bool {
        guard settlesStores(barrier) else { return false }
        return self == .beforeArmv8 || barrier.accesses == .all
    }
}
