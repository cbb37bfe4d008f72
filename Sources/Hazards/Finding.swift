import Events
import Quantities

/// One thing that happened on the way to a finding.
public struct ChainLink: Hashable, Sendable {
    /// The number of the statement.
    public var record: Int
    /// When, where a machine ran.
    public var tick: Ticks?
    /// What it did to which copy, in words.
    public var text: String

    /// Makes a link.
    public init(record: Int, tick: Ticks? = nil, text: String) {
        self.record = record
        self.tick = tick
        self.text = text
    }
}

/// A hazard that was found.
public struct Finding: Hashable, Sendable {
    /// Which.
    public var code: HazardCode
    /// How it was judged.
    public var verdict: Verdict
    /// The statement at which bytes went wrong, or could.
    public var record: Int
    /// When; nil for what was found without running.
    public var tick: Ticks?
    /// Who read wrong bytes, or whose bytes were lost.
    public var agent: Agent
    /// The first byte concerned.
    public var address: UInt64
    /// How many bytes are concerned.
    public var bytes: UInt64
    /// Bytes beside them that are in the same danger and went right this time: a mend has to reach them, too.
    var lucky: Range<UInt64>?
    /// What should have been read, who wrote it and where it was instead.
    public var detail: String
    /// Who wrote the bytes that are missed.
    public var writer: Agent
    /// The statement that wrote them.
    public var writeRecord: Int
    /// The invalidate that is known to have dropped these very bytes, not a neighbour's, or the clean that they are on their
    /// way by; nil: none is.
    var maintenanceRecord: Int?
    /// What led there, oldest first.
    public var chain: [ChainLink]
    /// Which operation is missing, late, too small, too weak or in the wrong order, in one sentence.
    public var cause: String
    /// The operation or call to add, move or widen.
    public var mend: String
    /// What the mend costs on this machine, in core cycles, as an estimate; nil where it costs nothing at run time.
    public var mendCycles: UInt64?
    /// Whether the kernel's dma-debug would have reported it.
    public var dmaDebug: Bool
    /// What it would print; nil: nothing.
    public var kernelMessage: String?
    /// How many equal findings were folded into this one.
    public var count: Int

    /// Makes a finding; ``worded(for:)`` adds its words once its bytes are known.
    init(
        _ code: HazardCode, _ verdict: Verdict, record: Int, tick: Ticks? = nil, agent: Agent,
        address: UInt64, bytes: UInt64, writer: Agent, writeRecord: Int, detail: String,
        chain: [ChainLink]
    ) {
        self.code = code
        self.verdict = verdict
        self.record = record
        self.tick = tick
        self.agent = agent
        self.address = address
        self.bytes = bytes
        self.writer = writer
        self.writeRecord = writeRecord
        self.detail = detail
        self.chain = chain
        cause = ""
        mend = ""
        dmaDebug = false
        count = 1
    }

    /// The finding with cause, mend and costs in words, for a machine.
    func worded(for profile: HazardProfile) -> Finding {
        let start = min(address, lucky?.lowerBound ?? address)
        let end = max(address &+ bytes, lucky?.upperBound ?? 0)
        let words = FindingWords(
            code: code, profile: profile, address: start, bytes: end &- start, reader: agent,
            writer: writer, record: record, writeRecord: writeRecord,
            maintenanceRecord: maintenanceRecord)
        var result = self
        // What is known of a broken rule is more than what is known of its code.
        if cause.isEmpty { result.cause = words.cause }
        if mend.isEmpty { result.mend = words.mend }
        result.mendCycles = words.mendCycles
        return result
    }

    /// Whether it concerns any of the bytes of another.
    public func overlaps(_ other: Finding) -> Bool {
        address < other.address &+ other.bytes && other.address < address &+ bytes
    }
}
