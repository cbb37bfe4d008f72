import Operations
import Traces

/// What one event of a kernel log is in the native format: a call, or a mark that says why it is none.
public struct ConvertedEvent: Sendable {
    /// A statement with its annotations.
    public struct Part: Sendable {
        /// What it says.
        public var body: Statement.Body
        /// Where it came from.
        public var annotations: Annotations?

        /// Makes a part.
        public init(_ body: Statement.Body, _ annotations: Annotations? = nil) {
            self.body = body
            self.annotations = annotations
        }
    }

    /// The statements, in order: declarations, the call, marks.
    public var parts: [Part] = []
    /// Which event; nil for what is no call: a note of lost events, a bounce, a summary.
    public var kind: KernelLogEvent.Kind?
    /// The device by the name that the log has for it.
    public var device = ""
    /// The line that told it, from 1.
    public var line: UInt64 = 0
    /// When, in nanoseconds of the log's clock.
    public var time: UInt64?
    /// Whether this is no event: it sums up, at the end, what was not said.
    public var isSummary = false
    /// The core of the log; -1: it does not say.
    var core: Int32 = -1

    /// Makes an event without statements.
    public init() {}

    /// Adds a mark.
    mutating func add(mark text: String) { parts.append(Part(.mark(text))) }
}

extension KernelLogEvent.Kind {
    /// Whether the kernel tells the call before it does its work (linux-dma.md §4.3); all others it tells after it.
    public var isToldBefore: Bool {
        switch self {
        case .unmapSG, .free, .freePages, .freeSGT: true
        default: false
        }
    }
}
