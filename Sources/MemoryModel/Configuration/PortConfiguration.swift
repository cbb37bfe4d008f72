import Operations
import Quantities

/// A port of the interconnect that a device sits on.
public struct PortConfiguration: Sendable, Hashable {
    /// Its name, as in `device eth0 port HP0`.
    public var name: String
    /// Bytes a beat.
    public var widthBytes: Int
    /// Its clock; one beat a cycle in each direction.
    public var clock: Frequency
    /// The longest burst, in beats.
    public var burstBeats: Int
    /// Bursts in flight.
    public var outstanding: Int
    /// Whether its transactions look into the cores' caches (ACP, HPC, ACE-Lite).
    public var snoops: Bool
    /// From a read's address until its first beat when memory serves it.
    public var readLatency: Ticks
    /// From the last beat of a write until its response.
    public var writeLatency: Ticks
    /// From a doorbell until the first transaction.
    public var startLatency: Ticks
    /// What of a transaction's attributes decides whether it snoops, where the port can.
    public var snoopRule = SnoopRule.always
    /// What a snoop adds to a burst's latency.
    public var snoopLatency = Ticks(rawValue: 0)
    /// Whether writes that snoop allocate in the second level where it does not hold the line.
    public var allocates = false
    /// The sizes that a transaction may have, in bytes, ascending; empty: any up to a whole burst.
    public var sizes: [Int] = []
    /// Bytes that writes may be ahead of memory; nil: none.
    public var fifoBytes: Int?
    /// The port of the memory controller that it leads to; nil: one of its own.
    public var controllerPort: String?
    /// The controller that the devices on the port are channels of; nil: each is an engine of its own.
    public var engine: EngineConfiguration?

    /// Makes a port.
    public init(
        name: String, widthBytes: Int, clock: Frequency, burstBeats: Int, outstanding: Int,
        snoops: Bool,
        readLatency: Ticks, writeLatency: Ticks, startLatency: Ticks
    ) {
        self.name = name
        self.widthBytes = widthBytes
        self.clock = clock
        self.burstBeats = burstBeats
        self.outstanding = outstanding
        self.snoops = snoops
        self.readLatency = readLatency
        self.writeLatency = writeLatency
        self.startLatency = startLatency
    }
}

/// What of a transaction's attributes decides whether it snoops.
public enum SnoopRule: String, CaseIterable, Sendable {
    /// Every transaction of a port that snoops does.
    case always
    /// AxUSER[0] and AxCACHE[1] must both be set (Cortex-A9 ACP).
    case acpA9 = "acp_a9"
    /// AxCACHE[3:2] must not be zero (ZynqMP HPC).
    case cacheable
    /// AxDOMAIN must say inner or outer shareable (ACE-Lite).
    case shareable
}

extension SnoopRule {
    /// Whether a transaction with these attributes snoops.
    public func snoops(_ attributes: TransactionAttributes) -> Bool {
        switch self {
        case .always: true
        case .acpA9: attributes.user & 1 != 0 && attributes.cache & 2 != 0
        case .cacheable: attributes.cache & 0xC != 0
        case .shareable: attributes.domain == 1 || attributes.domain == 2
        }
    }
}
