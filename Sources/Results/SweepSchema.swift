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
            let key: String = try row.decode(atIndex: 1)
            let values = try String.fetchAll(
                db, sql: "SELECT value FROM axis_value WHERE axis = ? ORDER BY place",
                arguments: [try row.decode(Int64.self, atIndex: 0)])
            guard !values.isEmpty else {
                throw StoreFault(path, "an axis without values (\(key))", "one value or more")
            }
            return MachineAxis(key: key, values: values)
        }
        func about(_ name: String) throws -> String {
            try String.fetchOne(
                db, sql: "SELECT value FROM about WHERE name = ?", arguments: [name])
                ?? ""
        }
        let size = gridSize(axes)
        guard let numbers = SweepIdentity.numbers(of: try about("points")),
            numbers.last.map({ $0 < size }) ?? true,
            zip(numbers, numbers.dropFirst()).allSatisfy({ $0 < $1 })
        else {
            throw StoreFault(
                path, "numbers of points that cannot be read", "ascending ones below \(size)")
        }
        func entry(_ row: Row) throws -> SweepIdentity.Entry {
            SweepIdentity.Entry(try row.decode(atIndex: 0), try row.decode(atIndex: 1))
        }
        return SweepIdentity(
            entries: try entries.map(entry), axes: axes, numbers: numbers,
            machines: try machines.map(entry), shard: try shard(about("shard"), path),
            trace: try about("trace"))
    }

    /// How many points a grid has; one of more than a file's numbers reach has so many.
    private static func gridSize(_ axes: [MachineAxis]) -> UInt64 {
        let most = UInt64(Int64.max)
        return axes.reduce(1) { size, axis in
            let (product, overflow) = size.multipliedReportingOverflow(
                by: UInt64(axis.values.count))
            return overflow ? most : min(product, most)
        }
    }

    private static func shard(
        _ text: String, _ path: String
    ) throws(StoreFault) -> SweepIdentity.Shard? {
        guard !text.isEmpty else { return nil }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map {
            Int32($0).map { Int($0) }
        }
        guard parts.count == 2, let number = parts[0], let count = parts[1], number > 0,
            number <= count
        else { throw StoreFault(path, "the shard '\(text)'", "one such as 3/64") }
        return .init(number: number, count: count)
    }

    /// The number of a point, as a file has it.
    static func number(
        _ number: Int64, of axes: [MachineAxis], _ path: String
    ) throws(StoreFault) -> UInt64 {
        let size = gridSize(axes)
        guard let known = UInt64(exactly: number), known < size else {
            throw StoreFault(path, "a point with the number \(number)", "a number below \(size)")
        }
        return known
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
    ///
    /// - Throws: ``StoreFault``, or what GRDB throws, where a row is not as ``insert(_:_:axes:)`` writes it.
    static func forEachPoint(
        _ db: Database, of axes: [MachineAxis], _ path: String,
        _ body: (StoredPoint) throws -> Void
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
        var last: Int64?
        while let row = try points.next() {
            let number: Int64 = try row.decode(atIndex: 0)
            if let last, last >= number {
                // Only a damaged file has a key twice, or out of order.
                throw StoreFault(path, "point \(number) behind point \(last)", "each point once")
            }
            last = number
            var measures: [(name: String, measure: StoredPoint.Measure)] = []
            while let next = metric, try next.decode(Int64.self, atIndex: 0) == number {
                let name: String = try next.decode(atIndex: 1)
                let value: DatabaseValue = next[2]
                guard let measure = Self.measure(value) else {
                    throw StoreFault(path, "\(name) of point \(number) as \(value)", "a number")
                }
                measures.append((name, measure))
                metric = try metrics.next()?.copy()
            }
            var found: [SweepTable.FindingCount] = []
            while let next = finding, try next.decode(Int64.self, atIndex: 0) == number {
                found.append(
                    .init(
                        verdict: try next.decode(atIndex: 1), code: try next.decode(atIndex: 2),
                        count: try next.decode(atIndex: 3)))
                finding = try findings.next()?.copy()
            }
            let reason: String? = try row.decode(atIndex: 2)
            let members: String? = try row.decode(atIndex: 3)
            let state: String = try row.decode(atIndex: 1)
            guard state == (reason == nil ? "done" : "impossible") else {
                throw StoreFault(
                    path, "point \(number) as '\(state)'",
                    "'done', or 'impossible' with the reason")
            }
            try body(
                StoredPoint(
                    number: try Self.number(number, of: axes, path),
                    state: reason.map { .impossible($0) } ?? .done,
                    members: members ?? "", metrics: measures, findings: found))
        }
        for left in [metric, finding].compactMap({ $0 }) {
            throw StoreFault(
                path,
                "what came of point \(try left.decode(Int64.self, atIndex: 0)), which is not there",
                "that of points that are")
        }
    }

    private static func measure(_ value: DatabaseValue) -> StoredPoint.Measure? {
        switch value.storage {
        case .int64(let number): .whole(number)
        case .double(let number): .fraction(number)
        default: nil
        }
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
