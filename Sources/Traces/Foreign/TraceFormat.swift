/// A format of traces that staleline reads.
public enum TraceFormat: String, CaseIterable, Sendable {
    /// staleline's own text.
    case native = "slt"
    /// staleline's own binary twin.
    case nativeBinary = "sltb"
    /// What `valgrind --tool=lackey --trace-mem=yes` prints.
    case lackey
    /// Dinero's traditional text, `-informat d`.
    case din
    /// Dinero's extended text, `-informat D`.
    case extendedDin = "xdin"
    /// Dinero's binary, `-informat b`.
    case dineroBinary = "dinero-binary"
    /// The kernel's `dma:*` tracepoints, as ftrace, trace-cmd or perf print them.
    case kernelLog = "kernel-log"
    /// What QEMU's plugin `execlog` prints.
    case execlog
    /// Arm's Tarmac text, of either family.
    case tarmac
    /// What DynamoRIO's drmemtrace prints with its tool `view`.
    case drmemtraceText = "drmemtrace-text"
    /// DynamoRIO's drmemtrace, a file of its trace folder.
    case drmemtrace
    /// gem5's packet trace.
    case gem5
    /// What gem5's `decode_packet_trace.py` prints.
    case gem5Text = "gem5-text"
    /// ChampSim's records of 64 bytes.
    case champSim = "champsim"
    /// ChampSim's records of 96 bytes.
    case champSimCloudSuite = "champsim-cloudsuite"
    /// What Renode's ExecutionTracer writes as text.
    case renode
    /// SST Prospero's text.
    case prospero
    /// SST Prospero's binary.
    case prosperoBinary = "prospero-binary"
    /// Rows of cells, whose columns are named.
    case csv
    /// What `perf mem report -D -x,` prints.
    case perfMem = "perf-mem"
    /// What `perf script` prints with `-F …,addr,data_src`.
    case perfScript = "perf-script"
    /// The records of Arm's Statistical Profiling Extension, as `perf report -D` prints them.
    case spe

    /// The format's name for `--format`.
    public var name: String { rawValue }

    /// Finds a format by its name for `--format`.
    public init?(name: String) { self.init(rawValue: name) }

    /// Which reader takes a format.
    public enum Reader: Sendable {
        /// A program in the native format, read whole.
        case program
        /// ``AccessReader``: a stream of accesses and nothing else.
        case accesses
        /// ``RecordingReader``: operations with what else is known of them.
        case recording
        /// ``SampleReader``: a sample of accesses, of which only statistics are made.
        case samples
        /// ``KernelLogReader``: calls of the DMA API.
        case log
    }

    /// Which reader takes the format.
    public var reader: Reader {
        switch self {
        case .native, .nativeBinary: .program
        case .lackey, .din, .extendedDin, .dineroBinary: .accesses
        case .kernelLog: .log
        case .perfMem, .perfScript, .spe: .samples
        case .execlog, .tarmac, .drmemtraceText, .drmemtrace, .gem5, .gem5Text, .champSim,
            .champSimCloudSuite, .renode, .prospero, .prosperoBinary, .csv:
            .recording
        }
    }

    /// Whether ``AccessReader`` reads it: a stream of accesses and nothing else.
    public var isAccessStream: Bool { reader == .accesses }

    /// Whether ``RecordingReader`` reads it.
    public var isRecording: Bool { reader == .recording }

    /// Whether ``SampleReader`` reads it.
    public var isSampled: Bool { reader == .samples }

    /// All names in the order of the list, for help and errors.
    public static var names: String { allCases.map(\.name).joined(separator: ", ") }

    /// The format in words.
    public var summary: String {
        switch self {
        case .native: "staleline text"
        case .nativeBinary: "staleline binary"
        case .lackey: "valgrind lackey"
        case .din: "Dinero III text (-informat d)"
        case .extendedDin: "Dinero IV extended text (-informat D)"
        case .dineroBinary: "Dinero IV binary (-informat b), never guessed"
        case .kernelLog: "dma tracepoints of ftrace, trace-cmd or perf"
        case .execlog: "QEMU's plugin execlog"
        case .tarmac: "Arm Tarmac text"
        case .drmemtraceText: "DynamoRIO drmemtrace, printed by its tool view"
        case .drmemtrace: "DynamoRIO drmemtrace, a file of its trace folder"
        case .gem5: "gem5 packet trace"
        case .gem5Text: "gem5 packet trace, printed by decode_packet_trace.py"
        case .champSim: "ChampSim, 64 bytes a record"
        case .champSimCloudSuite: "ChampSim with CloudSuite's 96 bytes a record"
        case .renode: "Renode ExecutionTracer text"
        case .prospero: "SST Prospero text"
        case .prosperoBinary: "SST Prospero binary"
        case .csv: "rows of cells, columns named by the first line or --columns"
        case .perfMem: "perf mem report -D -x, (sampled)"
        case .perfScript: "perf script -F …,addr,data_src (sampled)"
        case .spe: "Arm SPE records of perf report -D (sampled)"
        }
    }
}
