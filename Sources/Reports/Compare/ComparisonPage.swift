import Experiments
import Hazards

/// A comparison as one page of HTML that needs nothing else.
struct ComparisonPage {
    private let title: String
    private var parts: [String] = []

    private static let style = """
        body{font:15px/1.5 sans-serif;color:#222;background:#fff;margin:2em auto;max-width:70em;padding:0 1em}
        h1{font-size:1.4em}h2{font-size:1.1em;margin-top:2em}
        table{border-collapse:collapse;font-size:13px}
        th,td{padding:.2em .6em;border-bottom:1px solid #ddd;text-align:right;white-space:nowrap}
        th:first-child,td:first-child{text-align:left}
        tr.wrong td{color:#b00020}.wide{overflow-x:auto}
        p.verdict{background:#eef4fa;border-left:4px solid #1f6fb4;padding:.6em 1em}
        svg{max-width:100%;height:auto}
        """

    init(title: String) { self.title = title }

    mutating func heading(_ text: String) { parts.append("<h2>\(SVG.escaped(text))</h2>") }

    mutating func paragraph(_ text: String, isVerdict: Bool = false) {
        parts.append("<p\(isVerdict ? " class=\"verdict\"" : "")>\(SVG.escaped(text))</p>")
    }

    mutating func picture(_ svg: String) { parts.append(svg) }

    mutating func table(_ table: TextTable) {
        func row(_ cells: [String], _ tag: String) -> String {
            let isWrong = cells.contains { $0.hasPrefix("WRONG") }
            return "<tr\(isWrong ? " class=\"wrong\"" : "")>"
                + cells.map { "<\(tag)>\(SVG.escaped($0))</\(tag)>" }.joined() + "</tr>"
        }
        parts.append(
            "<div class=\"wide\"><table><thead>\(row(table.head, "th"))</thead><tbody>\n"
                + table.rows.map { row($0, "td") }.joined(separator: "\n")
                + "\n</tbody></table></div>")
    }

    mutating func list(_ items: [String]) {
        guard !items.isEmpty else { return }
        parts.append(
            "<ul>\n" + items.map { "<li>\(SVG.escaped($0))</li>" }.joined(separator: "\n")
                + "\n</ul>")
    }

    /// The whole file.
    var file: String {
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
            + "<meta name=\"viewport\" content=\"width=device-width\">\n"
            + "<title>\(SVG.escaped(title))</title>\n<style>\(Self.style)</style>\n</head>\n<body>\n"
            + "<h1>\(SVG.escaped(title))</h1>\n" + parts.joined(separator: "\n")
            + "\n</body>\n</html>\n"
    }
}

extension CompareReport {
    /// The bars as a file in SVG.
    public var svg: String { CostChart(self).svg }

    /// The report as one page of HTML.
    public var html: String {
        let setup = comparison.setup
        var page = ComparisonPage(
            title: "Mapping strategies: \(setup.file) on \(setup.machine.name)")
        page.paragraph(conclusion, isVerdict: true)
        page.picture(svg)
        page.heading("What each strategy costs (times in µs)")
        page.table(costs)
        page.heading("Core 0's time by cause (µs)")
        page.table(causes)
        page.heading("What each does")
        page.list(
            comparison.results.map { "\($0.strategy.rawValue): \($0.strategy.summary)" }
                + comparison.unavailable.map(\.line))
        let wrong = comparison.results.filter { !$0.isCorrect }
        if !wrong.isEmpty {
            page.heading("What is wrong")
            page.list(
                wrong.flatMap { result in
                    Set(result.findings.map(\.code)).sorted().map { code in
                        "\(result.strategy.rawValue): \(code.rawValue), \(HazardCatalogue.page(code).title)"
                    }
                })
        }
        return page.file
    }
}

extension SweepReport {
    /// The curves as a file in SVG.
    public var svg: String { SweepChart(self).svg }

    /// The report as one page of HTML.
    public var html: String {
        let setup = sweep.setup
        var page = ComparisonPage(
            title: "Mapping strategies over \(sweep.axis.property.rawValue): \(setup.file) on "
                + setup.machine.name)
        page.paragraph(conclusion, isVerdict: true)
        page.picture(svg)
        page.heading("Time of a transfer in µs; * the fastest")
        page.table(table)
        page.list(legend)
        page.heading("What a transfer costs, and what each of its bytes costs")
        page.table(lines)
        if !notes.isEmpty {
            page.heading("Left out")
            page.list(notes)
        }
        return page.file
    }
}

extension MachinesCompareReport {
    /// The report as one page of HTML, with each machine's bars.
    public var html: String {
        let names = comparisons.map(\.setup.machine.name).joined(separator: ", ")
        var page = ComparisonPage(
            title: "Mapping strategies: \(comparisons.first?.setup.file ?? "") on \(names)")
        page.heading("Elapsed times in µs, and how many times the best on that machine")
        page.table(table)
        for comparison in comparisons {
            let report = CompareReport(comparison)
            page.heading(comparison.setup.machine.name)
            page.paragraph(report.conclusion, isVerdict: true)
            page.picture(report.svg)
            page.list(comparison.unavailable.map(\.line))
        }
        return page.file
    }
}
