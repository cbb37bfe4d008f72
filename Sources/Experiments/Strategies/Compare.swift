import DMAMapping
import Events
import Hazards
import MemoryModel
import Operations
import Quantities
import Statistics
import Traces

/// Lowers a trace under every strategy, and costs and checks each.
public enum Compare {
    /// The kernel that strategies are lowered for where the trace names none.
    public static let defaultKernel = "6.12"

    /// Compares the strategies, one after the other.
    ///
    /// - Parameters:
    ///   - setup: The trace, its machine and kernel.
    ///   - strategies: Which; what the trace itself does always comes with them.
    /// - Returns: what each costs and whether it is right, or why it cannot be tried.
    /// - Throws: if the trace itself cannot be run, or no device in it transfers anything.
    public static func run(
        _ setup: Setup, strategies: [Strategy] = Strategy.allCases
    ) throws(TraceErrors) -> ComparisonResult {
        let comparison = try Comparison(setup)
        return try comparison.result(
            strategies.map { comparison.outcome(of: $0) }, comparison.victimAlone())
    }

    /// Compares the strategies, several at once.
    ///
    /// The result is the same whatever `jobs` is.
    ///
    /// - Parameters:
    ///   - setup: The trace, its machine and kernel.
    ///   - strategies: Which; what the trace itself does always comes with them.
    ///   - jobs: How many at once, at least one.
    /// - Returns: what each costs and whether it is right, or why it cannot be tried.
    /// - Throws: `TraceErrors` if the trace itself cannot be run, or no device in it transfers anything.
    public static func run(
        _ setup: Setup, strategies: [Strategy] = Strategy.allCases, jobs: Int
    ) async throws -> ComparisonResult {
        let comparison = try Comparison(setup)
        let outcomes = await Parallel.map(strategies, jobs: jobs) { comparison.outcome(of: $0) }
        return try comparison.result(outcomes, comparison.victimAlone())
    }
}

/// A trace with the transfers that strategies are compared on.
struct Comparison: Sendable {
    let setup: Setup
    let lifted: LiftedProgram
    let kernel: KernelEra

    /// What came of a strategy.
    enum Outcome: Sendable {
        case result(StrategyResult)
        case unavailable(UnavailableStrategy)
        case failed(TraceErrors)
    }

    /// From so many accesses and operations on, loops unrolled, a lowered program is judged with fewer passes and shorter
    /// transfers.
    ///
    /// Every pass of its loops hands over, transfers and takes back alike, and every line of a transfer does.
    static let judgedWhole: UInt64 = 1 << 18
    /// How many passes of each loop are judged then: the first, one that finds what it left, and one more.
    static let judgedPasses: UInt64 = 3
    /// How long the longest transfer is then, in bytes.
    static let judgedLength: UInt64 = 64 << 10

    init(_ setup: Setup) throws(TraceErrors) {
        self.setup = setup
        lifted = try Compare.lift(setup)
        guard case .bareMetal = setup.kernel else {
            kernel = setup.kernel
            return
        }
        do { kernel = try KernelEra(parsing: Compare.defaultKernel) } catch {
            preconditionFailure("the default kernel is a version")
        }
    }

    /// What a strategy costs and whether it is right, or why there is nothing to say.
    func outcome(of strategy: Strategy) -> Outcome {
        let availability = StrategyAvailability(
            machine: setup.machine, kernel: kernel, lifted: lifted)
        if let reason = availability.reason(against: strategy) {
            return .unavailable(UnavailableStrategy(strategy: strategy, reason: reason))
        }
        do {
            return .result(try evaluate(strategy))
        } catch {
            if strategy == .asWritten { return .failed(error) }
            return .unavailable(UnavailableStrategy(strategy: strategy, reason: error.firstLine))
        }
    }

    /// Puts what came of all strategies in order.
    ///
    /// - Throws: if the trace itself cannot be run, and no strategy can be instead of it.
    func result(
        _ outcomes: [Outcome], _ victimAlone: VictimCost?
    ) throws(TraceErrors) -> ComparisonResult {
        var results: [StrategyResult] = []
        var unavailable: [UnavailableStrategy] = []
        var failure: TraceErrors?
        for outcome in outcomes {
            switch outcome {
            case .result(let result): results.append(result)
            case .unavailable(let strategy): unavailable.append(strategy)
            case .failed(let errors): failure = errors
            }
        }
        if let failure {
            guard !results.isEmpty else { throw failure }
            let reason = failure.firstLine
            unavailable.append(UnavailableStrategy(strategy: .asWritten, reason: reason))
        }
        results = results.enumerated().sorted {
            ($0.element.isCorrect ? 0 : 1, $0.element.elapsed, $0.offset)
                < ($1.element.isCorrect ? 0 : 1, $1.element.elapsed, $1.offset)
        }.map(\.element)
        return ComparisonResult(
            setup: setup, results: results, unavailable: unavailable, victimAlone: victimAlone)
    }

    // MARK: One strategy

    private func evaluate(_ strategy: Strategy) throws(TraceErrors) -> StrategyResult {
        let copyBreak = strategy == .copyBreak ? try fastestCopyBreak() : 0
        let variant = try lowered(strategy, copyBreak: copyBreak)
        let isLong =
            strategy != .asWritten
            && ProgramFit.sizeError(
                of: variant.program, file: setup.file, limit: Self.judgedWhole) != nil
        let check = try Check.run(isLong ? shortened(strategy, copyBreak, variant) : variant)
        let replay = isLong ? try Replay.run(variant) : check.replay
        var result = result(strategy, replay, check)
        if strategy == .copyBreak { result.copyBreak = copyBreak }
        return result
    }

    /// A strategy's program with fewer passes and shorter transfers, where they can be shortened.
    private func shortened(
        _ strategy: Strategy, _ copyBreak: UInt64, _ variant: Setup
    ) throws(TraceErrors) -> Setup {
        var result = variant
        let longest = lifted.handOvers.values.flatMap(\.parts).map(\.size).max() ?? 0
        if longest > Self.judgedLength,
            let shaped = try? setup.shaped(WorkloadShape(size: Self.judgedLength))
        {
            // What was copied still is: its share of the longest transfer is what it was.
            let (high, low) = copyBreak.multipliedFullWidth(by: Self.judgedLength)
            let length =
                high < longest ? longest.dividingFullWidth((high, low)).quotient : copyBreak
            result = try Comparison(shaped).lowered(
                strategy, copyBreak: copyBreak > 0 ? max(length, 1) : 0)
        }
        result.program = result.program.cut(passes: Self.judgedPasses)
        return result
    }

    /// A strategy's program on the machine.
    ///
    /// - Parameters:
    ///   - strategy: Which.
    ///   - copyBreak: The longest transfer that is copied, for ``Strategy/copyBreak``.
    ///   - machine: Another machine than the setup's.
    /// - Returns: what can be run.
    /// - Throws: if it does not fit the machine.
    func lowered(
        _ strategy: Strategy, copyBreak: UInt64 = 0, on machine: MachineConfiguration? = nil
    ) throws(TraceErrors) -> Setup {
        var program = setup.program
        let machine = machine ?? setup.machine
        if strategy != .asWritten {
            var lowering = StrategyLowering(
                lifted, strategy, for: StrategyTarget(machine), copyBreak: copyBreak)
            program = lowering.program()
        }
        return try Setup(
            program, file: setup.file, machine: machine,
            kernel: strategy == .asWritten ? setup.kernel : kernel, seed: setup.seed)
    }

    /// The longest transfer that it pays to copy, of the lengths that the trace has; 0: none.
    private func fastestCopyBreak() throws(TraceErrors) -> UInt64 {
        var lengths = Set(lifted.handOvers.values.flatMap(\.parts).map(\.size)).sorted()
        if lengths.count > 8 {
            let last = lengths.count - 1
            lengths = (1...8).map { lengths[$0 * last / 8] }
        }
        var best: (time: Ticks, length: UInt64)?
        for length in [0] + lengths {
            var variant = try lowered(.copyBreak, copyBreak: length)
            variant.program = variant.program.cut(passes: Self.judgedPasses)
            let time = try Replay.run(variant).transfers.time
            if time < best?.time ?? Ticks(rawValue: .max) { best = (time, length) }
        }
        return best?.length ?? 0
    }

    private func result(
        _ strategy: Strategy, _ replay: ReplayResult, _ check: CheckResult
    ) -> StrategyResult {
        let (elapsed, counters) = replay.transfers
        let total = counters.time(of: .core(0))
        let hasSpan = replay.spans.contains { $0.name == StrategyLowering.span }
        return StrategyResult(
            strategy: strategy, elapsed: elapsed, cpu: total - counters[.wait, .core(0)],
            dma: Ticks(rawValue: counters[.deviceTicks]),
            causes: Cause.allCases.map { ($0, counters[$0, .core(0)]) },
            setup: hasSpan ? replay.elapsed - min(elapsed, replay.elapsed) : .zero,
            memoryBytesRead: counters[.memoryBytesRead],
            memoryBytesWritten: counters[.memoryBytesWritten],
            busBytes: counters[.deviceBytesRead] + counters[.deviceBytesWritten],
            transfers: lifted.transfers, payload: lifted.payload, victim: replay.victim,
            copyBreak: nil, check: check)
    }

    /// What the victim costs where nothing else happens; nil without one.
    func victimAlone() throws(TraceErrors) -> VictimCost? {
        guard let program = lifted.program.only(span: VictimCost.span) else { return nil }
        var alone = setup
        alone.program = program
        return try Replay.run(alone).victim
    }
}

extension ReplayResult {
    /// The time of the transfers, and what happened in it: of the whole run where nothing is told apart.
    var transfers: (time: Ticks, counters: Counters) {
        let span = spans.first { $0.name == StrategyLowering.span }
        return (span?.time ?? elapsed, span?.counters ?? counters)
    }

    /// What the spans named `victim` cost; nil: there are none.
    var victim: VictimCost? {
        guard let span = spans.first(where: { $0.name == VictimCost.span }) else { return nil }
        let counters = span.counters
        return VictimCost(
            misses: counters[.level1DataReadMisses] + counters[.level1DataWriteMisses],
            level2Misses: counters[.level2ReadMisses], time: span.time)
    }
}

extension TraceErrors {
    /// The first error's finding, short.
    var firstLine: String { errors.first.map { $0.found } ?? "cannot be run" }
}
