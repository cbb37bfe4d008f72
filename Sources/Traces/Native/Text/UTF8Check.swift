/// Finds bytes that are not UTF-8, and where.
enum UTF8Check {
    /// The place of the first byte that does not belong to a well-formed sequence; nil if all do.
    ///
    /// - Complexity: O(*n*).
    static func firstFault(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        var place = 0
        while place < bytes.count {
            guard let length = sequenceLength(bytes, at: place) else { return place }
            place += length
        }
        return nil
    }

    /// The length of the well-formed sequence at `place` (Unicode 16, table 3-7).
    private static func sequenceLength(
        _ bytes: UnsafeBufferPointer<UInt8>, at place: Int
    ) -> Int? {
        let first = bytes[place]
        if first < 0x80 { return 1 }
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch first {
        case 0xC2...0xDF: length = 2
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: length = 3
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: length = 4
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: return nil
        }
        guard place + length <= bytes.count, second.contains(bytes[place + 1]) else { return nil }
        for next in (place + 2)..<max(place + length, place + 2) where bytes[next] & 0xC0 != 0x80 {
            return nil
        }
        return length
    }
}
