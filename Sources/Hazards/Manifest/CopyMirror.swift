import Events
import Operations
import Quantities

// The mirror follows the events of a machine and moves versions as the machine moved lines. It judges nothing.

/// The versions of all watched bytes, in every place that can hold a copy.
struct CopyMirror {
    private let watch: WatchList
    private var granules: [GranuleState?]
    private let table: GranuleTable
    /// What is made by the table.
    private let made: VersionList
    private let buffers: BufferedStores
    /// The watched range that was looked in last, and how many granules stand before it.
    private var range: Range<UInt64> = 0..<0
    private var before = 0
    /// The granule that was asked for last: mostly it is asked for again.
    private var lastAsked: (granule: UInt64, state: GranuleState?) = (.max, nil)
    /// The one before: a store's granule and that of what leaves the buffer for it are asked for in turn.
    private var askedBefore: (granule: UInt64, state: GranuleState?) = (.max, nil)

    /// Whether any watched bytes are in buffers.
    var holdsEntries: Bool { !buffers.isEmpty }

    init(watch: WatchList) {
        self.watch = watch
        table = GranuleTable()
        made = table.versions
        buffers = table.buffers
        granules = Array(repeating: nil, count: watch.count)
    }

    /// The state of a granule; nil: it is not watched.
    @inline(__always)
    mutating func state(_ granule: UInt64) -> GranuleState? {
        granule == lastAsked.granule ? lastAsked.state : find(granule)
    }

    @inline(never)
    private mutating func find(_ granule: UInt64) -> GranuleState? {
        let other = askedBefore
        askedBefore = lastAsked
        guard granule != other.granule else {
            lastAsked = other
            return other.state
        }
        var state: GranuleState?
        if let index = index(of: granule) {
            state = granules[index]
            if state == nil {
                state = table.make()
                granules[index] = state
            }
        }
        lastAsked = (granule, state)
        return state
    }

    /// The place of a granule among all that are watched: its neighbours are mostly asked for before it.
    @inline(__always)
    private mutating func index(of granule: UInt64) -> Int? {
        if !range.contains(granule) {
            guard let found = watch.range(of: granule) else { return nil }
            (range, before) = found
        }
        return before + Int(granule - range.lowerBound)
    }

    /// The state of a granule, if it was asked for last.
    @inline(__always)
    func lastState(_ granule: UInt64) -> GranuleState? {
        granule == lastAsked.granule ? lastAsked.state : nil
    }

    /// The versions by their numbers; 0 is the start.
    var versions: UnsafeBufferPointer<Version> {
        @inline(__always) get { made.all }
    }

    /// Makes a new version.
    @inline(__always)
    func newVersion(_ event: Event) -> VersionID { made.add(event) }

    /// How many versions an agent has made.
    func sequence(of agent: Agent) -> UInt32 { made.sequence(of: agent) }

    // MARK: Reads

    /// The version of a byte that an agent finds in a place; its own buffer first.
    func version(
        _ state: GranuleState, _ granule: UInt64, _ byte: Int, in place: Place, for agent: Agent
    ) -> VersionID {
        if !buffers.isEmpty, agent.isCore,
            let own = buffered(granule, byte, in: .storeBuffer(agent.index))
        {
            return own
        }
        if place.isDataCache, let bytes = state.bytes(in: place) {
            let found = bytes[byte]
            if found != Version.absent { return found }
        }
        return state.memory[byte]
    }

    /// The bytes of a granule that an agent finds in its own buffer: nobody reads from another's, and devices have none.
    func bufferedBytes(_ granule: UInt64, for agent: Agent) -> UInt64 {
        guard !buffers.isEmpty, agent.isCore else { return 0 }
        return buffers.bytes(of: granule, in: .storeBuffer(agent.index))
    }

    /// The youngest version of a byte in a buffer; nil: none.
    func buffered(_ granule: UInt64, _ byte: Int, in buffer: Place) -> VersionID? {
        buffers.version(granule, byte, in: buffer)
    }

    /// The buffers that hold bytes of a granule.
    func bufferPlaces(_ granule: UInt64) -> [Place] { buffers.places(granule) }

    // MARK: Writes

    /// Puts a new version of a granule's bytes into a place.
    mutating func store(
        _ version: VersionID, _ event: Event, in state: GranuleState, _ granule: UInt64,
        _ mask: UInt64
    ) {
        state.noteWrite(version, mask)
        if event.place.isBuffer {
            buffers.add(
                BufferedStores.Part(granule: granule, mask: mask, version: version),
                to: event.detail, in: event.place)
        } else {
            Self.write(state, event.place, mask, isCore: event.agent.isCore, version)
        }
    }

    /// Moves a buffer's entry to a place, or copies it there.
    mutating func drain(_ event: Event, keeping: Bool) {
        guard let entry = buffers.index(of: event.detail) else { return }
        var next = buffers.firstPart(of: entry)
        while let part = next {
            next = buffers.part(behind: part)
            guard let state = state(part.granule) else { continue }
            Self.write(state, event.otherPlace, part.mask, isCore: !keeping, part.version)
        }
        if !keeping { buffers.close(entry) }
    }

    /// Moves an entry of a core's buffer into a slot of the outer store buffer.
    mutating func enterSlot(_ event: Event) {
        buffers.move(event.detail, to: event.size, in: event.otherPlace)
    }

    /// A place took a line.
    mutating func fill(_ event: Event) {
        let source = event.otherPlace
        Granules.forEach(event.address, UInt64(event.size)) { granule, mask in
            guard let state = state(granule) else { return }
            Self.copy(state, state.bytes(in: source), event.place, mask)
            guard let index = state.index(of: event.place) else { return }
            let fill = GranuleCopy.Fill(
                reason: MoveReason(rawValue: event.detail) ?? .demand, source: source,
                at: event.tick)
            state.noteFill(fill, of: mask, at: index)
        }
    }

    /// A place wrote a line on; the line stays, clean.
    mutating func writeBack(_ event: Event) {
        Granules.forEach(event.address, UInt64(event.size)) { granule, mask in
            guard let state = state(granule), let index = state.index(of: event.place) else {
                return
            }
            let dirty = state.copies[index].copy.dirty & mask
            state.removeDirty(mask, at: index)
            Self.copy(state, state.copies[index].copy.bytes, event.otherPlace, mask)
            if let below = state.index(of: event.otherPlace) { state.addDirty(dirty, at: below) }
        }
    }

    /// A place gave a line up.
    mutating func drop(_ event: Event) {
        Granules.forEach(event.address, UInt64(event.size)) { granule, mask in
            guard let state = state(granule), let index = state.index(of: event.place) else {
                return
            }
            state.unsettle()
            let dirty = state.copies[index].copy.dirty & mask
            state.removeDirty(mask, at: index)
            // A line that moved took its modified bytes along, to the L1D of the core that asked.
            if event.detail == MoveReason.exchange.rawValue, dirty != 0,
                let taker = state.index(of: .level1Data(event.agent.index))
            {
                state.addDirty(dirty, at: taker)
            }
            state.drop(mask, at: index)
        }
    }

    @inline(__always)
    static func forEachByte(_ mask: UInt64, _ body: (Int) -> Void) {
        var left = mask
        while left != 0 {
            body(left.trailingZeroBitCount)
            left &= left - 1
        }
    }

    /// Puts a version into a place.
    @inline(__always)
    private static func write(
        _ state: GranuleState, _ place: Place, _ mask: UInt64, isCore: Bool, _ version: VersionID
    ) {
        state.unsettle()
        guard place.isDataCache else {
            if place == .memory { state.memory.set(mask, to: version) }
            return
        }
        let index = state.indexOfCopy(in: place)
        state.set(mask, to: version, at: index)
        if isCore { state.addDirty(mask, at: index) }
    }

    /// Copies the versions that bytes have in another place, or where they are not there in memory, into a place.
    @inline(__always)
    private static func copy(
        _ state: GranuleState, _ source: CopiedBytes?, _ place: Place, _ mask: UInt64
    ) {
        state.unsettle()
        guard place.isDataCache else {
            if place == .memory, let source {
                state.memory.set(mask & source.present, to: source.versions)
            }
            return
        }
        state.set(mask, to: source, at: state.indexOfCopy(in: place))
    }
}
