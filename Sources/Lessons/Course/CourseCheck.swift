import Experiments
import Traces

/// What a look through a course came to.
public struct CourseCheck: Sendable {
    /// What is wrong, in the order of the files.
    public private(set) var errors: [TraceError] = []
    /// How many lessons there are.
    public private(set) var lessons = 0
    /// How many questions.
    public private(set) var questions = 0
    /// How many blocks were worked out anew.
    public private(set) var blocks = 0
    /// How many answers were graded.
    public private(set) var answers = 0
    /// Pages as they would be with their blocks worked out, where that changes them.
    public private(set) var updated: [String: [UInt8]] = [:]

    private let files: CourseFiles
    private let machines: MachineSource

    /// Looks through a course: reads its pages, works out its blocks, runs its traces, tries its answers.
    ///
    /// - Parameters:
    ///   - files: The course.
    ///   - machines: Where machines come from.
    ///   - updating: Whether blocks that differ are no errors, but kept in ``updated``.
    public init(_ files: CourseFiles, machines: MachineSource, updating: Bool = false) {
        self.files = files
        self.machines = machines
        if files.pages.isEmpty {
            errors.append(
                TraceError(
                    file: ".", found: "no pages",
                    expected: "files as 01-name.md, a page of a course each"))
        }
        for page in files.pages {
            do throws(TraceErrors) {
                let lesson = try LessonReader.read(page, in: files)
                lessons += 1
                check(lesson, updating: updating)
            } catch {
                errors += error.errors
            }
        }
        checkAnswerNames()
    }

    private mutating func check(_ lesson: Lesson, updating: Bool) {
        checkBlocks(lesson, updating: updating)
        checkBreaks(lesson)
        questions += lesson.questions.count
        for (place, question) in lesson.questions.enumerated() {
            checkQuestion(question, number: place + 1, of: lesson)
        }
        checkAnswers(lesson)
    }

    // MARK: Blocks

    private mutating func checkBlocks(_ lesson: Lesson, updating: Bool) {
        let renderer = BlockRenderer(lesson, files: files, machines: machines)
        var changes: [(block: ComputedBlock, lines: [String])] = []
        for case .block(let block) in lesson.parts {
            blocks += 1
            do throws(TraceErrors) {
                let lines = try renderer.lines(block)
                if lines == block.body { continue }
                changes.append((block, lines))
                guard !updating else { continue }
                let place =
                    zip(lines, block.body).enumerated().first { $0.element.0 != $0.element.1 }?
                    .offset ?? min(lines.count, block.body.count)
                errors.append(
                    TraceError(
                        file: lesson.file, line: block.line + 1 + place,
                        found: place < block.body.count
                            ? "'\(block.body[place])'" : "the end of the block",
                        expected: place < lines.count
                            ? "'\(lines[place])', as the tool works it out"
                            : "the end of the block",
                        hint: "'staleline learn --check DIR --update' writes what is worked out"))
            } catch {
                errors += error.errors
            }
        }
        guard updating, !changes.isEmpty else { return }
        do throws(TraceErrors) {
            var text = try LessonText.lines(files.contents(lesson.file), file: lesson.file)
                .map(\.text)
            for (block, lines) in changes.reversed() {
                text.replaceSubrange(block.line..<(block.line + block.body.count), with: lines)
            }
            updated[lesson.file] = Array((text.joined(separator: "\n") + "\n").utf8)
        } catch {
            errors += error.errors
        }
    }

    // MARK: What can be taken out

    private mutating func checkBreaks(_ lesson: Lesson) {
        do throws(TraceErrors) {
            let whole = try Check.run(machines.setup(lesson.trace))
            for place in lesson.breaks {
                let broken = try BrokenTrace(lesson, without: place, machines: machines)
                if broken.result.judgement.findings.count
                    <= whole.judgement.findings.count
                {
                    errors.append(
                        TraceError(
                            file: lesson.file, line: 1, found: "break: \(place)",
                            expected: "an operation without which more is found than with it"))
                }
            }
        } catch {
            errors += error.errors
        }
    }

    // MARK: Questions

    private mutating func checkQuestion(_ question: Question, number: Int, of lesson: Lesson) {
        let grader = Grader(machines: machines)
        func fault(_ found: String, _ expected: String) -> TraceError {
            TraceError(file: lesson.file, line: question.line, found: found, expected: expected)
        }
        do throws(TraceErrors) {
            switch question.kind {
            case .mend, .trim, .cheapest:
                let grade = try grader.grade(
                    question.trace.bytes, file: question.trace.file, to: question)
                if grade.isRight {
                    errors.append(
                        fault(
                            "question \(number), which its trace answers as it is",
                            "a trace that has to be changed"))
                }
            case .predict: _ = try grader.truth(question)
            case .strategy:
                if try grader.comparison(question).recommended == nil {
                    errors.append(
                        fault("question \(number)", "a strategy among its own that is right"))
                }
            }
        } catch {
            errors.append(fault("question \(number): \(error)", "a question that can be graded"))
        }
    }

    // MARK: Answers

    private mutating func checkAnswers(_ lesson: Lesson) {
        let name = "answers/\(lesson.file)"
        guard files.files[name] != nil else { return }
        let grader = Grader(machines: machines)
        do throws(TraceErrors) {
            let file = try AnswerFile(name, in: files, of: lesson)
            for answer in file.answers {
                answers += 1
                let question = lesson.questions[answer.question - 1]
                do throws(TraceErrors) {
                    let grade = try grader.grade(
                        file.bytes(of: answer, to: question), file: "answer", to: question)
                    if let error = Self.difference(grade, answer, name) { errors.append(error) }
                } catch {
                    errors += error.errors
                }
            }
        } catch {
            errors += error.errors
        }
    }

    private static func difference(
        _ grade: Grade, _ answer: SampleAnswer, _ file: String
    ) -> TraceError? {
        let words = grade.reasons.joined(separator: " ")
        let said = grade.isRight ? "right" : "wrong"
        guard grade.isRight == answer.isRight else {
            return TraceError(
                file: file, line: answer.line,
                found: "an answer to question \(answer.question) that is \(said): \(words)",
                expected: answer.isRight ? "a right one" : "a wrong one")
        }
        guard answer.because.isEmpty || words.contains(answer.because) else {
            return TraceError(
                file: file, line: answer.line, found: "'\(words)'",
                expected: "words with '\(answer.because)'")
        }
        return nil
    }

    private mutating func checkAnswerNames() {
        for name in files.files.keys.sorted() where name.hasPrefix("answers/") {
            if !files.pages.contains(String(name.dropFirst(8))) {
                errors.append(
                    TraceError(
                        file: name, found: "answers to no lesson",
                        expected: "the name of a page: "
                            + files.pages.joined(separator: ", ")))
            }
        }
    }
}

/// A lesson's trace with one operation taken out.
public struct BrokenTrace: Sendable {
    /// The trace; the operation stays as a comment.
    public let trace: LessonTrace
    /// What was taken out.
    public let statement: String
    /// What then goes wrong.
    public let result: CheckResult

    /// Takes an operation out and judges what is left.
    ///
    /// - Parameters:
    ///   - lesson: The lesson.
    ///   - place: One of its ``Lesson/breaks``, or a line of its trace.
    ///   - machines: Where machines come from.
    /// - Throws: if there is no such line, or what is left cannot be run.
    public init(
        _ lesson: Lesson, without place: String, machines: MachineSource
    ) throws(TraceErrors) {
        do {
            let line = try lesson.trace.line(of: place)
            trace = try lesson.trace.without([place])
            statement = lesson.trace.statement(of: line)
        } catch {
            throw TraceErrors([error.located(lesson.trace.file, 0)])
        }
        result = try Check.run(machines.setup(trace))
    }
}
