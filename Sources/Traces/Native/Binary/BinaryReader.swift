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
    /// How many statements the file says to have; of a cut file as many as can be.
    public var statementCount: UInt64 { scanner.statementCount }
    /// Where a file that was cut has its last whole block's end, and how many statements are before it.
    ///
    /// Nil: the file is whole, or its end was not reached yet.
    public private(set) var cut: (byte: Int, blocks: Int, statements: UInt64)?

    /// The file's name.
    let file: String
    /// Takes the blocks.
    private(set) var scanner: BlockScanner
    private var checker: ProgramChecker
    /// How many statements were in the blocks so far.
    private(set) var position: UInt64 = 0
    /// Where the blocks of statements start and how many each has.
    private(set) var blocks: [(offset: Int, count: Int)] = []
    /// The block that follows the names, which had to be read to see that the names end.
    private var pending: RawBlock?
    /// Whether the last block was taken, and the rest of the file checked.
    private var isAtEnd = false

    /// Starts on a file: checks its two ends and reads its names.
    ///
    /// - Parameters:
    ///   - bytes: The file's contents. They must outlive the reader and not change.
    ///   - file: Its name, for errors.
    ///   - allowingCut: Whether a file that ends before its trailer does is read as far as it has whole blocks; ``cut``
    ///     then says so at the end. Damage is refused all the same.
    /// - Throws: What is wrong with the file, with the byte where it is.
    public init(
        _ bytes: UnsafeRawBufferPointer, file: String, allowingCut: Bool = false
    ) throws(TraceErrors) {
        self.file = file
        scanner = try BlockScanner(bytes, file: file, allowingCut: allowingCut)
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
        guard let block = try nextBlock() else { return nil }
        return try decode(block)
    }

    /// Takes the next block of statements as it is.
    ///
    /// - Returns: nil after the last block, once the rest of the file has been checked too, and at every later call.
    mutating func nextBlock() throws(TraceErrors) -> RawBlock? {
        guard !isAtEnd else { return nil }
        guard let block = pending, block.kind.hasStatements else {
            try finish()
            isAtEnd = true
            return nil
        }
        guard position + UInt64(block.count) <= statementCount else {
            throw scanner.error(
                at: block.offset + 4, "more statements than the trailer says",
                "\(statementCount)")
        }
        blocks.append((block.offset, block.count))
        position += UInt64(block.count)
        pending = try scanner.next()
        return block
    }

    /// Holds a statement against the rules of the format.
    ///
    /// - Parameters:
    ///   - body: What it says.
    ///   - annotations: Where it came from.
    ///   - place: Where it is in its block's bytes.
    /// - Throws: the rule that it breaks.
    mutating func check(
        _ body: Statement.Body, _ annotations: Annotations?, at place: Int
    ) throws(NativeFault) {
        do throws(ProgramError) {
            try checker.check(body, annotations: annotations)
        } catch {
            throw NativeFault(at: place, found: error.found, expected: error.expected)
        }
    }

    /// Reads a whole program.
    ///
    /// - Parameters:
    ///   - bytes: The file's contents.
    ///   - file: Its name, for errors.
    ///   - allowingCut: Whether of a file without its end the whole blocks are taken.
    /// - Returns: The program. Its statements have the lines that they have in the canonical text.
    /// - Throws: What is wrong with the file, or that it has more than ``NativeLimits/statements`` statements.
    public static func read(
        _ bytes: UnsafeRawBufferPointer, file: String, allowingCut: Bool = false
    ) throws(TraceErrors) -> Program {
        var reader = try BinaryReader(bytes, file: file, allowingCut: allowingCut)
        return try reader.program(bytes.count)
    }

    /// Reads all that is left as a program.
    ///
    /// - Parameter size: How many bytes the file has.
    /// - Returns: The program.
    /// - Throws: What is wrong with the file, or that it has more than ``NativeLimits/statements`` statements.
    mutating func program(_ size: Int) throws(TraceErrors) -> Program {
        guard scanner.isCut || statementCount <= UInt64(NativeLimits.statements) else {
            throw scanner.error(
                at: size - 16, "\(statementCount) statements",
                "at most \(NativeLimits.statements) in a program that is read whole")
        }
        var program = Program()
        program.symbols = symbols
        while let block = try next() {
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
    ///   - allowingCut: Whether of a file without its end the whole blocks are taken.
    /// - Returns: The program.
    /// - Throws: What is wrong with the file, as the other form does.
    public static func read(
        _ bytes: [UInt8], file: String, allowingCut: Bool = false
    ) throws(TraceErrors) -> Program {
        let result = bytes.withUnsafeBytes { raw -> Result<Program, TraceErrors> in
            do throws(TraceErrors) {
                return .success(try read(raw, file: file, allowingCut: allowingCut))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private mutating func decode(_ block: RawBlock) throws(TraceErrors) -> Block {
        var result = Block(first: position - UInt64(block.count))
        if block.kind == .accesses {
            try Self.locating(block, file) { raw throws(NativeFault) in
                try decodeAccesses(raw, block, into: &result)
            }
            return result
        }
        try Self.decoding(block, file) { input throws(NativeFault) in
            var decoder = StatementDecoder(input, symbolCount: symbols.entries.count)
            for _ in 0..<block.count {
                let place = decoder.input.position
                let (body, annotations) = try decoder.next()
                try check(body, annotations, at: place)
                result.append(body, annotations)
            }
            input = decoder.input
        }
        return result
    }

    private mutating func decodeAccesses(
        _ raw: UnsafeBufferPointer<UInt8>, _ block: RawBlock, into result: inout Block
    ) throws(NativeFault) {
        let decoder = try AccessBlockDecoder(
            raw, count: block.count, symbolCount: symbols.entries.count)
        let room = UnsafeMutableBufferPointer<MemoryAccess>.allocate(capacity: 1024)
        defer { room.deallocate() }
        guard let target = room.baseAddress else { return }
        while true {
            switch decoder.next {
            case .access:
                let count = try decoder.read(into: target, room: room.count)
                for access in room[..<count] {
                    result.append(
                        .operation(access.agent, .access(access, symbol: .none, value: nil)), nil)
                }
            case .statement:
                let (body, annotations) = try decoder.statement()
                try check(body, annotations, at: decoder.statementPlace)
                result.append(body, annotations)
            case .end: return try decoder.finish()
            }
        }
    }

    /// Checks what is left after the statements: the index and the sums.
    private mutating func finish() throws(TraceErrors) {
        let start = pending?.offset ?? scanner.offset
        if scanner.isCut { return try finishCut(at: start) }
        guard start == scanner.indexOffset else {
            throw scanner.error(
                at: start, "the index",
                "it at byte \(scanner.indexOffset ?? 0), as the trailer says")
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

extension BinaryReader {
    /// What is whole of a file that was cut: every block is checked, none of its statements is read.
    ///
    /// - Returns: where the last whole block ends, how many blocks of statements there are, and their statements.
    /// - Throws: what is wrong with it, or that it is not cut.
    public static func wholePart(
        _ bytes: [UInt8], file: String
    ) throws(TraceErrors) -> (byte: Int, blocks: Int, statements: UInt64) {
        let result = bytes.withUnsafeBytes {
            raw -> Result<(byte: Int, blocks: Int, statements: UInt64), TraceErrors> in
            do throws(TraceErrors) {
                var reader = try BinaryReader(raw, file: file, allowingCut: true)
                while let block = reader.pending, block.kind.hasStatements {
                    reader.blocks.append((block.offset, block.count))
                    reader.position += UInt64(block.count)
                    reader.pending = try reader.scanner.next()
                }
                try reader.finish()
                guard let cut = reader.cut else {
                    throw reader.scanner.error(at: raw.count, "a whole file", "one that is cut")
                }
                return .success(cut)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Ends a file that was cut: what is whole of its index still has to fit.
    private mutating func finishCut(at start: Int) throws(TraceErrors) {
        guard position > 0 else {
            throw scanner.error(
                at: scanner.offset, "the end of the file", "a whole block of statements",
                "the file is truncated, and nothing of it is whole")
        }
        do throws(ProgramError) {
            try checker.finishCut()
        } catch {
            throw scanner.error(
                at: start, error.found, error.expected, "the file is truncated")
        }
        var rest = blocks[...]
        while let block = pending {
            try checkIndex(block, &rest)
            pending = try scanner.next()
        }
        cut = (scanner.offset, blocks.count, position)
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
