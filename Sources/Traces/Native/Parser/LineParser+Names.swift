import Operations
import Quantities

extension LineParser {
    /// What an address looks like, in the words of an error.
    static let address =
        "an address (a number, or a declared buffer, region, alias or device, with '+ NUMBER')"

    /// An address: a number, or a name and an offset.
    mutating func address() throws(NativeFault) -> Operand {
        if isNumberNext {
            let token = lexer.token
            let base = try number(Self.address)
            return Operand(try offset(from: base, token))
        }
        let token = lexer.token
        let (symbol, entry) = try declared(Self.address)
        switch entry.kind {
        case .buffer, .region, .alias, .device: break
        case .handle, .pool, .span, .layout:
            throw fault(
                token, expected: Self.address, hint: "'\(entry.name)' is a \(entry.kind)")
        }
        return Operand(try offset(from: entry.address, token), symbol: symbol)
    }

    /// `+ NUMBER` after an address, if it comes next.
    private mutating func offset(from base: UInt64, _ token: Token) throws(NativeFault) -> UInt64 {
        guard take(.plus) else { return base }
        let offset = lexer.token
        let (sum, overflow) = base.addingReportingOverflow(
            try number("an offset (decimal or 0x hex)"))
        guard !overflow else { throw fault(offset, expected: "an address below 2^64") }
        return sum
    }

    /// A declared device.
    mutating func device() throws(NativeFault) -> (SymbolID, Agent) {
        let token = lexer.token
        let expected = "a declared device"
        let (symbol, entry) = try declared(expected)
        guard entry.kind == .device, let agent = devices[symbol] else {
            throw fault(token, expected: expected, hint: "'\(entry.name)' is a \(entry.kind)")
        }
        return (symbol, agent)
    }

    /// A name of a certain kind that has been declared or assigned.
    mutating func symbol(
        _ kind: SymbolTable.Kind, _ expected: String
    ) throws(NativeFault) -> (SymbolID, SymbolTable.Entry) {
        let token = lexer.token
        let found = try declared(expected)
        guard found.1.kind == kind else {
            throw fault(
                token, expected: expected, hint: "'\(found.1.name)' is a \(found.1.kind)")
        }
        return found
    }

    /// A new name, in the form that names have.
    mutating func newName(_ kind: SymbolTable.Kind) throws(NativeFault) -> String {
        let token = lexer.token
        let name = try validName(token)
        lexer.advance()
        guard let symbol = program.symbols.find(name), let entry = program.symbols[symbol] else {
            pending = SymbolTable.Entry(name: name, kind: kind)
            return name
        }
        throw fault(
            token, expected: "a name that is not declared yet",
            hint: "'\(name)' is already a \(entry.kind)")
    }

    /// A token's name, which must have the form of one.
    func validName(_ token: Token) throws(NativeFault) -> String {
        let bytes = text(token)
        guard token.kind == .word, NativeName.isValid(bytes) else {
            throw fault(token, expected: NativeName.expectation)
        }
        guard !NativeName.isCore(bytes) else {
            throw fault(token, expected: "a name other than those of the cores")
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Declares a name although its statement is wrong, lest each use of it be reported too.
    mutating func declareAfterFault() {
        guard let entry = pending, let symbol = program.symbols.add(entry) else { return }
        if entry.kind == .device {
            devices[symbol] = .device(min(devices.count, Agent.maximumDevices - 1))
        }
    }

    /// What a declared name stands for.
    private mutating func declared(
        _ expected: String
    ) throws(NativeFault) -> (SymbolID, SymbolTable.Entry) {
        let token = lexer.token
        guard token.kind == .word else { throw fault(token, expected: expected) }
        let name = String(decoding: text(token), as: UTF8.self)
        guard let symbol = program.symbols.find(name), let entry = program.symbols[symbol] else {
            throw fault(token, expected: expected, hint: nameSuggestion(token))
        }
        lexer.advance()
        return (symbol, entry)
    }

    /// A declared name like a mistyped one; not sought among very many.
    private func nameSuggestion(_ token: Token) -> String? {
        guard program.symbols.entries.count <= 1_000 else { return nil }
        return suggestion(for: token, among: program.symbols.entries.map(\.name))
    }
}
