import Operations
import Quantities

// What is modelled: one channel of a DMA engine for each device, whose transfers go in order: linear, in rows, or
// in cycles; cut into bursts of its port. Each burst reads or writes memory (and, where it snoops, caches) at its
// own moment while the cores go on. Devices of one port share its read and its write channel.
// An engine of several channels is several devices on its port; a scatter-gather list is several transfers.
// Left out: descriptor formats (a descriptor fetch is a read of its bytes).

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
    /// When the last of its bursts so far is complete: one that memory held up may be later than the next.
    var end: UInt64 = 0
    /// The shape, for the rows and cycles to come.
    var shape: Shape

    /// What a transfer goes through.
    struct Shape {
        /// The first byte of the row at work, and of the first one.
        var row: UInt64
        var start: UInt64
        /// Bytes of a row, and how far rows are apart.
        var rowBytes: UInt64
        var pitch: UInt64
        /// Rows after the one at work, and of a cycle.
        var rowsLeft: UInt32
        var rows: UInt32
        /// Cycles after the one at work.
        var cyclesLeft: UInt32
    }

    /// Goes on with the next row, or the next cycle.
    ///
    /// - Returns: whether there was one, and whether a cycle has ended.
    mutating func advance() -> (goesOn: Bool, endsCycle: Bool) {
        if shape.rowsLeft > 0 {
            shape.rowsLeft -= 1
            shape.row &+= shape.pitch
            address = shape.row
            remaining = shape.rowBytes
            return (true, false)
        }
        guard shape.cyclesLeft > 0 else { return (false, true) }
        shape.cyclesLeft -= 1
        shape.rowsLeft = shape.rows - 1
        shape.row = shape.start
        address = shape.start
        remaining = shape.rowBytes
        return (true, true)
    }
}

/// What the devices of one port share.
struct PortState {
    /// The port's name.
    let name: String
    /// When its read channel can take the next burst, and its write channel.
    var readFree: UInt64 = 0
    /// See `readFree`.
    var writeFree: UInt64 = 0
    /// The memory controller's port that it leads to.
    let controllerPort: Int?
}

/// What a device is in the middle of.
struct DeviceState {
    /// Its agent.
    let agent: Agent
    /// The port it sits on.
    let port: PortConfiguration
    /// The number of that port's state.
    let portIndex: Int
    /// Whether its transactions look into the caches: what its port can do and its sideband bits ask for.
    let snoops: Bool
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
    init(
        agent: Agent, port: PortConfiguration, portIndex: Int, attributes: TransactionAttributes
    ) {
        self.agent = agent
        self.port = port
        self.portIndex = portIndex
        snoops = port.snoops && port.snoopRule.snoops(attributes)
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

    /// How long a burst of `bytes` keeps its channel of the port.
    func occupancy(_ bytes: UInt64) -> UInt64 {
        let beats = (bytes + UInt64(port.widthBytes) - 1) / UInt64(port.widthBytes)
        return beats * port.clock.period.rawValue
    }

    /// How far bursts of `bytes` are apart: the port's beats, or its latency shared by those in flight.
    func interval(_ bytes: UInt64, latency: UInt64) -> UInt64 {
        max(occupancy(bytes), latency / UInt64(max(port.outstanding, 1)))
    }

    /// How many bytes the next burst of a transfer moves: to the next multiple of the burst, or the largest size
    /// that the port lets through.
    func burstBytes(_ transfer: Transfer) -> UInt64 {
        let boundary = transfer.burst - transfer.address % max(transfer.burst, 1)
        let bytes = min(transfer.remaining, max(boundary, 1))
        let fitting = port.sizes.last {
            UInt64($0) <= bytes && transfer.address % UInt64($0) == 0
        }
        guard !port.sizes.isEmpty else { return bytes }
        // What fits no size goes as the smallest, with the other bytes of it disabled.
        let smallest = UInt64(port.sizes[0])
        return fitting.map(UInt64.init) ?? min(bytes, smallest - transfer.address % smallest)
    }
}
