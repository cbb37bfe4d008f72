import Lessons
import Testing
import Traces

/// What graders accept and refuse.
@Suite("Grading")
struct GradingTests {
    private let grader = Grader(machines: BundledCourse.machines)

    private func question(_ lesson: String, _ number: Int) throws -> Question {
        let course = try Course(BundledCourse.files)
        return try #require(course.lesson(lesson)).questions[number - 1]
    }

    /// A question's trace with some of its lines replaced; an empty text takes the line away.
    private func changed(_ question: Question, _ changes: [String: String]) throws -> [UInt8] {
        var trace = question.trace
        for (place, text) in changes {
            trace.lines[try trace.line(of: place) - 1] = text
        }
        return trace.bytes
    }

    @Test("To take the load, the store, the transfer, the doorbell or the wait away is no mend")
    func cheating() throws {
        let question = try question("stale-read", 2)
        for place in ["[read2]", "[packet2]", "[two]", "[done2]"] {
            let grade = try grader.grade(
                try changed(question, [place: ""]), file: "a.slt", to: question)
            #expect(!grade.isRight)
            #expect(grade.reasons[0].contains("no longer has"), "\(place): \(grade.reasons)")
        }
    }

    @Test("To store the right bytes, to evict the line, or to change the machine is no mend")
    func otherCheating() throws {
        let question = try question("stale-read", 2)
        for text in ["st rx 4 = 0x22", "env evict rx", "dma0: wr rx 4 = 0x22", "ld rx 4"] {
            let changes = ["[done2]": "wait dma0\n" + text]
            let grade = try grader.grade(
                try changed(question, changes), file: "a.slt", to: question)
            #expect(!grade.isRight && grade.reasons[0].contains("is new"), "\(text)")
        }
    }

    @Test(
        "What a trace is about stays, however well the trace is mended besides",
        arguments: [
            ("machine", "machine stm32h743", "machine imxrt1050"),
            ("kernel", "kernel none", "kernel 6.12"),
            ("set", "set l1d.ways=4", "set l1d.ways=2"),
            ("region", "region page 0x24001000 4K wb", "region page 0x24001000 4K nc"),
            ("alias", "alias window page 0x90000000 wb", "alias window other 0x90000000 wb"),
            ("device", "device dma0", "device dma0 coherent"),
            ("buffer", "buffer rx 0x24000000 32", "buffer rx 0x24000100 32"),
        ])
    func declarations(kind: String, old: String, new: String) throws {
        let question = try #require(Course(CourseFiles(Self.small)).lessons.first).questions[0]
        let mended = try changed(question, ["[done]": "wait dma0\ndc ivac rx\ndsb"])
        let good = try grader.grade(mended, file: "a.slt", to: question)
        #expect(good.isRight, "\(good.reasons)")
        let text = String(decoding: mended, as: UTF8.self)
        #expect(text.contains(old))
        let grade = try grader.grade(
            Array(text.replacing(old, with: new).utf8), file: "a.slt", to: question)
        #expect(
            !grade.isRight && grade.reasons[0].contains("Your trace changes"),
            "\(kind): \(grade.reasons)")
    }

    /// A course of one question, whose trace declares everything.
    private static let small: [String: [UInt8]] = [
        "01-a.md": Array(
            """
            ---
            title: T
            goal: G
            trace: a.slt
            ---
            ```question mend
            title: Forget
            ask: Mend it.
            hint: Invalidate.
            ```
            """.utf8),
        "a.slt": Array(
            """
            staleline 1
            machine stm32h743
            kernel none
            set l1d.ways=4
            device dma0
            buffer rx 0x24000000 32
            region page 0x24001000 4K wb
            region other 0x24003000 4K wb
            alias window page 0x90000000 wb
            dc ivac rx
            dsb
            ld rx 4
            ring dma0
            dma0: wr rx 4 = 0x22
            wait dma0               # [done]
            ld rx 4
            """.utf8),
    ]

    @Test("An allocation is too late behind the first use, also by an alias and in the next round")
    func allocations() throws {
        var files = Self.small
        let text = String(decoding: try #require(files["a.slt"]), as: UTF8.self)
            .replacing("kernel none", with: "kernel 6.12")
            .replacing("rx 0x24000000 32", with: "rx 0x24001000 32")
        func objection(_ text: String, _ old: String, _ new: String) throws -> String {
            files["a.slt"] = Array(text.utf8)
            let question = try #require(Course(CourseFiles(files)).lessons.first).questions[0]
            #expect(text.contains(old))
            let answer = Array(text.replacing(old, with: new).utf8)
            let grade = try grader.grade(answer, file: "a.slt", to: question)
            #expect(!grade.isRight)
            return grade.reasons[0]
        }
        let call = "H = dma_alloc_coherent dma0"
        for place in ["page 4K", "window 4K", "0x24001000 32"] {
            let reason = try objection(text, "wait dma0 ", "wait dma0\n\(call) \(place)\n#")
            #expect(
                reason.contains("stands behind line 12, 'ld rx 4', but allocating"), "\(reason)")
        }
        let other = try objection(text, "wait dma0 ", "wait dma0\n\(call) other 4K\n#")
        #expect(!other.contains("allocating"), "\(other)")
        let loop = text.replacing("dc ivac rx\n", with: "repeat 2\ndc ivac rx\n") + "\nend\n"
        let again = try objection(loop, "dc ivac rx\n", "\(call) page 4K\n")
        #expect(again.contains("comes again behind line 13, 'ld rx 4', but"), "\(again)")
        let once = loop.replacing("repeat 2", with: "repeat 1")
        let alone = try objection(once, "dc ivac rx\n", "\(call) page 4K\n")
        #expect(!alone.contains("allocating"), "\(alone)")
    }

    @Test("Work is the program's where its time counts, and nobody's business elsewhere")
    func work() throws {
        let layout = try question("cache-line", 2)
        let near = [
            "4": "buffer tail 0x10000004 4", "5": "buffer room 0x10000008 4",
        ]
        #expect(try grader.grade(changed(layout, near), file: "a.slt", to: layout).isRight)
        let idle = try grader.grade(
            changed(layout, near.merging(["11": ""]) { $1 }), file: "a.slt", to: layout)
        #expect(!idle.isRight && idle.reasons[0].contains("no longer has"), "\(idle.reasons)")
        let mend = try question("stale-read", 2)
        let busy = try grader.grade(
            changed(mend, ["[done2]": "wait dma0\nwork 9\ndc ivac rx\ndsb"]), file: "a.slt",
            to: mend)
        #expect(busy.isRight, "\(busy.reasons)")
    }

    @Test("What cannot be tried for its size is not said to be impossible")
    func unproved() throws {
        let question = try question("streaming", 2)
        let text = String(decoding: question.trace.bytes, as: UTF8.self)
            .replacing(
                "writel eth0 = 2",
                with: "R = dma_map_single eth0 rx 128 FROM_DEVICE\n"
                    + "dma_mapping_error R\nwritel eth0 = 2"
            )
            .replacing("ld rx 128", with: "dma_unmap_single R\nld rx 128")
        let small = try grader.grade(Array(text.utf8), file: "a.slt", to: question)
        #expect(small.isRight && small.reasons[0].contains("nothing can"), "\(small.reasons)")
        var large = question
        large.trace.lines = large.trace.lines.map { $0.replacing("128", with: "8K") }
        let grade = try grader.grade(
            Array(text.replacing("128", with: "8K").utf8), file: "a.slt", to: large)
        #expect(grade.isRight && !grade.reasons[0].contains("nothing can"), "\(grade.reasons)")
    }

    @Test("A transfer of fewer bytes, or elsewhere, is another transfer")
    func smaller() throws {
        let question = try question("streaming", 2)
        for text in ["eth0: wr rx 64", "eth0: wr rx+64 64"] {
            let grade = try grader.grade(
                try changed(question, ["[packet]": text]), file: "a.slt", to: question)
            #expect(!grade.isRight && grade.reasons[0].contains("no longer has"), "\(text)")
        }
    }

    @Test("How an answer is spelled does not matter")
    func spelling() throws {
        let question = try question("write-buffers", 2)
        let text = String(decoding: question.trace.bytes, as: UTF8.self)
            .replacing("= 0x22", with: "= 34").replacing("wait eth0", with: "wait   eth0 # so")
            .replacing(
                "writel_relaxed eth0 = 1", with: "dsb st\nmark here\nwritel_relaxed eth0 = 0x1")
        let grade = try grader.grade(Array(text.utf8), file: "a.slt", to: question)
        #expect(grade.isRight, "\(grade.reasons)")
    }

    @Test("What is no trace, no number or no strategy is said to be none")
    func garbage() throws {
        let mend = try question("stale-read", 2)
        for bytes in [[], Array("staleline 1\nld\n".utf8), [0xFF, 0xFE, 0x00]] as [[UInt8]] {
            let grade = try grader.grade(bytes, file: "a.slt", to: mend)
            #expect(!grade.isRight && grade.reasons[0].contains("cannot be run"))
        }
        let predict = try question("stale-read", 1)
        for text in ["", "x", "0x", "-1", "99999999999999999999999"] {
            let grade = try grader.grade(Array(text.utf8), file: "a", to: predict)
            #expect(!grade.isRight && grade.reasons[0].contains("no number"), "\(text)")
        }
        let strategy = try question("coherent", 3)
        let grade = try grader.grade(Array("magic\n".utf8), file: "a", to: strategy)
        #expect(!grade.isRight && grade.reasons[0].contains("none of the strategies"))
    }

    @Test("A wrong prediction is told which copy has the number")
    func prediction() throws {
        let grade = try grader.grade(
            Array("0x22".utf8), file: "a", to: try question("stale-read", 1))
        #expect(!grade.isRight)
        #expect(grade.reasons[0].contains("DRAM") && grade.reasons[0].contains("L1D0"))
    }
}
