import Hazards
import Operations
import Traces

/// The search for a repair: breadth first by the number of edits, among them the idiom first, then the cheapest.
struct FixSearch {
    /// A trace on the way.
    struct State {
        var text: TraceText
        var result: CheckResult
        var steps: [FixStep] = []
        /// The sum of the ranks of its edits.
        var rank = 0
        /// The edits from the top of the file down, where none leans on another.
        var stepsInOrder: [FixStep] {
            guard !steps.contains(where: { $0.advice.contains("the new `") }) else { return steps }
            return steps.enumerated().sorted {
                ($0.element.line, $0.offset) < ($1.element.line, $1.offset)
            }.map(\.element)
        }
        /// How much is still wrong.
        var trouble: Trouble { Trouble(result.judgement.findings) }
    }

    /// How much is wrong with a trace: what happened counts more than what may.
    struct Trouble: Comparable {
        var weight: Int
        var bytes: UInt64

        init(_ findings: [Finding]) {
            weight = findings.reduce(0) {
                $0 + ($1.verdict == .manifest ? 3 : 2) * min($1.count, 1_000)
            }
            bytes = findings.reduce(0) { $0 &+ min($1.bytes, 1 << 32) }
        }

        static func < (left: Self, right: Self) -> Bool {
            (left.weight, left.bytes) < (right.weight, right.bytes)
        }
    }

    let start: State
    let limits: FixLimits
    /// Where the lines of the file stand in the source of what was traced.
    ///
    /// Edits keep the file's lines in mind, but a mended text that is read anew knows no names from ELF files.
    let origins: [Int: String]
    private(set) var runs = 1
    /// The smallest number of edits of traces that were left out for want of width or runs; nil: none were.
    private var firstCut: Int?
    private var seen: Set<[UInt8]>

    init(_ setup: Setup, text: TraceText, judged: CheckResult, limits: FixLimits) {
        start = State(text: text, result: judged)
        self.limits = limits
        var origins: [Int: String] = [:]
        for (place, statement) in setup.program.statements.enumerated() {
            origins[Int(statement.line)] = setup.program.codePlace(of: place + 1)
        }
        self.origins = origins
        seen = [text.bytes]
    }

    /// Looks for a trace without findings; the nearest one if there is none within the limits.
    mutating func run() -> State {
        var frontier = [start]
        var nearest = start
        for depth in 1...limits.edits {
            var next: [State] = []
            var solved: [State] = []
            for state in frontier {
                let best = solved.map(\.rank).min()
                for child in children(of: state, below: best) {
                    if child.result.judgement.findings.isEmpty {
                        solved.append(child)
                    } else {
                        next.append(child)
                    }
                }
            }
            if let best = Self.sorted(solved).first { return best }
            next = Self.sorted(next)
            if let first = next.first, first.trouble < nearest.trouble { nearest = first }
            if next.count > limits.width { cut(depth) }
            frontier = Array(next.prefix(limits.width))
            if frontier.isEmpty || runs >= limits.runs { break }
        }
        return nearest
    }

    private mutating func cut(_ edits: Int) { firstCut = min(firstCut ?? .max, edits) }

    /// Whether every set of fewer edits was tried: one of those that were left out has an edit less than what would follow.
    func hasTriedAll(below edits: Int) -> Bool { firstCut.map { $0 + 1 >= edits } ?? true }

    private static func sorted(_ states: [State]) -> [State] {
        states.enumerated().sorted { left, right in
            let (one, other) = (left.element, right.element)
            let (first, second) = (one.trouble, other.trouble)
            if first != second { return first < second }
            return (one.rank, one.result.workCycles, left.offset)
                < (other.rank, other.result.workCycles, right.offset)
        }.map(\.element)
    }

    /// The traces with one edit more that are no worse; once one is clean, those of a worse rank are not looked at.
    private mutating func children(of state: State, below limit: Int?) -> [State] {
        let scene = MendScene(state.result, text: state.text, origins: origins)
        var offers: [(rank: Int, edit: MendEdit, code: HazardCode)] = []
        var known: Set<[TraceText.Change]> = []
        for finding in state.result.judgement.findings.prefix(4) {
            for (rank, edit) in scene.candidates(for: finding)
            where known.insert(edit.changes).inserted {
                offers.append((rank, edit, finding.code))
            }
        }
        offers = offers.enumerated().sorted {
            ($0.element.rank, $0.offset) < ($1.element.rank, $1.offset)
        }.map(\.element)
        var result: [State] = []
        var clean = limit
        for (rank, edit, code) in offers {
            if let clean, state.rank + rank > clean { break }
            guard runs < limits.runs else {
                cut(state.steps.count)
                break
            }
            let text = state.text.changed(by: edit.changes)
            guard seen.insert(text.bytes).inserted, let judged = judge(text) else { continue }
            let child = State(
                text: text, result: judged,
                steps: state.steps + [
                    FixStep(
                        kind: edit.kind, advice: edit.advice, code: code,
                        line: state.text.line(of: edit.changes))
                ],
                rank: state.rank + rank)
            if judged.judgement.findings.isEmpty {
                clean = min(clean ?? .max, child.rank)
                result.append(child)
            } else if child.trouble <= state.trouble || isProgress(from: state, to: child) {
                result.append(child)
            }
        }
        return result
    }

    /// Whether another trace lacks a finding that one has, and has none too many.
    private func isProgress(from old: State, to new: State) -> Bool {
        let (before, after) = (old.result.judgement.findings, new.result.judgement.findings)
        guard after.count <= before.count else { return false }
        return before.contains { finding in
            !after.contains { $0.code == finding.code && $0.overlaps(finding) }
        }
    }

    /// Runs a trace; nil: it is none, or cannot be run.
    mutating func judge(_ text: TraceText) -> CheckResult? {
        runs += 1
        let old = start.result.setup
        guard let program = try? NativeParser.parse(text.bytes, file: old.file),
            var setup = try? Setup(
                program, file: old.file, machine: old.machine, kernel: old.kernel, seed: old.seed)
        else { return nil }
        setup.outsideNames = old.outsideNames
        return try? Check.run(setup)
    }
}
