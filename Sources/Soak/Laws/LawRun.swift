import Events
import Experiments
import MemoryModel
import Operations
import Quantities
import Statistics
import Traces

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
    /// What is known of the program.
    var facts: LawFacts

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
        world.performInBulk(on: &counting)
        counters = counting.probe.snapshot
        facts = LawFacts()
        for mapping in world.mappings { facts.note(mapping.shareability) }
        for step in world.steps {
            switch step {
            case .perform(let operation, let agent): facts.note(operation, by: agent)
            case .setCoherent: facts.noteCoherence()
            }
        }
    }

    /// Runs a program of the command line, twice: once telling all, once counting.
    ///
    /// - Throws: where the program cannot be run.
    init(_ setup: Setup) throws(TraceErrors) {
        var told = try ProgramRunner(
            setup, probe: ProbePair(CountersProbe(), ToldEvents()), keepingStepsFor: nil)
        var counting = try ProgramRunner(setup, probe: CountersProbe(), keepingStepsFor: nil)
        try told.run()
        try counting.run()
        configuration = setup.machine
        events = told.machine.probe.second.events
        times = (0..<configuration.core.count).map { told.machine.time(ofCore: $0) }
        elapsed = told.machine.elapsed
        counters = counting.machine.probe.snapshot
        facts = told.machine.probe.second.facts
        for mapping in setup.declaredMappings { facts.note(mapping.shareability) }
    }

    /// What events count that are told one by one.
    static func counters(of events: [Event]) -> Counters {
        var probe = CountersProbe()
        for event in events { probe.record(event) }
        return probe.snapshot
    }
}

/// Keeps every event of a program's run, and what laws have to know of its operations.
struct ToldEvents: OperationProbe {
    private(set) var events: [Event] = []
    private(set) var facts = LawFacts()

    mutating func record(_ event: Event) { events.append(event) }

    mutating func begin(_ operation: Operation, by agent: Agent, record: UInt32) {
        facts.note(operation, by: agent)
    }
}
