import Operations
import Quantities

/// Checks the statements of a program in order against the rules of the native format.
///
/// The text parser checks the same with columns to point at. This is for programs that come from elsewhere: a
/// binary file, which may be hostile, or a caller who is about to write one.
struct ProgramChecker {
    /// The names as the program has them.
    private(set) var symbols: SymbolTable
    /// What each name means after the statements so far; nil: not declared yet.
    private(set) var meanings: [SymbolTable.Entry?]
    /// The names of the declared devices, in order of their numbers.
    var devices: [SymbolID] = []

    private var depth = 0
    private var singletons: Set<String> = []

    /// Starts on a program with these names.
    init(_ symbols: SymbolTable) throws(ProgramError) {
        self.symbols = symbols
        meanings = Array(repeating: nil, count: symbols.entries.count)
        for entry in symbols.entries where !NativeName.isValid(entry.name) {
            throw ProgramError(
                found: "the name '\(entry.name.prefix(40))'", expected: NativeName.expectation)
        }
    }

    /// Learns a name that was not there at the start.
    mutating func add(symbol entry: SymbolTable.Entry) throws(ProgramError) {
        try require(
            NativeName.isValid(entry.name), "the name '\(entry.name.prefix(40))'",
            NativeName.expectation)
        try require(
            symbols.add(entry) != nil, "a second '\(entry.name.prefix(40))'", "a name that is free")
        meanings.append(nil)
    }

    /// Checks what can be checked only after the last statement, against the names as they are then.
    mutating func finish(_ symbols: SymbolTable) throws(ProgramError) {
        self.symbols = symbols
        try finish()
    }

    /// Checks the next statement.
    mutating func check(
        _ body: Statement.Body, annotations: Annotations?
    ) throws(ProgramError) {
        if let annotations { try check(annotations, of: body) }
        switch body {
        case .declaration(let declaration): try check(declaration)
        case .operation(let agent, let operation): try check(operation, by: agent)
        case .repeatBegin(let count):
            try require(count > 0, "no round", "at least 1 round")
            try enter()
        case .spanBegin(let symbol):
            let entry = try entry(of: symbol)
            try require(entry.kind == .span, "a \(entry.kind)", "a span's name")
            try define(symbol, as: SymbolTable.Entry(name: entry.name, kind: .span))
            try enter()
        case .end:
            try require(depth > 0, "'end'", "a 'repeat' or 'span' before it")
            depth -= 1
        case .mark(let text):
            try require(!text.isEmpty, "an empty mark", "a text")
        }
    }

    /// Checks what can be checked only after the last statement.
    func finish() throws(ProgramError) {
        try require(depth == 0, "a 'repeat' or 'span' without its 'end'", "'end'")
        for (place, entry) in symbols.entries.enumerated() {
            guard let meaning = meanings[place] else {
                throw ProgramError(
                    found: "the name '\(entry.name)'", expected: "a statement that declares it")
            }
            try require(
                meaning == entry, "other bytes for '\(entry.name)' in the table of names",
                "those of its last declaration")
        }
    }

    /// Checks what can be checked at the end of a part of a program: names may be declared only later.
    func finishCut() throws(ProgramError) {
        try require(
            depth == 0, "a 'repeat' or 'span' without its 'end'", "'end' before the file is cut")
    }

    /// Fails unless a condition holds.
    func require(
        _ condition: Bool, _ found: @autoclosure () -> String,
        _ expected: @autoclosure () -> String
    ) throws(ProgramError) {
        guard condition else { throw ProgramError(found: found(), expected: expected()) }
    }

    /// The table's entry for a name.
    func entry(of symbol: SymbolID) throws(ProgramError) -> SymbolTable.Entry {
        guard symbol != .none, Int(symbol.rawValue) <= symbols.entries.count else {
            throw ProgramError(found: "no name", expected: "one from the table of names")
        }
        return symbols.entries[Int(symbol.rawValue) - 1]
    }

    /// What a name means now.
    func meaning(of symbol: SymbolID) throws(ProgramError) -> SymbolTable.Entry {
        let entry = try entry(of: symbol)
        guard let meaning = meanings[Int(symbol.rawValue) - 1] else {
            throw ProgramError(
                found: "'\(entry.name)' before its declaration", expected: "a declared name")
        }
        return meaning
    }

    /// Gives a name a meaning, whether or not it had one.
    mutating func define(
        _ symbol: SymbolID, as meaning: SymbolTable.Entry
    ) throws(ProgramError) {
        let entry = try entry(of: symbol)
        try require(
            entry.kind == meaning.kind, "'\(entry.name)', a \(entry.kind)", "a \(meaning.kind)")
        meanings[Int(symbol.rawValue) - 1] = meaning
    }

    /// Gives a name its only meaning.
    mutating func declare(
        _ symbol: SymbolID, _ kind: SymbolTable.Kind, _ address: UInt64, _ size: UInt64
    ) throws(ProgramError) {
        let entry = try entry(of: symbol)
        try require(
            meanings[Int(symbol.rawValue) - 1] == nil, "a second declaration of '\(entry.name)'",
            "one")
        try define(
            symbol,
            as: SymbolTable.Entry(name: entry.name, kind: kind, address: address, size: size))
    }

    /// Notes something that may stand only once.
    mutating func declareOnce(_ key: String) throws(ProgramError) {
        let isFirst = singletons.insert(key).inserted
        try require(isFirst, "a second '\(key)'", "one")
    }

    private mutating func enter() throws(ProgramError) {
        try require(
            depth < NativeLimits.nesting, "deeper nesting", "at most \(NativeLimits.nesting)")
        depth += 1
    }

    private func check(
        _ annotations: Annotations, of body: Statement.Body
    ) throws(ProgramError) {
        guard case .operation = body else {
            throw ProgramError(
                found: "annotations", expected: "none on what is no operation")
        }
        if let source = annotations.source {
            try require(
                !source.file.isEmpty && source.line > 0 && source.line <= Int(Int32.max),
                "the source line '\(source.file.prefix(40)):\(source.line)'",
                "a file and a line from 1 to \(Int32.max)")
        }
        try require(annotations.function != "", "an empty function name", "a name")
        if let time = annotations.time {
            try require(
                Vocabulary.timeUnits.contains(time.unit), "the unit '\(time.unit.prefix(40))'",
                "ps, ns, us, ms, s or cyc")
        }
    }
}
