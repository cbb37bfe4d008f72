extension Format {
    /// A text in lines of at most `width` characters; words that are longer stand alone.
    ///
    /// - Parameters:
    ///   - text: Words; blanks and ends of lines part them.
    ///   - width: The most characters of a line.
    ///   - indent: How many blanks stand before the lines that go on.
    /// - Returns: the lines; none for a text without words.
    public static func lines(_ text: String, width: Int, indent: Int = 0) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(whereSeparator: { $0 == " " || $0 == "\n" }) {
            if !line.isEmpty, line.count + 1 + word.count > width {
                lines.append(line)
                line = String(repeating: " ", count: indent) + word
            } else {
                line += line.isEmpty ? String(word) : " " + word
            }
        }
        return line.isEmpty ? lines : lines + [line]
    }

    /// The same for reports with wide tables: lines of at most 100 characters.
    static func wrappedWide(_ head: String, _ text: String) -> String {
        wrapped(head, text, width: 100)
    }

    /// A text in lines of at most `width` characters, each ended; the first after a head, the others as far in.
    static func wrapped(_ head: String, _ text: String, width: Int = 96) -> String {
        let rest = lines(text, width: width - head.count)
        let margin = String(repeating: " ", count: head.count)
        return head + rest.joined(separator: "\n" + margin) + "\n"
    }
}
