import Events
import MemoryModel
import Statistics

/// What a machine with time counted, cache by cache.
public struct CacheTotals {
    /// A cache's name, as `L1D`, with its counts.
    public typealias Entry = (name: String, counts: PlainCounts)

    private let machine: MachineConfiguration
    private let counters: Counters
    private let dirty: DirtyLines?

    /// Sorts what was counted.
    ///
    /// - Parameters:
    ///   - counters: What was counted.
    ///   - machine: Where.
    ///   - dirty: The lines that are dirty now; nil: nobody asks.
    public init(_ counters: Counters, of machine: MachineConfiguration, dirty: DirtyLines? = nil) {
        self.machine = machine
        self.counters = counters
        self.dirty = dirty
    }

    /// Every level, the caches of all cores together.
    public var levels: [Entry] {
        var entries = own(of: nil)
        if let level2 = machine.level2, !level2.isPrivate { entries.append(secondLevel(of: nil)) }
        if machine.level3 != nil {
            var counts = PlainCounts()
            counts.reads = counters[.level3Reads]
            counts.writes = counters[.level3Writes]
            counts.readMisses = counters[.level3ReadMisses]
            counts.writeMisses = counters[.level3WriteMisses]
            counts.writebacks = counters[.level3Writebacks]
            counts.dirtyAtEnd = UInt64(dirty?.level3 ?? 0)
            entries.append(("L3", counts))
        }
        return entries
    }

    /// The caches that are a core's own; nil: those of all cores together.
    public func own(of core: Int?) -> [Entry] {
        var entries: [Entry] = []
        if machine.level1Data != nil {
            var counts = PlainCounts()
            counts.reads = count(.level1DataReads, core)
            counts.writes = count(.level1DataWrites, core)
            counts.readMisses = count(.level1DataReadMisses, core)
            counts.writeMisses = count(.level1DataWriteMisses, core)
            counts.writebacks = count(.level1DataWritebacks, core)
            counts.dirtyAtEnd = Self.lines(dirty?.level1DataByCore, core)
            entries.append(("L1D", counts))
        }
        if machine.level1Instruction != nil {
            var counts = PlainCounts()
            counts.reads = count(.level1InstructionReads, core)
            counts.readMisses = count(.level1InstructionReadMisses, core)
            entries.append(("L1I", counts))
        }
        if machine.level2?.isPrivate == true { entries.append(secondLevel(of: core)) }
        return entries
    }

    private func secondLevel(of core: Int?) -> Entry {
        var counts = PlainCounts()
        counts.reads = count(.level2Reads, core)
        counts.writes = count(.level2Writes, core)
        counts.readMisses = count(.level2ReadMisses, core)
        counts.writeMisses = count(.level2WriteMisses, core)
        counts.writebacks = count(.level2Writebacks, core)
        counts.dirtyAtEnd = Self.lines(dirty?.level2ByCopy, core)
        return ("L2", counts)
    }

    private func count(_ counter: Counter, _ core: Int?) -> UInt64 {
        core.map { counters[counter, .core($0)] } ?? counters[counter]
    }

    private static func lines(_ copies: [Int]?, _ core: Int?) -> UInt64 {
        guard let copies else { return 0 }
        return UInt64(core.map { copies[$0] } ?? copies.reduce(0, +))
    }
}
