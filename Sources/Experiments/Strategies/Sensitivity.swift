import MemoryModel
import Operations
import Quantities
import Traces

/// How far a number of a machine may be off.
public struct NumberError: Sendable, Hashable {
    /// The largest factor, up and down; 1: it is known.
    public var factor: Double
    /// What stands behind the number, in a word.
    public var basis: String

    /// Makes an error.
    public init(factor: Double, basis: String) {
        self.factor = factor
        self.basis = basis
    }
}

/// Whether a recommendation holds within the errors of the machine's numbers, each by itself.
public struct Sensitivity: Sendable, Hashable {
    /// A number within whose error another strategy is faster.
    public struct Flip: Sendable, Hashable {
        /// The key of the machine file.
        public var path: String
        /// What the machine has.
        public var value: Double
        /// From where on the other strategy is faster.
        public var turn: Double
        /// The unit of both, as the keys have it.
        public var unit: String
        /// What stands behind the number.
        public var basis: String
        /// Which strategy is faster then.
        public var winner: Strategy
    }

    /// The strategy that was recommended.
    public var best: Strategy
    /// Which were tried against it.
    public var rivals: [Strategy]
    /// The keys that were varied.
    public var varied: [String]
    /// Where another strategy wins, in the order of the keys.
    public var flips: [Flip]
}

extension Compare {
    /// Strategies that are so many times slower than the best one are not tried against it.
    public static let rivalFactor = 4.0
    /// The most strategies that are.
    static let rivalLimit = 4
    /// From which part of the best time on another counts as faster: below it the two are alike.
    static let alike = 0.995

    /// Varies the machine's numbers within their errors, one by one, and runs the best strategies again.
    ///
    /// - Parameters:
    ///   - comparison: What was compared.
    ///   - errors: How far each number may be off, by its key; a number without an error is not varied.
    ///   - jobs: How many runs at once.
    /// - Returns: where another strategy wins; nil if there is none to compare with.
    /// - Throws: `TraceErrors` if a program cannot be run on a machine with other numbers.
    public static func sensitivity(
        of comparison: ComparisonResult, errors: @Sendable (String) -> NumberError?, jobs: Int = 1
    ) async throws -> Sensitivity? {
        guard let best = comparison.recommended else { return nil }
        let rivals = rivals(of: best, in: comparison)
        let ports = Set(([best] + rivals).flatMap { $0.check.setup.usedPorts })
        let numbers = MachineNumber.all(of: comparison.setup.machine, ports: ports)
        let varied = numbers.compactMap { number in
            errors(number.path).flatMap { $0.factor > 1 ? (number, $0) : nil }
        }
        var sensitivity = Sensitivity(
            best: best.strategy, rivals: rivals.map(\.strategy), varied: varied.map(\.0.path),
            flips: [])
        guard !rivals.isEmpty else { return sensitivity }
        let field = try SensitivityField(comparison.setup, best: best, rivals: rivals)
        let work = varied.flatMap { number, error in
            [1 / error.factor, error.factor].map { Variation(number, error, $0) }
        }.filter(field.mayFlip)
        let found = await Parallel.map(work, jobs: jobs) { variation in
            Result { try field.flip(variation) }
        }
        sensitivity.flips = try found.compactMap { try $0.get() }
        return sensitivity
    }

    /// The strategies that come near the best; of several that are alike the first.
    private static func rivals(
        of best: StrategyResult, in comparison: ComparisonResult
    ) -> [StrategyResult] {
        var rivals: [StrategyResult] = []
        var last = best.elapsed.nanoseconds
        for result in comparison.ranked.dropFirst() {
            let time = result.elapsed.nanoseconds
            guard time < rivalFactor * max(best.elapsed.nanoseconds, 1), rivals.count < rivalLimit
            else { break }
            if time > last * tie || rivals.isEmpty {
                rivals.append(result)
                last = time
            }
        }
        return rivals
    }
}

extension Setup {
    /// The ports that the program's devices sit on.
    fileprivate var usedPorts: [String] {
        program.devices.flatMap { device in
            [port(of: device)?.name, device.readPort].compactMap { $0 }
        }
    }
}

/// A number of a machine, and how far it is varied.
private struct Variation: Sendable {
    var number: MachineNumber
    var error: NumberError
    var factor: Double

    init(_ number: MachineNumber, _ error: NumberError, _ factor: Double) {
        self.number = number
        self.error = error
        self.factor = factor
    }
}

/// The strategies that are run again on machines with other numbers.
private struct SensitivityField: Sendable {
    let comparison: Comparison
    let best: StrategyResult
    let rivals: [StrategyResult]
    /// How many times as long as the part of it that is run here a strategy takes as a whole; none where all of it is run.
    private var wholes: [Strategy: Double] = [:]

    /// How often the place of a turn is halved.
    private static var steps: Int { 5 }

    init(_ setup: Setup, best: StrategyResult, rivals: [StrategyResult]) throws(TraceErrors) {
        comparison = try Comparison(setup)
        self.best = best
        self.rivals = rivals
        for result in [best] + rivals {
            let (program, isPart) = try program(of: result, on: setup.machine)
            guard isPart else { continue }
            let part = try Replay.run(program).transfers.time
            wholes[result.strategy] = result.elapsed.nanoseconds / max(part.nanoseconds, 1e-3)
        }
    }

    /// Whether a variation can turn the order round: what core 0 spends on the number's causes may suffice for it.
    ///
    /// The best strategy's share grows at most in proportion to the number, or the rival's shrinks so.
    func mayFlip(_ variation: Variation) -> Bool {
        guard let causes = variation.number.causes else { return true }
        func share(_ result: StrategyResult) -> Double {
            result.causes.filter { causes.contains($0.cause) }.reduce(0) {
                $0 + $1.time.nanoseconds
            }
        }
        return rivals.contains { rival in
            let gap = rival.elapsed.nanoseconds - best.elapsed.nanoseconds
            let change =
                variation.factor > 1
                ? share(best) * (variation.factor - 1) : share(rival) * (1 - variation.factor)
            return change >= gap
        }
    }

    /// Which strategy wins at the end of a variation, and from where on; nil: the best one stays.
    func flip(_ variation: Variation) throws -> Sensitivity.Flip? {
        let winner = try winner(variation.factor, variation, among: rivals)
        guard let winner else { return nil }
        var inside = 1.0
        var outside = variation.factor
        for _ in 0..<Self.steps {
            let middle = (inside * outside).squareRoot()
            if try self.winner(middle, variation, among: [winner]) == nil {
                inside = middle
            } else {
                outside = middle
            }
        }
        let value = variation.number.value(comparison.setup.machine)
        return Sensitivity.Flip(
            path: variation.number.path, value: value, turn: value * outside,
            unit: variation.number.unit, basis: variation.error.basis, winner: winner.strategy)
    }

    private func winner(
        _ factor: Double, _ variation: Variation, among rivals: [StrategyResult]
    ) throws -> StrategyResult? {
        var machine = comparison.setup.machine
        variation.number.scale(&machine, factor)
        let limit = try time(best, on: machine) * Compare.alike
        var fastest: (time: Double, result: StrategyResult)?
        for rival in rivals {
            let time = try time(rival, on: machine)
            if time < limit, time < fastest?.time ?? .infinity { fastest = (time, rival) }
        }
        return fastest?.result
    }

    /// How long a strategy takes as a whole, in nanoseconds.
    private func time(
        _ result: StrategyResult, on machine: MachineConfiguration
    ) throws(TraceErrors) -> Double {
        let time = try Replay.run(program(of: result, on: machine).setup).transfers.time
        return time.nanoseconds * (wholes[result.strategy] ?? 1)
    }

    /// What of a strategy is run: where that is long one pass of each loop, whose time changes as that of all passes.
    private func program(
        of result: StrategyResult, on machine: MachineConfiguration
    ) throws(TraceErrors) -> (setup: Setup, isPart: Bool) {
        var setup = try comparison.lowered(
            result.strategy, copyBreak: result.copyBreak ?? 0, on: machine)
        let isPart =
            ProgramFit.sizeError(
                of: setup.program, file: setup.file, limit: Comparison.judgedWhole) != nil
        if isPart { setup.program = setup.program.cut(passes: 1) }
        return (setup, isPart)
    }
}
