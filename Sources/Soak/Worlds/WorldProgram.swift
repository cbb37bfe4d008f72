import Events
import MemoryModel
import Operations
import Quantities

/// A random program on a random machine, of which both models have to tell the same, and which keeps the laws.
struct WorldProgram: SoakProgram {
    var world: RandomWorld

    /// Takes a world.
    init(_ world: RandomWorld) { self.world = world }

    /// Draws the world of a seed.
    init(seed: UInt64) { world = RandomWorld(seed: seed) }

    var seed: UInt64 { world.seed }

    func flaw(_ subject: SoakSubject) -> Flaw? {
        var comparison = ReferenceComparison(world, subject.model)
        if let difference = comparison.run() {
            return Flaw(kind: .models, words: difference.outcome).told(RandomWorld.inSteps)
        }
        return Law.flaw(of: LawRun(world, told: comparison.machine), subject.laws)?
            .told(RandomWorld.inSteps)
    }

    func smaller() -> [WorldProgram] {
        func changed(_ change: (inout RandomWorld) -> Void) -> WorldProgram {
            var result = self
            change(&result.world)
            return result
        }
        var result = Reduction.cuts(world.steps).map { list in changed { $0.steps = list } }
        result += world.mappings.indices.map { place in changed { $0.mappings.remove(at: place) } }
        if world.devices.count > world.devicesUsed {
            result.append(changed { $0.devices.removeLast() })
        }
        if world.layout != nil, !world.usesLayout { result.append(changed { $0.layout = nil }) }
        for place in world.devices.indices where world.devices[place].readPort != nil {
            result.append(changed { $0.devices[place].readPort = nil })
        }
        for machine in world.configuration.plainer(cores: world.coresUsed) {
            result.append(changed { $0.configuration = machine })
        }
        for place in world.steps.indices {
            guard case .perform(let operation, let agent) = world.steps[place] else { continue }
            for smaller in operation.smaller {
                result.append(changed { $0.steps[place] = .perform(smaller, agent) })
            }
        }
        return result
    }

    var account: ProgramAccount {
        ProgramAccount(
            title: "a random program on a random machine", trace: WorldText(world).text,
            isWhole: false)
    }
}

extension RandomWorld {
    /// The agents that the steps name.
    private var agents: [Agent] {
        steps.flatMap { step -> [Agent] in
            switch step {
            case .setCoherent(_, let core): return [.core(core)]
            case .perform(.ring(let device), let agent), .perform(.wait(let device), let agent):
                return [device, agent]
            case .perform(.environment(let event), let agent):
                if case .core(let core) = event.target { return [.core(core), agent] }
                return [agent]
            case .perform(_, let agent): return [agent]
            }
        }
    }

    /// How many cores there must be.
    fileprivate var coresUsed: Int {
        (agents.filter(\.isCore).map(\.index).max() ?? 0) + 1
    }

    /// How many devices there must be.
    fileprivate var devicesUsed: Int {
        (agents.filter { !$0.isCore }.map(\.index).max() ?? -1) + 1
    }

    /// Whether an engine reads descriptors by itself.
    fileprivate var usesLayout: Bool {
        steps.contains {
            guard case .perform(.device(let operation), _) = $0 else { return false }
            return operation.layout != .none
        }
    }
}
