import Lessons
import Testing
import Traces

/// What an answer has to keep of a trace with everything that a device can do.
@Suite("What answers keep")
struct FrozenStatementTests {
    private static let trace = """
        staleline 1
        machine am335x
        kernel none
        swiotlb 0x18000000 64K
        device dma0
        layout link 16 next 0 4 source 4 4 length 8 2 status 12 4 = 0x80000000
        region list 0x10000000 4K nc
        buffer body 0x10002000 64
        buffer twin 0x10003000 64
        span work
          st body 64 by 4
          copy twin body 64 by 4
        end
        st list 4 = 0
        st list+4 4 = 0x10003000
        st list+8 2 = 64
        dsb                     # [order]
        ring dma0
        dma0: fetch list 16 chain link
        wait dma0
        """

    private static let page = """
        ---
        title: T
        goal: G
        trace: a.slt
        ---
        ```question mend
        title: P
        ask: What?
        free: buffers
        hint: H
        ```
        """

    /// What is said of an answer, in which the first of two texts is replaced.
    private func grade(_ old: String, _ new: String) throws -> Grade {
        let files = CourseFiles(["01-a.md": Array(Self.page.utf8), "a.slt": Array(Self.trace.utf8)])
        let question = try #require(Course(files).lessons.first).questions[0]
        #expect(Self.trace.contains(old))
        let mended = Self.trace
            .replacing("dsb      ", with: "dc cvac twin 64\ndsb      ").replacing(old, with: new)
        return try Grader(machines: BundledCourse.machines).grade(
            Array(mended.utf8), file: "b.slt", to: question)
    }

    @Test func whatCleansTheCopyMendsIt() throws {
        let good = try grade("wait dma0", "wait dma0")
        #expect(good.isRight, "\(good.reasons)")
    }

    @Test func aNewBufferChangesNothingOfWhatTheEngineReads() throws {
        // Names are numbered in their order, and the layout is then another number.
        let good = try grade("layout link", "buffer spare 0x10008000 64\nlayout link")
        #expect(good.isRight, "\(good.reasons)")
    }

    @Test(
        "What the program, the engine and its layout do stays",
        arguments: [
            ("copy twin body 64 by 4", "copy twin body 60 by 4", "no longer has 'copy twin body"),
            ("copy twin body 64 by 4", "copy body twin 64 by 4", "no longer has 'copy twin body"),
            ("  copy twin body 64 by 4\n", "", "no longer has 'copy twin body"),
            ("span work", "span other", "no longer has 'span work'"),
            (
                "st list 4 = 0\nst list+4 4 = 0x10003000",
                "st list+4 4 = 0x10003000\nst list 4 = 0",
                "does 'st list 4 = 0' (line 14 of the question's trace) later than the question's"
            ),
            (
                "0x10000000 4K nc", "0x10000000 4K wb",
                "changes the region list: what memory is like"
            ),
            (
                "status 12 4 = 0x80000000", "status 12 4 = 1",
                "changes the layout link: the hardware"
            ),
            ("swiotlb 0x18000000 64K", "swiotlb 0x18000000 128K", "changes the bounce buffers"),
            ("swiotlb 0x18000000 64K\n", "", "no longer declares the bounce buffers"),
            (
                "buffer twin 0x10003000 64", "buffer twin 0x10003000 32",
                "the buffer twin is smaller"
            ),
            ("buffer twin 0x10003000 64", "buffer twin 0x10002020 64", "body and twin share bytes"),
            (
                "kernel none", "kernel none\nregion more 0x20000000 4K nc",
                "declares the region more"
            ),
        ])
    func kept(old: String, new: String, expected: String) throws {
        let grade = try grade(old, new)
        #expect(!grade.isRight && grade.reasons[0].contains(expected), "\(grade.reasons)")
    }
}
