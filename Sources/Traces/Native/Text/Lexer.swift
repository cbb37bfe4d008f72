/// A piece of a line.
struct Token {
    /// What it is.
    enum Kind {
        case word
        case colon
        case equals
        case plus
        case comma
        case bar
        /// `@` and everything up to the next blank.
        case annotation
        /// The end of the line.
        case end
    }

    /// What it is.
    var kind: Kind
    /// Its first byte in the file.
    var start: Int
    /// The first byte after it.
    var end: Int
}

/// Cuts one line into tokens, one at a time.
struct Lexer {
    private let bytes: UnsafePointer<UInt8>
    private let end: Int
    private var position: Int
    /// The token that comes next.
    private(set) var token: Token

    /// Starts at the beginning of a line whose text ends at `end`.
    init(_ bytes: UnsafePointer<UInt8>, from start: Int, to end: Int) {
        self.bytes = bytes
        self.end = end
        position = start
        token = Token(kind: .end, start: start, end: start)
        advance()
    }

    /// Goes on to the next token.
    mutating func advance() {
        skipBlanks()
        let start = position
        guard start < end else {
            token = Token(kind: .end, start: end, end: end)
            return
        }
        let kind = Self.kind(bytes[start])
        switch kind {
        case .word:
            repeat { position += 1 } while position < end && Self.continuesWord(bytes[position])
        case .annotation:
            skipToBlank()
        default:
            position += 1
        }
        token = Token(kind: kind, start: start, end: position)
    }

    /// Takes everything from the current token to the next blank as one word, punctuation included.
    mutating func takeRawWord() -> Token {
        position = token.start
        skipToBlank()
        let word = Token(
            kind: token.kind == .end ? .end : .word, start: token.start, end: position)
        advance()
        return word
    }

    /// Takes everything from the current token to the end of the line.
    mutating func takeRest() -> Token {
        let rest = Token(
            kind: token.kind == .end ? .end : .word, start: token.start, end: end)
        position = end
        advance()
        return rest
    }

    private mutating func skipBlanks() {
        while position < end, Self.isBlank(bytes[position]) { position += 1 }
    }

    private mutating func skipToBlank() {
        while position < end, !Self.isBlank(bytes[position]) { position += 1 }
    }

    @inline(__always)
    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    @inline(__always)
    private static func continuesWord(_ byte: UInt8) -> Bool {
        !isBlank(byte) && kind(byte) == .word
    }

    @inline(__always)
    private static func kind(_ byte: UInt8) -> Token.Kind {
        switch byte {
        case UInt8(ascii: ":"): .colon
        case UInt8(ascii: "="): .equals
        case UInt8(ascii: "+"): .plus
        case UInt8(ascii: ","): .comma
        case UInt8(ascii: "|"): .bar
        case UInt8(ascii: "@"): .annotation
        default: .word
        }
    }
}
