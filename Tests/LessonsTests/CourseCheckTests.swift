import Lessons
import Testing
import Traces

/// Courses that teachers write, with mistakes.
@Suite("Looking through a course")
struct CourseCheckTests {
    private static let trace = """
        staleline 1
        machine stm32h743
        kernel none
        device dma0
        buffer rx 0x24000000 32
        ld rx 4                 # [old]
        ring dma0               # [bell]
        dma0: wr rx 4 = 0x22
        wait dma0
        dc ivac rx              # [forget]
        dsb
        ld rx 4                 # [read]
        """

    private static let page = """
        ---
        title: T
        goal: G
        trace: a.slt
        break: forget
        ---
        Words.

        ```finds
        stm32h743: nothing found
        ```

        ```question predict
        title: P
        ask: What?
        read: [read]
        hint: H
        ```
        """

    private func errors(
        page: String = Self.page, trace: String = Self.trace, answers: String? = nil
    ) -> [String] {
        var files = ["01-a.md": Array(page.utf8), "a.slt": Array(trace.utf8)]
        if let answers { files["answers/01-a.md"] = Array(answers.utf8) }
        return CourseCheck(CourseFiles(files), machines: BundledCourse.machines).errors
            .map(\.description)
    }

    @Test("A small course without a mistake")
    func good() {
        #expect(errors() == [])
        #expect(errors(answers: "```answer 1 right\n0x22\n```\n```answer 1 wrong\n3\n```") == [])
    }

    @Test(
        "A mistake is told with its place, what was found and what is expected",
        arguments: [
            ("title: T\n", "", "01-a.md:1: found a head without 'title'"),
            ("trace: a.slt", "trace: b.slt", "01-a.md:4: found 'b.slt'"),
            ("break: forget", "break: forgot", "01-a.md:5: found '[forgot]'"),
            ("break: forget", "break: bell", "01-a.md:1: found break: [bell]"),
            ("break: forget", "breaks: forget", "01-a.md:5: found 'breaks: forget'"),
            ("nothing found", "something", "01-a.md:10: found 'stm32h743: something'"),
            ("finds\n", "finds where=x\n", "01-a.md:9: found 'where=x'"),
            ("```finds", "```state rx after=[nowhere]", "01-a.md:9: found '[nowhere]'"),
            ("```finds", "```state tx after=[read]", "01-a.md:9: found 'tx'"),
            ("```finds", "```counts L1D.hits", "01-a.md:9: found 'L1D.hits'"),
            ("question predict", "question guess", "01-a.md:13: found 'guess'"),
            ("read: [read]", "read: [bell]", "01-a.md:13: found question 1"),
            ("read: [read]", "reads: [read]", "01-a.md:16: found 'reads: [read]'"),
            ("hint: H\n", "", "01-a.md:13: found a question without a hint"),
            (
                "question predict", "question mend",
                "01-a.md:13: found question 1, which its trace answers"
            ),
            ("hint: H\n```", "hint: H", "01-a.md:13: found the end of the page"),
        ])
    func mistakes(old: String, new: String, expected: String) {
        let found = errors(page: Self.page.replacing(old, with: new))
        #expect(found.contains { $0.contains(expected) }, "\(found)")
    }

    @Test("Lines may end with CR and LF; what is no UTF-8 is refused")
    func encodings() {
        #expect(errors(page: Self.page.replacing("\n", with: "\r\n")) == [])
        let files = CourseFiles(["01-a.md": [0x2D, 0xFF, 0xFE], "a.slt": Array(Self.trace.utf8)])
        let check = CourseCheck(files, machines: BundledCourse.machines)
        #expect(check.errors.map(\.description)[0].contains("not UTF-8"))
    }

    @Test("A page without a head, and a course without pages")
    func empty() {
        #expect(errors(page: "Words.\n")[0].hasPrefix("01-a.md:1: found 'Words.', expected a head"))
        #expect(errors(page: "")[0].hasPrefix("01-a.md:1: found an empty file"))
        let nothing = CourseCheck(CourseFiles([:]), machines: BundledCourse.machines)
        #expect(nothing.errors.map(\.description)[0].contains("no pages"))
    }

    @Test("A trace with a mistake is told with its own place")
    func trace() {
        let found = errors(trace: Self.trace.replacing("wait dma0", with: "wait dma1"))
        #expect(found.contains { $0.hasPrefix("a.slt:9") }, "\(found)")
        let machine = errors(trace: Self.trace.replacing("stm32h743", with: "zx81"))
        #expect(machine.contains { $0.contains("machine zx81") }, "\(machine)")
    }

    @Test("An answer that is graded otherwise than it says, and one that cannot be made")
    func answers() {
        let wrong = errors(answers: "```answer 1 right\n0x11\n```")
        #expect(wrong.contains { $0.hasPrefix("answers/01-a.md:1: found an answer") }, "\(wrong)")
        let none = errors(answers: "\n```answer 2 right\n0x22\n```")
        #expect(none.contains { $0.hasPrefix("answers/01-a.md:2: found") }, "\(none)")
        let words = errors(answers: "```answer 1 wrong\nbecause: moon\n3\n```")
        #expect(words.contains { $0.contains("expected words with 'moon'") }, "\(words)")
    }

    @Test("Blocks are written anew where that is asked for")
    func updating() throws {
        let page = Self.page.replacing("stm32h743: nothing found\n", with: "")
        let files = CourseFiles(["01-a.md": Array(page.utf8), "a.slt": Array(Self.trace.utf8)])
        let check = CourseCheck(files, machines: BundledCourse.machines, updating: true)
        #expect(check.errors.isEmpty)
        let text = String(decoding: try #require(check.updated["01-a.md"]), as: UTF8.self)
        #expect(text == Self.page + "\n")
    }
}
