/// Bytes of the binary format, appended in order.
struct BinaryOutput {
    /// The bytes so far.
    private(set) var bytes: [UInt8] = []

    /// Appends one byte.
    mutating func add(byte: UInt8) { bytes.append(byte) }

    /// Appends bytes.
    mutating func add(bytes more: some Sequence<UInt8>) { bytes.append(contentsOf: more) }

    /// Appends an integer in as many bytes as its type has, least significant first.
    mutating func add<Value: FixedWidthInteger>(fixed value: Value) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// Appends a number seven bits at a time, least significant first; bit 7 says that more follow.
    mutating func add(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    /// Appends the difference of two numbers, so that small differences of either sign are short.
    mutating func add(_ value: UInt64, after previous: UInt64) {
        let difference = Int64(bitPattern: value &- previous)
        add(UInt64(bitPattern: (difference << 1) ^ (difference >> 63)))
    }

    /// Appends a string's length in bytes and its bytes.
    mutating func add(text: String) {
        add(UInt64(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    /// Forgets the bytes and keeps their storage.
    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }
}
