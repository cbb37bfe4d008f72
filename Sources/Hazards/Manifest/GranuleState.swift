import Events
import Quantities

/// What is known of one watched granule.
///
/// It stands for memory that a ``GranuleTable`` owns, and is valid while the table lives: it is looked up and changed in
/// place millions of times, and an object would be counted each time.
struct GranuleState: BitwiseCopyable {
    /// A copy of the granule, and where it is.
    typealias Held = (place: Place, copy: GranuleCopy)
    /// A write: a version and the bytes that it covers.
    typealias Write = (version: VersionID, mask: UInt64)

    private struct Storage {
        /// Memory's bytes, and behind them the youngest.
        let memory: ByteVersions
        var copies: Row<Held>
        var history: Row<Write>
        /// The last entries of the journal, each at its number modulo ``journalLimit``.
        let entries: UnsafeMutablePointer<JournalEntry>
        /// How much has happened here.
        var entryCount = 0
        /// Who finds the youngest of all bytes where, and has nothing to learn from them; 0: nobody is known to.
        var settled: UInt32 = 0
        var isOfOneWrite = false
        var namings: (LineNaming?, LineNaming?) = (nil, nil)
        var deviceBytes: UInt64 = 0
        var discarded: (mask: UInt64, record: UInt32)?
        let spare: Unmanaged<CopyMemory>
    }

    private let storage: UnsafeMutablePointer<Storage>

    private static let journalLimit = 16
    static let historyLimit = 64

    /// Takes memory for a granule of which nothing is known, and memory for copies to come from `spare`.
    ///
    /// A packet is stored by words: it has a dozen versions the first time.
    init(_ spare: CopyMemory) {
        storage = .allocate(capacity: 1)
        storage.initialize(
            to: Storage(
                memory: .allocate(0, granules: 2), copies: Row(capacity: 2),
                history: Row(capacity: Self.historyLimit / 4),
                entries: .allocate(capacity: Self.journalLimit), spare: .passUnretained(spare)))
    }

    /// Gives all memory back.
    func release() {
        storage.pointee.memory.release()
        for (_, copy) in copies { copy.bytes.versions.release() }
        storage.pointee.copies.release()
        storage.pointee.history.release()
        storage.pointee.entries.deallocate()
        storage.deallocate()
    }

    // MARK: Bytes

    /// Memory's bytes.
    var memory: ByteVersions {
        @inline(__always) get { storage.pointee.memory }
    }

    /// The youngest version of each byte, wherever it is.
    var latest: ByteVersions {
        @inline(__always) get { storage.pointee.memory.next }
    }

    /// Bytes that devices have written.
    var deviceBytes: UInt64 {
        get { storage.pointee.deviceBytes }
        nonmutating set { storage.pointee.deviceBytes = newValue }
    }

    /// Bytes whose versions an invalidate dropped on purpose, and the statement.
    var discarded: (mask: UInt64, record: UInt32)? {
        get { storage.pointee.discarded }
        nonmutating set { storage.pointee.discarded = newValue }
    }

    /// Writes, oldest first.
    var history: UnsafeBufferPointer<Write> { storage.pointee.history.all }

    /// Notes who wrote bytes last.
    func noteWrite(_ version: VersionID, _ mask: UInt64) {
        storage.pointee.history.append((version, mask))
        if storage.pointee.history.count > Self.historyLimit {
            // Keep the younger half: an old copy is found out by any younger write that covers it.
            storage.pointee.history.removeFirst(Self.historyLimit / 2)
        }
        latest.set(mask, to: version)
        storage.pointee.isOfOneWrite = mask == .max
        unsettle()
    }

    /// Forgets all writes to bytes.
    func forgetWrites(_ mask: UInt64) {
        var place = 0
        while place < history.count {
            storage.pointee.history[place].mask &= ~mask
            if history[place].mask == 0 {
                storage.pointee.history.remove(at: place)
            } else {
                place &+= 1
            }
        }
    }

    // MARK: Copies

    /// Copies in caches, in the order of their places.
    var copies: UnsafeBufferPointer<Held> {
        @inline(__always) get { storage.pointee.copies.all }
    }

    /// The bytes in a place; nil: it is no cache, or has none.
    @inline(__always)
    func bytes(in place: Place) -> CopiedBytes? { index(of: place).map { copies[$0].copy.bytes } }

    /// The place of a copy.
    @inline(__always)
    func index(of place: Place) -> Int? {
        let copies = copies
        var index = 0
        while index < copies.count {
            if copies[index].place == place { return index }
            index &+= 1
        }
        return nil
    }

    /// Where the copy of a place stands, which is made if it is not there.
    @inline(__always)
    func indexOfCopy(in place: Place) -> Int { index(of: place) ?? addCopy(in: place) }

    private func addCopy(in place: Place) -> Int {
        let versions = storage.pointee.spare._withUnsafeGuaranteedRef { $0.take() }
        var index = 0
        while index < copies.count, copies[index].place < place { index &+= 1 }
        storage.pointee.copies.insert(
            (place, GranuleCopy(bytes: CopiedBytes(versions: versions))), at: index)
        return index
    }

    /// Gives bytes of a copy one version.
    @inline(__always)
    func set(_ mask: UInt64, to version: VersionID, at index: Int) {
        storage.pointee.copies[index].copy.bytes.versions.set(mask, to: version)
        storage.pointee.copies[index].copy.bytes.present |= mask
    }

    /// Gives bytes of a copy the versions that they have in another place, or where they are not there those of memory.
    @inline(__always)
    func set(_ mask: UInt64, to source: CopiedBytes?, at index: Int) {
        let versions = storage.pointee.copies[index].copy.bytes.versions
        storage.pointee.copies[index].copy.bytes.present |= mask
        let found = (source?.present ?? 0) & mask
        if found != 0, let source { versions.set(found, to: source.versions) }
        if found != mask { versions.set(mask & ~found, to: memory) }
    }

    /// Notes bytes that were stored in a copy, and are not written on.
    @inline(__always)
    func addDirty(_ mask: UInt64, at index: Int) {
        storage.pointee.copies[index].copy.dirty |= mask
    }

    /// Notes bytes of a copy that are written on, or gone.
    @inline(__always)
    func removeDirty(_ mask: UInt64, at index: Int) {
        storage.pointee.copies[index].copy.dirty &= ~mask
    }

    /// Notes how a copy's bytes came to its place.
    @inline(__always)
    func noteFill(_ fill: GranuleCopy.Fill, of mask: UInt64, at index: Int) {
        if mask & 0xFFFF_FFFF != 0 { storage.pointee.copies[index].copy.fills.0 = fill }
        if mask >> 32 != 0 { storage.pointee.copies[index].copy.fills.1 = fill }
    }

    /// Takes bytes out of a copy, which goes when it has none left.
    @inline(__always)
    func drop(_ mask: UInt64, at index: Int) {
        storage.pointee.copies[index].copy.bytes.present &= ~mask
        let bytes = copies[index].copy.bytes
        guard bytes.present == 0 else { return }
        storage.pointee.spare._withUnsafeGuaranteedRef { $0.give(bytes.versions) }
        storage.pointee.copies.remove(at: index)
    }

    // MARK: Comparing

    /// Whether the youngest versions of all bytes are known to be one.
    var isOfOneWrite: Bool { storage.pointee.isOfOneWrite }

    /// Whether bytes that somebody finds in a copy, and where they are not there in memory, are the youngest.
    @inline(__always)
    func areYoungest(_ mask: UInt64, in copy: CopiedBytes?) -> Bool {
        let found = (copy?.present ?? 0) & mask
        if found != 0, let copy, !copy.versions.areThose(of: latest, found) { return false }
        return found == mask || memory.areThose(of: latest, mask & ~found)
    }

    /// Whether any bytes of a copy are older than what they would go over, in another copy or in memory.
    @inline(__always)
    func isOlder(_ copy: CopiedBytes, than below: CopiedBytes?, _ mask: UInt64) -> Bool {
        let mask = mask & copy.present
        let covered = (below?.present ?? 0) & mask
        if covered != 0, let below, copy.versions.areOlder(than: below.versions, covered) {
            return true
        }
        return covered != mask && copy.versions.areOlder(than: memory, mask & ~covered)
    }

    /// Calls `body` with the versions of bytes that somebody finds in a copy, and where they are not there in memory; with
    /// neighbours that are equal mostly once.
    @inline(__always)
    func forEachVersion(_ mask: UInt64, in copy: CopiedBytes?, _ body: (VersionID) -> Void) {
        let found = (copy?.present ?? 0) & mask
        if let copy { copy.versions.forEachVersion(found, body) }
        memory.forEachVersion(mask & ~found, body)
    }

    // MARK: Maintenance

    /// When maintenance by the core last named a half's line; nil: never.
    func naming(ofHalf half: Int) -> LineNaming? {
        half == 0 ? storage.pointee.namings.0 : storage.pointee.namings.1
    }

    /// Notes that maintenance names the lines of bytes.
    @inline(__always)
    func note(_ naming: LineNaming, of mask: UInt64) {
        if mask & 0xFFFF_FFFF != 0 { storage.pointee.namings.0 = naming }
        if mask >> 32 != 0 { storage.pointee.namings.1 = naming }
    }

    // MARK: Settled reads

    @inline(__always)
    private static func key(_ reader: Agent, _ place: Place) -> UInt32 {
        1 << 16 | UInt32(reader.rawValue) << 8 | UInt32(place.rawValue)
    }

    /// Whether a reader is known to find the youngest of all bytes in a place, and to have nothing to learn from them.
    @inline(__always)
    func isSettled(for reader: Agent, in place: Place) -> Bool {
        storage.pointee.settled == Self.key(reader, place)
    }

    /// Notes that it does.
    @inline(__always)
    func settle(for reader: Agent, in place: Place) {
        storage.pointee.settled = Self.key(reader, place)
    }

    /// Notes that a byte has got another version somewhere.
    @inline(__always)
    func unsettle() { storage.pointee.settled = 0 }

    // MARK: Journal

    /// What happened here, oldest first; the last entries.
    var journal: [JournalEntry] {
        let count = storage.pointee.entryCount
        return (max(count - Self.journalLimit, 0)..<count).map {
            storage.pointee.entries[$0 % Self.journalLimit]
        }
    }

    /// Notes what happened to bytes; what happens to several bytes in one statement is one entry.
    @inline(__always)
    func note(_ kind: JournalEntry.Kind, _ event: Event, _ mask: UInt64) {
        if !joins(kind, event.record, event.place, mask) { append(JournalEntry(kind, event, mask)) }
    }

    /// Notes an entry.
    func note(_ entry: JournalEntry) {
        if !joins(entry.kind, entry.record, entry.place, entry.mask) { append(entry) }
    }

    /// Adds bytes to the last entry, if it is of the same.
    @inline(__always)
    private func joins(
        _ kind: JournalEntry.Kind, _ record: UInt32, _ place: Place, _ mask: UInt64
    ) -> Bool {
        let count = storage.pointee.entryCount
        guard count > 0 else { return false }
        let last = storage.pointee.entries + (count &- 1) & (Self.journalLimit &- 1)
        guard last.pointee.record == record, last.pointee.kind == kind, last.pointee.place == place
        else { return false }
        last.pointee.mask |= mask
        return true
    }

    @inline(__always)
    private func append(_ entry: JournalEntry) {
        let place = storage.pointee.entryCount & (Self.journalLimit &- 1)
        (storage.pointee.entries + place).initialize(to: entry)
        storage.pointee.entryCount &+= 1
    }
}

/// Owns what is known of granules, the versions of their bytes, and what buffers hold of them.
final class GranuleTable {
    let versions = VersionList()
    let buffers = BufferedStores()
    private var states: [GranuleState] = []
    private let spare = CopyMemory()

    deinit {
        for state in states { state.release() }
        buffers.release()
        versions.release()
    }

    /// Takes memory for a granule of which nothing is known yet.
    func make() -> GranuleState {
        let state = GranuleState(spare)
        states.append(state)
        return state
    }
}
