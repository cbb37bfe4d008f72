import Operations

/// Writes the native text format (`.slt`) in its canonical form.
///
/// The canonical form has the header on its first line and one statement on each line after it, no comments,
/// and blocks indented by two blanks. Addresses, values and program counters are hexadecimal, everything else
/// decimal; operands that say what would hold without them are left out, but the agent is always written.
/// Reading the text back gives the same program, except for what `Operations.Program.canonicalized()` evens out.
public enum NativeWriter {
    /// Writes a program.
    ///
    /// - Parameter program: A program from a reader, or one made by hand.
    /// - Returns: The file's contents.
    /// - Throws: ``ProgramError`` if the program says something that the text cannot, or breaks a rule of the
    ///   format. A program from ``NativeParser`` never does.
    /// - Complexity: O(*n*) in the number of statements.
    public static func write(_ program: Program) throws(ProgramError) -> [UInt8] {
        var printer = ProgramPrinter(program)
        try program.checked { body, annotations throws(ProgramError) in
            try printer.print(body, annotations)
        }
        return printer.output
    }

    /// Writes a program as a string.
    ///
    /// - Parameter program: A program from a reader, or one made by hand.
    /// - Returns: The file's contents.
    /// - Throws: ``ProgramError``, as the other form does.
    public static func text(_ program: Program) throws(ProgramError) -> String {
        String(decoding: try write(program), as: UTF8.self)
    }

    /// An operation alone in the words of the format, without who performs it.
    ///
    /// Addresses are numbers.
    ///
    /// - Precondition: it names no device, as what calls are lowered to does not, but for doorbells.
    public static func words(_ operation: Operation) -> String {
        var printer = ProgramPrinter(Program(), namesPlaces: false)
        let start = printer.output.count
        printer.print(operation)
        return String(decoding: printer.output[start...], as: UTF8.self)
    }

    /// What a statement of a program says, in the words of the format, without an agent, annotations or indentation.
    ///
    /// Addresses go by the names that they were given under.
    ///
    /// - Parameters:
    ///   - body: An operation or a declaration; it may differ from what the program says.
    ///   - program: Whose names are meant.
    /// - Returns: the words.
    public static func words(_ body: Statement.Body, of program: Program) -> String {
        var printer = ProgramPrinter(program)
        _ = printer.takeOutput()
        switch body {
        case .declaration(let declaration): printer.print(declaration)
        case .operation(_, .environment(let event)): printer.print(event)
        case .operation(_, let operation): printer.print(operation)
        case .repeatBegin, .spanBegin, .end, .mark: break
        }
        return String(decoding: printer.takeOutput(), as: UTF8.self)
    }
}
