/// A line of the screen and what it is.
struct ScreenLine: Hashable {
    /// What a line is; it is never said by colour alone.
    enum Style: Hashable {
        case plain
        /// A head.
        case title
        /// The line that one stands on.
        case current
        /// Something wrong.
        case wrong
        /// Something right.
        case right
        /// Help.
        case faint
    }

    var text: String
    var style: Style

    init(_ text: String, _ style: Style = .plain) {
        self.text = text
        self.style = style
    }

    /// The line cut to a width, with its style where there are colours.
    func painted(width: Int, hasColours: Bool) -> String {
        let cut = text.count > width ? String(text.prefix(max(width - 1, 0))) + "…" : text
        guard hasColours, style != .plain else { return cut }
        let code =
            switch style {
            case .plain: "0"
            case .title: "1"
            case .current: "7"
            case .wrong: "1;31"
            case .right: "1;32"
            case .faint: "2"
            }
        return "\u{1B}[\(code)m\(cut)\u{1B}[0m"
    }
}

/// A part of the program that has the screen for a while.
protocol ScreenPart {
    /// The lines above the line of keys, no more than there are rows for.
    mutating func lines(_ size: Terminal.Size) -> [ScreenLine]
    /// What the keys do, in a line.
    var help: String { get }
    /// Takes a key.
    mutating func take(_ key: Key, _ size: Terminal.Size) throws -> ScreenMove
}

/// Where it goes after a key.
enum ScreenMove {
    /// The same part goes on.
    case stay
    /// Another part, and afterwards back to this one.
    case open(any ScreenPart)
    /// Another part instead.
    case become(any ScreenPart)
    /// Back.
    case back
    /// Out.
    case quit
    /// A line is typed; Escape: nil.
    case ask(String, then: (String) throws -> ScreenPart?)
    /// A text is changed with the user's editor.
    case edit([UInt8], then: ([UInt8]) throws -> ScreenPart?)
    /// Something that takes a moment, and then another part.
    case work(String, then: () throws -> ScreenPart)
}

/// Lines that are longer than the screen.
struct Scrolled {
    var top = 0

    /// The lines to be seen.
    mutating func window<T>(_ lines: [T], rows: Int) -> [T] {
        top = max(0, min(top, lines.count - rows))
        return Array(lines[top..<min(lines.count, top + rows)])
    }

    /// Moves by a key; false: the key is another's.
    mutating func take(_ key: Key, rows: Int) -> Bool {
        switch key {
        case .up, .character("k"): top -= 1
        case .down, .character("j"): top += 1
        case .pageUp, .character("b"): top -= max(rows - 2, 1)
        case .pageDown, .character(" "): top += max(rows - 2, 1)
        case .home: top = 0
        case .end: top = .max / 2
        default: return false
        }
        return true
    }
}
