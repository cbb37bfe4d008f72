import Operations
import Quantities

extension LineParser {
    /// Reads one statement after the header.
    mutating func parseStatement() throws(NativeFault) {
        let first = lexer.token
        guard first.kind == .word else { throw fault(first, expected: "a statement") }
        lexer.advance()
        switch lexer.token.kind {
        case .colon:
            try parseUnderAgent(first)
        case .equals:
            try parseAssignment(first, agent: .core(0))
        default:
            let keyword = try keyword(first, "a statement")
            if try parseDeclaration(keyword) { return }
            if try parseStructure(keyword, first) { return }
            try parseCoreStatement(keyword, first, agent: .core(0))
        }
    }

    /// Reads what follows `AGENT:`.
    private mutating func parseUnderAgent(_ name: Token) throws(NativeFault) {
        let agent = try agent(name)
        lexer.advance()
        let first = lexer.token
        let expected =
            agent.isCore
            ? "an operation of a core"
            : "an operation of a device ('rd', 'wr', 'fetch' or 'irq')"
        guard first.kind == .word else { throw fault(first, expected: expected) }
        lexer.advance()
        if agent.isCore, lexer.token.kind == .equals {
            return try parseAssignment(first, agent: agent)
        }
        let keyword = try keyword(first, expected)
        if agent.isCore {
            try checkHasAgent(keyword, first)
            try parseCoreStatement(keyword, first, agent: agent)
        } else {
            try parseDeviceStatement(keyword, first, expected, agent: agent)
        }
    }

    /// The agent that a name stands for.
    private func agent(_ token: Token) throws(NativeFault) -> Agent {
        let bytes = text(token)
        if NativeName.isCore(bytes) {
            let digit = Int(bytes[4] &- UInt8(ascii: "0"))
            guard bytes.count == 5, digit < Agent.maximumCores else {
                throw fault(token, expected: "core0 to core\(Agent.maximumCores - 1)")
            }
            return .core(digit)
        }
        let name = String(decoding: bytes, as: UTF8.self)
        guard let symbol = program.symbols.find(name), let agent = devices[symbol] else {
            let names = devices.keys.compactMap { program.symbols[$0]?.name }.sorted()
            throw fault(
                token,
                expected: "core0 to core\(Agent.maximumCores - 1) or a declared device",
                hint: suggestion(for: token, among: names))
        }
        return agent
    }

    /// The keyword that a word is.
    private func keyword(_ token: Token, _ expected: String) throws(NativeFault) -> Keyword {
        if let keyword = Vocabulary.keywordTable.find(text(token)) { return keyword }
        if matches(token, "staleline") {
            throw fault(token, expected: expected, hint: "the header stands once")
        }
        let word = String(decoding: text(token), as: UTF8.self)
        if NativeName.isCore(text(token))
            || program.symbols.find(word).flatMap({ devices[$0] }) != nil
        {
            throw fault(
                token, expected: expected, hint: "a colon follows an agent, as in '\(word): ...'")
        }
        if program.symbols.find(word) != nil {
            throw fault(
                token, expected: expected,
                hint: "what is done comes first, as in 'ld \(word) 4'")
        }
        throw fault(
            token, expected: expected,
            hint: suggestion(for: token, among: Vocabulary.keywords.map(\.0)))
    }

    /// Checks that a statement is one that an agent performs.
    private func checkHasAgent(_ keyword: Keyword, _ token: Token) throws(NativeFault) {
        switch keyword {
        case .machine, .kernel, .set, .region, .alias, .buffer, .device:
            throw fault(
                token, expected: "an operation of a core", hint: "a declaration has no agent")
        case .repeatBegin, .spanBegin, .end, .mark:
            throw fault(
                token, expected: "an operation of a core",
                hint: "'repeat', 'span', 'end' and 'mark' have no agent")
        case .environment:
            throw fault(
                token, expected: "an operation of a core", hint: "'env' has no agent")
        default: return
        }
    }

    /// Adds an operation with its annotations, which must be all that is left on the line.
    ///
    /// The `options` are what else could have stood there, for the error.
    mutating func append(
        _ operation: Operation, by agent: Agent, options: String = ""
    ) throws(NativeFault) {
        var annotation: Int32 = -1
        if lexer.token.kind != .end {
            guard lexer.token.kind == .annotation else {
                throw fault(
                    lexer.token, expected: options + "an annotation or the end of the line")
            }
            let annotations = try annotations()
            annotation = Int32(program.annotations.count)
            program.annotations.append(annotations)
        }
        try append(.operation(agent, operation), annotation: annotation)
    }
}
