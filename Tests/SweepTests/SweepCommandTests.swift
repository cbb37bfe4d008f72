import Foundation
import Testing

/// `staleline sweep` as a person meets it.
@Suite("The sweep command")
struct SweepCommandTests {
    private static func object(_ text: String) throws -> [String: Any] {
        try #require(
            try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    @Test("A point says what replay says of the same machine", arguments: [true, false])
    func replay(isPlain: Bool) throws {
        let folder = try Folder()
        let trace = try SweepKillTests.trace(folder, count: 3_000)
        let machine = isPlain ? ["--plain", "--l1i", "4K,2,32"] : ["--machine", "am335x"]
        let result = try Program.run(
            [
                "sweep", trace, "--l1d-size", "4K,8K", "--l1d-ways", "2,4", "--l1d-line",
                isPlain ? "32" : "64", "--json",
            ] + machine)
        #expect(result.status == 0, "\(result.error)")
        let points = try #require(try Self.object(result.out)["points"] as? [[String: Any]])
        #expect(points.count == 4)
        for point in points {
            let settings = try #require(point["settings"] as? [String: String])
            let (size, ways) = (settings["l1d.size"] ?? "", settings["l1d.ways"] ?? "")
            let single = try Program.run(
                ["replay", trace, "--json", "--l1d", "\(size),\(ways),\(isPlain ? "32" : "64")"]
                    + machine)
            let replay = try Self.object(single.out)
            for name in ["records", "caches", "time"] {
                let (mine, other) = (point[name] as? NSObject, replay[name] as? NSObject)
                #expect(mine != nil && mine == other, "\(name) at \(settings)")
            }
        }
    }

    @Test("--check says on which machines a driver goes wrong")
    func check() throws {
        let trace = Program.root.appendingPathComponent(
            "Traces/litmus/REF-h09-unawaited.violates.slt"
        ).path
        let machines = "zynq7000,rpi4,am335x"
        let result = try Program.run(["sweep", trace, "--machine", machines, "--check", "--json"])
        let points = try #require(try Self.object(result.out)["points"] as? [[String: Any]])
        var found = false
        for point in points {
            let settings = try #require(point["settings"] as? [String: String])
            let single = try Program.run(
                ["check", trace, "--machine", settings["machine"] ?? "", "--json"])
            let findings = try #require(try Self.object(single.out)["findings"] as? [[String: Any]])
            var expected: [String: [String: Int]] = ["manifest": [:], "latent": [:], "misuse": [:]]
            for finding in findings {
                let (verdict, code) = (finding["verdict"] as? String, finding["code"] as? String)
                expected[verdict ?? "", default: [:]][code ?? "", default: 0] += 1
            }
            #expect(point["findings"] as? [String: [String: Int]] == expected)
            found = found || !findings.isEmpty
        }
        #expect(found && result.status == 1)
    }

    @Test("--strategies says what compare says")
    func strategies() throws {
        let trace = Program.root.appendingPathComponent("Traces/workloads/spi-small.slt").path
        let result = try Program.run(
            [
                "sweep", trace, "--machine", "am335x", "--l1d-size", "16K,32K", "--strategies",
                "--json",
            ])
        #expect(result.status == 0, "\(result.error)")
        let points = try #require(try Self.object(result.out)["points"] as? [[String: Any]])
        #expect(points.count == 2)
        for point in points {
            let settings = try #require(point["settings"] as? [String: String])
            let single = try Program.run(
                [
                    "compare", trace, "--machine", "am335x", "--no-sensitivity", "--json", "--set",
                    "l1d.size=\(settings["l1d.size"] ?? "")",
                ])
            let compared = try Self.object(single.out)
            #expect(point["recommended"] as? String == compared["recommended"] as? String)
            let costs = try #require(point["strategies"] as? [String: [String: Any]])
            let expected = try #require(compared["strategies"] as? [[String: Any]])
            #expect(costs.count == expected.count)
            for strategy in expected {
                let name = strategy["name"] as? String ?? ""
                #expect(costs[name]?["elapsedNs"] as? Double == strategy["elapsedNs"] as? Double)
                #expect(costs[name]?["cpuNs"] as? Double == strategy["cpuNs"] as? Double)
            }
        }
    }

    @Test(
        "What cannot be is refused with its place",
        arguments: [
            (["--l1d-size", "8K..60K"], "--l1d-size: found '8K..60K'"),
            (["--set", "l2.size"], "expected KEY=VALUES"),
            (["--set", "l2.sizes=1K"], "no point of this sweep can be run"),
            (["--l1d-ways", "1,2", "--set", "l1d.ways=4"], "l1d.ways: found it more than once"),
            (["--machine", "zynq7000,zynk"], "did you mean"),
            (["--plain", "--set", "core.mhz=1"], "an axis that a counting machine has not"),
            (["--plain", "--l1d-ways", "1,2"], "l1d.size: found nothing"),
            (["--plain", "--check", "--l1d", "4K,2,32"], "needs a native trace"),
            (["--straddle", "once"], "without --plain"),
            (["--latin", "3", "--l1d-ways", "1,2"], "--latin: found 3"),
            (["--budget", "9K..8K"], "--budget 9K..8K: expected bits"),
            (["--l1d-sets", "64", "--l1d-size", "8K"], "sets and a size of l1d"),
            (["--jobs", "0"], "expected 1 to 1024"),
            (
                ["--guided", "4", "--goals", "time.hours", "--l1d-ways", "1,2"],
                "--goals time.hours"
            ),
            (["--guided", "4", "--latin", "3"], "expected one of them at a time"),
            (["--goals", "time.ns"], "without --guided"),
            (["--guided", "4", "--print-plan"], "has no points before it is run"),
            (["--check", "--strategies"], "expected one of them at a time"),
            (["--strategies"], "needs a native trace"),
        ])
    func refused(arguments: [String], error: String) throws {
        let folder = try Folder()
        let trace = try SweepKillTests.trace(folder, count: 100)
        let result = try Program.run(["sweep", trace] + arguments)
        #expect(result.status == 2)
        #expect(result.error.contains(error), "\(result.error)")
        #expect(result.out.isEmpty)
    }

    @Test("Sets make sizes, budgets bound bits, files give axes, and all points are told")
    func plans() throws {
        let folder = try Folder()
        let trace = try SweepKillTests.trace(folder, count: 100)
        try Data("l1d:\n  sets: 16..64\n  ways: [1, 3]\nl1d.line: 32\n".utf8)
            .write(to: folder.url.appendingPathComponent("axes.yaml"))
        let plan = try Program.run(
            [
                "sweep", trace, "--plain", "--axes", folder.path("axes.yaml"), "--print-plan",
                "--budget", "5K..30K",
            ])
        #expect(plan.status == 0, "\(plan.error)")
        // A line of 32 bytes: 256 bits, a tag of 32 - 5 - 4 bits, valid and dirty; three ways in order: 3 bits a set.
        #expect(plan.out.contains("\(16 * (256 + 23 + 2))".replacing("4496", with: "4,496")))
        #expect(plan.out.contains("\(16 * (3 * 281 + 3))".replacing("13536", with: "13,536")))
        #expect(plan.out.contains("caches of 4496 bits, expected 5120 to 30720 bits"))
        #expect(plan.out.contains("Of 6 points 4 can be run."), "\(plan.out)")
        let bad = try Program.run(
            ["sweep", trace, "--plain", "--l1d", "1K,1,32", "--l1d-size", "1K,3K", "--csv"])
        #expect(bad.status == 0)
        let lines = bad.out.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines[0].hasPrefix("point,l1d.size,L1D.dirtyAtEnd,"))
        #expect(lines[2].contains("found 3072") && lines[1].hasSuffix(",,"))
    }

    @Test("Shards draw the sample that the whole sweep draws", arguments: ["sets", "intervals"])
    func sampledShards(by: String) throws {
        let folder = try Folder()
        let trace = try SweepKillTests.trace(folder, count: 6_000)
        // The last point has the fewest sets: a shard without it must not draw from more.
        let arguments =
            [trace, "--plain", "--l1d-sets", "256,64,16", "--l1d-ways", "1,2", "--l1d-line", "32"]
            + (by == "sets"
                ? ["--sample-sets", "1/2"]
                : ["--sample-intervals", "100/400", "--warm-up", "200"])
        let local = try Program.run(["sweep"] + arguments + ["-o", folder.path("local.db")])
        #expect(local.status == 0, "\(local.error)")
        #expect(local.out.replacing("\n", with: " ").contains("with bounds of nominally 95 %"))
        #expect(local.out.contains(" % to "))
        #expect(
            try Program.run(
                ["sweep", "plan"] + arguments + ["--shards", "3", "-o", folder.path("plan.json")]
            ).status == 0)
        for shard in 1...3 {
            let run = try Program.run(
                ["sweep", "run", folder.path("plan.json"), "--shard", "\(shard)"])
            #expect(run.status == 0, "\(run.error)")
        }
        let merge = try Program.run(
            ["sweep", "merge"] + (1...3).map { folder.path("plan.shard-\($0)-of-3.db") }
                + ["-o", folder.path("all.db")])
        #expect(merge.status == 0, "\(merge.error)")
        #expect(try folder.bytes("all.db") == folder.bytes("local.db"))
        let json = try Program.run(["sweep", "report", folder.path("all.db"), "--json"])
        let points = try #require(try Self.object(json.out)["points"] as? [[String: Any]])
        for point in points {
            let sample = try #require(point["sample"] as? [String: Any])
            #expect(sample["by"] as? String == by)
            let estimates = try #require(point["estimates"] as? [String: [String: Double]])
            let rate = try #require(estimates["L1D.missRate"])
            let (low, value, high) = (rate["low"] ?? 2, rate["value"] ?? 2, rate["high"] ?? -1)
            #expect(0 <= low && low <= value && value <= high && high <= 1)
        }
    }

    @Test("What is drawn of a sample says what its numbers are worth")
    func sampleAnalysis() throws {
        let folder = try Folder()
        let trace = try SweepKillTests.trace(folder, count: 3_000)
        let path = folder.path("s.db")
        #expect(
            try Program.run(
                [
                    "sweep", trace, "--plain", "--l1d-sets", "64,256", "--l1d-ways", "1,2",
                    "--l1d-line", "32", "--sample-sets", "1/2", "-o", path,
                ]
            ).status == 0)
        let words = "hot sets that were not drawn"
        let analysis = try Program.run(["sweep", "report", path, "--analysis"])
        #expect(analysis.out.replacing("\n", with: " ").contains(words))
        _ = try Program.run(["sweep", "report", path, "-o", folder.path("s.html")])
        let page = try String(decoding: folder.bytes("s.html"), as: UTF8.self)
        #expect(page.contains(words))
    }

    @Test("A sample that cannot be drawn is refused in words")
    func sampleErrors() throws {
        let folder = try Folder()
        let trace = try SweepKillTests.trace(folder, count: 500)
        let plain = ["--plain", "--l1d-size", "4K,8K", "--l1d-ways", "1", "--l1d-line", "32"]
        let cases: [(arguments: [String], words: String)] = [
            (plain + ["--sample-sets", "1/64"], "expected 8 or more"),
            (plain + ["--sample-sets", "8"], "expected one in so many"),
            (
                plain + ["--sample-sets", "1/2", "--sample-intervals", "1/2"],
                "expected one of them at a time"
            ),
            (plain + ["--sample-intervals", "20/10"], "found 20 accesses in each 10"),
            (plain + ["--sample-intervals", "20"], "expected ACCESSES/PERIOD"),
            (plain + ["--warm-up", "20"], "without --sample-intervals"),
            (
                plain + ["--sample-intervals", "1/2", "--straddle", "once"],
                "expected split, first or each"
            ),
            (
                plain + ["--sample-sets", "1/2", "--guided", "2"],
                "expected --sample-intervals"
            ),
            (
                ["--machine", "am335x", "--l1d-size", "16K,32K", "--sample-sets", "1/2"],
                "time belongs to no set"
            ),
            (
                plain + ["--sample-intervals", "10/200"],
                "units in the trace, expected at least 8"
            ),
        ]
        for (arguments, words) in cases {
            let result = try Program.run(["sweep", trace] + arguments)
            #expect(result.status == 2, "\(arguments)")
            #expect((result.error + result.out).contains(words), "\(arguments): \(result.error)")
        }
        let statements = Program.root.appendingPathComponent("Traces/workloads/spi-small.slt").path
        let result = try Program.run(
            ["sweep", statements, "--sample-intervals", "10/20", "--machine", "am335x"])
        #expect(result.status == 2)
        #expect(result.error.contains("found a trace of statements"), "\(result.error)")
    }
}
