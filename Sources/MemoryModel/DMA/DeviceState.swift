import Operations
import Quantities

// What is modelled: one DMA engine for each device, whose transfers go in order, cut into bursts of its port;
// each burst reads or writes memory (and, on a snooping port, caches) at its own moment while the cores go on.
// Left out: descriptor formats (a descriptor fetch is a read), 2-D and cyclic transfers, several channels.

/// One transfer of a device.
struct Transfer {
    /// Read, write, descriptor fetch or interrupt.
    var kind: DeviceOperation.Kind
    /// The next byte to move.
    var address: UInt64
    /// How many are left.
    var remaining: UInt64
    /// Bytes a burst.
    var burst: UInt64
    /// The record of the statement.
    var record: UInt32
    /// Not before this tick.
    var earliest: UInt64
    /// Whether its first burst has happened.
    var hasStarted = false
}

/// What a device is in the middle of.
struct DeviceState {
    /// Its agent.
    let agent: Agent
    /// The port it sits on.
    let port: PortConfiguration
    /// Transfers not finished, oldest first.
    var transfers: [Transfer] = []
    /// How many at the front of `transfers` are done.
    var finished = 0
    /// When its port can take the next burst.
    var nextBurst: UInt64 = 0
    /// When its last transfer was complete.
    var doneAt: UInt64 = 0
    /// When the last doorbell reached it; nil: none so far.
    var doorbell: UInt64?

    /// Makes an idle device.
    init(agent: Agent, port: PortConfiguration) {
        self.agent = agent
        self.port = port
    }

    /// The transfer at work.
    var current: Transfer? { finished < transfers.count ? transfers[finished] : nil }

    /// Whether nothing is left to do.
    var isIdle: Bool { finished == transfers.count }

    /// When its next burst happens; nil: none.
    var due: UInt64? { current.map { max(nextBurst, $0.earliest) } }

    /// Ends the transfer at work.
    mutating func finishCurrent(at tick: UInt64) {
        finished += 1
        doneAt = max(doneAt, tick)
        if finished == transfers.count {
            transfers.removeAll(keepingCapacity: true)
            finished = 0
        }
    }

    /// How far bursts of `bytes` are apart: the port's beats, or its latency shared by those in flight.
    func interval(_ bytes: UInt64, latency: Ticks) -> UInt64 {
        let beats = (bytes + UInt64(port.widthBytes) - 1) / UInt64(port.widthBytes)
        return max(
            beats * port.clock.period.rawValue, latency.rawValue / UInt64(max(port.outstanding, 1)))
    }
}
