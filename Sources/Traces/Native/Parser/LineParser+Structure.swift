import Operations

extension LineParser {
    /// Reads `repeat`, `span`, `end` or `mark`.
    ///
    /// - Returns: Whether the keyword is one of these.
    mutating func parseStructure(
        _ keyword: Keyword, _ token: Token
    ) throws(NativeFault) -> Bool {
        switch keyword {
        case .repeatBegin: try parseRepeat(token)
        case .spanBegin: try parseSpan(token)
        case .end: try parseEnd(token)
        case .mark: try parseMark()
        default: return false
        }
        return true
    }

    private mutating func parseRepeat(_ token: Token) throws(NativeFault) {
        try begin(token, "repeat")
        let rounds = lexer.token
        let count = try number("a number of rounds")
        guard count > 0 else { throw fault(rounds, expected: "at least 1 round") }
        try expectEnd("the end of the line")
        try append(.repeatBegin(count: count))
    }

    private mutating func parseSpan(_ token: Token) throws(NativeFault) {
        try begin(token, "span")
        let name = lexer.token
        let entry = SymbolTable.Entry(name: try validName(name), kind: .span)
        guard let symbol = program.symbols.add(entry) else {
            throw fault(name, expected: "a name that is free, or that of a span")
        }
        lexer.advance()
        try expectEnd("the end of the line")
        try append(.spanBegin(symbol))
    }

    /// Opens a block, also one that nests too deep, so that its `end` is not reported as well.
    private mutating func begin(_ token: Token, _ word: String) throws(NativeFault) {
        open.append(OpenBlock(line: line, column: column(of: token.start), word: word))
        guard open.count <= NativeLimits.nesting else {
            throw fault(token, expected: "at most \(NativeLimits.nesting) nested blocks")
        }
    }

    private mutating func parseEnd(_ token: Token) throws(NativeFault) {
        guard open.popLast() != nil else {
            throw fault(token, expected: "a 'repeat' or 'span' before it")
        }
        try expectEnd("the end of the line")
        try append(.end)
    }

    private mutating func parseMark() throws(NativeFault) {
        guard lexer.token.kind != .end else {
            throw fault(lexer.token, expected: "the text of the mark")
        }
        try append(.mark(decode(lexer.takeRest(), "text")))
    }
}
