import Experiments
import Quantities
import Testing

@testable import Reports

/// Where numbers stand along an axis, and which marks have words.
@Suite("Scales of figures")
struct FigureScaleTests {
    private func scale(_ range: ClosedRange<Double>, isLogarithmic: Bool = true) -> FigureScale {
        FigureScale(
            range, isLogarithmic: isLogarithmic, unit: MetricUnit("y", upTo: range.upperBound))
    }

    private func words(_ scale: FigureScale) -> [String] {
        scale.ticks.map(\.label).filter { !$0.isEmpty }
    }

    @Test("Over decades only their powers have words, and all are equally far apart")
    func decades() {
        // From 1 / 1.15 to 1,000 · 1.25: 0.9, nine marks in each decade, and the last power.
        let found = scale(1...1_000)
        #expect(found.isLogarithmic)
        #expect(found.ticks.count == 1 + 3 * 9 + 1)
        #expect(words(found) == ["1", "10", "100", "1,000"])
        let places = [1.0, 10, 100, 1_000].map(found.position)
        for place in 0..<3 {
            #expect(abs(places[place + 1] - places[place] - (places[1] - places[0])) < 1e-9)
        }
        #expect(found.ticks.map(\.position) == found.ticks.map(\.position).sorted())
        #expect(found.ticks.allSatisfy { 0...1 ~= $0.position })
        let first = found.ticks.first { !$0.label.isEmpty }
        #expect(first.map { abs($0.position - places[0]) < 1e-9 } == true)
    }

    @Test("The fewer decades, the more of their parts have words")
    func parts() {
        // 17.4 to 112.5, and 0.87 to 37.5.
        #expect(words(scale(20...90)) == ["20", "30", "40", "50", "60", "80", "100"])
        #expect(words(scale(1...30)) == ["1", "2", "5", "10", "20"])
        // Below one, too.
        #expect(words(scale(0.01...0.02)) == ["0.01", "0.02"])
    }

    @Test("What is not above zero has no logarithm, whatever is wanted")
    func zero() {
        let found = scale(0...90)
        #expect(!found.isLogarithmic)
        #expect(words(found).first == "0")
        #expect(found.position(0) == 0)
    }

    @Test("One number alone stands in the middle of some marks")
    func single() {
        let found = scale(5...5, isLogarithmic: false)
        #expect(words(found) == ["4.8", "4.9", "5", "5.1", "5.2"])
        #expect(abs(found.position(5) - 0.5) < 1e-9)
        let small = scale(0.3...0.3, isLogarithmic: false)
        #expect(small.ticks.count >= 4)
    }

    @Test("An axis of words has its values equally far apart; one of sizes goes by powers")
    func axes() {
        let policies = FigureScale(MachineAxis(key: "l1d.replacement", values: ["lru", "fifo"]))
        #expect(!policies.isLogarithmic)
        #expect(policies.ticks.map(\.label) == ["lru", "fifo"])
        #expect(policies.ticks.map(\.position) == [0.25, 0.75])
        #expect(policies.position(1) == 0.75)
        let sizes = FigureScale(MachineAxis(key: "l1d.size", values: ["8K", "32K", "16K"]))
        #expect(sizes.isLogarithmic)
        #expect(sizes.ticks.map(\.label) == ["8K", "16K", "32K"])
        #expect(abs(sizes.position(16_384) - 0.5) < 1e-9)
    }

    @Test("Points that are no grid are said to be none, and a share that is not known is a dash")
    func ranks() throws {
        // As in the analysis: four points, two values of a, each with its own of b.
        let table = SampleTable.make([2, 64]) { places in
            [[0, 3], [0, 17], [1, 40], [1, 60]].contains(places)
                ? [[3: 1.0, 17: 5, 40: 7, 60: 1_000][places[1]] ?? 0] : nil
        }
        let report = SweepAnalysisReport(try SweepAnalysis(table))
        #expect(
            report.verdict.hasPrefix(
                "a matters most: it explains 70.0 % of the variance of the ranks of y. The least is 1 at a=1, b=4."
            ), "\(report.verdict)")
        let text = report.text.split { $0 == " " || $0 == "\n" }.joined(separator: " ")
        #expect(text.contains("The 4 points are no whole grid"), "\(report.text)")
        #expect(text.contains("interactions and chance 30.0"), "\(report.text)")
        let row = report.text.split(separator: "\n").first { $0.hasPrefix("b ") }
        #expect(row?.contains("–") == true, "\(report.text)")
        let chart = try #require(report.svg(.sensitivity))
        #expect(chart.contains("share of the variance of the ranks of y"))
        #expect(chart.contains("interactions and chance"))
        #expect(report.json.text.contains("\"ranks\""))
    }

    @Test("Values over powers of ten are shown so, and what is left out of the grid is named")
    func logarithms() throws {
        let table = SampleTable.make([3, 2]) {
            $0 == [2, 1] ? nil : [[1.0, 10, 100, 1_000, 10_000, 0][2 * $0[0] + $0[1]]]
        }
        let report = SweepAnalysisReport(try SweepAnalysis(table))
        let text = report.text.split { $0 == " " || $0 == "\n" }.joined(separator: " ")
        #expect(
            report.verdict.contains("of the variance of the logarithm of y"), "\(report.verdict)")
        #expect(
            text.contains("the logarithm of the metric, whose values span a factor of ten or more"))
        #expect(
            text.contains("Left out, because points with it are missing: a=3."), "\(report.text)")
        let heat = try #require(report.svg(.heat))
        #expect(heat.contains(">logarithmic<"))
        // The cell without a number.
        #expect(heat.contains(">–<"))
        #expect(try #require(report.svg(.sensitivity)).contains("the logarithm of y"))
    }
}
