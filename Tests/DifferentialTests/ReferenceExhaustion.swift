import Events
import MemoryModel
import Operations
import Quantities
import ReferenceModel

@testable import Soak

/// All sequences of six steps, out of a few, on a machine of two cores with two sets of two ways.
///
/// The reference, a struct, goes through them as a tree and is copied at each branch; the model runs each sequence
/// from its beginning.
struct ReferenceExhaustion {
    /// How the cores keep their caches alike.
    enum Style: CaseIterable, Sendable {
        case mesi, moesi, migrating, through
    }

    static let length = 6

    let configuration: MachineConfiguration
    let steps: [RandomWorld.Step]
    /// How many sequences there were.
    private(set) var count = 0
    /// The first sequence that differs.
    private(set) var difference: RandomWorld?

    /// Takes the whole alphabet, of nine steps, or the smaller one of five.
    init(_ style: Style, isWhole: Bool) throws {
        configuration = try Self.machine(style)
        let lines: [UInt64] = [0x1000_0000, 0x1000_0040, 0x1000_0080]
        func access(_ kind: AccessKind, _ line: Int, _ core: Int) -> RandomWorld.Step {
            .perform(
                .access(
                    MemoryAccess(kind, at: lines[line] + 4, size: 4, agent: .core(core)),
                    symbol: .none, value: nil), .core(core))
        }
        func maintain(_ kind: Maintenance.Instruction, _ core: Int) -> RandomWorld.Step {
            .perform(
                .maintenance(Maintenance(kind, at: Operand(lines[0]))), .core(core))
        }
        let few = [
            access(.store, 0, 0), access(.store, 0, 1), access(.load, 0, 1),
            access(.load, 1, 0), maintain(.dcCIVAC, 0),
        ]
        let more = [
            access(.store, 2, 0), access(.load, 0, 0), access(.load, 2, 1),
            maintain(.dcCVAC, 1),
        ]
        steps = isWhole ? few + more : few
    }

    /// Goes through all sequences that begin with one of the steps.
    mutating func run(from first: Int) {
        walk([first], after: ReferenceMachine(configuration))
    }

    private mutating func walk(_ sequence: [Int], after before: ReferenceMachine) {
        guard difference == nil, let last = sequence.last else { return }
        var reference = before
        if case .perform(let operation, let agent) = steps[last] {
            reference.perform(operation, by: agent, record: UInt32(sequence.count))
        }
        if sequence.count < Self.length {
            for next in steps.indices { walk(sequence + [next], after: reference) }
            return
        }
        count += 1
        reference.finish()
        var machine = Machine(configuration, probe: EventLog())
        for (index, step) in sequence.enumerated() {
            guard case .perform(let operation, let agent) = steps[step] else { continue }
            machine.perform(operation, by: agent, record: UInt32(index + 1))
        }
        machine.finish()
        if Self.agrees(machine.probe.events, reference) { return }
        difference = RandomWorld(seed: 1, configuration, sequence.map { steps[$0] })
    }

    /// Whether all that a model told is what the reference did, times summed.
    private static func agrees(_ told: [Event], _ reference: ReferenceMachine) -> Bool {
        var spent = reference.spent.map { $0.map { _ in UInt64(0) } }
        for event in told where event.kind == .time {
            spent[event.agent.index][Int(event.other)] += event.address
        }
        return told.filter { $0.kind != .time } == reference.events && spent == reference.spent
    }

    private static func machine(_ style: Style) throws -> MachineConfiguration {
        let port = PortConfiguration(
            name: "p0", widthBytes: 8, clock: Frequency(megahertz: 100), burstBeats: 4,
            outstanding: 1, snoops: false, readLatency: Ticks(rawValue: 60_013),
            writeLatency: Ticks(rawValue: 30_011), startLatency: Ticks(rawValue: 40_009))
        return try MachineConfiguration(
            name: "two", architecture: .arm32v7,
            core: CoreConfiguration(
                count: 2, clock: Frequency(megahertz: 1_000), outstandingMisses: 2,
                windowCycles: 7),
            level1Instruction: nil,
            level1Data: CacheConfiguration(size: 128, ways: 2, lineSize: 32, hitCycles: 3),
            storeBuffer: StoreBufferConfiguration(entries: 2, entryBytes: 8, drainCycles: 90),
            level2: Level2Configuration(
                cache: CacheConfiguration(size: 128, ways: 2, lineSize: 32, hitCycles: 11),
                missCycles: 13, readCyclesPerLine: 2, writeDeciCyclesPerLine: 37),
            memory: MemoryConfiguration(
                latency: Ticks(rawValue: 50_021), bytesPerSecond: 3_200_000_000,
                writeResponse: Ticks(rawValue: 13_007)),
            costs: CostConfiguration(
                dmbCycles: 5, dsbCycles: 9, isbCycles: 6, maintenanceCycles: 3, dirtyCycles: 8,
                setWayCycles: 2),
            ports: [port], software: SoftwareConfiguration(callCycles: 100, interruptCycles: 31),
            coherence: CoherenceConfiguration(
                protocol: style == .moesi ? .moesi : .mesi, transfersDirectly: style != .through,
                migratesDirty: style == .migrating, duplicatesTags: style != .moesi,
                snoopCycles: 4, transferCycles: style == .mesi ? 14 : nil))
    }
}
