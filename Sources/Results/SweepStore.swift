import Experiments
import GRDB

// A file of results has two lives. While points are missing it is added to, some points in each transaction, so that after a
// kill at any moment SQLite's journal leaves the last whole transaction. Once all are there, a new file is written from it
// in the order of the points, and takes its place: what a finished file's bytes are no longer depends on the way there
// (decision 0021).

/// A sweep's results in an SQLite file.
public final class SweepStore {
    /// What the file is of.
    public let identity: SweepIdentity
    /// The numbers of the points that are there.
    public private(set) var done: Set<UInt64>

    private let queue: DatabaseQueue
    private let path: String

    private init(
        _ queue: DatabaseQueue, _ path: String, _ identity: SweepIdentity, _ done: Set<UInt64>
    ) {
        self.queue = queue
        self.path = path
        self.identity = identity
        self.done = done
    }

    /// Opens a file to add to it; makes it if it is not there or was not begun.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - identity: What its results are to be of.
    /// - Returns: the file, with what it has.
    /// - Throws: ``StoreFault`` if the file is something else, or of something else: then it says what differs.
    public static func open(_ path: String, _ identity: SweepIdentity) throws -> SweepStore {
        try located(path) {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            let done = try queue.writeWithoutTransaction { db -> Set<UInt64> in
                // Words on disk before the next transaction; the last one may be lost with the power, never half of it.
                try db.execute(sql: "PRAGMA synchronous = NORMAL")
                var done: Set<UInt64> = []
                try db.inTransaction(.immediate) {
                    done = try begin(db, path, identity)
                    return .commit
                }
                return done
            }
            return SweepStore(queue, path, identity, done)
        }
    }

    private static func begin(
        _ db: Database, _ path: String, _ identity: SweepIdentity
    ) throws -> Set<UInt64> {
        let isEmpty = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") == 0
        guard !isEmpty else {
            try SweepSchema.create(db, identity)
            return []
        }
        try check(db, path)
        let differences = try SweepSchema.identity(db, path).differences(from: identity)
        guard differences.isEmpty else {
            throw StoreFault(
                path, "the results of another sweep (" + differences.joined(separator: "; ") + ")",
                "those of this one, or another file (-o)")
        }
        return Set(
            try Int64.fetchAll(db, sql: "SELECT number FROM point").map {
                try SweepSchema.number($0, of: identity.axes, path)
            })
    }

    /// Whether every point that the file is for is there.
    public var isComplete: Bool { done.count == identity.expected.count }

    /// Adds points in one transaction; those that are there stay as they are.
    public func add(_ points: [StoredPoint]) throws {
        try Self.located(path) {
            try queue.write { try SweepSchema.insert($0, points, axes: identity.axes) }
        }
        done.formUnion(points.map(\.number))
    }

    /// Writes a new file with the same results, whose bytes depend on nothing else.
    ///
    /// - Parameter target: Where; there must be nothing.
    /// - Throws: ``StoreFault`` if it cannot be written.
    public func write(to target: String) throws {
        try Self.located(target) {
            try Self.write(target, identity) { add in
                try queue.read { db in
                    try SweepSchema.forEachPoint(db, of: identity.axes, path, add)
                }
            }
        }
    }

    /// Closes the file.
    public func close() throws { try queue.close() }

    // MARK: Reading

    /// A file's results as a table.
    ///
    /// - Throws: ``StoreFault`` if it is no file of results.
    public static func table(_ path: String) throws -> SweepTable {
        try read(path) { db in
            let identity = try SweepSchema.identity(db, path)
            let metrics = try String.fetchAll(
                db, sql: "SELECT DISTINCT name FROM metric ORDER BY 1")
            let places = Dictionary(zip(metrics, metrics.indices)) { first, _ in first }
            guard places.count == metrics.count else {
                // As text they are the same: of other kinds, or with a zero byte in them.
                throw StoreFault(path, "two numbers of one name", "a name for each")
            }
            let counts = identity.axes.map(\.values.count)
            var rows: [SweepTable.Row] = []
            try SweepSchema.forEachPoint(db, of: identity.axes, path) { point in
                var values = [Double?](repeating: nil, count: metrics.count)
                for (name, measure) in point.metrics {
                    if let place = places[name] { values[place] = measure.value }
                }
                rows.append(
                    SweepTable.Row(
                        number: point.number,
                        places: SweepPlan.places(of: point.number, in: counts), state: point.state,
                        values: values, findings: point.findings))
            }
            let done = Set(rows.map(\.number))
            return SweepTable(
                origin: [("trace", identity.trace)]
                    + identity.entries.map { ($0.name, $0.value) },
                axes: identity.axes, metrics: metrics, rows: rows,
                missing: identity.expected.filter { !done.contains($0) })
        }
    }

    /// Reads what a file is of, and then each of its points, by ascending number.
    ///
    /// - Throws: ``StoreFault`` if it is no file of results; what `body` throws.
    public static func forEachPoint(
        in path: String, identity: (SweepIdentity) throws -> Void = { _ in },
        _ body: (StoredPoint) throws -> Void
    ) throws {
        try read(path) { db in
            let known = try SweepSchema.identity(db, path)
            try identity(known)
            try SweepSchema.forEachPoint(db, of: known.axes, path, body)
        }
    }

    // MARK: Merging

    /// Puts files of one sweep together in a new one.
    ///
    /// A point that several files have counts once; files of shards may come in any order and more than once.
    ///
    /// - Parameters:
    ///   - paths: The files, at least one.
    ///   - target: The new file; there must be nothing.
    /// - Returns: the numbers of the points that no file has.
    /// - Throws: ``StoreFault`` if the files are of different sweeps, or two say different things of one point.
    public static func merge(_ paths: [String], to target: String) throws -> [UInt64] {
        precondition(!paths.isEmpty, "nothing to merge")
        var first: (path: String, identity: SweepIdentity)?
        var points: [UInt64: (point: StoredPoint, path: String)] = [:]
        for path in paths {
            try forEachPoint(in: path) { identity in
                guard let other = first else {
                    first = (path, identity)
                    return
                }
                let differences = identity.differences(from: other.identity, comparesShards: false)
                guard differences.isEmpty else {
                    throw StoreFault(
                        path, "another sweep (" + differences.joined(separator: "; ") + ")",
                        "that of \(other.path)")
                }
            } _: { point in
                if let known = points[point.number], known.point != point {
                    throw StoreFault(
                        path, "point \(point.number) otherwise than in \(known.path)",
                        "the same result of the same point")
                }
                points[point.number] = (point, path)
            }
        }
        guard var identity = first?.identity else { return [] }
        identity.shard = nil
        try located(target) {
            try write(target, identity) { add in
                for number in points.keys.sorted() {
                    if let point = points[number]?.point { try add(point) }
                }
            }
        }
        return identity.numbers.filter { points[$0] == nil }
    }

    // MARK: Files

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.label = "sweep"
        // Another process that reads is waited for; a command that writes holds a lock of its own.
        configuration.busyMode = .timeout(10)
        return configuration
    }

    private static func write(
        _ path: String, _ identity: SweepIdentity,
        points: ((StoredPoint) throws -> Void) throws -> Void
    ) throws {
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.write { db in
            try SweepSchema.create(db, identity)
            try points { try SweepSchema.insert(db, [$0], axes: identity.axes) }
        }
        try queue.close()
    }

    private static func read<Result>(
        _ path: String, _ body: (Database) throws -> Result
    ) throws -> Result {
        func read(_ configuration: Configuration) throws -> Result {
            try DatabaseQueue(path: path, configuration: configuration).read { db in
                try check(db, path)
                return try body(db)
            }
        }
        return try located(path) {
            var readOnly = configuration
            readOnly.readonly = true
            do {
                return try read(readOnly)
            } catch let error as DatabaseError
                where error.extendedResultCode == .SQLITE_READONLY_ROLLBACK
            {
                // A kill has left a journal, which only one who may write can roll back.
                return try read(configuration)
            }
        }
    }

    private static func check(_ db: Database, _ path: String) throws {
        guard try Int.fetchOne(db, sql: "PRAGMA application_id") == SweepSchema.applicationID else {
            throw StoreFault(path, "a database of another program", "a sweep's results")
        }
        let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        guard version == SweepSchema.version else {
            throw StoreFault(
                path, "results in version \(version)",
                "version \(SweepSchema.version), which this program reads")
        }
    }

    private static func located<Result>(
        _ path: String, _ body: () throws -> Result
    ) throws -> Result {
        let expected = "an SQLite file with a sweep's results"
        do { return try body() } catch let error as DatabaseError {
            throw StoreFault(
                path, error.message ?? "error \(error.extendedResultCode)", expected)
        } catch let error as RowDecodingError {
            throw StoreFault(path, "a value of another kind (\(error))", expected)
        }
    }
}
