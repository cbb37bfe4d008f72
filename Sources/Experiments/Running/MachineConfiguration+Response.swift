import MemoryModel

extension MachineConfiguration {
    /// How many core cycles a `DSB` waits for the answer to maintenance that was issued just before it, rounded.
    var maintenanceResponseCycles: Int {
        let period = core.clock.period.rawValue
        return Int((costs.maintenanceResponse.rawValue + period / 2) / period)
    }
}
