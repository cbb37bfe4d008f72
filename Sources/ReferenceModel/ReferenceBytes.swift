import Events
import Operations
import Quantities

// Section 10.3: what bytes say, where that is known.

/// The bytes with a value in each place; what is not there is unknown.
struct ReferenceBytes {
    /// By place, then by physical address.
    private var places: [UInt8: [UInt64: UInt8]] = [:]
    /// Of entries of store buffers and slots, by number.
    private var entries: [UInt32: [UInt64: UInt8?]] = [:]
    /// Which core's buffer an entry is in.
    private var owners: [UInt32: Place] = [:]
    /// What was stored last to each byte, wherever that is.
    private var newest: [UInt64: UInt8] = [:]
    /// The bytes of the core's store that is being performed; nil: unknown.
    var storing: [UInt8?]?
    /// Where the piece at work begins in that store, and in memory.
    var piece: (offset: UInt64, address: UInt64) = (0, 0)
    /// What a device's write writes at `piece`.
    var writing: [UInt8?]?
    /// What the load of a copy loop has found so far, by offset; nil: nobody asks.
    var loaded: [UInt8?]?
    /// What a device's read has found.
    var read: [UInt8?] = []
    /// What was stored there last.
    var readNewest: [UInt8?] = []

    /// The bytes of a number, the least significant first.
    static func number(_ value: UInt64, count: Int) -> [UInt8?] {
        (0..<count).map { $0 < 8 ? UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) : 0 }
    }

    private func bytes(_ place: Place, _ event: Event) -> [UInt8?] {
        (0..<UInt64(event.size)).map { places[place.rawValue]?[event.address + $0] }
    }

    private mutating func put(_ bytes: [UInt8?], _ place: Place, _ address: UInt64) {
        for (index, byte) in bytes.enumerated() {
            places[place.rawValue, default: [:]][address + UInt64(index)] = byte
        }
    }

    /// Moves bytes as an event says that they moved.
    mutating func follow(_ event: Event) {
        switch event.kind {
        case .store: store(event)
        case .load: load(event)
        case .linefill: put(bytes(event.otherPlace, event), event.place, event.address)
        case .writeback: put(bytes(event.place, event), event.otherPlace, event.address)
        case .drain, .drainCopy:
            for (address, byte) in entries[event.detail] ?? [:] {
                places[event.other, default: [:]][address] = byte
            }
            if event.kind == .drain { forget(event.detail) }
        case .slotEntered:
            for (address, byte) in entries[event.detail] ?? [:] {
                entries[event.size, default: [:]][address] = .some(byte)
            }
            forget(event.detail)
        case .deviceRead:
            read += bytes(event.place, event)
            readNewest += (0..<UInt64(event.size)).map { newest[event.address + $0] }
        case .deviceWrite:
            let first = Int(event.address - piece.address)
            let given = (0..<Int(event.size)).map { writing?[first + $0] ?? nil }
            put(given, event.place, event.address)
            note(given, event.address)
        default: break
        }
    }

    private mutating func note(_ bytes: [UInt8?], _ address: UInt64) {
        for (index, byte) in bytes.enumerated() { newest[address + UInt64(index)] = byte }
    }

    private mutating func forget(_ entry: UInt32) {
        entries[entry] = nil
        owners[entry] = nil
    }

    private mutating func store(_ event: Event) {
        let first = Int(event.address - piece.address + piece.offset)
        let given = (0..<Int(event.size)).map { storing?[first + $0] ?? nil }
        note(given, event.address)
        guard event.place == .storeBuffer(event.agent.index) else {
            put(given, event.place, event.address)
            return
        }
        for (index, byte) in given.enumerated() {
            entries[event.detail, default: [:]][event.address + UInt64(index)] = .some(byte)
        }
        owners[event.detail] = event.place
    }

    private mutating func load(_ event: Event) {
        guard loaded != nil else { return }
        let first = Int(event.address - piece.address + piece.offset)
        let buffer = Place.storeBuffer(event.agent.index)
        let buffered = entries.keys.filter { owners[$0] == buffer }.sorted(by: >)
        for index in 0..<Int(event.size) {
            let address = event.address + UInt64(index)
            let entry = buffered.first { entries[$0]?[address] != nil }
            loaded?[first + index] =
                if let entry { entries[entry]?[address] ?? nil } else {
                    places[event.place.rawValue]?[address]
                }
        }
    }
}
