import Statistics

/// The names of counters in pages.
enum CounterNames {
    private static let all: [(name: String, counter: Counter, words: String)] = [
        ("L1D.reads", .level1DataReads, "loads that looked into L1D"),
        ("L1D.writes", .level1DataWrites, "stores that looked into L1D"),
        ("L1D.readMisses", .level1DataReadMisses, "loads that missed L1D"),
        ("L1D.writeMisses", .level1DataWriteMisses, "stores that missed L1D"),
        ("L1D.writebacks", .level1DataWritebacks, "dirty lines that L1D wrote on"),
        ("L1D.linefills", .level1DataLinefills, "lines that L1D took"),
        ("L1D.maintenance", .level1Maintenance, "maintenance operations on lines of L1D"),
        ("L2.reads", .level2Reads, "reads of L2"),
        ("L2.readMisses", .level2ReadMisses, "reads that missed L2"),
        ("L2.writebacks", .level2Writebacks, "dirty lines that L2 wrote on"),
        ("L2.maintenance", .level2Maintenance, "maintenance operations on lines of L2"),
        ("uncached.loads", .uncachedLoads, "loads served by no cache"),
        ("uncached.stores", .uncachedStores, "stores taken by no L1D"),
        ("buffer.stores", .bufferedStores, "stores that went through a store buffer"),
        ("buffer.drains", .drains, "entries that left a buffer"),
        ("snoops", .snoopInvalidations, "lines given up to other agents"),
        ("memory.read", .memoryBytesRead, "bytes read over memory's pins"),
        ("memory.written", .memoryBytesWritten, "bytes written over memory's pins"),
        ("device.read", .deviceBytesRead, "bytes that devices read"),
        ("device.written", .deviceBytesWritten, "bytes that devices wrote"),
    ]

    /// The counter of a name.
    static func counter(_ name: String) -> Counter? { all.first { $0.name == name }?.counter }

    /// What a counter counts.
    static func words(_ name: String) -> String { all.first { $0.name == name }?.words ?? name }

    /// What may stand where a counter is expected.
    static var expectation: String { "one of " + all.map(\.name).joined(separator: ", ") }
}
