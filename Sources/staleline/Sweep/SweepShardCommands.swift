import ArgumentParser
import Experiments
import Foundation
import Glibc
import Reports
import Results

/// A sweep that is to be run in parts: the arguments, and what they made when it was planned.
struct SweepPlanFile: Codable {
    static let schema = "staleline.sweep-plan/2"

    var schema = SweepPlanFile.schema
    /// How many parts.
    var shards: Int
    /// How many points.
    var points: Int
    /// What was asked for.
    var arguments: [String]
    /// Where it was asked: paths among the arguments begin here.
    var folder: String
    /// The SHA-256 of what the sweep is of.
    var sweep: String

    /// Reads a plan.
    ///
    /// - Throws: ``BadInput`` if it is none.
    static func read(_ path: String) throws -> SweepPlanFile {
        let text = try Resources.text(of: path)
        struct Head: Decodable {
            var schema: String
        }
        let head = try? JSONDecoder().decode(Head.self, from: Data(text.utf8))
        if let found = head?.schema, found.hasPrefix("staleline.sweep-plan/"), found != schema {
            throw BadInput(
                "\(path): found \(found), expected \(schema), which `staleline sweep plan` writes anew"
            )
        }
        guard let plan = try? JSONDecoder().decode(SweepPlanFile.self, from: Data(text.utf8)),
            plan.schema == schema, plan.shards > 0
        else {
            throw BadInput(
                "\(path): found no plan of a sweep, expected what `staleline sweep plan` writes")
        }
        return plan
    }

    /// The plan as text.
    func text() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
    }
}

/// `staleline sweep plan`.
struct SweepPlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Plan a sweep to be run in parts.",
        discussion: """
            Writes a file for `sweep run FILE --shard I/N`. The parts can be run from any folder, on any host that has \
            the folder of this one with what the arguments name, in any order, more than once; `sweep merge` puts \
            them together. Exit status: 0 done, 2 bad input.
            """)

    @OptionGroup var sweep: SweepArguments
    @OptionGroup var jobs: JobsOption
    @Option(help: "How many parts.") var shards: Int
    @Option(
        name: [.short, .long], help: "The plan's file, or a folder, in which it is plan.json.")
    var output: String

    func run() async throws {
        guard 1...100_000 ~= shards else {
            throw BadInput("--shards \(shards): expected 1 to 100000")
        }
        guard sweep.trace.trace != "-" else {
            throw BadInput("sweep plan -: each part reads the trace anew, expected a file")
        }
        guard sweep.selection.guided == nil else {
            throw BadInput(
                "--guided: what is run depends on what was run before, expected a sweep without it to plan in parts"
            )
        }
        let scene = try await SweepScene(sweep, jobs: jobs.count)
        let plan = SweepPlanFile(
            shards: shards, points: scene.plan.points.count, arguments: Self.arguments(),
            folder: FileManager.default.currentDirectoryPath, sweep: scene.identity.digest)
        var path = output
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: output, isDirectory: &isFolder),
            isFolder.boolValue
        {
            path = URL(fileURLWithPath: output).appendingPathComponent("plan.json").path
        }
        try OutputTarget.write(Array(try plan.text().utf8), to: path)
        Output.write(
            "\(path): \(plan.points) points in \(shards) shards of about "
                + "\((plan.points + shards - 1) / shards); `staleline sweep run \(path) --shard 1/\(shards)` runs the "
                + "first.\n")
    }

    /// The arguments of this command that say what the sweep is of.
    private static func arguments() -> [String] {
        var result: [String] = []
        var rest = Array(CommandLine.arguments.drop { $0 != "plan" }.dropFirst())[...]
        while let argument = rest.popFirst() {
            let name = argument.prefix { $0 != "=" }
            if ["--shards", "-o", "--output", "--jobs"].contains(String(name)) {
                if name == argument { _ = rest.popFirst() }
                continue
            }
            result.append(argument)
        }
        return result
    }
}

/// `staleline sweep run`.
struct SweepRunCommand: AsyncParsableCommand, LimitedCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a part of a planned sweep.",
        discussion: """
            Running a part again does no harm: what is there stays, what is missing is run. Without -o its results are \
            beside the plan, as plan.shard-3-of-64.db. Exit status: 0 done, 2 bad input, 3 a limit was reached.
            """)

    @Argument(help: "The plan's file.") var plan: String
    @Option(help: "Which part, as 3 or 3/64.") var shard: String
    @OptionGroup var jobs: JobsOption
    @OptionGroup var limits: LimitOptions
    @Option(name: [.short, .long], help: "The part's results.") var output: String?

    func run() async throws {
        let file = try SweepPlanFile.read(plan)
        let parts = shard.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
        guard let number = parts[0], 1...file.shards ~= number,
            parts.count == 1 || parts.count == 2 && parts[1] == file.shards
        else {
            throw BadInput(
                "--shard \(shard): expected one of 1/\(file.shards) to \(file.shards)/\(file.shards)"
            )
        }
        let path = URL(fileURLWithPath: output ?? Self.path(of: number, file.shards, plan)).path
        guard FileManager.default.changeCurrentDirectoryPath(file.folder) else {
            throw BadInput(
                "\(plan): cannot go to \(file.folder), where the sweep was planned; expected that folder, or a new plan"
            )
        }
        let arguments: SweepArguments
        do { arguments = try SweepArguments.parse(file.arguments) } catch {
            throw BadInput("\(plan): \(SweepArguments.message(for: error))")
        }
        let scene = try await SweepScene(arguments, jobs: jobs.count)
        guard scene.identity.digest == file.sweep else {
            throw BadInput(
                "\(plan): the trace, a machine, or this program is another than when the sweep was planned; expected the "
                    + "same, or a new plan")
        }
        try await SweepRecorder.record(
            scene, to: path, shard: .init(number: number, count: file.shards))
    }

    private static func path(of number: Int, _ count: Int, _ plan: String) -> String {
        let url = URL(fileURLWithPath: plan)
        let stem = url.deletingPathExtension().lastPathComponent
        return url.deletingLastPathComponent()
            .appendingPathComponent("\(stem).shard-\(number)-of-\(count).db").path
    }
}

/// `staleline sweep merge`.
struct SweepMergeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge", abstract: "Put the results of parts together.",
        discussion: """
            Parts may be given in any order and more than once. What -o has already of this sweep is kept; a file of \
            anything else is refused. Exit status: 0 all points are there, 1 some are missing \
            (the file has the others, and the sweep or its parts can go on), 2 bad input.
            """)

    @Argument(help: "Files of results of one sweep.") var files: [String]
    @Option(name: [.short, .long], help: "The file of all results.") var output: String

    func run() throws {
        let paths = try files.map { try SweepDocument.existing($0) }
        var status = stat()
        let isThere = stat(output, &status) == 0
        let target = try SweepFile(output)
        // One of the parts like any other: what it has is not lost, and what is none is refused.
        let known = isThere && status.st_size > 0 ? [target.path] : []
        var missing: [UInt64] = []
        do {
            try target.replace { missing = try SweepStore.merge(known + paths, to: $0) }
        } catch {
            if !isThere { unlink(target.path) }
            throw error
        }
        guard missing.isEmpty else {
            Output.write(
                "\(output): \(missing.count) points are missing: \(SweepIdentity.text(of: missing))\n"
            )
            throw ExitCode(1)
        }
        let table = try SweepStore.table(output)
        Output.write("\(output): all \(table.rows.count) points.\n")
    }
}
