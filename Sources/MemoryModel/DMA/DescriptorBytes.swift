import Events
import Operations
import Quantities

// The only data in the model: bytes that a trace gives values to, and only where an engine reads descriptors by
// itself. Values move with the events that tell of moves, as versions do in `Hazards/Manifest`, so that an engine
// finds in memory, or in the cache that its port looks into, exactly what has got there.
// A byte that no store gave a value to is unknown. Left out: what an engine copies from memory to memory is unknown
// afterwards, and so is what an atomic or a run of stores leaves.

/// What the bytes are that have values, in each place that holds a copy.
final class DescriptorBytes {
    /// A byte, or ``unknown``.
    typealias Byte = UInt16

    /// No value was given.
    static let unknown: Byte = 0x100

    private static let granuleSize: UInt64 = 64

    private struct Granule {
        var latest = [Byte](repeating: unknown, count: Int(granuleSize))
        var copies: [Place: [Byte]] = [:]
    }

    private var granules: [UInt64: Granule] = [:]
    /// Bytes of buffers' entries, by the entry, and the entries of each buffer, oldest first.
    private var entries: [UInt32: [UInt64: Byte]] = [:]
    private var order: [Place: [UInt32]] = [:]
    /// The bytes of the access at work, and how many of them have been stored.
    private var written: [Byte] = []
    private var stored = 0
    /// The same of the device's burst at work, which may fall into a core's statement.
    private var deviceWritten: [Byte] = []
    private var deviceStored = 0
    /// What the load of a copy loop loaded; nil: no copy is at work.
    private var loaded: [Byte]?
    /// The descriptor that each device is fetching.
    private var fetches: [Agent: (start: UInt64, seen: [Byte], newest: [Byte])] = [:]

    // MARK: What the machine says

    /// Says what the next statement of a core stores; nil: nobody knows.
    func begin(_ value: UInt64?, bytes: UInt64) {
        stored = 0
        written = value.map { Self.bytes(of: $0, count: bytes) } ?? []
    }

    /// Says what the next burst of a device writes: the bytes of a value from one of them on; nil: nobody knows.
    func beginBurst(_ value: UInt64?, bytes: UInt64, from first: UInt64) {
        deviceStored = 0
        deviceWritten =
            value.map { Array(Self.bytes(of: $0, count: bytes).dropFirst(Int(first))) } ?? []
    }

    /// Says that a copy loop begins or ends: its stores have the bytes of its loads.
    func copies(_ isAtWork: Bool) { loaded = isAtWork ? [] : nil }

    /// Says that the load of a copy loop comes next, or its store.
    func beginPair(isStore: Bool) {
        stored = 0
        written = isStore ? loaded ?? [] : []
        if !isStore { loaded = [] }
    }

    /// Says that a device begins to fetch a descriptor.
    func beginFetch(_ device: Agent, _ start: UInt64, _ size: UInt64) {
        let nothing = [Byte](repeating: Self.unknown, count: Int(size))
        fetches[device] = (start, nothing, nothing)
    }

    /// A number within the descriptor that a device has fetched: as it came, and as it would be if all were in
    /// memory by now; nil: some byte of it is unknown.
    func number(
        _ field: DescriptorLayout.Field, of device: Agent
    ) -> (seen: UInt64?, newest: UInt64?) {
        guard let fetch = fetches[device] else { return (nil, nil) }
        let range = Int(field.offset)..<Int(field.offset) + Int(field.bytes)
        return (Self.number(fetch.seen[range]), Self.number(fetch.newest[range]))
    }

    private static func bytes(of value: UInt64, count: UInt64) -> [Byte] {
        (0..<min(count, 4_096)).map { $0 < 8 ? Byte(value >> ($0 * 8) & 0xFF) : 0 }
    }

    private static func number(_ bytes: ArraySlice<Byte>) -> UInt64? {
        guard !bytes.contains(unknown) else { return nil }
        return bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    // MARK: What happened

    /// Follows an event.
    func follow(_ event: Event) {
        switch event.kind {
        case .store: store(event, written, from: &stored)
        case .deviceWrite: store(event, deviceWritten, from: &deviceStored)
        case .load: load(event)
        case .deviceRead: fetch(event)
        case .linefill: move(event, from: event.otherPlace, to: event.place)
        case .writeback: move(event, from: event.place, to: event.otherPlace)
        // A line that is given up keeps its bytes: one that a prefetcher drives out of L2 while it is on its way to L1D
        // gets there all the same, and nobody else asks a place that does not hold it.
        case .drain: drain(event, keeping: false)
        case .drainCopy: drain(event, keeping: true)
        case .slotEntered: enterSlot(event)
        default: break
        }
    }

    private func store(_ event: Event, _ values: [Byte], from next: inout Int) {
        let isBuffer = event.place.isBuffer
        if isBuffer, entries[event.detail] == nil {
            entries[event.detail] = [:]
            order[event.place, default: []].append(event.detail)
        }
        for offset in 0..<UInt64(event.size) {
            let address = event.address &+ offset
            let value = next < values.count ? values[next] : Self.unknown
            next += 1
            // A buffer's unknown bytes are: somebody may give their memory values before they get there.
            if isBuffer { entries[event.detail]?[address] = value }
            guard keeps(value, address) else { continue }
            granules[address / Self.granuleSize, default: Granule()]
                .latest[Int(address % Self.granuleSize)] = value
            if !isBuffer { put(value, address, event.place) }
        }
    }

    private func load(_ event: Event) {
        guard loaded != nil else { return }
        for offset in 0..<UInt64(event.size) {
            let address = event.address &+ offset
            let own = buffered(address, in: .storeBuffer(event.agent.index))
            loaded?.append(own ?? value(address, event.place))
        }
    }

    private func fetch(_ event: Event) {
        guard var fetch = fetches[event.agent] else { return }
        for offset in 0..<UInt64(event.size) {
            let address = event.address &+ offset
            let place = address &- fetch.start
            guard place < UInt64(fetch.seen.count) else { continue }
            fetch.seen[Int(place)] = value(address, event.place)
            fetch.newest[Int(place)] =
                granules[address / Self.granuleSize]?.latest[Int(address % Self.granuleSize)]
                ?? Self.unknown
        }
        fetches[event.agent] = fetch
    }

    private func value(_ address: UInt64, _ place: Place) -> Byte {
        if place.isBuffer { return buffered(address, in: place) ?? Self.unknown }
        let granule = granules[address / Self.granuleSize]
        return granule?.copies[place]?[Int(address % Self.granuleSize)] ?? Self.unknown
    }

    private func buffered(_ address: UInt64, in buffer: Place) -> Byte? {
        for number in (order[buffer] ?? []).reversed() {
            if let value = entries[number]?[address] { return value }
        }
        return nil
    }

    /// Whether a byte is worth keeping: memory that nobody gave a value to is not.
    private func keeps(_ value: Byte, _ address: UInt64) -> Bool {
        value != Self.unknown || granules[address / Self.granuleSize] != nil
    }

    private func put(_ value: Byte, _ address: UInt64, _ place: Place) {
        let offset = Int(address % Self.granuleSize)
        let nothing = [Byte](repeating: Self.unknown, count: Int(Self.granuleSize))
        granules[address / Self.granuleSize, default: Granule()]
            .copies[place, default: nothing][offset] = value
    }

    private func move(_ event: Event, from source: Place, to target: Place) {
        forEachKept(event) { address in put(value(address, source), address, target) }
    }

    /// The bytes of an event whose granule is kept.
    private func forEachKept(_ event: Event, _ body: (UInt64) -> Void) {
        for offset in 0..<UInt64(event.size) {
            let address = event.address &+ offset
            if granules[address / Self.granuleSize] != nil { body(address) }
        }
    }

    private func drain(_ event: Event, keeping: Bool) {
        guard let bytes = entries[event.detail] else { return }
        // Each byte has its own target, so that their order changes nothing.
        for (address, value) in bytes where keeps(value, address) {
            put(value, address, event.otherPlace)
        }
        if !keeping { close(event.detail, in: event.place) }
    }

    private func close(_ number: UInt32, in buffer: Place) {
        entries[number] = nil
        order[buffer]?.removeAll { $0 == number }
    }

    private func enterSlot(_ event: Event) {
        guard let bytes = entries[event.detail] else { return }
        close(event.detail, in: event.place)
        if entries[event.size] == nil { order[event.otherPlace, default: []].append(event.size) }
        entries[event.size, default: [:]].merge(bytes) { _, new in new }
    }
}
