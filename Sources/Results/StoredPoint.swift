import Experiments

/// A point with what came of it, as it is kept.
public struct StoredPoint: Hashable, Sendable {
    /// A number that was measured: whole, or with a fraction.
    public enum Measure: Hashable, Sendable {
        /// A whole number.
        case whole(Int64)
        /// A number with a fraction.
        case fraction(Double)

        /// The number.
        public var value: Double {
            switch self {
            case .whole(let number): Double(number)
            case .fraction(let number): number
            }
        }
    }

    /// Its number in the grid.
    public var number: UInt64
    /// Whether it was run.
    public var state: SweepTable.State
    /// What came of it as members of a JSON object, `"caches":{…},"time":{…}`; empty where it was not run.
    public var members: String
    /// What was measured, by name.
    public var metrics: [(name: String, measure: Measure)]
    /// What was found.
    public var findings: [SweepTable.FindingCount]

    /// Makes a point.
    public init(
        number: UInt64, state: SweepTable.State, members: String = "",
        metrics: [(name: String, measure: Measure)] = [],
        findings: [SweepTable.FindingCount] = []
    ) {
        self.number = number
        self.state = state
        self.members = members
        self.metrics = metrics.sorted { $0.name < $1.name }
        self.findings = findings.sorted { ($0.verdict, $0.code) < ($1.verdict, $1.code) }
    }

    /// Whether two say the same.
    public static func == (left: StoredPoint, right: StoredPoint) -> Bool {
        left.number == right.number && left.state == right.state && left.members == right.members
            && left.findings == right.findings
            && left.metrics.elementsEqual(right.metrics) { $0 == $1 }
    }

    /// Hashes what tells most points apart.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(number)
        hasher.combine(members)
    }
}
