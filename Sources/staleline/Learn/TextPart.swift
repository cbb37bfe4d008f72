import Reports

/// A text to be read and put away.
struct TextPart: ScreenPart {
    private let title: String
    private let text: String
    private let style: ScreenLine.Style
    private var scrolled = Scrolled()

    init(_ title: String, _ text: String, _ style: ScreenLine.Style = .title) {
        self.title = title
        self.text = text
        self.style = style
    }

    var help: String { "up/down: scroll   q or Esc: back" }

    mutating func lines(_ size: Terminal.Size) -> [ScreenLine] {
        let body = text.split(separator: "\n", omittingEmptySubsequences: false).flatMap { line in
            // What is set in columns stays as it is.
            line.hasPrefix(" ")
                ? [String(line)]
                : Format.lines(String(line), width: size.columns)
                    .ifEmpty([""])
        }
        return [ScreenLine(title, style), ScreenLine("")]
            + scrolled.window(body, rows: size.rows - 2).map { ScreenLine($0) }
    }

    mutating func take(_ key: Key, _ size: Terminal.Size) -> ScreenMove {
        if scrolled.take(key, rows: size.rows - 2) { return .stay }
        switch key {
        case .character("q"), .escape, .enter, .left: return .back
        default: return .stay
        }
    }
}

extension [String] {
    /// These, or others if there are none.
    func ifEmpty(_ others: [String]) -> [String] { isEmpty ? others : self }
}
