// Estimates from a sample. A sample falls into units; each has so much of what is known of the whole, x, and so much of what
// is counted, y. The estimate for the whole trace is the ratio of the sums times all there is of x. How far it may be off
// follows from how much y differs from what the ratio says of x, unit by unit (Cochran, "Sampling Techniques", 3rd edition,
// 1977, chapter 6), with Student's t for so few units as there are.
//
// Of pieces of a trace x are the accesses. Of sets it is the groups of sets themselves: a few sets have most accesses, and
// those mostly hit, so that misses by accesses would be far off in most samples (the same book, chapter 2, for equal x).

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
    /// So many in as many as were looked at may be there where none was seen: -ln 0.025, for one side of 95 %.
    private static let unseen = 3.689

    /// Whether the whole trace may have more of what is counted than accesses: it is none of them, or a unit had more.
    private var isAboveOne = false
    private var value = UnitSums()
    private var least = UnitSums()
    private var most = UnitSums()
    /// The accesses that were looked at.
    private(set) var accesses = 0.0

    /// Adds a unit of so much, with so many accesses.
    mutating func add(x: Double, accesses: Double, _ total: RunningTotal) {
        self.accesses += accesses
        value.add(x: x, y: total.value)
        least.add(x: x, y: total.least)
        most.add(x: x, y: total.most)
        isAboveOne = isAboveOne || !total.countsAccesses || total.value > accesses
    }

    /// The estimate.
    ///
    /// - Parameters:
    ///   - all: How much of `x` there is in all; nil: the estimate is the ratio itself.
    ///   - allAccesses: How many accesses there are in all; nil: they are `x`.
    ///   - share: How much of it was taken.
    ///   - quantile: Student's t.
    /// - Returns: nothing where there is nothing to divide by; nil where there is, and none of it was seen.
    func estimate(
        of all: Double?, accesses allAccesses: Double? = nil, share: Double, quantile: Double
    ) -> SweepEstimate? {
        if all == 0 { return SweepEstimate(value: 0, low: 0, high: 0) }
        guard accesses > 0, let ratio = value.ratio, let low = least.ratio, let high = most.ratio
        else {
            return nil
        }
        let scale = all ?? 1
        let allAccesses = allAccesses ?? scale
        var top = scale * (high + quantile * most.error(share: share))
        if most.y == 0 { top = Self.unseen * (1 - share) / accesses * allAccesses }
        var bottom = scale * max(low - quantile * least.error(share: share), 0)
        if all != nil { bottom = max(bottom, least.y) }
        // Nothing misses more often than it is asked, but where an access counts for more than one.
        let limit = isAboveOne ? Double.infinity : allAccesses
        let estimate = min(scale * ratio, limit)
        return SweepEstimate(
            value: estimate, low: min(bottom, estimate), high: max(min(top, limit), estimate))
    }
}
