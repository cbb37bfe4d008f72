import Events

/// What store buffers hold of watched bytes, entry by entry, each byte with the version that it got last.
struct BufferedStores {
    /// Bytes of an entry that have one version.
    struct Part: BitwiseCopyable {
        var granule: UInt64
        var mask: UInt64
        var version: VersionID
    }

    private struct Entry {
        var number: UInt32
        var place: Place
        var parts: [Part]
    }

    /// The entries, oldest first; a machine's buffers have few.
    private var entries: [Entry] = []
    /// Lists of entries that are gone, for those to come.
    private var spare: [[Part]] = []

    /// Whether there are none.
    var isEmpty: Bool { entries.isEmpty }

    /// The place of an entry; nil: there is none of that number.
    func index(of number: UInt32) -> Int? {
        var index = entries.count &- 1
        while index >= 0 {
            if entries[index].number == number { return index }
            index &-= 1
        }
        return nil
    }

    /// Puts bytes into an entry, which is made if it is not there.
    mutating func add(_ part: Part, to number: UInt32, in place: Place) {
        let entry = index(of: number) ?? open(number, in: place)
        var isShadowed = false
        var place = 0
        while place < entries[entry].parts.count {
            if entries[entry].parts[place].granule == part.granule,
                entries[entry].parts[place].mask & part.mask != 0
            {
                entries[entry].parts[place].mask &= ~part.mask
                isShadowed = isShadowed || entries[entry].parts[place].mask == 0
            }
            place &+= 1
        }
        if isShadowed { entries[entry].parts.removeAll { $0.mask == 0 } }
        entries[entry].parts.append(part)
    }

    private mutating func open(_ number: UInt32, in place: Place) -> Int {
        entries.append(Entry(number: number, place: place, parts: spare.popLast() ?? []))
        return entries.count - 1
    }

    /// How many parts an entry has.
    func partCount(of entry: Int) -> Int { entries[entry].parts.count }

    /// A part of an entry.
    func part(_ place: Int, of entry: Int) -> Part { entries[entry].parts[place] }

    /// Takes an entry away.
    mutating func close(_ entry: Int) {
        var parts = entries.remove(at: entry).parts
        parts.removeAll(keepingCapacity: true)
        spare.append(parts)
    }

    /// Moves an entry to another buffer, as its youngest, or into an entry that is there, whose place stays.
    mutating func move(_ number: UInt32, to other: UInt32, in place: Place) {
        guard let entry = index(of: number) else { return }
        var parts = entries.remove(at: entry).parts
        for part in parts { add(part, to: other, in: place) }
        parts.removeAll(keepingCapacity: true)
        spare.append(parts)
    }

    /// The bytes of a granule that a buffer holds.
    func bytes(of granule: UInt64, in buffer: Place) -> UInt64 {
        var mask: UInt64 = 0
        for entry in entries where entry.place == buffer {
            for part in entry.parts where part.granule == granule { mask |= part.mask }
        }
        return mask
    }

    /// The youngest version of a byte in a buffer; nil: none.
    func version(_ granule: UInt64, _ byte: Int, in buffer: Place) -> VersionID? {
        for entry in entries.reversed() where entry.place == buffer {
            for part in entry.parts
            where part.granule == granule && part.mask >> UInt64(byte) & 1 == 1 {
                return part.version
            }
        }
        return nil
    }

    /// The buffers that hold bytes of a granule.
    func places(_ granule: UInt64) -> [Place] {
        Set(
            entries.filter { entry in entry.parts.contains { $0.granule == granule } }
                .map(\.place)
        ).sorted()
    }
}
