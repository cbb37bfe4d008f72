import Events
import Operations
import Quantities

// The mirror follows the events of a machine and moves versions as the machine moved lines. It judges nothing.

/// The versions of all watched bytes, in every place that can hold a copy.
struct CopyMirror {
    private let watch: WatchList
    private var granules: [GranuleState?]
    /// The versions by their numbers; 0 is the start.
    private(set) var versions = [
        Version(agent: .core(0), sequence: 0, record: 0, tick: .zero)
    ]
    /// How many versions each agent has made, by its raw value.
    private var sequences = [UInt32](repeating: 0, count: Int(UInt8.max) + 1)
    private var buffers = BufferedStores()
    private let spare = CopyMemory()
    /// The granule that was asked for last: mostly it is asked for again.
    private var lastAsked: (granule: UInt64, state: GranuleState?) = (.max, nil)
    /// The one before: a store's granule and that of what leaves the buffer for it are asked for in turn.
    private var askedBefore: (granule: UInt64, state: GranuleState?) = (.max, nil)

    /// Whether any watched bytes are in buffers.
    var holdsEntries: Bool { !buffers.isEmpty }

    init(watch: WatchList) {
        self.watch = watch
        granules = Array(repeating: nil, count: watch.count)
    }

    /// The state of a granule; nil: it is not watched.
    mutating func state(_ granule: UInt64) -> GranuleState? {
        if granule == lastAsked.granule { return lastAsked.state }
        swap(&lastAsked, &askedBefore)
        if granule == lastAsked.granule { return lastAsked.state }
        var state: GranuleState?
        if let index = watch.index(of: granule) {
            state = granules[index] ?? GranuleState(spare)
            granules[index] = state
        }
        lastAsked = (granule, state)
        return state
    }

    /// The state of a granule, if it was asked for last.
    @inline(__always)
    func lastState(_ granule: UInt64) -> GranuleState? {
        granule == lastAsked.granule ? lastAsked.state : nil
    }

    /// Makes a new version.
    mutating func newVersion(_ event: Event) -> VersionID {
        let place = Int(event.agent.rawValue)
        let sequence = sequences[place] &+ 1
        sequences[place] = sequence
        versions.append(
            Version(agent: event.agent, sequence: sequence, record: event.record, tick: event.tick))
        return VersionID(versions.count - 1)
    }

    /// How many versions an agent has made.
    func sequence(of agent: Agent) -> UInt32 { sequences[Int(agent.rawValue)] }

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
        if place.isDataCache, let versions = state.versions(in: place) {
            let found = versions[byte]
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
        for index in 0..<buffers.partCount(of: entry) {
            let part = buffers.part(index, of: entry)
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
            Self.copy(state, state.versions(in: source) ?? state.memory, event.place, mask)
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
            let copy = state.copies[index].copy
            state.removeDirty(mask, at: index)
            Self.copy(state, copy.versions, event.otherPlace, mask)
            if let below = state.index(of: event.otherPlace) {
                state.addDirty(copy.dirty & mask, at: below)
            }
        }
    }

    /// A place gave a line up.
    mutating func drop(_ event: Event) {
        Granules.forEach(event.address, UInt64(event.size)) { granule, mask in
            guard let state = state(granule), let index = state.index(of: event.place) else {
                return
            }
            let copy = state.copies[index].copy
            state.unsettle()
            copy.versions.set(mask, to: Version.absent)
            let dirty = copy.dirty & mask
            state.removeDirty(mask, at: index)
            // A line that moved took its modified bytes along, to the L1D of the core that asked.
            if event.detail == MoveReason.exchange.rawValue, dirty != 0,
                let taker = state.index(of: .level1Data(event.agent.index))
            {
                state.addDirty(dirty, at: taker)
            }
            if copy.versions.only(.max) == Version.absent { state.removeCopy(at: index) }
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
    private static func write(
        _ state: GranuleState, _ place: Place, _ mask: UInt64, isCore: Bool, _ version: VersionID
    ) {
        state.unsettle()
        guard place.isDataCache else {
            if place == .memory { state.memory.set(mask, to: version) }
            return
        }
        let index = state.indexOfCopy(in: place)
        state.copies[index].copy.versions.set(mask, to: version)
        if isCore { state.addDirty(mask, at: index) }
    }

    /// Copies versions into a place; what has none there comes from memory.
    private static func copy(
        _ state: GranuleState, _ versions: ByteVersions, _ place: Place, _ mask: UInt64
    ) {
        state.unsettle()
        guard place.isDataCache else {
            if place == .memory { state.memory.set(mask, to: versions) }
            return
        }
        let index = state.indexOfCopy(in: place)
        state.copies[index].copy.versions.set(mask, to: versions, else: state.memory)
    }
}
