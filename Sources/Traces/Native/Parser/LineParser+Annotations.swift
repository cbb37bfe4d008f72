import Operations

extension LineParser {
    private static let annotation =
        "@pc=HEX, @src=FILE:LINE, @fn=NAME or @t=NUMBER with ps, ns, us, ms, s or cyc"

    /// The annotations to the end of the line.
    mutating func annotations() throws(NativeFault) -> Annotations {
        var result = Annotations()
        while lexer.token.kind == .annotation {
            try parseAnnotation(into: &result)
        }
        try expectEnd("an annotation or the end of the line")
        return result
    }

    private mutating func parseAnnotation(into result: inout Annotations) throws(NativeFault) {
        let token = lexer.token
        if let value = value(of: token, after: "@pc=") {
            try checkFirst(result.programCounter == nil, token)
            result.programCounter = try programCounter(value)
        } else if let value = value(of: token, after: "@src=") {
            try checkFirst(result.source == nil, token)
            result.source = try source(value)
        } else if let value = value(of: token, after: "@fn=") {
            try checkFirst(result.function == nil, token)
            lastFunction = try shared(value, "a function's name", last: lastFunction)
            result.function = lastFunction
        } else if let value = value(of: token, after: "@t=") {
            try checkFirst(result.time == nil, token)
            result.time = try stamp(value)
        } else {
            throw fault(token, expected: Self.annotation)
        }
        lexer.advance()
    }

    private func checkFirst(_ isFirst: Bool, _ token: Token) throws(NativeFault) {
        guard isFirst else { throw fault(token, expected: "each annotation at most once") }
    }

    /// What follows a prefix; nil if the token does not start with it.
    private func value(of token: Token, after prefix: StaticString) -> Token? {
        let length = prefix.utf8CodeUnitCount
        guard token.end - token.start >= length else { return nil }
        for place in 0..<length where text(token)[place] != prefix.utf8Start[place] { return nil }
        let start = token.start + length
        return Token(kind: start < token.end ? .word : .end, start: start, end: token.end)
    }

    /// Hexadecimal with or without `0x`.
    private func programCounter(_ token: Token) throws(NativeFault) -> UInt64 {
        let expected = "a program counter (hexadecimal)"
        let bytes = text(token)
        let start = NativeNumber.isHexadecimal(bytes) ? 2 : 0
        do throws(NativeNumber.Fault) {
            return try NativeNumber.hexadecimal(bytes, from: start)
        } catch {
            throw numberFault(error, token, expected)
        }
    }

    /// `FILE:LINE`; the last colon counts, for paths can have others.
    private mutating func source(_ token: Token) throws(NativeFault) -> Annotations.SourceLine {
        let bytes = text(token)
        guard let colon = bytes.lastIndex(of: UInt8(ascii: ":")), colon > 0 else {
            throw fault(token, expected: "FILE:LINE")
        }
        let file = Token(kind: .word, start: token.start, end: token.start + colon)
        let number = Token(kind: .word, start: file.end + 1, end: token.end)
        let value: UInt64
        do throws(NativeNumber.Fault) {
            value = try NativeNumber.parse(text(number))
        } catch {
            throw numberFault(error, number, "a line number")
        }
        guard let line = Int32(exactly: value), line > 0 else {
            throw fault(number, expected: "a line number from 1 to \(Int32.max)")
        }
        lastFile = try shared(file, "a file's name", last: lastFile)
        return Annotations.SourceLine(file: lastFile, line: Int(line))
    }

    /// A number and a unit; no hexadecimal number ends like a unit.
    private func stamp(_ token: Token) throws(NativeFault) -> Annotations.Stamp {
        let bytes = text(token)
        for unit in ["cyc", "ps", "ns", "us", "ms", "s"] {
            let length = unit.utf8.count
            guard bytes.count > length, bytes.suffix(length).elementsEqual(unit.utf8) else {
                continue
            }
            do throws(NativeNumber.Fault) {
                let value = try NativeNumber.parse(
                    UnsafeBufferPointer(rebasing: bytes.dropLast(length)))
                return Annotations.Stamp(value: value, unit: unit)
            } catch {
                throw numberFault(error, token, "a number and ps, ns, us, ms, s or cyc")
            }
        }
        throw fault(token, expected: "a number and ps, ns, us, ms, s or cyc")
    }

    /// The text of a token; the same string as last time if it is equal, so that storage is shared.
    private func shared(
        _ token: Token, _ expected: String, last: String
    ) throws(NativeFault) -> String {
        guard token.kind == .word else { throw fault(token, expected: expected) }
        let decoded = try decode(token, expected)
        return decoded == last ? last : decoded
    }
}
