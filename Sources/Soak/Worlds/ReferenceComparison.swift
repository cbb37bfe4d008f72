import Events
import MemoryModel
import Operations
import Quantities
import ReferenceModel

/// Where the two models part.
struct ReferenceDifference {
    var world: RandomWorld
    /// The step that differs; as many as there are: `finish`.
    var step: Int
    /// What each told in this step.
    var model: [Event] = []
    var reference: [Event] = []
    /// The first place where these differ; nil: only times do.
    var place: Int?
    /// In words, where times differ.
    var times: [String] = []
}

/// Runs a world on both models and compares what they tell after every step.
struct ReferenceComparison: ~Copyable {
    private let world: RandomWorld
    private(set) var machine: Machine<EventLog>
    private var reference: ReferenceMachine
    /// Each core's time by cause, as the model told it.
    private var spent: [[UInt64]]

    /// Makes both machines.
    ///
    /// - Parameters:
    ///   - world: What is run.
    ///   - change: What the model's machine is made into first.
    init(_ world: RandomWorld, _ change: (MachineConfiguration) -> MachineConfiguration = { $0 }) {
        self.world = world
        machine = world.machine(probe: EventLog(), change)
        reference = world.reference()
        spent = Array(
            repeating: Array(repeating: 0, count: Cause.allCases.count),
            count: world.configuration.core.count)
    }

    /// Runs both as long as they agree.
    ///
    /// - Returns: the first difference; nil: none.
    mutating func run() -> ReferenceDifference? {
        for step in 0...world.steps.count {
            let told = machine.probe.events.count
            let expected = reference.events.count
            world.perform(step, on: &machine)
            world.perform(step, on: &reference)
            if let difference = difference(step, told, expected) { return difference }
        }
        return nil
    }

    /// Compares what a step has made both tell.
    private mutating func difference(
        _ step: Int, _ told: Int, _ expected: Int
    ) -> ReferenceDifference? {
        var next = expected
        var isEqual = true
        for event in machine.probe.events[told...] {
            if event.kind == .time {
                spent[event.agent.index][Int(event.other)] += event.address
            } else if isEqual {
                isEqual = next < reference.events.count && reference.events[next] == event
                next += 1
            }
        }
        isEqual = isEqual && next == reference.events.count
        let hasFault = machine.chainLog.fault != nil || reference.chainFault != nil
        if isEqual, spent == reference.spent, !hasFault { return nil }
        let faults = [machine.chainLog.fault, reference.chainFault].map(Self.words)
        if isEqual, spent == reference.spent, faults[0] == faults[1] { return nil }
        var result = ReferenceDifference(
            world: world, step: step,
            model: machine.probe.events[told...].filter { $0.kind != .time },
            reference: Array(reference.events[expected...]))
        if !isEqual {
            result.place =
                zip(result.model, result.reference).enumerated()
                .first { $0.element.0 != $0.element.1 }?.offset
                ?? min(result.model.count, result.reference.count)
        }
        result.times = Self.times(spent, reference.spent)
        if faults[0] != faults[1] {
            result.times.append("fault: model \(faults[0]), reference \(faults[1])")
        }
        return result
    }

    private static func words(_ fault: (record: UInt32, fault: ChainLog.Fault)?) -> String {
        fault.map { "record \($0.record): \($0.fault)" } ?? "none"
    }

    private static func times(_ model: [[UInt64]], _ reference: [[UInt64]]) -> [String] {
        var words: [String] = []
        for core in model.indices {
            for cause in Cause.allCases {
                let left = model[core][Int(cause.rawValue)]
                let right = reference[core][Int(cause.rawValue)]
                if left != right {
                    words.append("core\(core) \(cause.name): model \(left), reference \(right)")
                }
            }
        }
        return words
    }
}
