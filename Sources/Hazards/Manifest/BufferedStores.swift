import Events

/// What store buffers hold of watched bytes, entry by entry, each byte with the version that it got last; in memory that a
/// ``GranuleTable`` owns.
struct BufferedStores: BitwiseCopyable {
    /// Bytes of an entry that have one version.
    struct Part: BitwiseCopyable {
        let granule: UInt64
        fileprivate(set) var mask: UInt64
        let version: VersionID
        /// Where the next part of the entry stands, or of those that are spare; ``none``: it is the last.
        fileprivate(set) var next = BufferedStores.none

        init(granule: UInt64, mask: UInt64, version: VersionID) {
            self.granule = granule
            self.mask = mask
            self.version = version
        }
    }

    private struct Entry: BitwiseCopyable {
        var number: UInt32
        var place: Place
        var first = BufferedStores.none
        var last = BufferedStores.none
    }

    /// No part.
    private static let none: Int32 = -1

    private struct Storage {
        /// The entries, oldest first; a machine's buffers have few.
        var entries = Row<Entry>(capacity: 16)
        /// The parts of all of them, each entry's linked in the order in which they came.
        var parts = Row<Part>(capacity: 64)
        /// The first part that is spare.
        var spare = BufferedStores.none
    }

    private let storage: UnsafeMutablePointer<Storage>

    /// Takes memory for empty buffers.
    init() {
        storage = .allocate(capacity: 1)
        storage.initialize(to: Storage())
    }

    /// Gives the memory back.
    func release() {
        storage.pointee.entries.release()
        storage.pointee.parts.release()
        storage.deallocate()
    }

    /// Whether there are none.
    var isEmpty: Bool { storage.pointee.entries.count == 0 }

    /// The place of an entry; nil: there is none of that number.
    func index(of number: UInt32) -> Int? {
        var index = storage.pointee.entries.count &- 1
        while index >= 0 {
            if storage.pointee.entries[index].number == number { return index }
            index &-= 1
        }
        return nil
    }

    /// The first part of an entry; nil: it has none.
    func firstPart(of entry: Int) -> Part? { part(storage.pointee.entries[entry].first) }

    /// The part behind one; nil: it is the last.
    func part(behind other: Part) -> Part? { part(other.next) }

    private func part(_ place: Int32) -> Part? {
        place < 0 ? nil : storage.pointee.parts[Int(place)]
    }

    /// Puts bytes into an entry, which is made if it is not there.
    func add(_ part: Part, to number: UInt32, in place: Place) {
        let entry = index(of: number) ?? open(number, in: place)
        var isShadowed = false
        var next = storage.pointee.entries[entry].first
        while next >= 0 {
            let other = storage.pointee.parts[Int(next)]
            if other.granule == part.granule, other.mask & part.mask != 0 {
                storage.pointee.parts[Int(next)].mask = other.mask & ~part.mask
                isShadowed = isShadowed || other.mask & ~part.mask == 0
            }
            next = other.next
        }
        if isShadowed { removeShadowed(of: entry) }
        append(part, to: entry)
    }

    private func append(_ part: Part, to entry: Int) {
        var part = part
        part.next = Self.none
        let place = storage.pointee.spare
        if place >= 0 {
            storage.pointee.spare = storage.pointee.parts[Int(place)].next
            storage.pointee.parts[Int(place)] = part
        } else {
            storage.pointee.parts.append(part)
        }
        let new = place >= 0 ? place : Int32(storage.pointee.parts.count - 1)
        let last = storage.pointee.entries[entry].last
        if last >= 0 {
            storage.pointee.parts[Int(last)].next = new
        } else {
            storage.pointee.entries[entry].first = new
        }
        storage.pointee.entries[entry].last = new
    }

    /// Takes the parts of an entry away whose bytes have all got another version.
    private func removeShadowed(of entry: Int) {
        var next = storage.pointee.entries[entry].first
        storage.pointee.entries[entry].first = Self.none
        storage.pointee.entries[entry].last = Self.none
        while next >= 0 {
            let part = storage.pointee.parts[Int(next)]
            storage.pointee.parts[Int(next)].next = storage.pointee.spare
            storage.pointee.spare = next
            next = part.next
            if part.mask != 0 { append(part, to: entry) }
        }
    }

    private func open(_ number: UInt32, in place: Place) -> Int {
        storage.pointee.entries.append(Entry(number: number, place: place))
        return storage.pointee.entries.count - 1
    }

    /// Takes an entry away.
    func close(_ entry: Int) {
        let closed = storage.pointee.entries[entry]
        storage.pointee.entries.remove(at: entry)
        guard closed.last >= 0 else { return }
        storage.pointee.parts[Int(closed.last)].next = storage.pointee.spare
        storage.pointee.spare = closed.first
    }

    /// Moves an entry to another buffer, as its youngest, or into an entry that is there, whose place stays.
    func move(_ number: UInt32, to other: UInt32, in place: Place) {
        guard let entry = index(of: number) else { return }
        let moved = storage.pointee.entries[entry]
        storage.pointee.entries.remove(at: entry)
        var next = moved.first
        while next >= 0 {
            let part = storage.pointee.parts[Int(next)]
            storage.pointee.parts[Int(next)].next = storage.pointee.spare
            storage.pointee.spare = next
            next = part.next
            add(part, to: other, in: place)
        }
    }

    /// Whether any part of an entry fulfils a condition.
    private func has(_ entry: Entry, _ condition: (Part) -> Bool) -> Bool {
        var next = part(entry.first)
        while let part = next {
            if condition(part) { return true }
            next = self.part(behind: part)
        }
        return false
    }

    /// The bytes of a granule that a buffer holds.
    func bytes(of granule: UInt64, in buffer: Place) -> UInt64 {
        var mask: UInt64 = 0
        for entry in storage.pointee.entries.all where entry.place == buffer {
            var next = part(entry.first)
            while let part = next {
                if part.granule == granule { mask |= part.mask }
                next = self.part(behind: part)
            }
        }
        return mask
    }

    /// The youngest version of a byte in a buffer; nil: none.
    func version(_ granule: UInt64, _ byte: Int, in buffer: Place) -> VersionID? {
        for entry in storage.pointee.entries.all.reversed() where entry.place == buffer {
            var next = part(entry.first)
            while let part = next {
                if part.granule == granule, part.mask >> UInt64(byte) & 1 == 1 {
                    return part.version
                }
                next = self.part(behind: part)
            }
        }
        return nil
    }

    /// The buffers that hold bytes of a granule.
    func places(_ granule: UInt64) -> [Place] {
        Set(
            storage.pointee.entries.all.filter { entry in has(entry) { $0.granule == granule } }
                .map(\.place)
        ).sorted()
    }
}
