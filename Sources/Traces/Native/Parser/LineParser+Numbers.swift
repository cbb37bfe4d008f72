import Operations

extension LineParser {
    /// What a size looks like, in the words of an error.
    static let size = "a size (decimal or 0x hex, suffix K, M or G)"

    /// A number that must come next.
    mutating func number(_ expected: String) throws(NativeFault) -> UInt64 {
        let token = lexer.token
        guard token.kind == .word else { throw fault(token, expected: expected) }
        let value: UInt64
        do throws(NativeNumber.Fault) {
            value = try NativeNumber.parse(text(token))
        } catch {
            throw numberFault(error, token, expected)
        }
        lexer.advance()
        return value
    }

    /// A number within a range.
    mutating func number(
        _ expected: String, in range: ClosedRange<UInt64>
    ) throws(NativeFault) -> UInt64 {
        let token = lexer.token
        let value = try number(expected)
        guard range.contains(value) else {
            throw fault(
                token, expected: "\(expected) from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// A number of bytes, at least one, that from `address` on do not pass the end of the address space.
    mutating func size(from address: UInt64) throws(NativeFault) -> UInt64 {
        let token = lexer.token
        let value = try size()
        try check(value, from: address, token)
        return value
    }

    /// A number of bytes, at least one.
    mutating func size() throws(NativeFault) -> UInt64 {
        let token = lexer.token
        let value = try number(Self.size)
        guard value > 0 else { throw fault(token, expected: "a size of at least 1") }
        return value
    }

    /// A number of bytes of one access.
    mutating func accessSize() throws(NativeFault) -> UInt32 {
        let token = lexer.token
        let value = try size()
        guard let size = UInt32(exactly: value) else {
            throw fault(token, expected: "an access of at most \(UInt32.max) bytes")
        }
        return size
    }

    /// Checks that a range ends within the address space.
    func check(_ bytes: UInt64, from address: UInt64, _ token: Token) throws(NativeFault) {
        guard NativeLimits.fits(address, bytes) else {
            let first = "0x" + String(address, radix: 16)
            throw fault(token, expected: "a range from \(first) on that ends below 2^64")
        }
    }

    /// `= VALUE`, if it comes next, for something of `bytes` bytes.
    mutating func optionalValue(bytes: UInt64) throws(NativeFault) -> UInt64? {
        guard take(.equals) else { return nil }
        let token = lexer.token
        let value = try number("a value (decimal or 0x hex)")
        guard NativeLimits.fits(value: value, bytes: bytes) else {
            throw fault(token, expected: "a value that fits into \(bytes) byte(s)")
        }
        return value
    }

    /// Whether the next token looks like a number.
    var isNumberNext: Bool {
        lexer.token.kind == .word && (text(lexer.token).first ?? 0) &- UInt8(ascii: "0") < 10
    }

    /// The fault of a word that is no number.
    func numberFault(
        _ reason: NativeNumber.Fault, _ token: Token, _ expected: String
    ) -> NativeFault {
        switch reason {
        case .malformed: fault(token, expected: expected)
        case .tooLarge: fault(token, expected: "a number below 2^64")
        }
    }
}
