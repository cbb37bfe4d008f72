/// Bytes of the binary format, taken in order; a fault says where it is.
struct BinaryInput {
    private let bytes: UnsafeBufferPointer<UInt8>
    /// How many bytes have been taken.
    private(set) var position = 0

    /// Starts on bytes, which must outlive this value.
    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// Whether all bytes have been taken.
    var isAtEnd: Bool { position == bytes.count }

    /// A fault at a place.
    func fault(at place: Int? = nil, _ found: String, _ expected: String) -> NativeFault {
        NativeFault(at: place ?? position, found: found, expected: expected)
    }

    /// Takes one byte.
    mutating func byte() throws(NativeFault) -> UInt8 {
        guard position < bytes.count else { throw fault("the end of the data", "more of it") }
        position += 1
        return bytes[position - 1]
    }

    /// Takes a number of seven-bit groups.
    mutating func number() throws(NativeFault) -> UInt64 {
        let start = position
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let next = try byte()
            let bits = UInt64(next & 0x7F)
            guard shift < 63 || (shift == 63 && bits <= 1) else {
                throw fault(at: start, "a number of more than 64 bits", "at most 64")
            }
            value |= bits << shift
            if next < 0x80 { return value }
            shift += 7
        }
    }

    /// Takes a number that must be at most `limit`.
    mutating func number(to limit: UInt64, _ what: String) throws(NativeFault) -> UInt64 {
        let start = position
        let value = try number()
        guard value <= limit else { throw fault(at: start, "\(what) \(value)", "at most \(limit)") }
        return value
    }

    /// Takes a number that was written as a difference.
    mutating func number(after previous: UInt64) throws(NativeFault) -> UInt64 {
        let folded = try number()
        let difference = (folded >> 1) ^ (0 &- (folded & 1))
        return previous &+ difference
    }

    /// Takes a string.
    ///
    /// Its bytes are there before anything is allocated for it.
    mutating func text() throws(NativeFault) -> String {
        let start = position
        let count = try number()
        guard count <= UInt64(bytes.count - position) else {
            throw fault(at: start, "a text of \(count) bytes", "one that ends within the data")
        }
        let text = UnsafeBufferPointer(rebasing: bytes[position..<(position + Int(count))])
        if let place = UTF8Check.firstFault(text) {
            throw fault(at: position + place, NativeFault.hexadecimal(text[place]), "UTF-8")
        }
        position += Int(count)
        return String(decoding: text, as: UTF8.self)
    }
}
