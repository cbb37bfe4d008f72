import Foundation
import Hazards
import Testing

/// The bugs of `Traces/corpus`: what is found of each, and that none is missing.
@Suite("Corpus of real bugs")
struct CorpusTests {
    @Test(
        "The expected verdicts and no others; a pending one is not met", arguments: CorpusCase.all)
    func verdicts(_ one: CorpusCase) throws {
        let found = try one.file.found(one.expectation)
        let place = one.file.place(one.expectation)
        if let reason = one.file.pending {
            #expect(
                found != one.expectation.pairs,
                "\(place): this is found now; take out \"# pending: \(reason)\"")
        } else {
            #expect(
                found == one.expectation.pairs,
                "\(place): expected \(one.expectation.pairs.sorted()), found \(found.sorted())")
        }
    }

    @Test("Without the events that nobody asked for", arguments: CorpusCase.withoutEnvironment)
    func withoutEnvironment(_ one: CorpusCase) throws {
        let found = try one.file.withoutEnvironmentStatements().found(one.expectation)
        #expect(
            found == one.expectation.pairs,
            """
            \(one.file.place(one.expectation)): without its env statements expected \
            \(one.expectation.pairs.sorted()), found \(found.sorted())
            """)
    }

    @Test("Every bug of the index has its traces or a reason why not, and nothing else is there")
    func complete() throws {
        let index = try CorpusIndex()
        let stems = Dictionary(grouping: try CorpusCase.files(), by: \.stem)
        #expect(Set(index.verdicts.keys) == Set(stems.keys).union(index.exceptions.keys))
        for (id, files) in stems {
            #expect(index.exceptions[id] == nil, "\(id): has traces and is listed as without")
            let first = index.verdicts[id] == "nothing" ? "benign" : "violates"
            #expect(
                files.map(\.name) == ["\(id).\(first).slt", "\(id).fixed.slt"].sorted(),
                "\(id): found \(files.map(\.name))")
        }
        for (id, reason) in index.exceptions {
            #expect(reason.count > 20, "\(id): why it has no trace is not said")
        }
    }

    @Test("A violating trace shows the verdict of its entry, a benign one nothing")
    func entries() throws {
        let index = try CorpusIndex()
        for file in try CorpusCase.files() where !file.name.hasSuffix(".fixed.slt") {
            let verdict = index.verdicts[file.stem] ?? ""
            for expectation in file.expectations {
                let words = Set(expectation.pairs.map(\.verdict.rawValue))
                #expect(
                    verdict == "nothing" ? words.isEmpty : words.contains(verdict),
                    "\(file.place(expectation)): the entry says \(verdict)")
            }
        }
    }

    @Test("A fixed trace expects nothing, unless its mend has a gap that is documented")
    func fixed() throws {
        let index = try CorpusIndex()
        for file in try CorpusCase.files() where file.name.hasSuffix(".fixed.slt") {
            for expectation in file.expectations where !expectation.pairs.isEmpty {
                #expect(
                    index.gaps.contains(file.stem),
                    "\(file.place(expectation)): not in docs/corpus.md, Mends with a gap")
            }
        }
    }

    @Test("A head says which bug it is, of which project, and where that can be read")
    func heads() throws {
        for file in try CorpusCase.files() {
            let head = file.text.split(separator: "\n").prefix(3).joined(separator: " ")
            #expect(!file.expectations.isEmpty, "\(file.name): no line # expect")
            #expect(head.hasPrefix("staleline 1 # \(file.stem), "), "\(file.name): \(head)")
            #expect(head.contains("://"), "\(file.name): no source in its head")
        }
    }

    @Test("The table of docs/corpus.md says what the heads say")
    func table() throws {
        let index = try CorpusIndex()
        let files = try CorpusCase.files().filter { !$0.name.hasSuffix(".fixed.slt") }
        #expect(Set(index.table.keys) == Set(files.map(\.stem)))
        for file in files {
            let pairs = file.expectations.reduce(into: Set<LitmusFile.Pair>()) {
                $0.formUnion($1.pairs)
            }
            let text =
                pairs.isEmpty
                ? "nothing"
                : pairs.sorted().map(\.description)
                    .joined(separator: ", ")
            #expect(index.table[file.stem] == text, "\(file.stem): the head has \(text)")
        }
    }
}

/// One file of the corpus on one profile, as an argument of a test.
struct CorpusCase: Sendable, CustomTestStringConvertible {
    let file: LitmusFile
    let expectation: LitmusFile.Expectation

    var testDescription: String { "\(file.name), \(expectation.profile)" }

    static let folder = LitmusFile.root.appendingPathComponent("Traces/corpus")

    /// All traces of the corpus.
    static func files() throws -> [LitmusFile] { try LitmusFile.all(in: folder) }

    /// Every file on each of its profiles; none if a head cannot be read: ``CorpusTests`` says which.
    static let all = cases(\.expectations)
    static let withoutEnvironment = cases(\.withoutEnvironment)

    private static func cases(
        _ list: KeyPath<LitmusFile, [LitmusFile.Expectation]>
    ) -> [CorpusCase] {
        ((try? files()) ?? []).flatMap { file in
            file[keyPath: list].map { CorpusCase(file: file, expectation: $0) }
        }
    }
}

/// What `Traces/corpus/INDEX.md` and `docs/corpus.md` say of the entries.
struct CorpusIndex {
    /// The verdict that each entry expects, in our words.
    let verdicts: [String: String]
    /// Why entries have no trace.
    let exceptions: [String: String]
    /// Entries whose own mend leaves something possible.
    let gaps: Set<String>
    /// What is found of each entry with traces.
    let table: [String: String]

    init() throws {
        let index = try String(
            contentsOf: CorpusCase.folder.appendingPathComponent("INDEX.md"), encoding: .utf8)
        let document = try String(
            contentsOf: LitmusFile.root.appendingPathComponent("docs/corpus.md"), encoding: .utf8)
        verdicts = Self.rows(index, under: "Entries").reduce(into: [:]) { $0[$1[0]] = $1[1] }
        exceptions = Self.rows(document, under: "Without a trace").reduce(into: [:]) {
            $0[$1[0]] = $1[1]
        }
        gaps = Set(Self.rows(document, under: "Mends with a gap").map { $0[0] })
        table = Self.rows(document, under: "Entries").reduce(into: [:]) { $0[$1[0]] = $1[2] }
    }

    /// The rows of the table under a heading, without its head.
    private static func rows(_ text: String, under heading: String) -> [[String]] {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard let start = lines.firstIndex(where: { $0.hasSuffix("# \(heading)") }) else {
            return []
        }
        return lines[(start + 1)...].prefix { !$0.hasPrefix("#") }.filter { $0.hasPrefix("| ") }
            .dropFirst(2).map { line in
                line.dropFirst(2).dropLast(2).components(separatedBy: " | ").map {
                    $0.trimmingCharacters(in: .whitespaces)
                }
            }
    }
}
