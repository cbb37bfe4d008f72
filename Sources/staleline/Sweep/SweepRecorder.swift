import Experiments
import Foundation
import Glibc
import Reports
import Results

/// Runs a sweep's points and keeps what comes of them.
struct SweepRecorder {
    /// How long results are kept in memory before they are written, in seconds.
    private static let patience = 0.25

    /// Runs those points of a sweep that a file does not have, and leaves it in its final form.
    ///
    /// - Parameters:
    ///   - scene: The sweep.
    ///   - path: The file.
    ///   - shard: Which part of it; nil: all.
    /// - Throws: what is wrong with the file or the trace.
    static func record(
        _ scene: SweepScene, to path: String, shard: SweepIdentity.Shard? = nil
    ) async throws {
        let file = try SweepFile(path)
        var identity = scene.identity
        identity.shard = shard
        let store = try SweepStore.open(file.path, identity)
        var progress = SweepProgress(
            done: store.done.count, all: scene.search?.points ?? identity.expected.count)
        if let search = scene.search {
            try await self.search(scene, search, store, file.path, &progress)
        } else {
            let wanted = Set(identity.expected).subtracting(store.done)
            try await run(
                scene.plan.points.filter { wanted.contains($0.number) }, scene.run, store,
                &progress)
        }
        progress.clear()
        try file.replace { try store.write(to: $0) }
        try store.close()
    }

    /// Runs points that a file does not have.
    private static func run(
        _ points: [SweepPoint], _ sweep: SweepRun, _ store: SweepStore,
        _ progress: inout SweepProgress
    ) async throws {
        let areas = Dictionary(
            uniqueKeysWithValues: points.map { ($0.number, $0.areaBits) })
        var pending: [StoredPoint] = []
        var last = ContinuousClock.now
        try await sweep.run(points) { outcomes in
            pending += outcomes.map { outcome in
                StoredPoint(outcome, areaBits: areas[outcome.number] ?? nil)
            }
            if ContinuousClock.now - last > .seconds(patience) {
                try store.add(pending)
                pending.removeAll()
                last = .now
            }
            progress.add(outcomes.count)
        }
        if !pending.isEmpty { try store.add(pending) }
    }

    /// Runs the points that a search asks for, generation by generation.
    private static func search(
        _ scene: SweepScene, _ search: GuidedSearch, _ store: SweepStore, _ path: String,
        _ progress: inout SweepProgress
    ) async throws {
        let counts = scene.identity.axes.map(\.values.count)
        var search = search
        while true {
            let table = try SweepStore.table(path)
            var known: [UInt64: GuidedSearch.Known] = [:]
            for row in table.rows {
                let values = search.goals.compactMap { table.metric($0, at: row) }
                known[row.number] =
                    values.count == search.goals.count ? .values(values) : .impossible
            }
            if table.rows.contains(where: \.isDone),
                let goal = search.goals.first(where: { !table.metrics.contains($0) })
            {
                throw BadInput(
                    "--goals \(goal): no such metric, expected some of "
                        + table.metrics.joined(separator: ", "))
            }
            let numbers = search.next(counts: counts) { known[$0] }
            guard !numbers.isEmpty else { return }
            let plan = try await scene.planned(.numbers(numbers))
            try await run(plan.points, scene.run, store, &progress)
        }
    }
}

extension StoredPoint {
    /// What is kept of what came of a point.
    fileprivate init(_ outcome: SweepOutcome, areaBits: UInt64?) {
        let report = SweepPointReport(outcome, areaBits: areaBits)
        if let reason = report.reason {
            self.init(number: outcome.number, state: .impossible(reason))
            return
        }
        // Without the braces, since the settings come before.
        let object = JSONValue.object(report.members.map { ($0.name, $0.value) }).compactText
        self.init(
            number: outcome.number, state: .done, members: String(object.dropFirst().dropLast()),
            metrics: report.metrics.compactMap { name, value in
                switch value {
                case .integer(let number): (name, .whole(Int64(clamping: number)))
                case .signed(let number): (name, .whole(number))
                case .number(let number): (name, .fraction(number))
                default: nil
                }
            },
            findings: report.findings.map { found in
                SweepTable.FindingCount(
                    verdict: found.verdict.rawValue, code: found.code.rawValue, count: found.count)
            })
    }
}

/// How far a sweep is, with its rate and the time left; only on a terminal.
struct SweepProgress {
    private let isShown = isatty(STDERR_FILENO) == 1
    private let start = ContinuousClock.now
    private let before: Int
    private let all: Int
    private var done: Int
    private var shown: ContinuousClock.Instant?

    init(done: Int, all: Int) {
        before = done
        self.done = done
        self.all = all
    }

    /// Counts points, and shows how many there are, at most four times a second.
    mutating func add(_ count: Int) {
        done += count
        guard isShown else { return }
        let now = ContinuousClock.now
        if let shown, now - shown < .milliseconds(250), done < all { return }
        shown = now
        let time = (now - start) / .seconds(1)
        let rate = time > 0 ? Double(done - before) / time : 0
        var line = "\r\(done) of \(all) points"
        if rate > 0 {
            line += String(format: ", %.1f a second, %.0f s left", rate, Double(all - done) / rate)
        }
        FileHandle.standardError.write(Data((line + "\u{1B}[K").utf8))
    }

    /// Takes the line away.
    func clear() {
        guard isShown, shown != nil else { return }
        FileHandle.standardError.write(Data("\r\u{1B}[K".utf8))
    }
}
