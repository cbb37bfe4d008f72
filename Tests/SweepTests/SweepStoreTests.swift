import Experiments
import Foundation
import GRDB
import Testing

@testable import Results

/// Files of results.
@Suite("Files of a sweep's results")
struct SweepStoreTests {
    private static let axes = [
        MachineAxis(key: "l1d.size", values: ["8K", "16K", "32K"]),
        MachineAxis(key: "l1d.ways", values: ["1", "2", "4", "8"]),
    ]

    private static func identity(
        _ shard: SweepIdentity.Shard? = nil, seed: String = "1"
    ) -> SweepIdentity {
        SweepIdentity(
            entries: [.init("trace sha256", "ab"), .init("seed", seed)], axes: axes,
            numbers: Array(0..<12), machines: [.init("zynq7000", "name: zynq7000\n")], shard: shard,
            trace: "t.slt")
    }

    private static func point(_ number: UInt64) -> StoredPoint {
        guard number != 5 else {
            return StoredPoint(number: 5, state: .impossible("ways: found '2', expected 3"))
        }
        return StoredPoint(
            number: number, state: .done, members: "\"time\":{\"ns\":\(number).5}",
            metrics: [
                ("time.ns", .fraction(Double(number) + 0.5)), ("L1D.reads", .whole(100)),
                ("L1D.writes", .whole(100)), ("L1D.readMisses", .whole(Int64(number))),
                ("L1D.writeMisses", .whole(10)),
            ],
            findings: number == 3 ? [.init(verdict: "latent", code: "H08", count: 2)] : [])
    }

    private static func fill(
        _ path: String, _ identity: SweepIdentity, _ batches: [[UInt64]], to target: String? = nil
    ) throws {
        for batch in batches {
            let store = try SweepStore.open(path, identity)
            try store.add(batch.map(point))
            try store.close()
        }
        guard let target else { return }
        let store = try SweepStore.open(path, identity)
        try store.write(to: target)
        try store.close()
    }

    @Test("A finished file's bytes depend on the results alone")
    func bytes() throws {
        let folder = try Folder()
        let ways: [[[UInt64]]] = [
            [Array(0..<12)], (0..<12).map { [$0] },
            [[11, 3], [7, 0, 5], [1, 2, 4, 6, 8, 9, 10]],
            [[3, 3], [3, 4], Array((0..<12).reversed())],
        ]
        for (index, batches) in ways.enumerated() {
            try Self.fill(
                folder.path("work\(index)"), Self.identity(), batches,
                to: folder.path("whole\(index)"))
            #expect(try folder.bytes("whole\(index)") == folder.bytes("whole0"), "way \(index)")
        }
        // And what is written of the finished file is that file.
        let store = try SweepStore.open(folder.path("whole0"), Self.identity())
        #expect(store.isComplete)
        try store.write(to: folder.path("again"))
        #expect(try folder.bytes("again") == folder.bytes("whole0"))
    }

    @Test("A file goes on where it was, and only with what it was begun with")
    func resume() throws {
        let folder = try Folder()
        let path = folder.path("sweep.db")
        try Self.fill(path, Self.identity(), [[2, 5]])
        let store = try SweepStore.open(path, Self.identity())
        #expect(store.done == [2, 5])
        #expect(!store.isComplete)
        try store.close()
        let fault = #expect(throws: StoreFault.self) {
            try SweepStore.open(path, Self.identity(seed: "2"))
        }
        #expect(fault?.found.contains("seed: found 1, expected 2") == true)
        var other = Self.identity()
        other.axes[0].values.append("64K")
        other.axes[1].values.removeLast(3)
        let axes = #expect(throws: StoreFault.self) { try SweepStore.open(path, other) }
        #expect(
            axes?.found.contains("l1d.size: found 8K,16K,32K, expected 8K,16K,32K,64K") == true)
        #expect(axes?.found.contains("l1d.ways: found 1,2,4,8, expected 1") == true)
        other = Self.identity()
        other.machines[0].value = "name: zynq7000\nmore\n"
        let machine = #expect(throws: StoreFault.self) { try SweepStore.open(path, other) }
        #expect(machine?.found.contains("machine zynq7000: found another file") == true)
        let shard = #expect(throws: StoreFault.self) {
            try SweepStore.open(path, Self.identity(.init(number: 1, count: 2)))
        }
        #expect(shard?.found.contains("shard: found none, expected 1/2") == true)
    }

    @Test("Shards are all points once, in order, whatever numbers the points have")
    func shards() {
        for numbers in [Array(0..<12), [3, 4, 9, 70, 71], []] as [[UInt64]] {
            for count in [1, 2, 5, 12, 30] {
                let parts = (1...count).map { number in
                    var identity = Self.identity(.init(number: number, count: count))
                    identity.numbers = numbers
                    return identity.expected
                }
                #expect(parts.flatMap(\.self) == numbers, "\(count) shards")
                let sizes = parts.map(\.count)
                #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1)
            }
        }
    }

    @Test("A table has the settings, the metrics and those that follow, and what is missing")
    func table() throws {
        let folder = try Folder()
        let path = folder.path("sweep.db")
        try Self.fill(path, Self.identity(), [[7, 3, 5]])
        let table = try SweepStore.table(path)
        #expect(table.rows.map(\.number) == [3, 5, 7])
        #expect(table.missing == [0, 1, 2, 4, 6, 8, 9, 10, 11])
        #expect(table.axes == Self.axes)
        #expect(table.origin.map(\.name) == ["trace", "trace sha256", "seed"])
        #expect(
            table.metrics == [
                "L1D.missRate", "L1D.misses", "L1D.readMisses", "L1D.reads", "L1D.writeMisses",
                "L1D.writes", "time.ns",
            ])
        let row = table.rows[2]
        #expect(table.value(of: "l1d.size", at: row) == "16K")
        #expect(table.value(of: "l1d.ways", at: row) == "8")
        #expect(table.value(of: "l2.size", at: row) == nil)
        #expect(table.metric("time.ns", at: row) == 7.5)
        #expect(table.metric("L1D.misses", at: row) == 17)
        #expect(table.metric("L1D.missRate", at: row) == 0.085)
        #expect(table.metric("L2.misses", at: row) == nil)
        #expect(table.rows[1].state == .impossible("ways: found '2', expected 3"))
        #expect(table.metric("time.ns", at: table.rows[1]) == nil)
        #expect(table.rows[0].findings == [.init(verdict: "latent", code: "H08", count: 2)])
    }

    @Test("Shards in any order, and twice, make the file of one run; lost ones are told")
    func merge() throws {
        let folder = try Folder()
        try Self.fill(
            folder.path("work"), Self.identity(), [Array(0..<12)], to: folder.path("local"))
        var paths: [String] = []
        for number in 1...5 {
            let identity = Self.identity(.init(number: number, count: 5))
            let path = folder.path("shard\(number)")
            try Self.fill(path, identity, [identity.expected])
            paths.append(path)
        }
        let orders = [paths, paths.reversed(), paths + [paths[2], paths[0]], [paths[4]] + paths]
        for (index, order) in orders.enumerated() {
            #expect(try SweepStore.merge(order, to: folder.path("all\(index)")) == [])
            #expect(try folder.bytes("all\(index)") == folder.bytes("local"))
        }
        let lost = try SweepStore.merge(
            [paths[0], paths[2], paths[4]], to: folder.path("part"))
        #expect(lost == [2, 3, 7, 8])
        // What is there can be merged with the rest later, and be gone on with.
        #expect(
            try SweepStore.merge(
                [folder.path("part"), paths[3], paths[1]], to: folder.path("late"))
                == [])
        #expect(try folder.bytes("late") == folder.bytes("local"))
        try Self.fill(
            folder.path("part"), Self.identity(), [[2, 3], [7, 8]], to: folder.path("on"))
        #expect(try folder.bytes("on") == folder.bytes("local"))
    }

    @Test("Files of other sweeps, and points with two results, are not merged")
    func conflicts() throws {
        let folder = try Folder()
        try Self.fill(folder.path("a"), Self.identity(), [[1, 2]])
        try Self.fill(folder.path("b"), Self.identity(seed: "2"), [[3]])
        let other = #expect(throws: StoreFault.self) {
            try SweepStore.merge([folder.path("a"), folder.path("b")], to: folder.path("x"))
        }
        #expect(other?.found.contains("seed: found 2, expected 1") == true)
        let store = try SweepStore.open(folder.path("c"), Self.identity())
        var point = Self.point(2)
        point.members = "\"time\":null"
        try store.add([point])
        try store.close()
        let twice = #expect(throws: StoreFault.self) {
            try SweepStore.merge([folder.path("a"), folder.path("c")], to: folder.path("y"))
        }
        #expect(twice?.found.contains("point 2 otherwise than in") == true)
    }

    @Test("What is no file of results is refused with its name")
    func refused() throws {
        let folder = try Folder()
        try Data("no database, but long enough to be one".utf8).write(
            to: folder.url.appendingPathComponent("text"))
        try DatabaseQueue(path: folder.path("other")).write {
            try $0.execute(sql: "CREATE TABLE t (a)")
        }
        try Self.fill(folder.path("later"), Self.identity(), [[1]])
        try DatabaseQueue(path: folder.path("later")).write {
            try $0.execute(sql: "PRAGMA user_version = 9")
        }
        for (name, found) in [
            ("text", "file is not a database"), ("other", "a database of another program"),
            ("later", "results in version 9"),
        ] {
            for fault in [
                #expect(throws: StoreFault.self) {
                    try SweepStore.open(folder.path(name), Self.identity())
                },
                #expect(throws: StoreFault.self) { try SweepStore.table(folder.path(name)) },
            ] {
                #expect(fault?.file == folder.path(name))
                #expect(fault?.found.contains(found) == true, "\(fault?.found ?? "")")
            }
        }
        #expect(throws: StoreFault.self) { try SweepStore.table(folder.path("none")) }
    }

    @Test("A file that a kill left in the midst of a transaction is read and gone on with")
    func journal() throws {
        let folder = try Folder()
        try Self.fill(folder.path("a"), Self.identity(), [[1, 2]])
        let before = try SweepStore.table(folder.path("a"))
        for name in ["read", "added"] {
            try DatabaseQueue(path: folder.path("a")).writeWithoutTransaction { db in
                // Pages are written before the end of the transaction when the cache is full.
                try db.execute(sql: "PRAGMA cache_size = 1")
                try db.execute(sql: "BEGIN IMMEDIATE")
                for number in 3..<200 {
                    try db.execute(
                        sql: "INSERT INTO point VALUES (?, 'done', NULL, ?)",
                        arguments: [number, String(repeating: "x", count: 3_000)])
                }
                for end in ["", "-journal"] {
                    try FileManager.default.copyItem(
                        atPath: folder.path("a" + end), toPath: folder.path(name + end))
                }
                try db.execute(sql: "ROLLBACK")
            }
            #expect(try folder.bytes(name).count > folder.bytes("a").count)
        }
        #expect(try SweepStore.table(folder.path("read")) == before)
        try Self.fill(
            folder.path("added"), Self.identity(), [Array(0..<12)], to: folder.path("whole"))
        #expect(try SweepStore.table(folder.path("whole")).missing == [])
    }

    @Test("Numbers as ranges, there and back")
    func ranges() {
        for numbers in [[], [0], [0, 1, 2], [1, 3, 4, 5, 9], [7, 8]] as [[UInt64]] {
            let text = SweepIdentity.text(of: numbers)
            #expect(SweepIdentity.numbers(of: text) == numbers)
        }
        #expect(SweepIdentity.text(of: [1, 3, 4, 5, 9]) == "1,3-5,9")
        for text in ["a", "1-", "3-1", "1-2-3", "0-99999999999"] {
            #expect(SweepIdentity.numbers(of: text) == nil, "\(text)")
        }
    }
}
