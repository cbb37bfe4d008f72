import ArgumentParser
import Foundation
import Glibc
import Lessons
import Reports
import Traces

/// `staleline learn`.
struct LearnCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "learn", abstract: "A course in DMA coherency, with traces to step through.",
        discussion: """
            learn                 the course on the whole screen of a terminal
            learn --list          the lessons
            learn 5 --plain       a lesson as text, for pipes and screen readers
            learn 5 --walk        its trace step by step, every copy of what changes
            learn 5 --break inv2  what goes wrong without the line named [inv2]
            learn 5 --question 2 --trace
                                  the trace of a question, to be changed
            learn 5 --question 2 --answer FILE
                                  grades an answer; - is standard input
            learn --check DIR     looks through a course of your own

            Exit status: 0 done, 2 bad input; of --answer 0 right, 1 wrong; of --check 2 errors in the course.
            """)

    @Argument(help: "A lesson's number or name.") var lesson: String?
    @Flag(help: "List the lessons.") var list = false
    @Flag(help: "Print the lesson as text.") var plain = false
    @Flag(help: "Print the trace step by step.") var walk = false
    @Flag(help: "Print the trace that a question begins with.") var trace = false
    @Flag(name: .customLong("hints"), help: "Print a question's hints.") var hints = false
    @Option(
        name: .customLong("break"),
        help: "Take the line of this name, or number, out of the trace, and say what goes wrong.")
    var broken: String?
    @Option(help: "Grade an answer.") var answer: String?
    @Option(help: "Which question of the lesson. Default: 1.") var question: Int?
    @Option(help: "A course in another folder.") var course: String?
    @Option(help: "Look through the course in a folder.") var check: String?
    @Flag(help: "With --check: write into the pages what their blocks come to.") var update = false

    @Flag(help: "Of --list, --answer and --check: print JSON (schema staleline.learn/1).")
    var json = false

    /// Refuses what does not go together.
    func validate() throws {
        let asked = [
            list, plain, walk, trace, hints, broken != nil, answer != nil, check != nil,
        ].count { $0 }
        guard asked <= 1 else {
            throw ValidationError(
                "give one of --list, --plain, --walk, --trace, --hints, --break, --answer, --check")
        }
        guard !json || list || answer != nil || check != nil else {
            throw ValidationError("--json goes with --list, --answer and --check")
        }
        guard !update || check != nil else { throw ValidationError("--update goes with --check") }
        guard check == nil || course == nil else {
            throw ValidationError("--check has its course: --course does not go with it")
        }
        guard lesson == nil || !list && check == nil else {
            throw ValidationError("--list and --check are about the whole course: give no lesson")
        }
        guard lesson != nil || asked == 0 || list || check != nil else {
            throw ValidationError("which lesson? `staleline learn --list` lists them")
        }
        guard question == nil || answer != nil || trace || hints else {
            throw ValidationError("--question goes with --answer, --trace and --hints")
        }
    }

    func run() throws {
        if let check { return try lookThrough(check) }
        let folder = try course.map { try CourseFolder($0) } ?? CourseFolder.bundled()
        let course: Course
        do { course = try Course(folder.files) } catch { throw Self.located(error, folder) }
        if list { return json ? Self.listJSON(course) : Self.list(course) }
        guard let lesson else {
            guard Self.hasScreen else { return Self.list(course) }
            return try LearnScreen(course, folder, lesson: nil).run()
        }
        guard let found = course.lesson(lesson) else {
            throw BadInput(
                "\(lesson): no such lesson; there are "
                    + course.lessons.map(\.name).joined(separator: ", "))
        }
        try show(found, of: course, in: folder)
    }

    private func show(_ lesson: Lesson, of course: Course, in folder: CourseFolder) throws {
        let text = LessonReport(lesson, folder: folder, machines: CourseFolder.machines)
        if let answer { return try grade(answer, lesson) }
        if let broken { return Output.write(try text.broken(broken)) }
        if walk { return Output.write(try text.walk()) }
        if trace {
            return Output.write(String(decoding: try asked(lesson).trace.bytes, as: UTF8.self))
        }
        if hints {
            let hints = try asked(lesson).hints
            return Output.write(hints.map { "- \($0)\n" }.joined())
        }
        guard !plain, Self.hasScreen else { return Output.write(try text.page()) }
        try LearnScreen(course, folder, lesson: lesson.name).run()
    }

    /// Whether there is a terminal that can be drawn on.
    private static var hasScreen: Bool {
        let kind = ProcessInfo.processInfo.environment["TERM"] ?? "dumb"
        return isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 && kind != "dumb"
    }

    private func asked(_ lesson: Lesson) throws -> Question {
        let number = question ?? 1
        guard lesson.questions.indices.contains(number - 1) else {
            throw BadInput(
                "--question \(number): \(lesson.name) has questions 1 to \(lesson.questions.count)")
        }
        return lesson.questions[number - 1]
    }

    private func grade(_ path: String, _ lesson: Lesson) throws {
        let question = try asked(lesson)
        let bytes = try ByteSource(path: path).readAll(limit: 1 << 20)
        let grade = try Grader(machines: CourseFolder.machines).grade(
            bytes, file: path, to: question)
        if json {
            Self.write([
                ("lesson", .string(lesson.name)), ("question", .count(self.question ?? 1)),
                ("right", .bool(grade.isRight)),
                ("reasons", .array(grade.reasons.map(JSONValue.string))),
            ])
        } else {
            Output.write(grade.lines().joined(separator: "\n") + "\n")
        }
        if !grade.isRight { throw ExitCode(1) }
    }

    private static func list(_ course: Course) {
        var table = TextTable([("lesson", .right), ("", .left), ("questions", .right)])
        for lesson in course.lessons {
            table.add(["\(lesson.number)", lesson.title, "\(lesson.questions.count)"])
        }
        Output.write(table.text)
        Output.write("\n`staleline learn 1` begins; `--plain` prints a lesson as text.\n")
    }

    private static func write(_ members: [(String, JSONValue)]) {
        let all = [("schema", JSONValue.string("staleline.learn/1"))] + members
        Output.write(JSONValue.object(all).text + "\n")
    }

    private static func listJSON(_ course: Course) {
        let lessons = course.lessons.map { lesson in
            JSONValue.object([
                ("number", .count(lesson.number)), ("name", .string(lesson.name)),
                ("title", .string(lesson.title)), ("goal", .string(lesson.goal)),
                (
                    "questions",
                    .array(
                        lesson.questions.map { question in
                            .object([
                                ("kind", .string(question.kind.rawValue)),
                                ("title", .string(question.title)), ("ask", .string(question.ask)),
                            ])
                        })
                ),
            ])
        }
        write([("lessons", .array(lessons))])
    }

    // MARK: Looking through

    private func lookThrough(_ path: String) throws {
        let folder = try CourseFolder(path)
        let check = CourseCheck(folder.files, machines: CourseFolder.machines, updating: update)
        for (name, bytes) in check.updated.sorted(by: { $0.key < $1.key }) {
            try OutputTarget.write(bytes, to: "\(path)/\(name)")
            if !json { Output.write("\(path)/\(name): blocks written anew\n") }
        }
        if json {
            Self.write([
                ("errors", .array(check.errors.map { .string("\(path)/\($0)") })),
                ("lessons", .count(check.lessons)), ("questions", .count(check.questions)),
                ("blocks", .count(check.blocks)), ("answers", .count(check.answers)),
            ])
            if !check.errors.isEmpty { throw ExitCode(2) }
            return
        }
        for error in check.errors { Diagnostics.note("\(path)/\(error)") }
        let counts =
            "\(check.lessons) lessons, \(check.questions) questions, \(check.blocks) blocks worked out, "
            + "\(check.answers) answers graded"
        guard check.errors.isEmpty else {
            Diagnostics.note("\(path): \(check.errors.count) errors; \(counts)")
            throw ExitCode(2)
        }
        Output.write("\(path): nothing wrong; \(counts)\n")
    }

    private static func located(_ errors: TraceErrors, _ folder: CourseFolder) -> BadInput {
        BadInput(errors.errors.map { "\(folder.path)/\($0)" }.joined(separator: "\n"))
    }
}
