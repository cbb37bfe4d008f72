import Operations
import Traces

/// A trace of a course: its text, which students change, and the names of its lines.
///
/// A comment that begins with a name in brackets names its line: `dsb   # [barrier] until the clean is done`.
public struct LessonTrace: Sendable, Hashable {
    /// The file's name.
    public var file: String
    /// Its lines.
    public var lines: [String]

    /// Takes the contents of a file.
    ///
    /// - Throws: where it is not UTF-8.
    public init(_ bytes: [UInt8], file: String) throws(TraceErrors) {
        self.file = file
        lines = try LessonText.lines(bytes, file: file).map(\.text)
    }

    /// The file's contents.
    public var bytes: [UInt8] { Array((lines.joined(separator: "\n") + "\n").utf8) }

    /// What it says.
    ///
    /// - Throws: where it is no trace.
    public func program() throws(TraceErrors) -> Program {
        try NativeParser.parse(bytes, file: file)
    }

    /// The name of each named line, from 1.
    public var labels: [(name: String, line: Int)] {
        lines.enumerated().compactMap { place, text in
            Self.label(of: text).map { ($0, place + 1) }
        }
    }

    private static func label(of text: String) -> String? {
        guard let mark = text.firstIndex(of: "#") else { return nil }
        let comment = LessonText.trimmed(String(text[mark...].dropFirst()))
        guard comment.first == "[", let end = comment.firstIndex(of: "]") else { return nil }
        return String(comment[comment.index(after: comment.startIndex)..<end])
    }

    /// A place as pages and students write it: a line's number, or a name with its brackets or without.
    ///
    /// - Returns: the number, or the name in brackets.
    public static func place(_ text: String) -> String {
        Int(text) == nil && text.first != "[" ? "[\(text)]" : text
    }

    /// A place without its brackets.
    public static func name(_ place: String) -> String {
        String(place.drop { $0 == "[" }.prefix { $0 != "]" })
    }

    /// The line, from 1, that a place means: a number, or a name with its brackets or without.
    ///
    /// - Throws: what is wrong with the place, in words.
    public func line(of text: String) throws(LessonFault) -> Int {
        let place = Self.place(text)
        if place.first == "[", place.last == "]" {
            let name = String(place.dropFirst().dropLast())
            let found = labels.filter { $0.name == name }
            guard let first = found.first else {
                throw LessonFault(
                    found: "'\(place)'",
                    expected: "a line of \(file) that is named: "
                        + labels.map { "[\($0.name)]" }.joined(separator: ", "))
            }
            guard found.count == 1 else {
                throw LessonFault(
                    found: "'\(place)' in lines "
                        + found.map { "\($0.line)" }.joined(separator: ", ") + " of \(file)",
                    expected: "a name that one line has")
            }
            return first.line
        }
        guard let number = Int(place), lines.indices.contains(number - 1) else {
            throw LessonFault(
                found: "'\(place)'",
                expected: "a line of \(file), 1 to \(lines.count), or a name as [bell]")
        }
        return number
    }

    /// What a line says, without its comment.
    public func statement(of line: Int) -> String {
        LessonText.trimmed(String(lines[line - 1].prefix { $0 != "#" }))
    }

    /// The trace without some lines; they stay as comments, so that all others keep their numbers.
    ///
    /// - Throws: if there is no such line.
    public func without(_ places: [String]) throws(LessonFault) -> LessonTrace {
        var result = self
        for place in places {
            let line = try line(of: place)
            result.lines[line - 1] = "# taken out: " + lines[line - 1]
        }
        return result
    }
}

/// Something wrong with a page, without its place.
public struct LessonFault: Error, Hashable, Sendable {
    /// What stands there.
    public var found: String
    /// What may stand there.
    public var expected: String

    /// The fault with its place.
    func located(_ file: String, _ line: Int) -> TraceError {
        TraceError(file: file, line: line, found: found, expected: expected)
    }
}
