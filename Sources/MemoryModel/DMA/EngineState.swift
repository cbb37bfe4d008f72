// What is modelled of a controller of several channels (PL330): the FIFO and the issuing capability that they share,
// and that of channels which could go at the same tick the next after the one served last does.
// Left out: its program, its instruction cache, and the cycles that its threads take.

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
    /// The controller that its devices are channels of; nil: they are engines of their own.
    var engine: EngineState?

    /// When the next burst may be issued: its channel is free, and so is one of the controller's places.
    func free(isWrite: Bool) -> UInt64 {
        let channel = isWrite ? writeFree : readFree
        guard let engine else { return channel }
        return max(
            max(channel, engine.servedAt), isWrite ? engine.writes.free : engine.reads.free)
    }
}

/// What the channels of one controller share.
struct EngineState {
    /// Reads under way.
    var reads: IssuePlaces
    /// Writes under way.
    var writes: IssuePlaces
    /// Bytes of the FIFO.
    let fifoBytes: UInt64
    /// Bytes in it or asked for.
    var fifoUsed: UInt64 = 0
    /// The device that was served last.
    var lastServed = -1
    /// And when: no burst goes before one that has gone, whose room and place it may need.
    var servedAt: UInt64 = 0

    init(_ configuration: EngineConfiguration) {
        reads = IssuePlaces(count: configuration.readIssuing)
        writes = IssuePlaces(count: configuration.writeIssuing)
        fifoBytes = UInt64(configuration.fifoBytes)
    }
}

/// Places for bursts under way.
struct IssuePlaces {
    private let count: Int
    /// When those under way are complete, ascending.
    private var ends: [UInt64] = []

    init(count: Int) { self.count = count }

    /// When the next burst can have a place.
    var free: UInt64 { ends.count < count ? 0 : ends[ends.count - count] }

    /// Takes a place from a tick until another.
    mutating func take(at tick: UInt64, until end: UInt64) {
        ends.removeAll { $0 <= tick }
        ends.insert(end, at: ends.firstIndex { $0 > end } ?? ends.count)
    }
}
