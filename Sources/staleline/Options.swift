import ArgumentParser
import DMAMapping
import Experiments
import Foundation
import Machines
import MemoryModel
import Operations
import Quantities
import Traces

/// Which machine and kernel.
struct MachineOptions: ParsableArguments {
    @Option(help: "A machine's name or file. Default: what the trace declares, else zynq7000.")
    var machine: String?

    @Option(name: .customLong("set"), help: "Override a machine key, as l2.size=256K. May repeat.")
    var overrides: [String] = []

    @Option(
        help: "Kernel for the DMA API, as 6.12; none: bare metal. Default: what the trace declares."
    )
    var kernel: String?

    @Option(help: "Seed of pseudo-random replacement, and of what is drawn.")
    var seed: UInt64 = 1

    @Flag(help: "Print the machine that results, as YAML, and stop.")
    var printConfig = false

    /// The machine of a trace, with the trace's own overrides before the command line's.
    ///
    /// - Parameters:
    ///   - declared: The trace, if it can declare anything.
    ///   - file: Its name, for errors.
    /// - Returns: the machine.
    /// - Throws: what is wrong with it, with the place in the trace where the trace is to blame.
    func description(declared: Program?, file: String = "") throws -> MachineDescription {
        let (name, changes) = try chosen(declared: declared, file: file)
        do {
            return try Resources.machine(name, overrides: changes)
        } catch {
            try blameTrace(declared, file, name)
            throw error
        }
    }

    /// The machine's name or file, and what overrides its keys: the trace's own overrides before the command line's.
    ///
    /// - Throws: where the trace names a machine that is not known, or an override cannot be read.
    func chosen(
        declared: Program?, file: String
    ) throws -> (name: String, overrides: [(key: String, value: String)]) {
        var name = machine
        var changes: [(key: String, value: String)] = []
        for statement in declared?.statements ?? [] {
            guard case .declaration(let declaration) = statement.body else { continue }
            if case .machine(let declaredName) = declaration, name == nil {
                name = declaredName
                try located(statement, file, "machine \(declaredName)") {
                    _ = try Resources.machine(declaredName)
                }
            }
            if case .set(let key, let value) = declaration { changes.append((key, value)) }
        }
        for text in overrides {
            guard let equals = text.firstIndex(of: "=") else {
                throw BadInput("--set \(text): expected KEY=VALUE, as l2.size=256K")
            }
            changes.append((String(text[..<equals]), String(text[text.index(after: equals)...])))
        }
        if name == nil {
            Diagnostics.note(
                "staleline: no machine given: zynq7000 (--machine NAME; `staleline machines` lists them)"
            )
        }
        return (name ?? "zynq7000", changes)
    }

    /// Throws with the place in the trace if one of its own overrides alone makes the machine impossible.
    private func blameTrace(_ declared: Program?, _ file: String, _ name: String) throws {
        for statement in declared?.statements ?? [] {
            guard case .declaration(.set(let key, let value)) = statement.body else { continue }
            try located(statement, file, "set \(key)=\(value)") {
                _ = try Resources.machine(name, overrides: [(key, value)])
            }
        }
    }

    private func located(
        _ statement: Statement, _ file: String, _ found: String, _ body: () throws -> Void
    ) throws {
        do { try body() } catch {
            throw TraceErrors([
                TraceError(
                    file: file, line: Int(statement.line), found: found,
                    expected: "what a machine can be: \(error)")
            ])
        }
    }

    /// The kernel given on the command line.
    func era() throws -> KernelEra? {
        guard let kernel else { return nil }
        do { return try KernelEra(parsing: kernel) } catch {
            throw BadInput("--kernel \(kernel): expected a version as 6.12, or none: \(error)")
        }
    }

    /// A program on its machine.
    func setup(_ program: Program, file: String) throws -> Setup {
        try Setup(
            program, file: file,
            machine: description(declared: program, file: file).configuration,
            kernel: era(),
            seed: seed)
    }
}

/// Which trace.
struct TraceOptions: ParsableArguments {
    @Argument(help: "The trace; - for standard input.")
    var trace: String

    @Option(help: "The trace's format: \(TraceFormat.names). Default: by content.")
    var format: String?

    @OptionGroup var recording: RecordingFlags

    /// Opens the trace and recognises it.
    ///
    /// - Parameter allowingCut: Whether of a binary trace that was cut what is whole is taken, with a note.
    /// - Returns: the trace.
    /// - Throws: what is wrong with it.
    func open(allowingCut: Bool = false) throws -> OpenedTrace {
        try OpenedTrace(
            path: trace, format: format, recording: recording.options(), allowingCut: allowingCut)
    }
}

/// What a recording does not say of itself.
struct RecordingFlags: ParsableArguments {
    @Option(
        help: """
            The columns of a CSV file without a head line, as core,kind,address,size,time: \
            \(CSVColumn.allCases.map(\.rawValue).joined(separator: ", ")).
            """)
    var columns: String?

    @Option(
        help: "The gem5 release that wrote a packet trace, as 22.0. Default: \(Gem5Release.latest)."
    )
    var gem5: String?

    /// The options as the readers take them.
    func options() throws -> RecordingOptions {
        var options = RecordingOptions()
        if let columns {
            guard let list = CSVColumn.list(columns) else {
                throw BadInput(
                    "--columns \(columns): expected names, kind and address (or address10) among them, of "
                        + CSVColumn.allCases.map(\.rawValue).joined(separator: ", "))
            }
            options.columns = list
        }
        if let gem5 {
            guard let release = Gem5Release(gem5) else {
                throw BadInput("--gem5 \(gem5): expected a release from 19.0 on, as 22.0")
            }
            options.gem5 = release
        }
        return options
    }
}

/// A trace, opened and recognised.
enum OpenedTrace {
    /// A program in the native format.
    case program(Program, file: String)
    /// A stream of accesses.
    case accesses(any AccessSource)
    /// A kernel's log of `dma:*` tracepoints.
    case kernelLog(KernelLogReader)
    /// A recording of a simulator, an emulator or an instrumented program.
    case recording(RecordingReader)
    /// A sample of accesses.
    case samples(SampleReader)

    /// The longest native text that is read into memory, in bytes.
    static let programLimit = 96 << 20

    init(
        path: String, format: String?, recording: RecordingOptions = .init(),
        allowingCut: Bool = false
    ) throws {
        try self.init(
            ByteSource(path: path), format: format, recording: recording, allowingCut: allowingCut)
    }

    init(
        _ source: ByteSource, format: String?, recording: RecordingOptions = .init(),
        allowingCut: Bool = false
    ) throws {
        let recognised: TraceFormat
        if let format {
            guard let named = TraceFormat(name: format) else {
                throw BadInput("--format \(format): expected one of \(TraceFormat.names)")
            }
            recognised = named
        } else {
            recognised = try TraceFormat.recognise(source)
        }
        let isBare = recording == RecordingOptions()
        guard isBare || recognised == .csv || recognised == .gem5 else {
            throw BadInput(
                "\(source.file): is \(recognised.name); --columns is for csv, --gem5 for gem5")
        }
        switch recognised {
        case .native:
            self = .program(
                try NativeParser.parse(source.readAll(limit: Self.programLimit), file: source.file),
                file: source.file)
        case .nativeBinary:
            self = try Self.binary(
                source.readAll(limit: Self.programLimit), source.file, allowingCut)
        case .kernelLog: self = .kernelLog(KernelLogReader(source))
        case let format where format.isRecording:
            self = .recording(RecordingReader(source, format: format, options: recording))
        case let format where format.isSampled:
            self = .samples(SampleReader(source, format: format))
        default: self = .accesses(AccessReader(source, format: recognised))
        }
    }

    /// A binary native trace: what fits is a program, with whatever it declares; what does not is a stream.
    private static func binary(
        _ bytes: [UInt8], _ file: String, _ allowingCut: Bool
    ) throws -> OpenedTrace {
        let reader = try BinaryAccessReader(bytes, file: file, allowingCut: allowingCut)
        guard reader.isCut else {
            return reader.statementCount > UInt64(NativeLimits.statements)
                ? .accesses(reader) : .program(try BinaryReader.read(bytes, file: file), file: file)
        }
        let whole = try BinaryReader.wholePart(bytes, file: file)
        Diagnostics.note(
            "staleline: \(file) is cut: of its \(bytes.count) bytes the first \(whole.byte) are whole, with "
                + "\(whole.statements) statements in \(whole.blocks) blocks; only these are taken")
        return whole.statements > UInt64(NativeLimits.statements)
            ? .accesses(reader)
            : .program(
                try BinaryReader.read(bytes, file: file, allowingCut: true), file: file)
    }

    /// Why a command does not take a kernel log.
    static func isLog(_ command: String) -> BadInput {
        BadInput(
            "\(command) needs a trace of accesses: a kernel log of dma tracepoints has none; "
                + "`staleline check` and `staleline compare` take it")
    }

    /// Why a command does not take a sample.
    static func isSample(_ command: String) -> BadInput {
        BadInput(
            "\(command) cannot judge a sample: perf and SPE record one access of many, and what is cached between "
                + "two of them is not known; `staleline replay` prints its statistics")
    }

    /// The program, for commands that need declarations, devices and calls.
    func program(for command: String) throws -> (program: Program, file: String) {
        switch self {
        case .program(let program, let file): return (program, file)
        case .accesses:
            throw BadInput(
                "\(command) needs a native trace (.slt or .sltb): a trace of accesses has no devices and no "
                    + "maintenance; add them to what `staleline convert IN OUT.slt` gives")
        case .kernelLog: throw Self.isLog(command)
        case .samples: throw Self.isSample(command)
        case .recording(let reader):
            // Some have devices: gem5's packets, rows of a CSV file.
            let (program, notSaid) = try RecordingStatements.program(reader)
            guard !program.devices.isEmpty else {
                throw BadInput(
                    "\(command) needs devices, and this recording has none; add them to what "
                        + "`staleline convert IN OUT.slt` gives, or `staleline merge` it with a log of dma tracepoints"
                )
            }
            for loss in notSaid + reader.assumed {
                Diagnostics.note("not said: \(loss.count) × \(loss.kind)")
            }
            return (program, reader.source.file)
        }
    }
}
