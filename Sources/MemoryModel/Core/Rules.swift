import Operations
import Quantities

/// What the paths behind a miss ask of the configuration, as plain values.
///
/// Reading an optional part of the configuration copies all of that part: measured, three copies of some 400 bytes
/// for each miss.
struct Rules {
    /// One at least.
    let outstandingMisses: Int
    let outstandingUncached: Int
    let honoursWriteThrough: Bool
    let level1ReadAllocates: Bool
    let level1WriteAllocates: Bool
    let level1StreamingLines: Int?
    let linefillBuffers: Int?
    let evictionBuffers: Int?
    let level1Prefetch: PrefetchConfiguration?
    let level2WriteAllocates: Bool
    let level2StreamingLines: Int?
    let level2Prefetch: PrefetchConfiguration?
    let level2LinefillBuffers: Int?
    let level2EvictionBuffers: Int?
    let level2CriticalWordFirst: Bool
    /// The outer cache's controller; without one, one that changes nothing.
    let outer: OuterConfiguration
    let hasStoreBuffer: Bool
    /// Entries of the store buffer.
    let storeBufferEntries: Int
    let merges: Bool
    let highWater: Int?
    let drainedBy: Set<DrainReason>
    /// Bytes of a store-buffer entry: without a buffer a line, of which masks hold 64 bytes.
    let entryBytes: UInt64
    let coherence: CoherenceConfiguration
    /// Bytes of the aligned piece that a non-cacheable load reads from memory; 1: its own bytes.
    let uncachedReadBytes: UInt64
    /// Bytes of which a non-cacheable load's lines are one burst, from its first one on; 1: each line is one.
    let uncachedBurstBytes: UInt64

    init(_ configuration: MachineConfiguration) {
        outstandingMisses = max(configuration.core.outstandingMisses, 1)
        outstandingUncached = configuration.core.outstandingUncached
        honoursWriteThrough = configuration.core.honoursWriteThrough
        let level1 = configuration.level1Data
        level1ReadAllocates = level1?.readAllocates ?? false
        level1WriteAllocates = level1?.writeAllocates ?? false
        level1StreamingLines = level1?.streamingLines
        linefillBuffers = level1?.linefillBuffers
        evictionBuffers = level1?.evictionBuffers
        level1Prefetch = level1?.prefetch
        let level2 = configuration.level2?.cache
        level2WriteAllocates = level2?.writeAllocates ?? false
        level2StreamingLines = level2?.streamingLines
        level2Prefetch = level2?.prefetch
        level2LinefillBuffers = level2?.linefillBuffers
        level2EvictionBuffers = level2?.evictionBuffers
        level2CriticalWordFirst = level2?.criticalWordFirst ?? true
        outer =
            configuration.level2?.outer
            ?? OuterConfiguration(
                storeBufferEntries: 1, storeBufferDrainCycles: nil, operationCycles: 0,
                syncCycles: 0)
        uncachedReadBytes = configuration.core.uncachedReadBytes ?? 1
        uncachedBurstBytes = configuration.core.uncachedBurstBytes ?? 1
        let buffer = configuration.storeBuffer
        hasStoreBuffer = buffer != nil
        storeBufferEntries = buffer?.entries ?? 1
        merges = buffer?.merges ?? true
        highWater = buffer?.highWater
        drainedBy = buffer?.drainedBy ?? []
        entryBytes = UInt64(buffer?.entryBytes ?? min(configuration.dataLineSize, 64))
        coherence = configuration.coherence
    }
}
