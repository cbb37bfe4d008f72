import Operations
import Quantities
import Testing

@testable import MemoryModel

/// In one order of coherent operations every read finds the last write, whatever lines do meanwhile.
@Suite("Order: the last write")
struct OrderValuesTests {
    /// One operation and who does it.
    struct Act: CustomStringConvertible {
        var agent: Agent
        var operation: Operation

        var description: String { "\(agent.rawValue): \(operation.litmusText)" }
    }

    /// Lines that meet in small caches, and two words of one line.
    private static let words = [Litmus.x, Litmus.besideX, 0x1010, Litmus.y, Litmus.z, 0x1400]

    /// Operations of cores and a coherent device, with evictions, fills and cleans that change no value.
    static func acts(_ seed: UInt64, count: Int) -> [Act] {
        var generator = SplitMix64(seed: seed)
        let some = Int(2 + generator.below(4))
        let words = words.prefix(some).map { $0 }
        return (0..<count).map { index in
            let word = generator.pick(words)
            let core = Int(generator.below(3))
            let value = UInt64(index + 1)
            let operation: Operation
            switch generator.below(12) {
            case 0...3: operation = .ld(word)
            case 4...7: operation = .st(word, value)
            case 8: return Act(agent: .device(0), operation: .rd(word))
            case 9: return Act(agent: .device(0), operation: .wr(word, value))
            case 10: operation = .dc(generator.pick([.dcCVAC, .dcCIVAC]), word)
            default:
                let kind = generator.pick([EnvironmentEvent.Kind.evict, .fill])
                let target: EnvironmentEvent.Target =
                    kind == .fill || generator.below(2) == 0 ? .core(core) : .everywhere
                operation = .environment(EnvironmentEvent(kind, at: Operand(word), in: target))
            }
            return Act(agent: .core(core), operation: operation)
        }
    }

    /// What goes wrong first; nil: nothing.
    static func fault(_ acts: [Act], _ configuration: MachineConfiguration) -> String? {
        let words = Set(acts.compactMap(\.operation.litmusAddress)).sorted()
        var machine = Machine(configuration, probe: ValueFollower(words: words))
        machine.attach(.device(0), to: TestMachine.port(snoops: true))
        var memory: [UInt64: UInt64] = [:]
        for (index, act) in acts.enumerated() {
            machine.probe.writing = act.operation.litmusValue
            machine.perform(act.operation, by: act.agent, record: UInt32(index))
            if act.agent.isCore {
                let drain = EnvironmentEvent(.drain, in: .core(act.agent.index))
                machine.perform(.environment(drain), by: act.agent, record: UInt32(index))
            }
            if let fault = machine.probe.faults.first { return "\(act): \(fault)" }
            guard let word = act.operation.litmusAddress else { continue }
            if act.operation.isRead {
                let found = machine.probe.found
                let expected = memory[word] ?? 0
                if found != expected { return "\(act): \(found.map(String.init) ?? "none")" }
            } else if act.operation.litmusValue != 0 {
                memory[word] = act.operation.litmusValue
            }
        }
        return nil
    }

    /// The acts that are needed for some fault.
    static func shrunk(_ acts: [Act], _ configuration: MachineConfiguration) -> [Act] {
        var acts = acts
        var index = acts.count - 1
        while index >= 0 {
            var fewer = acts
            fewer.remove(at: index)
            if fault(fewer, configuration) != nil { acts = fewer }
            index = min(index - 1, acts.count - 1)
        }
        return acts
    }

    @Test("Every read finds the last write", arguments: OrderVariantTests.variants.indices)
    func lastWrite(_ number: Int) throws {
        let variant = OrderVariantTests.variants[number]
        for seed in 0..<UInt64(4) {
            let acts = Self.acts(seed &+ UInt64(number) &* 101, count: 60)
            guard Self.fault(acts, variant.configuration) != nil else { continue }
            let few = Self.shrunk(acts, variant.configuration)
            let fault = Self.fault(few, variant.configuration) ?? ""
            Issue.record("\(variant.name): \(few): \(fault)")
            return
        }
    }
}
