import Events
import Quantities

/// How old a copy of a byte is.
public enum Freshness: String, Hashable, Sendable, Codable, CaseIterable, Comparable {
    /// The youngest bytes that are anywhere; younger ones that were dropped are not counted.
    case fresh
    /// Younger bytes are on their way here: nearer to a core, dirty or in a buffer.
    case behind
    /// Younger bytes are elsewhere, and nothing brings them here.
    case stale

    /// Orders from harmless to harmful.
    public static func < (left: Freshness, right: Freshness) -> Bool {
        left.rank < right.rank
    }

    private var rank: Int {
        switch self {
        case .fresh: 0
        case .behind: 1
        case .stale: 2
        }
    }
}

extension Place {
    /// How far from the cores: buffers first, memory last.
    var depth: Int {
        if self == .memory { return 6 }
        if self == .level3 { return 5 }
        if isLevel2 { return 4 }
        if self == .outerStoreBuffer { return 3 }
        if isLevel1Data || isLevel1Instruction { return 2 }
        return 1
    }
}

extension MachineState {
    /// How old each byte of a line is in a place.
    ///
    /// - Parameters:
    ///   - number: The line, its address over ``grain``.
    ///   - place: A cache that has a copy, or memory.
    /// - Returns: the worst of the copy's bytes, and which bytes are not fresh.
    public func freshness(of number: UInt64, in place: Place) -> (worst: Freshness, old: UInt64) {
        guard let line = lines[number] else { return (.fresh, 0) }
        let bytes =
            place == .memory
            ? line.memory : line.index(of: place).map { line.copies[$0].bytes }
        guard let bytes, bytes != line.latest else { return (.fresh, 0) }
        let entries = buffers.filter { entry in
            entry.parts.contains { part in
                pieces(part.address, UInt64(part.size)).contains { $0.line == number }
            }
        }
        var worst = Freshness.fresh
        var old: UInt64 = 0
        for byte in 0..<Int(grain) {
            let version = bytes[byte]
            guard version != ByteRuns.none, version != line.latest[byte] else { continue }
            let address = number * grain + UInt64(byte)
            let age = age(line, byte, version, address, place, entries)
            if age != .fresh { old |= 1 << UInt64(byte) }
            worst = max(worst, age)
        }
        return (worst, old)
    }

    /// How old one byte of a line is in a place.
    func freshness(of number: UInt64, in place: Place, byte: Int) -> Freshness {
        guard let line = lines[number] else { return .fresh }
        let bytes =
            place == .memory
            ? line.memory : line.index(of: place).map { line.copies[$0].bytes }
        guard let bytes, bytes[byte] != ByteRuns.none, bytes[byte] != line.latest[byte] else {
            return .fresh
        }
        return age(line, byte, bytes[byte], number * grain + UInt64(byte), place, buffers)
    }

    /// What a byte is that is not the latest that was written.
    private func age(
        _ line: LineState, _ byte: Int, _ version: UInt32, _ address: UInt64, _ place: Place,
        _ entries: [BufferedEntry]
    ) -> Freshness {
        var holders = line.copies.map { (place: $0.place, version: $0.bytes[byte]) }
        holders.append((.memory, line.memory[byte]))
        for entry in entries {
            for part in entry.parts
            where address >= part.address && address - part.address < part.size {
                holders.append((entry.place, part.version))
            }
        }
        // The latest may have been dropped by an invalidate: then the youngest is what is left.
        let latest = line.latest[byte]
        let youngest =
            holders.contains { $0.version == latest }
            ? latest : holders.map(\.version).filter { $0 != ByteRuns.none }.max() ?? version
        guard version != youngest else { return .fresh }
        let places = holders.filter { $0.version == youngest }.map(\.place)
        let isBelow = places.contains { $0.depth >= place.depth }
        let isAbove = places.contains { holder in
            // A core's own buffers and caches stand before its cache; those of other cores do not.
            holder.depth < place.depth
                && (place.core == nil || holder.core == nil || holder.core == place.core)
        }
        return isAbove && !isBelow ? .behind : .stale
    }
}
