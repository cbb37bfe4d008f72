import Operations
import Quantities

extension LineParser {
    /// A fault at a token.
    func fault(_ token: Token, expected: String, hint: String? = nil) -> NativeFault {
        let found = token.kind == .end ? "the end of the line" : NativeFault.quote(text(token))
        let comma = token.kind == .comma ? "blanks part operands" : nil
        return NativeFault(at: token.start, found: found, expected: expected, hint: hint ?? comma)
    }

    /// Whether a token is one word.
    func matches(_ token: Token, _ word: StaticString) -> Bool {
        let count = token.end - token.start
        guard token.kind == .word, count == word.utf8CodeUnitCount else { return false }
        let bytes = text(token)
        for place in 0..<count where bytes[place] != word.utf8Start[place] { return false }
        return true
    }

    /// Takes a word if it comes next.
    mutating func take(_ word: StaticString) -> Bool {
        guard matches(lexer.token, word) else { return false }
        lexer.advance()
        return true
    }

    /// Takes a piece of punctuation if it comes next.
    mutating func take(_ kind: Token.Kind) -> Bool {
        guard lexer.token.kind == kind else { return false }
        lexer.advance()
        return true
    }

    /// Takes a word that must come next.
    mutating func expect(_ word: StaticString, _ expected: String) throws(NativeFault) {
        guard take(word) else { throw fault(lexer.token, expected: expected) }
    }

    /// Takes a piece of punctuation that must come next.
    mutating func expect(_ kind: Token.Kind, _ expected: String) throws(NativeFault) {
        guard take(kind) else { throw fault(lexer.token, expected: expected) }
    }

    /// Checks that nothing more stands on the line.
    func expectEnd(_ expected: String) throws(NativeFault) {
        guard lexer.token.kind == .end else { throw fault(lexer.token, expected: expected) }
    }

    /// The value of the next word in a list, if it is in the list.
    mutating func takeOptional<Value>(_ list: [(StaticString, Value)]) -> Value? {
        for (word, value) in list where matches(lexer.token, word) {
            lexer.advance()
            return value
        }
        return nil
    }

    /// The value of the next word, which must be in a list.
    mutating func takeOne<Value>(
        of list: [(StaticString, Value)], _ expected: String
    ) throws(NativeFault) -> Value {
        if let value = takeOptional(list) { return value }
        throw fault(
            lexer.token, expected: expected,
            hint: suggestion(for: lexer.token, among: list.map { "\($0.0)" }))
    }

    /// Free text up to the next blank; see ``NativeText``.
    mutating func takeText(_ expected: String) throws(NativeFault) -> String {
        guard lexer.token.kind != .end else { throw fault(lexer.token, expected: expected) }
        return try decode(lexer.takeRawWord(), expected)
    }

    /// The text that a token stands for.
    func decode(_ token: Token, _ expected: String) throws(NativeFault) -> String {
        guard let decoded = NativeText.decode(text(token)) else {
            throw fault(token, expected: "\(expected) in UTF-8")
        }
        return decoded
    }

    /// Free text that is a name of something outside the trace.
    mutating func takeShortText(_ expected: String) throws(NativeFault) -> String {
        let token = lexer.token
        let result = try takeText(expected)
        guard result.utf8.count <= NativeLimits.nameLength else {
            throw fault(
                token, expected: "\(expected) of at most \(NativeLimits.nameLength) characters")
        }
        return result
    }

    /// What a mistyped word may have been meant to be, while errors are still shown.
    func suggestion(for token: Token, among candidates: [String]) -> String? {
        guard errors.errors.count < TraceErrors.limit, token.kind == .word,
            token.end - token.start <= Suggestion.longestWord
        else { return nil }
        let word = String(decoding: text(token), as: UTF8.self)
        let name = String(word.prefix { $0 != "(" })
        if name != word, candidates.contains(name) {
            return "operands follow '\(name)' without brackets, blanks part them"
        }
        if let own = Vocabulary.foreignNames[name], candidates.contains(own) {
            let form = Vocabulary.foreignForms[name].map { ", as in '\($0)'" } ?? ""
            return "here it is called '\(own)'\(form)"
        }
        return Suggestion.nearest(to: word, among: candidates).map { "did you mean '\($0)'?" }
    }
}
