import Experiments
import MemoryModel
import Operations
import Reports
import Testing

@testable import Experiments

/// What others script against: the members of the JSON of each command.
@Suite("Fixed points of the JSON")
struct FixedPointTests {
    private static let cache = [
        "reads", "writes", "readMisses", "writeMisses", "writebacks", "dirtyAtEnd",
    ]

    @Test("replay")
    func replay() throws {
        let result = try Replay.run(Sample.setup(Sample.copy, machine: "zynq7000"))
        let document = try Document(ReplayReport(result).json)
        #expect(document["schema"]?.string == "staleline.replay/1")
        #expect(document["machine"]?.string == "zynq7000")
        // Five operations; the declarations, the span and its end are none.
        #expect(document["records"]?.count == 5)
        for name in ["L1D", "L1I", "L2"] {
            #expect(document.missing(Self.cache.map { "caches.\(name).\($0)" }) == [])
        }
        #expect(
            document.missing([
                "time.ns", "time.cycles.core0", "causes.core0.work", "causes.core0.l1",
                "causes.core0.l2", "causes.core0.dram", "causes.core0.storeBufferFull",
                "causes.core0.barrier", "causes.core0.maintenance", "causes.core0.uncached",
                "causes.core0.device", "causes.core0.wait", "spans.copy.ns", "spans.copy.count",
            ]) == [])
        #expect(document["spans.copy.count"]?.count == 1)
        #expect((document["spans.copy.ns"]?.number ?? 0) > 0)
    }

    @Test("fix")
    func fix() throws {
        let text = """
            staleline 1
            device eth0 noncoherent
            buffer rx 0x10000000 64
            ld rx 64 by 4
            ring eth0
            eth0: wr rx 64
            wait eth0
            dsb
            ld rx 64 by 4

            """
        let setup = try Sample.setup(text, machine: "zynq7000")
        let result = try Fix.run(setup, text: TraceText(Array(text.utf8)))
        let document = try Document(FixReport(result).json)
        #expect(document["schema"]?.string == "staleline.fix/1")
        #expect(document["outcome"]?.string == "mended")
        #expect(
            document.missing([
                "machine", "kernel", "file", "edits", "patch", "before.findings",
                "before.counts.manifest", "after.counts.manifest", "addedCycles", "runs",
                "smallest", "proof.proved", "redundant",
            ]) == [])
        #expect(document["before.counts.manifest"]?.count == 1)
        #expect(document["after.counts.manifest"]?.count == 0)
        let printed = FixReport(result).text
        #expect(printed.contains("one edit mends it on zynq7000, kernel none"))
        #expect(printed.contains("+dc ivac rx 64"))
    }

    @Test("replay: each core's causes sum to its cycles; a core that did nothing is not there")
    func causes() throws {
        let result = try Replay.run(Sample.setup(Sample.copy, machine: "zynq7000"))
        let document = try Document(ReplayReport(result).json)
        let cores = try #require(document["causes"]?.members)
        #expect(cores.keys.sorted() == ["core0", "core1"])
        for (core, causes) in cores {
            let sum = try #require(causes.members).values.compactMap(\.count).reduce(0, +)
            #expect(sum == document["time.cycles.\(core)"]?.count, "\(core)")
        }
        let alone = try Replay.run(Sample.setup(Sample.faulty, machine: "rpi3"))
        let other = try Document(ReplayReport(alone).json)
        #expect(other["causes"]?.members?.keys.sorted() == ["core0"])
    }

    @Test("replay --plain")
    func plain() throws {
        let cache = CacheConfiguration(size: 1_024, ways: 2, lineSize: 32)
        let accesses = [
            MemoryAccess(.load, at: 0, size: 4), MemoryAccess(.store, at: 0, size: 4),
            MemoryAccess(.store, at: 4_096, size: 4), MemoryAccess(.fetch, at: 0, size: 4),
        ]
        let result = try accesses.withUnsafeBufferPointer {
            try Replay.count(
                $0,
                PlainConfiguration(level1Instruction: cache, level1Data: cache, level2: cache))
        }
        let document = try Document(PlainReport(result).json)
        #expect(document["schema"]?.string == "staleline.replay/1")
        #expect(document["records"]?.count == 4)
        for name in ["L1D", "L1I", "L2"] {
            #expect(document.missing(Self.cache.map { "caches.\(name).\($0)" }) == [])
        }
        let counts = Self.cache.map { document["caches.L1D.\($0)"]?.count }
        #expect(counts == [1, 2, 1, 1, 0, 2])
        #expect(document.missing(["machine", "time", "causes", "spans"]) == [])
    }

    @Test("check")
    func check() throws {
        let result = try Check.run(Sample.setup(Sample.faulty, machine: "rpi3"))
        let document = try Document(CheckReport(result).json)
        #expect(document["schema"]?.string == "staleline.check/1")
        #expect(document["machine"]?.string == "rpi3")
        let findings = try #require(document["findings"]?.list)
        #expect(findings.compactMap { $0["code"]?.string } == ["H03", "H01"])
        for finding in findings {
            #expect(
                finding.missing([
                    "code", "verdict", "record", "line", "agent", "address", "bytes", "symbol",
                    "cause", "mend", "chain", "dmaDebug", "dmaDebugMessage",
                ]) == [])
            #expect(finding["address"]?.string?.hasPrefix("0x") == true)
            let chain = try #require(finding["chain"]?.list)
            #expect(!chain.isEmpty)
            #expect(chain.allSatisfy { $0.missing(["record", "line", "text"]).isEmpty })
        }
        // Records are statements, lines are lines of the file.
        #expect(findings.compactMap { $0["line"]?.count } == [11, 15])
        #expect(findings.compactMap { $0["symbol"]?.string } == ["tx", "rx"])
        let verdicts = findings.compactMap { $0["verdict"]?.string }
        for verdict in ["manifest", "latent", "misuse"] {
            #expect(
                document["counts.\(verdict)"]?.count == verdicts.count { $0 == verdict },
                "\(verdict)")
        }
    }

    @Test("check of a trace without faults has the same members and no findings")
    func checkOfNothing() throws {
        let result = try Check.run(Sample.setup(Sample.copy, machine: "zynq7000"))
        let document = try Document(CheckReport(result).json)
        #expect(document["findings"]?.list?.isEmpty == true)
        #expect(document["dmaDebugRemarks"]?.list?.isEmpty == true)
        #expect(
            ["manifest", "latent", "misuse"].map { document["counts.\($0)"]?.count } == [0, 0, 0])
    }

    @Test("compare")
    func compare() throws {
        let result = try Compare.run(Sample.setup(Sample.faulty, machine: "rpi3"))
        let document = try Document(CompareReport(result).json)
        #expect(document["schema"]?.string == "staleline.compare/1")
        let strategies = try #require(document["strategies"]?.list)
        #expect(!strategies.isEmpty)
        for strategy in strategies {
            let name = strategy["name"]?.string ?? "?"
            #expect(
                strategy.missing([
                    "name", "elapsedNs", "cpuNs", "dmaNs", "causes", "correct", "findings",
                ]) == [], "\(name)")
            let findings = strategy["findings"]?.list
            let isCorrect = strategy["correct"]?.count == 1
            #expect(isCorrect == (findings?.isEmpty == true), "\(name)")
        }
        let names = strategies.compactMap { $0["name"]?.string }
        #expect(names.contains("coherent"))
        #expect(names.contains("streaming"))
        // What is recommended is correct, and no correct strategy of the list is faster.
        let recommended = try #require(document["recommended"]?.string)
        let correct = strategies.filter {
            $0["correct"]?.count == 1 && $0["name"]?.string != "as-written"
        }
        let fastest = correct.min {
            ($0["elapsedNs"]?.number ?? 0) < ($1["elapsedNs"]?.number ?? 0)
        }
        #expect(fastest?["name"]?.string == recommended)
    }

    @Test("validate")
    func validate() throws {
        func row(_ id: String, _ criterion: MeasuredRow.Criterion, _ predicted: Double)
            -> ValidationRow
        {
            ValidationRow(
                row: MeasuredRow(
                    id: id, workload: "w", measured: 2, unit: "s", criterion: criterion, source: "s"
                ), predicted: predicted)
        }
        let rows = [
            row("Z1", .calibration, 2), row("Z2", .absolute, 2.5), row("Z3", .absolute, 2.51),
            row("Z4", .band(1...3), 3), row("Z5", .law, 2.1),
        ]
        let document = try Document(ValidationReport(rows).json)
        #expect(document["schema"]?.string == "staleline.validate/1")
        let read = try #require(document["rows"]?.list)
        for row in read {
            #expect(
                row.missing(["id", "measured", "predicted", "unit", "ratio", "tier", "pass"]) == [])
        }
        #expect(read.map { $0["pass"]?.count } == [1, 1, 0, 1, 0])
        #expect(read.map { $0["tier"]?.count } == [0, 1, 1, 2, 3])
        #expect(read[1]["ratio"]?.number == 1.25)
        #expect(!ValidationReport(rows).passes)
        #expect(ValidationReport(Array(rows.prefix(2))).passes)
        #expect(
            ValidationReport(Array(rows[1...1] + rows[3...])).text.contains(
                "\nThresholds: 90 % of tier 1: met; 100 % of tier 2: met; 100 % of tier 3: NOT met.\n"
            ))
    }
}
