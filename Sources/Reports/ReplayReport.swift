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

    private struct Cache {
        var name: String
        var reads, writes, readMisses, writeMisses, writebacks: UInt64
        var dirtyAtEnd: UInt64
    }

    private var caches: [Cache] {
        let c = result.counters
        var caches: [Cache] = []
        if result.machine.level1Data != nil {
            caches.append(
                Cache(
                    name: "L1D", reads: c[.level1DataReads], writes: c[.level1DataWrites],
                    readMisses: c[.level1DataReadMisses], writeMisses: c[.level1DataWriteMisses],
                    writebacks: c[.level1DataWritebacks],
                    dirtyAtEnd: UInt64(result.dirtyAtEnd.level1Data)))
        }
        if result.machine.level1Instruction != nil {
            caches.append(
                Cache(
                    name: "L1I", reads: c[.level1InstructionReads], writes: 0,
                    readMisses: c[.level1InstructionReadMisses], writeMisses: 0, writebacks: 0,
                    dirtyAtEnd: 0))
        }
        if result.machine.level2 != nil {
            caches.append(
                Cache(
                    name: "L2", reads: c[.level2Reads], writes: c[.level2Writes],
                    readMisses: c[.level2ReadMisses], writeMisses: c[.level2WriteMisses],
                    writebacks: c[.level2Writebacks], dirtyAtEnd: UInt64(result.dirtyAtEnd.level2)))
        }
        return caches
    }

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
        return .object([
            ("schema", .string("staleline.replay/1")), ("machine", .string(result.machine.name)),
            ("records", .integer(result.records)), ("skipped", Self.skipped(result.skipped)),
            (
                "caches",
                .object(
                    caches.map { cache in
                        (
                            cache.name,
                            Self.counts(
                                cache.reads, cache.writes, cache.readMisses, cache.writeMisses,
                                cache.writebacks, cache.dirtyAtEnd)
                        )
                    })
            ),
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
        ])
    }

    static func counts(
        _ reads: UInt64, _ writes: UInt64, _ readMisses: UInt64, _ writeMisses: UInt64,
        _ writebacks: UInt64, _ dirtyAtEnd: UInt64
    ) -> JSONValue {
        .object([
            ("reads", .integer(reads)), ("writes", .integer(writes)),
            ("readMisses", .integer(readMisses)), ("writeMisses", .integer(writeMisses)),
            ("writebacks", .integer(writebacks)), ("dirtyAtEnd", .integer(dirtyAtEnd)),
        ])
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
        var table = Self.cacheTable
        for cache in caches {
            table.add(
                Self.row(
                    cache.name, cache.reads, cache.writes, cache.readMisses, cache.writeMisses,
                    cache.writebacks, cache.dirtyAtEnd))
        }
        out += table.text + "\n"
        for core in cores { out += coreText(core) + "\n" }
        out +=
            "memory: \(Format.grouped(memory[.memoryBytesRead])) bytes read, "
            + "\(Format.grouped(memory[.memoryBytesWritten])) written\n"
        for span in result.spans {
            out +=
                "span \(span.name): \(Format.time(nanoseconds: span.time.nanoseconds)) in \(span.count) "
                + "pass\(span.count == 1 ? "" : "es")\n"
        }
        out += Self.skippedText(result.skipped)
        out +=
            "\nThe run takes \(Format.time(nanoseconds: result.elapsed.nanoseconds)) on this model; "
            + "see docs/validation.md for how far such numbers can be trusted.\n"
        return out
    }

    static func skippedText(_ kinds: [(kind: String, count: UInt64)]) -> String {
        kinds.map { "skipped: \(Format.grouped($0.count)) × \($0.kind)\n" }.joined()
    }

    static var cacheTable: TextTable {
        TextTable([
            ("cache", .left), ("reads", .right), ("writes", .right), ("read misses", .right),
            ("write misses", .right), ("miss rate", .right), ("writebacks", .right),
            ("dirty at end", .right),
        ])
    }

    static func row(
        _ name: String, _ reads: UInt64, _ writes: UInt64, _ readMisses: UInt64,
        _ writeMisses: UInt64, _ writebacks: UInt64, _ dirtyAtEnd: UInt64
    ) -> [String] {
        [
            name, Format.grouped(reads), Format.grouped(writes), Format.grouped(readMisses),
            Format.grouped(writeMisses),
            Format.percent(readMisses + writeMisses, of: reads + writes),
            Format.grouped(writebacks), Format.grouped(dirtyAtEnd),
        ]
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

    private var caches: [(String, PlainCounts)] {
        var caches = [("L1D", result.level1Data)]
        if let counts = result.level1Instruction { caches.append(("L1I", counts)) }
        if let counts = result.level2 { caches.append(("L2", counts)) }
        return caches
    }

    /// The report as JSON, schema `staleline.replay/1`; a counting machine has no time.
    public var json: JSONValue {
        .object([
            ("schema", .string("staleline.replay/1")), ("machine", .string("plain")),
            ("records", .integer(result.records)),
            ("skipped", ReplayReport.skipped(result.skipped)),
            ("straddle", .string(result.configuration.straddle.rawValue)),
            (
                "caches",
                .object(
                    caches.map { name, c in
                        (
                            name,
                            ReplayReport.counts(
                                c.reads, c.writes, c.readMisses, c.writeMisses, c.writebacks,
                                c.dirtyAtEnd)
                        )
                    })
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
        var table = ReplayReport.cacheTable
        for (name, c) in caches {
            table.add(
                ReplayReport.row(
                    name, c.reads, c.writes, c.readMisses, c.writeMisses, c.writebacks, c.dirtyAtEnd
                ))
        }
        return
            "counting machine (\(policy), write-back, write-allocate), \(Format.grouped(result.records)) records, "
            + "straddling accesses: \(result.configuration.straddle.rawValue)\n\n" + table.text
            + ReplayReport.skippedText(result.skipped)
    }
}
