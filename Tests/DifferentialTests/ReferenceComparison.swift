import Events
import MemoryModel
import Operations
import Quantities
import ReferenceModel

/// Where the two models part, in a program as short as it can be made.
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
enum ReferenceComparison {
    /// The first difference; nil: none.
    static func difference(in world: RandomWorld) -> ReferenceDifference? {
        var machine = Machine(world.configuration, probe: EventLog(), seed: world.seed)
        var reference = ReferenceMachine(world.configuration, seed: world.seed)
        for mapping in world.mappings {
            machine.declare(mapping)
            reference.declare(mapping)
        }
        for (index, device) in world.devices.enumerated() {
            machine.attach(
                .device(index), to: device.port, attributes: device.attributes,
                reading: device.readPort)
            reference.attach(
                .device(index), to: device.port, attributes: device.attributes,
                reading: device.readPort)
        }
        if let layout = world.layout {
            machine.declare(layout, as: RandomLayout.name)
            reference.declare(layout, as: RandomLayout.name)
        }
        let cores = world.configuration.core.count
        var spent = [[UInt64]](
            repeating: Array(repeating: 0, count: Cause.allCases.count), count: cores)
        for step in 0...world.steps.count {
            machine.probe.events.removeAll(keepingCapacity: true)
            let before = reference.events.count
            if step == world.steps.count {
                machine.finish()
                reference.finish()
            } else {
                switch world.steps[step] {
                case .perform(let operation, let agent):
                    machine.perform(operation, by: agent, record: UInt32(step + 1))
                    reference.perform(operation, by: agent, record: UInt32(step + 1))
                case .setCoherent(let isCoherent, let core):
                    machine.setCoherent(isCoherent, core: core)
                    reference.setCoherent(isCoherent, core: core)
                }
            }
            let told = machine.probe.events.filter { $0.kind != .time }
            let expected = Array(reference.events[before...])
            for event in machine.probe.events where event.kind == .time {
                spent[event.agent.index][Int(event.other)] += event.address
            }
            let faults = [machine.chainLog.fault, reference.chainFault].map(words)
            guard told != expected || spent != reference.spent || faults[0] != faults[1]
            else { continue }
            var result = ReferenceDifference(
                world: world, step: step, model: told, reference: expected)
            if told != expected {
                result.place =
                    zip(told, expected).enumerated().first { $0.element.0 != $0.element.1 }?.offset
                    ?? min(told.count, expected.count)
            }
            result.times = times(spent, reference.spent)
            result.times += differing(faults)
            return result
        }
        return nil
    }

    private static func differing(_ faults: [String]) -> [String] {
        faults[0] == faults[1] ? [] : ["fault: model \(faults[0]), reference \(faults[1])"]
    }

    private static func words(_ fault: (record: UInt32, fault: ChainLog.Fault)?) -> String {
        fault.map { "record \($0.record): \($0.fault)" } ?? "none"
    }

    /// Whether all that a model told is what the reference did, times summed.
    static func agrees(_ told: [Event], _ reference: ReferenceMachine) -> Bool {
        var spent = reference.spent.map { $0.map { _ in UInt64(0) } }
        for event in told where event.kind == .time {
            spent[event.agent.index][Int(event.other)] += event.address
        }
        return told.filter { $0.kind != .time } == reference.events && spent == reference.spent
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

    /// Leaves out of a world what is not needed for a difference.
    static func reduce(_ found: ReferenceDifference) -> ReferenceDifference {
        var best = found
        best.world.steps = Array(best.world.steps.prefix(best.step + 1))
        var size = max(best.world.steps.count / 2, 1)
        while true {
            var removed = false
            var at = best.world.steps.count - 1
            while at >= 0 {
                var smaller = best.world
                let first = max(0, at - size + 1)
                smaller.steps.removeSubrange(first...min(at, smaller.steps.count - 1))
                if var difference = difference(in: smaller) {
                    difference.world.steps = Array(smaller.steps.prefix(difference.step + 1))
                    best = difference
                    removed = true
                    at = min(first, best.world.steps.count) - 1
                } else {
                    at = first - 1
                }
            }
            if size == 1, !removed { return best }
            size = max(size / 2, 1)
        }
    }
}
