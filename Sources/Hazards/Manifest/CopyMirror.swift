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
    private var sequences = AgentTable<UInt32>()
    /// Buffered bytes by entry, and the entries of each buffer in order.
    private var entries: [UInt32: BufferedBytes] = [:]
    private var order: [Place: [UInt32]] = [:]
    /// The granule that was asked for last: mostly it is asked for again.
    private var lastAsked: (granule: UInt64, state: GranuleState?) = (.max, nil)

    /// The bytes of an entry of a buffer: each with the version that it got last.
    private struct BufferedBytes {
        var parts: [(granule: UInt64, mask: UInt64, version: VersionID)] = []

        mutating func add(_ granule: UInt64, _ mask: UInt64, _ version: VersionID) {
            var isShadowed = false
            for place in parts.indices where parts[place].granule == granule {
                parts[place].mask &= ~mask
                isShadowed = isShadowed || parts[place].mask == 0
            }
            if isShadowed { parts.removeAll { $0.mask == 0 } }
            parts.append((granule, mask, version))
        }
    }

    /// Whether any watched bytes are in buffers.
    var holdsEntries: Bool { !entries.isEmpty }

    init(watch: WatchList) {
        self.watch = watch
        granules = Array(repeating: nil, count: watch.count)
    }

    /// The state of a granule; nil: it is not watched.
    mutating func state(_ granule: UInt64) -> GranuleState? {
        if granule == lastAsked.granule { return lastAsked.state }
        var state: GranuleState?
        if let index = watch.index(of: granule) {
            state = granules[index] ?? GranuleState()
            granules[index] = state
        }
        lastAsked = (granule, state)
        return state
    }

    /// Whether any granule of a range is watched.
    func watches(_ address: UInt64, _ size: UInt64) -> Bool {
        Granules(address, size).contains { watch.index(of: $0.granule) != nil }
    }

    /// Makes a new version.
    mutating func newVersion(_ event: Event) -> VersionID {
        let sequence = (sequences[event.agent] ?? 0) + 1
        sequences[event.agent] = sequence
        versions.append(
            Version(agent: event.agent, sequence: sequence, record: event.record, tick: event.tick))
        return VersionID(versions.count - 1)
    }

    /// How many versions an agent has made.
    func sequence(of agent: Agent) -> UInt32 { sequences[agent] ?? 0 }

    // MARK: Reads

    /// The version of a byte that an agent finds in a place; its own buffer first.
    func version(
        _ state: GranuleState, _ granule: UInt64, _ byte: Int, in place: Place, for agent: Agent
    ) -> VersionID {
        if !entries.isEmpty {
            if agent.isCore, let own = buffered(granule, byte, in: .storeBuffer(agent.index)) {
                return own
            }
            if place.isBuffer, let bytes = buffered(granule, byte, in: place) { return bytes }
        }
        if place.isDataCache, let index = state.index(of: place) {
            let found = state.copies[index].copy.versions[byte]
            if found != Version.absent { return found }
        }
        return state.memory[byte]
    }

    /// The youngest version of a byte in a buffer; nil: none.
    func buffered(_ granule: UInt64, _ byte: Int, in buffer: Place) -> VersionID? {
        guard let numbers = order[buffer] else { return nil }
        for number in numbers.reversed() {
            let part = entries[number]?.parts.first {
                $0.granule == granule && $0.mask >> UInt64(byte) & 1 == 1
            }
            if let part { return part.version }
        }
        return nil
    }

    /// The buffers that hold bytes of a granule.
    func bufferPlaces(_ granule: UInt64) -> [Place] {
        order.keys.sorted().filter { place in
            order[place, default: []].contains { number in
                entries[number]?.parts.contains { $0.granule == granule } ?? false
            }
        }
    }

    // MARK: Writes

    /// Puts a new version into a place.
    mutating func store(_ version: VersionID, _ event: Event) {
        let isBuffer = event.place.isBuffer
        if isBuffer { openEntry(event.detail, in: event.place) }
        for (granule, mask) in Granules(event.address, UInt64(event.size)) {
            guard let state = state(granule) else { continue }
            state.noteWrite(version, mask)
            guard isBuffer else {
                Self.write(state, event.place, mask, isCore: event.agent.isCore, version)
                continue
            }
            entries[event.detail]?.add(granule, mask, version)
        }
    }

    private mutating func openEntry(_ number: UInt32, in place: Place) {
        guard entries[number] == nil else { return }
        entries[number] = BufferedBytes()
        order[place, default: []].append(number)
    }

    /// Moves a buffer's entry to a place, or copies it there.
    mutating func drain(_ event: Event, keeping: Bool) {
        guard let bytes = entries[event.detail] else { return }
        for (granule, mask, version) in bytes.parts {
            guard let state = state(granule) else { continue }
            Self.write(state, event.otherPlace, mask, isCore: !keeping, version)
        }
        if !keeping { closeEntry(event.detail, in: event.place) }
    }

    private mutating func closeEntry(_ number: UInt32, in place: Place) {
        entries[number] = nil
        order[place]?.removeAll { $0 == number }
    }

    /// Moves an entry of a core's buffer into a slot of the outer store buffer.
    mutating func enterSlot(_ event: Event) {
        guard let bytes = entries[event.detail] else { return }
        closeEntry(event.detail, in: event.place)
        openEntry(event.size, in: event.otherPlace)
        for (granule, mask, version) in bytes.parts {
            entries[event.size]?.add(granule, mask, version)
        }
    }

    /// A place took a line.
    mutating func fill(_ event: Event) {
        let source = event.otherPlace
        for (granule, mask) in Granules(event.address, UInt64(event.size)) {
            guard let state = state(granule) else { continue }
            Self.copy(state, state.versions(in: source) ?? state.memory, event.place, mask)
            guard let index = state.index(of: event.place) else { continue }
            let fill = GranuleCopy.Fill(
                reason: MoveReason(rawValue: event.detail) ?? .demand, source: source,
                at: event.tick)
            if mask & 0xFFFF_FFFF != 0 { state.copies[index].copy.fills.0 = fill }
            if mask >> 32 != 0 { state.copies[index].copy.fills.1 = fill }
        }
    }

    /// A place wrote a line on; the line stays, clean.
    mutating func writeBack(_ event: Event) {
        for (granule, mask) in Granules(event.address, UInt64(event.size)) {
            guard let state = state(granule), let index = state.index(of: event.place) else {
                continue
            }
            let copy = state.copies[index].copy
            state.copies[index].copy.dirty &= ~mask
            Self.copy(state, copy.versions, event.otherPlace, mask)
            if let below = state.index(of: event.otherPlace) {
                state.copies[below].copy.dirty |= copy.dirty & mask
            }
        }
    }

    /// A place gave a line up.
    mutating func drop(_ event: Event) {
        for (granule, mask) in Granules(event.address, UInt64(event.size)) {
            guard let state = state(granule), let index = state.index(of: event.place) else {
                continue
            }
            state.copies[index].copy.versions.set(mask, to: Version.absent)
            let dirty = state.copies[index].copy.dirty & mask
            state.copies[index].copy.dirty &= ~mask
            // A line that moved took its modified bytes along, to the L1D of the core that asked.
            if event.detail == MoveReason.exchange.rawValue, dirty != 0,
                let taker = state.index(of: .level1Data(event.agent.index))
            {
                state.copies[taker].copy.dirty |= dirty
            }
            if mask == .max
                || state.copies[index].copy.versions.allSatisfy({ $0 == Version.absent })
            {
                state.copies.remove(at: index)
            }
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
        guard place.isDataCache else {
            if place == .memory { state.memory.set(mask, to: version) }
            return
        }
        let index = placeOfCopy(state, place)
        state.copies[index].copy.versions.set(mask, to: version)
        if isCore { state.copies[index].copy.dirty |= mask }
    }

    /// Copies versions into a place; what has none there comes from memory.
    private static func copy(
        _ state: GranuleState, _ versions: [VersionID], _ place: Place, _ mask: UInt64
    ) {
        guard place.isDataCache else {
            if place == .memory { state.memory.set(mask, to: versions) }
            return
        }
        let index = placeOfCopy(state, place)
        state.copies[index].copy.versions.set(mask, to: versions, else: state.memory)
    }

    /// Where the copy of a place stands, which is made if it is not there.
    private static func placeOfCopy(_ state: GranuleState, _ place: Place) -> Int {
        if let found = state.index(of: place) { return found }
        let index = state.copies.firstIndex { $0.place > place } ?? state.copies.count
        state.copies.insert((place, GranuleCopy()), at: index)
        return index
    }
}
