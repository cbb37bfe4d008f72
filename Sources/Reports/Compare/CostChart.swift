import Events
import Experiments
import Quantities

/// What each strategy costs as a picture: bars of core 0's time by cause, the fastest on top.
struct CostChart {
    private let report: CompareReport

    init(_ report: CompareReport) { self.report = report }

    private static let left = 150.0
    private static let right = 720.0
    private static let step = 26.0

    var svg: String {
        let rows = report.rows
        let height = 96 + Self.step * Double(rows.count)
        var picture = SVG(width: 900, height: height)
        let setup = report.comparison.setup
        picture.text(
            16, 24, "\(setup.machine.name), kernel \(setup.kernel): core 0's time by cause",
            size: 14,
            isBold: true)
        let causes = report.columns
        drawLegend(&picture, causes)
        let wholes = rows.map { row in
            row.causes.reduce(0) { $0 + $1.time.nanoseconds }
        }
        let longest = max(wholes.max() ?? 1, 1)
        for (index, row) in rows.enumerated() {
            let y = 70 + Self.step * Double(index)
            picture.text(Self.left - 8, y + 13, CompareReport.name(row), .end)
            var x = Self.left
            for (number, cause) in causes.enumerated() {
                let time = row.causes.first { $0.cause == cause }?.time.nanoseconds ?? 0
                let width = time / longest * (Self.right - Self.left)
                guard width >= 0.05 else { continue }
                picture.rectangle(
                    x, y, width, 18, SVG.colour(number),
                    title: "\(cause.name): \(Format.time(nanoseconds: time))",
                    opacity: row.isCorrect ? 1 : 0.35)
                x += width
            }
            let label =
                row.isCorrect
                ? Format.time(nanoseconds: row.elapsed.nanoseconds) : CompareReport.verdict(row)
            picture.text(x + 6, y + 13, label, colour: row.isCorrect ? "#222" : "#b00020")
        }
        return picture.file
    }

    private func drawLegend(_ picture: inout SVG, _ causes: [Cause]) {
        var x = 16.0
        for (number, cause) in causes.enumerated() {
            picture.rectangle(x, 38, 12, 12, SVG.colour(number), title: cause.name)
            picture.text(x + 16, 48, cause.name, size: 11)
            x += 30 + 6.4 * Double(cause.name.count)
        }
    }
}
