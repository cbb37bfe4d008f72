import Lessons
import Reports

/// A question: what is asked, hints, and the way to an answer.
struct QuestionPart: ScreenPart {
    private let context: LearnContext
    private let lesson: Lesson
    private let number: Int
    private var hints = 0
    private var scrolled = Scrolled()

    init(_ context: LearnContext, lesson: Lesson, number: Int) {
        self.context = context
        self.lesson = lesson
        self.number = number
    }

    private var question: Question { lesson.questions[number - 1] }

    var help: String {
        (question.kind.isTrace ? "Enter: the trace" : "a: answer  s: trace") + "  h: hint  q: back"
    }

    mutating func lines(_ size: Terminal.Size) -> [ScreenLine] {
        let title = ScreenLine(
            "Lesson \(lesson.number), question \(number): \(question.title)", .title)
        var lines: [ScreenLine] = []
        func add(_ text: String) {
            lines += Format.lines(text, width: size.columns).map { ScreenLine($0) }
        }
        add(question.ask)
        add("Answer with \(question.answer).")
        for hint in question.hints.prefix(hints) {
            lines.append(ScreenLine(""))
            add("Hint: \(hint)")
        }
        return [title, ScreenLine("")] + scrolled.window(lines, rows: size.rows - 2)
    }

    mutating func take(_ key: Key, _ size: Terminal.Size) throws -> ScreenMove {
        let (context, question) = (context, question)
        let (lesson, number) = (lesson, number)
        func open() -> ScreenMove {
            .work("Running the trace") {
                try StepPart(context, lesson: lesson, question: number)
            }
        }
        if scrolled.take(key, rows: size.rows - 2) { return .stay }
        switch key {
        case .character("h"):
            hints = min(hints + 1, question.hints.count)
            // A hint stands at the end.
            scrolled.top = .max / 2
        case .character("s"), .right: return open()
        case .enter, .character("a"):
            if question.kind.isTrace { return open() }
            return .ask("Your answer:") { text in
                let grade = try context.grader.grade(
                    Array(text.utf8), file: "answer", to: question)
                return GradePart.part(grade)
            }
        case .character("q"), .escape, .left: return .back
        default: break
        }
        return .stay
    }
}

/// What a grader says.
enum GradePart {
    static func part(_ grade: Grade) -> TextPart {
        TextPart(
            grade.isRight ? "That is right" : "Not yet", grade.reasons.joined(separator: "\n\n"),
            grade.isRight ? .right : .wrong)
    }
}
