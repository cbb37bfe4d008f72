import Lessons
import Testing
import Traces

/// Questions whose answers are strategies, and what teachers get wrong in questions and answers.
@Suite("Questions of strategies, and mistakes in questions")
struct StrategyGradeTests {
    private static let trace = """
        staleline 1
        machine am335x
        kernel 4.9
        device eth0
        buffer rx 0x80000000 2K
        ring eth0               # [bell]
        eth0: wr rx 1514
        wait eth0
        ld rx 1514 by 4         # [read]
        """

    private static func page(_ question: String) -> String {
        "---\ntitle: T\ngoal: G\ntrace: a.slt\n---\nWords.\n\n\(question)\n"
    }

    private static let strategy = """
        ```question strategy
        title: P
        ask: Which?
        strategies: streaming, coherent, coherent-port, bounce-swiotlb
        within: 10
        ```
        """

    private static func files(_ question: String, answers: String? = nil) -> CourseFiles {
        var files = ["01-a.md": Array(page(question).utf8), "a.slt": Array(trace.utf8)]
        if let answers { files["answers/01-a.md"] = Array(answers.utf8) }
        return CourseFiles(files)
    }

    @Test(
        "What is wrong has no price, what cannot be had is said to be so, and what is slow by how much"
    )
    func grades() throws {
        let question = try #require(Course(Self.files(Self.strategy)).lessons.first).questions[0]
        let grader = Grader(machines: BundledCourse.machines)
        func grade(_ name: String) throws -> Grade {
            try grader.grade(Array(name.utf8), file: "a", to: question)
        }
        // No port of this machine looks into the caches.
        let wrong = try grade("coherent-port\n")
        #expect(!wrong.isRight)
        #expect(
            wrong.reasons[0].hasPrefix(
                "coherent-port is wrong here, and what is wrong has no price: "),
            "\(wrong.reasons)")
        #expect(wrong.reasons[0].contains(" H26. "), "\(wrong.reasons)")
        let missing = try grade("  bounce-swiotlb")
        #expect(!missing.isRight)
        #expect(
            missing.reasons[0].hasPrefix(
                "bounce-swiotlb cannot be had here: kernel 4.9 has no bounce buffers on am335x"))
        // Each byte is loaded: uncached that is much slower.
        let slow = try grade("coherent")
        #expect(!slow.isRight)
        #expect(slow.reasons[0].hasPrefix("coherent is right, but it takes "), "\(slow.reasons)")
        let best = try grade("streaming")
        #expect(best.isRight && best.reasons[0].hasPrefix("Right: "), "\(best.reasons)")
    }

    private func errors(_ question: String, answers: String? = nil) -> [String] {
        CourseCheck(Self.files(question, answers: answers), machines: BundledCourse.machines).errors
            .map(\.description)
    }

    private static let predict = """
        ```question predict
        title: P
        ask: What?
        count: L1D.reads
        hint: H
        ```
        """

    @Test(
        "A mistake in a question is told with its line",
        arguments: [
            (predict, "count: L1D.reads", "count: moons", "01-a.md:11: found 'moons', expected"),
            (
                predict, "count: L1D.reads", "count: L1D.reads\nread: [read]",
                "01-a.md:8: found both"
            ),
            (predict, "count: L1D.reads\n", "", "01-a.md:8: found neither"),
            (predict, "hint: H", "hint: H\nfree: moon", "01-a.md:13: found 'moon', expected of "),
            (predict, "hint: H", "hint: H\nwithout: [gone]", "01-a.md:13: found '[gone]'"),
            (
                predict, "hint: H", "hint: H\ntrace: b.slt",
                "01-a.md:13: found 'b.slt', expected a trace"
            ),
            (
                strategy, "within: 10", "within: some",
                "01-a.md:12: found 'some', expected a number of percent"
            ),
            (strategy, "within: 10", "within: 1001", "01-a.md:12: found '1001'"),
            (
                strategy, "streaming, coherent, ", "magic, ",
                "01-a.md:11: found 'magic', expected of as-written"
            ),
            (
                strategy, "strategies: streaming, coherent, coherent-port, bounce-swiotlb\n", "",
                "01-a.md:8: found no strategies"
            ),
            (
                strategy, "question strategy", "question cheapest\ncount: L1D.reads\nhint: H",
                "01-a.md:8: found one of 'count' and 'at-most'"
            ),
            (
                strategy, "streaming, coherent, coherent-port, bounce-swiotlb", "coherent-port",
                "01-a.md:8: found question 1, expected a strategy among its own that is right"
            ),
        ])
    func mistakes(question: String, old: String, new: String, expected: String) {
        #expect(question.contains(old))
        let found = errors(question.replacing(old, with: new))
        #expect(found.contains { $0.hasPrefix(expected) }, "\(found)")
    }

    @Test(
        "A mistake in an answer is told with its line",
        arguments: [
            (
                "```answer 1 right\n379",
                "answers/01-a.md:1: found the end of the file, expected '```'"
            ),
            ("\n```answer 1 maybe\n3\n```", "answers/01-a.md:2: found '```answer 1 maybe'"),
        ])
    func answers(text: String, expected: String) {
        let found = errors(Self.predict, answers: text)
        #expect(found.contains { $0.hasPrefix(expected) }, "\(found)")
        // 378 loads of four bytes and one of two.
        #expect(errors(Self.predict, answers: "```answer 1 right\n379\n```\n") == [])
    }

    @Test("Answers to a page that is not there, and edits of lines that are not there")
    func lost() {
        var files = [
            "01-a.md": Array(Self.page(Self.predict).utf8), "a.slt": Array(Self.trace.utf8),
        ]
        files["answers/02-b.md"] = Array("```answer 1 right\n1\n```\n".utf8)
        let found = CourseCheck(CourseFiles(files), machines: BundledCourse.machines).errors
        #expect(
            found.map(\.description).contains {
                $0.hasPrefix(
                    "answers/02-b.md: found answers to no lesson, expected the name of a page: 01-a.md"
                )
            }, "\(found)")
        let mend = Self.predict.replacing("question predict", with: "question mend")
            .replacing("count: L1D.reads\n", with: "")
        let edits = errors(
            mend,
            answers:
                "```answer 1 wrong\nremove [gone]\n```\n\n```answer 1 wrong\nturn [bell]\n```\n")
        #expect(edits.contains { $0.hasPrefix("answers/01-a.md:1: found '[gone]'") }, "\(edits)")
        let words = errors(mend, answers: "```answer 1 wrong\nturn [bell]\n```\n")
        #expect(
            words.contains {
                $0.hasPrefix("answers/01-a.md:1: found 'turn [bell]', expected 'before PLACE")
            }, "\(words)")
    }
}
