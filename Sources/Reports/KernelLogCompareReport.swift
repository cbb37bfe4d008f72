import Experiments

/// What other strategies would do to the calls of a kernel log, as text and as JSON.
public struct KernelLogCompareReport: Sendable {
    private let comparison: KernelLogComparison

    /// Makes a report.
    public init(_ comparison: KernelLogComparison) { self.comparison = comparison }

    private var result: KernelLogResult { comparison.result }

    private func nanoseconds(_ cycles: Double) -> Double {
        result.nanoseconds(UInt64(rounding: cycles))
    }

    /// The report for people.
    public var text: String {
        let logged = comparison.loggedCycles
        var out = Format.wrappedWide(
            "",
            "\(result.file): \(Format.grouped(result.events)) events; \(result.machine.name), "
                + "kernel \(result.kernel)\(result.kernelIsAssumed ? " (assumed: --kernel)" : ""). "
                + "As logged, maintenance and calls take \(Format.grouped(logged)) cycles of one core, "
                + "\(Format.time(nanoseconds: result.nanoseconds(logged))), if no line is dirty.")
        var table = TextTable([
            ("strategy", .left), ("saves", .right), ("cycles", .right), ("of logged", .right),
            ("what it is", .left),
        ])
        for strategy in comparison.strategies {
            let saved = UInt64(rounding: strategy.savedCycles)
            table.add([
                strategy.name, strategy.certainty.rawValue,
                strategy.certainty == .unavailable ? "" : Format.grouped(saved),
                strategy.certainty == .unavailable ? "" : Format.percent(saved, of: logged),
                strategy.summary,
            ])
        }
        out += "\n" + table.text + "\n"
        for strategy in comparison.strategies {
            out += Format.wrappedWide("\(strategy.name): ", strategy.condition)
        }
        return out + "\n" + conclusion + "\n"
    }

    /// One sentence: what is certain, and what must be measured.
    public var conclusion: String {
        let rest =
            "what saves \"at most\" depends on how the core uses the bytes: `staleline compare` of a trace with "
            + "its accesses tells."
        guard let best = comparison.recommended else {
            return "By the log and the machine's prices alone nothing saves for certain; \(rest)"
        }
        return "By the log and the machine's prices alone \(best.name) saves "
            + "\(Format.time(nanoseconds: nanoseconds(best.savedCycles))) of "
            + "\(Format.time(nanoseconds: result.nanoseconds(comparison.loggedCycles))); \(rest)"
    }

    /// The report as JSON, schema `staleline.compare/1`: elapsed time, causes and findings are not in a log.
    public var json: JSONValue {
        let logged = Double(comparison.loggedCycles)
        return .object([
            ("schema", .string("staleline.compare/1")), ("machine", .string(result.machine.name)),
            ("kernel", .string("\(result.kernel)")), ("file", .string(result.file)),
            ("loggedCycles", .integer(comparison.loggedCycles)),
            (
                "strategies",
                .array(
                    comparison.strategies.filter { $0.certainty != .unavailable }.map {
                        .object([
                            ("name", .string($0.name)), ("elapsedNs", .null),
                            ("cpuNs", .number(nanoseconds(max(0, logged - $0.savedCycles)))),
                            ("dmaNs", .null), ("causes", .object([])), ("correct", .null),
                            ("findings", .array([])),
                            ("savedCycles", .number($0.savedCycles)),
                            ("certainty", .string($0.certainty.rawValue)),
                            ("condition", .string($0.condition)),
                        ])
                    })
            ),
            (
                "unavailable",
                .array(
                    comparison.strategies.filter { $0.certainty == .unavailable }.map {
                        .object([("name", .string($0.name)), ("reason", .string($0.condition))])
                    })
            ), ("recommended", .optional(comparison.recommended?.name)),
            ("log", KernelLogReport(result).log),
        ])
    }
}
