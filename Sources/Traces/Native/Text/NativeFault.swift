/// What is wrong with a statement, before file and line are known.
struct NativeFault: Error {
    /// The offending byte's place in the file.
    var place: Int
    /// What stands there.
    var found: String
    /// What may stand there.
    var expected: String
    /// What the author may have meant.
    var hint: String?

    /// Makes a fault.
    init(at place: Int, found: String, expected: String, hint: String? = nil) {
        self.place = place
        self.found = found
        self.expected = expected
        self.hint = hint
    }

    /// A byte as errors show it.
    static func hexadecimal(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16, uppercase: true)
        return "byte 0x" + (digits.count < 2 ? "0" : "") + digits
    }

    /// A word as errors show it, cut where it is very long.
    static func quote(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
        guard bytes.count > 40 else { return "'\(String(decoding: bytes, as: UTF8.self))'" }
        var end = 37
        while bytes[end] & 0xC0 == 0x80 { end -= 1 }
        let start = UnsafeBufferPointer(rebasing: bytes[..<end])
        return "'\(String(decoding: start, as: UTF8.self))...'"
    }
}
