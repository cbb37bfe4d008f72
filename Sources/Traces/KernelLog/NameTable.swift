/// Names in the order of their first appearance, found by their bytes without making a string of them.
struct NameTable {
    private(set) var names: [String] = []
    private var bytes: [[UInt8]] = []
    private var places: [UInt64: [Int]] = [:]
    private var last = 0

    /// The place of a name, which is added if it is new; nil if there are `limit` names already.
    mutating func find(
        _ line: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, limit: Int
    ) -> Int? {
        // The name before is the most likely one.
        if last < bytes.count, isSame(bytes[last], line, range) { return last }
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for place in range { hash = (hash ^ UInt64(line[place])) &* 0x100_0000_01B3 }
        for place in places[hash] ?? [] where isSame(bytes[place], line, range) {
            last = place
            return place
        }
        guard names.count < limit else { return nil }
        last = names.count
        bytes.append(Array(line[range]))
        // A name goes into reports: bytes that would move a terminal's cursor are shown, not sent.
        let isPlain = bytes[last].allSatisfy { $0 >= 0x20 && $0 != 0x7F }
        names.append(isPlain ? String(decoding: bytes[last], as: UTF8.self) : shown(bytes[last]))
        places[hash, default: []].append(last)
        return last
    }

    /// The place of a name that must have one.
    mutating func place(
        of line: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, limit: Int
    ) throws(LineFault) -> Int {
        if let place = find(line, range, limit: limit) { return place }
        throw LineFault(
            column: range.lowerBound + 1, found: "device number \(limit + 1)",
            expected: "at most \(limit) devices")
    }

    private func isSame(
        _ name: [UInt8], _ line: UnsafeBufferPointer<UInt8>, _ range: Range<Int>
    ) -> Bool {
        guard name.count == range.count else { return false }
        for place in 0..<name.count where name[place] != line[range.lowerBound + place] {
            return false
        }
        return true
    }
}
