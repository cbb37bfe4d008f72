import Operations

/// Writes the binary format (`.sltb`), the compact twin of the text.
public enum BinaryWriter {
    /// Writes a program.
    ///
    /// - Parameter program: A program from a reader, or one made by hand.
    /// - Returns: The file's contents; the same program always gives the same bytes.
    /// - Throws: ``ProgramError`` if the program breaks a rule of the native format.
    /// - Complexity: O(*n*) in the number of statements.
    public static func write(_ program: Program) throws(ProgramError) -> [UInt8] {
        if hasManyAccesses(program) { return try writeAccesses(program) }
        var file = BlockFile()
        try add(program.symbols, to: &file)
        var encoder = StatementEncoder()
        try program.checked { body, annotations throws(ProgramError) in
            encoder.add(body, annotations)
            if encoder.output.bytes.count >= BinaryFormat.blockTarget {
                try file.add(.statements, encoder.output.bytes, count: encoder.count)
                encoder.reset()
            }
        }
        if encoder.count > 0 {
            try file.add(.statements, encoder.output.bytes, count: encoder.count)
        }
        return try file.finish(statements: UInt64(program.statements.count))
    }

    /// Whether a program has so many plain accesses that blocks of accesses pay.
    private static func hasManyAccesses(_ program: Program) -> Bool {
        var count = 0
        for statement in program.statements
        where statement.annotation < 0 && AccessBlockEncoder.isPlain(statement.body, nil) {
            count += 1
            if count == BinaryFormat.accessThreshold { return true }
        }
        return false
    }

    private static func writeAccesses(_ program: Program) throws(ProgramError) -> [UInt8] {
        var file = BlockFile(version: BinaryFormat.accessVersion)
        try add(program.symbols, to: &file)
        var encoder = AccessBlockEncoder()
        try program.checked { body, annotations throws(ProgramError) in
            try file.add(body, annotations, by: &encoder)
        }
        try file.end(&encoder)
        return try file.finish(statements: UInt64(program.statements.count))
    }

    static func add(_ symbols: SymbolTable, to file: inout BlockFile) throws(ProgramError) {
        var output = BinaryOutput()
        var count = 0
        for entry in symbols.entries {
            output.add(byte: entry.kind.rawValue)
            output.add(text: entry.name)
            output.add(entry.address)
            output.add(entry.size)
            count += 1
            if output.bytes.count >= BinaryFormat.blockTarget {
                try file.add(.symbols, output.bytes, count: count)
                output.removeAll()
                count = 0
            }
        }
        if count > 0 { try file.add(.symbols, output.bytes, count: count) }
    }
}

/// Writes a binary native trace of statements without names, one by one, as an importer gives them.
public struct BinaryStreamWriter: ~Copyable {
    private var file: BlockFile
    private var encoder: AccessBlockEncoder
    private var checker: ProgramChecker
    private var count: UInt64

    /// Starts a trace.
    ///
    /// - Parameter symbols: The names that its statements declare, as they are at the end.
    /// - Throws: ``ProgramError`` if a name is none.
    public init(symbols: SymbolTable = SymbolTable()) throws(ProgramError) {
        let rules = try ProgramChecker(symbols)
        var start = BlockFile(version: BinaryFormat.accessVersion)
        try BinaryWriter.add(symbols, to: &start)
        file = start
        encoder = AccessBlockEncoder()
        checker = rules
        count = 0
    }

    /// Adds a statement.
    ///
    /// - Throws: ``ProgramError`` if it breaks a rule of the native format.
    public mutating func add(
        _ body: Statement.Body, _ annotations: Annotations? = nil
    ) throws(ProgramError) {
        try checker.check(body, annotations: annotations)
        count += 1
        try file.add(body, annotations, by: &encoder)
    }

    /// Ends the trace.
    ///
    /// - Returns: the file's contents.
    /// - Throws: ``ProgramError`` if a block is open.
    public mutating func finish() throws(ProgramError) -> [UInt8] {
        try file.end(&encoder)
        try checker.finish()
        return try file.finish(statements: count)
    }
}

/// A file of blocks that is being written.
struct BlockFile {
    private var output = BinaryOutput()
    private var index: [(offset: Int, count: Int)] = []

    /// Starts a file.
    init(version: UInt16 = BinaryFormat.version) {
        output.add(bytes: BinaryFormat.magic)
        output.add(fixed: version)
        output.add(fixed: UInt16(0))
    }

    /// Appends a statement to a block of accesses, and the block where it is full.
    mutating func add(
        _ body: Statement.Body, _ annotations: Annotations?, by encoder: inout AccessBlockEncoder
    ) throws(ProgramError) {
        if !encoder.add(body, annotations) {
            try end(&encoder)
            // A block without shapes has room for one.
            _ = encoder.add(body, annotations)
        }
        if encoder.isFull { try end(&encoder) }
    }

    /// Appends a block of accesses, unless it would be empty.
    mutating func end(_ encoder: inout AccessBlockEncoder) throws(ProgramError) {
        let count = encoder.count
        guard count > 0 else { return }
        try add(.accesses, encoder.take(), count: count)
    }

    /// Appends a block.
    mutating func add(
        _ kind: BinaryFormat.BlockKind, _ raw: [UInt8], count: Int
    ) throws(ProgramError) {
        guard raw.count <= BinaryFormat.blockLimit else {
            throw ProgramError(
                found: "a statement of \(raw.count) bytes",
                expected: "at most \(BinaryFormat.blockLimit)")
        }
        guard let stored = BlockCodec.compress(raw) else {
            throw ProgramError(found: "a failure of zstd", expected: "compressed bytes")
        }
        if kind.hasStatements { index.append((output.bytes.count, count)) }
        var header = BinaryOutput()
        header.add(bytes: [kind.rawValue, 0, 0, 0])
        header.add(fixed: UInt32(count))
        header.add(fixed: UInt32(raw.count))
        header.add(fixed: UInt32(stored.count))
        let headerSum = header.bytes.withUnsafeBytes { BlockCodec.checksum($0) }
        header.add(fixed: stored.withUnsafeBytes { BlockCodec.checksum($0, after: headerSum) })
        output.add(bytes: header.bytes)
        output.add(bytes: stored)
    }

    /// Appends the index and the trailer.
    mutating func finish(statements: UInt64) throws(ProgramError) -> [UInt8] {
        let start = output.bytes.count
        var raw = BinaryOutput()
        var count = 0
        var previous = 0
        for (place, block) in index.enumerated() {
            raw.add(UInt64(block.offset - previous))
            raw.add(UInt64(block.count))
            previous = block.offset
            count += 1
            let isLast = place == index.count - 1
            guard isLast || raw.bytes.count >= BinaryFormat.blockTarget else { continue }
            try add(.index, raw.bytes, count: count)
            raw.removeAll()
            count = 0
        }
        var trailer = BinaryOutput()
        trailer.add(fixed: UInt64(start))
        trailer.add(fixed: statements)
        trailer.add(fixed: trailer.bytes.withUnsafeBytes { BlockCodec.checksum($0) })
        trailer.add(bytes: BinaryFormat.endMagic)
        output.add(bytes: trailer.bytes)
        return output.bytes
    }
}
