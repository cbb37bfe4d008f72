import Testing

@testable import Traces

/// The examples of `docs/trace-format.md`: what people copy must work.
@Suite struct DocumentTests {
    /// The repository's folder, four levels above this file.
    private static let root = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        .dropLast(4).joined(separator: "/")

    /// An example and the line of the document it starts on.
    struct Example: Sendable, CustomTestStringConvertible {
        var line: Int
        var text: String

        var testDescription: String { "line \(line)" }
    }

    static let document: String = {
        let path = root + "/docs/trace-format.md"
        let bytes = try? ByteSource(path: path).readAll(limit: 1 << 20)
        return String(decoding: bytes ?? [], as: UTF8.self)
    }()

    /// The blocks fenced as `staleline` whose first line is the header.
    static let examples: [Example] = {
        var examples: [Example] = []
        var open: Example?
        let lines = document.split(separator: "\n", omittingEmptySubsequences: false)
        for (place, line) in lines.enumerated() {
            if line == "```staleline" {
                open = Example(line: place + 2, text: "")
            } else if line == "```" {
                if let example = open, example.text.hasPrefix("staleline 1\n") {
                    examples.append(example)
                }
                open = nil
            } else {
                open?.text += line + "\n"
            }
        }
        return examples
    }()

    @Test func thereAreExamples() {
        #expect(Self.examples.count >= 12)
    }

    @Test(arguments: examples)
    func parses(_ example: Example) throws {
        let program = try NativeParser.parse(
            Array(example.text.utf8), file: "docs/trace-format.md, \(example.testDescription)")
        let canonical = try NativeWriter.text(program)
        #expect(try parseNative(canonical) == program.canonicalized())
        let bytes = try BinaryWriter.write(program)
        #expect(try BinaryReader.read(bytes, file: "example") == program.canonicalized())
    }

    /// No statement of the format is without an example.
    @Test func everyKeywordHasAnExample() {
        var words: Set<Substring> = []
        for example in Self.examples {
            for line in example.text.split(separator: "\n") {
                let statement = line.split(separator: "#", omittingEmptySubsequences: false)[0]
                words.formUnion(statement.split { $0 == " " || $0 == ":" || $0 == "=" })
            }
        }
        let missing = Vocabulary.keywords.map(\.0).filter { !words.contains(Substring($0)) }
        #expect(missing == [])
    }
}
