import Foundation
import Testing

/// `staleline sweep report` as a person meets it.
@Suite("The report of a sweep")
struct SweepReportCommandTests {
    private let folder: Folder
    private let file: String

    init() throws {
        folder = try Folder()
        file = folder.path("sweep.db")
        let trace = try SweepKillTests.trace(folder, count: 2_000)
        let result = try Program.run(
            [
                "sweep", trace, "--plain", "--l1d-size", "1K..8K", "--l1d-ways", "1,2",
                "--l1d-line", "32", "-o", file,
            ])
        #expect(result.status == 0, "\(result.error)")
    }

    @Test("Points come first, then what they say; --analysis is that alone")
    func text() throws {
        let all = try Program.run(["sweep", "report", file])
        let analysis = try Program.run(["sweep", "report", file, "--analysis"])
        #expect(all.status == 0 && analysis.status == 0)
        #expect(all.out.hasSuffix("\n" + analysis.out))
        #expect(all.out.contains("Of 8 points: 8 run."))
        #expect(analysis.out.contains("matters most"))
    }

    @Test("Each ending is a form, and the same sweep gives the same bytes")
    func files() throws {
        let library = folder.path("chart.js")
        try Data("/*!\n * Chart.js v4.4.0\n */ var Chart;".utf8)
            .write(to: URL(fileURLWithPath: library))
        let heads = [
            "a.svg": "<svg", "a.json": "{", "a.csv": "part,item", "a.txt": "Pareto front",
            "a.html": "<!DOCTYPE html>",
        ]
        for (name, head) in heads.sorted(by: { $0.key < $1.key }) {
            let options = name == "a.html" ? ["--library", library] : []
            let result = try Program.run(
                ["sweep", "report", file, "-o", folder.path(name)] + options)
            #expect(result.status == 0 && result.error == "", "\(name): \(result.error)")
            #expect(result.out.contains("matters most"))
            let first = try folder.bytes(name)
            #expect(String(decoding: first, as: UTF8.self).hasPrefix(head), "\(name)")
            _ = try Program.run(["sweep", "report", file, "-o", folder.path(name)] + options)
            #expect(try folder.bytes(name) == first, "\(name)")
        }
        let page = String(decoding: try folder.bytes("a.html"), as: UTF8.self)
        #expect(page.contains("Chart.js v4.4.0"))
    }

    @Test(
        "What cannot be done is refused, with what is expected",
        arguments: [
            (["-o", "x.gif"], "expected a name that ends in .html"),
            (["-o", "x.html", "--chart", "heat"], "is no picture"),
            (["-o", "x.svg", "--library", "y.js"], "is no page"),
            (["-o", "x.html", "--library", "README.md"], "expected version 3 or 4"),
            (["--chart", "heat"], "expected -o and a file"),
            (["--metric", "L1D.miss"], "expected a metric of the sweep"),
            (["--pareto", "area.bits,"], "expected 1 to 8 different names"),
            (["--heat", "l1d.size"], "expected 2 different names"),
            (["--heat", "l1d.size,l2.size"], "found 'l2.size', expected an axis"),
        ])
    func refusals(arguments: [String], words: String) throws {
        let result = try Program.run(["sweep", "report", file] + arguments)
        #expect(result.status == 2)
        #expect(result.error.contains(words), "\(result.error)")
    }
}
