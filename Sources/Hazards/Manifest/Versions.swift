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

/// The bytes of one watched granule in one place: a version each, and which of them a core dirtied there.
struct GranuleCopy {
    /// A version for each byte, or ``Version/absent``.
    var versions = [VersionID](repeating: Version.absent, count: Int(WatchList.granule))
    /// Bytes stored here since the line was last clean.
    var dirty: UInt64 = 0
    /// How each half of the granule came here: a line of 32 bytes has one half, a longer line sets both.
    var fills = (Fill(), Fill())

    /// How a half came here.
    func fill(ofHalf half: Int) -> Fill { half == 0 ? fills.0 : fills.1 }

    /// How a line came to a place.
    struct Fill {
        /// Why.
        var reason = MoveReason.demand
        /// From where.
        var source = Place.memory
        /// When.
        var at = Ticks.zero
    }
}

extension GranuleState {
    /// The halves of a granule that bytes are in.
    static func halves(_ mask: UInt64) -> [Int] {
        (mask & 0xFFFF_FFFF != 0 ? [0] : []) + (mask >> 32 != 0 ? [1] : [])
    }
}

/// What is known of one watched granule.
///
/// A class, since it is changed in place millions of times; it never leaves its mirror, which changes one thing at a time:
/// the run-time check that nobody else does is left out.
final class GranuleState {
    /// Memory's bytes.
    @exclusivity(unchecked) var memory = [VersionID](repeating: 0, count: Int(WatchList.granule))
    /// Copies in caches, in the order of their places.
    @exclusivity(unchecked) var copies: [(place: Place, copy: GranuleCopy)] = []
    /// The youngest version of each byte, wherever it is.
    @exclusivity(unchecked) var latest = [VersionID](repeating: 0, count: Int(WatchList.granule))
    /// Writes, oldest first: a version and the bytes it covers.
    @exclusivity(unchecked) var history: [(version: VersionID, mask: UInt64)] = []
    /// When maintenance by the core last named the line, for each half of the granule.
    var maintainedAt: [Ticks?] = [nil, nil]
    /// Under which address it named it: the place of such a copy.
    var maintainedPlaces: [Place?] = [nil, nil]
    /// Bytes that devices have written.
    var deviceBytes: UInt64 = 0
    /// Bytes whose versions an invalidate dropped on purpose, and the statement.
    var discarded: (mask: UInt64, record: UInt32)?
    /// What happened here, oldest first; the last ``journalLimit`` entries.
    @exclusivity(unchecked) var journal: [JournalEntry] = []

    static let journalLimit = 16
    static let historyLimit = 64

    /// The versions in a place; nil: it is no cache, or has no copy.
    func versions(in place: Place) -> [VersionID]? {
        for (holder, copy) in copies where holder == place { return copy.versions }
        return nil
    }

    /// The place of a copy.
    func index(of place: Place) -> Int? { copies.firstIndex { $0.place == place } }

    func note(_ entry: JournalEntry) {
        let last = journal.count - 1
        if last >= 0, journal[last].record == entry.record, journal[last].kind == entry.kind,
            journal[last].place == entry.place
        {
            journal[last].mask |= entry.mask
            return
        }
        if journal.count == Self.journalLimit { journal.removeFirst() }
        journal.append(entry)
    }

    func noteWrite(_ version: VersionID, _ mask: UInt64) {
        history.append((version, mask))
        if history.count > Self.historyLimit {
            // Keep the younger half: an old copy is found out by any younger write that covers it.
            history.removeFirst(Self.historyLimit / 2)
        }
        latest.set(mask, to: version)
    }
}

/// One thing that happened to a granule, for the chain of a finding.
struct JournalEntry {
    enum Kind {
        case store, load, fill, writeback, invalidate, maintenance, deviceRead, deviceWrite, drain
    }
    var kind: Kind
    var record: UInt32
    var tick: Ticks
    var agent: Agent
    var place: Place
    var other: Place
    var reason: MoveReason
    var mask: UInt64
    /// Whether it is maintenance that cleans.
    var cleans = false
    /// The caches and buffers that held a copy when a device wrote.
    var holders: [Place] = []
}

extension [VersionID] {
    /// The bytes of a mask that has no gaps; nil: it has some.
    static func span(_ mask: UInt64) -> Range<Int>? {
        let first = mask.trailingZeroBitCount
        let end = 64 - mask.leadingZeroBitCount
        return mask.nonzeroBitCount == end - first ? first..<end : nil
    }

    /// Gives bytes a version.
    mutating func set(_ mask: UInt64, to version: VersionID) {
        withUnsafeMutableBufferPointer { bytes in
            if let span = Self.span(mask) {
                for byte in span { bytes[byte] = version }
            } else {
                CopyMirror.forEachByte(mask) { bytes[$0] = version }
            }
        }
    }

    /// Gives bytes the versions that others have, and where these have none those of a third.
    mutating func set(_ mask: UInt64, to others: [VersionID], else third: [VersionID]) {
        withUnsafeMutableBufferPointer { bytes in
            others.withUnsafeBufferPointer { others in
                third.withUnsafeBufferPointer { third in
                    CopyMirror.forEachByte(mask) { byte in
                        let other = others[byte]
                        bytes[byte] = other == Version.absent ? third[byte] : other
                    }
                }
            }
        }
    }

    /// Gives bytes the versions that others have; those without one there stay.
    mutating func set(_ mask: UInt64, to others: [VersionID]) {
        withUnsafeMutableBufferPointer { bytes in
            others.withUnsafeBufferPointer { others in
                CopyMirror.forEachByte(mask) { byte in
                    if others[byte] != Version.absent { bytes[byte] = others[byte] }
                }
            }
        }
    }
}
