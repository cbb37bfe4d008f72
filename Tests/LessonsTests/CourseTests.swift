import Foundation
import Lessons
import Machines
import Testing
import Traces

/// The course that comes with the program, and the machines.
enum BundledCourse {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// The pages, traces and answers.
    static let files: CourseFiles = {
        let home = root.appendingPathComponent("Traces/lessons")
        var files: [String: [UInt8]] = [:]
        for name in FileManager.default.enumerator(atPath: home.path)?.allObjects ?? [] {
            guard let name = name as? String, name.hasSuffix(".md") || name.hasSuffix(".slt"),
                let data = try? Data(contentsOf: home.appendingPathComponent(name))
            else { continue }
            files[name] = Array(data)
        }
        return CourseFiles(files)
    }()

    /// The course with one lesson alone.
    static func only(_ page: String) -> CourseFiles {
        CourseFiles(
            files.files.filter { name, _ in
                name == page || name == "answers/\(page)" || name.hasSuffix(".slt")
            })
    }

    static let machines = MachineSource { name, overrides in
        let file = "configs/\(name).yaml"
        let text = try String(contentsOf: root.appendingPathComponent(file), encoding: .utf8)
        return try MachineDescription.parse(yaml: text, file: file, overrides: overrides)
            .configuration
    }
}

@Suite("The bundled course")
struct CourseTests {
    @Test(
        "A lesson's blocks, breaks, questions and answers hold",
        arguments: BundledCourse.files.pages)
    func lesson(page: String) {
        let check = CourseCheck(BundledCourse.only(page), machines: BundledCourse.machines)
        for error in check.errors { Issue.record("\(error)") }
        #expect(check.lessons == 1)
    }

    @Test(
        "There are lessons from the cache line to the choice of a strategy, each with a prediction and a puzzle"
    )
    func lessons() throws {
        let course = try Course(BundledCourse.files)
        #expect(course.lessons.count >= 14)
        #expect(course.lessons.map(\.number) == Array(1...course.lessons.count))
        for lesson in course.lessons {
            #expect(lesson.questions.contains { $0.kind == .predict }, "\(lesson.name)")
            #expect(lesson.questions.contains { $0.kind != .predict }, "\(lesson.name)")
        }
        let kinds = Set(course.lessons.flatMap(\.questions).map(\.kind))
        #expect(kinds == Set(Question.Kind.allCases))
        #expect(course.lessons.count { !$0.breaks.isEmpty } >= 8)
    }

    @Test("Each question is tried with two right answers and two wrong ones, or more")
    func answers() throws {
        for lesson in try Course(BundledCourse.files).lessons {
            let file = try AnswerFile("answers/\(lesson.file)", in: BundledCourse.files, of: lesson)
            for number in 1...lesson.questions.count {
                let answers = file.answers.filter { $0.question == number }
                let right = answers.count { $0.isRight }
                #expect(right >= 2, "\(lesson.name), question \(number)")
                #expect(answers.count - right >= 2, "\(lesson.name), question \(number)")
                for wrong in answers where !wrong.isRight {
                    #expect(!wrong.because.isEmpty, "\(file.file):\(wrong.line)")
                }
                let words = Set(answers.filter(\.isRight).map(\.lines))
                #expect(words.count == right, "\(lesson.name): two right answers are one")
            }
        }
    }

    @Test("A question's own trace is no answer to it")
    func unchanged() throws {
        let grader = Grader(machines: BundledCourse.machines)
        for lesson in try Course(BundledCourse.files).lessons {
            for question in lesson.questions where question.kind == .mend {
                let grade = try grader.grade(
                    question.trace.bytes, file: "answer.slt", to: question)
                #expect(!grade.isRight && !grade.reasons.isEmpty, "\(lesson.name)")
            }
        }
    }

    @Test("Lessons are found by number, by name, and by the name without the number")
    func finding() throws {
        let course = try Course(BundledCourse.files)
        for name in ["5", "05", "05-stale-read", "stale-read"] {
            #expect(course.lesson(name)?.name == "05-stale-read")
        }
        #expect(course.lesson("99") == nil)
        #expect(course.lesson("stale") == nil)
    }

    @Test("A window on a page shows the page's bytes")
    func throughAnAlias() throws {
        let lesson = try #require(Course(BundledCourse.files).lesson("aliases"))
        let renderer = BlockRenderer(
            lesson, files: BundledCourse.files, machines: BundledCourse.machines)
        var blocks: [ComputedBlock] = []
        for case .block(let block) in lesson.parts { blocks.append(block) }
        var block = try #require(blocks.first)
        block.kind = .state
        block.options = ["after": "[change]"]
        func lines(_ address: String) throws -> [String] {
            block.arguments = [address]
            return try renderer.lines(block)
        }
        #expect(try lines("window") == lines("page"))
        #expect(try lines("window+64") == lines("page+64"))
        #expect(try lines("0x90000000") == lines("page"))
        #expect(try lines("page")[0].hasPrefix("page, the 64 bytes"))
    }

    @Test("Lines that a question takes out are out of the trace that students get")
    func without() throws {
        let question = try #require(Course(BundledCourse.files).lesson("speculation")).questions[0]
        let line = try #require(question.trace.lines.first { $0.contains("[second]") })
        #expect(line.hasPrefix("# taken out: "))
    }

    @Test("A place may be written with its brackets or without")
    func places() throws {
        let trace = try #require(Course(BundledCourse.files).lesson("stale-read")).trace
        #expect(try trace.line(of: "inv2") == trace.line(of: "[inv2]"))
        #expect(try trace.line(of: "7") == 7)
        #expect(throws: LessonFault.self) { try trace.line(of: "nowhere") }
    }

    @Test("A page is set in lines of at most 78 columns, but for traces and tables")
    func pages() throws {
        for lesson in try Course(BundledCourse.files).lessons {
            let renderer = BlockRenderer(
                lesson, files: BundledCourse.files, machines: BundledCourse.machines)
            let page = try LessonPage(lesson, renderer: renderer)
            #expect(page.lines.count > 20)
            for line in page.lines where line.kind != .block {
                #expect(line.text.count <= 78, "\(line.text)")
            }
        }
    }

    @Test("A page has the names to choose from, and no table that has the choice made already")
    func choices() throws {
        var choices = 0
        for lesson in try Course(BundledCourse.files).lessons {
            let page = try LessonPage(
                lesson,
                renderer: BlockRenderer(
                    lesson, files: BundledCourse.files, machines: BundledCourse.machines))
            let words = page.lines.map(\.text).joined(separator: " ")
            var compared: Set<String> = []
            for case .block(let block) in lesson.parts where block.kind == .compare {
                compared.insert(block.options["file"] ?? lesson.trace.file)
            }
            for question in lesson.questions where question.kind == .strategy {
                choices += 1
                #expect(!compared.contains(question.trace.file), "\(lesson.name)")
                #expect(words.contains("Answer with \(question.answer)."), "\(lesson.name)")
                for name in question.strategies {
                    #expect(question.answer.contains(name), "\(lesson.name)")
                }
            }
        }
        #expect(choices >= 3)
    }
}
