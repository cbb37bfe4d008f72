extension Format {
    /// The same for reports with wide tables: lines of at most 100 characters.
    static func wrappedWide(_ head: String, _ text: String) -> String {
        wrapped(head, text, width: 100)
    }

    /// A text in lines of at most `width` characters, each ended; the first after a head, the others as far in.
    static func wrapped(_ head: String, _ text: String, width: Int = 96) -> String {
        var lines: [String] = []
        var line = head
        for word in text.split(whereSeparator: { $0 == " " || $0 == "\n" }) {
            if line.count + word.count + 1 > width, line.count > head.count {
                lines.append(line)
                line = String(repeating: " ", count: head.count)
            }
            line += line.count == head.count ? String(word) : " " + word
        }
        return (lines + [line]).joined(separator: "\n") + "\n"
    }
}
