import Events
import Operations
import Quantities

/// What an engine saw in a descriptor with old bytes, and what it should have seen, in words.
///
/// Values come from the stores of the trace, by version: those of a byte that no store gave a value to are not told.
struct DescriptorWords {
    /// The value of the access at work, and how many of its bytes have been stored.
    private var pending: (value: UInt64, size: UInt64)?
    private var stored: UInt64 = 0
    /// The first byte of a version and the bytes that a store gave it, for versions with values.
    private var values: [VersionID: (start: UInt64, bytes: UInt64)] = [:]
    /// The layout of the chains that statements begin.
    private var chains: [UInt32: DescriptorLayout] = [:]
    /// The descriptor that each device is fetching.
    private var fetches: [Agent: (start: UInt64, layout: DescriptorLayout)] = [:]

    /// Notes what the events to come belong to.
    mutating func begin(_ operation: Operation, record: UInt32, _ profile: HazardProfile) {
        beginNothing()
        guard !profile.layouts.isEmpty else { return }
        switch operation {
        case .access(let access, _, let value?): pending = (value, UInt64(access.size))
        case .device(let device): chains[record] = profile.layouts[device.layout]
        default: break
        }
    }

    /// Notes that the events to come belong to nothing that says what they store.
    mutating func beginNothing() {
        pending = nil
        stored = 0
    }

    /// Notes a core's store, which made a version.
    mutating func noteStore(_ event: Event, _ version: VersionID) {
        defer { stored += UInt64(event.size) }
        guard let pending, stored < pending.size else { return }
        values[version] = (event.address, stored < 8 ? pending.value >> (stored * 8) : 0)
    }

    /// Notes that a device starts something.
    mutating func noteStart(_ event: Event) {
        fetches[event.agent] =
            event.size == 0 ? nil : chains[event.record].map { (event.address, $0) }
    }

    /// What the fields said of which a device's read found old bytes; nil: it read no descriptor.
    func words(for event: Event, _ mirror: inout CopyMirror) -> String? {
        guard !event.agent.isCore, let (start, layout) = fetches[event.agent] else { return nil }
        var parts: [String] = []
        for field in layout.fields where field.role != .status {
            let first = start &+ UInt64(field.offset)
            // Another piece of the descriptor may have come from another place.
            let last = lastByte(event.address, UInt64(event.size))
            guard first <= last, event.address <= lastByte(first, UInt64(field.bytes)) else {
                continue
            }
            let (seen, newest, isOld) = numbers(first, field, event, &mirror)
            if isOld { parts.append(Self.words(field, seen, newest)) }
        }
        let at = "0x" + String(start, radix: 16)
        return parts.isEmpty
            ? nil
            : "the engine took the descriptor at \(at) as it was: \(parts.joined(separator: ", "))"
    }

    private static func words(
        _ field: DescriptorLayout.Field, _ seen: UInt64?, _ newest: UInt64?
    ) -> String {
        func text(_ number: UInt64?, _ unknown: String) -> String {
            guard let number else { return unknown }
            let meaning = field.meaning(of: number)
            if field.role.isFlag { return meaning == 1 ? "set" : "not set" }
            return field.role.isAddress ? "0x" + String(meaning, radix: 16) : "\(meaning)"
        }
        return "\(field.role.name) \(text(seen, "unknown")) instead of \(text(newest, "unknown"))"
    }

    /// A number as a device read it, and as the youngest stores made it, and whether any byte of it was older.
    private func numbers(
        _ first: UInt64, _ field: DescriptorLayout.Field, _ event: Event,
        _ mirror: inout CopyMirror
    ) -> (seen: UInt64?, newest: UInt64?, isOld: Bool) {
        var isOld = false
        var seen: UInt64? = 0
        var newest: UInt64? = 0
        for offset in (0..<UInt64(field.bytes)).reversed() {
            let address = first &+ offset
            let (granule, byte) = (
                address / WatchList.granule, Int(address % WatchList.granule)
            )
            guard let state = mirror.state(granule) else { return (nil, nil, isOld) }
            let found = mirror.version(state, granule, byte, in: event.place, for: event.agent)
            isOld = isOld || found != state.latest[byte]
            seen = seen.flatMap { high in value(found, address).map { high << 8 | $0 } }
            newest = newest.flatMap { high in
                value(state.latest[byte], address).map { high << 8 | $0 }
            }
        }
        return (seen, newest, isOld)
    }

    private func value(_ version: VersionID, _ address: UInt64) -> UInt64? {
        guard let (start, bytes) = values[version] else { return nil }
        let place = address &- start
        return place < 8 ? bytes >> (place * 8) & 0xFF : 0
    }
}
