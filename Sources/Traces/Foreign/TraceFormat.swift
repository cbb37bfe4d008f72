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

    /// The format's name for `--format`.
    public var name: String { rawValue }

    /// Finds a format by its name for `--format`.
    public init?(name: String) { self.init(rawValue: name) }

    /// Whether ``AccessReader`` reads it: a stream of accesses and nothing else.
    public var isAccessStream: Bool {
        self != .native && self != .nativeBinary && self != .kernelLog
    }

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
        }
    }
}
