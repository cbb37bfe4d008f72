import Experiments
import GRDB

// The tables, and how rows go into them and come out. Tables without a row number lie in the order of their keys, and a
// whole file is written in one transaction in the order of the points, so that the same results are the same bytes.

enum SweepSchema {
    /// Which version of the tables a file has.
    static let version = 1
    /// What tells a sweep's file from other databases: `STLS`.
    static let applicationID = 0x5354_4C53

    private static let tables = """
        CREATE TABLE identity (name TEXT PRIMARY KEY, place INTEGER NOT NULL, value TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE machine (place INTEGER PRIMARY KEY, name TEXT NOT NULL, file TEXT NOT NULL);
        CREATE TABLE axis (place INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE);
        CREATE TABLE axis_value (
            axis INTEGER NOT NULL, place INTEGER NOT NULL, value TEXT NOT NULL, PRIMARY KEY (axis, place)
        ) WITHOUT ROWID;
        CREATE TABLE point (
            number INTEGER PRIMARY KEY, state TEXT NOT NULL CHECK (state IN ('done', 'impossible')), reason TEXT,
            result TEXT
        );
        CREATE TABLE setting (
            point INTEGER NOT NULL, axis INTEGER NOT NULL, value TEXT NOT NULL, PRIMARY KEY (point, axis)
        ) WITHOUT ROWID;
        CREATE TABLE metric (
            point INTEGER NOT NULL, name TEXT NOT NULL, value NUMERIC NOT NULL, PRIMARY KEY (point, name)
        ) WITHOUT ROWID;
        CREATE TABLE finding (
            point INTEGER NOT NULL, verdict TEXT NOT NULL, code TEXT NOT NULL, count INTEGER NOT NULL,
            PRIMARY KEY (point, verdict, code)
        ) WITHOUT ROWID;
        """

    /// Makes the tables and says what they are for.
    static func create(_ db: Database, _ identity: SweepIdentity) throws {
        try db.execute(sql: "PRAGMA application_id = \(applicationID)")
        try db.execute(sql: "PRAGMA user_version = \(version)")
        try db.execute(sql: tables)
        for (place, entry) in identity.entries.enumerated() {
            try db.execute(
                sql: "INSERT INTO identity VALUES (?, ?, ?)",
                arguments: [entry.name, place, entry.value])
        }
        for (place, entry) in identity.machines.enumerated() {
            try db.execute(
                sql: "INSERT INTO machine VALUES (?, ?, ?)",
                arguments: [place, entry.name, entry.value])
        }
        for (number, axis) in identity.axes.enumerated() {
            try db.execute(
                sql: "INSERT INTO axis VALUES (?, ?)", arguments: [number, axis.key])
            for (place, value) in axis.values.enumerated() {
                try db.execute(
                    sql: "INSERT INTO axis_value VALUES (?, ?, ?)",
                    arguments: [number, place, value])
            }
        }
        let numbers = SweepIdentity.text(of: identity.numbers)
        for (name, value) in [
            ("points", numbers), ("shard", identity.shard?.description ?? ""),
            ("trace", identity.trace),
        ] {
            try db.execute(sql: "INSERT INTO about VALUES (?, ?)", arguments: [name, value])
        }
    }

    /// What a file is of.
    ///
    /// - Throws: ``StoreFault`` if it was not made by ``create(_:_:)``.
    static func identity(_ db: Database, _ path: String) throws -> SweepIdentity {
        let entries = try Row.fetchAll(db, sql: "SELECT name, value FROM identity ORDER BY place")
        let machines = try Row.fetchAll(db, sql: "SELECT name, file FROM machine ORDER BY place")
        let axes = try Row.fetchAll(db, sql: "SELECT place, key FROM axis ORDER BY place").map {
            row in
            MachineAxis(
                key: row["key"],
                values: try String.fetchAll(
                    db, sql: "SELECT value FROM axis_value WHERE axis = ? ORDER BY place",
                    arguments: [row["place"] as Int64]))
        }
        func about(_ name: String) throws -> String {
            try String.fetchOne(
                db, sql: "SELECT value FROM about WHERE name = ?", arguments: [name])
                ?? ""
        }
        guard let numbers = SweepIdentity.numbers(of: try about("points")) else {
            throw StoreFault(path, "numbers of points that cannot be read", "those of a sweep")
        }
        let shard = try about("shard").split(separator: "/").compactMap { Int($0) }
        return SweepIdentity(
            entries: entries.map { SweepIdentity.Entry($0[0], $0[1]) }, axes: axes,
            numbers: numbers, machines: machines.map { SweepIdentity.Entry($0[0], $0[1]) },
            shard: shard.count == 2 ? .init(number: shard[0], count: shard[1]) : nil,
            trace: try about("trace"))
    }

    /// Adds points, or leaves those that are there.
    static func insert(_ db: Database, _ points: [StoredPoint], axes: [MachineAxis]) throws {
        let counts = axes.map(\.values.count)
        let point = try db.cachedStatement(sql: "INSERT OR IGNORE INTO point VALUES (?, ?, ?, ?)")
        let setting = try db.cachedStatement(sql: "INSERT INTO setting VALUES (?, ?, ?)")
        let metric = try db.cachedStatement(sql: "INSERT INTO metric VALUES (?, ?, ?)")
        let finding = try db.cachedStatement(sql: "INSERT INTO finding VALUES (?, ?, ?, ?)")
        for stored in points {
            let number = Int64(stored.number)
            var reason: String?
            if case .impossible(let words) = stored.state { reason = words }
            try point.execute(arguments: [
                number, reason == nil ? "done" : "impossible", reason,
                reason == nil ? stored.members : nil,
            ])
            guard db.changesCount > 0 else { continue }
            for (axis, place) in SweepPlan.places(of: stored.number, in: counts).enumerated() {
                try setting.execute(arguments: [number, axis, axes[axis].values[place]])
            }
            for (name, measure) in stored.metrics {
                switch measure {
                case .whole(let value): try metric.execute(arguments: [number, name, value])
                case .fraction(let value): try metric.execute(arguments: [number, name, value])
                }
            }
            for found in stored.findings {
                try finding.execute(arguments: [
                    number, found.verdict, found.code, found.count,
                ])
            }
        }
    }

    /// Reads all points, by ascending number.
    static func forEachPoint(
        _ db: Database, _ body: (StoredPoint) throws -> Void
    ) throws {
        let points = try Row.fetchCursor(
            db, sql: "SELECT number, state, reason, result FROM point ORDER BY number")
        let metrics = try Row.fetchCursor(
            db, sql: "SELECT point, name, value FROM metric ORDER BY point, name")
        let findings = try Row.fetchCursor(
            db, sql: "SELECT point, verdict, code, count FROM finding ORDER BY point, verdict, code"
        )
        var metric = try metrics.next()?.copy()
        var finding = try findings.next()?.copy()
        while let row = try points.next() {
            let number: Int64 = row[0]
            var measures: [(name: String, measure: StoredPoint.Measure)] = []
            while let next = metric, next[0] as Int64 == number {
                measures.append((next[1], Self.measure(next[2])))
                metric = try metrics.next()?.copy()
            }
            var found: [SweepTable.FindingCount] = []
            while let next = finding, next[0] as Int64 == number {
                found.append(.init(verdict: next[1], code: next[2], count: next[3]))
                finding = try findings.next()?.copy()
            }
            let reason: String? = row[2]
            try body(
                StoredPoint(
                    number: UInt64(number), state: reason.map { .impossible($0) } ?? .done,
                    members: row[3] ?? "", metrics: measures, findings: found))
        }
    }

    private static func measure(_ value: DatabaseValue) -> StoredPoint.Measure {
        if case .int64(let number) = value.storage { return .whole(number) }
        return .fraction(Double.fromDatabaseValue(value) ?? .nan)
    }
}

/// What is wrong with a file of results.
public struct StoreFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file.
    public var file: String
    /// What it has.
    public var found: String
    /// What it should have.
    public var expected: String

    /// Makes a fault.
    public init(_ file: String, _ found: String, _ expected: String) {
        self.file = file
        self.found = found
        self.expected = expected
    }

    /// The fault in one line.
    public var description: String { "\(file): found \(found), expected \(expected)" }
}
