/// What is counted, for each agent.
@frozen
public enum Counter: Int, CaseIterable, Sendable {
    /// Line accesses of L1D by loads.
    case level1DataReads
    /// Line accesses of L1D by stores.
    case level1DataWrites
    /// Loads that L1D did not hold.
    case level1DataReadMisses
    /// Stores that L1D did not hold.
    case level1DataWriteMisses
    /// Dirty lines that L1D wrote on, for whatever reason.
    case level1DataWritebacks
    /// Lines that L1D took.
    case level1DataLinefills
    /// Line accesses of L1I.
    case level1InstructionReads
    /// Fetches that L1I did not hold.
    case level1InstructionReadMisses
    /// Reads of the second level.
    case level2Reads
    /// Writes of the second level.
    case level2Writes
    /// Reads that the second level did not hold.
    case level2ReadMisses
    /// Writes that the second level did not hold.
    case level2WriteMisses
    /// Dirty lines that the second level wrote on.
    case level2Writebacks
    /// Lines that the second level took.
    case level2Linefills
    /// Loads served by no cache.
    case uncachedLoads
    /// Stores taken by no L1D.
    case uncachedStores
    /// Stores that went through a store buffer.
    case bufferedStores
    /// Entries that left a buffer.
    case drains
    /// Maintenance operations on a line of L1D, by address.
    case level1Maintenance
    /// Maintenance operations on a line of the second level.
    case level2Maintenance
    /// Lines given up because another agent's access asked.
    case snoopInvalidations
    /// Barriers.
    case barriers
    /// Doorbells rung.
    case doorbells
    /// Bursts, or the pieces of bursts that a snooping port looked up, that a device read.
    case deviceReads
    /// The same, written.
    case deviceWrites
    /// Bytes that a device read.
    case deviceBytesRead
    /// Bytes that a device wrote.
    case deviceBytesWritten
    /// How long a device was at work, in ticks.
    case deviceTicks
    /// Bytes read over memory's pins.
    case memoryBytesRead
    /// Bytes written over memory's pins.
    case memoryBytesWritten
    /// Reads of the third level.
    case level3Reads
    /// Writes of the third level.
    case level3Writes
    /// Reads that the third level did not hold.
    case level3ReadMisses
    /// Writes that the third level did not hold.
    case level3WriteMisses
    /// Dirty lines that the third level wrote on.
    case level3Writebacks
    /// Lines that the third level took.
    case level3Linefills
    /// Store-exclusives that failed.
    case exclusiveFailures
    /// Lines that prefetchers asked for.
    case prefetches
}
