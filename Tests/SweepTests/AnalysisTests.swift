import Experiments
import Quantities
import Testing

/// Tables for tests, of a function of the places.
enum SampleTable {
    /// A whole grid of axes `a`, `b`, … with so many values each, without the points for which `value` gives nil.
    static func make(
        _ counts: [Int], metrics: [String] = ["y"], keys: [String] = ["a", "b", "c", "d"],
        values: [[String]]? = nil, _ value: ([Int]) -> [Double?]?
    ) -> SweepTable {
        let axes = counts.enumerated().map { axis, count in
            MachineAxis(
                key: keys[axis], values: values?[axis] ?? (0..<count).map { "\($0 + 1)" })
        }
        let all = counts.reduce(1, *)
        let rows = (0..<UInt64(all)).compactMap { number -> SweepTable.Row? in
            let places = SweepPlan.places(of: number, in: counts)
            return value(places).map {
                SweepTable.Row(number: number, places: places, state: .done, values: $0)
            }
        }
        return SweepTable(axes: axes, metrics: metrics, rows: rows)
    }

    /// Caches of three sizes and two ways, whose misses are made up.
    static let caches: SweepTable = {
        let misses: [[Double]] = [[400, 300], [200, 310], [60, 58]]
        return make(
            [3, 2], metrics: ["L1D.readMisses", "L1D.reads", "area.bits"],
            keys: ["l1d.size", "l1d.ways"], values: [["8K", "16K", "32K"], ["1", "4"]]
        ) { places in
            let bits = 70_000 * Double(1 << places[0]) + Double(places[1]) * 1_000
            return [misses[places[0]][places[1]], 2_000, bits]
        }
    }()
}

@Suite("The front of a sweep")
struct ParetoFrontTests {
    @Test("Of six caches, the five that no other beats, by area")
    func caches() {
        let front = ParetoFront(
            of: SampleTable.caches,
            by: [SweepObjective("area.bits"), SweepObjective("L1D.misses")])
        #expect(
            front.entries.map(\.values) == [
                [70_000, 400], [71_000, 300], [140_000, 200], [280_000, 60], [281_000, 58],
            ])
        #expect(front.beaten == 1)
        let most = ParetoFront(
            of: SampleTable.caches,
            by: [SweepObjective("area.bits"), SweepObjective("L1D.misses", wantsMost: true)])
        #expect(most.entries.map(\.values) == [[70_000, 400]])
        #expect(most.beaten == 5)
    }

    @Test("Points with the same numbers are one entry, and those without a number are counted")
    func equal() {
        let table = SampleTable.make([5], metrics: ["x", "y"]) { places in
            [[1, 2], [1, 2], [1, 3], [nil, 1], [0, 2.5]][places[0]]
        }
        let front = ParetoFront(of: table, by: [SweepObjective("x"), SweepObjective("y")])
        #expect(front.entries.map(\.values) == [[0, 2.5], [1, 2]])
        #expect(front.entries.map(\.rows) == [[4], [0, 1]])
        #expect((front.beaten, front.unweighed) == (1, 1))
        #expect(front.contains(row: 1) && !front.contains(row: 2))
    }

    /// Few different numbers, so that there are equal ones in every combination.
    @Test(
        "No point of a front is beaten, and every other is",
        arguments: 1...60 as ClosedRange<UInt64>)
    func random(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let names = Array(["p", "q", "r", "s"].prefix(Int.random(in: 1...4, using: &generator)))
        let range = [3, 8, 1_000].randomElement(using: &generator) ?? 3
        let count = Int.random(in: 1...60, using: &generator)
        let table = SampleTable.make([count], metrics: names) { _ in
            names.map { _ in
                Int.random(in: 0..<20, using: &generator) == 0
                    ? nil : Double(Int.random(in: 0..<range, using: &generator))
            }
        }
        let objectives = names.map {
            SweepObjective($0, wantsMost: Bool.random(using: &generator))
        }
        let front = ParetoFront(of: table, by: objectives)
        func beats(_ one: SweepTable.Row, _ other: SweepTable.Row) -> Bool {
            let pairs = zip(zip(one.values, other.values), objectives).map { values, objective in
                let sign: Double = objective.wantsMost ? -1 : 1
                return (sign * (values.0 ?? 0), sign * (values.1 ?? 0))
            }
            return pairs.allSatisfy { $0.0 <= $0.1 } && pairs.contains { $0.0 < $0.1 }
        }
        let weighed = table.rows.filter { !$0.values.contains(nil) }
        var members = 0
        for row in weighed {
            let isBeaten = weighed.contains { beats($0, row) }
            let index = table.rows.firstIndex(of: row) ?? -1
            #expect(front.contains(row: index) == !isBeaten, "seed \(seed), point \(row.number)")
            members += isBeaten ? 0 : 1
        }
        #expect(front.entries.reduce(0) { $0 + $1.rows.count } == members)
        #expect(front.beaten + members == weighed.count)
        #expect(front.unweighed == table.rows.count - weighed.count)
    }
}

@Suite("Which knob of a sweep matters")
struct SweepSensitivityTests {
    private func near(_ left: Double?, _ right: Double) -> Bool {
        left.map { abs($0 - right) < 1e-12 } ?? false
    }

    /// What is expected was worked out by hand.
    ///
    /// y = 4a + 2b is 0, 2, 4, 6 with the mean 3 and squares 9 + 1 + 1 + 9 = 20. The means of a are 1 and 5: 4 · 2² = 16. Those of
    /// b are 2 and 4: 4 · 1² = 4.
    @Test("Two knobs that add")
    func additive() throws {
        let table = SampleTable.make([2, 2]) { [Double(4 * $0[0] + 2 * $0[1])] }
        let found = try #require(SweepSensitivity(of: "y", in: table))
        #expect(found.method == .grid && !found.isLogarithmic && found.points == 4)
        #expect(found.knobs.map(\.key) == ["a", "b"])
        #expect(near(found.knobs[0].share, 0.8) && near(found.knobs[1].share, 0.2))
        #expect(near(found.pairs[0].share, 0) && near(found.rest, 0))
        #expect(found.knobs[0].levels.map(\.mean) == [1, 5])
    }

    /// What is expected was worked out by hand.
    ///
    /// y is 0, 0, 0, 4: mean 1, squares 1 + 1 + 1 + 9 = 12. The means of each knob are 0 and 2: 4 · 1² = 4 of 12; what is left
    /// is their interaction.
    @Test("Two knobs that work together")
    func interaction() throws {
        let table = SampleTable.make([2, 2]) { [$0 == [1, 1] ? 4 : 0] }
        let found = try #require(SweepSensitivity(of: "y", in: table))
        #expect(found.knobs.allSatisfy { near($0.share, 1.0 / 3) })
        #expect(near(found.pairs[0].share, 1.0 / 3) && near(found.rest, 0))
    }

    @Test("What only three knobs together make is the rest")
    func parity() throws {
        let table = SampleTable.make([2, 2, 2]) { [Double($0.reduce(0, +) % 2)] }
        let found = try #require(SweepSensitivity(of: "y", in: table))
        #expect(found.knobs.allSatisfy { near($0.share, 0) })
        #expect(found.pairs.allSatisfy { near($0.share, 0) } && near(found.rest, 1))
    }

    /// 1, 10, 100, 1000: their logarithms are 0, 1, 2, 3 times a constant, as in `additive`.
    @Test("Values over powers of ten are judged by their logarithms")
    func logarithm() throws {
        let table = SampleTable.make([2, 2]) { [[1.0, 10, 100, 1_000][2 * $0[0] + $0[1]]] }
        let found = try #require(SweepSensitivity(of: "y", in: table))
        #expect(found.isLogarithmic)
        #expect(near(found.knobs[0].share, 0.8) && near(found.knobs[1].share, 0.2))
        #expect(found.knobs[0].levels.map(\.mean) == [5.5, 550])
    }

    @Test("The largest whole grid within the points is taken, and what is left out is named")
    func partial() throws {
        let table = SampleTable.make([3, 2]) {
            $0 == [0, 1] ? nil : [Double(4 * $0[0] + 2 * $0[1])]
        }
        let found = try #require(SweepSensitivity(of: "y", in: table))
        #expect(found.method == .grid && found.points == 4)
        #expect(found.omitted == ["a=1"])
        #expect(near(found.knobs[0].share, 0.8) && near(found.knobs[1].share, 0.2))
    }

    /// What is expected was worked out by hand.
    ///
    /// Four points of which each has its own value of b, and two each value of a. Ranks 1, 2 | 3, 4: squares 5, between
    /// 4 · 1² = 4, so eta squared is 0.8 and epsilon squared 1 − 0.2 · 3 / 2 = 0.7. b has as many values as there are points.
    @Test("Points that are no grid are judged by ranks, less what chance explains")
    func ranks() throws {
        let table = SampleTable.make([2, 64]) { places in
            [[0, 3], [0, 17], [1, 40], [1, 60]].contains(places)
                ? [[3: 1.0, 17: 5, 40: 7, 60: 1_000][places[1]] ?? 0] : nil
        }
        let found = try #require(SweepSensitivity(of: "y", in: table))
        #expect(found.method == .ranks && found.pairs.isEmpty)
        #expect(found.knobs.map(\.key) == ["a", "b"])
        #expect(near(found.knobs[0].share, 0.7))
        #expect(found.knobs[1].share == nil)
        #expect(near(found.rest, 0.3))
    }

    @Test("Where nothing varies there is nothing to say")
    func constant() {
        #expect(SweepSensitivity(of: "y", in: SampleTable.make([2, 2]) { _ in [7] }) == nil)
        #expect(SweepSensitivity(of: "z", in: SampleTable.make([2]) { _ in [7] }) == nil)
        #expect(SweepSensitivity(of: "y", in: SampleTable.make([2]) { _ in [nil] }) == nil)
    }

    @Test("Shares of a whole grid sum to one", arguments: 1...30 as ClosedRange<UInt64>)
    func sum(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let counts = (0..<3).map { _ in Int.random(in: 2...4, using: &generator) }
        let table = SampleTable.make(counts) { _ in
            [
                Double.random(
                    in: 1...[2.0, 1_000].randomElement(using: &generator)!, using: &generator)
            ]
        }
        let found = try #require(SweepSensitivity(of: "y", in: table))
        let shares = found.knobs.compactMap(\.share) + found.pairs.map(\.share)
        #expect(abs(shares.reduce(found.rest, +) - 1) < 1e-9, "seed \(seed)")
        #expect(shares.allSatisfy { 0...1 ~= $0 })
    }
}

@Suite("Slices of a sweep")
struct SweepSliceTests {
    @Test("The smallest cache within 5 % of the best")
    func smallest() throws {
        let table = SampleTable.caches
        // 58 is the least; 60 is within 5 % of it (60.9) and smaller.
        #expect(table.best(in: "L1D.misses") == 5)
        #expect(table.smallest(within: 0.05, of: "L1D.misses") == 4)
        #expect(table.smallest(within: 0.03, of: "L1D.misses") == 5)
    }

    @Test("Curves go along the size, one for each number of ways")
    func curves() throws {
        let analysis = try SweepAnalysis(SampleTable.caches)
        #expect(analysis.metric == "L1D.misses")
        let curves = try #require(analysis.curves)
        #expect(curves.metric == "L1D.missRate" && curves.axis.key == "l1d.size")
        #expect(curves.series.map(\.key) == ["l1d.ways"])
        #expect(
            curves.curves.map { $0.points.map(\.value) } == [
                [0.2, 0.1, 0.03], [0.15, 0.155, 0.029],
            ])
    }

    @Test("Axes that a heat map does not show are at the best point, or averaged over")
    func others() throws {
        let table = SampleTable.make([2, 2, 2]) { [Double(100 * $0[0] + 10 * $0[1] - $0[2])] }
        let best = try #require(
            SweepHeatMap(of: table, metric: "y", across: 0, up: 1, others: .best))
        #expect(best.cells == [[-1, 99], [9, 109]])
        #expect(best.fixed == [AxisSetting("c", "2")])
        let mean = try #require(
            SweepHeatMap(of: table, metric: "y", across: 0, up: 1, others: .mean))
        #expect(mean.cells == [[-0.5, 99.5], [9.5, 109.5]])
    }

    @Test("Of points that are no grid, charts show means, unless they are asked not to")
    func sample() throws {
        let table = SampleTable.make([8, 8, 8], keys: ["l1d.size", "l1d.ways", "l1d.line"]) {
            places in
            places.reduce(0, +) % 8 == 0 ? [Double(places[0] * 10 + places[1] * 5)] : nil
        }
        let analysis = try SweepAnalysis(table)
        #expect(analysis.sensitivity?.method == .ranks)
        #expect(analysis.heat?.others == .mean && analysis.curves?.others == .mean)
        #expect(analysis.curves?.series.map(\.key) == ["l1d.ways"])
        let best = try SweepAnalysis(table, SweepQuestion(others: .best))
        #expect(best.heat?.others == .best)
    }

    @Test("Names that the sweep has not are refused, with what it has")
    func names() {
        func fault(_ question: SweepQuestion) -> String {
            do {
                _ = try SweepAnalysis(SampleTable.caches, question)
                return ""
            } catch { return "\(error)" }
        }
        #expect(
            fault(SweepQuestion(metric: "L1D.mises"))
                .hasPrefix(
                    "--metric: found 'L1D.mises', expected a metric of the sweep, as L1D.misses:"))
        #expect(fault(SweepQuestion(along: "l2.size")).hasPrefix("--along: found 'l2.size'"))
        #expect(fault(SweepQuestion(heat: ("l1d.size", "l1d.size"))).contains("twice"))
        #expect(fault(SweepQuestion(objectives: [SweepObjective("x")])).hasPrefix("--pareto"))
        #expect(fault(SweepQuestion()) == "")
    }
}
