import Experiments
import Lessons
import Machines
import Reports
import StudioServer
import Traces

/// The course, for the studio: pages as text, traces to load, answers judged by running them.
struct CourseLessons: StudioLessons {
    private let course: Course
    private let files: CourseFiles
    private let machines: MachineSource

    /// Takes a course whose files have been read.
    ///
    /// - Parameters:
    ///   - folder: The course.
    ///   - catalogue: The machines; a name in an answer is looked up here, and never a path.
    /// - Throws: what is wrong with the course.
    init(_ folder: CourseFolder, machines catalogue: MachineCatalogue) throws {
        course = try Course(folder.files)
        files = folder.files
        machines = MachineSource { name, overrides in
            let entry = try catalogue.find(name)
            return try MachineDescription.parse(
                yaml: entry.text, file: entry.file, overrides: overrides
            ).configuration
        }
    }

    var list: JSONValue {
        .array(
            course.lessons.map {
                .object([
                    ("name", .string($0.name)), ("number", .count($0.number)),
                    ("title", .string($0.title)), ("goal", .string($0.goal)),
                ])
            })
    }

    func lesson(_ name: String) throws -> JSONValue? {
        guard let lesson = course.lesson(name) else { return nil }
        let renderer = BlockRenderer(lesson, files: files, machines: machines)
        let page = try LessonPage(lesson, renderer: renderer)
        let lines = page.lines.map { line -> JSONValue in
            let kind =
                switch line.kind {
                case .heading: "heading"
                case .words: "words"
                case .block: "block"
                }
            return .array([.string(kind), .string(line.text)])
        }
        return .object([
            ("name", .string(lesson.name)), ("title", .string(lesson.title)),
            ("page", .array(lines)), ("trace", text(of: lesson.trace)),
            ("breaks", .array(try lesson.breaks.map { try broken($0, of: lesson) })),
            ("questions", .array(lesson.questions.map(question))),
        ])
    }

    private func broken(_ place: String, of lesson: Lesson) throws -> JSONValue {
        let broken = try BrokenTrace(lesson, without: place, machines: machines)
        return .object([
            ("label", .string(broken.statement)), ("trace", text(of: broken.trace)),
        ])
    }

    private func question(_ question: Question) -> JSONValue {
        .object([
            ("title", .string(question.title)), ("ask", .string(question.ask)),
            ("answer", .string(question.answer)), ("isTrace", .bool(question.kind.isTrace)),
            ("trace", text(of: question.trace)),
            ("hints", .array(question.hints.map(JSONValue.string))),
        ])
    }

    private func text(of trace: LessonTrace) -> JSONValue {
        .string(String(decoding: trace.bytes, as: UTF8.self))
    }

    func grade(lesson: String, question: Int, answer: [UInt8], limit: UInt64) throws -> JSONValue? {
        guard let lesson = course.lesson(lesson), lesson.questions.indices.contains(question - 1)
        else { return nil }
        let asked = lesson.questions[question - 1]
        if asked.kind.isTrace, let trace = try? LessonTrace(answer, file: "answer.slt"),
            let setup = try? machines.setup(trace), setup.size > limit
        {
            return .object([
                ("isRight", .bool(false)),
                (
                    "reasons",
                    .array([
                        .string("Your trace is too long: \(setup.size) accesses and operations.")
                    ])
                ),
            ])
        }
        let judged = try Grader(machines: machines).grade(answer, file: "answer.slt", to: asked)
        return .object([
            ("isRight", .bool(judged.isRight)),
            ("reasons", .array(judged.lines().map(JSONValue.string))),
        ])
    }
}
