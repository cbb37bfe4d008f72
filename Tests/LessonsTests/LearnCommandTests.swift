import Foundation
import Testing

/// `staleline learn` as a shell sees it.
@Suite("The command learn")
struct LearnCommandTests {
    /// The program that was built with these tests.
    private static let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().appendingPathComponent("staleline")

    private struct Run {
        var status: Int32
        var output: String
        var errors: String
    }

    private func run(
        _ words: [String], input: String = "", program: URL = Self.program
    ) throws -> Run {
        let process = Process()
        process.executableURL = program
        process.arguments = words
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "staleline-learn-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func file(_ name: String, _ text: String = "") throws -> FileHandle {
            let url = folder.appendingPathComponent(name)
            try Data(text.utf8).write(to: url)
            return try FileHandle(forUpdating: url)
        }
        process.standardInput = try file("in", input)
        process.standardOutput = try file("out")
        process.standardError = try file("err")
        // Threads that run tests have signals blocked, and a child would have them, too.
        var (none, usual) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &usual)
        defer { pthread_sigmask(SIG_SETMASK, &usual, nil) }
        try process.run()
        process.waitUntilExit()
        func text(_ name: String) throws -> String {
            try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
        }
        return Run(
            status: process.terminationStatus, output: try text("out"), errors: try text("err"))
    }

    @Test("Without a terminal it lists the lessons, and prints them as text")
    func plain() throws {
        let list = try run(["learn"])
        #expect(list.status == 0 && list.output.contains("What a cache line is"))
        #expect(try run(["learn", "--list"]).output == list.output)
        let page = try run(["learn", "5"])
        #expect(page.status == 0)
        #expect(page.output.hasPrefix("Lesson 5: A device that does not look into caches\n"))
        #expect(!page.output.contains("\u{1B}"))
        #expect(try run(["learn", "stale-read", "--plain"]).output == page.output)
    }

    @Test("A trace is walked through in words, with what is wrong where it goes wrong")
    func walk() throws {
        let walk = try run(["learn", "9", "--walk"])
        #expect(
            walk.status == 0 && walk.output.contains("\nLine 8, core0: R = dma_map_single"))
        let broken = try run(["learn", "5", "--break", "inv2"])
        #expect(broken.status == 0)
        #expect(broken.output.contains("Without 'dc ivac rx 32':"))
        #expect(broken.output.contains("line 20, manifest H01"))
    }

    @Test("An answer's grade is the exit status")
    func answers() throws {
        let right = try run(["learn", "5", "--answer", "-"], input: "17\n")
        #expect(right.status == 0 && right.output.hasPrefix("Right"))
        let wrong = try run(["learn", "5", "--answer", "-", "--question", "1"], input: "0x22\n")
        #expect(wrong.status == 1 && wrong.output.hasPrefix("Not yet."))
        let trace = try run(["learn", "5", "--trace", "--question", "2"])
        #expect(trace.status == 0)
        let broken = try run(["learn", "8", "--trace"])
        #expect(broken.output.contains("# taken out: "))
        let question = ["learn", "5", "--question", "2", "--answer", "-"]
        #expect(try run(question, input: trace.output).status == 1)
        let mended = trace.output.replacing(
            "ld rx 4                   # [read2]", with: "dc ivac rx\ndsb\nld rx 4")
        #expect(mended != trace.output)
        let grade = try run(question, input: mended)
        #expect(grade.status == 0, "\(grade.output)\(grade.errors)")
    }

    @Test("Hints are given one after the other, and only where they are asked for")
    func hints() throws {
        let hints = try run(["learn", "5", "--hints", "--question", "2"])
        #expect(hints.status == 0 && hints.output.hasPrefix("- The operation that makes"))
        #expect(try !run(["learn", "5"]).output.contains("The operation that makes"))
    }

    @Test("What there is not is said to be missing, with exit status 2")
    func missing() throws {
        for (words, expected) in [
            (["learn", "99"], "99: no such lesson"), (["learn", "5", "--break", "x"], "'[x]'"),
            (["learn", "5", "--answer", "/nowhere"], "/nowhere"),
            (["learn", "5", "--answer", "-", "--question", "7"], "questions 1 to 2"),
            (["learn", "--check", "/nowhere"], "/nowhere"),
            (["learn", "--answer", "-"], "which lesson"),
            (["learn", "5", "--walk", "--plain"], "give one of"),
            (["learn", "--update"], "--update goes with --check"),
            (["learn", "--check", ".", "--course", "."], "--course does not go with it"),
            (["learn", "3", "--list"], "give no lesson"),
            (["learn", "3", "--check", "."], "give no lesson"),
        ] {
            let result = try run(words)
            #expect(result.status == 2, "\(words): \(result.output)")
            #expect(result.errors.contains(expected), "\(words): \(result.errors)")
        }
    }

    @Test("A course of one's own is looked through, and its blocks are written")
    func check() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "staleline-course-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let lessons = BundledCourse.root.appendingPathComponent("Traces/lessons")
        for name in ["01-cache-line.md", "01-cache-line.slt", "01-step.slt", "01-layout.slt"] {
            try FileManager.default.copyItem(
                at: lessons.appendingPathComponent(name), to: folder.appendingPathComponent(name))
        }
        #expect(try run(["learn", "--check", folder.path]).status == 0)
        let page = folder.appendingPathComponent("01-cache-line.md")
        let good = try String(contentsOf: page, encoding: .utf8)
        try Data(good.replacing("into L1D: 6", with: "into L1D: 7").utf8).write(to: page)
        let bad = try run(["learn", "--check", folder.path])
        #expect(bad.status == 2)
        #expect(bad.errors.contains("01-cache-line.md:"))
        #expect(bad.errors.contains("'loads that looked into L1D: 7'"))
        #expect(try run(["learn", "--check", folder.path, "--update"]).status == 0)
        #expect(try String(contentsOf: page, encoding: .utf8) == good)
    }

    private static let hasTmux = FileManager.default.isExecutableFile(atPath: "/usr/bin/tmux")

    @Test(
        "The screen, driven in tmux: 80 by 24, without colours",
        .enabled(if: hasTmux, "tmux is not there: `make test-learn` installs it and runs this"))
    func screen() throws {
        let script = BundledCourse.root.appendingPathComponent("tools/test-learn.sh")
        let result = try run(
            [script.path, Self.program.path], program: URL(fileURLWithPath: "/bin/bash"))
        #expect(result.status == 0, "\(result.output)\(result.errors)")
    }
}
