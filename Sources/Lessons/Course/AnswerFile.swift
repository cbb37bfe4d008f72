import Traces

/// An answer that a course brings along to show that its question is graded as it should be.
public struct SampleAnswer: Sendable, Hashable {
    /// The question, from 1.
    public var question: Int
    /// Whether it is right.
    public var isRight: Bool
    /// What the grader's words have to have in them; empty: anything.
    public var because: String
    /// The answer: edits of the question's trace, or one line with a number or a name.
    public var lines: [String]
    /// Where it begins in the file.
    public var line: Int
}

/// The answers of a lesson, in `answers/NAME.md`: blocks of code that are called `answer 1 right` or `answer 1 wrong`.
public struct AnswerFile: Sendable {
    /// The file's name within the course.
    public var file: String
    /// The answers, in their order.
    public var answers: [SampleAnswer] = []

    /// Reads a file.
    ///
    /// - Throws: what is wrong with it.
    public init(_ file: String, in files: CourseFiles, of lesson: Lesson) throws(TraceErrors) {
        self.file = file
        var errors = TraceErrors()
        let lines = try LessonText.lines(files.contents(file), file: file)
        var place = 0
        while place < lines.count {
            let line = lines[place]
            place += 1
            guard line.text.hasPrefix("```answer") else { continue }
            guard let end = lines[place...].firstIndex(where: { $0.text == "```" }) else {
                errors.append(
                    TraceError(
                        file: file, line: line.number, found: "the end of the file",
                        expected: "'```', which closes the answer that begins here"))
                break
            }
            let words = line.text.dropFirst(3).split(separator: " ").map(String.init)
            var answer = SampleAnswer(
                question: 0, isRight: words.last == "right", because: "",
                lines: lines[place..<end].map(\.text).filter { !$0.isEmpty }, line: line.number)
            place = end + 1
            guard words.count == 3, let number = Int(words[1]),
                lesson.questions.indices.contains(number - 1),
                words[2] == "right" || words[2] == "wrong"
            else {
                errors.append(
                    TraceError(
                        file: file, line: line.number, found: "'\(line.text)'",
                        expected:
                            "'answer N right' or 'answer N wrong', N from 1 to \(lesson.questions.count)"
                    ))
                continue
            }
            answer.question = number
            if let first = answer.lines.first, first.hasPrefix("because:") {
                answer.because = LessonText.trimmed(String(first.dropFirst(8)))
                answer.lines.removeFirst()
            }
            answers.append(answer)
        }
        guard errors.isEmpty else { throw errors }
    }

    /// The bytes that a student would hand in.
    ///
    /// - Throws: an edit that cannot be made.
    public func bytes(
        of answer: SampleAnswer, to question: Question
    ) throws(TraceErrors) -> [UInt8] {
        switch question.kind {
        case .predict, .strategy: return Array((answer.lines.joined(separator: "\n") + "\n").utf8)
        case .mend, .trim, .cheapest: break
        }
        do { return try TraceEdits(answer.lines).applied(to: question.trace).bytes } catch {
            throw TraceErrors([error.located(file, answer.line)])
        }
    }
}

/// Edits of a trace: `before PLACE: TEXT`, `after PLACE: TEXT`, `at end: TEXT`, `replace PLACE: TEXT`, `remove PLACE`,
/// `move PLACE before PLACE`.
struct TraceEdits {
    private let edits: [String]

    init(_ lines: [String]) { edits = lines }

    /// The trace with all edits made; the places are those of the trace as it was.
    func applied(to trace: LessonTrace) throws(LessonFault) -> LessonTrace {
        var before: [Int: [String]] = [:]
        var gone: Set<Int> = []
        for edit in edits {
            let head = LessonText.trimmed(String(edit.prefix { $0 != ":" }))
            let text = LessonText.trimmed(
                String(edit.dropFirst(edit.prefix { $0 != ":" }.count + 1)))
            let words = head.split(separator: " ").map(String.init)
            switch (words.first, words.count) {
            case ("before", 2): before[try trace.line(of: words[1]), default: []].append(text)
            case ("after", 2): before[try trace.line(of: words[1]) + 1, default: []].append(text)
            case ("at", 2) where words[1] == "end":
                before[trace.lines.count + 1, default: []].append(text)
            case ("replace", 2):
                let line = try trace.line(of: words[1])
                gone.insert(line)
                before[line, default: []].append(text)
            case ("remove", 2): gone.insert(try trace.line(of: words[1]))
            case ("move", 4) where words[2] == "before":
                let line = try trace.line(of: words[1])
                gone.insert(line)
                before[try trace.line(of: words[3]), default: []].append(trace.lines[line - 1])
            default:
                throw LessonFault(
                    found: "'\(edit)'",
                    expected: "'before PLACE: TEXT', 'after PLACE: TEXT', 'at end: TEXT', "
                        + "'replace PLACE: TEXT', 'remove PLACE' or 'move PLACE before PLACE'")
            }
        }
        var result = trace
        result.lines = []
        for (place, line) in trace.lines.enumerated() {
            result.lines += before[place + 1] ?? []
            if !gone.contains(place + 1) { result.lines.append(line) }
        }
        result.lines += before[trace.lines.count + 1] ?? []
        return result
    }
}
