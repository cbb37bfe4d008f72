import Experiments

/// The points of a sweep before they are run.
public struct SweepPlanReport: Sendable {
    private let plan: SweepPlan

    /// Makes a report.
    public init(_ plan: SweepPlan) { self.plan = plan }

    /// The points with their settings and the bits of their caches, or why they cannot be run.
    public var text: String {
        let columns: [(String, TextTable.Alignment)] =
            [("point", .right)] + plan.axes.map { ($0.key, .right) }
            + [("caches, bits", .right), ("impossible", .left)]
        var table = TextTable(columns)
        var possible = 0
        for point in plan.points {
            var cells = ["\(point.number)"] + plan.settings(of: point).map(\.value)
            cells.append(point.areaBits.map { Format.grouped($0) } ?? "")
            switch point.machine {
            case .success:
                possible += 1
                cells.append("")
            case .failure(let fault): cells.append("\(fault)")
            }
            table.add(cells)
        }
        return table.text
            + "\nOf \(Format.grouped(plan.points.count)) points \(Format.grouped(possible)) can be run.\n"
    }
}
