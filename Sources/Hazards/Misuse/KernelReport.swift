import Quantities

/// A message that the kernel's dma-debug would print of a program, as a plain fact.
public struct KernelReport: Hashable, Sendable {
    /// Which of its checks, as `E13`.
    public var check: String
    /// Which hazard it is about.
    public var code: HazardCode
    /// The statement.
    public var record: Int
    /// Whose statement it is.
    public var agent: Agent
    /// What the kernel prints.
    public var message: String
    /// The first byte that it is about, as the program has it.
    public var address: UInt64
    /// The physical bytes that it is about, those of the whole mapping among them: what a replay's findings have.
    public var extents: [Extent]
    /// How many bytes it is about.
    public var bytes: UInt64
    /// The statement that made the mapping; nil: there is none.
    public var made: Int?
    /// What is wrong with the call, in one sentence.
    public var cause: String
    /// What to do.
    public var mend: String
    /// What wrong bytes can come of it.
    public var leadsTo: Set<HazardCode>
    /// How often it is printed.
    public var count: Int

    /// Makes a report of one message.
    public init(
        check: String, code: HazardCode, record: Int, agent: Agent, message: String,
        address: UInt64, extents: [Extent], bytes: UInt64, made: Int? = nil, cause: String,
        mend: String, leadsTo: Set<HazardCode> = [], count: Int = 1
    ) {
        self.check = check
        self.code = code
        self.record = record
        self.agent = agent
        self.message = message
        self.address = address
        self.extents = extents
        self.bytes = bytes
        self.made = made
        self.cause = cause
        self.mend = mend
        self.leadsTo = leadsTo
        self.count = count
    }

    /// Whether it is about the cause of a finding: bytes of the same mapping, and a mistake that leads to such a finding.
    func explains(_ finding: Finding) -> Bool {
        guard leadsTo.contains(finding.code) || code == finding.code else { return false }
        return extents.contains {
            finding.address <= lastByte($0.physical, max($0.bytes, 1))
                && $0.physical <= lastByte(finding.address, max(finding.bytes, 1))
        }
    }

    /// A range of physical bytes.
    public struct Extent: Hashable, Sendable {
        /// The first.
        public var physical: UInt64
        /// How many there are.
        public var bytes: UInt64

        /// Makes a range.
        public init(physical: UInt64, bytes: UInt64) {
            self.physical = physical
            self.bytes = bytes
        }
    }

    /// What the kernel's message says in brackets beside the place, as `mapped with DMA_TO_DEVICE`.
    private var facts: String {
        let places: Set<Substring> = ["device address", "size", "addr", "len", "cln"]
        return message.split(separator: "[").dropFirst().compactMap { part in
            let fact = part.prefix { $0 != "]" }
            return places.contains(fact.prefix { $0 != "=" }) ? nil : String(fact)
        }.joined(separator: ", ")
    }

    /// The finding that a broken rule is.
    var finding: Finding {
        var chain: [ChainLink] = []
        if let made, made < record { chain.append(ChainLink(record: made, text: "the map")) }
        chain.append(ChainLink(record: record, text: "dma-debug: \(check)"))
        var result = Finding(
            code, .misuse, record: record, agent: agent, address: address, bytes: max(bytes, 1),
            writer: agent, writeRecord: made ?? record,
            detail: facts.isEmpty ? cause : facts, chain: chain)
        result.cause = cause
        result.mend = mend
        result.count = count
        result.take(self)
        return result
    }
}

extension Finding {
    /// Notes that the kernel would print a message about it.
    mutating func take(_ report: KernelReport) {
        dmaDebug = true
        if kernelMessage == nil { kernelMessage = report.message }
    }
}

/// The broken rules of a program: those that dma-debug reports, and those beyond its sight.
enum Misuse {
    /// Joins what two lists say of the same calls.
    ///
    /// - Parameters:
    ///   - rules: What ``APIRules`` found.
    ///   - reports: What dma-debug would print.
    /// - Returns: the findings; those of which dma-debug would tell have its message.
    static func join(_ rules: [Finding], _ reports: [KernelReport]) -> [Finding] {
        var findings = rules
        for report in reports {
            let same = findings.firstIndex {
                $0.record == report.record && $0.code == report.code && $0.kernelMessage == nil
            }
            if let same { findings[same].take(report) } else { findings.append(report.finding) }
        }
        return findings
    }
}
