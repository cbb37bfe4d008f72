import Hazards
import Testing

/// What no source may have, and how long one may be.
@Suite("Sources")
struct SourceTests {
    /// Files below the command line.
    private static func belowTheCommandLine() throws -> [Repository.File] {
        let rows = try LayerRow.all()
        return try Repository.sources().filter { file in
            rows.contains { $0.target == file.target && $0.layer < 4 }
        }
    }

    /// The lines of a file without comments and without text in quotes.
    private static func code(_ file: Repository.File) -> [(number: Int, text: String)] {
        var isText = false
        return file.lines.enumerated().compactMap { index, line in
            let marks = line.matches(of: #/"""/#).count
            defer { if marks % 2 == 1 { isText.toggle() } }
            if isText { return nil }
            var text = String(line).replacing(#/"(?:\\.|[^"\\])*"/#, with: "\"\"")
            if let comment = text.firstRange(of: "//") {
                text = String(text[..<comment.lowerBound])
            }
            return (index + 1, text)
        }
    }

    @Test("Below the command line: no clock, no chance without a seed, no printing, no Foundation")
    func pure() throws {
        let forbidden: [(pattern: Regex<Substring>, what: String)] = [
            (#/\bimport (?:Foundation|Dispatch)\b/#, "Foundation or Dispatch"),
            (#/\b(?:Swift\.print|debugPrint|dump|putchar|puts)\(/#, "printing"),
            (#/\b(?:ContinuousClock|SuspendingClock|DispatchTime)\b/#, "a clock"),
            (#/\bDate\(\)/#, "a clock"), (#/\bclock_gettime\b|\bgettimeofday\b/#, "a clock"),
            (#/\bSystemRandomNumberGenerator\b/#, "chance without a seed"),
            (#/\.random\(in: (?![^()]*\busing: )[^()]*\)/#, "chance without a seed"),
            (#/\.(?:shuffled|randomElement|shuffle)\(\)/#, "chance without a seed"),
            (#/\bany Probe\b/#, "a probe that is not known at compile time"),
        ]
        for file in try Self.belowTheCommandLine() {
            for (number, text) in Self.code(file) {
                for (pattern, what) in forbidden where text.contains(pattern) {
                    Issue.record("\(file):\(number): \(what)")
                }
                // The printer of native traces has methods of that name.
                if text.contains(#/\bprint\(/#), !file.path.contains("/ProgramPrinter") {
                    Issue.record("\(file):\(number): printing")
                }
            }
        }
    }

    @Test("Below the command line only the reading and writing of trace files asks the system")
    func system() throws {
        // `read` and `open`; `write`; `memchr`; `open` and `pread`.
        let allowed = [
            "Sources/Traces/Input/", "Sources/Traces/Foreign/ByteSink.swift",
            "Sources/Traces/Foreign/ByteWindow.swift", "Sources/Symbols/ELFFile.swift",
            "Sources/Symbols/ELFHeaders.swift",
        ]
        for file in try Self.belowTheCommandLine() {
            for (number, text) in Self.code(file) where text.contains(#/\bimport Glibc\b/#) {
                #expect(allowed.contains { file.path.hasPrefix($0) }, "\(file):\(number)")
            }
        }
    }

    @Test("Files have at most 400 lines")
    func fileLength() throws {
        for file in try Repository.sources() {
            #expect(file.lines.count - 1 <= 400, "\(file): \(file.lines.count - 1) lines")
        }
    }

    @Test("Functions have at most 60 lines")
    func functionLength() throws {
        for file in try Repository.sources() {
            for (name, line, length) in Self.functions(file) {
                #expect(length <= 60, "\(file):\(line): \(name) has \(length) lines")
            }
        }
    }

    @Test("The measure of functions measures")
    func measure() {
        let text = """
            struct S {
                func short() { work() }
                func long(
                    a: Int
                ) -> Int {
                    if a > 1 {
                        return 2
                    }
                    return a
                }
                init() {
                }
            }
            """
        let file = Repository.File(
            path: "S.swift", target: "S",
            lines: text.split(separator: "\n", omittingEmptySubsequences: false))
        let found = Self.functions(file)
        #expect(found.map(\.name) == ["short", "long", "init"])
        #expect(found.map(\.length) == [1, 8, 2])
    }

    @Test("Every hazard's code has a page")
    func pages() {
        #expect(HazardCatalogue.pages.map(\.code) == HazardCode.allCases)
        for code in HazardCode.allCases {
            let page = HazardCatalogue.page(code)
            #expect(page.code == code)
            let texts = [
                page.title, page.summary, page.explanation, page.mend, page.linux, page.bareMetal,
                page.dmaDebug, page.affects,
            ]
            #expect(texts.allSatisfy { !$0.isEmpty }, "\(code.rawValue) has an empty part")
        }
    }

    /// The functions and initialisers of a formatted file: a body ends at the brace in its own column.
    private static func functions(
        _ file: Repository.File
    ) -> [(name: String, line: Int, length: Int)] {
        var result: [(name: String, line: Int, length: Int)] = []
        let pattern = #/^(\s*)(?:[@\w()]+\s+)*?(?:func\s+([^\s(<]+)|(init|deinit|subscript)\b)/#
        for (start, line) in file.lines.enumerated() {
            guard let match = line.firstMatch(of: pattern) else { continue }
            let indent = String(match.1)
            let name = String(match.2 ?? match.3 ?? "")
            guard let open = opening(file.lines, start, indent) else { continue }
            if file.lines[open].hasSuffix("}") {
                result.append((name, start + 1, open - start + 1))
                continue
            }
            guard let end = file.lines[(open + 1)...].firstIndex(where: { $0 == indent + "}" })
            else { continue }
            result.append((name, start + 1, end - start + 1))
        }
        return result
    }

    /// The line on which a body opens; nil: there is none, as in a protocol.
    private static func opening(_ lines: [Substring], _ start: Int, _ indent: String) -> Int? {
        for index in start..<min(start + 12, lines.count) {
            let line = lines[index]
            if line.hasSuffix("{") || (line.contains("{") && line.hasSuffix("}")) { return index }
            if index > start, line.isEmpty || line.hasPrefix(indent + "}") { return nil }
            if index > start, line.contains("///") || line.contains(" func ") { return nil }
        }
        return nil
    }
}
