import Events
import Experiments
import MemoryModel
import Quantities
import Statistics

/// A replay's counts and times for people and for scripts.
public struct ReplayReport: Sendable {
    private let result: ReplayResult

    /// Makes a report.
    public init(_ result: ReplayResult) { self.result = result }

    private var caches: CacheRows { CacheRows(result) }

    private var cores: [Int] {
        (0..<result.machine.core.count).filter { result.counters.time(of: .core($0)) > .zero }
    }

    /// Core cycles by cause; whole numbers that sum to the total.
    private func cycles(_ core: Int) -> (total: UInt64, causes: [(Cause, UInt64)]) {
        let period = result.machine.core.clock.period.rawValue
        let ticks = Cause.allCases.map { result.counters[$0, .core(core)].rawValue }
        let total = (ticks.reduce(0, +) + period / 2) / period
        var cycles = ticks.map { $0 / period }
        // The largest remainders take what rounding down has left, so that the parts sum to the total.
        let missing = total - cycles.reduce(0, +)
        let order = ticks.indices.sorted { (ticks[$0] % period, $1) > (ticks[$1] % period, $0) }
        for index in order.prefix(Int(missing)) { cycles[index] += 1 }
        return (total, Array(zip(Cause.allCases, cycles)))
    }

    /// The report as JSON, schema `staleline.replay/1`.
    public var json: JSONValue {
        let cycles = cores.map { ($0, self.cycles($0)) }
        return .object(
            [
                ("schema", .string("staleline.replay/1")),
                ("machine", .string(result.machine.name)),
                ("records", .integer(result.records)), ("skipped", Self.skipped(result.skipped)),
                (
                    "caches", .object(caches.levels.map { ($0.name, $0.json) })
                ), ("coreCaches", coreCaches), ("events", events),
                (
                    "time",
                    .object([
                        ("ns", .number(result.elapsed.nanoseconds)),
                        ("cycles", .object(cycles.map { ("core\($0)", .integer($1.total)) })),
                    ])
                ),
                (
                    "causes",
                    .object(
                        cycles.map { core, value in
                            ("core\(core)", .object(value.causes.map { ($0.name, .integer($1)) }))
                        })
                ),
                ("spans", spans),
                (
                    "memory",
                    .object([
                        ("bytesRead", .integer(result.counters[.memoryBytesRead])),
                        ("bytesWritten", .integer(result.counters[.memoryBytesWritten])),
                    ])
                ),
            ] + (functions.map { [("functions", $0.json)] } ?? []))
    }

    private var functions: FunctionTable? {
        result.functions.map {
            FunctionTable($0, period: result.machine.core.clock.period.rawValue)
        }
    }

    /// The caches that are each core's own.
    private var coreCaches: JSONValue {
        .object(
            cores.map { core in
                (
                    "core\(core)",
                    .object(caches.own(of: core).map { ($0.name, $0.json) })
                )
            })
    }

    /// What else happened, with words for people and for scripts.
    private static let notable: [(counter: Counter, key: String, words: String)] = [
        (.prefetches, "prefetches", "lines asked for by prefetchers"),
        (.snoopInvalidations, "snoopInvalidations", "lines given up to other agents"),
        (.exclusiveFailures, "exclusiveFailures", "store-exclusives that failed"),
    ]

    private var events: JSONValue {
        .object(Self.notable.map { ($0.key, .integer(result.counters[$0.counter])) })
    }

    static func skipped(_ kinds: [(kind: String, count: UInt64)]) -> JSONValue {
        .object(kinds.map { ($0.kind, .integer($0.count)) })
    }

    private var spans: JSONValue {
        .object(
            result.spans.map { span in
                let causes = Cause.allCases.map { cause in
                    (cause.name, JSONValue.number(span.counters[cause, .core(0)].nanoseconds))
                }
                return (
                    span.name,
                    .object([
                        ("ns", .number(span.time.nanoseconds)), ("count", .count(span.count)),
                        ("causesNs", .object(causes)),
                    ])
                )
            })
    }

    /// The report for people.
    public var text: String {
        let memory = result.counters
        var out = "machine \(result.machine.name), \(Format.grouped(result.records)) records\n\n"
        var table = CacheCounts.table
        for cache in caches.levels { table.add(cache.cells) }
        // What each core did for it, where more than one did anything.
        for core in cores.count > 1 ? cores : [] {
            for var cache in caches.own(of: core) where cache.reads + cache.writes > 0 {
                cache.name = "core\(core) \(cache.name)"
                table.add(cache.cells)
            }
        }
        out += table.text + "\n"
        for core in cores { out += coreText(core) + "\n" }
        out +=
            "memory: \(Format.grouped(memory[.memoryBytesRead])) bytes read, "
            + "\(Format.grouped(memory[.memoryBytesWritten])) written\n"
        for (counter, _, words) in Self.notable where memory[counter] > 0 {
            out += "\(words): \(Format.grouped(memory[counter]))\n"
        }
        for span in result.spans {
            out +=
                "span \(span.name): \(Format.time(nanoseconds: span.time.nanoseconds)) in \(span.count) "
                + "pass\(span.count == 1 ? "" : "es")\n"
        }
        out += Self.skippedText(result.skipped)
        if let functions { out += "\n" + functions.text }
        out +=
            "\nThe run takes \(Format.time(nanoseconds: result.elapsed.nanoseconds)) on this model; "
            + "see docs/validation.md for how far such numbers can be trusted.\n"
        return out
    }

    static func skippedText(_ kinds: [(kind: String, count: UInt64)]) -> String {
        kinds.map { "skipped: \(Format.grouped($0.count)) × \($0.kind)\n" }.joined()
    }

    private func coreText(_ core: Int) -> String {
        let (total, causes) = cycles(core)
        var table = TextTable([("core\(core) cycles", .left), ("", .right), ("share", .right)])
        for (cause, cycles) in causes where cycles > 0 {
            table.add([cause.name, Format.grouped(cycles), Format.percent(cycles, of: total)])
        }
        table.add(["total", Format.grouped(total), ""])
        return table.text
    }
}

/// A counting replay's report.
public struct PlainReport: Sendable {
    private let result: PlainReplayResult

    /// Makes a report.
    public init(_ result: PlainReplayResult) { self.result = result }

    private var caches: [CacheCounts] {
        var caches = [("L1D", result.level1Data)]
        if let counts = result.level1Instruction { caches.append(("L1I", counts)) }
        if let counts = result.level2 { caches.append(("L2", counts)) }
        return caches.map { CacheCounts(name: $0, $1) }
    }

    /// The report as JSON, schema `staleline.replay/1`; a counting machine has no time.
    public var json: JSONValue {
        .object([
            ("schema", .string("staleline.replay/1")), ("machine", .string("plain")),
            ("records", .integer(result.records)),
            ("skipped", ReplayReport.skipped(result.skipped)),
            ("straddle", .string(result.configuration.straddle.rawValue)),
            (
                "caches", .object(caches.map { ($0.name, $0.json) })
            ), ("level2Misses", level2Misses), ("withFinalFlush", flushed), ("time", .null),
            ("causes", .object([])),
            ("spans", .object([])),
        ])
    }

    /// Level 2's read misses by what caused them, as cachegrind tells them apart.
    private var level2Misses: JSONValue {
        let misses = result.level2Misses
        return .object([
            ("loads", .integer(misses.loads)), ("stores", .integer(misses.stores)),
            ("fetches", .integer(misses.fetches)),
        ])
    }

    /// What writes and write-backs would be with dirty lines written back at the end, L1 first.
    private var flushed: JSONValue {
        func counts(_ counts: PlainCounts) -> JSONValue {
            .object([
                ("writes", .integer(counts.writes)), ("writeMisses", .integer(counts.writeMisses)),
                ("writebacks", .integer(counts.writebacks)),
            ])
        }
        var caches = [("L1D", counts(result.flushed.level1Data))]
        if let level2 = result.flushed.level2 { caches.append(("L2", counts(level2))) }
        return .object(caches)
    }

    private var policy: String { result.configuration.level1Data.replacement.rawValue.uppercased() }

    /// The report for people.
    public var text: String {
        var table = CacheCounts.table
        for cache in caches { table.add(cache.cells) }
        return
            "counting machine (\(policy), write-back, write-allocate), \(Format.grouped(result.records)) records, "
            + "straddling accesses: \(result.configuration.straddle.rawValue)\n\n" + table.text
            + ReplayReport.skippedText(result.skipped)
    }
}
