import Operations

/// Writes a native trace statement by statement, as its names become known, without holding it.
///
/// Of the text nothing is kept; of the binary form, whose names stand before the first statement, the encoded
/// statements are, about 20 bytes each.
public struct NativeStream {
    private let sink: ByteSink
    private var checker: ProgramChecker
    private var printer = ProgramPrinter(Program())
    private let isBinary: Bool
    private var encoder = StatementEncoder()
    private var blocks: [(bytes: [UInt8], count: Int)] = []
    private var nameCount = 0
    /// How many statements were written.
    public private(set) var count: UInt64 = 0

    private static let piece = 1 << 16

    /// Starts a trace.
    ///
    /// - Parameters:
    ///   - sink: Where it goes.
    ///   - isBinary: Whether it is the binary form.
    /// - Throws: never for a trace without names; the rules' own initialiser may.
    public init(to sink: ByteSink, isBinary: Bool) throws(ProgramError) {
        self.sink = sink
        checker = try ProgramChecker(SymbolTable())
        self.isBinary = isBinary
    }

    /// Writes a statement.
    ///
    /// - Parameters:
    ///   - body: What it says.
    ///   - annotations: Where it came from.
    ///   - symbols: All names up to here; later ones do no harm.
    /// - Throws: ``ProgramError`` if it breaks a rule of the format, or ``TraceErrors`` if it cannot be written.
    /// - Complexity: O(1) but for new names.
    public mutating func add(
        _ body: Statement.Body, _ annotations: Annotations?, symbols: SymbolTable
    ) throws {
        try learn(symbols)
        do throws(ProgramError) {
            try checker.check(body, annotations: annotations)
            if case .declaration(.device(let device)) = body {
                printer.add(deviceName: symbols[device.name]?.name ?? "")
            }
            if !isBinary { try printer.print(body, annotations) }
        } catch {
            var error = error
            error.statement = Int(clamping: count)
            throw error
        }
        count += 1
        if isBinary {
            encoder.add(body, annotations)
            if encoder.output.bytes.count >= BinaryFormat.blockTarget { endBlock() }
        } else if printer.output.count >= Self.piece {
            try flush()
        }
    }

    /// Ends the trace.
    ///
    /// - Parameter symbols: All names, with what they mean at the end.
    /// - Throws: ``ProgramError`` if a block is open or a name is not declared, or ``TraceErrors`` if it cannot be written.
    public mutating func finish(symbols: SymbolTable) throws {
        try learn(symbols)
        try checker.finish(symbols)
        if !isBinary {
            try flush()
        } else {
            endBlock()
            var file = BlockFile()
            try BinaryWriter.add(symbols, to: &file)
            for block in blocks { try file.add(.statements, block.bytes, count: block.count) }
            try sink.write(file.finish(statements: count))
        }
        try sink.finish()
    }

    private mutating func learn(_ symbols: SymbolTable) throws(ProgramError) {
        while nameCount < symbols.entries.count {
            let entry = symbols.entries[nameCount]
            try checker.add(symbol: entry)
            printer.add(symbol: entry)
            nameCount += 1
        }
    }

    private mutating func flush() throws {
        let bytes = printer.takeOutput()
        try bytes.withUnsafeBytes { try sink.write($0) }
    }

    private mutating func endBlock() {
        guard encoder.count > 0 else { return }
        blocks.append((encoder.output.bytes, encoder.count))
        encoder.reset()
    }
}
