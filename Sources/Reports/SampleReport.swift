import Experiments

/// The statistics of a sample, for people and for scripts.
public struct SampleReport: Sendable {
    private let result: SampleResult

    /// Makes a report.
    public init(_ result: SampleResult) { self.result = result }

    /// The report as JSON, schema `staleline.samples/1`.
    public var json: JSONValue {
        let statistics = result.statistics
        return .object([
            ("schema", .string("staleline.samples/1")), ("format", .string(result.format)),
            ("records", .integer(statistics.records)),
            (
                "levels",
                .array(
                    statistics.levels.map { level in
                        .object([
                            ("name", .string(level.name)), ("loads", .integer(level.loads)),
                            ("stores", .integer(level.stores)), ("others", .integer(level.others)),
                            (
                                "latencyMean",
                                level.latencyMean.map { .number($0) } ?? .null
                            ),
                            (
                                "latencyMaximum",
                                level.timed > 0 ? .integer(level.latencyMaximum) : .null
                            ),
                        ])
                    })
            ),
            (
                "cpus",
                .object(statistics.cpus.map { ("cpu\($0.cpu)", .integer($0.count)) })
            ),
            ("tlbMisses", .integer(statistics.tlbMisses)),
            ("withoutAddress", .integer(statistics.withoutAddress)),
            ("skipped", ReplayReport.skipped(result.skipped)),
        ])
    }

    /// The report as text.
    public var text: String {
        let statistics = result.statistics
        var table = TextTable([
            ("served from", .left), ("loads", .right), ("stores", .right), ("others", .right),
            ("mean latency", .right), ("greatest", .right),
        ])
        for level in statistics.levels {
            table.add([
                level.name, Format.grouped(level.loads), Format.grouped(level.stores),
                Format.grouped(level.others),
                level.latencyMean.map { Format.fixed($0, 1) } ?? "-",
                level.timed > 0 ? Format.grouped(level.latencyMaximum) : "-",
            ])
        }
        var out = "\(Format.grouped(statistics.records)) samples of \(result.format)\n\n"
        out += table.text + "\n"
        if !statistics.cpus.isEmpty {
            let counts = statistics.cpus.map { "cpu\($0.cpu) \(Format.grouped($0.count))" }
            out += "by CPU: \(counts.joined(separator: ", "))\n"
        }
        out += "missed the TLB: \(Format.grouped(statistics.tlbMisses)); "
        out += "without an address: \(Format.grouped(statistics.withoutAddress))\n"
        out += ReplayReport.skippedText(result.skipped)
        return out
            + "A sample is not a trace: what lies between two records is not known, so nothing was replayed.\n"
    }
}
