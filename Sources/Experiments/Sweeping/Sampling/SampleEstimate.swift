// Estimates from a sample. A sample falls into units; each has so many accesses, x, and so much of what is counted, y. The
// estimate for the whole trace is the ratio of the sums times all of its accesses. How far it may be off follows from how
// much y differs from what the ratio says of x, unit by unit (Cochran, "Sampling Techniques", 3rd edition, 1977, chapter 6),
// with Student's t for so few units as there are.

/// A number worked out from a sample, with bounds between which it lies.
public struct SweepEstimate: Hashable, Sendable {
    /// How often the bounds hold what they are to hold.
    public static let confidence = 0.95

    /// The estimate.
    public var value: Double
    /// The lower bound.
    public var low: Double
    /// The upper bound.
    public var high: Double

    /// Makes an estimate.
    public init(value: Double, low: Double, high: Double) {
        self.value = value
        self.low = low
        self.high = high
    }

    /// The same in whole numbers, the bounds no closer than they were.
    var whole: SweepEstimate {
        SweepEstimate(
            value: value.rounded(), low: low.rounded(.down), high: high.rounded(.up))
    }
}

/// Sums over the units of a sample.
struct UnitSums {
    private var count = 0.0
    private(set) var x = 0.0
    private(set) var y = 0.0
    private var xx = 0.0
    private var xy = 0.0
    private var yy = 0.0

    /// Adds a unit.
    mutating func add(x: Double, y: Double) {
        count += 1
        self.x += x
        self.y += y
        xx += x * x
        xy += x * y
        yy += y * y
    }

    /// The ratio of the sums; nil where there is nothing to divide by.
    var ratio: Double? { x > 0 ? y / x : nil }

    /// The standard error of the ratio.
    ///
    /// - Parameter share: How much of all there is was taken, from 0 to 1: what was taken is not in doubt.
    /// - Returns: the error, in units of the ratio; infinite for less than two units.
    func error(share: Double) -> Double {
        guard let ratio, count > 1 else { return .infinity }
        let squares = max(yy - 2 * ratio * xy + ratio * ratio * xx, 0)
        let variance = squares / (count - 1) * (1 - share) / count
        return variance.squareRoot() / (x / count)
    }
}

/// What a sample says of one number.
struct UnitTally {
    /// Three in as many as were looked at may be there where none was seen: -ln 0.025, for one side of 95 %.
    private static let unseen = 3.689

    private var value = UnitSums()
    private var least = UnitSums()
    private var most = UnitSums()

    /// Adds a unit of so many accesses.
    mutating func add(x: Double, _ total: RunningTotal) {
        value.add(x: x, y: total.value)
        least.add(x: x, y: total.least)
        most.add(x: x, y: total.most)
    }

    /// The estimate.
    ///
    /// - Parameters:
    ///   - all: How much of `x` there is in all; nil: the estimate is the ratio itself.
    ///   - share: How much of it was taken.
    ///   - quantile: Student's t.
    /// - Returns: nil where nothing was seen to divide by.
    func estimate(of all: Double?, share: Double, quantile: Double) -> SweepEstimate? {
        guard let ratio = value.ratio, let low = least.ratio, let high = most.ratio else {
            return nil
        }
        let scale = all ?? 1
        var top = high + quantile * most.error(share: share)
        if most.y == 0 { top = Self.unseen * (1 - share) / most.x }
        var bottom = scale * max(low - quantile * least.error(share: share), 0)
        if all == nil { top = min(top, 1) } else { bottom = max(bottom, least.y) }
        return SweepEstimate(
            value: scale * ratio, low: min(bottom, scale * ratio),
            high: max(scale * top, scale * ratio))
    }
}

/// Student's t.
enum StudentT {
    /// The number that the absolute value of a t is below with a probability.
    ///
    /// With s = t / √(ν + t²) the probability is the integral of (1 - s²)^((ν - 2) / 2) up to s over that up to 1, which is
    /// worked out by Simpson's rule, and s by halving.
    ///
    /// - Parameters:
    ///   - freedom: The degrees of freedom, 3 or more.
    ///   - probability: Between 0 and 1.
    /// - Returns: the number, good to three digits.
    static func quantile(freedom: Int, probability: Double) -> Double {
        precondition(freedom >= 3 && probability > 0 && probability < 1)
        // From here on the normal distribution is as close as the bounds need.
        let freedom = min(freedom, 1_000)
        let all = integral(to: 1, freedom)
        var (low, high) = (0.0, 1.0)
        for _ in 0..<50 {
            let middle = (low + high) / 2
            if integral(to: middle, freedom) < probability * all {
                low = middle
            } else {
                high = middle
            }
        }
        return low * (Double(freedom) / (1 - low * low)).squareRoot()
    }

    private static func integral(to end: Double, _ freedom: Int) -> Double {
        func density(_ s: Double) -> Double {
            let base = max(1 - s * s, 0)
            var (power, factor, rest) = (1.0, base, (freedom - 2) / 2)
            while rest > 0 {
                if rest & 1 == 1 { power *= factor }
                factor *= factor
                rest >>= 1
            }
            return freedom % 2 == 0 ? power : power * base.squareRoot()
        }
        let steps = 1_000
        let width = end / Double(steps)
        let inner = (1..<steps).reduce(0.0) { sum, step in
            sum + density(Double(step) * width) * (step % 2 == 1 ? 4 : 2)
        }
        return (density(0) + inner + density(end)) * width / 3
    }
}
