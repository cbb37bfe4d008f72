import ArgumentParser
import Experiments
import Foundation
import Reports
import Results

extension OtherAxes: ExpressibleByArgument {}
extension SweepAnalysisReport.Chart: ExpressibleByArgument {}

/// `staleline sweep report`.
struct SweepReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Print and draw what a file of results says.",
        discussion: """
            Without options the points, and their analysis: the Pareto front of area and a metric, which knob matters, the \
            metric along an axis and over two. --analysis prints only that, also as --json (schema \
            staleline.sweep-analysis/1) and --csv. -o writes it: a page with charts (.html), one chart (.svg, .png), .json, \
            .csv or .txt. See docs/sweep-report.md. Exit status: 0 done, 1 points that are printed have findings, 2 bad \
            input; the analysis alone says nothing of findings.
            """)

    @Argument(help: "The file.") var file: String
    @OptionGroup var form: SweepFormOptions

    @Flag(help: "Print the analysis, and not the points.") var analysis = false
    @Option(
        help: """
            The number of which little is wanted, as L1D.misses. Default: time, or else the misses of the outermost cache \
            that is varied.
            """)
    var metric: String?
    @Option(
        help: """
            What the Pareto front weighs, as area.bits,L1D.misses; most:NAME wants much of a number. Default: area and the \
            metric.
            """)
    var pareto: String?
    @Option(help: "The axis along which curves go. Default: the size of the metric's cache.")
    var along: String?
    @Option(help: "The heat map's axes, as l1d.size,l1d.ways. Default: those that matter most.")
    var heat: String?
    @Option(
        help: """
            Axes that a chart does not show: best (as at the best point) or mean (over all). Default: best, or mean where the \
            points are no grid.
            """)
    var others: OtherAxes?
    @Option(
        name: [.short, .long], help: "Write the analysis: .html, .svg, .png, .json, .csv, .txt.")
    var output: String?
    @Option(help: "Which chart .svg and .png hold: front, sensitivity, curves, heat.")
    var chart: SweepAnalysisReport.Chart?
    @Option(
        help: """
            Chart.js as one file, for charts that answer the pointer. Default: that of Debian's libjs-chart.js, if it is there.
            """)
    var library: String?

    func run() throws {
        let path = try SweepDocument.existing(file)
        let isAsked =
            [metric, pareto, along, heat].contains { $0 != nil } || others != nil || analysis
        if let output {
            guard !form.json, !form.csv else {
                throw BadInput(
                    "-o \(output): its ending says the form, expected no --json and no --csv")
            }
            let target = try SweepReportFile(output, chart: chart, library: library)
            let report = try report(of: SweepStore.table(path))
            try target.write(report)
            Output.write(report.verdict + "\n")
            return
        }
        try refuseWithoutOutput()
        if isAsked {
            let report = try report(of: SweepStore.table(path))
            Output.write(
                form.json ? report.json.text + "\n" : form.csv ? report.csv : report.text)
            return
        }
        var status: ExitCode?
        do { try form.print(path) } catch let code as ExitCode { status = code }
        if !form.json, !form.csv {
            let table = try SweepStore.table(path)
            if table.rows.count(where: \.isDone) > 1, !table.variedAxes.isEmpty {
                Output.write("\n" + (try report(of: table)).text)
            }
        }
        if let status { throw status }
    }

    private func refuseWithoutOutput() throws {
        for (name, isGiven) in [("--chart", chart != nil), ("--library", library != nil)]
        where isGiven {
            throw BadInput("\(name): expected -o and a file for it, as -o page.html")
        }
    }

    private func report(of table: SweepTable) throws -> SweepAnalysisReport {
        let objectives = try pareto.map { text in
            let parts = try Self.names(text, "--pareto", 1...8, "area.bits,L1D.misses")
            return parts.map { name in
                name.hasPrefix("most:")
                    ? SweepObjective(String(name.dropFirst(5)), wantsMost: true)
                    : SweepObjective(name)
            }
        }
        let axes = try heat.map { try Self.names($0, "--heat", 2...2, "l1d.size,l1d.ways") }
        return SweepAnalysisReport(
            try SweepAnalysis(
                table,
                SweepQuestion(
                    metric: metric, objectives: objectives, along: along,
                    heat: axes.map { ($0[0], $0[1]) }, others: others)))
    }

    private static func names(
        _ text: String, _ option: String, _ count: ClosedRange<Int>, _ example: String
    ) throws -> [String] {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard count.contains(parts.count), !parts.contains(""), Set(parts).count == parts.count
        else {
            let many =
                count.count == 1
                ? "\(count.lowerBound)" : "\(count.lowerBound) to \(count.upperBound)"
            throw BadInput(
                "\(option) \(text): expected \(many) different names with commas between, as \(example)"
            )
        }
        return parts
    }
}

/// Where the analysis of a sweep is written, and in which form.
struct SweepReportFile {
    private enum Form {
        case html(PlottingLibrary?)
        case svg(SweepAnalysisReport.Chart)
        case png(SweepAnalysisReport.Chart, converter: String)
        case json, csv, text
    }

    private let path: String
    private let form: Form

    /// Where Debian's package libjs-chart.js keeps its file.
    static let packagedLibrary = "/usr/share/javascript/chart.js/chart.min.js"

    /// Takes a path, whose ending says in which form the analysis is wanted.
    ///
    /// - Throws: ``BadInput`` if it says none, or what the form needs is not there.
    init(_ path: String, chart: SweepAnalysisReport.Chart?, library: String?) throws {
        self.path = path
        let ending = path.split(separator: ".").last?.lowercased()
        let isPicture = ending == "svg" || ending == "png"
        let isPage = ending == "html" || ending == "htm"
        if let chart, !isPicture {
            throw BadInput(
                "--chart \(chart.rawValue): \(path) is no picture, expected .svg or .png")
        }
        if let library, !isPage {
            throw BadInput("--library \(library): \(path) is no page, expected .html")
        }
        switch ending {
        case "html", "htm": form = .html(try Self.library(library, for: path))
        case "svg": form = .svg(chart ?? .front)
        case "png": form = .png(chart ?? .front, converter: try PictureConverter.find())
        case "json": form = .json
        case "csv": form = .csv
        case "txt": form = .text
        default:
            throw BadInput(
                "--output \(path): expected a name that ends in .html, .svg, .png, .json, .csv or .txt"
            )
        }
    }

    /// The plotting library: the user's, or that of the package, or none, which is said.
    private static func library(_ given: String?, for page: String) throws -> PlottingLibrary? {
        let path = given ?? packagedLibrary
        guard let handle = FileHandle(forReadingAtPath: path) else {
            if let given { throw BadInput("\(given): \(String(cString: strerror(errno)))") }
            Diagnostics.note(
                "\(page): its charts are still pictures, for \(path) is not there: apt-get install libjs-chart.js, or give "
                    + "Chart.js with --library FILE")
            return nil
        }
        let bytes: Data
        do { bytes = try handle.readToEnd() ?? Data() } catch {
            throw BadInput("\(path): cannot be read: \(String(cString: strerror(errno)))")
        }
        guard let library = PlottingLibrary(String(decoding: bytes, as: UTF8.self)) else {
            throw BadInput(
                "\(path): is not Chart.js as a page can hold it, expected version 3 or 4 as one file (chart.min.js, "
                    + "chart.umd.js)")
        }
        return library
    }

    /// Writes an analysis.
    ///
    /// - Throws: ``BadInput`` if the sweep has not the chart, or it cannot be written.
    func write(_ report: SweepAnalysisReport) throws {
        let bytes: [UInt8]
        switch form {
        case .html(let library): bytes = Array(report.html(library: library).utf8)
        case .svg(let chart): bytes = Array(try Self.picture(chart, report).utf8)
        case .png(let chart, let converter):
            bytes = try PictureConverter.png(of: try Self.picture(chart, report), by: converter)
        case .json: bytes = Array((report.json.text + "\n").utf8)
        case .csv: bytes = Array(report.csv.utf8)
        case .text: bytes = Array(report.text.utf8)
        }
        try OutputTarget.write(bytes, to: path)
    }

    private static func picture(
        _ chart: SweepAnalysisReport.Chart, _ report: SweepAnalysisReport
    ) throws -> String {
        if let svg = report.svg(chart) { return svg }
        let reason =
            switch chart {
            case .front: "fewer than two numbers are weighed, or no point has them"
            case .sensitivity: "nothing that was varied changes the metric"
            case .curves: "no axis of numbers was varied"
            case .heat: "fewer than two axes were varied"
            }
        throw BadInput("--chart \(chart.rawValue): \(reason); expected a sweep that has it")
    }
}

/// Makes PNG of SVG by the program of librsvg.
enum PictureConverter {
    /// The program, in PATH.
    ///
    /// - Throws: ``BadInput`` with what to install.
    static func find() throws -> String {
        if let found = CaptureTools.inPath("rsvg-convert") { return found }
        throw BadInput(
            "rsvg-convert: not found; it makes PNG: apt-get install librsvg2-bin, or write .svg")
    }

    /// A picture at twice its size.
    static func png(of svg: String, by converter: String) throws -> [UInt8] {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("staleline-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (from, to) = (
            folder.appendingPathComponent("chart.svg"), folder.appendingPathComponent("chart.png")
        )
        try Data(svg.utf8).write(to: from)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: converter)
        process.arguments = ["--zoom", "2", "--format", "png", "--output", to.path, from.path]
        do { try process.run() } catch {
            throw BadInput("\(converter): \(error.localizedDescription)")
        }
        process.waitUntilExit()
        guard process.terminationStatus == 0,
            let png = FileManager.default.contents(atPath: to.path)
        else { throw BadInput("\(converter): failed with status \(process.terminationStatus)") }
        return Array(png)
    }
}
