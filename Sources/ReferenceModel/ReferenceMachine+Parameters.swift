import MemoryModel
import Operations
import Quantities

// Numbers of the configuration, in ticks.

extension ReferenceMachine {
    var period: UInt64 { configuration.core.clock.period.rawValue }

    func ticks(_ cycles: Int) -> UInt64 { UInt64(cycles) * period }
    func ticks(_ cycles: UInt64) -> UInt64 { cycles * period }

    /// Bytes of the lines that maintenance steps by.
    var dataLine: UInt64 { UInt64(configuration.dataLineSize) }

    /// From a request until a miss of the last level before memory is known.
    var missTicks: UInt64 {
        ticks(configuration.level2?.missCycles ?? configuration.level1Data?.hitCycles ?? 1)
    }

    /// What a hit of the second level takes.
    var level2HitTicks: UInt64 {
        guard let second = configuration.level2 else { return 0 }
        return ticks(
            second.cache.hitCycles + (second.outer?.tagLatencyCycles ?? 0)
                + (second.outer?.dataLatencyCycles ?? 0))
    }

    /// What a line from another core's cache takes.
    var transferTicks: UInt64 {
        configuration.coherence.transferCycles.map { ticks($0) } ?? level2HitTicks
    }

    /// How long a line going out keeps the path.
    var lineOut: UInt64 {
        UInt64(configuration.level2?.writeDeciCyclesPerLine ?? 0) * period / 10
    }

    /// How long a line coming in keeps the path.
    var lineIn: UInt64 { ticks(configuration.level2?.readCyclesPerLine ?? 0) }

    /// Entries of a store buffer.
    var bufferCapacity: Int { configuration.storeBuffer?.entries ?? 1 }

    /// Bytes of an entry of a store buffer.
    var entryBytes: UInt64 {
        configuration.storeBuffer.map { UInt64($0.entryBytes) } ?? min(dataLine, 64)
    }

    func drains(_ reason: DrainReason) -> Bool {
        configuration.storeBuffer?.drainedBy.contains(reason) ?? false
    }

    var hasPrivateLevel2: Bool { configuration.level2?.isPrivate ?? false }
    var hasIntegratedLevel2: Bool { configuration.level2 != nil && !configuration.hasOuterCache }
    var hasMemorySide: Bool { configuration.level3?.isMemorySide ?? false }
    var hasIntegratedLevel3: Bool { configuration.level3.map { !$0.isMemorySide } ?? false }
    var isExclusive: Bool { configuration.level2?.inclusion == .exclusive }
    var takesVictims: Bool { isExclusive || configuration.level2?.inclusion == .victim }

    /// The number of the second level that serves a core; only where there is one.
    func second(_ core: Int) -> Int { hasPrivateLevel2 ? core : 0 }
}
