import Hazards
import Operations
import Quantities

/// Says of a schedule that a search found what a trace and its replay have to be told of it.
struct SchedulePins {
    let problem: ProofProblem
    let moves: [ProofMove]
    let wrong: ProofWrong
    let profile: HazardProfile
    let facts: ReplayFacts

    /// The nodes of cores that take effect after something that the trace has later.
    private var late: Set<Int> {
        var result: Set<Int> = []
        var last = -1
        let order = performed
        // A load that is ahead of its turn makes nothing late.
        for node in order where !problem.nodes[node].isDevice {
            if node < last, problem.nodes[node].canWait { result.insert(node) }
            if !problem.nodes[node].isEarly { last = max(last, node) }
        }
        // What has not taken effect when it goes wrong, though something after it has.
        let done = Set(order)
        for node in problem.nodes.indices.prefix(max(last, 0))
        where !done.contains(node) && problem.nodes[node].canWait {
            result.insert(node)
        }
        return result
    }

    private var performed: [Int] {
        moves.compactMap {
            switch $0 {
            case .perform(let node), .writeIntoCaches(let node): node
            default: nil
            }
        }
    }

    /// The schedule.
    var schedule: Schedule {
        var result = Schedule()
        let late = self.late
        var done: Set<Int> = []
        var looseness = ScheduleLooseness(problem: problem, profile: profile, facts: facts)
        for node in late.sorted() where problem.nodes[node].isStore {
            result.pins.append(
                .insert("env hold core\(problem.nodes[node].agent.index)", before: at(node)))
        }
        for move in moves {
            let next = problem.nodes.indices.first {
                (!problem.nodes[$0].isDevice || problem.nodes[$0].isInTurn)
                    && !late.contains($0) && !done.contains($0)
            }
            pin(move, next, late, &result)
            looseness.note(move, next, late, done)
            switch move {
            case .perform(let node), .writeIntoCaches(let node): done.insert(node)
            default: break
            }
        }
        for node in late.subtracting(done).sorted() where !problem.nodes[node].isStore {
            delay(node, until: nil, &result)
        }
        looseness.noteEnd(wrong, late.subtracting(done), done)
        result.pins.insert(
            contentsOf: looseness.found.sorted().map {
                .insert("env fill \(address($0)) core0", before: facts.firstLine)
            }, at: 0)
        result.loose = (result.loose + looseness.reasons).uniqued()
        return result
    }

    private func at(_ node: Int?) -> Int? { node.map { facts.line(Int(problem.nodes[$0].record)) } }

    private func pin(
        _ move: ProofMove, _ next: Int?, _ late: Set<Int>, _ result: inout Schedule
    ) {
        switch move {
        case .perform(let node), .writeIntoCaches(let node):
            pin(node, next, late, &result)
        case .evictInner(let place):
            evict(place, next, &result)
        case .evictOuter(let place):
            result.pins.append(
                .insert("env evict \(address(place)) l2", before: at(next)))
        case .fillInner(let place) where isTooLate(place, next),
            .fillOuter(let place) where isTooLate(place, next):
            result.loose.append("that a line comes while its memory is being made uncached")
        case .fillInner(let place):
            result.pins.append(
                .insert("env fill \(address(place)) core0", before: at(next)))
        case .fillOuter(let place):
            result.pins.append(.insert("env fill \(address(place)) l2", before: at(next)))
        case .drain:
            result.loose.append("when the outer cache's buffer empties")
        }
    }

    /// Whether a line can come before a node but not directly before its statement.
    private func isTooLate(_ place: Int, _ next: Int?) -> Bool {
        next.map { problem.nodes[$0].isUncachedNow[place] } ?? false
    }

    private func evict(_ place: Int, _ next: Int?, _ result: inout Schedule) {
        guard problem.hasOuter else {
            result.pins.append(.insert("env evict \(address(place))", before: at(next)))
            return
        }
        // From the cores' caches alone.
        let cores = problem.nodes.filter { $0.agent.isCore }.map(\.agent.index) + [0]
        for core in cores.uniqued().sorted() {
            result.pins.append(
                .insert("env evict \(address(place)) core\(core)", before: at(next)))
        }
    }

    private func pin(
        _ number: Int, _ next: Int?, _ late: Set<Int>, _ result: inout Schedule
    ) {
        let node = problem.nodes[number]
        switch node.kind {
        case .deviceRead, .deviceWrite:
            guard !node.isInTurn else { return }
            let from = facts.line(Int(node.record))
            if at(next) != from { result.pins.append(.move(from, before: at(next))) }
            // The core goes on when the device is done.
            result.pins.append(.insert("work \(Self.patience)", before: at(next)))
        case .store where late.contains(number):
            for place in problem.lines.indices where node.classes[place] != 0 {
                result.pins.append(
                    .insert(
                        "env drain core\(node.agent.index) \(bytes(node, place))",
                        before: at(next)))
            }
        case .maintain where late.contains(number), .outer where late.contains(number):
            delay(number, until: next, &result)
        case .load where node.isEarly && next.map({ $0 < number }) ?? false:
            for place in problem.lines.indices where node.classes[place] != 0 {
                result.pins.append(
                    .insert(
                        "env late core\(node.agent.index) \(bytes(node, place))",
                        before: at(next)))
            }
        default: break
        }
    }

    /// Lets maintenance happen later than its place.
    private func delay(_ node: Int, until next: Int?, _ result: inout Schedule) {
        switch problem.nodes[node].kind {
        case .maintain, .outer: break
        default: return
        }
        let record = Int(problem.nodes[node].record)
        guard facts.canMove(record) else {
            result.loose.append(
                "when the maintenance of line \(facts.line(record)) is complete")
            return
        }
        let pin = Schedule.Pin.move(facts.line(record), before: at(next))
        if !result.pins.contains(pin) { result.pins.append(pin) }
    }

    /// Core cycles in which any small transfer is over.
    private static let patience = 1_000_000

    private func address(_ place: Int) -> String {
        "0x" + String(problem.addresses.cached[place], radix: 16)
    }

    private func bytes(_ node: ProofNode, _ place: Int) -> String {
        var mask: UInt64 = 0
        problem.forEach(node.classes[place]) { mask |= problem.lines[place].bytes[$0] }
        let first = UInt64(mask.trailingZeroBitCount)
        let start = problem.addresses.lines[place] + first
        return "0x\(String(start, radix: 16)) \(64 - UInt64(mask.leadingZeroBitCount) - first)"
    }
}
