import Lessons

/// A question: what is asked, hints, and the way to an answer.
struct QuestionPart: ScreenPart {
    private let context: LearnContext
    private let lesson: Lesson
    private let number: Int
    private var hints = 0

    init(_ context: LearnContext, lesson: Lesson, number: Int) {
        self.context = context
        self.lesson = lesson
        self.number = number
    }

    private var question: Question { lesson.questions[number - 1] }

    var help: String {
        (question.kind.isTrace ? "s or Enter: open the trace" : "a or Enter: answer   s: the trace")
            + "   h: hint   q: back"
    }

    mutating func lines(_ size: Terminal.Size) -> [ScreenLine] {
        var lines = [
            ScreenLine("Lesson \(lesson.number), question \(number): \(question.title)", .title),
            ScreenLine(""),
        ]
        func add(_ text: String) {
            lines += Paragraph.wrapped(text, width: size.columns).map { ScreenLine($0) }
        }
        add(question.ask)
        add("Answer with \(question.kind.answer).")
        if !question.strategies.isEmpty, question.kind == .strategy {
            add("There are: \(question.strategies.joined(separator: ", ")).")
        }
        for hint in question.hints.prefix(hints) {
            lines.append(ScreenLine(""))
            add("Hint: \(hint)")
        }
        return lines
    }

    mutating func take(_ key: Key, _ size: Terminal.Size) throws -> ScreenMove {
        let (context, question) = (context, question)
        let (lesson, number) = (lesson, number)
        func open() -> ScreenMove {
            .work("Running the trace") {
                try StepPart(context, lesson: lesson, question: number)
            }
        }
        switch key {
        case .character("h"): hints = min(hints + 1, question.hints.count)
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
