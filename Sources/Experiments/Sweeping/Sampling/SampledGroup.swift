import MemoryModel
import Operations

/// Points of a sweep that count a sample of a trace.
final class SampledGroup: SweepGroup, @unchecked Sendable {
    /// A unit that is not at its end, and its sums at each point.
    private struct Unit {
        var counts = AccessCounts()
        var totals: [[RunningTotal]] = []
    }

    private let inner: any SweepGroup
    private let sampling: SweepSampling
    /// The sets that are counted; nil: pieces of the trace are.
    private let sets: SetSample?
    private var open: [Int: Unit] = [:]
    private var tallies: [[UnitTally]] = []
    /// What each point's totals are, as they were first.
    private var kinds: [[RunningTotal]] = []
    private var counted = AccessCounts()
    private var units = 0

    init(_ inner: any SweepGroup, _ sampling: SweepSampling) {
        self.inner = inner
        self.sampling = sampling
        if case .sets(let sample) = sampling { sets = sample } else { sets = nil }
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
        unit.counts += part.counts
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
        // Of sets that nothing was done to, nothing was counted, which tells as much as what was.
        let unit =
            open.removeValue(forKey: number)
            ?? Unit(totals: inner.totals.map { $0.map { $0 - $0 } })
        if tallies.isEmpty {
            tallies = unit.totals.map { $0.map { _ in UnitTally() } }
            kinds = unit.totals
        }
        for point in tallies.indices {
            for (place, total) in unit.totals[point].enumerated() {
                let accesses = total.per ?? Double(unit.counts[total.base])
                tallies[point][place].add(
                    x: isByGroups(total) ? Double(sets?.groupsOfUnit[number] ?? 0) : accesses,
                    accesses: accesses, total)
            }
        }
        counted += unit.counts
        units += 1
    }

    /// Whether what is counted is worked out from how many groups of sets were, not from accesses.
    private func isByGroups(_ total: RunningTotal) -> Bool {
        sets != nil && total.growth == .sets
    }

    func finish(_ size: TraceSize) -> [SweepOutcome] {
        // Sets are at their end when the trace is; a piece that its end cuts is as long as it is.
        for number in sets.map({ Array(0..<$0.units) }) ?? open.keys.sorted() { close(number) }
        let outcomes = inner.finish(size)
        let quantile =
            units < SweepSampling.fewestUnits
            ? 0 : StudentT.quantile(freedom: units - 1, probability: SweepEstimate.confidence)
        return outcomes.enumerated().map { place, outcome in
            if case .impossible = outcome.content { return outcome }
            guard units >= SweepSampling.fewestUnits else {
                return SweepOutcome(
                    number: outcome.number,
                    content: .impossible(
                        "the sample: found \(units) units in the trace, expected at least "
                            + "\(SweepSampling.fewestUnits)"))
            }
            guard counted[.all] > 0 else {
                return SweepOutcome(
                    number: outcome.number,
                    content: .impossible(
                        "the sample: found no access of the trace in it, expected a larger share"))
            }
            return SweepOutcome(
                number: outcome.number, content: .sampled(estimates(of: place, size, quantile)))
        }
    }

    private func estimates(
        of point: Int, _ size: TraceSize, _ quantile: Double
    ) -> SampledCounts {
        let taken = Double(counted[.all]) / Double(size.counts[.all])
        let share = sets.map { Double($0.taken) / Double($0.groups) } ?? taken
        return SampledCounts(
            sampling: sampling, records: size.records, units: units, share: taken,
            estimates: zip(kinds[point], tallies[point]).compactMap { kind, tally in
                estimate(kind, tally, size, share: share, quantile: quantile).map {
                    SampledCounts.Named(
                        name: kind.name, estimate: kind.per == nil ? $0.whole : $0)
                }
            })
    }

    private func estimate(
        _ kind: RunningTotal, _ tally: UnitTally, _ size: TraceSize, share: Double,
        quantile: Double
    ) -> SweepEstimate? {
        let accesses = Double(size.counts[kind.base])
        guard let sets, isByGroups(kind) else {
            return tally.estimate(
                of: kind.per == nil ? accesses : nil, share: share, quantile: quantile)
        }
        if accesses == 0 { return kind.per == nil ? SweepEstimate(value: 0, low: 0, high: 0) : nil }
        // A cache counts more of them than the trace has where one crosses lines.
        let own =
            kind.per == nil ? accesses : tally.accesses / Double(counted[kind.base]) * accesses
        let all = tally.estimate(
            of: Double(sets.groups), accesses: own, share: share, quantile: quantile)
        guard kind.per != nil else { return all }
        return all.map {
            SweepEstimate(value: $0.value / own, low: $0.low / own, high: $0.high / own)
        }
    }
}
