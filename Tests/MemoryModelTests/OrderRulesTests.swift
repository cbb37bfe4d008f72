import Operations
import Quantities
import Testing

@testable import MemoryModel

/// The table of rules, and the search that goes through schedules.
@Suite("Order: rules and schedules")
struct OrderRulesTests {
    private let rules = OrderRules(.arm64, map: Litmus.map, lineSize: 64)

    private func reason(_ program: [Operation], observers: Barrier.Domain = .innerShareable)
        -> OrderRules.Reason?
    {
        let effects = program.map(rules.effect)
        return rules.reason(0, before: program.count - 1, in: effects, observers: observers)
    }

    @Test("Every reason that the table gives, once")
    func reasons() {
        let x = Litmus.x
        let y = Litmus.y
        #expect(reason([.ld(x), .st(x, 1)]) == .sameLocation)
        #expect(reason([.st(x, 1), .ld(x)]) == nil)
        #expect(reason([.st(x, 1), .dc(.dcCVAC, x)]) == .sameLine)
        #expect(reason([.dc(.dcCVAC, x), .ld(Litmus.besideX)]) == .sameLine)
        #expect(reason([.dc(.dcCVAC, x), .dc(.dcIVAC, x)]) == .sameLine)
        #expect(reason([.dc(.dcCVAC, x), .ld(Litmus.aliasX)]) == nil)
        #expect(reason([.dc(.dcCVAC, x), .dc(.dcCVAC, y)]) == nil)
        // Zeros are stores.
        #expect(reason([.ld(x), .dc(.dcZVA, x)]) == .sameLocation)
        #expect(reason([.dc(.dcZVA, x), .ld(x)]) == nil)
        #expect(reason([.dc(.dcZVA, x), .dc(.dcCVAC, x)]) == .sameLine)
        #expect(reason([.st(Litmus.registerX, 1), .ld(Litmus.registerY)]) == .samePeripheral)
        #expect(reason([.ring, .wait]) == .samePeripheral)
        #expect(reason([.lda(x), .ld(y)]) == .acquire)
        #expect(reason([.lda(x), .dc(.dcCVAC, y)]) == nil)
        #expect(reason([.st(x, 1), .stl(y, 1)]) == .release)
        #expect(reason([.stl(x, 1), .lda(y)]) == .releaseAcquire)
        #expect(reason([.stl(x, 1), .ld(y)]) == nil)
        #expect(reason([.st(x, 1), .dmb(), .ld(y)]) == .barrier)
        #expect(reason([.ld(x), .ldDep(y)]) == .addressDependency)
        #expect(reason([.wait, .st(x, 1)]) == .controlDependency)
        #expect(reason([.wait, .isb, .ld(x)]) == .contextSynchronization)
        let setWay = Operation.maintenance(Maintenance(.dcCSW))
        #expect(reason([.ld(x), setWay]) == .notExplored)
        #expect(OrderRules.Reason.allCases.count == OrderRules.table.count)
    }

    @Test("A dependency is on the load right before, and on no other")
    func dependencyOnTheLast() {
        let program: [Operation] = [.ld(Litmus.x), .ld(Litmus.y), .ldDep(Litmus.z)]
        let effects = program.map(rules.effect)
        #expect(rules.reason(0, before: 2, in: effects) == nil)
        #expect(rules.reason(1, before: 2, in: effects) == .addressDependency)
    }

    @Test("Larger domains have smaller ones in them")
    func domains() {
        let order: [Barrier.Domain] = [
            .nonShareable, .innerShareable, .outerShareable, .fullSystem,
        ]
        for (first, large) in order.enumerated() {
            for (second, small) in order.enumerated() {
                #expect(large.includes(small) == (first >= second))
            }
        }
    }

    @Test(
        "Maintenance of a range covers its lines; of an access across mappings no order is explored"
    )
    func effects() {
        let range = rules.effect(
            of: .maintenance(Maintenance(.dcCIVAC, at: Operand(0x1030), bytes: 0x20)))
        #expect(range.address == 0x1000 && range.size == 0x80)
        let across = rules.effect(
            of: .access(
                MemoryAccess(.load, at: 0x10_FFFE, size: 4), symbol: .none, value: nil))
        #expect(across.kind == .other)
        #expect(rules.effect(of: .ld(Litmus.aliasX)).address == Litmus.x)
    }

    // MARK: The search

    private func count(_ programs: [[Operation]], limit: Int = 1 << 20) throws
        -> Schedules.Exploration
    {
        let agents = programs.enumerated().map { AgentProgram(.core($0.offset), $0.element) }
        return try Schedules(agents, rules: rules).explore(
            from: 0, limit: limit, perform: { count, _ in count += 1 },
            finish: { count, steps in
                #expect(count == steps.count)
                return true
            })
    }

    @Test("One schedule for each way that words can be seen, not for each order of operations")
    func reduction() throws {
        // Each word has a write and a read of another core: before or after.
        let program: [[Operation]] = [
            [.st(Litmus.x, 1), .st(Litmus.y, 1)], [.ld(Litmus.y), .ld(Litmus.x)],
        ]
        #expect(try count(program).schedules == 4)
        // In order on both sides there are three.
        let ordered: [[Operation]] = [
            [.st(Litmus.x, 1), .dmb(), .st(Litmus.y, 1)],
            [.ld(Litmus.y), .dmb(), .ld(Litmus.x)],
        ]
        #expect(try count(ordered).schedules == 3)
        // Six cores with a word each: one.
        let apart = (0..<6).map { [Operation.st(0x1_0000 * UInt64($0 + 20), 1)] }
        #expect(try count(apart).schedules == 1)
        // Four writers of one word: every order.
        let same = (0..<4).map { [Operation.st(Litmus.x, UInt64($0))] }
        #expect(try count(same).schedules == 24)
    }

    @Test("A limit is kept, and said")
    func limit() throws {
        let same = (0..<4).map { [Operation.st(Litmus.x, UInt64($0))] }
        let few = try count(same, limit: 5)
        #expect(few == Schedules.Exploration(schedules: 5, isExhaustive: false))
        #expect(try count(same, limit: 24).isExhaustive)
    }

    @Test("The same programs give the same schedules in the same order")
    func determinism() throws {
        func all() throws -> [[Schedules.Step]] {
            var result: [[Schedules.Step]] = []
            let programs = [
                AgentProgram(
                    .core(0), [.st(Litmus.x, 1), .ld(Litmus.x), .dc(.dcCVAC, Litmus.x), .ring]),
                AgentProgram(.core(1), [.ld(Litmus.x), .ld(Litmus.y)]),
                AgentProgram(.device(0), [.rd(Litmus.x), .wr(Litmus.y, 1)]),
            ]
            _ = try Schedules(programs, rules: rules).explore(
                from: (), perform: { _, _ in },
                finish: { _, steps in
                    result.append(steps)
                    return true
                })
            return result
        }
        let first = try all()
        #expect(first.count > 20)
        #expect(Set(first).count == first.count)
        #expect(try all() == first)
    }

    @Test("What cannot be scheduled is refused")
    func refusals() {
        let many = [AgentProgram(.core(0), Array(repeating: .ld(Litmus.x), count: 65))]
        #expect(throws: ScheduleError.tooManyOperations(count: 65, most: 64)) {
            try Schedules(many, rules: rules)
        }
        let circle = [
            AgentProgram(.core(0), [.wait, .ring]), AgentProgram(.device(0), [.rd(Litmus.x)]),
        ]
        #expect(throws: ScheduleError.deadlock) { try Schedules(circle, rules: rules) }
    }

    /// Every order of the operations that program rules allow, without any reduction.
    private func everyOrder(_ schedules: Schedules) -> Set<[String]> {
        var found: Set<[String]> = []
        func descend(_ done: UInt64, _ order: [Int]) {
            if order.count == schedules.nodes.count {
                found.insert(Self.reads(order, schedules))
                return
            }
            for (index, node) in schedules.nodes.enumerated()
            where done >> UInt64(index) & 1 == 0 && node.before & ~done == 0 {
                descend(done | 1 << UInt64(index), order + [index])
            }
        }
        descend(0, [])
        return found
    }

    /// Who reads what in an order, for programs without two loads of one word or own stores to it.
    private static func reads(_ order: [Int], _ schedules: Schedules) -> [String] {
        var last: [UInt64: Int] = [:]
        var result = Array(repeating: "", count: schedules.nodes.count)
        for index in order {
            let effect = schedules.nodes[index].effect
            if effect.kind == .load { result[index] = "\(last[effect.address] ?? -1)" }
            if effect.kind == .store { last[effect.address] = index }
        }
        return result + last.keys.sorted().map { "\(last[$0] ?? -1)" }
    }

    @Test("No way to read is lost by telling of one order among equals", arguments: 1...12)
    func nothingLost(_ seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let words = [Litmus.x, Litmus.y, Litmus.z, Litmus.besideX]
        var value: UInt64 = 0
        let programs = (0..<3).map { core -> AgentProgram in
            var left = words
            let operations = (0..<(core == 0 ? 3 : 2)).flatMap { _ -> [Operation] in
                let word = left.remove(at: Int(generator.below(UInt64(left.count))))
                value += 1
                let access: Operation =
                    generator.below(2) == 0 ? .ld(word) : .st(word, value)
                return generator.below(4) == 0 ? [access, .dmb()] : [access]
            }
            return AgentProgram(.core(core), operations)
        }
        let schedules = try Schedules(programs, rules: rules)
        var found: Set<[String]> = []
        _ = schedules.explore(
            from: (), perform: { _, _ in },
            finish: { _, steps in
                let order = steps.compactMap { step in
                    schedules.nodes.firstIndex {
                        $0.program == step.program && $0.index == step.index
                    }
                }
                found.insert(Self.reads(order, schedules))
                return true
            })
        #expect(found == everyOrder(schedules), "seed \(seed)")
    }
}
