import Experiments

/// Strategies over a property of a workload, those that are alike at every point as one.
struct ComparisonCurves {
    /// One curve: the time of a transfer in nanoseconds at each point; nil where the strategy is wrong or not there.
    struct Curve {
        var strategies: [Strategy]
        var times: [Double?]

        var name: String { strategies.map(\.rawValue).joined(separator: ", ") }
    }

    let sweep: ComparisonSweep
    /// The curves, the one that ends lowest first.
    let curves: [Curve]

    /// Two are one if they differ by no more than this part.
    private static let likeness = 0.005

    init(_ sweep: ComparisonSweep) {
        self.sweep = sweep
        var curves: [Curve] = []
        for strategy in sweep.strategies {
            let times = sweep.points.map { sweep.time(strategy, at: $0) }
            if let like = curves.firstIndex(where: { Self.areAlike($0.times, times) }) {
                curves[like].strategies.append(strategy)
            } else {
                curves.append(Curve(strategies: [strategy], times: times))
            }
        }
        func end(_ curve: Curve) -> Double { curve.times.compactMap { $0 }.last ?? .infinity }
        self.curves = curves.enumerated().sorted {
            (end($0.element), $0.offset) < (end($1.element), $1.offset)
        }.map(\.element)
    }

    private static func areAlike(_ one: [Double?], _ other: [Double?]) -> Bool {
        zip(one, other).allSatisfy { pair in
            switch pair {
            case (nil, nil): true
            case (let a?, let b?): abs(a - b) <= likeness * max(a, b)
            default: false
            }
        }
    }

    /// The fastest time at each point.
    var best: [Double?] {
        sweep.points.indices.map { index in curves.compactMap { $0.times[index] }.min() }
    }

    /// A letter for each curve.
    static func letter(_ index: Int) -> Character {
        index < 26 ? Character(UnicodeScalar(UInt8(97 + index))) : "?"
    }

    /// The smallest and the largest time of all.
    var range: (low: Double, high: Double)? {
        let all = curves.flatMap { $0.times.compactMap { $0 } }.filter { $0 > 0 }
        guard let low = all.min(), let high = all.max() else { return nil }
        return (low, high)
    }
}
