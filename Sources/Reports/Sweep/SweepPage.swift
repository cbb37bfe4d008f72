import Experiments

// The page holds each chart as a still picture in SVG, and its numbers as data. Where it carries the plotting library, a
// script puts a chart that answers the pointer in the picture's place; without the library, or where scripts are off, the
// pictures stay. The tables are always there.

/// A sweep's analysis as one page of HTML that needs nothing else.
struct SweepPage {
    private let report: SweepAnalysisReport
    private let library: PlottingLibrary?
    private var parts: [String] = []

    init(_ report: SweepAnalysisReport, library: PlottingLibrary?) {
        self.report = report
        self.library = library
        let analysis = report.analysis
        parts.append("<p class=\"verdict\">\(SVG.escaped(report.verdict))</p>")
        if let chart = KnobChart(analysis) {
            add(
                .sensitivity, chart.title, chart.svg, [report.knobNote],
                [report.knobTable, report.pairTable], controls: "")
        }
        if let chart = FrontChart(analysis) {
            add(
                .front, chart.title, chart.svg, report.frontNotes, [report.frontTable],
                controls: chart.controls)
        }
        if let chart = CurvesChart(analysis) {
            add(
                .curves, chart.titleWithUnit, chart.svg, [chart.note], [report.curveTable],
                controls: chart.controls)
        }
        if let chart = HeatChart(analysis) {
            add(
                .heat, chart.titleWithUnit, chart.svg, [chart.note], [report.heatTable],
                controls: chart.controls)
        }
        addOrigin()
    }

    private mutating func add(
        _ chart: SweepAnalysisReport.Chart, _ title: String, _ svg: String, _ notes: [String],
        _ tables: [TextTable?], controls: String
    ) {
        let name = chart.rawValue
        parts.append("<section id=\"\(name)\">\n<h2>\(SVG.escaped(title))</h2>")
        if library != nil, !controls.isEmpty {
            parts.append("<div class=\"controls\" hidden>\n\(controls)\n</div>")
        }
        parts.append(
            "<div class=\"live\" hidden><canvas role=\"img\" aria-label=\"\(SVG.escaped(title)): "
                + "its numbers are in the table below\"></canvas></div>")
        parts.append("<div class=\"still\">\n\(svg)</div>")
        for note in notes where !note.isEmpty { parts.append("<p>\(SVG.escaped(note))</p>") }
        for table in tables.compactMap(\.self) {
            parts.append(
                "<details open><summary>Table</summary>\n" + Self.table(table, title)
                    + "\n</details>")
        }
        parts.append("</section>")
    }

    private static func table(_ table: TextTable, _ caption: String) -> String {
        func row(_ cells: [String], _ isHead: Bool) -> String {
            let cells = cells.enumerated().map { column, cell -> String in
                let isName = isHead || column == 0
                let left = table.alignments[column] == .left ? " class=\"left\"" : ""
                let scope = isName ? " scope=\"\(isHead ? "col" : "row")\"" : ""
                let tag = isName ? "th" : "td"
                return "<\(tag)\(scope)\(left)>\(SVG.escaped(cell))</\(tag)>"
            }
            return "<tr>" + cells.joined() + "</tr>"
        }
        return
            "<div class=\"wide\"><table><caption class=\"unseen\">\(SVG.escaped(caption))</caption>"
            + "<thead>\(row(table.head, true))</thead><tbody>\n"
            + table.rows.map { row($0, false) }.joined(separator: "\n") + "\n</tbody></table></div>"
    }

    private mutating func addOrigin() {
        let table = report.table
        let done = table.rows.count(where: \.isDone)
        parts.append("<section>\n<h2>What was run</h2>\n<dl>")
        func term(_ name: String, _ value: String) {
            parts.append("<dt>\(SVG.escaped(name))</dt><dd>\(SVG.escaped(value))</dd>")
        }
        for axis in table.axes { term(axis.key, axis.values.joined(separator: ", ")) }
        let impossible = table.rows.count - done
        term(
            "points",
            "\(Format.grouped(done)) run"
                + (impossible > 0 ? ", \(Format.grouped(impossible)) impossible" : "")
                + (table.missing.isEmpty ? "" : ", \(Format.grouped(table.missing.count)) missing"))
        for (name, value) in table.origin where !value.isEmpty { term(name, value) }
        parts.append("</dl>")
        if let library {
            parts.append(
                "<p>The charts are drawn by <a href=\"https://www.chartjs.org/\">Chart.js</a> "
                    + "\(SVG.escaped(library.version)) (MIT licence), which is within this page.</p>"
            )
        }
        parts.append("</section>")
    }

    /// The whole file.
    var file: String {
        let title = SVG.escaped("Sweep of \(report.trace)")
        var out = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        out += "<meta name=\"viewport\" content=\"width=device-width\">\n"
        // Nothing is fetched, and the browser is told not to.
        out += "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
        out += "style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n"
        out += "<title>\(title)</title>\n<style>\n\(Self.style)</style>\n</head>\n<body>\n"
        out += "<h1>\(title)</h1>\n" + parts.joined(separator: "\n") + "\n"
        if let library {
            out += "<script type=\"application/json\" id=\"data\">\n"
            out += data.compactText.replacing("<", with: "\\u003c") + "\n</script>\n"
            out += "<!--\n\(PlottingLibrary.notice)\n-->\n"
            out += "<script>\n\(library.script)\n</script>\n<script>\n\(Self.script)</script>\n"
        }
        return out + "</body>\n</html>\n"
    }

    /// The numbers of all charts.
    private var data: JSONValue {
        let analysis = report.analysis
        var charts: [(String, JSONValue)] = []
        if let chart = KnobChart(analysis) { charts.append(("sensitivity", chart.data)) }
        if let chart = FrontChart(analysis) { charts.append(("front", chart.data)) }
        if let chart = CurvesChart(analysis) { charts.append(("curves", chart.data)) }
        if let chart = HeatChart(analysis) { charts.append(("heat", chart.data)) }
        return .object(charts)
    }

    // MARK: Style

    private static let style: String = {
        func tones(_ colours: [String]) -> String {
            colours.enumerated().map { "--s\($0):\($1);" }.joined()
        }
        let classes = Figure.seriesColours.indices.map {
            ".still .s\($0){fill:var(--s\($0))}.still .s\($0)-line{stroke:var(--s\($0))}"
        }.joined()
        return """
            :root{color-scheme:light dark;--paper:#fff;--ink:#222;--faint:#666;--grid:#e2e2e2;--note:#eef4fa;
            --accent:#0060a8;\(tones(Figure.seriesColours.map(\.light)))}
            @media (prefers-color-scheme:dark){:root{--paper:#16181b;--ink:#e6e6e6;--faint:#a5a5a5;--grid:#373b40;
            --note:#1e2a36;--accent:#6db6f0;\(tones(Figure.seriesColours.map(\.dark)))}}
            body{font:15px/1.5 "DejaVu Sans",Verdana,sans-serif;color:var(--ink);background:var(--paper);
            margin:2em auto;max-width:60em;padding:0 1em}
            h1{font-size:1.4em}h2{font-size:1.1em;margin:2.2em 0 .6em}a{color:var(--accent)}
            p.verdict{background:var(--note);border-left:4px solid var(--accent);padding:.6em 1em}
            [hidden]{display:none!important}
            .still svg{max-width:100%;height:auto}.live{position:relative;width:100%}
            .still .paper{fill:var(--paper)}.still .ink{fill:var(--ink)}.still .ink-line{stroke:var(--ink)}
            .still .faint{fill:var(--faint)}.still .faint-line{stroke:var(--faint)}.still .grid-line{stroke:var(--grid)}
            .swatch{vertical-align:middle}.swatch .ink-line{stroke:var(--ink)}.swatch .faint-line{stroke:var(--faint)}
            \(classes.replacing(".still", with: ":is(.still,.swatch)"))
            .controls{font-size:13px;display:flex;flex-wrap:wrap;gap:.3em 1.6em;margin:.4em 0}
            .controls fieldset{border:0;margin:0;padding:0;display:flex;flex-wrap:wrap;gap:0 .9em}
            .controls legend{float:left;padding:0;font-weight:bold;margin-right:.9em}.controls label{white-space:nowrap}
            table{border-collapse:collapse;font-size:13px;font-variant-numeric:tabular-nums}
            .unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
            th,td{padding:.2em .6em;border-bottom:1px solid var(--grid);text-align:right;white-space:nowrap;font-weight:normal}
            thead th{font-weight:bold}.left{text-align:left}.wide{overflow-x:auto}summary{color:var(--faint);font-size:13px}
            details{margin:.6em 0}dl{display:grid;grid-template-columns:max-content 1fr;gap:.1em 1.2em;font-size:13px}
            dt{color:var(--faint)}dd{margin:0;overflow-wrap:anywhere}

            """
    }()
}

extension SweepAnalysisReport {
    /// The report as one page of HTML, which needs no network and no other file.
    ///
    /// - Parameter library: What makes the charts answer the pointer; nil: they are still pictures.
    /// - Returns: the file's text.
    public func html(library: PlottingLibrary?) -> String {
        SweepPage(self, library: library).file
    }
}
