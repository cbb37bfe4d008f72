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
///
/// Its granule's state owns the versions: they are gone when the copy is taken out of it.
struct GranuleCopy: BitwiseCopyable {
    /// A version for each byte, or ``Version/absent``.
    let versions: ByteVersions
    /// Bytes stored here since the line was last clean.
    var dirty: UInt64 = 0
    /// How each half of the granule came here: a line of 32 bytes has one half, a longer line sets both.
    var fills = (Fill(), Fill())

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

    /// Memory for a granule's bytes, all of them absent.
    func take() -> ByteVersions {
        guard let versions = spare.popLast() else { return .allocate(Version.absent) }
        versions.set(.max, to: Version.absent)
        return versions
    }

    /// Keeps memory for the next copy.
    func give(_ versions: ByteVersions) { spare.append(versions) }
}

/// What is known of one watched granule.
///
/// A class, since it is changed in place millions of times; it never leaves its mirror, which changes one thing at a time:
/// the run-time check that nobody else does is left out.
final class GranuleState {
    /// Memory's bytes.
    let memory: ByteVersions
    /// The youngest version of each byte, wherever it is.
    let latest: ByteVersions
    /// Copies in caches, in the order of their places.
    @exclusivity(unchecked) private(set) var copies: [(place: Place, copy: GranuleCopy)] = []
    /// Writes, oldest first: a version and the bytes it covers.
    @exclusivity(unchecked) var history: [(version: VersionID, mask: UInt64)] = []
    /// When maintenance by the core last named the line, for each half of the granule.
    @exclusivity(unchecked) private var namings: (LineNaming?, LineNaming?) = (nil, nil)
    private let spare: CopyMemory
    /// Bytes that devices have written.
    @exclusivity(unchecked) var deviceBytes: UInt64 = 0
    /// Bytes whose versions an invalidate dropped on purpose, and the statement.
    var discarded: (mask: UInt64, record: UInt32)?
    /// What happened here, by its number modulo ``journalLimit``; the last entries.
    private let entries = UnsafeMutablePointer<JournalEntry>.allocate(capacity: journalLimit)
    /// How much has happened here.
    @exclusivity(unchecked) private var entryCount = 0
    /// Who finds the youngest of all bytes where, and has nothing to learn from them; 0: nobody is known to.
    @exclusivity(unchecked) private var settled: UInt32 = 0

    private static let journalLimit = 16
    static let historyLimit = 64

    /// Knows of no copies yet, and takes memory for those to come.
    init(_ spare: CopyMemory) {
        self.spare = spare
        // A packet is stored by words: it has a dozen versions the first time.
        history.reserveCapacity(Self.historyLimit / 4)
        memory = ByteVersions.allocate(0, granules: 2)
        latest = memory.next
    }

    deinit {
        memory.release()
        for (_, copy) in copies { copy.versions.release() }
        entries.deallocate()
    }

    // MARK: Copies

    /// The versions in a place; nil: it is no cache, or has no copy.
    @inline(__always)
    func versions(in place: Place) -> ByteVersions? {
        index(of: place).map { copies[$0].copy.versions }
    }

    /// The place of a copy.
    @inline(__always)
    func index(of place: Place) -> Int? {
        var index = 0
        while index < copies.count {
            if copies[index].place == place { return index }
            index &+= 1
        }
        return nil
    }

    /// Where the copy of a place stands, which is made if it is not there.
    func indexOfCopy(in place: Place) -> Int {
        if let found = index(of: place) { return found }
        let index = copies.firstIndex { $0.place > place } ?? copies.count
        copies.insert(
            (place, GranuleCopy(versions: spare.take())), at: index)
        return index
    }

    /// Notes bytes that were stored in a copy, and are not written on.
    func addDirty(_ mask: UInt64, at index: Int) { copies[index].copy.dirty |= mask }

    /// Notes bytes of a copy that are written on, or gone.
    func removeDirty(_ mask: UInt64, at index: Int) { copies[index].copy.dirty &= ~mask }

    /// Notes how a copy's bytes came to its place.
    func noteFill(_ fill: GranuleCopy.Fill, of mask: UInt64, at index: Int) {
        if mask & 0xFFFF_FFFF != 0 { copies[index].copy.fills.0 = fill }
        if mask >> 32 != 0 { copies[index].copy.fills.1 = fill }
    }

    /// Takes a copy away.
    func removeCopy(at index: Int) { spare.give(copies.remove(at: index).copy.versions) }

    // MARK: Maintenance

    /// When maintenance by the core last named a half's line; nil: never.
    func naming(ofHalf half: Int) -> LineNaming? { half == 0 ? namings.0 : namings.1 }

    /// Notes that maintenance names the lines of bytes.
    @inline(__always)
    func note(_ naming: LineNaming, of mask: UInt64) {
        if mask & 0xFFFF_FFFF != 0 { namings.0 = naming }
        if mask >> 32 != 0 { namings.1 = naming }
    }

    // MARK: Settled reads

    private static func key(_ reader: Agent, _ place: Place) -> UInt32 {
        1 << 16 | UInt32(reader.rawValue) << 8 | UInt32(place.rawValue)
    }

    /// Whether a reader is known to find the youngest of all bytes in a place, and to have nothing to learn from them.
    @inline(__always)
    func isSettled(for reader: Agent, in place: Place) -> Bool {
        settled == Self.key(reader, place)
    }

    /// Notes that it does.
    func settle(for reader: Agent, in place: Place) { settled = Self.key(reader, place) }

    /// Notes that a byte has got another version somewhere.
    @inline(__always)
    func unsettle() { settled = 0 }

    // MARK: Journal

    /// What happened here, oldest first; the last entries.
    var journal: [JournalEntry] {
        (max(entryCount - Self.journalLimit, 0)..<entryCount).map {
            entries[$0 % Self.journalLimit]
        }
    }

    /// Notes what happened to bytes; what happens to several bytes in one statement is one entry.
    @inline(__always)
    func note(
        _ kind: JournalEntry.Kind, _ event: Event, _ mask: UInt64, cleans: Bool = false
    ) {
        if !joins(kind, event.record, event.place, mask) { append(kind, event, mask, cleans) }
    }

    /// Notes an entry.
    func note(_ entry: JournalEntry) {
        guard !joins(entry.kind, entry.record, entry.place, entry.mask) else { return }
        (entries + entryCount & (Self.journalLimit &- 1)).initialize(to: entry)
        entryCount &+= 1
    }

    /// Adds bytes to the last entry, if it is of the same.
    @inline(__always)
    private func joins(
        _ kind: JournalEntry.Kind, _ record: UInt32, _ place: Place, _ mask: UInt64
    ) -> Bool {
        guard entryCount > 0 else { return false }
        let last = entries + (entryCount &- 1) & (Self.journalLimit &- 1)
        guard last.pointee.record == record, last.pointee.kind == kind, last.pointee.place == place
        else { return false }
        last.pointee.mask |= mask
        return true
    }

    @inline(never)
    private func append(
        _ kind: JournalEntry.Kind, _ event: Event, _ mask: UInt64, _ cleans: Bool
    ) {
        let entry = entries + entryCount & (Self.journalLimit &- 1)
        entry.initialize(to: JournalEntry(kind, event, mask))
        entry.pointee.cleans = cleans
        entryCount &+= 1
    }

    func noteWrite(_ version: VersionID, _ mask: UInt64) {
        history.append((version, mask))
        if history.count > Self.historyLimit {
            // Keep the younger half: an old copy is found out by any younger write that covers it.
            history.removeFirst(Self.historyLimit / 2)
        }
        latest.set(mask, to: version)
        unsettle()
    }
}

/// One thing that happened to a granule, for the chain of a finding.
struct JournalEntry: BitwiseCopyable {
    enum Kind: UInt8, BitwiseCopyable {
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
    /// The caches that held a copy when a device wrote, by their numbers; 0: no more.
    private var holderNumbers = SIMD32<UInt8>()

    init(_ kind: Kind, _ event: Event, _ mask: UInt64) {
        self.kind = kind
        record = event.record
        tick = event.tick
        agent = event.agent
        place = event.place
        other = event.otherPlace
        reason = MoveReason(rawValue: event.detail) ?? .demand
        self.mask = mask
    }

    /// The caches that held a copy when a device wrote.
    ///
    /// There are fewer than thirty-two: a core has one or two caches, or one with up to eight aliases.
    var holders: [Place] {
        get {
            holderNumbers.indices.lazy.map { Place(rawValue: holderNumbers[$0]) }
                .filter { $0 != .memory }
        }
        set {
            precondition(newValue.count <= holderNumbers.scalarCount)
            holderNumbers = SIMD32()
            for (index, place) in newValue.enumerated() {
                holderNumbers[index] = place.rawValue
            }
        }
    }
}
