import Hazards
import MemoryModel
import Operations
import Quantities
import Traces

/// How far a search goes.
public struct ProofBounds: Hashable, Sendable {
    /// The most states for each line or pair of lines.
    public var states: Int

    /// The most operations that touch one line or pair of lines.
    static let mostNodes = 4_096

    /// Makes bounds.
    public init(states: Int = 1 << 18) { self.states = states }
}

/// What a search through schedules found.
public struct ProofResult: Sendable {
    /// What goes wrong, in the shortest schedule; nil: nothing within the bounds.
    public var fault: ProofFault?
    /// The schedule, in words.
    public var schedule: [ChainLink] = []
    /// The same as statements that make a replay take it.
    public var pins = Schedule()
    /// How many lines and pairs of lines something could go wrong with.
    public var groups = 0
    /// How many of them are different, and were searched.
    public var searched = 0
    /// How many states were gone through, of all of them.
    public var states = 0
    /// How many have more operations than a search takes, and were not begun.
    public var tooLarge = 0
    /// How many searches ended at the bound, those that were not begun among them.
    public var cut = 0
    /// The bounds.
    public var bounds: ProofBounds
    /// What of the trace was not searched, in words.
    public var left: [String] = []

    /// Whether there is no schedule within the bounds that goes wrong, and the bounds were not reached.
    public var isProved: Bool { fault == nil && cut == 0 }
}

/// Goes through all schedules of a trace that the architecture allows.
public enum Prove {
    /// Searches a program.
    ///
    /// - Parameters:
    ///   - setup: Program, machine, kernel.
    ///   - bounds: How far to go.
    ///   - progress: Is told after each search how many there were, and of how many.
    /// - Returns: what was found.
    /// - Throws: where the program cannot be run.
    public static func run(
        _ setup: Setup, bounds: ProofBounds = ProofBounds(),
        progress: (Int, Int) -> Void = { _, _ in }
    ) throws(TraceErrors) -> ProofResult {
        let lowered = try LoweredProgram(setup)
        var result = search(
            lowered.steps, profile: lowered.profile, architecture: setup.machine.architecture,
            map: lowered.map, bounds: bounds, progress: progress, replay: ReplayFacts(setup))
        result.left += try setup.unsearched(lowered)
        return result
    }

    /// Searches lowered operations.
    static func search(
        _ steps: [LoweredStep], profile: HazardProfile,
        architecture: MachineConfiguration.Architecture, map: MemoryMap,
        bounds: ProofBounds = ProofBounds(), progress: (Int, Int) -> Void = { _, _ in },
        replay: ReplayFacts = ReplayFacts()
    ) -> ProofResult {
        let parts = ProofSteps(steps, profile: profile, map: map)
        let projection = ProofProjection(
            parts.steps, profile: profile, architecture: architecture)
        var result = ProofResult(bounds: bounds)
        result.left = parts.left.sorted()
        var best: (problem: ProofProblem, outcome: ProofSearch.Outcome)?
        let problems = projection.problems()
        result.groups = problems.groups
        result.tooLarge = problems.tooLarge
        result.cut = problems.tooLarge
        for (place, problem) in problems.different.enumerated() {
            defer { progress(place + 1, problems.different.count) }
            let outcome = ProofSearch(problem: problem).run(limit: bounds.states)
            result.searched += 1
            result.states += outcome.states
            if outcome.wrong != nil {
                if best.map({ outcome.moves.count < $0.outcome.moves.count }) ?? true {
                    best = (problem, outcome)
                }
            } else if !outcome.isExhaustive {
                result.cut += 1
            }
        }
        if let best, let wrong = best.outcome.wrong {
            let words = ProofWords(problem: best.problem, profile: profile)
            result.fault = words.fault(wrong, best.outcome.moves)
            result.schedule = words.chain(best.outcome.moves, wrong)
            result.pins =
                SchedulePins(
                    problem: best.problem, moves: best.outcome.moves, wrong: wrong,
                    profile: profile, facts: replay
                ).schedule
        }
        return result
    }
}
