import Foundation
import GRDB
import Glibc
import Operations
import Quantities
import Results
import Testing
import Traces

/// The program, killed at any moment.
@Suite("A sweep that is killed goes on where it was", .serialized)
struct SweepKillTests {
    /// How many kills: 20 in `make test-sweep`.
    private static let kills =
        Int(ProcessInfo.processInfo.environment["STALELINE_KILLS"] ?? "") ?? 3

    /// A trace of random accesses, as extended din.
    static func trace(_ folder: Folder, count: Int = 4_000, seed: UInt64 = 1) throws -> String {
        var text = ""
        for access in OnePassTests.accesses(seed: seed, count: count, span: 20_000) {
            let kind = access.kind == .load ? "r" : access.kind == .store ? "w" : "i"
            text += "\(kind) \(String(access.address, radix: 16)) \(access.size)\n"
        }
        try Data(text.utf8).write(to: folder.url.appendingPathComponent("t.xdin"))
        return folder.path("t.xdin")
    }

    /// So many accesses that some points are kept before the last is run, also in a quick build.
    private static var longTrace: Int {
        #if DEBUG
            4_000
        #else
            1_000_000
        #endif
    }

    /// How many points a killed run has kept, told from a copy: SQLite mends what it opens.
    private static func points(_ folder: Folder, _ name: String) throws -> Int {
        let copy = try Folder()
        for file in [name, name + "-journal"]
        where FileManager.default.fileExists(atPath: folder.path(file)) {
            try FileManager.default.copyItem(atPath: folder.path(file), toPath: copy.path(file))
        }
        guard FileManager.default.fileExists(atPath: copy.path(name)), try !copy.bytes(name).isEmpty
        else { return 0 }
        return try DatabaseQueue(path: copy.path(name)).write {
            guard try $0.tableExists("point") else { return 0 }
            return try Int.fetchOne($0, sql: "SELECT count(*) FROM point") ?? 0
        }
    }

    static let axes = [
        "--machine", "zynq7000", "--l1d-size", "4K..32K", "--l1d-ways", "1,2,3,4", "--l1d-policy",
        "lru,random",
    ]

    @Test("Killed at random moments, and resumed: the bytes of an uninterrupted run")
    func kills() throws {
        let folder = try Folder()
        let trace = try Self.trace(folder, count: Self.longTrace)
        func arguments(_ name: String, _ jobs: Int) -> [String] {
            ["sweep", trace] + Self.axes + ["--jobs", "\(jobs)", "-o", folder.path(name)]
        }
        let start = ContinuousClock.now
        let whole = try Program.run(arguments("whole.db", 1))
        #expect(whole.status == 0, "\(whole.error)")
        var time = (ContinuousClock.now - start) / .milliseconds(1)
        let two = try Program.run(arguments("two.db", 2))
        #expect(two.out == whole.out)
        #expect(try folder.bytes("two.db") == folder.bytes("whole.db"))
        var random = SplitMix64(seed: 7)
        var (killed, partial) = (0, 0)
        for attempt in 0..<20 * Self.kills where killed < Self.kills {
            // The moments lie anywhere from the first to the last; a run that was at its end begins anew.
            let process = try Program.start(arguments("killed.db", 1 + attempt % 2))
            usleep(UInt32(time * 1_000 * Double(random.next() % 1_000) / 1_000))
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            if process.terminationReason == .uncaughtSignal {
                killed += 1
                if 1..<32 ~= (try Self.points(folder, "killed.db")) { partial += 1 }
            } else {
                // The first run may have had less of the machine than those that follow.
                time /= 2
                #expect(try folder.bytes("killed.db") == folder.bytes("whole.db"))
                for name in ["killed.db", "killed.db.new", "killed.db-journal"] {
                    unlink(folder.path(name))
                }
            }
        }
        #expect(killed == Self.kills)
        // Of few kills all may fall before the first results are kept, or after the last.
        #expect(Self.kills < 20 || partial > 0)
        let last = try Program.run(arguments("killed.db", 2))
        #expect(last.status == 0, "\(last.error)")
        #expect(last.out == whole.out)
        #expect(try folder.bytes("killed.db") == folder.bytes("whole.db"))
        let left = try FileManager.default.contentsOfDirectory(atPath: folder.url.path).sorted()
        #expect(left == ["killed.db", "t.xdin", "two.db", "whole.db"])
    }

    @Test("What a file has is not run again, and what it lacks is")
    func resumes() throws {
        let folder = try Folder()
        let trace = try Self.trace(folder)
        let command = ["sweep", trace] + Self.axes + ["-o", folder.path("s.db")]
        #expect(try Program.run(command).status == 0)
        let whole = try folder.bytes("s.db")
        // A mark at the first point, and the last one taken away.
        try DatabaseQueue(path: folder.path("s.db")).write { db in
            try db.execute(
                sql: "UPDATE metric SET value = 1 WHERE point = 0 AND name = 'time.ns'")
            #expect(db.changesCount == 1)
            for (table, column) in [
                ("point", "number"), ("setting", "point"), ("metric", "point"),
                ("finding", "point"),
            ] {
                try db.execute(sql: "DELETE FROM \(table) WHERE \(column) = 31")
            }
        }
        #expect(try Program.run(command).status == 0)
        let table = try SweepStore.table(folder.path("s.db"))
        #expect(table.rows.count == 32 && table.missing.isEmpty)
        #expect(table.metric("time.ns", at: table.rows[0]) == 1)
        let last = try #require(table.metric("time.ns", at: table.rows[31]))
        #expect(last > 1_000)
        try DatabaseQueue(path: folder.path("s.db")).write { db in
            try db.execute(sql: "DELETE FROM point WHERE number = 0")
            try db.execute(sql: "DELETE FROM setting WHERE point = 0")
            try db.execute(sql: "DELETE FROM metric WHERE point = 0")
        }
        #expect(try Program.run(command).status == 0)
        #expect(try folder.bytes("s.db") == whole)
    }

    @Test("A plan runs from any folder, with the paths and the words that it was given")
    func plans() throws {
        let folder = try Folder()
        _ = try Self.trace(folder)
        try FileManager.default.createDirectory(
            atPath: folder.path("elsewhere"), withIntermediateDirectories: true)
        // A machine of one's own, axes in a file, and a file that is called like a policy.
        try FileManager.default.copyItem(
            at: Program.root.appendingPathComponent("configs/zynq7000.yaml"),
            to: folder.url.appendingPathComponent("own.yaml"))
        try Data("l1d.size: 8K..16K\n".utf8).write(to: folder.url.appendingPathComponent("a.yaml"))
        try Data().write(to: folder.url.appendingPathComponent("lru"))
        let words = ["t.xdin", "--machine", "own.yaml", "--axes=a.yaml", "--l1d-policy", "lru"]
        let planned = try Program.run(
            ["sweep", "plan"] + words + ["--shards", "2", "-o", "p.json"], in: folder.url)
        #expect(planned.status == 0, "\(planned.error)")
        let elsewhere = folder.url.appendingPathComponent("elsewhere")
        for shard in ["1", "2/2"] {
            let run = try Program.run(
                ["sweep", "run", "../p.json", "--shard", shard], in: elsewhere)
            #expect(run.status == 0, "\(run.error)")
        }
        let merged = try Program.run(
            ["sweep", "merge", "p.shard-1-of-2.db", "p.shard-2-of-2.db", "-o", "all.db"],
            in: folder.url)
        #expect(merged.status == 0, "\(merged.error)")
        let local = try Program.run(["sweep"] + words + ["-o", "local.db"], in: folder.url)
        #expect(local.status == 0, "\(local.error)")
        #expect(try folder.bytes("all.db") == folder.bytes("local.db"))
    }

    @Test("A merge keeps what is there of its sweep, and takes nothing else for its own")
    func merges() throws {
        let folder = try Folder()
        let trace = try Self.trace(folder, count: 200)
        let few = ["sweep", trace, "--machine", "zynq7000", "--l1d-size"]
        #expect(try Program.run(few + ["8K..16K", "-o", folder.path("a.db")]).status == 0)
        #expect(try Program.run(few + ["8K..32K", "-o", folder.path("b.db")]).status == 0)
        let (bytes, other) = (try folder.bytes("t.xdin"), try folder.bytes("b.db"))
        for (target, words) in [("t.xdin", "not a database"), ("b.db", "l1d.size")] {
            let merged = try Program.run(
                ["sweep", "merge", folder.path("a.db"), "-o", folder.path(target)])
            #expect(merged.status == 2)
            #expect(merged.error.contains(words), "\(merged.error)")
        }
        #expect(try folder.bytes("t.xdin") == bytes && folder.bytes("b.db") == other)
    }

    @Test("Shards on their own, one of them killed, merge to the file of one run")
    func shards() throws {
        let folder = try Folder()
        let trace = try Self.trace(folder)
        let one = try Program.run(["sweep", trace] + Self.axes + ["-o", folder.path("one.db")])
        #expect(one.status == 0, "\(one.error)")
        let plan = try Program.run(
            ["sweep", "plan", trace] + Self.axes + ["--shards", "5", "-o", folder.path("p.json")])
        #expect(plan.status == 0, "\(plan.error)")
        func shard(_ number: Int) -> [String] {
            ["sweep", "run", folder.path("p.json"), "--shard", "\(number)/5"]
        }
        // On a busy machine this thread may wake up late, when the shard has been run.
        var isKilled = false
        for attempt in 0..<20 where !isKilled {
            unlink(folder.path("p.shard-2-of-5.db"))
            let process = try Program.start(shard(2))
            usleep(100_000 >> UInt32(attempt))
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            isKilled = process.terminationReason == .uncaughtSignal
        }
        #expect(isKilled)
        for number in [3, 1, 5, 4] {
            let run = try Program.run(shard(number))
            #expect(run.status == 0, "\(run.error)")
        }
        let paths = (1...5).map { folder.path("p.shard-\($0)-of-5.db") }
        let part = try Program.run(
            ["sweep", "merge", paths[0], paths[2], paths[4], "-o", folder.path("all.db")])
        #expect(part.status == 1)
        // 32 points: the second fifth is 6 to 11, the fourth 19 to 24.
        #expect(part.out.contains("points are missing: 6-11,19-24"), "\(part.out)")
        #expect(try Program.run(shard(2)).status == 0)
        #expect(try Program.run(shard(2)).status == 0)
        let all = try Program.run(
            ["sweep", "merge"] + paths + [paths[3], "-o", folder.path("all.db")])
        #expect(all.status == 0, "\(all.error)")
        #expect(try folder.bytes("all.db") == folder.bytes("one.db"))
        let wrong = try Program.run(shard(6))
        #expect(wrong.status == 2)
        #expect(wrong.error.contains("expected one of 1/5 to 5/5"))
        try Data("r 0 4\n".utf8).write(to: folder.url.appendingPathComponent("t.xdin"))
        let changed = try Program.run(shard(1))
        #expect(changed.status == 2)
        #expect(changed.error.contains("another than when the sweep was planned"))
    }
}
