import Operations

/// Reads the binary format (`.sltb`), whole or block by block.
///
/// A damaged file is refused at its first fault: behind it no byte can be trusted. Sizes are checked before memory is
/// taken for them, and every statement is held against the rules that the text parser knows.
///
/// - Note: The reader is `Sendable` because nobody writes the bytes it reads; its maker promises that.
public struct BinaryReader: @unchecked Sendable {
    /// The statements of one block.
    public struct Block: Sendable {
        /// The place of its first statement in the program, from 0.
        public var first: UInt64
        /// The statements.
        ///
        /// Their annotations' places are places in ``annotations``.
        public var statements: [Statement] = []
        /// The annotations of these statements.
        public var annotations: [Annotations] = []
    }

    /// All names of the file.
    public let symbols: SymbolTable
    /// How many statements the file says to have.
    public var statementCount: UInt64 { scanner.statementCount }

    /// The file's name.
    let file: String
    /// Takes the blocks.
    private(set) var scanner: BlockScanner
    private var checker: ProgramChecker
    private var position: UInt64 = 0
    /// Where the blocks of statements start and how many each has.
    private(set) var blocks: [(offset: Int, count: Int)] = []
    /// The block that follows the names, which had to be read to see that the names end.
    private var pending: RawBlock?

    /// Starts on a file: checks its two ends and reads its names.
    ///
    /// - Parameters:
    ///   - bytes: The file's contents. They must outlive the reader and not change.
    ///   - file: Its name, for errors.
    /// - Throws: What is wrong with the file, with the byte where it is.
    public init(_ bytes: UnsafeRawBufferPointer, file: String) throws(TraceErrors) {
        self.file = file
        scanner = try BlockScanner(bytes, file: file)
        var symbols = SymbolTable()
        pending = try scanner.next()
        while let block = pending, block.kind == .symbols {
            try Self.addSymbols(of: block, to: &symbols, file)
            pending = try scanner.next()
        }
        self.symbols = symbols
        do throws(ProgramError) {
            checker = try ProgramChecker(symbols)
        } catch {
            throw scanner.error(
                at: BinaryFormat.headerSize, error.found, error.expected)
        }
    }

    /// Reads the statements of the next block.
    ///
    /// - Returns: The statements; nil after the last block, once the rest of the file has been checked too.
    /// - Throws: What is wrong with the file.
    public mutating func next() throws(TraceErrors) -> Block? {
        guard let block = pending, block.kind == .statements else {
            try finish()
            return nil
        }
        let result = try decode(block)
        blocks.append((block.offset, block.count))
        position += UInt64(block.count)
        pending = try scanner.next()
        return result
    }

    /// Reads a whole program.
    ///
    /// - Parameters:
    ///   - bytes: The file's contents.
    ///   - file: Its name, for errors.
    /// - Returns: The program. Its statements have the lines that they have in the canonical text.
    /// - Throws: What is wrong with the file, or that it has more than ``NativeLimits/statements`` statements.
    public static func read(
        _ bytes: UnsafeRawBufferPointer, file: String
    ) throws(TraceErrors) -> Program {
        var reader = try BinaryReader(bytes, file: file)
        guard reader.statementCount <= UInt64(NativeLimits.statements) else {
            throw reader.scanner.error(
                at: bytes.count - 16, "\(reader.statementCount) statements",
                "at most \(NativeLimits.statements) in a program that is read whole")
        }
        var program = Program()
        program.symbols = reader.symbols
        while let block = try reader.next() {
            let base = Int32(program.annotations.count)
            for var statement in block.statements {
                if statement.annotation >= 0 { statement.annotation += base }
                program.statements.append(statement)
            }
            program.annotations += block.annotations
        }
        return program
    }

    /// Reads a whole program that is in an array.
    ///
    /// - Parameters:
    ///   - bytes: The file's contents.
    ///   - file: Its name, for errors.
    /// - Returns: The program.
    /// - Throws: What is wrong with the file, as the other form does.
    public static func read(_ bytes: [UInt8], file: String) throws(TraceErrors) -> Program {
        let result = bytes.withUnsafeBytes { raw -> Result<Program, TraceErrors> in
            do throws(TraceErrors) {
                return .success(try read(raw, file: file))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private mutating func decode(_ block: RawBlock) throws(TraceErrors) -> Block {
        guard position + UInt64(block.count) <= statementCount else {
            throw scanner.error(
                at: block.offset + 4, "more statements than the trailer says",
                "\(statementCount)")
        }
        var result = Block(first: position)
        try Self.decoding(block, file) { input throws(NativeFault) in
            var decoder = StatementDecoder(input, symbolCount: symbols.entries.count)
            for _ in 0..<block.count {
                let place = decoder.input.position
                let (body, annotations) = try decoder.next()
                do throws(ProgramError) {
                    try checker.check(body, annotations: annotations)
                } catch {
                    throw NativeFault(at: place, found: error.found, expected: error.expected)
                }
                result.append(body, annotations)
            }
            input = decoder.input
        }
        return result
    }

    /// Checks what is left after the statements: the index and the sums.
    private mutating func finish() throws(TraceErrors) {
        let start = pending?.offset ?? scanner.offset
        guard start == scanner.indexOffset else {
            throw scanner.error(
                at: start, "the index", "it at byte \(scanner.indexOffset), as the trailer says")
        }
        guard position == statementCount else {
            throw scanner.error(at: start, "\(position) statements", "\(statementCount)")
        }
        do throws(ProgramError) {
            try checker.finish()
        } catch {
            throw scanner.error(at: start, error.found, error.expected)
        }
        var rest = blocks[...]
        while let block = pending {
            try checkIndex(block, &rest)
            pending = try scanner.next()
        }
        guard rest.isEmpty else {
            throw scanner.error(at: scanner.offset, "the end of the index", "\(rest.count) more")
        }
    }
}

extension BinaryReader.Block {
    /// Adds a statement, on the line that the canonical text would give it.
    fileprivate mutating func append(_ body: Statement.Body, _ found: Annotations?) {
        let place = Int(truncatingIfNeeded: first) + statements.count
        var statement = Statement(body, line: Program.canonicalLine(place))
        if let found {
            statement.annotation = Int32(annotations.count)
            annotations.append(found)
        }
        statements.append(statement)
    }
}
