import Operations
import Quantities

// What is known before the search: which operations take effect, which of them wait for others, and of which
// pairs the order can be told.

extension Schedules {
    /// The operations that take effect, program after program.
    static func nodes(_ effects: [[MemoryEffect]]) -> [Node] {
        var nodes: [Node] = []
        for (program, effects) in effects.enumerated() {
            for (index, effect) in effects.enumerated() {
                switch effect.kind {
                case .barrier, .nothing: continue
                default: nodes.append(Node(program: program, index: index, effect: effect))
                }
            }
        }
        return nodes
    }

    /// The lines that a core caches and that somebody sees past the caches, or that an invalidate drops.
    static func watchedLines(_ nodes: [Node], _ programs: [AgentProgram], _ rules: OrderRules)
        -> [(number: UInt64, address: UInt64)]
    {
        var cached: [UInt64: UInt64] = [:]
        var passed: Set<UInt64> = []
        for node in nodes where node.effect.size > 0 && node.effect.kind != .other {
            let lines = node.effect.lines(rules.lineSize)
            let isCore = programs[node.program].agent.isCore
            if isCore, node.effect.type.isCacheable {
                let shift = node.effect.programAddress &- node.effect.address
                for line in lines where cached[line] == nil {
                    cached[line] = line &* rules.lineSize &+ shift
                }
            }
            if isCore ? !node.effect.type.isCacheable : !programs[node.program].isCoherent {
                passed.formUnion(lines)
            }
            if case .maintenance(.dcIVAC) = node.effect.kind { passed.formUnion(lines) }
        }
        return cached.filter { passed.contains($0.key) }.sorted { $0.key < $1.key }
            .map { (number: $0.key, address: $0.value) }
    }

    static func watch(_ lines: [UInt64], _ nodes: inout [Node], _ rules: OrderRules) {
        for index in nodes.indices where nodes[index].effect.size > 0 {
            let own = nodes[index].effect.lines(rules.lineSize)
            nodes[index].watched = lines.indices.filter { own.contains(lines[$0]) }
        }
    }

    // MARK: What waits for what

    static func order(
        _ nodes: inout [Node], _ programs: [AgentProgram], _ effects: [[MemoryEffect]],
        _ rules: OrderRules
    ) {
        for later in nodes.indices {
            for earlier in nodes.indices where earlier != later {
                let isOrdered =
                    nodes[earlier].program == nodes[later].program
                    ? earlier < later && isOrdered(earlier, later, nodes, programs, effects, rules)
                    : isOrderedAcross(nodes[earlier], nodes[later], programs)
                if isOrdered { nodes[later].before |= 1 << UInt64(earlier) }
            }
        }
    }

    /// Whether two operations of one agent keep program order.
    private static func isOrdered(
        _ earlier: Int, _ later: Int, _ nodes: [Node], _ programs: [AgentProgram],
        _ effects: [[MemoryEffect]], _ rules: OrderRules
    ) -> Bool {
        let first = nodes[earlier]
        let second = nodes[later]
        // A device's transfers go in order.
        guard programs[first.program].agent.isCore else { return true }
        let seen = observers(of: first, second, nodes, programs, rules)
        let reason = rules.reason(
            first.index, before: second.index, in: effects[first.program], observers: seen)
        return reason != nil || areLoadsInOrder(first, second)
    }

    /// Whether two loads of the same bytes keep their order, as their coherence is not followed otherwise.
    private static func areLoadsInOrder(_ first: Node, _ second: Node) -> Bool {
        guard first.effect.kind == .load, second.effect.kind == .load,
            first.effect.overlaps(second.effect)
        else { return false }
        let isSame = first.effect.covers(second.effect) && second.effect.covers(first.effect)
        return !isSame || !first.watched.isEmpty
    }

    /// The smallest domain with everyone else in it who touches what two operations touch.
    private static func observers(
        of first: Node, _ second: Node, _ nodes: [Node], _ programs: [AgentProgram],
        _ rules: OrderRules
    ) -> Barrier.Domain {
        var domain = Barrier.Domain.nonShareable
        for node in nodes where node.program != first.program {
            guard touches(first, node, programs, rules) || touches(second, node, programs, rules)
            else { continue }
            if !domain.includes(programs[node.program].domain) {
                domain = programs[node.program].domain
            }
        }
        return domain
    }

    /// Whether an operation is one that another agent's can see.
    private static func touches(
        _ node: Node, _ other: Node, _ programs: [AgentProgram], _ rules: OrderRules
    ) -> Bool {
        switch node.effect.kind {
        case .doorbell(let device), .completion(let device):
            return programs[other.program].agent == device
        case .maintenance: return node.effect.sharesLine(other.effect, lineSize: rules.lineSize)
        default: return node.effect.overlaps(other.effect)
        }
    }

    /// Whether an operation of one agent waits for one of another: a device for its doorbell, and who waits for
    /// a device for all that it does.
    private static func isOrderedAcross(
        _ earlier: Node, _ later: Node, _ programs: [AgentProgram]
    ) -> Bool {
        if case .doorbell(let device) = earlier.effect.kind {
            return programs[later.program].agent == device
        }
        if case .completion(let device) = later.effect.kind {
            return programs[earlier.program].agent == device
        }
        return false
    }

    /// Whether some order lets every operation take effect.
    static func canFinish(_ nodes: [Node]) -> Bool {
        var done: UInt64 = 0
        var isProgress = true
        while isProgress {
            isProgress = false
            for (index, node) in nodes.enumerated()
            where done >> UInt64(index) & 1 == 0 && node.before & ~done == 0 {
                done |= 1 << UInt64(index)
                isProgress = true
            }
        }
        return done.nonzeroBitCount == nodes.count
    }

    // MARK: Of what the order can be told

    static func connect(_ nodes: inout [Node], _ rules: OrderRules) {
        for index in nodes.indices {
            for other in nodes.indices where other != index {
                let bit: UInt64 = 1 << UInt64(other)
                if conflict(nodes[index], nodes[other], rules) { nodes[index].conflicts |= bit }
                if share(nodes[index], nodes[other], rules) { nodes[index].neighbours |= bit }
            }
            nodes[index].ownStores = nodes.indices.filter {
                nodes[index].effect.kind == .load && nodes[$0].effect.kind == .store && $0 < index
                    && nodes[$0].program == nodes[index].program
                    && nodes[$0].effect.overlaps(nodes[index].effect)
            }
            nodes[index].laterLoads = laterLoads(of: index, nodes)
        }
    }

    /// The later loads of the same bytes with no own store to them between.
    private static func laterLoads(of index: Int, _ nodes: [Node]) -> [Int] {
        guard nodes[index].effect.kind == .load else { return [] }
        var loads: [Int] = []
        for other in (index + 1)..<max(nodes.count, index + 1) {
            guard nodes[other].program == nodes[index].program else { break }
            guard nodes[other].effect.overlaps(nodes[index].effect) else { continue }
            if nodes[other].effect.kind == .store { break }
            if nodes[other].effect.kind == .load { loads.append(other) }
        }
        return loads
    }

    /// Whether two operations touch one line; of what is not explored anything may be touched.
    private static func share(_ first: Node, _ second: Node, _ rules: OrderRules) -> Bool {
        first.effect.kind == .other || second.effect.kind == .other
            || first.effect.sharesLine(second.effect, lineSize: rules.lineSize)
    }

    private static func conflict(_ first: Node, _ second: Node, _ rules: OrderRules) -> Bool {
        guard share(first, second, rules) else { return false }
        if first.effect.kind == .deviceRead && second.effect.kind == .deviceRead { return false }
        let areReads =
            first.effect.changesNothing && second.effect.changesNothing && first.watched.isEmpty
        return !areReads
    }
}

extension MemoryEffect {
    /// The numbers of the lines that it touches.
    func lines(_ lineSize: UInt64) -> ClosedRange<UInt64> {
        (address / lineSize)...((address &+ size &- 1) / lineSize)
    }

    /// Whether nobody but who does it can tell that it was done, but for what caches hold.
    var changesNothing: Bool { kind == .load || kind == .deviceRead }
}
