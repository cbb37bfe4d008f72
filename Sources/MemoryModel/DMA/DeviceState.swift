import Operations
import Quantities

// What is modelled: one channel of a DMA engine for each device, whose transfers go in order: linear, in rows, in
// cycles, or from memory to memory; cut into bursts of its port. Each burst reads or writes memory (and, where it
// snoops, caches) at its own moment while the cores go on. Devices of one port share its read and its write channel,
// and where the port has a controller, that controller's FIFO and places.
// An engine of several channels is several devices on its port; a scatter-gather list is several transfers, of the
// trace or of descriptors that the engine reads itself (`Machine+Chain.swift`).
// Left out: descriptors fetched ahead while the transfer of an earlier one goes on.

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
    /// What the bytes of a row are, where the trace says so.
    var value: UInt64?
    /// The read side of a copy.
    var copy: CopyState?
    /// Of which chain the descriptor is that it fetches.
    var chain: ChainState?
    /// Whether it starts no earlier than when the transfer before it is complete.
    var followsEnd = false

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

    /// Makes the transfer of an operation whose first byte has a physical address.
    init(
        _ operation: DeviceOperation, at physical: UInt64, burst: UInt64, record: UInt32,
        earliest: UInt64
    ) {
        kind = operation.kind
        address = physical
        remaining = operation.bytes
        self.burst = burst
        self.record = record
        self.earliest = earliest
        value = operation.value
        shape = Shape(
            row: physical, start: physical, rowBytes: operation.bytes, pitch: operation.pitch,
            rowsLeft: max(operation.rows, 1) - 1, rows: max(operation.rows, 1),
            cyclesLeft: max(operation.cycles, 1) - 1)
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

/// One way of a device into memory.
struct DeviceSide {
    /// The port.
    let port: PortConfiguration
    /// The number of that port's state.
    let portIndex: Int
    /// Whether transactions look into the caches: what the port can do and the sideband bits ask for.
    let snoops: Bool

    /// How long a burst of `bytes` keeps its channel of the port.
    func occupancy(_ bytes: UInt64) -> UInt64 {
        let beats = (bytes + UInt64(port.widthBytes) - 1) / UInt64(port.widthBytes)
        return beats * port.clock.period.rawValue
    }

    /// How far bursts of `bytes` are apart: the port's beats, or its latency shared by those in flight.
    ///
    /// A controller counts its bursts in flight one by one instead.
    func interval(_ bytes: UInt64, latency: UInt64) -> UInt64 {
        guard port.engine == nil else { return occupancy(bytes) }
        return max(occupancy(bytes), latency / UInt64(max(port.outstanding, 1)))
    }

    /// The longest burst.
    var longestBurst: UInt64 { UInt64(port.burstBeats * port.widthBytes) }

    /// How many bytes the next burst moves: to the next multiple of the burst, or the largest size that the port
    /// lets through.
    func burstBytes(at address: UInt64, remaining: UInt64, burst: UInt64) -> UInt64 {
        // The statement may ask for longer bursts than the port lets through.
        let burst = min(burst, longestBurst)
        let boundary = burst - address % max(burst, 1)
        let bytes = min(remaining, max(boundary, 1))
        let fitting = port.sizes.last { UInt64($0) <= bytes && address % UInt64($0) == 0 }
        guard !port.sizes.isEmpty else { return bytes }
        // What fits no size goes as the smallest, with the other bytes of it disabled.
        let smallest = UInt64(port.sizes[0])
        return fitting.map(UInt64.init) ?? min(bytes, smallest - address % smallest)
    }
}

/// What a device is in the middle of.
struct DeviceState {
    /// Its agent.
    let agent: Agent
    /// How it writes.
    let writing: DeviceSide
    /// How it reads: mostly through the same port.
    let reading: DeviceSide
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
    init(agent: Agent, writing: DeviceSide, reading: DeviceSide) {
        self.agent = agent
        self.writing = writing
        self.reading = reading
    }

    /// The side that writes, or the one that reads.
    func side(isWrite: Bool) -> DeviceSide { isWrite ? writing : reading }

    /// The transfer at work.
    var current: Transfer? { finished < transfers.count ? transfers[finished] : nil }

    /// Whether nothing is left to do.
    var isIdle: Bool { finished == transfers.count }

    /// Ends the transfer at work.
    mutating func finishCurrent(at tick: UInt64) {
        finished += 1
        doneAt = max(doneAt, tick)
        if finished == transfers.count {
            transfers.removeAll(keepingCapacity: true)
            finished = 0
        } else if transfers[finished].followsEnd {
            transfers[finished].earliest = max(transfers[finished].earliest, tick)
        }
    }

    /// How many bytes the next burst of a transfer moves, of a copy the next one written.
    func burstBytes(_ transfer: Transfer) -> UInt64 {
        side(isWrite: transfer.kind == .write).burstBytes(
            at: transfer.address, remaining: transfer.remaining, burst: transfer.burst)
    }

    /// How many bytes the next burst read of a copy has: no more than the FIFO has room for, empty as it may be.
    func readBytes(_ copy: CopyState, burst: UInt64) -> UInt64 {
        reading.burstBytes(
            at: copy.address, remaining: copy.left, burst: min(burst, copy.fifoBytes))
    }
}
