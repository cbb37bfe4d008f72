/// A published measurement on real hardware, and how the model predicts it.
public struct MeasuredRow: Sendable {
    /// What decides whether a prediction passes.
    public enum Criterion: Sendable, Hashable {
        /// Within ±25 %.
        case absolute
        /// A ratio within a band.
        case band(ClosedRange<Double>)
        /// A law, exact.
        case law
        /// A law: equal within this part of the measured value.
        case exactly(within: Double)
        /// The row calibrates the loop's own instructions and is no prediction.
        case calibration
        /// Within ±25 %, but a parameter of the machine rests on the row: it is no prediction.
        case calibrated

        /// The tier that reports name: 1 absolute, 2 bands, 3 laws, 0 what predicts nothing.
        public var tier: Int {
            switch self {
            case .absolute: 1
            case .band: 2
            case .law, .exactly: 3
            case .calibration, .calibrated: 0
            }
        }

        /// Whether something was set so that the row comes out.
        public var isCalibration: Bool { self == .calibration || self == .calibrated }
        /// Whether the row counts as a prediction.
        public var isPrediction: Bool { tier > 0 }
    }

    /// The row's name, as in docs/validation.md.
    public var id: String
    /// What was done, in a few words.
    public var workload: String
    /// What was measured.
    public var measured: Double
    /// Its unit.
    public var unit: String
    /// How a prediction is judged.
    public var criterion: Criterion
    /// Who measured it.
    public var source: String

    /// Makes a row.
    public init(
        id: String, workload: String, measured: Double, unit: String, criterion: Criterion,
        source: String
    ) {
        self.id = id
        self.workload = workload
        self.measured = measured
        self.unit = unit
        self.criterion = criterion
        self.source = source
    }
}

/// A measurement with its prediction.
public struct ValidationRow: Sendable {
    /// The measurement.
    public var row: MeasuredRow
    /// The files of `Traces/validation` that predict it; empty: the program makes the accesses (`validate --export`).
    public var traces: [String]
    /// What the model says, in the same unit.
    public var predicted: Double

    /// Makes a row.
    public init(row: MeasuredRow, traces: [String] = [], predicted: Double) {
        self.row = row
        self.traces = traces
        self.predicted = predicted
    }

    /// Predicted over measured.
    public var ratio: Double { predicted / row.measured }

    /// Whether the prediction is as good as the row wants.
    public var passes: Bool {
        switch row.criterion {
        case .absolute, .calibrated: (0.75...1.25).contains(ratio)
        case .band(let band): band.contains(predicted)
        case .law: predicted <= row.measured
        case .exactly(let tolerance): abs(ratio - 1) <= tolerance
        case .calibration: (0.99...1.01).contains(ratio)
        }
    }
}
