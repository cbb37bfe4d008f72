import Reports
import Traces

/// A lesson as lines of plain text, with its blocks worked out.
public struct LessonPage: Sendable {
    /// One line and what it is, for whoever paints it.
    public struct Line: Sendable, Hashable {
        /// What a line is.
        public enum Kind: Sendable {
            /// A title or heading.
            case heading
            /// Words.
            case words
            /// A line of a block: it is shown as it is.
            case block
        }

        /// What it is.
        public var kind: Kind
        /// The text, no wider than the page but for long lines of traces.
        public var text: String
    }

    /// The page from the first line on.
    public private(set) var lines: [Line] = []
    private let width: Int

    /// Sets a page.
    ///
    /// - Parameters:
    ///   - lesson: What it shows.
    ///   - renderer: Works out the blocks.
    ///   - width: How many columns there are.
    /// - Throws: where a block cannot be worked out.
    public init(
        _ lesson: Lesson, renderer: BlockRenderer, width: Int = 78
    ) throws(TraceErrors) {
        self.width = width
        add(.heading, "Lesson \(lesson.number): \(lesson.title)")
        add(.words, "")
        wrap("Goal: " + lesson.goal)
        for part in lesson.parts {
            switch part {
            case .words(let words): set(words)
            case .block(let block):
                blank()
                for line in try renderer.lines(block) {
                    add(.block, line.isEmpty ? "" : "    " + line)
                }
                blank()
            case .question(let place):
                blank()
                set(lesson.questions[place], number: place + 1)
                blank()
            }
        }
        while lines.last?.text.isEmpty == true { lines.removeLast() }
    }

    /// The page as text.
    public var text: String { lines.map { $0.text + "\n" }.joined() }

    private mutating func add(_ kind: Line.Kind, _ text: String) {
        lines.append(Line(kind: kind, text: text))
    }

    private mutating func blank() {
        if lines.last?.text.isEmpty == false { add(.words, "") }
    }

    private mutating func wrap(_ text: String, indent: Int = 0) {
        for line in Format.lines(text, width: width, indent: indent) { add(.words, line) }
    }

    private mutating func set(_ question: Question, number: Int) {
        add(.heading, "Question \(number): \(question.title)")
        wrap(question.ask)
        wrap("Answer with \(question.answer).")
    }

    /// Sets Markdown: paragraphs are filled, rows of tables become items of a list, emphasis goes.
    private mutating func set(_ words: [String]) {
        var paragraph = ""
        var isCode = false
        func isItem(_ line: String) -> Bool {
            line.hasPrefix("- ") || line.first?.isNumber == true && line.contains(". ")
        }
        for line in words {
            let text = line.replacing("**", with: "")
            if text.hasPrefix("```") {
                flush(&paragraph)
                isCode.toggle()
            } else if isCode {
                add(.block, "    " + text)
            } else if text.hasPrefix("#") {
                flush(&paragraph)
                blank()
                add(.heading, LessonText.trimmed(String(text.drop { $0 == "#" })))
            } else if text.isEmpty {
                flush(&paragraph)
                blank()
            } else if text.hasPrefix("|") {
                flush(&paragraph)
                setRow(text)
            } else if isItem(text) {
                flush(&paragraph)
                paragraph = text
            } else {
                paragraph += paragraph.isEmpty ? text : " " + LessonText.trimmed(text)
            }
        }
        flush(&paragraph)
    }

    /// Sets a row of a table: its first cell, then what the others say of it.
    private mutating func setRow(_ row: String) {
        let cells = row.split(separator: "|").map { LessonText.trimmed(String($0)) }
        guard let first = cells.first, !first.hasPrefix("---") else { return }
        wrap("- \(first): " + cells.dropFirst().joined(separator: "; "), indent: 2)
    }

    private mutating func flush(_ paragraph: inout String) {
        guard !paragraph.isEmpty else { return }
        wrap(paragraph, indent: paragraph.hasPrefix("- ") ? 2 : 0)
        paragraph = ""
    }
}

extension Question {
    /// What an answer is, in words.
    public var answer: String {
        switch kind {
        case .mend: "the trace, changed so that nothing goes wrong"
        case .trim: "the trace without what it does not need"
        case .predict: "a number, such as 17 or 0x11"
        case .cheapest: "the trace, changed so that it is right and quick"
        case .strategy: "the name of one of these strategies: " + strategies.joined(separator: ", ")
        }
    }
}

extension Question.Kind {
    /// Whether an answer is a changed trace.
    public var isTrace: Bool { self != .predict && self != .strategy }
}

extension Grade {
    /// The grade in lines of at most `width` characters.
    public func lines(width: Int = 78) -> [String] {
        (isRight ? [] : ["Not yet."])
            + reasons.flatMap { reason in
                reason.split(separator: "\n", omittingEmptySubsequences: false).flatMap {
                    Format.lines(String($0), width: width)
                }
            }
    }
}
