import Foundation
import Testing

/// `tools/test.sh`, with which `make test` runs: its last lines say what failed.
@Suite("What make test says at its end")
struct TestRunTests {
    // Runs the tool with a runner that prints `text` and ends with `status`; on a terminal, too, where runners print colours.
    private func run(
        _ text: String, status: Int, onTerminal: Bool = false
    ) throws -> (end: Shell.End, log: String) {
        let scratch = try Scratch()
        try scratch.write("text", text)
        try scratch.write(
            "swift", "#!/bin/bash\n[ \"$1\" = test ] || exit 99\ncat \"$said\"\nexit \(status)\n")
        let end = try Shell.run(
            [
                "-c",
                #"chmod +x "$folder/swift"; exec "#
                    + (onTerminal ? "script -qec tools/test.sh /dev/null" : "tools/test.sh"),
            ],
            environment: [
                "folder": scratch.root.path, "said": scratch.url("text").path,
                "SWIFT": scratch.url("swift").path, "BUILD": scratch.url("build").path,
            ])
        return (end, try scratch.text("build/test.log"))
    }

    private static let text = """
        ◇ Test run started.
        [1/2] Compiling One
        ✔ Test "one" passed after 0.1 seconds.
        \u{1B}[91m✘\u{1B}[0m Test "two" recorded an issue at Two.swift:3:4: Expectation failed: 1 == 2
        ↳ the first said
        two lines
        ◇ Test "three" started.
        ✘ Test "three" recorded an issue with 1 argument x → 3 at Three.swift:5:6: Caught error: no
        ✘ Test "three" with 1 test case failed after 0.1 seconds with 1 issue.
        ✔ Test "four" passed after 9 seconds.
        ✘ Test run with 4 tests in 2 suites failed after 9 seconds with 2 issues.

        """

    @Test(
        "Issues, with what is said of each, and the closing line once more; the status is the runner's"
    )
    func failed() throws {
        let (end, log) = try run(Self.text, status: 1)
        #expect(end.status == 1)
        #expect(log == Self.text)
        #expect(end.output.hasPrefix(Self.text))
        let rest = end.output.dropFirst(Self.text.count).split(separator: "\n").map(String.init)
        try #require(rest.count == 6, "\(rest)")
        #expect(rest[0].hasPrefix("What failed: issues 2; "))
        let lines = Self.text.split(separator: "\n").map {
            String($0).replacing(#/\x{1B}\[[0-9;]*m/#, with: "")
        }
        #expect(Array(rest[1...3]) == Array(lines[3...5]))
        #expect(rest[4] == lines[7])
        #expect(rest[5] == lines[10])
    }

    @Test("Where all pass nothing is added")
    func passed() throws {
        let text = "✔ Test run with 4 tests in 2 suites passed after 9 seconds.\n"
        let (end, log) = try run(text, status: 0)
        #expect(end.status == 0 && end.output == text && log == text)
    }

    @Test("A build that fails, a process that crashes, and a runner that says nothing")
    func broken() throws {
        for (text, status) in [
            ("/a/One.swift:1:2: error: cannot find 'x' in scope\n", 1),
            ("error: Process '/a/xctest' exited with unexpected signal code 11\n", 139),
            ("nothing of use\n", 2),
        ] {
            let (end, _) = try run("[1/2] Compiling One\n" + text, status: status)
            #expect(end.status == Int32(status))
            #expect(end.output.hasSuffix(text))
            #expect(end.output.contains("What failed; all that was printed is in "))
        }
    }

    @Test("On a terminal, too: behind progress, and in colours")
    func colours() throws {
        let text =
            "[3/8] Compiling One\r[4/8] Compiling Two\u{1B}[2K\n"
            + "/a/Two.swift:3:34: \u{1B}[1;31merror: \u{1B}[1;39mcannot find 'x'\u{1B}[0m\n"
        let (end, _) = try run(text, status: 1, onTerminal: true)
        #expect(end.status == 1)
        let last = end.output.split(whereSeparator: \.isNewline).last
        #expect(last == "/a/Two.swift:3:34: error: cannot find 'x'", "\(end.output)")
    }

    @Test("What is too much is counted")
    func many() throws {
        let issue = "✘ Test \"t\" recorded an issue at T.swift:1:2: no\n"
        let (end, _) = try run(String(repeating: issue, count: 40), status: 1)
        #expect(end.output.hasSuffix("… and 10 lines more there\n"))
        #expect(end.output.contains("What failed: issues 40; "))
    }
}
