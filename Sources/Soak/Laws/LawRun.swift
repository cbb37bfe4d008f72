import Events
import Experiments
import MemoryModel
import Operations
import Quantities
import Statistics

/// What a run has told, and what its machine says of itself at the end.
struct LawRun {
    var configuration: MachineConfiguration
    var events: [Event]
    /// Each core's time.
    var times: [Ticks]
    /// When everything was over.
    var elapsed: Ticks
    /// What the same run counts that tells of hits in bulk.
    var counters: Counters
    /// What devices were asked to move, in bytes; nil: what they read decides.
    var asked: [Agent: Moved]?
    /// Whether stores of a core may be pinned in its buffer, which then holds more than it has room for.
    var holdsStores: Bool
    /// Whether the program makes cores write past each other: memory that is not shared, a core out of coherence.
    var allowsSeveralWriters: Bool

    /// Bytes read and written.
    struct Moved: Equatable {
        var read: UInt64 = 0
        var written: UInt64 = 0
    }

    /// Runs a world once more, for what is told in bulk, and puts it beside what was told.
    init(_ world: RandomWorld, told machine: borrowing Machine<EventLog>) {
        configuration = machine.configuration
        events = machine.probe.events
        times = (0..<configuration.core.count).map { machine.time(ofCore: $0) }
        elapsed = machine.elapsed
        let changed = configuration
        var counting = world.machine(probe: CountersProbe()) { _ in changed }
        for step in 0...world.steps.count { world.perform(step, on: &counting) }
        counters = counting.probe.snapshot
        asked = Self.asked(world)
        holdsStores = world.steps.contains { $0.environment == .hold }
        allowsSeveralWriters =
            !configuration.coherence.isEnabled || world.changesSharing
    }

    /// Runs a program of the command line, twice: once telling all, once counting; nil: it cannot be run.
    init?(_ setup: Setup) {
        guard
            var told = try? ProgramRunner(
                setup, probe: ProbePair(CountersProbe(), ToldEvents()), keepingStepsFor: nil),
            var counting = try? ProgramRunner(
                setup, probe: CountersProbe(), keepingStepsFor: nil)
        else { return nil }
        do {
            try told.run()
            try counting.run()
        } catch { return nil }
        configuration = setup.machine
        events = told.machine.probe.second.events
        times = (0..<configuration.core.count).map { told.machine.time(ofCore: $0) }
        elapsed = told.machine.elapsed
        counters = counting.machine.probe.snapshot
        // Bounces and descriptors move what no statement says.
        asked = nil
        holdsStores = false
        allowsSeveralWriters = true
    }

    /// What the statements of a world ask devices to move; nil: descriptors ask, too.
    private static func asked(_ world: RandomWorld) -> [Agent: Moved]? {
        var result: [Agent: Moved] = [:]
        for case .perform(.device(let operation), let agent) in world.steps {
            if operation.layout != .none { return nil }
            let bytes =
                operation.bytes * UInt64(max(operation.rows, 1))
                * UInt64(max(operation.cycles, 1))
            switch operation.kind {
            case .read, .descriptorFetch: result[agent, default: Moved()].read += bytes
            case .write:
                result[agent, default: Moved()].written += bytes
                if operation.source != nil { result[agent, default: Moved()].read += bytes }
            case .interrupt: break
            }
        }
        return result
    }
}

/// Keeps every event of a program's run.
struct ToldEvents: OperationProbe {
    var events: [Event] = []

    mutating func record(_ event: Event) { events.append(event) }

    mutating func begin(_ operation: Operation, by agent: Agent, record: UInt32) {}
}

extension RandomWorld.Step {
    /// Which event nobody asked for it is; nil: it is something else.
    fileprivate var environment: EnvironmentEvent.Kind? {
        guard case .perform(.environment(let event), _) = self else { return nil }
        return event.kind
    }

    /// Whether it makes a core write past the others, or lets it.
    fileprivate var changesSharing: Bool {
        switch self {
        case .setCoherent: true
        case .perform(.environment(let event), _): event.kind == .leave || event.kind == .join
        case .perform(.setMemoryType(_, _, _, let sharing), _): sharing == .nonShareable
        case .perform(.map(let mapping), _): mapping.shareability == .nonShareable
        default: false
        }
    }
}

extension RandomWorld {
    fileprivate var changesSharing: Bool {
        mappings.contains { $0.shareability == .nonShareable }
            || steps.contains(where: \.changesSharing)
    }
}
