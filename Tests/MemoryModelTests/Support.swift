import Events
import Operations
import Quantities

@testable import MemoryModel

/// A machine under test with everything that it says.
///
/// A class, since expectations cannot hold a noncopyable value.
final class Bench {
    var machine: Machine<EventLog>
    private var record: UInt32 = 0

    init(_ configuration: MachineConfiguration, devices: [PortConfiguration] = [], seed: UInt64 = 1)
    {
        machine = Machine(configuration, probe: EventLog(), seed: seed)
        for (index, port) in devices.enumerated() { machine.attach(.device(index), to: port) }
    }

    /// Everything that happened.
    var events: [Event] { machine.probe.events }

    /// A core's time in cycles of ``TestMachine``, 1 000 ticks each.
    func cycles(_ core: Int = 0) -> UInt64 { machine.time(ofCore: core).rawValue / 1_000 }

    func perform(_ operation: Operation, by agent: Agent = .core(0)) {
        record += 1
        machine.perform(operation, by: agent, record: record)
    }

    func access(
        _ kind: AccessKind, _ address: UInt64, _ size: UInt32 = 4, core: Int = 0,
        dependent: Bool = false
    ) {
        perform(
            .access(
                MemoryAccess(
                    kind, at: address, size: size, agent: .core(core), isDependent: dependent),
                symbol: .none, value: nil), by: .core(core))
    }

    func load(_ address: UInt64, _ size: UInt32 = 4, core: Int = 0, dependent: Bool = false) {
        access(.load, address, size, core: core, dependent: dependent)
    }

    func store(_ address: UInt64, _ size: UInt32 = 4, core: Int = 0) {
        access(.store, address, size, core: core)
    }

    func barrier(
        _ instruction: Barrier.Instruction, _ accesses: Barrier.Accesses = .all, core: Int = 0
    ) {
        perform(.barrier(Barrier(instruction, .fullSystem, accesses)), by: .core(core))
    }

    func maintain(
        _ instruction: Maintenance.Instruction, _ address: UInt64 = 0, bytes: UInt64 = 0,
        core: Int = 0
    ) {
        perform(
            .maintenance(Maintenance(instruction, at: Operand(address), bytes: bytes)),
            by: .core(core))
    }

    func environment(
        _ kind: EnvironmentEvent.Kind, _ address: UInt64 = 0, bytes: UInt64 = 0,
        in target: EnvironmentEvent.Target = .everywhere
    ) {
        perform(
            .environment(EnvironmentEvent(kind, at: Operand(address), bytes: bytes, in: target)))
    }

    func device(
        _ kind: DeviceOperation.Kind, _ address: UInt64 = 0, _ bytes: UInt64 = 0, number: Int = 0
    ) {
        perform(
            .device(DeviceOperation(kind, at: Operand(address), bytes: bytes)),
            by: .device(number))
    }

    func declare(_ start: UInt64, _ size: UInt64, _ type: MemoryType, physical: UInt64? = nil) {
        machine.declare(
            MemoryMapping(
                start: start, end: start + size, physical: physical ?? start, type: type,
                shareability: .innerShareable))
    }

    func finish() { machine.finish() }

    /// What a piece of a run adds: core 0's cycles by cause, those above zero.
    func spent(_ body: () -> Void) -> [Cause: UInt64] {
        let first = events.count
        body()
        var ticks: [Cause: UInt64] = [:]
        for event in events[first...] where event.kind == .time && event.agent == .core(0) {
            guard let cause = Cause(rawValue: event.other) else { continue }
            ticks[cause, default: 0] += event.address
        }
        return ticks.mapValues { $0 / 1_000 }
    }

    /// The events of a kind.
    func events(_ kind: Event.Kind) -> [Event] { events.filter { $0.kind == kind } }
}

/// A small machine whose every number is a different one, so that a sum tells its parts.
///
/// 1 GHz: a cycle is 1 000 ticks.
enum TestMachine {
    struct Options {
        var cores = 1
        var outstanding = 1
        var window = 0
        var level1: CacheConfiguration? = CacheConfiguration(
            size: 1_024, ways: 2, lineSize: 32, hitCycles: 3)
        var instructions: CacheConfiguration? = CacheConfiguration(
            size: 1_024, ways: 2, lineSize: 32)
        var level2: CacheConfiguration? = CacheConfiguration(
            size: 8_192, ways: 4, lineSize: 32, hitCycles: 11)
        var hasOuter = false
        var readCyclesPerLine = 2
        var writeDeciCyclesPerLine = 40
        var entries = 4
        var drainCycles: Int?
        var bytesPerSecond: UInt64 = 3_200_000_000
        var honoursWriteThrough = true
    }

    static func make(_ change: (inout Options) -> Void = { _ in }) throws -> MachineConfiguration {
        var options = Options()
        change(&options)
        let outer =
            options.hasOuter
            ? OuterConfiguration(
                storeBufferEntries: 3, storeBufferDrainCycles: nil, operationCycles: 19,
                syncCycles: 23) : nil
        return try MachineConfiguration(
            name: "test", architecture: .arm32v7,
            core: CoreConfiguration(
                count: options.cores, clock: Frequency(megahertz: 1_000),
                outstandingMisses: options.outstanding, windowCycles: options.window,
                honoursWriteThrough: options.honoursWriteThrough),
            level1Instruction: options.instructions, level1Data: options.level1,
            storeBuffer: StoreBufferConfiguration(
                entries: options.entries, entryBytes: 8, drainCycles: options.drainCycles),
            level2: options.level2.map {
                Level2Configuration(
                    cache: $0, missCycles: 7, readCyclesPerLine: options.readCyclesPerLine,
                    writeDeciCyclesPerLine: options.writeDeciCyclesPerLine, outer: outer)
            },
            memory: MemoryConfiguration(
                latency: Ticks(nanoseconds: 50), bytesPerSecond: options.bytesPerSecond,
                writeResponse: Ticks(nanoseconds: 13), registerRead: Ticks(nanoseconds: 29)),
            costs: CostConfiguration(
                dmbCycles: 5, dsbCycles: 9, isbCycles: 6, maintenanceCycles: 3, dirtyCycles: 8,
                setWayCycles: 2),
            ports: [port(snoops: false), port(snoops: true)],
            software: SoftwareConfiguration(callCycles: 100, interruptCycles: 31))
    }

    /// 8 bytes at 100 MHz in bursts of four: 32 bytes in 40 ns.
    static func port(snoops: Bool) -> PortConfiguration {
        PortConfiguration(
            name: snoops ? "coherent" : "plain", widthBytes: 8, clock: Frequency(megahertz: 100),
            burstBeats: 4, outstanding: 2, snoops: snoops, readLatency: Ticks(nanoseconds: 60),
            writeLatency: Ticks(nanoseconds: 30), startLatency: Ticks(nanoseconds: 40))
    }
}

extension SplitMix64 {
    /// A number below a bound, good enough for tests.
    mutating func below(_ bound: UInt64) -> UInt64 { next() % bound }

    /// One of some values.
    mutating func pick<T>(_ values: [T]) -> T { values[Int(below(UInt64(values.count)))] }
}
