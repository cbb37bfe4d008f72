import Experiments

/// A sweep's points for people, and for spreadsheets.
public struct SweepTableReport: Sendable {
    /// The most points that are printed for people.
    public static let mostRows = 100

    private let table: SweepTable

    /// Makes a report.
    public init(_ table: SweepTable) { self.table = table }

    private var done: [SweepTable.Row] { table.rows.filter(\.isDone) }

    /// The report for people: the points with what varies, areas, miss rates, times and findings.
    public var text: String {
        let axes = table.variedAxes.isEmpty ? table.axes : table.variedAxes
        let rates = table.metrics.filter { $0.hasSuffix(".missRate") }
        let hasTime = table.metrics.contains("time.ns")
        let hasFindings = table.metrics.contains { $0.hasPrefix("findings.") }
        var columns: [(String, TextTable.Alignment)] = [("point", .right)]
        columns += axes.map { ($0.key, .right) } + [("caches, Kbit", .right)]
        columns += rates.map { ($0.replacing(".missRate", with: " miss rate"), .right) }
        if hasTime { columns.append(("time", .right)) }
        if hasFindings { columns.append(("findings", .left)) }
        let hasStrategies = table.metrics.contains { $0.hasPrefix("strategies.") }
        if hasStrategies { columns += [("best strategy", .left), ("its time", .right)] }
        var text = TextTable(columns)
        for row in done.prefix(Self.mostRows) {
            var cells = ["\(row.number)"] + axes.map { table.value(of: $0.key, at: row) ?? "" }
            cells.append(
                table.metric("area.bits", at: row).map {
                    Format.grouped(UInt64(($0 / 1_024).rounded()))
                } ?? "")
            cells += rates.map { name in
                if let rate = table.metric(name, at: row), isSampled(name) {
                    return Format.percent(share: rate)
                        + bounds(name, at: row, Format.percent(share:))
                }
                let cache = name.dropLast(".missRate".count)
                func count(_ metric: String) -> UInt64 {
                    UInt64(table.metric("\(cache).\(metric)", at: row) ?? 0)
                }
                return Format.percent(
                    count("misses"), of: count("reads") + count("writes"))
            }
            if hasTime {
                cells.append(
                    (table.metric("time.ns", at: row).map { Format.time(nanoseconds: $0) } ?? "")
                        + bounds("time.ns", at: row) { Format.time(nanoseconds: $0) })
            }
            if hasFindings { cells.append(Self.words(row.findings)) }
            if hasStrategies {
                let best = bestStrategy(at: row)
                cells += [
                    best?.name ?? "none is right",
                    best.map { Format.time(nanoseconds: $0.nanoseconds) } ?? "",
                ]
            }
            text.add(cells)
        }
        return (done.isEmpty ? "" : text.text + "\n") + rest
    }

    /// Whether a number is estimated by a sample.
    private func isSampled(_ name: String) -> Bool { table.metrics.contains(name + ".low") }

    /// The bounds of an estimate in words, ` (1.23 % to 1.45 %)`; empty where it is none.
    private func bounds(
        _ name: String, at row: SweepTable.Row, _ words: (Double) -> String
    ) -> String {
        guard let low = table.metric(name + ".low", at: row),
            let high = table.metric(name + ".high", at: row)
        else { return "" }
        return " (\(words(low)) to \(words(high)))"
    }

    /// The strategy without findings that takes least time, other than what the trace itself does.
    private func bestStrategy(
        at row: SweepTable.Row
    ) -> (name: String, nanoseconds: Double)? {
        Strategy.allCases.filter { $0 != .asWritten }.compactMap { strategy in
            let name = "strategies.\(strategy.rawValue)"
            guard table.metric("\(name).findings", at: row) == 0,
                let time = table.metric("\(name).elapsedNs", at: row)
            else { return nil }
            return (strategy.rawValue, time)
        }.min { $0.nanoseconds < $1.nanoseconds }
    }

    private static func words(_ findings: [SweepTable.FindingCount]) -> String {
        guard !findings.isEmpty else { return "none" }
        return findings.map { found in
            "\(found.verdict) \(found.code)" + (found.count > 1 ? " × \(found.count)" : "")
        }.joined(separator: ", ")
    }

    /// What is not in the table, and the sentence that closes the report.
    private var rest: String {
        var out = ""
        if done.count > Self.mostRows {
            out += "and \(done.count - Self.mostRows) points more: --csv or --json has all\n"
        }
        let impossible = table.rows.filter { !$0.isDone }
        for row in impossible.prefix(Self.mostRows) {
            guard case .impossible(let reason) = row.state else { continue }
            let settings = table.variedAxes.map {
                "\($0.key)=\(table.value(of: $0.key, at: row) ?? "")"
            }
            out += "not run: point \(row.number) (\(settings.joined(separator: " "))): \(reason)\n"
        }
        if impossible.count > Self.mostRows {
            out += "not run: \(impossible.count - Self.mostRows) points more\n"
        }
        let all = table.rows.count + table.missing.count
        var parts = ["\(Format.grouped(UInt64(done.count))) run"]
        if !impossible.isEmpty { parts.append("\(impossible.count) impossible") }
        if !table.missing.isEmpty { parts.append("\(table.missing.count) missing") }
        let words = SampleWords.of(table)
        return out + (words.isEmpty || done.isEmpty ? "" : Format.wrapped("", words, width: 80))
            + "Of \(Format.grouped(UInt64(all))) points: \(parts.joined(separator: ", ")).\n"
    }

    /// The table with comma-separated values: one line for a point, all axes, all metrics, then why it was not run.
    public var csv: String {
        var out =
            (["point"] + table.axes.map(\.key) + table.metrics + ["findings", "impossible"])
            .map(Self.quoted).joined(separator: ",") + "\n"
        for row in table.rows {
            var cells = ["\(row.number)"] + zip(table.axes, row.places).map { $0.values[$1] }
            cells += table.metrics.map { name in
                table.metric(name, at: row).map(Self.number) ?? ""
            }
            var reason = ""
            if case .impossible(let words) = row.state { reason = words }
            cells += [row.findings.isEmpty ? "" : Self.words(row.findings), reason]
            out += cells.map(Self.quoted).joined(separator: ",") + "\n"
        }
        return out
    }

    /// A number without an exponent or decimals that it does not need.
    static func number(_ value: Double) -> String {
        Int64(exactly: value).map(String.init) ?? "\(value)"
    }

    /// A cell of comma-separated values, in quotes where it needs them.
    static func quoted(_ cell: String) -> String {
        guard cell.contains(where: { ",\"\n\r".contains($0) }) else { return cell }
        return "\"" + cell.replacing("\"", with: "\"\"") + "\""
    }
}
