/// Keywords found by their bytes, without making a string: a fixed open-addressed hash table.
struct WordTable<Value: Sendable>: Sendable {
    private let words: [[UInt8]]
    private let values: [Value]
    private let slots: [Int16]
    private let mask: Int

    /// Makes a table; of equal words the first one counts.
    init(_ entries: [(String, Value)]) {
        words = entries.map { Array($0.0.utf8) }
        values = entries.map(\.1)
        var size = 16
        while size < entries.count * 4 { size *= 2 }
        mask = size - 1
        var slots = [Int16](repeating: -1, count: size)
        for (place, word) in words.enumerated() {
            var slot = word.withUnsafeBufferPointer { Self.hash($0) } & mask
            while slots[slot] >= 0 { slot = (slot + 1) & mask }
            slots[slot] = Int16(place)
        }
        self.slots = slots
    }

    /// The value of a word; nil if it is not in the table.
    func find(_ word: UnsafeBufferPointer<UInt8>) -> Value? {
        var slot = Self.hash(word) & mask
        while slots[slot] >= 0 {
            let place = Int(slots[slot])
            if words[place].count == word.count, words[place].elementsEqual(word) {
                return values[place]
            }
            slot = (slot + 1) & mask
        }
        return nil
    }

    /// FNV-1a, of at most the first 32 bytes: no keyword is longer, so a long word costs no more.
    private static func hash(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
        var hash: UInt32 = 2_166_136_261
        for place in 0..<min(bytes.count, 32) {
            hash = (hash ^ UInt32(bytes[place])) &* 16_777_619
        }
        return Int(hash ^ (hash >> 15))
    }
}
