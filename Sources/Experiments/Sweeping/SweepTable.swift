// What a sweep has found, as a table: the value that reports and charts are made of. It knows nothing of where it was kept.

/// A sweep's points with what they were set to and what was measured at them.
///
/// ```swift
/// let table = try SweepStore.table(path)
/// for row in table.rows where row.isDone {
///     print(table.value(of: "l1d.size", at: row) ?? "", table.metric("L1D.missRate", at: row) ?? .nan)
/// }
/// ```
public struct SweepTable: Hashable, Sendable {
    /// What the point was found to be.
    public enum State: Hashable, Sendable {
        /// It was run.
        case done
        /// There is no such machine, or it cannot run the trace, or its caches are not within the budget; the reason in words.
        case impossible(String)
    }

    /// How often a hazard was found at a point.
    public struct FindingCount: Hashable, Sendable {
        /// `manifest`, `latent` or `misuse`.
        public var verdict: String
        /// The hazard's code, as `H08`.
        public var code: String
        /// How many findings.
        public var count: Int

        /// Makes a count.
        public init(verdict: String, code: String, count: Int) {
            self.verdict = verdict
            self.code = code
            self.count = count
        }
    }

    /// A point.
    public struct Row: Hashable, Sendable {
        /// Its number in the grid of all axes, in row-major order; the same in every part and shard of the sweep.
        public var number: UInt64
        /// For each axis, which of its values the point has.
        public var places: [Int]
        /// Whether it was run.
        public var state: State
        /// A value for each of the table's ``SweepTable/metrics``; nil where the point has none.
        public var values: [Double?]
        /// What was found at it, by verdict and code; empty where nothing was, or nobody asked.
        public var findings: [FindingCount]

        /// Makes a row.
        public init(
            number: UInt64, places: [Int], state: State, values: [Double?] = [],
            findings: [FindingCount] = []
        ) {
            self.number = number
            self.places = places
            self.state = state
            self.values = values
            self.findings = findings
        }

        /// Whether it was run.
        public var isDone: Bool { state == .done }
    }

    /// What the sweep is of, as names and values in a fixed order: `trace`, `trace sha256`, `question`, `machines`, and so on.
    public var origin: [(name: String, value: String)]
    /// The axes, the slowest first, those of a single value among them.
    public var axes: [MachineAxis]
    /// The names of what was measured, ascending: `L1D.readMisses`, `L1D.missRate`, `area.bits`, `time.ns`,
    /// `time.cycles.core0`, `memory.bytesRead`, `findings.manifest`.
    ///
    /// Times are in nanoseconds or core cycles, areas in bits, rates in parts of one, all others are counts.
    public private(set) var metrics: [String]
    /// The points that are there, by ascending number.
    public private(set) var rows: [Row]
    /// The numbers of points that the sweep has and that are not there yet.
    public var missing: [UInt64]

    /// Makes a table, and works out the metrics that follow from others.
    ///
    /// For each cache that was counted, `misses` and `missRate` follow from its reads, writes and misses.
    ///
    /// - Parameters:
    ///   - origin: What the sweep is of.
    ///   - axes: The axes.
    ///   - metrics: The names of the rows' values.
    ///   - rows: The points, with one value for each name where they were run.
    ///   - missing: The numbers of the points that are not there.
    public init(
        origin: [(name: String, value: String)] = [], axes: [MachineAxis], metrics: [String],
        rows: [Row], missing: [UInt64] = []
    ) {
        self.origin = origin
        self.axes = axes
        self.missing = missing
        let caches = metrics.filter { $0.hasSuffix(".readMisses") }
            .map { String($0.dropLast(".readMisses".count)) }
        let derived = caches.flatMap { ["\($0).misses", "\($0).missRate"] }
            .filter { !metrics.contains($0) }
        let names = (metrics + derived).sorted()
        let places = Dictionary(
            metrics.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        self.metrics = names
        self.rows = rows.sorted { $0.number < $1.number }.map { row in
            func given(_ name: String) -> Double? {
                places[name].flatMap { $0 < row.values.count ? row.values[$0] : nil }
            }
            func misses(_ cache: Substring) -> Double? {
                given("\(cache).readMisses").map { $0 + (given("\(cache).writeMisses") ?? 0) }
            }
            var row = row
            row.values = names.map { name in
                if let value = given(name) { return value }
                guard let dot = name.lastIndex(of: ".") else { return nil }
                let cache = name[..<dot]
                switch name[dot...] {
                case ".misses": return misses(cache)
                case ".missRate":
                    let all = (given("\(cache).reads") ?? 0) + (given("\(cache).writes") ?? 0)
                    return all > 0 ? misses(cache).map { $0 / all } : nil
                default: return nil
                }
            }
            return row
        }
    }

    /// The axes with more than one value.
    public var variedAxes: [MachineAxis] { axes.filter { $0.values.count > 1 } }

    /// The value that an axis has at a point; nil if there is no such axis.
    public func value(of key: String, at row: Row) -> String? {
        axes.firstIndex { $0.key == key }.map { axes[$0].values[row.places[$0]] }
    }

    /// What was measured at a point; nil if it was not.
    ///
    /// - Complexity: O(log *n*) in the metrics.
    public func metric(_ name: String, at row: Row) -> Double? {
        var (low, high) = (0, metrics.count)
        while low < high {
            let middle = (low + high) / 2
            if metrics[middle] < name { low = middle + 1 } else { high = middle }
        }
        return low < metrics.count && metrics[low] == name && low < row.values.count
            ? row.values[low] : nil
    }

    /// Whether two tables say the same.
    public static func == (left: SweepTable, right: SweepTable) -> Bool {
        left.axes == right.axes && left.metrics == right.metrics && left.rows == right.rows
            && left.missing == right.missing
            && left.origin.elementsEqual(right.origin) { $0 == $1 }
    }

    /// Hashes what is compared.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(axes)
        hasher.combine(metrics)
        hasher.combine(rows)
    }
}
