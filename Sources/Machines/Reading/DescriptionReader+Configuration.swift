import MemoryModel
import Operations
import Quantities

// A value that is wrong has its fault already. The others shall be checked against each other all the same, so a
// harmless value takes the place of a wrong one, and what the configuration says about those is dropped.

extension DescriptionReader {
    /// Builds the configuration from the values; adds what it has against them.
    mutating func configuration() -> MachineConfiguration? {
        do {
            return try makeConfiguration()
        } catch {
            blame(error.faults)
            return nil
        }
    }

    private func makeConfiguration() throws(ConfigurationFaults) -> MachineConfiguration {
        try MachineConfiguration(
            name: word("name"),
            architecture: choice("architecture", .arm32v7),
            core: core, level1Instruction: isAbsent("l1i") ? nil : cache("l1i"),
            level1Data: isAbsent("l1d") ? nil : cache("l1d"), storeBuffer: storeBuffer,
            level2: level2, level3: level3, memory: memory,
            costs: costs,
            ports: names("ports").map(port),
            software: software,
            coherence: coherence)
    }

    private var costs: CostConfiguration {
        var costs = CostConfiguration(
            dmbCycles: number("costs.dmb"), dsbCycles: number("costs.dsb"),
            isbCycles: number("costs.isb"), maintenanceCycles: number("costs.maintenance"),
            dirtyCycles: number("costs.dirty"), setWayCycles: number("costs.set_way"))
        costs.maintenanceResponse = time("costs.maintenance_response_ns")
        return costs
    }

    private var software: SoftwareConfiguration {
        var software = SoftwareConfiguration(
            callCycles: number("software.call_cycles"),
            interruptCycles: number("software.interrupt_cycles"))
        software.cacheRoutines = InnerRoutines(rawValue: word("software.cache_routines"))
        return software
    }

    private var core: CoreConfiguration {
        var core = CoreConfiguration(
            count: number("core.count", or: 1), clock: clock("core.mhz"),
            outstandingMisses: number("core.outstanding_misses", or: 1),
            outstandingUncached: number("core.outstanding_uncached", or: 1),
            windowCycles: number("core.window_cycles"),
            honoursWriteThrough: flag("core.honours_write_through"),
            speculates: flag("core.speculates"),
            milliCyclesPerFetch: number("core.cycles_per_fetch"))
        core.invalidateCleans = flag("core.invalidate_cleans")
        core.uncachedReadBytes = optionalBytes("core.uncached_read_bytes").map { UInt64($0) }
        core.uncachedBurstBytes = optionalBytes("core.uncached_burst_bytes").map { UInt64($0) }
        core.tlb = tlb
        return core
    }

    private var tlb: TLBConfiguration? {
        guard values["core.tlb.entries"] != nil else { return nil }
        return TLBConfiguration(
            entries: number("core.tlb.entries", or: 1),
            pageBytes: bytes("core.tlb.page_bytes", or: 4_096),
            walkCycles: number("core.tlb.walk_cycles"),
            microEntries: optional("core.tlb.micro_entries"),
            microMissCycles: number("core.tlb.micro_miss_cycles"))
    }

    private var storeBuffer: StoreBufferConfiguration? {
        guard !isAbsent("store_buffer") else { return nil }
        var buffer = StoreBufferConfiguration(
            entries: number("store_buffer.entries", or: 1),
            entryBytes: Int(bytes("store_buffer.entry_bytes", or: 4)),
            drainCycles: optional("store_buffer.drain_cycles"))
        buffer.merges = flag("store_buffer.merges")
        buffer.highWater = optional("store_buffer.high_water")
        buffer.drainedBy = Set(words("store_buffer.drained_by").compactMap(DrainReason.init))
        return buffer
    }

    private var coherence: CoherenceConfiguration {
        CoherenceConfiguration(
            protocol: choice("coherence.protocol", .mesi),
            isEnabled: flag("coherence.enabled"),
            transfersDirectly: flag("coherence.direct_transfer"),
            migratesDirty: flag("coherence.migrates_dirty"),
            duplicatesTags: flag("coherence.duplicate_tags"),
            snoopCycles: number("coherence.snoop_cycles"),
            transferCycles: optional("coherence.transfer_cycles"))
    }
}
