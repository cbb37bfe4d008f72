import Lessons

/// The list of lessons.
struct MenuPart: ScreenPart {
    private let context: LearnContext
    private var chosen = 0
    private var scrolled = Scrolled()

    init(_ context: LearnContext) { self.context = context }

    var help: String { "up/down: choose   Enter: open   ?: keys   q: quit" }

    mutating func lines(_ size: Terminal.Size) -> [ScreenLine] {
        let rows = size.rows - 2
        if chosen < scrolled.top { scrolled.top = chosen }
        if chosen >= scrolled.top + rows { scrolled.top = chosen - rows + 1 }
        let all = context.course.lessons.enumerated().map { place, lesson in
            let number = String(lesson.number)
            let padding = String(repeating: " ", count: max(0, 3 - number.count))
            return ScreenLine(
                "\(place == chosen ? ">" : " ")\(padding)\(number)  \(lesson.title)",
                place == chosen ? .current : .plain)
        }
        return [ScreenLine("A course in DMA coherency", .title), ScreenLine("")]
            + scrolled.window(all, rows: rows)
    }

    mutating func take(_ key: Key, _ size: Terminal.Size) throws -> ScreenMove {
        let last = context.course.lessons.count - 1
        switch key {
        case .up, .character("k"): chosen = max(chosen - 1, 0)
        case .down, .character("j"): chosen = min(chosen + 1, last)
        case .pageUp, .home: chosen = 0
        case .pageDown, .end: chosen = last
        case .enter, .right:
            let (context, place) = (context, chosen)
            return .work("Drawing the page") { try PagePart(context, lesson: place) }
        case .character("?"): return .open(TextPart("Keys", KeyPage.text))
        case .character("q"), .escape: return .quit
        default: break
        }
        return .stay
    }
}

/// All keys.
enum KeyPage {
    static let text = """
        In the list: up and down choose a lesson, Enter opens it, q quits.

        In a lesson:
          up, down, Space, b    scroll
          s                     step through the trace
          1 to 9                a question
          n, p                  the next lesson, the one before
          q or Esc              back

        At a question:
          Enter                 the trace that it is about, or your answer
          s                     the trace
          h                     a hint
          up, down, Space, b    scroll
          q or Esc              back

        In a trace:
          right or Space        a step on; o: whole statements or single operations
          left                  a step back
          Home, End             to the start, to the end
          f, F                  to the next finding, to the one before
          w                     watch a byte: its life so far, every copy of it
          m                     another machine
          e                     change the trace with your editor ($VISUAL, $EDITOR), and run it
          x                     break it: take a line out that the lesson names, or any other
          r                     the trace as it was
          h                     a hint, if it is a question's
          a                     hand the trace in, if it is a question's
          up, down              scroll the copies
          i                     the finding shown last, in full
          t                     the whole state in words
          q or Esc              back

        Without a screen: `staleline learn LESSON --plain`, `--walk`, `--answer FILE`.
        """
}
