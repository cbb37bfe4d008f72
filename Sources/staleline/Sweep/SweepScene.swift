import ArgumentParser
import DMAMapping
import Experiments
import Foundation
import Machines
import MemoryModel
import Operations
import Quantities
import Reports
import Results
import Traces

/// What a sweep is of, on the command line; `sweep` and `sweep plan` have it in common.
struct SweepArguments: ParsableArguments {
    @OptionGroup var trace: TraceOptions
    @OptionGroup var axes: AxisOptions
    @OptionGroup var counting: CountingOptions
    @OptionGroup var selection: SelectionOptions
    @OptionGroup var sampling: SamplingOptions
    @OptionGroup var machine: MachineOptions
}

/// A sweep that is ready to be run.
struct SweepScene {
    /// What it is of.
    var identity: SweepIdentity
    /// All of its points.
    var plan: SweepPlan
    /// How they are run.
    var run: SweepRun
    /// How points are chosen by the results of others; nil: all are known before.
    var search: GuidedSearch?
    /// Plans points.
    var planned: @Sendable (SweepSelection) async throws -> SweepPlan

    /// Reads the trace, and plans the points.
    ///
    /// - Parameters:
    ///   - arguments: What was asked for.
    ///   - jobs: How many at once.
    /// - Throws: what is wrong with the trace, an axis, or every point.
    init(_ arguments: SweepArguments, jobs: Int) async throws {
        let file = try SweepInput(arguments.trace)
        let opened = try file.open()
        let question = try arguments.selection.question()
        let (trace, program) = try file.trace(opened, question)
        let axes = try arguments.axes.axes(
            machine: arguments.machine.machine, overrides: arguments.machine.overrides)
        let budget = try arguments.selection.bits()
        let seed = arguments.machine.seed
        let selection: SweepSelection =
            arguments.selection.latin.map { .latin(points: $0, seed: seed) } ?? .all
        try arguments.counting.refuseWithoutPlain()
        let machines: [SweepIdentity.Entry]
        if arguments.counting.plain {
            guard question == .replay else {
                throw BadInput(
                    "--\(question == .check ? "check" : "strategies"): a counting machine has no devices; expected "
                        + "it without --plain")
            }
            let maker = try CountingMaker(arguments.counting, axes: axes)
            planned = { selection in
                try await SweepPlan.make(
                    axes: axes, selection: selection, budget: budget, jobs: jobs, build: maker.build
                )
            }
            machines = []
        } else {
            let maker = try TimedMaker(arguments, program, trace.file, axes: axes)
            planned = { selection in
                try await SweepPlan.make(
                    axes: axes, selection: selection, budget: budget, jobs: jobs, build: maker.build
                )
            }
            machines = maker.bases.map { .init($0.name, $0.description.effectiveYAML()) }
        }
        search = try arguments.selection.search(seed: seed, isPlain: arguments.counting.plain)
        // A search begins without points.
        plan = try await planned(search == nil ? selection : .numbers([]))
        let faults = plan.points.compactMap { point -> AxisFault? in
            guard case .failure(let fault) = point.machine else { return nil }
            return fault
        }
        if let fault = faults.first, faults.count == plan.points.count {
            throw BadInput("no point of this sweep can be run: \(fault)")
        }
        run = SweepRun(
            trace, question: question, kernel: try arguments.machine.era(), seed: seed, jobs: jobs)
        if search != nil, arguments.sampling.sampleSets != nil {
            throw BadInput(
                "--sample-sets: a guided search does not know before which sets its caches have in common; expected "
                    + "--sample-intervals")
        }
        // Of all points: a shard has to draw what the whole sweep draws.
        run.sampling = try arguments.sampling.sampling(of: plan.points, seed: seed)
        identity = SweepIdentity(
            entries: try Self.entries(arguments, file, budget), axes: axes,
            numbers: plan.points.map(\.number), machines: machines,
            trace: URL(fileURLWithPath: arguments.trace.trace).lastPathComponent)
    }

    private static func entries(
        _ arguments: SweepArguments, _ file: SweepInput, _ budget: ClosedRange<UInt64>?
    ) throws -> [SweepIdentity.Entry] {
        let counting = arguments.counting
        let rules = try counting.rules()
        var entries: [(String, String)] = [
            ("staleline", Staleline.version), ("trace sha256", file.digest),
            ("format", arguments.trace.format ?? "by content"),
            ("question", try arguments.selection.question().rawValue),
            ("machines", counting.plain ? "counting" : "timed"),
            ("seed", "\(arguments.machine.seed)"),
            ("kernel", arguments.machine.kernel ?? "by trace"),
            (
                "budget",
                budget.map { "\($0.lowerBound) to \($0.upperBound) bits" } ?? "any"
            ),
            (
                "selection",
                try arguments.selection.search(seed: 0, isPlain: counting.plain).map {
                    "guided \($0.points) by \($0.goals.joined(separator: ","))"
                } ?? arguments.selection.latin.map { "latin \($0)" } ?? "all"
            ),
            (
                "before the axes",
                try counting.settings().map { "\($0.key)=\($0.value)" }.joined(separator: " ")
            ),
        ]
        if let columns = arguments.trace.recording.columns { entries.append(("columns", columns)) }
        if let release = arguments.trace.recording.gem5 { entries.append(("gem5", release)) }
        if let words = arguments.sampling.words {
            entries.append((SampleWords.entry, words))
        }
        if counting.plain {
            entries += [
                ("straddle", rules.straddle.rawValue),
                ("whole lines", rules.fetchesWholeLines ? "fetched" : "not fetched"),
                ("victims", rules.forwardsVictims ? "written to L2" : "dropped"),
            ]
        }
        return entries.map { SweepIdentity.Entry($0.0, $0.1) }
    }
}

/// A trace on the command line, its bytes and their digest.
struct SweepInput {
    private let options: TraceOptions
    /// The bytes of standard input, which can be read once only.
    private let bytes: [UInt8]?
    /// The SHA-256 of the bytes, as they lie in the file.
    let digest: String

    /// The longest trace from standard input.
    private static let mostBytes = 1 << 30

    init(_ options: TraceOptions) throws {
        self.options = options
        var sum = SHA256()
        var kept: [UInt8]?
        let isInput = options.trace == "-"
        guard
            let handle = isInput
                ? FileHandle.standardInput : FileHandle(forReadingAtPath: options.trace)
        else { throw BadInput("\(options.trace): \(String(cString: strerror(errno)))") }
        if isInput { kept = [] }
        do {
            while let data = try handle.read(upToCount: 1 << 20), !data.isEmpty {
                data.withUnsafeBytes { sum.update($0) }
                kept?.append(contentsOf: data)
                if let count = kept?.count, count > Self.mostBytes {
                    throw BadInput("-: more than 1 GiB on standard input, expected a file")
                }
            }
        } catch let error as BadInput { throw error } catch {
            throw BadInput("\(options.trace): cannot be read: \(String(cString: strerror(errno)))")
        }
        digest = sum.finish()
        bytes = kept
    }

    /// Opens the trace, from its start.
    func open() throws -> OpenedTrace {
        try Self.open(options.trace, bytes, options.format, options.recording.options())
    }

    private static func open(
        _ path: String, _ bytes: [UInt8]?, _ format: String?, _ recording: RecordingOptions
    ) throws -> OpenedTrace {
        let source =
            try bytes.map { try ByteSource(bytes: $0, file: "-") } ?? ByteSource(path: path)
        return try OpenedTrace(source, format: format, recording: recording)
    }

    /// The trace as something that can be run again, and the program that it is, if it is one.
    func trace(
        _ opened: OpenedTrace, _ question: SweepRun.Question
    ) throws -> (SweepTrace, Program?) {
        let name = options.trace
        if question != .replay {
            let (program, file) = try opened.program(
                for: "sweep --\(question == .check ? "check" : "strategies")")
            return (SweepTrace(.program(program), file: file), program)
        }
        let (path, bytes, format) = (options.trace, bytes, options.format)
        let recording = try options.recording.options()
        let again: @Sendable () throws -> OpenedTrace = {
            try Self.open(path, bytes, format, recording)
        }
        switch opened {
        case .program(let program, let file):
            return (SweepTrace(.program(program), file: file), program)
        case .accesses(_ as BinaryAccessReader):
            return (
                SweepTrace(
                    .stream {
                        guard case .accesses(let reader as BinaryAccessReader) = try again() else {
                            throw BadInput("\(path): has changed while it was read")
                        }
                        return reader
                    }, file: name), nil
            )
        case .accesses:
            return (
                SweepTrace(
                    .accesses {
                        guard case .accesses(let reader) = try again() else {
                            throw BadInput("\(path): has changed while it was read")
                        }
                        return reader
                    }, file: name), nil
            )
        case .recording:
            return (
                SweepTrace(
                    .recording {
                        guard case .recording(let reader) = try again() else {
                            throw BadInput("\(path): has changed while it was read")
                        }
                        return reader
                    }, file: name), nil
            )
        case .samples: throw OpenedTrace.isSample("sweep")
        case .kernelLog: throw OpenedTrace.isLog("sweep")
        }
    }
}

extension SweepScene {
    /// The machines of a sweep before its axes, as files.
    static func machines(_ arguments: SweepArguments) throws -> [String] {
        guard !arguments.counting.plain else {
            throw BadInput(
                "--print-config: a counting machine has no file; expected it without --plain")
        }
        let file = try SweepInput(arguments.trace)
        let (trace, program) = try file.trace(try file.open(), .replay)
        let axes = try arguments.axes.axes(
            machine: arguments.machine.machine, overrides: arguments.machine.overrides)
        return try TimedMaker(arguments, program, trace.file, axes: axes).bases
            .map { $0.description.effectiveYAML() }
    }
}
