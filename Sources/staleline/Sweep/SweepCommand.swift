import ArgumentParser
import Experiments
import Foundation
import Reports
import Results

/// `staleline sweep`.
struct SweepCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sweep", abstract: "Explore configurations.",
        usage: """
            staleline sweep <trace> [<options>]
                   staleline sweep <subcommand>
            """,
        discussion: """
            `staleline help sweep here` lists the options.

            `sweep TRACE` with axes runs every point of their grid: --l1d-size 8K..64K --l1d-ways 1,2,4, --set \
            l2.size=128K..1M for any key of a machine, --machine zynq7000,am335x. FROM..TO doubles, FROM..TO+STEP adds. \
            With -o FILE.db results are kept; the same command again goes on where it was stopped.

            --plain counts on counting machines; with LRU all sizes and ways of a line size take one pass. \
            `sweep plan`, `sweep run` and `sweep merge` spread a sweep over machines. See docs/sweep.md. Exit status: 0 \
            done, 1 a point has findings (--check), 2 bad input, or no point could be run, 3 a limit was reached.
            """,
        subcommands: [
            SweepHereCommand.self, SweepPlanCommand.self, SweepRunCommand.self,
            SweepMergeCommand.self, SweepReportCommand.self,
        ],
        defaultSubcommand: SweepHereCommand.self)
}

/// How many points at once.
struct JobsOption: ParsableArguments {
    @Option(help: "How many points at once. Default: as many as there are processors.")
    var jobs: Int?

    /// Refuses none.
    func validate() throws {
        if let jobs, !(1...1_024 ~= jobs) {
            throw ValidationError("--jobs \(jobs): expected 1 to 1024")
        }
    }

    /// How many.
    var count: Int { jobs ?? ProcessInfo.processInfo.activeProcessorCount }
}

/// In which form results are printed.
struct SweepFormOptions: ParsableArguments {
    @Flag(
        help:
            "Print JSON (schema staleline.sweep/1; of sweep report --analysis: staleline.sweep-analysis/1)."
    )
    var json = false
    @Flag(help: "Print comma-separated values.") var csv = false

    /// Refuses two forms at once.
    func validate() throws {
        guard !(json && csv) else { throw ValidationError("give --json or --csv, not both") }
    }

    /// Prints a file of results.
    ///
    /// - Throws: an exit status of 1 where points have findings, of 2 where none could be run.
    func print(_ path: String) throws {
        let table = try SweepStore.table(path)
        if json {
            try SweepDocument.write(path)
        } else {
            let report = SweepTableReport(table)
            Output.write(csv ? report.csv : report.text)
        }
        if !table.rows.isEmpty, !table.rows.contains(where: \.isDone) { throw ExitCode(2) }
        if table.rows.contains(where: { !$0.findings.isEmpty }) { throw ExitCode(1) }
    }
}

/// `staleline sweep TRACE`.
struct SweepHereCommand: AsyncParsableCommand, LimitedCommand {
    static let configuration = CommandConfiguration(
        commandName: "here", abstract: "Run a sweep on this machine (the default).",
        discussion: """
            Exit status: 0 done, 1 a point has findings (--check), 2 bad input, or no point could be run, 3 a limit was \
            reached.
            """)

    @OptionGroup var sweep: SweepArguments
    @OptionGroup var jobs: JobsOption
    @OptionGroup var limits: LimitOptions
    @OptionGroup var form: SweepFormOptions
    @Option(name: [.short, .long], help: "The file (SQLite) that keeps the results.")
    var output: String?
    @Flag(help: "Print the points and stop.") var printPlan = false

    func run() async throws {
        if sweep.machine.printConfig {
            for text in try SweepScene.machines(sweep) { Output.write(text) }
            return
        }
        let scene = try await SweepScene(sweep, jobs: jobs.count)
        if printPlan {
            guard scene.search == nil else {
                throw BadInput("--print-plan: a guided search has no points before it is run")
            }
            Output.write(SweepPlanReport(scene.plan).text)
            return
        }
        guard let output else {
            let folder = FileManager.default.temporaryDirectory
                .appendingPathComponent("staleline-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            let path = folder.appendingPathComponent("sweep.db").path
            try await SweepRecorder.record(scene, to: path)
            return try form.print(path)
        }
        try await SweepRecorder.record(scene, to: output)
        try form.print(output)
    }
}

/// A file of results as JSON.
enum SweepDocument {
    /// The path, if there is a file.
    static func existing(_ path: String) throws -> String {
        guard FileManager.default.fileExists(atPath: path) else {
            throw BadInput("\(path): \(String(cString: strerror(ENOENT)))")
        }
        return path
    }

    /// Writes it on standard output, point by point.
    static func write(_ path: String) throws {
        var keys: [String] = []
        var values: [[String]] = []
        var separator = "\n"
        var done: Set<UInt64> = []
        var expected: [UInt64] = []
        func member(_ name: String, _ value: JSONValue) -> String {
            JSONValue.string(name).compactText + ":" + value.compactText
        }
        try SweepStore.forEachPoint(in: path) { identity in
            keys = identity.axes.map(\.key)
            values = identity.axes.map(\.values)
            expected = identity.expected
            var head = [
                member("schema", .string("staleline.sweep/1")),
                member("trace", .string(identity.trace)),
            ]
            head.append(
                member(
                    "origin",
                    .object(identity.entries.map { ($0.name, .string($0.value)) })))
            head.append(
                member(
                    "axes",
                    .object(
                        identity.axes.map { ($0.key, .array($0.values.map(JSONValue.string))) })))
            Output.write("{" + head.joined(separator: ",\n") + ",\n\"points\":[")
        } _: { point in
            let places = SweepPlan.places(of: point.number, in: values.map(\.count))
            let settings = JSONValue.object(
                zip(keys, zip(values, places)).map { ($0, .string($1.0[$1.1])) })
            var members = [member("point", .integer(point.number)), member("settings", settings)]
            switch point.state {
            case .done: members.append(point.members)
            case .impossible(let reason): members.append(member("impossible", .string(reason)))
            }
            Output.write(separator + "{" + members.joined(separator: ",") + "}")
            separator = ",\n"
            done.insert(point.number)
        }
        let missing = expected.filter { !done.contains($0) }
        Output.write("\n],\n" + member("missing", .array(missing.map(JSONValue.integer))) + "}\n")
    }
}
