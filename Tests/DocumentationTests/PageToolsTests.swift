import Foundation
import Testing

/// What the pages are run with fails where it should.
@Suite("Running pages")
struct PageToolsTests {
    private static let fence = "```"

    private func run(_ text: String, exclusions: String = "") throws -> PageRun {
        try PageRun(
            Page(path: "page.md", text: text), exclusions: Exclusion.all(exclusions), all: false)
    }

    @Test("Loops, continued lines and texts in place are one command each")
    func commands() throws {
        let page = Page(
            path: "page.md",
            text: """
                # A page
                \(Self.fence)sh
                # nothing to run
                A=1 # a comment
                for i in 1 2; do
                  echo $i
                done
                cat >file <<'end'
                $A
                end
                staleline replay \\
                  trace          # exit status 2
                \(Self.fence)
                \(Self.fence)slt
                dc ivac rx 32
                \(Self.fence)
                \(Self.fence)console
                $ staleline demo |
                > cat
                one
                $ true
                \(Self.fence)
                """)
        let commands = try page.commands()
        #expect(commands.map(\.line) == [4, 5, 8, 11, 18, 21])
        #expect(commands.map(\.status) == [0, 0, 0, 2, 0, 0])
        #expect(commands[1].text == "for i in 1 2; do\n  echo $i\ndone")
        #expect(commands[2].text == "cat >file <<'end'\n$A\nend")
        #expect(commands[4].text == "staleline demo |\ncat")
        #expect(commands.map { $0.output } == [nil, nil, nil, nil, ["one"], []])
    }

    @Test("Commands build on one another, and a status that is stated is right")
    func passes() throws {
        let run = try run(
            """
            \(Self.fence)sh
            A=Traces/demo
            cd $A
            \(Self.fence)
            \(Self.fence)sh
            test -e rx-no-sync.slt
            staleline check no.slt # exit status 2
            \(Self.fence)
            \(Self.fence)console
            $ echo one; echo two; echo three >&2
            one
            …
            three
            \(Self.fence)
            """)
        #expect(run.failures == [])
        #expect(run.runs == 5)
    }

    @Test(
        "Another status, other output and a shell that ends are told with their place",
        arguments: [
            ("sh", "false", "page.md:2: `false` ended with 1, the page says 0"),
            ("sh", "true # exit status 1", "ended with 0, the page says 1"),
            ("sh", "exit 0\ntrue", "did not come to its end"),
            ("console", "$ echo one\ntwo", "shows “two”, printed was “one”"),
            ("console", "$ echo one\none\ntwo", "shows “two”, printed was nothing"),
            ("console", "$ echo one; echo two\none", "does not show “two”"),
            ("console", "$ echo one\n…\ntwo", "shows “two”"),
            ("sh", "no-such-command", "ended with 127"),
        ])
    func fails(_ language: String, _ text: String, _ message: String) throws {
        let run = try run("\(Self.fence)\(language)\n\(text)\n\(Self.fence)\n")
        #expect(run.failures.count == 1)
        #expect(run.failures.first?.contains(message) == true, "\(run.failures)")
    }

    @Test("What is excluded is not run, and said with its reason")
    func exclusion() throws {
        let page = "\(Self.fence)sh\nfalse\ntrue\n\(Self.fence)\n"
        let never = try run(page, exclusions: "never | page.md | false | ends badly\n")
        #expect(never.failures == [] && never.runs == 1)
        #expect(never.leftOut == ["page.md:2: false: ends badly"])
        let there = try run(page, exclusions: "needs bash | page.md | false | no bash\n")
        #expect(there.failures.count == 1)
        let gone = try run(page, exclusions: "needs no-such-program | page.md | * | not there\n")
        #expect(gone.failures == [] && gone.runs == 0 && gone.leftOut.count == 2)
    }
}
