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
    /// What should have been read, who wrote it and where it was instead.
    public var detail: String
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
    /// How many equal findings were folded into this one.
    public var count: Int

    /// Makes a finding.
    public init(
        _ code: HazardCode, _ verdict: Verdict, record: Int, tick: Ticks? = nil, agent: Agent,
        address: UInt64, bytes: UInt64, detail: String = "", chain: [ChainLink] = [],
        cause: String = "", mend: String = "", mendCycles: UInt64? = nil, dmaDebug: Bool = false
    ) {
        self.code = code
        self.verdict = verdict
        self.record = record
        self.tick = tick
        self.agent = agent
        self.address = address
        self.bytes = bytes
        self.detail = detail
        self.chain = chain
        self.cause = cause
        self.mend = mend
        self.mendCycles = mendCycles
        self.dmaDebug = dmaDebug
        count = 1
    }

    /// Whether it concerns any of the bytes of another.
    public func overlaps(_ other: Finding) -> Bool {
        address < other.address &+ other.bytes && other.address < address &+ bytes
    }
}
