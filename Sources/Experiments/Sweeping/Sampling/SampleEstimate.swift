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
