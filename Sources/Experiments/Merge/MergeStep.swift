import Operations
import Quantities
import Traces

/// What is merged into a trace in one place: a call with what belongs to it, or marks.
struct MergeStep {
    /// The statements, declarations of devices among them.
    var parts: [ConvertedEvent.Part]
    /// Which event a call is; nil for what no tracepoint tells: it stands behind the step before it.
    var kind: KernelLogEvent.Kind?
    /// The device, by its names in the log and in the program.
    var device: (log: String, program: String)
    /// The line of the log or trace.
    var line: UInt64
    /// When, in picoseconds of its own clock; nil: with the step before it.
    var time: Int128?

    /// A step of an event of a log.
    init(_ event: ConvertedEvent) {
        parts = event.parts
        kind = event.kind
        device = (event.device, "")
        line = event.line
        time = event.time.map { Int128($0) * 1_000 }
    }

    /// A step of a statement of a trace.
    init(_ part: ConvertedEvent.Part, line: UInt64) {
        parts = [part]
        device = ("", "")
        self.line = line
    }
}

/// Times of native traces in picoseconds.
public struct StampClock {
    /// The machine's cores; nil: a stamp in cycles cannot be read.
    var frequency: Frequency?

    /// A stamp in picoseconds; nil for cycles without a machine.
    func picoseconds(_ stamp: Annotations.Stamp) -> Int128? {
        let value = Int128(stamp.value)
        switch stamp.unit {
        case "ps": return value
        case "ns": return value * 1_000
        case "us": return value * 1_000_000
        case "ms": return value * 1_000_000_000
        case "s": return value * 1_000_000_000_000
        default:
            guard let frequency, frequency.hertz > 0 else { return nil }
            return value * 1_000_000_000_000 / Int128(frequency.hertz)
        }
    }

    /// Whether a program has a stamp in cycles.
    public static func needsMachine(_ program: Program) -> Bool {
        program.annotations.contains { $0.time?.unit == "cyc" }
    }
}

extension DMACall.Function {
    /// The event that tells a call of the function; nil if none does.
    var event: KernelLogEvent.Kind? {
        switch self {
        case .mapSingle, .mapPage, .mapPhys: .mapPage
        case .unmapSingle, .unmapPage, .unmapPhys: .unmapPage
        case .mapSG, .mapSGTable: .mapSG
        case .unmapSG, .unmapSGTable: .unmapSG
        case .mapResource: .mapResource
        case .unmapResource: .unmapResource
        case .syncSingleForCPU, .syncSingleRangeForCPU: .syncSingleForCPU
        case .syncSingleForDevice, .syncSingleRangeForDevice: .syncSingleForDevice
        case .syncSGForCPU, .syncSGTableForCPU: .syncSGForCPU
        case .syncSGForDevice, .syncSGTableForDevice: .syncSGForDevice
        case .allocCoherent, .zallocCoherent, .allocWriteCombine, .allocAttrs: .alloc
        case .freeCoherent, .freeWriteCombine, .freeAttrs: .free
        case .allocNoncoherent, .allocPages: .allocPages
        case .freeNoncoherent, .freePages: .freePages
        case .allocNoncontiguous: .allocSGT
        case .freeNoncontiguous: .freeSGT
        default: nil
        }
    }
}
