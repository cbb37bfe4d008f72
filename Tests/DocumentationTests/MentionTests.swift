import Foundation
import Testing

/// Commands that a page names without their being run: in its sentences, in synopses, and what is excluded.
@Suite("Commands that pages name")
struct MentionTests {
    /// The command lines of a page, split into words.
    private static func lines(of page: Page, _ name: String) -> [[String]] {
        var texts = page.prose.matches(of: #/`([^`]+)`/#).map { String($0.1) }
            .filter { $0.hasPrefix(name) && $0.dropFirst(name.count).first?.isWhitespace == true }
        for block in page.blocks where ["sh", "console", "usage"].contains(block.language) {
            let text = block.lines.joined(separator: "\n").replacing("\\\n", with: " ")
            for line in text.split(separator: "\n") {
                let code = line.split(separator: " #", maxSplits: 1)[0]
                texts += code.split { "|;&".contains($0) }.map {
                    $0.trimmingCharacters(in: .whitespaces)
                        .replacing(#/^(?:\$|do|then) /#, with: "")
                }.filter { $0.hasPrefix(name + " ") }
            }
        }
        return texts.map { $0.split(whereSeparator: \.isWhitespace).map(String.init) }
    }

    @Test("There are such subcommands, with such options", arguments: PageTests.pages)
    func options(_ page: Page) throws {
        let program = try CommandLine.program.get()
        for words in Self.lines(of: page, "staleline") {
            let unknown = program.unknown(in: words)
            #expect(
                unknown.isEmpty,
                "\(page.path): `\(words.joined(separator: " "))`: there is no \(unknown)")
        }
    }

    @Test("What pages say of the validation's rows is what its page has")
    func validation() throws {
        let page = try Shell.text("docs/validation.md")
        let first = try #require(page.firstMatch(of: #/Tier 1: ([0-9]+) of ([0-9]+);/#))
        let (within, rows) = (try #require(Int(first.1)), try #require(Int(first.2)))
        let readme = try Shell.text("README.md")
        #expect(readme.contains("of \(rows) absolute rows \(within) are within ±25 %"))
        let others = try Shell.text("docs/other-tools.md")
        #expect(others.contains("\(rows - within) of \(rows) absolute rows miss ±25 %"))
    }

    @Test("There are such targets in the Makefile", arguments: PageTests.pages)
    func targets(_ page: Page) throws {
        let makefile = try Shell.text("Makefile")
        let targets = Set(
            makefile.matches(of: #/^([a-z-]+):/#.anchorsMatchLineEndings()).map { String($0.1) })
        #expect(targets.count > 20)
        for words in Self.lines(of: page, "make") where words[1].contains(#/^[a-z-]+$/#) {
            #expect(targets.contains(words[1]), "\(page.path): make \(words[1])")
        }
    }

    @Test("Help texts name options that there are, and every command says what it does")
    func help() throws {
        let program = try CommandLine.program.get()
        let known = program.commands.reduce(into: Set<String>()) { $0.formUnion($1.options) }
        for command in program.commands {
            #expect(!command.abstract.isEmpty, "\(command.name)")
            for match in command.discussion.matches(of: #/(?:^|\s|`)(--[a-z][a-z0-9-]*)/#) {
                let option = String(match.1)
                #expect(known.contains(option), "\(command.name) --help: \(option)")
            }
        }
    }

    /// What is wrong with the sentence that says a command's exit statuses: `Exit status: 0 done, 2 bad input.`, which
    /// tools/manual.sh takes into its manual page.
    private static func faultOfStatuses(_ discussion: String, isLimited: Bool) -> String? {
        let text = discussion.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let sentences = text.ranges(of: #/[Ee]xit status/#)
        guard sentences.count == 1,
            let match = text.firstMatch(of: #/\bExit status: (.+?)\.(?: [A-Z]|$|\z)/#)
        else { return "expected one sentence “Exit status: …” in “\(text.suffix(200))”" }
        let statuses = match.1.matches(of: #/(?:^|[,;:] |-[a-z]+ )([0-9]+) [a-z(]/#).compactMap {
            Int($0.1)
        }
        let isLimitNamed = match.1.contains(#/\b3 [^;]*\blimits?\b/#)
        if !statuses.contains(2) { return "status 2 is not in “\(match.1)”" }
        if !statuses.allSatisfy({ 0...3 ~= $0 || $0 == 130 }) {
            return "\(statuses) in “\(match.1)”"
        }
        if isLimited != isLimitNamed {
            return "\(isLimited ? "no status" : "a status 3") of a limit in “\(match.1)”"
        }
        return nil
    }

    @Test("Every command says its exit statuses in one form, also that of a limit")
    func statuses() throws {
        let limits = ["--limit-time", "--limit-memory"]
        var count = 0
        for command in try CommandLine.program.get().commands where command.name != "staleline help"
        {
            let parts = try CommandLine.program.get().commands.filter {
                $0.isDefault && $0.name.hasPrefix(command.name + " ")
            }
            let options = parts.reduce(command.options) { $0.union($1.options) }
            // The program as a whole tells of those of its commands.
            let isLimited = command.name == "staleline" || options.contains(limits[0])
            #expect(options.contains(limits[0]) == options.contains(limits[1]), "\(command.name)")
            let fault = Self.faultOfStatuses(command.discussion, isLimited: isLimited)
            #expect(fault == nil, "\(command.name) --help: \(fault ?? "")")
            count += isLimited ? 1 : 0
        }
        #expect(count > 12)
        let readme = try Page(path: "README.md", text: Shell.text("README.md")).prose
            .split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(
            readme.contains(
                "0 nothing found or done, 1 findings, 2 bad input, 3 a limit was reached"))
        let right = "T. Exit status: 0 done, 2 bad input, 3 a limit was reached. See X."
        #expect(Self.faultOfStatuses(right, isLimited: true) == nil)
        for (text, isLimited) in [
            ("Exit status: 0 done, 2 bad input.", true), (right, false),
            ("Exit status 0 done, 2 bad input.", false), ("The exit status is 0.", false),
            ("Exit status: 0 done.", false), ("", false),
            ("Exit status: 0 done, 2 bad input, 7 else.", false),
        ] {
            #expect(Self.faultOfStatuses(text, isLimited: isLimited) != nil, "\(text)")
        }
    }

    @Test("The help of --json names schemas that are published")
    func schemas() throws {
        let list = try Shell.text("docs/schema/README.md")
        var count = 0
        for command in try CommandLine.program.get().commands {
            // The demo prints those of several commands.
            guard let json = command.json, command.name != "staleline demo" else { continue }
            let names = json.matches(of: #/[a-z-]+/[0-9]+/#).map { String($0.0) }
            #expect(!names.isEmpty, "\(command.name) --json: \(json)")
            for name in names {
                #expect(list.contains("| `staleline.\(name)` |"), "\(command.name) --json: \(name)")
            }
            count += 1
        }
        #expect(count > 12)
    }

    @Test("What there is not is seen")
    func unknown() throws {
        let program = try CommandLine.program.get()
        #expect(program.commands.count > 16)
        let cases: [(line: String, unknown: [String])] = [
            ("staleline check T --json --elf F", []),
            ("staleline chekc T", ["chekc"]),
            ("staleline check T [--jsn] --elf F", ["--jsn"]),
            ("staleline sweep T --plain --l1d-size 8K", []),
            ("staleline sweep report F --analysis -o X", []),
            ("staleline sweep report F --plain", ["--plain"]),
            ("staleline capture -o T -- ./program --whatever", []),
            ("staleline --version", []),
        ]
        for (line, unknown) in cases {
            #expect(program.unknown(in: line.split(separator: " ").map(String.init)) == unknown)
        }
        let page = Page(
            path: "p.md",
            text:
                "A `staleline\ncheck T` and `make x`.\n```sh\nA=1; staleline fix \\\n  T # --no\n```\n"
        )
        #expect(
            Self.lines(of: page, "staleline") == [
                ["staleline", "check", "T"], ["staleline", "fix", "T"],
            ])
    }
}
