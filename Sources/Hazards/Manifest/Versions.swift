import Events
import Quantities

// Every write to a watched byte makes a version. A copy of a byte holds a version. Which version a reader should
// see is what happened before the read: program order, doorbells, observed completions, reads from a device.

/// The number of a version; 0 is what was there at the start, `absent` no copy.
typealias VersionID = UInt32

/// Who wrote a version, and when.
struct Version {
    /// The writer.
    var agent: Agent
    /// Its number among the writer's versions, from 1.
    var sequence: UInt32
    /// The statement.
    var record: UInt32
    /// The moment.
    var tick: Ticks

    /// No copy of a byte.
    static let absent = VersionID.max
}

/// The versions by their numbers, and how many each agent has made, in memory that a ``GranuleTable`` owns.
struct VersionList: BitwiseCopyable {
    private struct Storage {
        var versions: Row<Version>
        /// How many versions each agent has made, by its raw value.
        let sequences: UnsafeMutablePointer<UInt32>
    }

    private let storage: UnsafeMutablePointer<Storage>

    /// Takes memory for a list that has what was there at the start.
    init() {
        let sequences = UnsafeMutablePointer<UInt32>.allocate(capacity: Self.agents)
        sequences.initialize(repeating: 0, count: Self.agents)
        storage = .allocate(capacity: 1)
        storage.initialize(to: Storage(versions: Row(capacity: 1_024), sequences: sequences))
        storage.pointee.versions.append(
            Version(agent: .core(0), sequence: 0, record: 0, tick: .zero))
    }

    private static let agents = Int(UInt8.max) + 1

    /// Gives the memory back.
    func release() {
        storage.pointee.versions.release()
        storage.pointee.sequences.deallocate()
        storage.deallocate()
    }

    /// The versions; 0 is the start.
    var all: UnsafeBufferPointer<Version> {
        @inline(__always) get { storage.pointee.versions.all }
    }

    /// Makes a new version.
    @inline(__always)
    func add(_ event: Event) -> VersionID {
        let place = Int(event.agent.rawValue)
        let sequence = storage.pointee.sequences[place] &+ 1
        storage.pointee.sequences[place] = sequence
        storage.pointee.versions.append(
            Version(agent: event.agent, sequence: sequence, record: event.record, tick: event.tick))
        return VersionID(storage.pointee.versions.count - 1)
    }

    /// How many versions an agent has made.
    func sequence(of agent: Agent) -> UInt32 { storage.pointee.sequences[Int(agent.rawValue)] }
}

/// What each agent knows to have happened: for each writer the number of its last version ordered before now.
struct VectorClock {
    private var known: [UInt32] = []

    subscript(agent: Agent) -> UInt32 {
        get {
            let place = Self.place(agent)
            return place < known.count ? known[place] : 0
        }
        set {
            let place = Self.place(agent)
            if place >= known.count {
                known += Array(repeating: 0, count: place + 1 - known.count)
            }
            known[place] = max(known[place], newValue)
        }
    }

    mutating func join(_ other: VectorClock) {
        if other.known.count > known.count {
            known += Array(repeating: 0, count: other.known.count - known.count)
        }
        for place in other.known.indices { known[place] = max(known[place], other.known[place]) }
    }

    private static func place(_ agent: Agent) -> Int {
        agent.isCore ? agent.index : Agent.maximumCores + agent.index
    }
}

/// The bytes of one watched granule that are in one place.
struct CopiedBytes: BitwiseCopyable {
    /// A version for each byte that is here; the others' mean nothing.
    let versions: ByteVersions
    /// The bytes that are here.
    var present: UInt64 = 0

    /// The version of a byte, or ``Version/absent``.
    subscript(byte: Int) -> VersionID {
        present &>> UInt64(truncatingIfNeeded: byte) & 1 == 1 ? versions[byte] : Version.absent
    }
}

/// The bytes of one watched granule in one place, and which of them a core dirtied there.
///
/// Its granule's state owns the versions: they are gone when the copy is taken out of it.
struct GranuleCopy: BitwiseCopyable {
    /// What is here.
    var bytes: CopiedBytes
    /// Bytes stored here since the line was last clean.
    var dirty: UInt64 = 0
    /// How each half of the granule came here: a line of 32 bytes has one half, a longer line sets both.
    var fills = (Fill(), Fill())

    /// The version of a byte, or ``Version/absent``.
    subscript(byte: Int) -> VersionID { bytes[byte] }

    /// How a half came here.
    func fill(ofHalf half: Int) -> Fill { half == 0 ? fills.0 : fills.1 }

    /// How a line came to a place.
    struct Fill: BitwiseCopyable {
        /// Why.
        var reason = MoveReason.demand
        /// From where.
        var source = Place.memory
        /// When.
        var at = Ticks.zero
    }
}

/// When maintenance named a line, and by which address.
struct LineNaming: BitwiseCopyable {
    /// When.
    var at: Ticks
    /// The place of a copy that has the line by that address.
    var place: Place
}

/// Memory for copies, taken again when it was given back: lines come and go all the time.
final class CopyMemory {
    @exclusivity(unchecked) private var spare: [ByteVersions] = []

    deinit { for versions in spare { versions.release() } }

    /// Memory for a granule's bytes, whose versions mean nothing yet.
    func take() -> ByteVersions { spare.popLast() ?? .allocate(Version.absent) }

    /// Keeps memory for the next copy.
    func give(_ versions: ByteVersions) { spare.append(versions) }
}
