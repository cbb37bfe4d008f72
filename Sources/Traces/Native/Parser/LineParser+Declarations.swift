import Operations
import Quantities

extension LineParser {
    /// Reads a declaration.
    ///
    /// - Returns: Whether the keyword starts one.
    mutating func parseDeclaration(_ keyword: Keyword) throws(NativeFault) -> Bool {
        let declaration: Declaration
        switch keyword {
        case .machine: declaration = try machine()
        case .kernel: declaration = try kernel()
        case .set: declaration = try override()
        case .region: declaration = try region()
        case .alias: declaration = try alias()
        case .buffer: declaration = try buffer()
        case .device: declaration = try deviceDeclaration()
        case .layout: declaration = try layout()
        case .swiotlb: declaration = try swiotlb()
        default: return false
        }
        try append(.declaration(declaration))
        return true
    }

    private mutating func machine() throws(NativeFault) -> Declaration {
        let token = lexer.token
        let name = try takeShortText("the name of a machine")
        try checkFirst("machine", token, "one 'machine' in a trace")
        try expectEnd("the end of the line")
        return .machine(name)
    }

    private mutating func kernel() throws(NativeFault) -> Declaration {
        let token = lexer.token
        let expected = "a kernel version such as 6.12, or 'none'"
        let version = try takeShortText(expected)
        guard NativeRules.isKernelVersion(version) else { throw fault(token, expected: expected) }
        try checkFirst("kernel", token, "one 'kernel' in a trace")
        try expectEnd("the end of the line")
        return .kernel(version)
    }

    private mutating func override() throws(NativeFault) -> Declaration {
        guard lexer.token.kind != .end else { throw fault(lexer.token, expected: "KEY=VALUE") }
        let token = lexer.takeRawWord()
        guard let equals = text(token).firstIndex(of: UInt8(ascii: "=")) else {
            throw fault(token, expected: "KEY=VALUE, without blanks")
        }
        let keyToken = Token(kind: .word, start: token.start, end: token.start + equals)
        let valueToken = Token(kind: .word, start: keyToken.end + 1, end: token.end)
        let key = try decode(keyToken, "a key")
        guard !key.isEmpty, key.utf8.count <= NativeLimits.nameLength else {
            throw fault(
                token, expected: "a key of 1 to \(NativeLimits.nameLength) characters before '='")
        }
        let value = try decode(valueToken, "a value")
        guard !value.isEmpty else {
            throw NativeFault(
                at: token.end, found: "the end of the word", expected: "a value after '='")
        }
        try checkFirst("set " + key, token, "each key at most once")
        try expectEnd("the end of the line")
        return .set(key: key, value: value)
    }

    private mutating func region() throws(NativeFault) -> Declaration {
        let name = try newName(.region)
        let start = try address().address.rawValue
        let size = try size(from: start)
        let (type, share) = try attributes()
        try expectEnd(share == nil ? Self.shareOrEnd : "the end of the line")
        let symbol = try declare(name, .region, start, size)
        return .region(symbol, address: start, size: size, type, share)
    }

    private mutating func alias() throws(NativeFault) -> Declaration {
        let name = try newName(.alias)
        let (region, entry) = try symbol(.region, "a declared region")
        let token = lexer.token
        let start = try address().address.rawValue
        try check(entry.size, from: start, token)
        let (type, share) = try attributes()
        try expectEnd(share == nil ? Self.shareOrEnd : "the end of the line")
        let symbol = try declare(name, .alias, start, entry.size)
        return .alias(symbol, of: region, address: start, type, share)
    }

    private mutating func buffer() throws(NativeFault) -> Declaration {
        let name = try newName(.buffer)
        let start = try address().address.rawValue
        let size = try size(from: start)
        let area =
            lexer.token.kind == .end
            ? nil : try takeOne(of: Vocabulary.areas, Self.areaOrEnd)
        try expectEnd("the end of the line")
        let symbol = try declare(name, .buffer, start, size)
        return .buffer(symbol, address: start, size: size, area)
    }

    private static let areaOrEnd =
        "\(Vocabulary.areas.map { "'\($0.0)'" }.joined(separator: ", ")) or the end of the line"

    private static let shareOrEnd = "a shareability (nsh, ish or osh) or the end of the line"

    private mutating func attributes() throws(NativeFault) -> (MemoryType, Shareability?) {
        let type = try takeOne(
            of: Vocabulary.memoryTypes, "a memory type (wb, wt, nc, device or so)")
        return (type, takeOptional(Vocabulary.shareabilities))
    }

    /// Adds a name that has been found to be free.
    mutating func add(_ entry: SymbolTable.Entry) throws(NativeFault) -> SymbolID {
        guard let symbol = program.symbols.add(entry) else {
            throw fault(lexer.token, expected: "a name that is not declared yet")
        }
        return symbol
    }

    private mutating func declare(
        _ name: String, _ kind: SymbolTable.Kind, _ address: UInt64, _ size: UInt64
    ) throws(NativeFault) -> SymbolID {
        try add(SymbolTable.Entry(name: name, kind: kind, address: address, size: size))
    }

    mutating func checkFirst(
        _ key: String, _ token: Token, _ expected: String
    ) throws(NativeFault) {
        guard singletons.insert(key).inserted else { throw fault(token, expected: expected) }
    }
}
