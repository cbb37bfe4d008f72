/// Walks the fields of a message of protocol buffers, as the encoding is documented
/// (https://protobuf.dev/programming-guides/encoding/).
struct WireMessage {
    /// What a field holds.
    enum Content {
        /// A number, of whatever width.
        case number(UInt64)
        /// Bytes: a string, or a message of its own.
        case bytes(Range<Int>)
    }

    private let base: UnsafePointer<UInt8>
    private let end: Int
    /// Where the next field begins, counted from the base.
    private(set) var place: Int

    init(_ base: UnsafePointer<UInt8>, _ range: Range<Int>) {
        self.base = base
        place = range.lowerBound
        end = range.upperBound
    }

    /// A message inside this one.
    func inner(_ range: Range<Int>) -> WireMessage { WireMessage(base, range) }

    /// Some of its bytes.
    func bytes(_ range: Range<Int>) -> [UInt8] {
        Array(UnsafeBufferPointer(start: base + range.lowerBound, count: range.count))
    }

    /// The next field; nil at the end of the message.
    mutating func next() throws(LineFault) -> (number: UInt64, content: Content)? {
        guard place < end else { return nil }
        let start = place
        let key = try varint()
        let number = key >> 3
        switch key & 7 {
        case 0: return (number, .number(try varint()))
        case 1: return (number, .number(try fixed(8)))
        case 5: return (number, .number(try fixed(4)))
        case 2:
            let size = try varint()
            guard size <= UInt64(end - place) else {
                throw LineFault(
                    column: start + 1, found: "a field of \(size) bytes",
                    expected: "at most the \(end - place) that are left of its message")
            }
            let range = place..<place + Int(size)
            place = range.upperBound
            return (number, .bytes(range))
        default:
            throw LineFault(
                column: start + 1, found: "a field of wire type \(key & 7)",
                expected: "type 0, 1, 2 or 5")
        }
    }

    /// A number of variable length.
    mutating func varint() throws(LineFault) -> UInt64 {
        let start = place
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while place < end, shift < 64 {
            let byte = base[place]
            place += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return value }
            shift += 7
        }
        throw LineFault(
            column: start + 1, found: "a number that does not end",
            expected: "at most ten bytes within the message")
    }

    private mutating func fixed(_ size: Int) throws(LineFault) -> UInt64 {
        guard size <= end - place else {
            throw LineFault(
                column: place + 1, found: "the end of a message",
                expected: "a number of \(size) bytes")
        }
        var value: UInt64 = 0
        for index in 0..<size { value |= UInt64(base[place + index]) << UInt64(index * 8) }
        place += size
        return value
    }
}
