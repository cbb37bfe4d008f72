import Experiments
import Foundation
import Reports
import Testing

/// Charts and pages of a small sweep.
@Suite("Charts of a sweep")
struct SweepChartTests {
    private let report: SweepAnalysisReport

    init() throws { report = SweepAnalysisReport(try SweepAnalysis(SampleTable.caches)) }

    @Test(
        "Each chart is the picture that was looked at",
        arguments: SweepAnalysisReport.Chart.allCases)
    func golden(chart: SweepAnalysisReport.Chart) throws {
        try keep(try #require(report.svg(chart)), "\(chart.rawValue).svg")
    }

    /// What was looked at once and kept; `STALELINE_GOLDEN=write` writes it anew, to be looked at again.
    private func keep(_ text: String, _ name: String) throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Data/\(name)")
        if ProcessInfo.processInfo.environment["STALELINE_GOLDEN"] == "write" {
            try Data(text.utf8).write(to: file)
        }
        let kept = try String(contentsOf: file, encoding: .utf8)
        #expect(text == kept, "\(name) differs; look at the new one before it is kept")
    }

    @Test("Pictures and pages are well-formed", arguments: [true, false])
    func wellFormed(hasLibrary: Bool) throws {
        for chart in SweepAnalysisReport.Chart.allCases {
            #expect(Self.unclosed(try #require(report.svg(chart))) == [], "\(chart)")
        }
        let library = try #require(PlottingLibrary(Self.library))
        let page = report.html(library: hasLibrary ? library : nil)
        for chart in SweepAnalysisReport.Chart.allCases {
            #expect(page.contains(try #require(report.svg(chart))))
        }
        #expect(page.contains("<script") == hasLibrary)
        #expect(page.contains("Permission is hereby granted") == hasLibrary)
    }

    /// The elements of a text in XML that are not closed in order; of a wrong end its name with a slash.
    private static func unclosed(_ text: String) -> [String] {
        var open: [String] = []
        for part in text.split(separator: "<").map(String.init) {
            let tag = part.prefix { $0 != ">" }
            let name = String(tag.prefix { $0 != " " && $0 != "\n" })
            if name.hasPrefix("/") {
                guard open.popLast() == String(name.dropFirst()) else { return open + [name] }
            } else if !tag.hasSuffix("/") {
                open.append(name)
            }
            // Neither in attributes nor in words may one stand that is not of an element.
            if tag.count(where: { $0 == "\"" }) % 2 != 0 || !part.contains(">") { return [part] }
        }
        return open
    }

    private static let library = "/*!\n * Chart.js v3.9.1\n */\nvar Chart = 1;"

    @Test("A page fetches nothing, and no name of the user's ends a script")
    func alone() throws {
        let table = SampleTable.make(
            [2, 2], values: [["</script><script>alert(1)//", "2"], ["1", "2"]]
        ) { [Double($0[0] + $0[1])] }
        let page = SweepAnalysisReport(try SweepAnalysis(table))
            .html(library: PlottingLibrary(Self.library))
        for word in [" src=", "@import", "url(", "<link", "fetch("] {
            #expect(!page.contains(word), "\(word)")
        }
        #expect(page.contains("default-src 'none'"))
        #expect(!page.contains("<script>alert"))
        #expect(page.components(separatedBy: "</script>").count == 4)
    }

    @Test("Only Chart.js 3 and 4 are taken")
    func libraries() {
        #expect(PlottingLibrary(Self.library)?.version == "3.9.1")
        #expect(PlottingLibrary(Self.library.replacing("3.9.1", with: "2.9.4")) == nil)
        #expect(PlottingLibrary("var d3 = 1;") == nil)
        #expect(PlottingLibrary(Self.library + "'</script>'") == nil)
    }

    @Test("The report for people")
    func text() throws { try keep(report.text, "report.txt") }

    @Test("Lines of the report have at most 80 characters, with many axes, too")
    func width() throws {
        let table = SampleTable.make(
            [3, 3, 3, 3], keys: ["l1d.replacement", "l1i.replacement", "l2.replacement", "l2.size"]
        ) { [Double($0.reduce(1) { 7 * $0 + $1 })] }
        let text = SweepAnalysisReport(try SweepAnalysis(table)).text
        for line in text.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
    }

    @Test("The forms for programs say the same as the text")
    func forms() throws {
        let json = try #require(
            JSONSerialization.jsonObject(with: Data(report.json.text.utf8)) as? [String: Any])
        #expect(json["schema"] as? String == "staleline.sweep-analysis/1")
        #expect(json["verdict"] as? String == report.verdict)
        let smallest = try #require(json["smallestWithin5Percent"] as? [String: Any])
        #expect(smallest["settings"] as? [String: String] == ["l1d.size": "32K", "l1d.ways": "1"])
        let lines = report.csv.split(separator: "\n").map(String.init)
        #expect(lines.first == "part,item,settings,metric,value")
        #expect(lines.contains("front,4,\"l1d.size=32K, l1d.ways=1\",L1D.misses,60"))
        #expect(lines.contains("curve,l1d.ways=4,\"l1d.ways=4, l1d.size=16K\",L1D.missRate,0.155"))
        #expect(lines.contains("heat,,\"l1d.ways=1, l1d.size=8K\",L1D.misses,400"))
    }

    @Test("A sweep of one point has a verdict and no charts but what it has")
    func single() throws {
        let one = SweepAnalysisReport(try SweepAnalysis(SampleTable.make([1]) { _ in [7] }))
        #expect(SweepAnalysisReport.Chart.allCases.allSatisfy { one.svg($0) == nil })
        #expect(
            one.verdict
                == "Nothing that was varied changes y. The least is 7. Of 1 points 1 has the best y."
        )
    }
}
