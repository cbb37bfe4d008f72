import Foundation
import Glibc
import Operations
import Quantities
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

    static let axes = [
        "--machine", "zynq7000", "--l1d-size", "4K..32K", "--l1d-ways", "1,2,3,4", "--l1d-policy",
        "lru,random",
    ]

    @Test("Killed at random moments, and resumed: the bytes of an uninterrupted run")
    func kills() throws {
        let folder = try Folder()
        let trace = try Self.trace(folder)
        func arguments(_ name: String, _ jobs: Int) -> [String] {
            ["sweep", trace] + Self.axes + ["--jobs", "\(jobs)", "-o", folder.path(name)]
        }
        let start = ContinuousClock.now
        let whole = try Program.run(arguments("whole.db", 1))
        #expect(whole.status == 0, "\(whole.error)")
        let time = (ContinuousClock.now - start) / .milliseconds(1)
        let two = try Program.run(arguments("two.db", 2))
        #expect(two.out == whole.out)
        #expect(try folder.bytes("two.db") == folder.bytes("whole.db"))
        var random = SplitMix64(seed: 7)
        var killed = 0
        for attempt in 0..<20 * Self.kills where killed < Self.kills {
            // The moments lie anywhere from the first to the last; a run that was at its end begins anew.
            let process = try Program.start(arguments("killed.db", 1 + attempt % 2))
            usleep(UInt32(time * 1_000 * Double(random.next() % 1_000) / 1_000))
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            if process.terminationReason == .uncaughtSignal {
                killed += 1
            } else {
                #expect(try folder.bytes("killed.db") == folder.bytes("whole.db"))
                for name in ["killed.db", "killed.db.new", "killed.db-journal"] {
                    unlink(folder.path(name))
                }
            }
        }
        #expect(killed == Self.kills)
        let last = try Program.run(arguments("killed.db", 2))
        #expect(last.status == 0, "\(last.error)")
        #expect(last.out == whole.out)
        #expect(try folder.bytes("killed.db") == folder.bytes("whole.db"))
        let left = try FileManager.default.contentsOfDirectory(atPath: folder.url.path).sorted()
        #expect(left == ["killed.db", "t.xdin", "two.db", "whole.db"])
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
        let process = try Program.start(shard(2))
        usleep(300_000)
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
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
