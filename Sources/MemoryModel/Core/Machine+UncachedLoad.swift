import Events
import Operations

// Loads that no cache takes: of Normal non-cacheable memory, whose lines may be one burst of the bus, and of devices.

/// A burst that a load of Normal non-cacheable memory has begun.
struct UncachedBurst: BitwiseCopyable {
    /// Its first byte.
    var start: UInt64
    /// When the last of its bytes that were asked for so far are there.
    var completion: UInt64
}

extension Machine where P: ~Copyable {
    mutating func loadUncached(_ address: UInt64, _ size: UInt64, _ core: Int) {
        if let burst = uncachedBurst,
            address &- burst.start &+ size > rules.uncachedBurstBytes
        {
            finishBurst(core)
        }
        if storeBuffers.list(core).contains(where: { $0.overlaps(address, size) }) {
            if cores[core].holds {
                emitLoad(address, size, core, .storeBuffer(core))
                spend(core, period, on: .uncached)
                return
            }
            drainStoreBuffer(core, on: .uncached)
        } else {
            drainBefore(.uncachedLoad, core, on: .uncached)
        }
        drainOuterSlots(overlapping: address, size)
        let now = cores[core].now
        let source = uncachedLoadSource(address, size, core, at: now)
        emitLoad(address, size, core, source.place)
        let completion = source.completion ?? readUncached(address, size, core, at: now)
        spend(core, period, on: .uncached)
        guard rules.uncachedBurstBytes > 1 else { return expect(completion, core) }
        uncachedBurst = UncachedBurst(
            start: uncachedBurst?.start ?? address,
            completion: max(completion, uncachedBurst?.completion ?? 0))
    }

    /// Ends the burst that the core's access has begun: its load is one, whatever number of lines it touched.
    @inline(never)
    mutating func finishBurst(_ core: Int) {
        guard let burst = uncachedBurst else { return }
        uncachedBurst = nil
        expect(burst.completion, core)
    }

    /// Waits for a non-cacheable load, or goes on past it where the core can.
    private mutating func expect(_ completion: UInt64, _ core: Int) {
        let outstanding = rules.outstandingUncached
        if outstanding <= 1 {
            wait(core, until: completion, on: .uncached)
            noteLoad(core, completion: completion, cause: .uncached)
        } else {
            missed(core, completion: completion, cause: .uncached, limit: outstanding)
        }
    }

    mutating func loadDevice(_ address: UInt64, _ size: UInt64, _ core: Int) {
        let isOrdered = mapType == .stronglyOrdered
        if isOrdered {
            drainStoreBuffer(core, on: .device)
            drainAllOuterSlots(at: cores[core].now)
        } else {
            drainBefore(.deviceLoad, core, on: .device)
        }
        let latency =
            isOrdered
            ? costs.level2Miss + memory.latency(of: address) : costs.registerRead
        emitLoad(address, size, core, .memory)
        wait(core, until: cores[core].now + latency, on: .device)
        noteLoad(core, completion: cores[core].now, cause: .device)
    }
}
