import Foundation
import Testing

/// What the documentation tells to type works, as it stands there.
///
/// `STALELINE_DOCS=all` runs what is slow, too (`make test-docs`).
@Suite("Pages of the documentation")
struct PageTests {
    /// Every page: Markdown of the repository, but for lessons, which LessonsTests runs.
    static let pages: [Page] = {
        var paths = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "ARCHITECTURE.md"]
        for folder in ["docs", "Traces", "tools"] {
            let below = FileManager.default.enumerator(
                atPath: Shell.root.appendingPathComponent(folder).path)?.allObjects
            paths += (below ?? []).compactMap { ($0 as? String).map { "\(folder)/\($0)" } }
                .filter { $0.hasSuffix(".md") && !$0.hasPrefix("Traces/lessons/") }.sorted()
        }
        return paths.compactMap { path in
            (try? Shell.text(path)).map { Page(path: path, text: $0) }
        }
    }()

    static let withCommands = pages.filter { page in
        page.blocks.contains { ["sh", "console"].contains($0.language) }
    }

    static let isLong = ProcessInfo.processInfo.environment["STALELINE_DOCS"] == "all"

    @Test("Its commands end as it says, and print what it shows", arguments: withCommands)
    func commands(_ page: Page) throws {
        let run = try PageRun(page, exclusions: Exclusion.rows.get(), all: Self.isLong)
        for failure in run.failures { Issue.record("\(failure)") }
        #expect(run.calls > 0 || !Self.covered.contains(page.path), "no command of it was run")
        let seconds = String(format: "%.1f", run.seconds)
        print("\(page.path): \(run.runs) commands run in \(seconds) s")
        for command in run.leftOut { print("not run: \(command)") }
    }

    @Test("Every exclusion is of a command that is there")
    func exclusions() throws {
        let rows = try Exclusion.rows.get()
        #expect(!rows.isEmpty)
        for row in rows {
            let page = Self.withCommands.first { $0.path == row.page }
            let matches = try page?.commands().contains { row.matches($0, of: page!) } ?? false
            #expect(matches, "exclusions.txt: \(row.testDescription): there is no such command")
            #expect(
                !row.beginning.isEmpty,
                "exclusions.txt: \(row.page): expected a row for each command")
        }
        #expect(throws: Exclusion.Malformed.self) { try Exclusion.all("slow | README.md | *") }
        #expect(throws: Exclusion.Malformed.self) { try Exclusion.all("often | a | * | b") }
    }

    @Test("A block of commands has a language under which it is run")
    func languages() {
        let known = [
            "", "sh", "console", "usage", "slt", "staleline", "schedule", "yaml", "swift", "c",
            "json", "text",
        ]
        for page in Self.pages {
            for block in page.blocks {
                let place = "\(page.path):\(block.firstLine)"
                #expect(known.contains(block.language), "\(place): \(block.language)")
                if ["sh", "console", "usage", "slt", "staleline", "schedule"]
                    .contains(block.language)
                {
                    continue
                }
                for line in block.lines {
                    let isCommand = line.contains(#/^\s*(?:\$ |staleline |make |tools\/)/#)
                    #expect(!isCommand, "\(place): `\(line)` in a block that nobody runs")
                }
            }
        }
    }

    /// Of these at least one call of the program is run, each time.
    private static let covered = [
        "README.md", "docs/capture.md", "docs/compare.md", "docs/fix.md", "docs/kernel-log.md",
        "docs/lessons.md", "docs/limits.md", "docs/proof.md", "docs/studio.md", "docs/sweep.md",
        "docs/sweep-report.md", "docs/symbols.md", "docs/trace-formats.md", "docs/zynq-dma.md",
    ]

    @Test("README, the guide and the pages of the commands are among those that are run")
    func coverage() {
        let paths = Self.withCommands.map(\.path)
        for path in Self.covered + ["CONTRIBUTING.md"] {
            #expect(paths.contains(path), "\(path)")
        }
    }
}
