import Events
import Experiments
import MemoryModel
import Quantities
import Statistics

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
    private let machine: MachineConfiguration
    private let counters: Counters
    private let dirty: DirtyLines

    init(_ result: ReplayResult) {
        machine = result.machine
        counters = result.counters
        dirty = result.dirtyAtEnd
    }

    /// Every level, the caches of all cores together.
    var levels: [CacheCounts] {
        var rows = own(of: nil)
        if let level2 = machine.level2, !level2.isPrivate { rows.append(level2Row(of: nil)) }
        if machine.level3 != nil {
            rows.append(
                CacheCounts(
                    name: "L3", reads: counters[.level3Reads], writes: counters[.level3Writes],
                    readMisses: counters[.level3ReadMisses],
                    writeMisses: counters[.level3WriteMisses],
                    writebacks: counters[.level3Writebacks], dirtyAtEnd: UInt64(dirty.level3)))
        }
        return rows
    }

    /// The caches that are a core's own; nil: those of all cores together.
    func own(of core: Int?) -> [CacheCounts] {
        var rows: [CacheCounts] = []
        if machine.level1Data != nil {
            rows.append(
                CacheCounts(
                    name: "L1D", reads: count(.level1DataReads, core),
                    writes: count(.level1DataWrites, core),
                    readMisses: count(.level1DataReadMisses, core),
                    writeMisses: count(.level1DataWriteMisses, core),
                    writebacks: count(.level1DataWritebacks, core),
                    dirtyAtEnd: Self.lines(dirty.level1DataByCore, core)))
        }
        if machine.level1Instruction != nil {
            rows.append(
                CacheCounts(
                    name: "L1I", reads: count(.level1InstructionReads, core),
                    readMisses: count(.level1InstructionReadMisses, core)))
        }
        if machine.level2?.isPrivate == true { rows.append(level2Row(of: core)) }
        return rows
    }

    private func level2Row(of core: Int?) -> CacheCounts {
        CacheCounts(
            name: "L2", reads: count(.level2Reads, core), writes: count(.level2Writes, core),
            readMisses: count(.level2ReadMisses, core),
            writeMisses: count(.level2WriteMisses, core),
            writebacks: count(.level2Writebacks, core),
            dirtyAtEnd: Self.lines(dirty.level2ByCopy, core))
    }

    private func count(_ counter: Counter, _ core: Int?) -> UInt64 {
        core.map { counters[counter, .core($0)] } ?? counters[counter]
    }

    private static func lines(_ copies: [Int], _ core: Int?) -> UInt64 {
        UInt64(core.map { copies[$0] } ?? copies.reduce(0, +))
    }
}
