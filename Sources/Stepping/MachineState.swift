import Events
import Operations
import Quantities

// What is drawn of a machine, as plain values that follow its events. Nothing is judged here, and the model is not
// asked: a state is what the events up to it say, so that it is the same whichever way one came to it.

/// A copy of a line in a cache.
public struct LineCopy: Hashable, Sendable {
    /// Where.
    public var place: Place
    /// The version of each byte.
    public var bytes = ByteRuns(ByteRuns.none)
    /// Bytes that were written here since the line was last clean, a bit each.
    public var dirty: UInt64 = 0
    /// Why it came.
    public var reason = MoveReason.demand
    /// From where.
    public var source = Place.memory
    /// When.
    public var since = Ticks.zero
}

/// All copies of a line.
public struct LineState: Hashable, Sendable {
    /// Those in caches, by their places.
    public var copies: [LineCopy] = []
    /// Memory's bytes.
    public var memory = ByteRuns(0)
    /// The youngest version of each byte, wherever it is.
    public var latest = ByteRuns(0)

    func index(of place: Place) -> Int? { copies.firstIndex { $0.place == place } }

    /// Where the copy of a place stands, which is made if it is not there.
    mutating func placeOfCopy(_ place: Place) -> Int {
        if let found = index(of: place) { return found }
        let index = copies.firstIndex { $0.place > place } ?? copies.count
        copies.insert(LineCopy(place: place), at: index)
        return index
    }
}

/// Bytes that wait in a buffer.
public struct BufferedEntry: Hashable, Sendable {
    /// Bytes of one store.
    public struct Part: Hashable, Sendable {
        /// The first physical address.
        public var address: UInt64
        /// How many bytes.
        public var size: UInt32
        /// Their version.
        public var version: UInt32
    }

    /// The number of the entry.
    public var number: UInt32
    /// Which buffer.
    public var place: Place
    /// The stores that it holds, oldest first.
    public var parts: [Part] = []
}

/// Something that a device has to do.
public struct DeviceWork: Hashable, Sendable {
    /// The statement.
    public var record: UInt32
    /// What is done; nil: an engine took it from a descriptor.
    public var operation: DeviceOperation?
    /// Whether it has begun.
    public var isRunning = false
    /// Bytes moved so far.
    public var moved: UInt64 = 0
}

/// A device and what it has in flight.
public struct DeviceActivity: Hashable, Sendable {
    /// What it has not finished, oldest first.
    public var work: [DeviceWork] = []
    /// Bytes that it has read so far, and written.
    public var read: UInt64 = 0
    /// See ``read``.
    public var written: UInt64 = 0
    /// Operations that it has finished.
    public var finished = 0
}

/// Whose the bytes of a mapping are, by the DMA API.
public enum Owner: String, Hashable, Sendable, Codable {
    /// The cores may touch them.
    case cpu
    /// The device may touch them.
    case device
    /// Both may at any time: an allocation for both.
    case both
    /// The mapping is over.
    case released
}

/// A mapping or an allocation.
public struct MappingState: Hashable, Sendable {
    /// The handle.
    public var handle: HandleID
    /// The statement that made it.
    public var record: UInt32
    /// The physical bytes.
    public var ranges: [Range<UInt64>]
    /// Whose they are.
    public var owner: Owner
    /// The statement that last changed that.
    public var changed: UInt32
}

/// What is drawn of a machine at one position of a run.
public struct MachineState: Hashable, Sendable {
    /// How many steps were taken.
    public internal(set) var position = 0
    /// The lines that were touched, by address over ``grain``.
    public internal(set) var lines: [UInt64: LineState] = [:]
    /// Entries of buffers, oldest first.
    public internal(set) var buffers: [BufferedEntry] = []
    /// Ticks of each core by `Cause`.
    public internal(set) var times: [[UInt64]]
    /// The devices, by their numbers.
    public internal(set) var devices: [DeviceActivity]
    /// Mappings and allocations, in the order in which they were made.
    public internal(set) var mappings: [MappingState] = []
    /// Versions made so far; 0 is what was there at the start.
    public internal(set) var versions: UInt32 = 0
    /// Bytes that went over memory's pins, reads and writes.
    public internal(set) var memoryTraffic: UInt64 = 0
    /// The moment of the last event that was told.
    public internal(set) var tick = Ticks.zero
    /// Lines beyond ``lineLimit``, of which nothing is kept.
    public internal(set) var untracked = 0

    /// Bytes that are drawn as one line.
    public let grain: UInt64
    /// The only line that is followed; nil: all are.
    let only: UInt64?
    /// Registers, which no cache holds.
    let registers: [ClosedRange<UInt64>]

    /// The most lines that are followed.
    public static let lineLimit = 16_384
    /// The most mappings that are remembered after their end.
    static let releasedLimit = 16

    init(
        cores: Int, devices: Int, grain: UInt64, registers: [ClosedRange<UInt64>],
        only: UInt64? = nil
    ) {
        times = (0..<cores).map { _ in Array(repeating: 0, count: Cause.allCases.count) }
        self.devices = (0..<devices).map { _ in DeviceActivity() }
        self.grain = grain
        self.registers = registers
        self.only = only
    }

    /// A core's time so far, in ticks.
    public func time(ofCore core: Int) -> UInt64 { times[core].reduce(0, +) }
}
