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
            entries.append(
                (
                    "L3",
                    counts(
                        nil, reads: (.level3Reads, .level3ReadMisses),
                        writes: (.level3Writes, .level3WriteMisses), writebacks: .level3Writebacks,
                        dirty: UInt64(dirty?.level3 ?? 0))
                ))
        }
        return entries
    }

    /// The caches that are a core's own; nil: those of all cores together.
    public func own(of core: Int?) -> [Entry] {
        var entries: [Entry] = []
        if machine.level1Data != nil {
            entries.append(
                (
                    "L1D",
                    counts(
                        core, reads: (.level1DataReads, .level1DataReadMisses),
                        writes: (.level1DataWrites, .level1DataWriteMisses),
                        writebacks: .level1DataWritebacks,
                        dirty: Self.lines(dirty?.level1DataByCore, core))
                ))
        }
        if machine.level1Instruction != nil {
            entries.append(
                (
                    "L1I",
                    counts(core, reads: (.level1InstructionReads, .level1InstructionReadMisses))
                ))
        }
        if machine.level2?.isPrivate == true { entries.append(secondLevel(of: core)) }
        return entries
    }

    private func secondLevel(of core: Int?) -> Entry {
        (
            "L2",
            counts(
                core, reads: (.level2Reads, .level2ReadMisses),
                writes: (.level2Writes, .level2WriteMisses), writebacks: .level2Writebacks,
                dirty: Self.lines(dirty?.level2ByCopy, core))
        )
    }

    private func counts(
        _ core: Int?, reads: (all: Counter, misses: Counter),
        writes: (all: Counter, misses: Counter)? = nil, writebacks: Counter? = nil,
        dirty: UInt64 = 0
    ) -> PlainCounts {
        func count(_ counter: Counter) -> UInt64 {
            core.map { counters[counter, .core($0)] } ?? counters[counter]
        }
        var counts = PlainCounts()
        counts.reads = count(reads.all)
        counts.readMisses = count(reads.misses)
        counts.writes = writes.map { count($0.all) } ?? 0
        counts.writeMisses = writes.map { count($0.misses) } ?? 0
        counts.writebacks = writebacks.map(count) ?? 0
        counts.dirtyAtEnd = dirty
        return counts
    }

    private static func lines(_ copies: [Int]?, _ core: Int?) -> UInt64 {
        guard let copies else { return 0 }
        return UInt64(core.map { copies[$0] } ?? copies.reduce(0, +))
    }
}
