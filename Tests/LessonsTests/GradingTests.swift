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
        for (line, text) in [("2", "machine rpi3"), ("5", "buffer rx 0x24000100 32")] {
            let grade = try grader.grade(
                try changed(question, [line: text]), file: "a.slt", to: question)
            #expect(!grade.isRight, "\(text)")
        }
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
