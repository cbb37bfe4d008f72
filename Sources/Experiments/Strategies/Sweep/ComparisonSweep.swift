import Operations
import Quantities
import Traces

/// What of a workload is varied.
public struct SweepAxis: Sendable, Hashable {
    /// Which property.
    public enum Property: String, CaseIterable, Sendable {
        /// The length of the longest transfer, in bytes; the others keep their share of it.
        case size
        /// The most bytes that a core touches at once of what a device moves.
        case touched
    }

    /// Which property.
    public var property: Property
    /// Its values, ascending.
    public var values: [UInt64]

    /// Makes an axis.
    public init(_ property: Property, values: [UInt64]) {
        self.property = property
        self.values = values
    }
}

/// A workload's other properties, where they are not its own.
public struct WorkloadShape: Sendable, Hashable {
    /// The length of the longest transfer; nil: the workload's own.
    public var size: UInt64?
    /// The most bytes that a core touches at once of what a device moves; nil: all that it does.
    public var touched: UInt64?
    /// The most passes of each loop; nil: all.
    public var passes: UInt64?

    /// Makes a shape.
    public init(size: UInt64? = nil, touched: UInt64? = nil, passes: UInt64? = nil) {
        self.size = size
        self.touched = touched
        self.passes = passes
    }

    /// Whether the workload stays as it is.
    public var isOwn: Bool { size == nil && touched == nil && passes == nil }

    fileprivate func with(_ property: SweepAxis.Property, _ value: UInt64) -> WorkloadShape {
        var shape = self
        switch property {
        case .size: shape.size = value
        case .touched: shape.touched = value
        }
        return shape
    }
}

/// Strategies over one property of a workload.
public struct ComparisonSweep: Sendable {
    /// A value of the property, and what each strategy costs there.
    public struct Point: Sendable {
        /// The value, in bytes.
        public var value: UInt64
        /// The comparison.
        public var comparison: ComparisonResult
    }

    /// Where the best strategy changes.
    public struct Crossover: Sendable, Hashable {
        /// The best one below.
        public var below: Strategy
        /// The best one from ``at`` on.
        public var above: Strategy
        /// The first value tried at which `above` is the faster one, in bytes.
        public var at: UInt64
        /// The last value tried at which `below` still was.
        public var after: UInt64
    }

    /// What a transfer costs under a strategy: so much each, and so much for every byte.
    public struct Line: Sendable, Hashable {
        /// Which strategy.
        public var strategy: Strategy
        /// Nanoseconds that each transfer costs.
        public var fixed: Double
        /// Nanoseconds that each of its bytes costs.
        public var perByte: Double
    }

    /// The workload as it is given.
    public var setup: Setup
    /// What is varied.
    public var axis: SweepAxis
    /// The points, ascending.
    public var points: [Point]
    /// Where the best strategy changes, ascending.
    public var crossovers: [Crossover]

    /// The time of a transfer at a point, in nanoseconds; nil where the strategy is wrong or not available.
    public func time(_ strategy: Strategy, at point: Point) -> Double? {
        point.comparison.results.first { $0.strategy == strategy && $0.isCorrect }.map {
            $0.elapsed.nanoseconds / Double(max($0.transfers, 1))
        }
    }

    /// Strategies that are right at some point, in the order of their kind.
    public var strategies: [Strategy] {
        Strategy.allCases.filter { strategy in
            strategy != .asWritten && points.contains { time(strategy, at: $0) != nil }
        }
    }

    /// The line through a strategy's times that misses each of them by the smallest part of it; nil for fewer than three.
    public func line(_ strategy: Strategy) -> Line? {
        let all = points.compactMap { point in
            time(strategy, at: point).map { (x: Double(point.value), y: $0) }
        }
        guard all.count >= 3 else { return nil }
        var (w, wx, wy, wxx, wxy) = (0.0, 0.0, 0.0, 0.0, 0.0)
        for (x, y) in all where y > 0 {
            let weight = 1 / (y * y)
            w += weight
            wx += weight * x
            wy += weight * y
            wxx += weight * x * x
            wxy += weight * x * y
        }
        let determinant = w * wxx - wx * wx
        guard determinant > 0 else { return nil }
        return Line(
            strategy: strategy, fixed: (wy * wxx - wx * wxy) / determinant,
            perByte: (w * wxy - wx * wy) / determinant)
    }
}

extension Setup {
    /// The workload with other sizes.
    ///
    /// - Parameter shape: Which.
    /// - Returns: the workload on the same machine.
    /// - Throws: if it has no transfers, or some that cannot be resized.
    public func shaped(_ shape: WorkloadShape) throws(TraceErrors) -> Setup {
        guard !shape.isOwn else { return self }
        var result = self
        if shape.size != nil || shape.touched != nil {
            result.program =
                try WorkloadResizing(self, size: shape.size, touched: shape.touched).program()
        }
        if let passes = shape.passes { result.program = result.program.cut(passes: max(passes, 1)) }
        return result
    }
}

extension Compare {
    /// How much slower than the best a strategy may be and still count as the best of all: two are often alike.
    static let tie = 1.01
    /// How near a crossover is looked for: to this part of its place.
    static let nearness: UInt64 = 32

    /// Compares the strategies over a property of the workload, and looks for the places where the best one changes.
    ///
    /// - Parameters:
    ///   - setup: The workload.
    ///   - axis: What is varied, from where to where.
    ///   - shape: What else is not the workload's own.
    ///   - strategies: Which are compared.
    ///   - jobs: How many runs at once.
    /// - Returns: each point, and the crossovers.
    /// - Throws: `TraceErrors` if the workload cannot be run or resized.
    public static func sweep(
        _ setup: Setup, over axis: SweepAxis, shape: WorkloadShape = WorkloadShape(),
        strategies: [Strategy] = Strategy.allCases, jobs: Int
    ) async throws -> ComparisonSweep {
        let wanted = strategies.filter { $0 != .asWritten }
        let comparisons = try axis.values.map { value in
            try Comparison(setup.shaped(shape.with(axis.property, value)))
        }
        let work = comparisons.flatMap { comparison in wanted.map { (comparison, $0) } }
        // The longest runs first, so that no job is left alone with them; the order of the results is another matter.
        let outcomes = await Parallel.map(Array(work.reversed()), jobs: jobs) {
            $0.0.outcome(of: $0.1)
        }
        let ordered = Array(outcomes.reversed())
        var points: [ComparisonSweep.Point] = []
        for (index, value) in axis.values.enumerated() {
            let mine = Array(ordered[index * wanted.count..<(index + 1) * wanted.count])
            points.append(
                ComparisonSweep.Point(
                    value: value, comparison: try comparisons[index].result(mine, nil)))
        }
        var sweep = ComparisonSweep(setup: setup, axis: axis, points: points, crossovers: [])
        let pairs = changes(of: sweep)
        let found = await Parallel.map(pairs, jobs: jobs) { change in
            Result { try narrowed(change, setup, axis.property, shape) }
        }
        sweep.crossovers = try found.map { try $0.get() }
        return sweep
    }

    /// Between which points the best strategy changes; one that is as good as the best stays it.
    private static func changes(of sweep: ComparisonSweep) -> [ComparisonSweep.Crossover] {
        var result: [ComparisonSweep.Crossover] = []
        var current: (strategy: Strategy, value: UInt64)?
        for point in sweep.points {
            guard let best = point.comparison.recommended else { continue }
            guard let known = current else {
                current = (best.strategy, point.value)
                continue
            }
            let limit = tie * best.elapsed.nanoseconds
            let stays = point.comparison.ranked.contains {
                $0.strategy == known.strategy && $0.elapsed.nanoseconds <= limit
            }
            if !stays {
                result.append(
                    ComparisonSweep.Crossover(
                        below: known.strategy, above: best.strategy, at: point.value,
                        after: known.value))
            }
            current = (stays ? known.strategy : best.strategy, point.value)
        }
        return result
    }

    /// A crossover between two points, nearer.
    private static func narrowed(
        _ change: ComparisonSweep.Crossover, _ setup: Setup, _ property: SweepAxis.Property,
        _ shape: WorkloadShape
    ) throws -> ComparisonSweep.Crossover {
        var result = change
        while result.at - result.after > max(result.at / nearness, 1) {
            let middle = result.after + (result.at - result.after) / 2
            let comparison = try Comparison(setup.shaped(shape.with(property, middle)))
            // A strategy that is no longer there, or no longer right, has lost.
            func time(_ strategy: Strategy) -> Double {
                guard case .result(let one) = comparison.outcome(of: strategy), one.isCorrect else {
                    return .infinity
                }
                return one.elapsed.nanoseconds
            }
            if time(result.above) < time(result.below) {
                result.at = middle
            } else {
                result.after = middle
            }
        }
        return result
    }
}
