import Operations

/// Reads the native text format (`.slt`).
///
/// The whole file is read before anything is thrown, so that its author sees all that is wrong. Nothing is
/// repaired, guessed or skipped: a program comes back only from a file without a fault.
public enum NativeParser {
    /// Reads a file.
    ///
    /// - Parameters:
    ///   - bytes: The file's contents.
    ///   - file: Its name, for errors.
    /// - Returns: The program. Its statements keep the lines they stand on.
    /// - Throws: Every fault in the file, each with its place; at most ``TraceErrors/limit``.
    /// - Complexity: O(*n*) in the number of bytes.
    public static func parse(
        _ bytes: UnsafeRawBufferPointer, file: String
    ) throws(TraceErrors) -> Program {
        try parse(bytes, file: file, statementLimit: NativeLimits.statements)
    }

    /// Reads a file that is in an array.
    ///
    /// - Parameters:
    ///   - bytes: The file's contents.
    ///   - file: Its name, for errors.
    /// - Returns: The program.
    /// - Throws: Every fault in the file, as the other form does.
    public static func parse(_ bytes: [UInt8], file: String) throws(TraceErrors) -> Program {
        try parse(bytes, file: file, statementLimit: NativeLimits.statements)
    }

    /// Reads a file with a limit of its own, which tests set low.
    static func parse(
        _ bytes: [UInt8], file: String, statementLimit: Int
    ) throws(TraceErrors) -> Program {
        // Typed throws do not pass through `withUnsafeBytes` for arrays; a result does.
        let result = bytes.withUnsafeBytes { raw -> Result<Program, TraceErrors> in
            do throws(TraceErrors) {
                return .success(try parse(raw, file: file, statementLimit: statementLimit))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private static func parse(
        _ raw: UnsafeRawBufferPointer, file: String, statementLimit: Int
    ) throws(TraceErrors) -> Program {
        let bytes = raw.bindMemory(to: UInt8.self)
        guard let base = bytes.baseAddress else { throw TraceErrors([noHeader(file, line: 1)]) }
        var parser = LineParser(base, file: file, statementLimit: statementLimit)
        let scanner = LineScanner(base, count: bytes.count)
        var place = 0
        while place < bytes.count, !parser.isOver {
            let line = scanner.line(from: place)
            parser.parse(line)
            place = line.next
        }
        if !parser.hasHeader, parser.errors.isEmpty {
            throw TraceErrors([noHeader(file, line: parser.line)])
        }
        parser.finish()
        if !parser.errors.isEmpty { throw parser.errors }
        return parser.program
    }

    private static func noHeader(_ file: String, line: Int) -> TraceError {
        TraceError(
            file: file, line: max(line, 1), found: "the end of the file",
            expected: LineParser.headerExpectation)
    }
}
