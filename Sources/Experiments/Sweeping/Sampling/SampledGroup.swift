import MemoryModel
import Operations

/// What came of a sample at one point of a sweep.
public struct SampledCounts: Hashable, Sendable {
    /// Which sample.
    public var sampling: SweepSampling
    /// Records of the whole trace.
    public var records: UInt64
    /// How many units the sample fell into.
    public var units: Int
    /// How much of the trace's accesses was counted, from 0 to 1.
    public var share: Double
    /// What is estimated of the whole trace, by name, as `L1D.misses`; rates and misses of all kinds among them.
    public var estimates: [(name: String, estimate: SweepEstimate)]

    /// Whether two say the same.
    public static func == (left: SampledCounts, right: SampledCounts) -> Bool {
        left.sampling == right.sampling && left.records == right.records
            && left.units == right.units && left.share == right.share
            && left.estimates.elementsEqual(right.estimates) { $0 == $1 }
    }

    /// Hashes what tells most samples apart.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(sampling)
        hasher.combine(records)
        hasher.combine(units)
    }
}

/// Points of a sweep that count a sample of a trace.
final class SampledGroup: SweepGroup, @unchecked Sendable {
    /// A unit that is not at its end, and its sums at each point.
    private struct Unit {
        var accesses: UInt64 = 0
        var totals: [[RunningTotal]] = []
    }

    private let inner: any SweepGroup
    private let sampling: SweepSampling
    private var open: [Int: Unit] = [:]
    private var tallies: [[UnitTally]] = []
    private var names: [[(name: String, isRate: Bool)]] = []
    private var counted: UInt64 = 0
    private var units = 0

    init(_ inner: any SweepGroup, _ sampling: SweepSampling) {
        self.inner = inner
        self.sampling = sampling
    }

    var lines: Int { inner.lines }
    var totals: [[RunningTotal]] { inner.totals }

    func leaveGap() { inner.leaveGap() }

    func replay(_ accesses: UnsafeBufferPointer<MemoryAccess>, first: UInt64, highestCore: Int) {
        preconditionFailure("a sample is replayed part by part")
    }

    func replay(_ window: AccessWindow) {
        window.accesses.withUnsafeBufferPointer { accesses in
            for part in window.parts {
                if part.followsGap { inner.leaveGap() }
                let piece = UnsafeBufferPointer(rebasing: accesses[part.range])
                guard let number = part.unit else {
                    inner.replay(piece, first: window.firstRecord, highestCore: window.highestCore)
                    continue
                }
                let before = inner.totals
                inner.replay(piece, first: window.firstRecord, highestCore: window.highestCore)
                add(zip(inner.totals, before).map { zip($0, $1).map(-) }, of: part, to: number)
            }
        }
    }

    private func add(_ difference: [[RunningTotal]], of part: SamplePart, to number: Int) {
        var unit = open[number] ?? Unit()
        unit.accesses += part.accesses
        if unit.totals.isEmpty {
            unit.totals = difference
        } else {
            for point in difference.indices {
                for place in difference[point].indices {
                    unit.totals[point][place] += difference[point][place]
                }
            }
        }
        open[number] = unit
        if part.endsUnit { close(number) }
    }

    private func close(_ number: Int) {
        guard let unit = open.removeValue(forKey: number) else { return }
        if tallies.isEmpty {
            tallies = unit.totals.map { $0.map { _ in UnitTally() } }
            names = unit.totals.map { $0.map { ($0.name, $0.per != nil) } }
        }
        for point in tallies.indices {
            for (place, total) in unit.totals[point].enumerated() {
                tallies[point][place].add(x: total.per ?? Double(unit.accesses), total)
            }
        }
        counted += unit.accesses
        units += 1
    }

    func finish(_ size: TraceSize) -> [SweepOutcome] {
        // Sets are at their end when the trace is; a piece that the trace's end has cut is none.
        if case .sets = sampling { for number in open.keys.sorted() { close(number) } }
        let outcomes = inner.finish(size)
        return outcomes.enumerated().map { place, outcome in
            if case .impossible = outcome.content { return outcome }
            guard units >= SweepSampling.fewestUnits else {
                return SweepOutcome(
                    number: outcome.number,
                    content: .impossible(
                        "the sample: found \(units) units in the trace, expected at least "
                            + "\(SweepSampling.fewestUnits)"))
            }
            return SweepOutcome(
                number: outcome.number, content: .sampled(estimates(of: place, size)))
        }
    }

    private func estimates(of point: Int, _ size: TraceSize) -> SampledCounts {
        let share: Double =
            switch sampling {
            case .sets(let sample): Double(sample.taken) / Double(sample.groups)
            case .intervals: Double(counted) / Double(size.accesses)
            }
        let quantile = StudentT.quantile(
            freedom: units - 1, probability: SweepEstimate.confidence)
        return SampledCounts(
            sampling: sampling, records: size.records, units: units,
            share: Double(counted) / Double(size.accesses),
            estimates: zip(names[point], tallies[point]).compactMap { given, tally in
                tally.estimate(
                    of: given.isRate ? nil : Double(size.accesses), share: share,
                    quantile: quantile
                ).map { (given.name, given.isRate ? $0 : $0.whole) }
            })
    }
}
