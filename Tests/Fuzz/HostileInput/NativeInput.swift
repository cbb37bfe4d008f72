import Operations

@testable import Traces

/// The native format as text and as its binary twin.
enum NativeInput {
    /// Reads a text; what was read is written both ways and read again.
    static func text(_ bytes: [UInt8]) throws {
        let program = try NativeParser.parse(bytes, file: "input")
        try check(program)
    }

    /// Reads a binary trace whole, as a stream, and as far as it is whole.
    static func binary(_ bytes: [UInt8]) throws {
        let whole = Result { try BinaryReader.read(bytes, file: "input") }
        try stream(bytes, whole)
        cut(bytes)
        try check(whole.get())
    }

    /// The same program comes back from both forms.
    private static func check(_ program: Program) throws {
        let canonical = program.canonicalized()
        let text = try write(program, "text") { try NativeWriter.write($0) }
        try hold(
            try again("text") { try NativeParser.parse(text, file: "again") } == canonical,
            "the text that was written says something else")
        let binary = try write(program, "binary") { try BinaryWriter.write($0) }
        try hold(
            try again("binary") { try BinaryReader.read(binary, file: "again") } == canonical,
            "the binary trace that was written says something else")
    }

    private static func write(
        _ program: Program, _ form: String, _ body: (Program) throws -> [UInt8]
    ) throws(Contradiction) -> [UInt8] {
        do { return try body(program) } catch {
            throw Contradiction("what was read cannot be written as \(form): \(error)")
        }
    }

    private static func again(
        _ form: String, _ body: () throws -> Program
    ) throws(Contradiction) -> Program {
        do { return try body() } catch {
            throw Contradiction("what was written as \(form) cannot be read: \(error)")
        }
    }

    /// The stream delivers as many statements as the program has, or an error like it.
    private static func stream(_ bytes: [UInt8], _ whole: Result<Program, any Error>) throws {
        var count = 0
        do {
            let reader = try BinaryAccessReader(bytes, file: "input")
            reader.deliversStatements = true
            let block = UnsafeMutableBufferPointer<MemoryAccess>.allocate(capacity: 512)
            defer { block.deallocate() }
            while true {
                let more = try reader.read(into: block)
                let statement = reader.takeStatement()
                if more == 0, statement == nil { break }
                count += more + (statement == nil ? 0 : 1)
            }
        } catch {
            guard case .success = whole else { return }
            throw Contradiction("the stream refuses what the whole is: \(error)")
        }
        guard case .success(let program) = whole else { return }
        try hold(
            count == program.statements.count,
            "\(count) statements in the stream, \(program.statements.count) in the program")
    }

    /// A file that was cut: any answer is right that is one.
    private static func cut(_ bytes: [UInt8]) {
        _ = try? BinaryReader.wholePart(bytes, file: "input")
        _ = try? BinaryReader.read(bytes, file: "input", allowingCut: true)
    }
}
