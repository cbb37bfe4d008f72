import Operations
import Quantities
import Testing

@testable import MemoryModel

/// The memory model as the manual states it: an execution is a choice of what each load reads and in which order
/// each word is written, and it is allowed if it meets the requirements of B2.3.
///
/// It shares with the search only the table of rules; there is no schedule in it, and no machine.
struct CandidateExecutions {
    /// A load or a store.
    struct Effect {
        var core: Int
        var index: Int
        var word: UInt64
        /// What a store writes; nil: a load.
        var value: UInt64?
    }

    let effects: [Effect]
    /// The pairs that the rules order, as sets of later effects.
    private var ordered: [Set<Int>]

    init(_ agents: [AgentProgram], _ rules: OrderRules) {
        let programs = agents.map(\.operations)
        var effects: [Effect] = []
        for (core, program) in programs.enumerated() {
            for (index, operation) in program.enumerated() {
                guard let word = operation.litmusAddress else { continue }
                effects.append(
                    Effect(
                        core: core, index: index, word: word,
                        value: operation.isRead ? nil : operation.litmusValue))
            }
        }
        self.effects = effects
        ordered = effects.map { _ in [] }
        for (first, earlier) in effects.enumerated() {
            for (second, later) in effects.enumerated()
            where earlier.core == later.core && earlier.index < later.index {
                let program = programs[earlier.core].map(rules.effect)
                let reason = rules.reason(
                    earlier.index, before: later.index, in: program, observers: .innerShareable)
                // A device's transfers go in order.
                if reason != nil || !agents[earlier.core].agent.isCore {
                    ordered[first].insert(second)
                }
            }
        }
    }

    /// What the loads find and what each word is at the end, of every execution that is allowed.
    func outcomes() -> Set<String> {
        let loads = effects.indices.filter { effects[$0].value == nil }
        let words = Set(effects.map(\.word)).sorted()
        var result: Set<String> = []
        func choose(_ load: Int, _ sources: [Int: Int?], _ orders: [UInt64: [Int]]) {
            guard load < loads.count else {
                if isAllowed(sources, orders) {
                    let found = loads.map {
                        sources[$0].flatMap(\.self).flatMap { effects[$0].value }
                    }
                    let last = words.map { orders[$0]?.last.flatMap { effects[$0].value } }
                    result.insert((found + last).map { "\($0 ?? 0)" }.joined())
                }
                return
            }
            let stores = orders[effects[loads[load]].word] ?? []
            for store in [nil] + stores.map(Optional.some) {
                var next = sources
                next[loads[load]] = .some(store)
                choose(load + 1, next, orders)
            }
        }
        func arrange(_ word: Int, _ orders: [UInt64: [Int]]) {
            guard word < words.count else {
                choose(0, [:], orders)
                return
            }
            let stores = effects.indices.filter {
                effects[$0].word == words[word] && effects[$0].value != nil
            }
            for order in Self.permutations(stores) {
                var next = orders
                next[words[word]] = order
                arrange(word + 1, next)
            }
        }
        arrange(0, [:])
        return result
    }

    private static func permutations(_ items: [Int]) -> [[Int]] {
        if items.isEmpty { return [[]] }
        return items.flatMap { first in
            permutations(items.filter { $0 != first }).map { [first] + $0 }
        }
    }

    /// The internal and the external visibility requirement.
    private func isAllowed(_ sources: [Int: Int?], _ orders: [UInt64: [Int]]) -> Bool {
        // The place in the coherence order of what an effect reads or writes; -1: the value at the start.
        let place = effects.indices.map { effect -> Int in
            let store = effects[effect].value == nil ? sources[effect].flatMap(\.self) : effect
            guard let store else { return -1 }
            return orders[effects[effect].word]?.firstIndex(of: store) ?? -1
        }
        // Internal: of one core and one word nothing goes back, and no load reads its core's future.
        for (first, earlier) in effects.enumerated() {
            for (second, later) in effects.enumerated()
            where earlier.core == later.core && earlier.index < later.index
                && earlier.word == later.word
            {
                let isStrict = later.value != nil
                if isStrict ? place[first] >= place[second] : place[first] > place[second] {
                    return false
                }
            }
        }
        return isAcyclic(ordered(place, sources))
    }

    /// Ordered-before: the rules, what others observe, and the hazard of two loads of one word.
    private func ordered(_ place: [Int], _ sources: [Int: Int?]) -> [Set<Int>] {
        var result = ordered
        for (first, one) in effects.enumerated() {
            for (second, other) in effects.enumerated()
            where first != second && one.word == other.word {
                guard one.core != other.core else {
                    // Two loads, the later one of which reads what a write of another core comes after.
                    guard one.value == nil, other.value == nil, one.index < other.index else {
                        continue
                    }
                    for (third, write) in effects.enumerated()
                    where write.value != nil && write.word == one.word && write.core != one.core
                        && place[third] > place[second]
                    {
                        result[first].insert(third)
                    }
                    continue
                }
                let readsFrom = other.value == nil && sources[second].flatMap(\.self) == first
                let comesAfter = other.value != nil && place[second] > place[first]
                if readsFrom || comesAfter { result[first].insert(second) }
            }
        }
        return result
    }

    private func isAcyclic(_ later: [Set<Int>]) -> Bool {
        var left = Set(later.indices)
        while let last = left.first(where: { later[$0].isDisjoint(with: left) }) {
            left.remove(last)
        }
        return left.isEmpty
    }
}

/// The schedules on a machine against the axioms, over programs that nobody chose.
@Suite("Order: schedules against axioms")
struct OrderAxiomsTests {
    /// A small program of loads, stores and what orders them.
    private static func program(
        _ generator: inout SplitMix64, _ words: [UInt64], _ count: Int, _ value: inout UInt64
    ) -> [Operation] {
        var operations: [Operation] = []
        for _ in 0..<count {
            let word = generator.pick(words)
            if generator.below(2) == 0 {
                operations.append(
                    .access(
                        generator.below(4) == 0 ? .loadAcquire : .load, word,
                        dependent: generator.below(3) == 0))
            } else {
                value += 1
                operations.append(
                    .access(
                        generator.below(4) == 0 ? .storeRelease : .store, word, value,
                        dependent: generator.below(4) == 0))
            }
            if generator.below(3) == 0 {
                operations.append(
                    generator.pick([
                        .isb, .dmb(), .dmb(.innerShareable, .stores), .dmb(.innerShareable, .loads),
                        .dsb(.innerShareable, .stores), .dsb(.nonShareable),
                    ]))
            }
        }
        return operations
    }

    @Test("Every outcome that the axioms allow is reached, and no other", arguments: 1...20)
    func agree(_ seed: UInt64) throws {
        let machines = try OrderMachine.all()
        try Self.agree(seed, machines[Int(seed) % machines.count], "")
    }

    /// Expects the outcomes of the axioms for the programs of a seed on a machine.
    static func agree(_ seed: UInt64, _ configuration: MachineConfiguration, _ name: String) throws
    {
        var generator = SplitMix64(seed: seed)
        var value: UInt64 = 0
        let sizes = generator.pick([[3, 3], [4, 3], [2, 2, 2], [3, 2, 1], [1, 1, 2, 2]])
        let words = generator.pick([
            [Litmus.x, Litmus.y], [Litmus.x, Litmus.uncachedX], [Litmus.x, Litmus.besideX],
            [Litmus.x, Litmus.y, Litmus.z],
        ])
        let programs = sizes.map { program(&generator, words, $0, &value) }
        // A coherent device takes part as a core does, but past an outer cache's store buffer.
        var devices: [AgentProgram] = []
        if generator.below(3) == 0, programs.count < 4, !words.contains(Litmus.uncachedX) {
            let transfers = (0..<2).map { _ -> Operation in
                value += 1
                let word = generator.pick(words)
                return generator.below(2) == 0 ? .rd(word) : .wr(word, value)
            }
            devices.append(AgentProgram(.device(0), transfers, isCoherent: true))
        }
        var litmus = Litmus(
            "", programs, devices: devices, allowed: [],
            source: "B2.3 Internal and External visibility requirement")
        litmus.name = "\(name) seed \(seed): \(litmus.programs.litmusText)"
        litmus.finals = Set(
            litmus.programs.flatMap(\.operations).compactMap(\.litmusAddress)
        ).sorted()
        let rules = OrderRules(
            .arm64, map: Litmus.map, lineSize: UInt64(configuration.dataLineSize))
        litmus.allowed = CandidateExecutions(litmus.programs, rules).outcomes()
        try expect(
            litmus, configuration, holds: configuration.storeBuffer != nil && seed % 2 == 0)
    }

    @Test(
        "With devices and maintenance, one schedule among equals loses nothing", arguments: 1...6)
    func mergingLosesNothing(_ seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        var value: UInt64 = 0
        let line = [Litmus.x, Litmus.besideX]
        var programs = [
            Self.program(&generator, line, 2, &value),
            Self.program(&generator, [Litmus.y], 1, &value),
        ]
        let instruction = generator.pick([Maintenance.Instruction.dcCVAC, .dcCIVAC, .dcIVAC])
        programs[Int(generator.below(2))].append(.dc(instruction, Litmus.x))
        if generator.below(2) == 0 { programs[0].append(.dsb()) }
        if generator.below(2) == 0 { programs[0].append(.ring) }
        value += 1
        let device: [Operation] = generator.pick([
            [.rd(Litmus.x)], [.wr(Litmus.x, value)], [.wr(Litmus.x, value), .rd(Litmus.besideX)],
        ])
        let litmus = Litmus(
            "seed \(seed)", programs,
            devices: [
                AgentProgram(.device(0), device, isCoherent: generator.below(3) == 0)
            ], finals: line, allowed: [], source: "")
        let configuration = try OrderMachine.large()
        let few = try LitmusRun(litmus, configuration)
        let all = try LitmusRun(litmus, configuration, mergesEqual: false)
        #expect(few.outcomes == all.outcomes, "\(litmus.name): \(litmus.programs.litmusText)")
        #expect(few.exploration.schedules <= all.exploration.schedules)
        #expect(all.exploration.isExhaustive)
        #expect(few.faults.isEmpty, "\(few.faults)")
    }
}
