import Experiments
import Quantities

/// The curves of a sweep as a picture: both axes by powers, the crossovers as upright lines.
struct SweepChart {
    private let report: SweepReport
    private let area = (left: 72.0, top: 46.0, right: 560.0, bottom: 400.0)

    init(_ report: SweepReport) { self.report = report }

    private var sweep: ComparisonSweep { report.sweep }
    private var curves: ComparisonCurves { report.curves }

    private static let grey = "#dddddd"

    var svg: String {
        var picture = SVG(width: 900, height: 450)
        guard let range = curves.range, let first = sweep.points.first?.value,
            let last = sweep.points.last?.value, last > first
        else {
            picture.text(20, 30, "Too few points for a chart.")
            return picture.file
        }
        picture.text(
            area.left, 22,
            "\(sweep.setup.machine.name), kernel \(sweep.setup.kernel): "
                + "time of a transfer over \(report.property)", size: 14, isBold: true)
        let low = binaryLogarithm(range.low)
        let high = max(binaryLogarithm(range.high), low + 1)
        let (from, to) = (binaryLogarithm(Double(first)), binaryLogarithm(Double(last)))
        func x(_ value: UInt64) -> Double {
            area.left + (binaryLogarithm(Double(value)) - from) / (to - from)
                * (area.right - area.left)
        }
        func y(_ time: Double) -> Double {
            area.bottom - (binaryLogarithm(time) - low) / (high - low) * (area.bottom - area.top)
        }
        drawGrid(&picture, range, x, y)
        drawCrossovers(&picture, x)
        for (index, curve) in curves.curves.enumerated() {
            var piece: [(x: Double, y: Double)] = []
            for (place, time) in curve.times.enumerated() {
                guard let time, time > 0 else {
                    picture.path(piece, SVG.colour(index), dash: Self.dash(index))
                    piece = []
                    continue
                }
                let point = (x: x(sweep.points[place].value), y: y(time))
                piece.append(point)
                picture.circle(point.x, point.y, SVG.colour(index))
            }
            picture.path(piece, SVG.colour(index), dash: Self.dash(index))
        }
        drawLegend(&picture)
        return picture.file
    }

    private static func dash(_ index: Int) -> String? {
        [nil, "7 3", "2 3", "9 3 2 3"][index / 5 % 4]
    }

    private func drawGrid(
        _ picture: inout SVG, _ range: (low: Double, high: Double), _ x: (UInt64) -> Double,
        _ y: (Double) -> Double
    ) {
        var ten = 0.1
        while ten <= range.high {
            for part in [1.0, 2, 5] where part * ten >= range.low && part * ten <= range.high {
                let row = y(part * ten)
                picture.line(area.left, row, area.right, row, Self.grey)
                picture.text(
                    area.left - 6, row + 4, Format.time(nanoseconds: part * ten).compact, .end,
                    size: 11)
            }
            ten *= 10
        }
        let each = max(1, sweep.points.count / 9)
        for (index, point) in sweep.points.enumerated() where index % each == 0 {
            let place = x(point.value)
            picture.line(place, area.top, place, area.bottom, Self.grey)
            picture.text(
                place, area.bottom + 16, SweepReport.short(point.value), .middle, size: 11)
        }
        picture.line(area.left, area.bottom, area.right, area.bottom, "#444444")
        picture.line(area.left, area.top, area.left, area.bottom, "#444444")
    }

    private func drawCrossovers(_ picture: inout SVG, _ x: (UInt64) -> Double) {
        for (index, crossover) in sweep.crossovers.enumerated() {
            let place = x(crossover.at)
            picture.line(place, area.top, place, area.bottom, "#888888", dash: "3 3")
            let row = area.bottom + 32 + Double(index % 2) * 14
            picture.text(
                place, row, "\(Format.grouped(crossover.at)): \(crossover.above.rawValue)",
                place > area.right - 120 ? .end : .middle, size: 11, colour: "#555555")
        }
    }

    private func drawLegend(_ picture: inout SVG) {
        var row = area.top + 6
        for (index, curve) in curves.curves.enumerated() {
            picture.line(
                area.right + 16, row - 4, area.right + 44, row - 4, SVG.colour(index), width: 2,
                dash: Self.dash(index))
            var line = ""
            for (place, strategy) in curve.strategies.enumerated() {
                let word = strategy.rawValue + (place + 1 < curve.strategies.count ? "," : "")
                if line.count + word.count > 38, !line.isEmpty {
                    picture.text(area.right + 52, row, line, size: 12)
                    row += 15
                    line = ""
                }
                line += (line.isEmpty ? "" : " ") + word
            }
            picture.text(area.right + 52, row, line, size: 12)
            row += 19
        }
    }
}

extension String {
    /// `1 µs` of `1.00 µs`.
    fileprivate var compact: String {
        replacingZeros(".000").replacingZeros(".00").replacingZeros(".0")
    }

    private func replacingZeros(_ zeros: String) -> String {
        guard let space = firstIndex(of: " ") else { return self }
        let number = self[..<space]
        return number.hasSuffix(zeros)
            ? String(number.dropLast(zeros.count)) + String(self[space...]) : self
    }
}
