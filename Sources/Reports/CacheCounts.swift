import Experiments
import MemoryModel

/// What one row of a replay's table of caches says.
struct CacheCounts {
    var name: String
    var reads: UInt64 = 0
    var writes: UInt64 = 0
    var readMisses: UInt64 = 0
    var writeMisses: UInt64 = 0
    var writebacks: UInt64 = 0
    var dirtyAtEnd: UInt64 = 0

    /// A row of these counts.
    init(
        name: String, reads: UInt64 = 0, writes: UInt64 = 0, readMisses: UInt64 = 0,
        writeMisses: UInt64 = 0, writebacks: UInt64 = 0, dirtyAtEnd: UInt64 = 0
    ) {
        self.name = name
        self.reads = reads
        self.writes = writes
        self.readMisses = readMisses
        self.writeMisses = writeMisses
        self.writebacks = writebacks
        self.dirtyAtEnd = dirtyAtEnd
    }

    /// The row of a counting cache.
    init(name: String, _ counts: PlainCounts) {
        self.init(
            name: name, reads: counts.reads, writes: counts.writes, readMisses: counts.readMisses,
            writeMisses: counts.writeMisses, writebacks: counts.writebacks,
            dirtyAtEnd: counts.dirtyAtEnd)
    }

    /// The row for scripts.
    var json: JSONValue {
        .object([
            ("reads", .integer(reads)), ("writes", .integer(writes)),
            ("readMisses", .integer(readMisses)), ("writeMisses", .integer(writeMisses)),
            ("writebacks", .integer(writebacks)), ("dirtyAtEnd", .integer(dirtyAtEnd)),
        ])
    }

    /// The row for people.
    var cells: [String] {
        [
            name, Format.grouped(reads), Format.grouped(writes), Format.grouped(readMisses),
            Format.grouped(writeMisses),
            Format.percent(readMisses + writeMisses, of: reads + writes),
            Format.grouped(writebacks), Format.grouped(dirtyAtEnd),
        ]
    }

    /// An empty table for such rows.
    static var table: TextTable {
        TextTable([
            ("cache", .left), ("reads", .right), ("writes", .right), ("read misses", .right),
            ("write misses", .right), ("miss rate", .right), ("writebacks", .right),
            ("dirty at end", .right),
        ])
    }
}

/// The caches of a machine with what a replay counted in them.
struct CacheRows {
    private let totals: CacheTotals

    init(_ result: ReplayResult) {
        totals = CacheTotals(result.counters, of: result.machine, dirty: result.dirtyAtEnd)
    }

    /// Every level, the caches of all cores together.
    var levels: [CacheCounts] { totals.levels.map { CacheCounts(name: $0.name, $0.counts) } }

    /// The caches that are a core's own.
    func own(of core: Int) -> [CacheCounts] {
        totals.own(of: core).map { CacheCounts(name: $0.name, $0.counts) }
    }
}
