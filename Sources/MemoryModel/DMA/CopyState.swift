/// The read side of a transfer from memory to memory; the transfer itself is the write side.
struct CopyState {
    /// The next byte to read.
    var address: UInt64
    /// How many are left to read.
    var left: UInt64
    /// When the next read can be issued.
    var nextRead: UInt64 = 0
    /// When its last burst was, of either side.
    private(set) var lastBurst: UInt64 = 0
    /// Bytes asked for so far, and written so far.
    private(set) var asked: UInt64 = 0
    /// See `asked`.
    private(set) var written: UInt64 = 0
    /// Which bytes up to where are in the FIFO from when on, ascending.
    private var arrivals: [(end: UInt64, at: UInt64)] = []
    /// Bytes of a FIFO of its own.
    let fifoBytes: UInt64

    init(address: UInt64, bytes: UInt64, fifoBytes: UInt64) {
        self.address = address
        left = bytes
        self.fifoBytes = fifoBytes
    }

    /// Bytes asked for and not yet written.
    var held: UInt64 { asked - written }

    /// When the next `bytes` bytes to write are in the FIFO; nil: they have not been asked for.
    func arrival(ofNext bytes: UInt64) -> UInt64? {
        arrivals.first { $0.end >= written + bytes }?.at
    }

    /// Notes a read burst whose bytes come at a tick; the FIFO keeps their order.
    mutating func read(_ bytes: UInt64, at now: UInt64, comingAt tick: UInt64) {
        lastBurst = now
        address &+= bytes
        left -= bytes
        asked += bytes
        arrivals.append((asked, max(tick, arrivals.last?.at ?? 0)))
    }

    /// Notes a write burst.
    mutating func write(_ bytes: UInt64, at now: UInt64) {
        lastBurst = now
        written += bytes
        // The last one stays: what comes later does not come before it.
        while arrivals.count > 1, arrivals[0].end <= written { arrivals.removeFirst() }
    }
}
