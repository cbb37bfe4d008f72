import MemoryModel
import Quantities

// A plan is a list of points of a grid. The grid is the product of the axes, numbered in row-major order: the last axis
// varies fastest. A point keeps its number whatever part of the grid is taken, so a number means the same machine in a
// full plan, in a sample of it, and in a shard of either.

/// Which part of a grid is run.
public enum SweepSelection: Hashable, Sendable {
    /// Every point.
    case all
    /// So many points, of which each axis has each of its values equally often, but for one.
    ///
    /// A Latin hypercube (McKay, Beckman and Conover, 1979) on the axes' values.
    case latin(points: Int, seed: UInt64)
    /// Points by their numbers, ascending, each once and within the grid.
    case numbers([UInt64])
}

/// A machine of a sweep.
public enum SweptMachine: Hashable, Sendable {
    /// Caches that only count.
    case counting(PlainConfiguration)
    /// A machine with time.
    case timed(MachineConfiguration)
}

/// One point of a sweep.
public struct SweepPoint: Sendable, Hashable {
    /// Its number in the grid of all axes, in row-major order.
    public var number: UInt64
    /// Which value of each axis it has.
    public var places: [Int]
    /// The machine, or why there is none.
    public var machine: Result<SweptMachine, AxisFault>
    /// The bits of its caches; nil where there is no machine.
    public var areaBits: UInt64?

    /// Makes a point.
    public init(
        number: UInt64, places: [Int], machine: Result<SweptMachine, AxisFault>,
        areaBits: UInt64? = nil
    ) {
        self.number = number
        self.places = places
        self.machine = machine
        self.areaBits = areaBits
    }
}

/// Axes, and the points of their grid that are run.
public struct SweepPlan: Sendable {
    /// What varies, the slowest first.
    public var axes: [MachineAxis]
    /// The points, by ascending number.
    public var points: [SweepPoint]

    /// The most points of one plan.
    public static let mostPoints = 1 << 20
    /// The most points of a grid that is not run whole.
    public static let mostNumbers: UInt64 = 1 << 48

    /// Makes a plan of points that are there.
    public init(axes: [MachineAxis], points: [SweepPoint]) {
        self.axes = axes
        self.points = points
    }

    /// Plans a part of a grid.
    ///
    /// - Parameters:
    ///   - axes: The axes, the slowest first; none is a grid of one point.
    ///   - selection: Which points.
    ///   - budget: Of how many bits the caches may be; nil: any number.
    ///   - jobs: How many machines are built at once.
    ///   - build: The machine that has these values, and its caches' bits; what is wrong with it in one line if there is none.
    /// - Returns: the plan, the same for any `jobs`.
    /// - Throws: ``AxisFault`` if two axes have one key, or there are too many points.
    public static func make(
        axes: [MachineAxis], selection: SweepSelection = .all, budget: ClosedRange<UInt64>? = nil,
        jobs: Int = 1,
        build:
            @escaping @Sendable ([(key: String, value: String)]) -> Result<
                (machine: SweptMachine, bits: UInt64), AxisFault
            >
    ) async throws(AxisFault) -> SweepPlan {
        for (index, axis) in axes.enumerated()
        where axes[..<index].contains(where: { $0.key == axis.key }) {
            throw AxisFault(place: axis.key, found: "it twice", expected: "one axis for each key")
        }
        let numbers = try numbers(of: axes.map(\.values.count), selection)
        let points = await Parallel.map(numbers, jobs: jobs) { number in
            point(number, axes, budget, build)
        }
        return SweepPlan(axes: axes, points: points)
    }

    private static func point(
        _ number: UInt64, _ axes: [MachineAxis], _ budget: ClosedRange<UInt64>?,
        _ build: ([(key: String, value: String)]) -> Result<
            (machine: SweptMachine, bits: UInt64), AxisFault
        >
    ) -> SweepPoint {
        let places = places(of: number, in: axes.map(\.values.count))
        let built = build(zip(axes, places).map { ($0.key, $0.values[$1]) })
        guard case .success(let (machine, bits)) = built else {
            return SweepPoint(number: number, places: places, machine: built.map(\.machine))
        }
        guard budget?.contains(bits) ?? true else {
            let range = budget.map { "\($0.lowerBound) to \($0.upperBound)" } ?? ""
            return SweepPoint(
                number: number, places: places,
                machine: .failure(
                    AxisFault(
                        place: "budget", found: "caches of \(bits) bits",
                        expected: "\(range) bits")),
                areaBits: bits)
        }
        return SweepPoint(
            number: number, places: places, machine: .success(machine), areaBits: bits)
    }

    /// The settings of a point, in the order of the axes.
    public func settings(of point: SweepPoint) -> [(key: String, value: String)] {
        zip(axes, point.places).map { ($0.key, $0.values[$1]) }
    }

    // MARK: Numbers

    /// Which value of each axis a number of the grid stands for.
    public static func places(of number: UInt64, in counts: [Int]) -> [Int] {
        var rest = number
        var places = [Int](repeating: 0, count: counts.count)
        for index in counts.indices.reversed() {
            places[index] = Int(rest % UInt64(counts[index]))
            rest /= UInt64(counts[index])
        }
        return places
    }

    /// The number of the grid that has these values.
    public static func number(of places: [Int], in counts: [Int]) -> UInt64 {
        zip(places, counts).reduce(0) { $0 * UInt64($1.1) + UInt64($1.0) }
    }

    private static func numbers(
        of counts: [Int], _ selection: SweepSelection
    ) throws(AxisFault) -> [UInt64] {
        var product: UInt64 = 1
        for count in counts {
            let (next, overflow) = product.multipliedReportingOverflow(by: UInt64(count))
            guard !overflow, next <= mostNumbers else {
                throw AxisFault(
                    place: "the axes", found: "a grid of more than \(mostNumbers) points",
                    expected: "a smaller one")
            }
            product = next
        }
        switch selection {
        case .all:
            guard product <= UInt64(mostPoints) else {
                throw AxisFault(
                    place: "the axes", found: "\(product) points",
                    expected: "at most \(mostPoints), or a part of them, as --latin 1000")
            }
            return Array(0..<product)
        case .numbers(let numbers): return numbers
        case .latin(let points, let seed):
            guard 1...mostPoints ~= points, UInt64(points) <= product else {
                throw AxisFault(
                    place: "--latin", found: "\(points)",
                    expected: "1 to as many points as the grid has (\(min(product, 1 << 20)))")
            }
            return latin(points, counts, seed)
        }
    }

    /// Draws a Latin hypercube.
    ///
    /// Where two of its points fall together, one is exchanged with another in one axis, which leaves each axis's values as
    /// often as they were; where that does not help for long, as with nearly all points of a grid, the first free points
    /// follow.
    static func latin(_ points: Int, _ counts: [Int], _ seed: UInt64) -> [UInt64] {
        var generator = SplitMix64(seed: seed)
        var columns = counts.map { count in
            (0..<points).map { $0 * count / points }.shuffled(using: &generator)
        }
        func number(_ row: Int) -> UInt64 {
            Self.number(of: columns.map { $0[row] }, in: counts)
        }
        for _ in 0..<64 {
            var seen: Set<UInt64> = []
            let doubles = (0..<points).filter { !seen.insert(number($0)).inserted }
            guard !doubles.isEmpty, !columns.isEmpty else { break }
            for row in doubles {
                let column = Int(generator.next() % UInt64(columns.count))
                columns[column].swapAt(row, Int(generator.next() % UInt64(points)))
            }
        }
        var taken = Set((0..<points).map(number))
        var next: UInt64 = 0
        while taken.count < points {
            taken.insert(next)
            next += 1
        }
        return taken.sorted()
    }
}
