import Operations
import Quantities

/// The state of reading a native text: what has been read, and where the reading is.
///
/// The families of statements are in the extensions.
struct LineParser {
    /// What the first statement must be.
    static let headerExpectation = "the header 'staleline 1'"

    /// The program so far.
    var program = Program()
    /// The faults so far.
    var errors = TraceErrors()
    /// The number of the line that is being read, from 1.
    private(set) var line = 0
    /// Whether `staleline 1` has been read.
    private(set) var hasHeader = false
    /// Whether reading on makes no sense.
    private(set) var isOver = false

    /// The tokens of the line that is being read.
    var lexer: Lexer
    /// The devices by their names.
    var devices: [SymbolID: Agent] = [:]
    /// The open `repeat` and `span`, outermost first: where each starts and its word.
    var open: [OpenBlock] = []
    /// What may be declared only once and has been.
    var singletons: Set<String> = []
    /// The name that the current statement declares, for ``declareAfterFault()``.
    var pending: SymbolTable.Entry?
    /// The strings made last, so that equal annotations share their storage.
    var lastFile = ""
    /// See ``lastFile``.
    var lastFunction = ""

    private let bytes: UnsafePointer<UInt8>
    private let file: String
    private let statementLimit: Int
    private var lineStart = 0

    /// A `repeat` or `span` without its `end` so far.
    struct OpenBlock {
        /// The line it stands on.
        var line: Int
        /// Its column.
        var column: Int
        /// `repeat` or `span`.
        var word: String
    }

    /// Starts on a file.
    init(_ bytes: UnsafePointer<UInt8>, file: String, statementLimit: Int) {
        self.bytes = bytes
        self.file = file
        self.statementLimit = statementLimit
        lexer = Lexer(bytes, from: 0, to: 0)
    }

    /// Reads one line.
    mutating func parse(_ scanned: ScannedLine) {
        line += 1
        lineStart = scanned.start
        if let fault = scanned.fault {
            report(fault)
            // What precedes a header decides whether this is a trace at all.
            isOver = !hasHeader
            return
        }
        lexer = Lexer(bytes, from: scanned.start, to: scanned.textEnd)
        guard lexer.token.kind != .end else { return }
        do throws(NativeFault) {
            if hasHeader { try parseStatement() } else { try parseHeader() }
        } catch {
            report(error)
            isOver = isOver || !hasHeader
            declareAfterFault()
        }
        pending = nil
    }

    /// Says what is missing at the end of the file.
    mutating func finish() {
        for block in open where !isOver {
            errors.append(
                TraceError(
                    file: file, line: block.line, column: block.column,
                    found: "'\(block.word)' without its 'end'",
                    expected: "'end' before the end of the file"))
        }
    }

    /// Adds a statement to the program.
    mutating func append(_ body: Statement.Body, annotation: Int32 = -1) throws(NativeFault) {
        guard program.statements.count < statementLimit else {
            isOver = true
            throw NativeFault(
                at: lineStart, found: "statement \(statementLimit + 1)",
                expected: "at most \(statementLimit) statements in a text program")
        }
        let line = UInt32(truncatingIfNeeded: line)
        program.statements.append(Statement(body, line: line, annotation: annotation))
    }

    /// The bytes of a token.
    func text(_ token: Token) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: bytes + token.start, count: token.end - token.start)
    }

    /// The column of a place in the current line, from 1.
    func column(of place: Int) -> Int { place - lineStart + 1 }

    private mutating func parseHeader() throws(NativeFault) {
        let word = lexer.token
        guard word.kind == .word, text(word).elementsEqual("staleline".utf8) else {
            throw fault(word, expected: Self.headerExpectation, hint: headerHint(word))
        }
        lexer.advance()
        let version = lexer.token
        guard version.kind == .word, text(version).elementsEqual("1".utf8) else {
            throw fault(version, expected: "format version 1")
        }
        lexer.advance()
        try expectEnd("the end of the line")
        hasHeader = true
    }

    private func headerHint(_ word: Token) -> String? {
        let start = text(word)
        if start.starts(with: [0xEF, 0xBB, 0xBF]) { return "remove the byte order mark" }
        return start.starts(with: BinaryFormat.magic) ? "this is the start of a binary trace" : nil
    }

    private mutating func report(_ fault: NativeFault) {
        errors.append(
            TraceError(
                file: file, line: line, column: column(of: fault.place), found: fault.found,
                expected: fault.expected, hint: fault.hint))
    }
}
