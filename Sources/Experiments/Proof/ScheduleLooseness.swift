import Hazards
import MemoryModel

/// What a schedule's replay needs to know of the trace and its machine.
struct ReplayFacts {
    /// The line of a statement.
    var line: (Int) -> Int = { $0 }
    /// Whether a statement may be moved.
    var canMove: (Int) -> Bool = { _ in true }
    /// Whether some cache takes a line for a store.
    var takesLines = true
    /// The line of the first operation; nil: there is none.
    var firstLine: Int?

    init() {}

    init(_ setup: Setup) {
        line = { Int(setup.program.statements[$0 - 1].line) }
        canMove = { Schedule.isMovable(setup.program.statements[$0 - 1]) }
        takesLines =
            setup.machine.level1Data?.writeAllocates ?? true
            || setup.machine.level2?.cache.writeAllocates ?? false
        firstLine = setup.program.firstOperationLine.map { Int($0) }
    }
}

/// Notes what of a schedule the timing model cannot be made to do: the architecture leaves it open, the model does not.
struct ScheduleLooseness {
    let problem: ProofProblem
    let profile: HazardProfile
    let facts: ReplayFacts
    /// The reasons, in words.
    private(set) var reasons: [String] = []
    /// The lines that a store has to find in the cache, as from before the trace.
    private(set) var found: Set<Int> = []
    private var heldLines: Set<Int> = []

    init(problem: ProofProblem, profile: HazardProfile, facts: ReplayFacts) {
        self.problem = problem
        self.profile = profile
        self.facts = facts
    }

    /// Notes a move; `next` is what the trace has next, `late` what waits, `done` what has taken effect before.
    mutating func note(_ move: ProofMove, _ next: Int?, _ late: Set<Int>, _ done: Set<Int>) {
        switch move {
        case .perform(let node): note(node, next, late, done)
        case .writeIntoCaches: reasons.append("where a device's write lands")
        case .fillInner(let line):
            heldLines.insert(line)
            noteMiddle(next, done)
        default: noteMiddle(next, done)
        }
    }

    private mutating func note(_ number: Int, _ next: Int?, _ late: Set<Int>, _ done: Set<Int>) {
        let node = problem.nodes[number]
        let touched = problem.lines.indices.filter { node.classes[$0] != 0 }
        switch node.kind {
        case .load: heldLines.formUnion(touched)
        case .store(.writeBack):
            let missed = Set(touched).subtracting(heldLines)
            if !facts.takesLines, !missed.isEmpty {
                // A replay takes a store that comes after the device's for younger.
                if late.contains(number) {
                    reasons.append("that a line from before the trace becomes dirty so late")
                } else {
                    found.formUnion(missed)
                }
            }
            heldLines.formUnion(touched)
        case .maintain(let instruction):
            if instruction.invalidates { heldLines.subtract(touched) }
            let passed = late.contains {
                $0 < number && !done.contains($0) && problem.nodes[$0].isStore
            }
            if !instruction.isByAddress, passed {
                reasons.append("a store that waits behind maintenance by set and way")
            }
        case .deviceRead, .deviceWrite:
            noteMiddle(next, done)
            if !node.snoops, profile.snoops(node.agent) {
                reasons.append("that memory which is not shareable is not looked up")
            }
        default: break
        }
        if late.contains(number), node.isStore { noteBarriers(number, done) }
        if node.isEarly, let next, next < number,
            node.loadBarriers > problem.nodes[next].loadBarriers
        {
            reasons.append("a load ahead of a barrier")
        }
    }

    /// Notes what holds only because some of it has not happened, or because of what a device has been told.
    mutating func noteEnd(_ wrong: ProofWrong, _ never: Set<Int>, _ done: Set<Int>) {
        for node in never.sorted() where problem.nodes[node].isStore { noteBarriers(node, done) }
        guard wrong.kind == .staleRead, wrong.node >= 0 else { return }
        let reader = problem.nodes[wrong.node]
        if reader.isDevice, !reader.isInTurn, wrong.expected > reader.bell {
            reasons.append("what a device that was rung learns from memory")
        }
    }

    /// A store leaves its buffer at the next barrier for stores.
    private mutating func noteBarriers(_ store: Int, _ done: Set<Int>) {
        let own = problem.nodes[store].storeBarriers
        if done.contains(where: { $0 > store && problem.nodes[$0].storeBarriers > own }) {
            reasons.append("a store that waits behind a barrier for stores")
        }
    }

    /// Nothing can be put between the operations of one statement.
    private mutating func noteMiddle(_ next: Int?, _ done: Set<Int>) {
        guard let next else { return }
        let record = problem.nodes[next].record
        if done.contains(where: { problem.nodes[$0].record == record && $0 < next }) {
            reasons.append("what happens in the middle of line \(facts.line(Int(record)))")
        }
    }
}
