import Lessons

/// A lesson's page.
struct PagePart: ScreenPart {
    private let context: LearnContext
    private let place: Int
    private let renderer: BlockRenderer
    /// Blocks are worked out once for each width.
    private var page: (width: Int, lines: [LessonPage.Line])
    private var scrolled = Scrolled()

    init(_ context: LearnContext, lesson place: Int) throws {
        self.context = context
        self.place = place
        renderer = BlockRenderer(
            context.course.lessons[place], files: context.folder.files, machines: context.machines)
        page = (78, try LessonPage(context.course.lessons[place], renderer: renderer).lines)
    }

    private var lesson: Lesson { context.course.lessons[place] }

    var help: String {
        let count = lesson.questions.count
        return "s: step   \(count == 1 ? "1" : "1-\(count)"): question   space/b: scroll   "
            + "n/p: lesson   ?: keys   q: back"
    }

    mutating func lines(_ size: Terminal.Size) -> [ScreenLine] {
        let width = min(size.columns, 100)
        if width != page.width, let set = try? LessonPage(lesson, renderer: renderer, width: width)
        {
            page = (width, set.lines)
        }
        return scrolled.window(page.lines, rows: size.rows).map {
            ScreenLine($0.text, $0.kind == .heading ? .title : .plain)
        }
    }

    mutating func take(_ key: Key, _ size: Terminal.Size) throws -> ScreenMove {
        let context = context
        if scrolled.take(key, rows: size.rows) { return .stay }
        switch key {
        case .character("s"), .enter, .right:
            let lesson = lesson
            return .work("Running the trace") {
                try StepPart(context, lesson: lesson, question: nil)
            }
        case .character("n"), .character("p"):
            let next = place + (key == .character("n") ? 1 : -1)
            guard context.course.lessons.indices.contains(next) else { return .stay }
            return .become(try PagePart(context, lesson: next))
        case .character("?"): return .open(TextPart("Keys", KeyPage.text))
        case .character("q"), .escape, .left: return .back
        case .character(let character):
            guard let number = character.wholeNumberValue,
                lesson.questions.indices.contains(number - 1)
            else { return .stay }
            return .open(QuestionPart(context, lesson: lesson, number: number))
        default: return .stay
        }
    }
}
