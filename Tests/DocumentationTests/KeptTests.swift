import Foundation
import Testing

/// Files that former versions wrote are read as they were: `docs/compatibility.md`.
///
/// The files in `Kept` are never written anew, and neither is what they are held to: `text-1.canonical`, `binary-2.xdin` and
/// `results-1.csv` say what is in them. A format that gets a new version gets files of it there, beside the old ones.
@Suite("Kept files")
struct KeptTests {
    private static let folder = Shell.root.appendingPathComponent("Tests/DocumentationTests/Kept")

    private static let names: [String] =
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()

    private static func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: folder.appendingPathComponent(name)))
    }

    private func run(_ script: String, status: Int32 = 0) throws -> String {
        let end = try Shell.run(["-c", script], in: Self.folder)
        #expect(end.status == status, "\(script): \(end.errors)")
        return end.output
    }

    @Test(
        "Native text, version 1, and what was written of it as binary, version 1, are the same trace"
    )
    func traces() throws {
        let texts = Self.names.filter { $0.hasPrefix("text-1-") }
        #expect(texts.count == 20)
        // What they say, statement by statement, in the order of their names.
        let head = "staleline 1\n"
        let said = String(decoding: try Self.bytes("text-1.canonical"), as: UTF8.self)
            .components(separatedBy: head).dropFirst()
        try #require(said.count == texts.count)
        for (text, said) in zip(texts, said) {
            let binary = text.replacing("text-1", with: "binary-1").replacing(".slt", with: ".sltb")
            #expect(try Self.bytes(text).starts(with: Array(head.utf8)))
            #expect(try Self.bytes(binary).starts(with: Array("SLTB\u{1}\0".utf8)), "\(binary)")
            for file in [text, binary] {
                #expect(try run("staleline convert \(file) - --to slt") == head + said, "\(file)")
            }
        }
    }

    @Test("Binary, version 2, has the accesses that it was written from")
    func accesses() throws {
        #expect(try Self.bytes("binary-2.sltb").starts(with: Array("SLTB\u{2}\0".utf8)))
        let accesses = try run("staleline convert binary-2.sltb - --to xdin")
        #expect(accesses == String(decoding: try Self.bytes("binary-2.xdin"), as: UTF8.self))
    }

    @Test("Results of a sweep, tables in version 1")
    func results() throws {
        // SQLite keeps the version of its tables at byte 60 of a file.
        #expect(try Self.bytes("results-1.db")[60..<64] == [0, 0, 0, 1])
        let numbers = try run("staleline sweep report results-1.db --csv")
        #expect(numbers == String(decoding: try Self.bytes("results-1.csv"), as: UTF8.self))
        #expect(numbers.split(separator: "\n").count == 5)
    }

    @Test("A schedule, version 1, still leads where it led")
    func schedule() throws {
        #expect(try Self.bytes("schedule-1.txt").starts(with: Array("staleline schedule 1\n".utf8)))
        func heads(_ options: String) throws -> [String] {
            try run("staleline check schedule-1.slt \(options)", status: 1).split(separator: "\n")
                .filter { $0.hasPrefix("schedule-1.slt:") && !$0.hasSuffix(" 6.12.") }
                .map {
                    String($0.split(separator: ":", maxSplits: 3)[1...2].joined(separator: ":"))
                }
        }
        // The linefill of the schedule makes two reads stale that are not in the order of the trace.
        #expect(
            try heads("--schedule schedule-1.txt") == [
                "16: manifest H08", "21: manifest H08", "21: manifest H01",
            ])
        #expect(try !heads("").contains { $0.hasSuffix("manifest H08") })
    }

    @Test("Versions that are not known are refused with what was found and what is read")
    func unknown() throws {
        let scratch = try Scratch()
        let cases: [(script: String, words: [String])] = [
            ("printf 'staleline 2\\n' >f; staleline check f", ["found '2'", "version 1"]),
            (
                "cp \"$kept/binary-2.sltb\" f; printf '\\3' | dd of=f bs=1 seek=4 conv=notrunc status=none; staleline replay f",
                ["format version 3", "version 1 or 2"]
            ),
            (
                "cp \"$kept/results-1.db\" f; printf '\\2' | dd of=f bs=1 seek=63 conv=notrunc status=none; staleline sweep report f",
                ["version 2", "version 1"]
            ),
            (
                "echo 'staleline schedule 2' >f; staleline check \"$kept/schedule-1.slt\" --schedule f",
                ["'staleline schedule 2'", "'staleline schedule 1'"]
            ),
            (
                "echo '{\"schema\":\"staleline.sweep-plan/1\",\"shards\":2}' >f; staleline sweep run f --shard 1",
                ["sweep-plan/1", "sweep-plan/2", "`staleline sweep plan` writes anew"]
            ),
        ]
        for (script, words) in cases {
            let end = try Shell.run(
                ["-c", script], in: scratch.root, environment: ["kept": Self.folder.path])
            #expect(end.status == 2, "\(script): \(end.output)")
            for word in words { #expect(end.errors.contains(word), "\(script): \(end.errors)") }
        }
    }

    @Test(
        "Every format and version of docs/compatibility.md has kept files, and every kept file is of one"
    )
    func page() throws {
        let page = try Shell.text("docs/compatibility.md")
        let kept = Set(page.matches(of: #/`Kept\/([a-z]+-[0-9]+)/#).map { String($0.1) })
        #expect(kept == ["text-1", "binary-1", "binary-2", "results-1", "schedule-1"])
        for name in Self.names {
            #expect(kept.contains { name.hasPrefix($0) }, "\(name) is on no row of the page")
        }
    }
}
