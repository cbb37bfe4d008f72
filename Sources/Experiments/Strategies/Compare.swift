import DMAMapping
import Events
import Hazards
import MemoryModel
import Operations
import Quantities
import Statistics
import Traces

/// What one strategy costs, and whether it is right.
public struct StrategyResult: Sendable {
    /// Which.
    public var strategy: Strategy
    /// From the first transfer's start to the last one's end, allocating and mapping once left out.
    public var elapsed: Ticks
    /// Core 0's share of it that is not waiting for devices.
    public var cpu: Ticks
    /// How long devices were at work.
    public var dma: Ticks
    /// Core 0's time by cause.
    public var causes: [(cause: Cause, time: Ticks)]
    /// Allocating, zeroing and mapping once.
    public var setup: Ticks
    /// Bytes over memory's pins.
    public var memoryBytes: UInt64
    /// The lowered program and what the detector has against it.
    public var check: CheckResult

    /// What the detector has against it.
    public var findings: [Finding] { check.judgement.findings }

    /// Whether nothing was found.
    public var isCorrect: Bool { findings.isEmpty }
}

/// A strategy that the machine, the kernel or the trace cannot do, and why.
public struct UnavailableStrategy: Sendable {
    /// Which.
    public var strategy: Strategy
    /// Why not.
    public var reason: String
}

/// All strategies of one trace on one machine.
public struct ComparisonResult: Sendable {
    /// The program and the machine.
    public var setup: Setup
    /// The correct ones by elapsed time, then the wrong ones.
    public var results: [StrategyResult]
    /// What could not be tried.
    public var unavailable: [UnavailableStrategy]

    /// The correct strategy with the least elapsed time; nil if none is correct.
    public var recommended: StrategyResult? {
        results.first { $0.isCorrect && $0.strategy != .asWritten }
    }
}

/// Lowers a trace under every strategy, and costs and checks each.
public enum Compare {
    /// The kernel that strategies are lowered for where the trace names none.
    public static let defaultKernel = "6.12"

    /// The longest trace that is lowered again under every strategy, in statements.
    public static let statementLimit = 50_000
    /// From so many statements on their accesses are bounded, too: eight programs are run and judged.
    static let shortTrace = 5_000
    /// The most accesses and operations of such a trace, loops and runs unrolled.
    static let accessLimit: UInt64 = 1 << 20

    /// Compares the strategies.
    ///
    /// - Throws: if the trace itself cannot be run, or no device in it transfers anything.
    public static func run(_ setup: Setup) throws(TraceErrors) -> ComparisonResult {
        let lifted = try lift(setup)
        var results: [StrategyResult] = []
        var unavailable: [UnavailableStrategy] = []
        for strategy in Strategy.allCases {
            do {
                results.append(try evaluate(strategy, lifted, setup))
            } catch {
                if strategy == .asWritten { throw error }
                unavailable.append(UnavailableStrategy(strategy: strategy, reason: error.firstLine))
            }
        }
        results = results.enumerated().sorted {
            ($0.element.isCorrect ? 0 : 1, $0.element.elapsed, $0.offset)
                < ($1.element.isCorrect ? 0 : 1, $1.element.elapsed, $1.offset)
        }.map(\.element)
        return ComparisonResult(setup: setup, results: results, unavailable: unavailable)
    }

    /// The transfers of a trace that strategies can be compared on.
    private static func lift(_ setup: Setup) throws(TraceErrors) -> LiftedProgram {
        // Every strategy holds, runs and judges a program of its own.
        guard setup.program.statements.count <= statementLimit else {
            throw TraceErrors([
                TraceError(
                    file: setup.file, line: 0,
                    found: "\(setup.program.statements.count) statements",
                    expected: "at most \(statementLimit) for comparing strategies; loops count once"
                )
            ])
        }
        if setup.program.statements.count > shortTrace,
            let error = ProgramFit.sizeError(
                of: setup.program, file: setup.file, limit: accessLimit)
        {
            throw TraceErrors([error])
        }
        if let chain = setup.program.statements.first(where: {
            if case .operation(_, .device(let work)) = $0.body {
                work.layout != .none
            } else {
                false
            }
        }) {
            throw TraceErrors([
                TraceError(
                    file: setup.file, line: Int(chain.line),
                    found: "a chain of descriptors that the engine reads itself",
                    expected:
                        "a trace whose transfers stand in it: the addresses in descriptors cannot be moved to "
                        + "the buffers of another strategy")
            ])
        }
        let lifted = LiftedProgram(setup.program)
        guard !lifted.buffers.isEmpty else {
            throw TraceErrors([
                TraceError(
                    file: setup.file, line: 0, found: "no device that reads or writes memory",
                    expected: "a trace with DMA: `device NAME` and `NAME: rd|wr ADDRESS BYTES`")
            ])
        }
        // Strategies allocate whole pages around a buffer and a second one above all of them.
        if let high = lifted.buffers.first(where: { $0.start >= 1 << 62 || $0.size >= 1 << 32 }) {
            throw TraceErrors([
                TraceError(
                    file: setup.file, line: 0,
                    found: "a buffer of \(high.size) bytes at 0x\(String(high.start, radix: 16))",
                    expected: "buffers below 2^62 and shorter than 4 GiB, for comparing strategies")
            ])
        }
        return lifted
    }

    private static func evaluate(
        _ strategy: Strategy, _ lifted: LiftedProgram, _ setup: Setup
    ) throws(TraceErrors) -> StrategyResult {
        var kernel = setup.kernel
        if strategy != .asWritten, case .bareMetal = kernel {
            do { kernel = try KernelEra(parsing: defaultKernel) } catch {
                preconditionFailure("the default kernel is a version")
            }
        }
        let program: Program
        if strategy == .asWritten {
            program = setup.program
        } else {
            var lowering = StrategyLowering(lifted, strategy)
            // Without a port that snoops the strategy is tried where the device sits, and found out.
            program = lowering.program(port: setup.machine.ports.first(where: \.snoops))
        }
        let variant = try Setup(
            program, file: setup.file, machine: setup.machine, kernel: kernel, seed: setup.seed)
        let check = try Check.run(variant)
        let span = check.replay.spans.first { $0.name == StrategyLowering.span }
        return result(strategy, check.replay, span, check)
    }

    private static func result(
        _ strategy: Strategy, _ replay: ReplayResult, _ span: SpanResult?, _ check: CheckResult
    ) -> StrategyResult {
        let counters = span?.counters ?? replay.counters
        let total = counters.time(of: .core(0))
        let waited = counters[.wait, .core(0)]
        let elapsed = span?.time ?? replay.elapsed
        return StrategyResult(
            strategy: strategy, elapsed: elapsed, cpu: total - waited,
            dma: Ticks(rawValue: counters[.deviceTicks]),
            causes: Cause.allCases.map { ($0, counters[$0, .core(0)]) },
            setup: span == nil ? .zero : replay.elapsed - min(elapsed, replay.elapsed),
            memoryBytes: counters[.memoryBytesRead] + counters[.memoryBytesWritten],
            check: check)
    }
}

extension TraceErrors {
    /// The first error's finding, short.
    var firstLine: String { errors.first.map { $0.found } ?? "cannot be run" }
}
