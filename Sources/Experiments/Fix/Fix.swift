import Events
import Hazards
import MemoryModel
import Operations
import Quantities
import Traces

/// How far a repair is looked for.
public struct FixLimits: Hashable, Sendable {
    /// The most edits of a repair.
    public var edits = 6
    /// The most traces that are judged on the way.
    public var runs = 3_000
    /// How many of the traces that are not yet mended are followed from one number of edits to the next.
    public var width = 10

    /// The most states for each line or pair of lines of the search through all schedules of the mended trace; 0: none.
    public var states = 1 << 16

    /// The most lines of a trace that is searched: each pair of them is looked at.
    public static let searchedLines: UInt64 = 256

    /// Makes the usual limits.
    public init() {}
}

/// One edit of a repair.
public struct FixStep: Hashable, Sendable {
    /// What it does.
    public var kind: MendKind
    /// What to do, as a sentence without its end.
    public var advice: String
    /// The code of the finding that it was made for.
    public var code: HazardCode
    /// The line of the file at which it begins, from 1; 0: behind all.
    public var line: Int
}

/// An operation that can go without harm.
public struct RedundantOperation: Hashable, Sendable {
    /// The line of the mended trace, from 1.
    public var line: Int
    /// The line of the file, from 1.
    public var source: Int
    /// What it says.
    public var words: String
    /// What to do instead; empty: nothing.
    public var instead: String
    /// What the cores' work gets shorter by without it alone, in cycles; below 0: longer.
    public var cycles: Int64
    /// Whether it can go together with the others for which this holds.
    public var canGoToo: Bool
}

/// What stands behind the claim that a mended trace is clean, beside the run in which `check` found nothing.
public enum FixEvidence: Sendable {
    /// Nothing more: no search was asked for, or none was possible.
    case rerun
    /// Nothing more: the trace touches more lines than are searched unasked.
    case tooLarge
    /// A search through all legal schedules, with what it found.
    case search(ProofResult)

    /// Whether a schedule was found that goes wrong, of which `check` says nothing.
    public var isDoubtful: Bool {
        if case .search(let result) = self { result.fault != nil } else { false }
    }
}

/// What came of looking for a repair.
public struct FixResult: Sendable {
    /// What happened.
    public enum Outcome: String, Sendable {
        /// Nothing was found in the trace.
        case nothingToMend
        /// The mended trace has no findings.
        case mended
        /// No repair was found within the limits.
        case notMended
    }

    /// What happened.
    public var outcome: Outcome
    /// The trace as it was, judged.
    public var before: CheckResult
    /// The mended trace, judged; where no repair was found the one that came nearest.
    public var after: CheckResult
    /// The file as it was.
    public var original: TraceText
    /// The file as it is mended.
    public var mended: TraceText
    /// What was done, in order.
    public var steps: [FixStep]
    /// How many traces were judged.
    public var runs: Int
    /// Whether all smaller sets of the edits that come into question were tried, but for those in which an edit makes
    /// things worse.
    public var isSmallest: Bool
    /// What limits there were.
    public var limits: FixLimits
    /// What can go without harm from the mended trace.
    public var redundant: [RedundantOperation]
    /// What stands behind the claim that the mended trace is clean.
    public var evidence = FixEvidence.rerun

    /// What the repair adds to the cores' work, in cycles of the cores' clock, waiting for devices left out.
    public var addedCycles: Int64 { after.workCycles - before.workCycles }
    /// The patch of the file.
    public var patch: String { mended.patch(from: original, named: before.setup.file) }
}

extension CheckResult {
    /// What all cores spend in this run, waiting for devices left out, in core cycles, rounded down.
    var workCycles: Int64 {
        let causes = Cause.allCases.filter { $0 != .wait }
        var ticks: UInt64 = 0
        for core in 0..<setup.machine.core.count {
            for cause in causes { ticks += replay.counters[cause, .core(core)].rawValue }
        }
        return Int64(ticks / max(setup.machine.core.clock.period.rawValue, 1))
    }
}

/// Looks for the smallest repair of a trace.
///
/// Edits are proposed from what was found (`MendScene`), and each is judged by a run of the mended trace: nothing is
/// taken for mended that `check` does not call clean. Decision 0013 has why.
public enum Fix {
    /// Looks for a repair.
    ///
    /// - Parameters:
    ///   - setup: The trace on its machine.
    ///   - text: The file that the program was read from, whose lines its statements know.
    ///   - limits: How far.
    /// - Returns: what was found.
    /// - Throws: where the trace cannot be run.
    /// - Complexity: at most ``FixLimits/runs`` runs of the trace, and one or two for each operation of the repair that
    ///   may be redundant.
    public static func run(
        _ setup: Setup, text: TraceText, limits: FixLimits = FixLimits()
    ) throws(TraceErrors) -> FixResult {
        let before = try Check.run(setup)
        var search = FixSearch(setup, text: text, judged: before, limits: limits)
        let found = before.judgement.findings.isEmpty ? search.start : search.run()
        let isClean = found.result.judgement.findings.isEmpty
        var result = FixResult(
            outcome: before.judgement.findings.isEmpty
                ? .nothingToMend : isClean ? .mended : .notMended,
            before: before, after: found.result, original: text, mended: found.text,
            steps: found.stepsInOrder, runs: search.runs,
            isSmallest: search.hasTriedAll(below: found.steps.count), limits: limits,
            redundant: [])
        if isClean { result.redundant = search.redundant(in: found) }
        result.runs = search.runs
        if result.outcome == .mended {
            result.evidence = evidence(for: found.result, states: limits.states)
        }
        return result
    }

    /// Searches all schedules of a mended trace.
    private static func evidence(for result: CheckResult, states: Int) -> FixEvidence {
        guard states > 0 else { return .rerun }
        let lines = result.watchedBytes / UInt64(max(result.setup.machine.dataLineSize, 1))
        guard lines <= FixLimits.searchedLines else { return .tooLarge }
        guard
            let proof = try? Prove.run(result.setup, bounds: ProofBounds(states: states))
        else { return .rerun }
        return .search(proof)
    }
}
