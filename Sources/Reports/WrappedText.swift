extension Format {
    /// A text in lines of at most 96 characters, each ended; the first after a head, the others as far in.
    static func wrapped(_ head: String, _ text: String) -> String {
        let width = 96
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
