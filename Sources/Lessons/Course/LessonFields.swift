import Traces

/// One line of a page with its number in the file, from 1.
struct LessonLine: Sendable, Hashable {
    /// The number.
    var number: Int
    /// The text without its end.
    var text: String
}

/// `key: value` lines, of which heads of lessons and questions consist.
///
/// A line that begins with a blank goes on with the value above it.
struct LessonFields: Sendable {
    /// One value.
    struct Field: Sendable, Hashable {
        /// Before the colon.
        var key: String
        /// Behind it, lines that go on joined by blanks.
        var value: String
        /// Where it begins.
        var line: Int
    }

    /// All, in their order.
    private(set) var fields: [Field] = []

    /// Reads lines.
    ///
    /// - Parameters:
    ///   - lines: The lines between the marks.
    ///   - file: Its name, for errors.
    ///   - keys: Which keys there are.
    ///   - errors: Takes what is wrong.
    init(_ lines: [LessonLine], file: String, keys: [String], errors: inout TraceErrors) {
        for line in lines {
            let text = LessonText.trimmed(line.text)
            if text.isEmpty { continue }
            if line.text.first == " " || line.text.first == "\t", !fields.isEmpty {
                fields[fields.count - 1].value += " " + text
                continue
            }
            let key = String(text.prefix { $0 != ":" })
            guard keys.contains(key), key.count < text.count else {
                errors.append(
                    TraceError(
                        file: file, line: line.number, found: "'\(text)'",
                        expected: keys.map { "'\($0): …'" }.joined(separator: ", ")))
                continue
            }
            let value = LessonText.trimmed(String(text.dropFirst(key.count + 1)))
            fields.append(Field(key: key, value: value, line: line.number))
        }
    }

    /// The first value of a key.
    subscript(key: String) -> Field? { fields.first { $0.key == key } }

    /// All values of a key.
    func all(_ key: String) -> [Field] { fields.filter { $0.key == key } }

    /// The words of a list with commas.
    static func list(_ value: String) -> [String] {
        value.split(separator: ",").map { LessonText.trimmed(String($0)) }.filter { !$0.isEmpty }
    }
}

/// Small helpers for the text of pages.
enum LessonText {
    /// A text without the blanks around it.
    static func trimmed(_ text: String) -> String {
        var rest = text[...]
        while let first = rest.first, first == " " || first == "\t" { rest.removeFirst() }
        while let last = rest.last, last == " " || last == "\t" || last == "\r" {
            rest.removeLast()
        }
        return String(rest)
    }

    /// The lines of a file.
    ///
    /// - Throws: where it is not UTF-8.
    static func lines(_ bytes: [UInt8], file: String) throws(TraceErrors) -> [LessonLine] {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw TraceErrors([
                TraceError(file: file, found: "bytes that are not UTF-8", expected: "UTF-8 text")
            ])
        }
        // CR and LF are one character.
        var lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines.enumerated().map { place, line in
            LessonLine(
                number: place + 1, text: line.last == "\r" ? String(line.dropLast()) : String(line))
        }
    }
}
