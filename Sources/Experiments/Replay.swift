import Events
import MemoryModel
import Operations
import Quantities
import Statistics
import Traces

/// What a replay counted and timed.
public struct ReplayResult: Sendable {
    /// The machine.
    public var machine: MachineConfiguration
    /// Records read, or statements performed.
    public var records: UInt64
    /// Records that were not accesses, by kind.
    public var skipped: [(kind: String, count: UInt64)] = []
    /// What was counted.
    public var counters: Counters
    /// Dirty lines at the end.
    public var dirtyAtEnd: DirtyLines
    /// The whole run.
    public var elapsed: Ticks
    /// The spans.
    public var spans: [SpanResult] = []
    /// What each function cost, those that took longest first; nil: nobody asked.
    public var functions: [FunctionCost]?
}

/// What a counting replay counted.
public struct PlainReplayResult: Sendable {
    /// Which caches.
    public var configuration: PlainConfiguration
    /// Records read.
    public var records: UInt64
    /// Records that were not accesses, by kind.
    public var skipped: [(kind: String, count: UInt64)] = []
    /// The instruction cache's counts; nil without one.
    public var level1Instruction: PlainCounts?
    /// The data cache's counts.
    public var level1Data: PlainCounts
    /// The second level's counts; nil without one.
    public var level2: PlainCounts?
    /// The second level's read misses by what caused them.
    public var level2Misses: PlainMissKinds
    /// The data cache's and the second level's counts as they would be with dirty lines written back at the end.
    public var flushed: (level1Data: PlainCounts, level2: PlainCounts?)
}

/// Replays traces.
public enum Replay {
    /// Replays a program with full timing.
    public static func run(_ setup: Setup) throws(TraceErrors) -> ReplayResult {
        var runner = try ProgramRunner(setup, probe: CountersProbe(), keepingStepsFor: nil)
        try runner.run()
        return runner.result(on: setup.machine)
    }

    /// Replays a stream of accesses with full timing.
    ///
    /// - Parameters:
    ///   - reader: The trace.
    ///   - configuration: The machine.
    ///   - functions: The functions' names and bytes, ascending by address and size; nil: no table by function.
    ///   - seed: For pseudo-random replacement.
    /// - Returns: what was counted and timed.
    /// - Throws: where the trace cannot be read.
    /// - Complexity: constant memory.
    public static func run(
        _ reader: any AccessSource, machine configuration: MachineConfiguration,
        functions: [SymbolTable.Entry]? = nil, seed: UInt64 = 1
    ) throws(TraceErrors) -> ReplayResult {
        var machine = ProfiledMachine(
            machine: Machine(configuration, probe: CountersProbe(), seed: seed),
            profile: functions.map(FunctionProfile.init))
        let cores = configuration.core.count
        try forEachBlock(reader) { (block, first) throws(TraceErrors) in
            // A machine performs accesses of its own cores only.
            for access in block where access.agent.index >= cores {
                try checkCore(access.agent, configuration, "record \(first) or after")
            }
            machine.replay(block, firstRecord: UInt32(truncatingIfNeeded: first))
        }
        machine.machine.finish()
        let counters = machine.machine.probe.snapshot
        let dirty = machine.machine.dirtyLines
        let elapsed = machine.machine.elapsed
        return ReplayResult(
            machine: configuration, records: reader.recordCount, skipped: reader.skipped,
            counters: counters, dirtyAtEnd: dirty, elapsed: elapsed,
            functions: machine.profile?.result)
    }

    /// Replays accesses in memory with full timing.
    public static func run(
        _ accesses: UnsafeBufferPointer<MemoryAccess>, machine configuration: MachineConfiguration,
        seed: UInt64 = 1
    ) -> ReplayResult {
        var machine = Machine(configuration, probe: CountersProbe(), seed: seed)
        machine.replay(accesses, firstRecord: 1)
        machine.finish()
        let counters = machine.probe.snapshot
        let dirty = machine.dirtyLines
        let elapsed = machine.elapsed
        return ReplayResult(
            machine: configuration, records: UInt64(accesses.count), counters: counters,
            dirtyAtEnd: dirty, elapsed: elapsed)
    }

    /// Counts a stream of accesses.
    ///
    /// - Parameters:
    ///   - reader: The trace.
    ///   - configuration: The caches.
    ///   - flushes: Whether dirty lines are written back at the end, as Dinero does.
    /// - Returns: the counts.
    /// - Throws: where the trace cannot be read, or a cache cannot be built.
    /// - Complexity: constant memory.
    public static func count(
        _ reader: any AccessSource, _ configuration: PlainConfiguration, flushes: Bool = false
    ) throws -> PlainReplayResult {
        var hierarchy = try PlainHierarchy(configuration)
        try forEachBlock(reader) { block, _ in hierarchy.replay(block) }
        return hierarchy.result(
            configuration, records: reader.recordCount, skipped: reader.skipped, flushes)
    }

    /// Counts accesses in memory.
    public static func count(
        _ accesses: UnsafeBufferPointer<MemoryAccess>, _ configuration: PlainConfiguration,
        flushes: Bool = false
    ) throws -> PlainReplayResult {
        var hierarchy = try PlainHierarchy(configuration)
        hierarchy.replay(accesses)
        return hierarchy.result(
            configuration, records: UInt64(accesses.count), skipped: [], flushes)
    }

    private static func forEachBlock(
        _ reader: any AccessSource,
        _ body: (UnsafeBufferPointer<MemoryAccess>, UInt64) throws(TraceErrors) -> Void
    ) throws(TraceErrors) {
        let block = UnsafeMutableBufferPointer<MemoryAccess>.allocate(
            capacity: AccessReader.blockSize)
        defer { block.deallocate() }
        while true {
            let first = reader.recordCount + 1
            let count = try reader.read(into: block)
            if count == 0 { return }
            try body(UnsafeBufferPointer(rebasing: block[0..<count]), first)
        }
    }
}

extension Program {
    /// Throws if the program performs more accesses than a run may.
    ///
    /// - Parameter file: Its name, for the error.
    /// - Throws: where it becomes too long.
    public func checkSize(file: String) throws(TraceErrors) {
        if let error = ProgramFit.sizeError(of: self, file: file) { throw TraceErrors([error]) }
    }

    /// The loads, stores and fetches of a program's cores, runs and loops unrolled, for a counting replay.
    ///
    /// - Parameter body: Called with each access in order.
    /// - Returns: how many statements were performed.
    public func forEachAccess(_ body: (MemoryAccess) -> Void) -> UInt64 {
        var performed: UInt64 = 0
        var loops: [(start: Int, left: UInt64)?] = []
        var index = 0
        while index < statements.count {
            switch statements[index].body {
            case .operation(let agent, let operation):
                performed += 1
                Self.accesses(operation, agent, body)
            case .repeatBegin(let count): loops.append((index, count))
            case .spanBegin: loops.append(nil)
            case .end:
                if let loop = loops.removeLast(), loop.left > 1 {
                    index = loop.start
                    loops.append((loop.start, loop.left - 1))
                }
            default: break
            }
            index += 1
        }
        return performed
    }

    /// As ``forEachAccess(_:)``, in blocks.
    func forEachBlock(_ body: (UnsafeBufferPointer<MemoryAccess>) -> Void) -> UInt64 {
        let block = UnsafeMutableBufferPointer<MemoryAccess>.allocate(
            capacity: AccessReader.blockSize)
        defer { block.deallocate() }
        var filled = 0
        let performed = forEachAccess { access in
            block.initializeElement(at: filled, to: access)
            filled += 1
            if filled == block.count {
                body(UnsafeBufferPointer(block))
                filled = 0
            }
        }
        body(UnsafeBufferPointer(rebasing: block[..<filled]))
        return performed
    }

    private static func accesses(
        _ operation: Operation, _ agent: Agent, _ body: (MemoryAccess) -> Void
    ) {
        switch operation {
        case .access(let access, _, _): body(access)
        case .run(let run):
            var access = MemoryAccess(
                run.kind, at: run.start.address.rawValue, size: run.size, agent: agent)
            for index in 0..<run.count {
                access.size = run.size(at: index)
                body(access)
                access.address &+= run.step
            }
        case .copy(let copy):
            for index in 0..<copy.count {
                let offset = index &* UInt64(copy.size)
                let size = copy.size(at: index)
                let (from, to) = (copy.source.address.rawValue, copy.destination.address.rawValue)
                body(MemoryAccess(.load, at: from &+ offset, size: size, agent: agent))
                body(MemoryAccess(.store, at: to &+ offset, size: size, agent: agent))
            }
        default: break
        }
    }
}

extension Replay {
    /// The most accesses that a counting replay performs, loops and runs unrolled: under a minute.
    static let countedLimit: UInt64 = 1 << 32

    /// Counts a program's loads, stores and fetches; its other statements do nothing on a counting machine.
    ///
    /// - Throws: if the program performs more accesses than a run may, or a cache cannot be built.
    public static func count(
        _ program: Program, file: String, _ configuration: PlainConfiguration, flushes: Bool = false
    ) throws -> PlainReplayResult {
        if let error = ProgramFit.sizeError(of: program, file: file, limit: countedLimit) {
            throw TraceErrors([error])
        }
        var hierarchy = try PlainHierarchy(configuration)
        let records = program.forEachBlock { hierarchy.replay($0) }
        return hierarchy.result(configuration, records: records, skipped: [], flushes)
    }
}

extension PlainHierarchy {
    /// The counts of a finished replay, and what they are once dirty lines are written back.
    fileprivate consuming func result(
        _ configuration: PlainConfiguration, records: UInt64,
        skipped: [(kind: String, count: UInt64)],
        _ flushes: Bool
    ) -> PlainReplayResult {
        let run = counts
        let misses = level2Misses
        flush()
        let flushed = counts
        let chosen = flushes ? flushed : run
        return PlainReplayResult(
            configuration: configuration, records: records, skipped: skipped,
            level1Instruction: chosen.instruction, level1Data: chosen.data, level2: chosen.level2,
            level2Misses: misses, flushed: (flushed.data, flushed.level2))
    }
}
