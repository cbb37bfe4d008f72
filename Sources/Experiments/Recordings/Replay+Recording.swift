import Events
import MemoryModel
import Operations
import Quantities
import Statistics
import Traces

extension Replay {
    /// Replays a recording with full timing: its accesses, barriers and maintenance, in memory of the types that it tells.
    ///
    /// Transfers of devices are left out and counted: they need a port, which a native trace can name.
    ///
    /// - Parameters:
    ///   - reader: The recording.
    ///   - configuration: The machine.
    ///   - seed: Of pseudo-random replacement.
    /// - Returns: counts and times.
    /// - Throws: what is wrong with the recording, or that the machine lacks a core of it.
    /// - Complexity: constant memory.
    public static func run(
        _ reader: RecordingReader, machine configuration: MachineConfiguration, seed: UInt64 = 1
    ) throws(TraceErrors) -> ReplayResult {
        var machine = Machine(configuration, probe: CountersProbe(), seed: seed)
        var statements = RecordingStatements(keepsValues: false)
        var parts: [RecordingStatements.Part] = []
        var waiting: [MemoryAccess] = []
        var record: UInt32 = 1
        var transfers: UInt64 = 0
        while try statements.sayNext(of: reader, into: &parts) {
            for part in parts {
                switch part.body {
                case .declaration(.region(_, let start, let size, let type, let share)):
                    machine.replay(&waiting, &record)
                    machine.declare(
                        MemoryMapping(
                            start: start, end: start &+ size, physical: start, type: type,
                            shareability: share ?? .innerShareable))
                case .operation(_, .device): transfers &+= 1
                case .operation(let agent, let operation):
                    try checkCore(agent, configuration, reader.source.file)
                    if case .access(let access, _, _) = operation {
                        waiting.append(access)
                        break
                    }
                    machine.replay(&waiting, &record)
                    machine.perform(operation, by: agent, record: record)
                    record &+= 1
                default: break
                }
            }
            machine.replay(&waiting, &record)
        }
        machine.finish()
        let counters = machine.probe.snapshot
        let dirty = machine.dirtyLines
        let elapsed = machine.elapsed
        var skipped = reader.skipped + statements.notSaid
        if transfers > 0 { skipped.append(("transfers of devices", transfers)) }
        return ReplayResult(
            machine: configuration, records: reader.recordCount, skipped: skipped,
            counters: counters, dirtyAtEnd: dirty, elapsed: elapsed)
    }

    /// Throws if a machine lacks a core.
    static func checkCore(
        _ agent: Agent, _ machine: MachineConfiguration, _ file: String
    ) throws(TraceErrors) {
        guard agent.index >= machine.core.count else { return }
        throw TraceErrors([
            TraceError(
                file: file, found: "core\(agent.index)",
                expected: "a core of \(machine.name), which has \(machine.core.count)")
        ])
    }
}

extension Machine where P: ~Copyable {
    /// Replays accesses that were collected, counts them, and leaves none.
    fileprivate mutating func replay(_ accesses: inout [MemoryAccess], _ record: inout UInt32) {
        guard !accesses.isEmpty else { return }
        let first = record
        accesses.withUnsafeBufferPointer { replay($0, firstRecord: first) }
        record &+= UInt32(truncatingIfNeeded: accesses.count)
        accesses.removeAll(keepingCapacity: true)
    }
}

/// What a sample of accesses says, and what was passed over.
public struct SampleResult: Sendable {
    /// The format's name.
    public var format: String
    /// The counts.
    public var statistics: SampleStatistics
    /// Lines that are no sample, by kind.
    public var skipped: [(kind: String, count: UInt64)]

    /// Reads a sample to its end.
    ///
    /// - Throws: what is wrong with it.
    public init(_ reader: SampleReader) throws(TraceErrors) {
        format = reader.format.name
        statistics = try reader.statistics()
        skipped = reader.skipped
    }
}
