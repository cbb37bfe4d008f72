import ArgumentParser
import DMAMapping
import Experiments
import Operations
import Quantities
import Reports
import Traces

/// `staleline merge`.
struct MergeCommand: ParsableCommand, LimitedCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge",
        abstract: "Put the DMA calls of one recording into the trace of another.",
        discussion: """
            CPU is a native trace or a trace of accesses; DMA is a kernel log of dma tracepoints or a native trace of \
            calls. By clock, both are interleaved by their times. By marks, each call stands where CPU has `mark \
            dma:EVENT [DEVICE]` or `mark dma:next`, or a store to an address given with --mark-store. Either file may \
            be - for standard input. docs/kernel-log.md has an example. Exit status: 0 done, 2 bad input, 3 a limit was \
            reached.
            """)

    @Argument(help: "The trace that is merged into.") var cpu: String
    @Argument(help: "The kernel log or trace with the calls.") var dma: String
    @Option(
        name: .shortAndLong, help: "The file to write; - for standard output (then --to is needed)."
    )
    var output: String
    @Option(help: "The output's format: slt, sltb. Default: by its ending.") var to: String?
    @Option(help: "clock or marks. Default: marks if CPU has any, else clock.") var by: String?
    @Option(
        parsing: .unconditional,
        help: "What is added to the times of DMA: nanoseconds, or a number with ps, us, ms or s.")
    var offset: String?
    @Option(
        help: """
            A store to ADDRESS is a mark: of the next event, or of an EVENT[,DEVICE] behind =. May repeat.
            """)
    var markStore: [String] = []
    @Option(help: "The machine whose clock @t=…cyc means. Default: what CPU declares.")
    var machine: String?
    @Option(help: "The format of CPU. Default: by content.") var cpuFormat: String?
    @Option(help: "The format of DMA. Default: by content.") var dmaFormat: String?
    @OptionGroup var recording: RecordingFlags
    @OptionGroup var logs: LogConversionOptions
    @OptionGroup var limits: LimitOptions
    @Flag(help: "Say what was merged as JSON (schema staleline.merge/1), on standard error.")
    var json = false

    func run() throws {
        let format = try outputFormat()
        guard cpu != "-" || dma != "-" else {
            throw BadInput("merge - -: expected a file for CPU or DMA: there is one standard input")
        }
        let side = try cpuSide()
        let calls = try dmaSide()
        let result = try TraceMerge.run(side, calls, options(side, calls))
        let target = try OutputTarget(output)
        do {
            try ProgramOutput.write(result.program, format, to: target.path)
            try target.commit()
        } catch {
            throw target.discard(after: error)
        }
        report(result, format)
    }

    private func outputFormat() throws -> TraceFormat {
        let name = to ?? output.split(separator: ".").last.map(String.init) ?? ""
        guard let format = TraceFormat(name: name), [.native, .nativeBinary].contains(format) else {
            throw BadInput(
                to == nil
                    ? "\(output): expected an ending .slt or .sltb, or --to FORMAT"
                    : "--to \(name): expected slt or sltb")
        }
        return format
    }

    private func cpuSide() throws -> TraceMerge.CPUSide {
        switch try OpenedTrace(
            path: cpu, format: cpuFormat, recording: recording.options())
        {
        case .program(let program, let file): return TraceMerge.CPUSide(program, file: file)
        case .accesses(let reader): return try TraceMerge.CPUSide(reading: reader, file: cpu)
        case .recording(let reader):
            let (program, notSaid) = try RecordingStatements.program(reader)
            for loss in notSaid {
                Diagnostics.note("not said of \(cpu): \(Format.grouped(loss.count)) × \(loss.kind)")
            }
            for line in RecordingRemarks.lines(reader) { Diagnostics.note(line) }
            return TraceMerge.CPUSide(program, file: cpu, countsAccesses: true)
        case .samples: throw OpenedTrace.isSample("merge")
        case .kernelLog:
            throw BadInput("\(cpu): is a kernel log, expected a trace; the log comes second")
        }
    }

    private func dmaSide() throws -> TraceMerge.DMASide {
        switch try OpenedTrace(path: dma, format: dmaFormat) {
        case .program(let program, let file):
            try logs.refuseWithoutLog()
            return .program(program, file: file)
        case .kernelLog(let reader): return .log(reader)
        case .samples: throw OpenedTrace.isSample("merge")
        case .accesses, .recording:
            throw BadInput("\(dma): is a trace of accesses, expected a kernel log or calls")
        }
    }

    private func options(
        _ side: TraceMerge.CPUSide, _ calls: TraceMerge.DMASide
    ) throws -> TraceMerge.Options {
        var options = TraceMerge.Options()
        if let by {
            guard let rule = TraceMerge.Rule(rawValue: by) else {
                throw BadInput("--by \(by): expected clock or marks")
            }
            options.rule = rule
        }
        if let offset { options.offset = try picoseconds(offset) }
        options.markStores = try markStore.map { text in
            guard let store = MarkStore(text) else {
                throw BadInput(
                    "--mark-store \(text): expected ADDRESS, ADDRESS=EVENT or ADDRESS=EVENT,DEVICE")
            }
            return store
        }
        if case .log = calls {
            options.log = try logs.options(declared: declaredKernel(side))
            options.hasCores = logs.cpus != nil
        }
        var isInCycles = StampClock.needsMachine(side.program)
        if case .program(let program, _) = calls, StampClock.needsMachine(program) {
            isInCycles = true
        }
        if isInCycles { options.frequency = try frequency(side) }
        return options
    }

    /// The kernel that the trace declares; an error if it is another one than is given.
    private func declaredKernel(_ side: TraceMerge.CPUSide) throws -> KernelVersion? {
        for statement in side.program.statements {
            guard case .declaration(.kernel(let text)) = statement.body else { continue }
            guard let era = try? KernelEra(parsing: text), case .linux(let version) = era else {
                throw BadInput(
                    "\(side.file):\(statement.line): found kernel \(text), expected a version: the calls are "
                        + "of Linux")
            }
            if let given = try logs.version(), given != version {
                throw BadInput(
                    "--kernel \(given): \(side.file):\(statement.line) declares kernel \(text)")
            }
            return version
        }
        return nil
    }

    private func frequency(_ side: TraceMerge.CPUSide) throws -> Frequency {
        var options = try MachineOptions.parse([])
        options.machine = machine
        return try options.description(declared: side.program, file: side.file).configuration.core
            .clock
    }

    private func picoseconds(_ text: String) throws -> Int128 {
        let units: [(String, Int128)] = [
            ("ps", 1), ("ns", 1_000), ("us", 1_000_000), ("ms", 1_000_000_000),
            ("s", 1_000_000_000_000),
        ]
        let unit = units.first { text.hasSuffix($0.0) }
        guard let number = Int64(unit.map { String(text.dropLast($0.0.count)) } ?? text) else {
            throw BadInput("--offset \(text): expected nanoseconds, as 1500, -20us or 3s")
        }
        return Int128(number) * (unit?.1 ?? 1_000)
    }

    private func report(_ result: TraceMerge.Result, _ format: TraceFormat) {
        if json {
            Diagnostics.note(
                JSONValue.object([
                    ("schema", .string("staleline.merge/1")),
                    ("statements", .integer(UInt64(result.program.statements.count))),
                    ("calls", .integer(UInt64(result.calls))),
                    ("by", .string(result.rule.rawValue)),
                    ("marks", .integer(UInt64(result.marks))), ("format", .string(format.name)),
                    ("notSaid", .object(result.notSaid.map { ($0.kind, .integer($0.count)) })),
                    ("remarks", .array(result.remarks.map { .string($0) })),
                ]).text)
            return
        }
        let marks =
            result.rule == .marks ? ", \(Format.grouped(UInt64(result.marks))) marks replaced" : ""
        Diagnostics.note(
            "\(Format.grouped(UInt64(result.calls))) calls merged by \(result.rule.rawValue)\(marks), "
                + "\(Format.grouped(UInt64(result.program.statements.count))) statements written to \(output)"
        )
        for loss in result.notSaid {
            Diagnostics.note("not said: \(Format.grouped(loss.count)) × \(loss.kind)")
        }
        for remark in result.remarks { Diagnostics.note(remark) }
    }
}
