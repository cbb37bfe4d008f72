import Experiments
import Traces

/// Reads a page.
struct LessonReader {
    private let file: String
    private let files: CourseFiles
    private var errors = TraceErrors()
    private var questions: [Question] = []
    private var parts: [Lesson.Part] = []
    private var words: [String] = []

    private init(file: String, files: CourseFiles) {
        self.file = file
        self.files = files
    }

    /// Reads a page of a course.
    ///
    /// - Throws: all that is wrong with it.
    static func read(_ file: String, in files: CourseFiles) throws(TraceErrors) -> Lesson {
        var reader = LessonReader(file: file, files: files)
        let lesson = try reader.lesson(LessonText.lines(files.contents(file), file: file))
        guard let lesson, reader.errors.isEmpty else { throw reader.errors }
        return lesson
    }

    private mutating func lesson(_ lines: [LessonLine]) throws(TraceErrors) -> Lesson? {
        guard lines.first?.text == "---",
            let end = lines.dropFirst().firstIndex(where: { $0.text == "---" })
        else {
            throw TraceErrors([
                TraceError(
                    file: file, line: 1,
                    found: lines.first.map { "'\($0.text)'" } ?? "an empty file",
                    expected: "a head: '---', lines as 'title: …', '---'")
            ])
        }
        let head = LessonFields(
            Array(lines[1..<end]), file: file, keys: ["title", "goal", "trace", "break"],
            errors: &errors)
        for key in ["title", "goal", "trace"] where head[key] == nil {
            errors.append(
                TraceError(
                    file: file, line: 1, found: "a head without '\(key)'", expected: "'\(key): …'"))
        }
        guard let trace = trace(named: head["trace"]) else { return nil }
        let breaks = LessonFields.list(head["break"]?.value ?? "").map(LessonTrace.place)
        for place in breaks { check(place, in: trace, line: head["break"]?.line ?? 1) }
        read(Array(lines[(end + 1)...]), trace)
        if questions.isEmpty {
            errors.append(
                TraceError(
                    file: file, line: lines.count, found: "the end of the page",
                    expected: "at least one ```question block"))
        }
        return Lesson(
            name: String(file.dropLast(3)), file: file, title: head["title"]?.value ?? "",
            goal: head["goal"]?.value ?? "", trace: trace, breaks: breaks, parts: parts,
            questions: questions)
    }

    private mutating func check(_ place: String, in trace: LessonTrace, line: Int) {
        do { _ = try trace.line(of: place) } catch { errors.append(error.located(file, line)) }
    }

    private mutating func trace(named field: LessonFields.Field?) -> LessonTrace? {
        guard let field else { return nil }
        do throws(TraceErrors) {
            guard files.files[field.value] != nil else {
                errors.append(
                    TraceError(
                        file: file, line: field.line, found: "'\(field.value)'",
                        expected: "a trace beside the page"))
                return nil
            }
            return try LessonTrace(files.contents(field.value), file: field.value)
        } catch {
            for error in error.errors { errors.append(error) }
            return nil
        }
    }

    private mutating func read(_ lines: [LessonLine], _ trace: LessonTrace) {
        var place = 0
        while place < lines.count {
            let line = lines[place]
            guard line.text.hasPrefix("```") else {
                words.append(line.text)
                place += 1
                continue
            }
            let info = line.text.dropFirst(3).split(separator: " ").map(String.init)
            guard let end = lines[(place + 1)...].firstIndex(where: { $0.text == "```" }) else {
                errors.append(
                    TraceError(
                        file: file, line: line.number, found: "the end of the page",
                        expected: "'```', which closes the block that begins here"))
                return
            }
            let body = Array(lines[(place + 1)..<end])
            switch info.first {
            case "question": read(question: Array(info.dropFirst()), line, body, trace)
            case .some(let name) where ComputedBlock.Kind(rawValue: name) != nil:
                read(block: info, line, body)
            default: words += lines[place...end].map(\.text)
            }
            place = end + 1
        }
        endWords()
    }

    private mutating func endWords() {
        if words.contains(where: { !$0.isEmpty }) { parts.append(.words(words)) }
        words = []
    }

    private mutating func read(block info: [String], _ line: LessonLine, _ body: [LessonLine]) {
        guard let kind = info.first.flatMap(ComputedBlock.Kind.init) else { return }
        endWords()
        var block = ComputedBlock(
            kind: kind, arguments: [], options: [:], line: line.number, body: body.map(\.text))
        for word in info.dropFirst() {
            guard let equals = word.firstIndex(of: "=") else {
                block.arguments.append(word)
                continue
            }
            let key = String(word[..<equals])
            guard ComputedBlock.keys(kind).contains(key) else {
                errors.append(
                    TraceError(
                        file: file, line: line.number, found: "'\(word)'",
                        expected: "of \(kind.rawValue): "
                            + ComputedBlock.keys(kind).map { "\($0)=…" }.joined(separator: ", ")))
                continue
            }
            block.options[key] = String(word[word.index(after: equals)...])
        }
        parts.append(.block(block))
    }

    // MARK: Questions

    private static let keys = [
        "title", "ask", "trace", "machines", "free", "hint", "read", "count", "without",
        "strategies", "within", "at-most",
    ]

    private mutating func read(
        question info: [String], _ line: LessonLine, _ body: [LessonLine], _ trace: LessonTrace
    ) {
        endWords()
        guard info.count == 1, let kind = Question.Kind(rawValue: info[0]) else {
            errors.append(
                TraceError(
                    file: file, line: line.number, found: "'\(info.joined(separator: " "))'",
                    expected: "one of "
                        + Question.Kind.allCases.map(\.rawValue).joined(separator: ", ")))
            return
        }
        let fields = LessonFields(body, file: file, keys: Self.keys, errors: &errors)
        for key in ["title", "ask"] where fields[key] == nil {
            errors.append(
                TraceError(
                    file: file, line: line.number, found: "a question without '\(key)'",
                    expected: "'\(key): …'"))
        }
        if fields.all("hint").isEmpty, kind != .strategy {
            errors.append(
                TraceError(
                    file: file, line: line.number, found: "a question without a hint",
                    expected: "'hint: …', once or more"))
        }
        let own = fields["trace"] == nil ? trace : self.trace(named: fields["trace"]) ?? trace
        var question = Question(
            kind: kind, title: fields["title"]?.value ?? "", ask: fields["ask"]?.value ?? "",
            trace: own, machines: LessonFields.list(fields["machines"]?.value ?? ""), free: [],
            hints: fields.all("hint").map(\.value), read: fields["read"]?.value,
            count: fields["count"]?.value,
            atMost: fields["at-most"].flatMap { Grader.number($0.value) },
            strategies: LessonFields.list(fields["strategies"]?.value ?? ""), within: 0,
            line: line.number)
        takeOut(fields["without"], of: &question.trace)
        readNumbers(fields, &question)
        checkPlaces(fields, question)
        parts.append(.question(questions.count))
        questions.append(question)
    }

    /// Takes lines out of a question's trace.
    private mutating func takeOut(_ field: LessonFields.Field?, of trace: inout LessonTrace) {
        guard let field else { return }
        do { trace = try trace.without(LessonFields.list(field.value)) } catch {
            errors.append(error.located(file, field.line))
        }
    }

    private mutating func readNumbers(_ fields: LessonFields, _ question: inout Question) {
        if let within = fields["within"] {
            guard let percent = Int(within.value), (0...1_000).contains(percent) else {
                errors.append(
                    TraceError(
                        file: file, line: within.line, found: "'\(within.value)'",
                        expected: "a number of percent, 0 to 1000"))
                return
            }
            question.within = percent
        }
        guard let free = fields["free"] else { return }
        for word in LessonFields.list(free.value) {
            guard let freedom = Question.Freedom(rawValue: word) else {
                errors.append(
                    TraceError(
                        file: file, line: free.line, found: "'\(word)'",
                        expected: "of "
                            + Question.Freedom.allCases.map(\.rawValue).joined(separator: ", ")))
                continue
            }
            question.free.insert(freedom)
        }
    }

    private mutating func checkPlaces(_ fields: LessonFields, _ question: Question) {
        if let read = fields["read"] { check(read.value, in: question.trace, line: read.line) }
        if question.kind == .predict, (question.read == nil) == (question.count == nil) {
            errors.append(
                TraceError(
                    file: file, line: question.line,
                    found: question.read == nil ? "neither" : "both",
                    expected: "'read: PLACE', a load, or 'count: COUNTER'"))
        }
        if let count = fields["count"], CounterNames.counter(count.value) == nil {
            errors.append(
                TraceError(
                    file: file, line: count.line, found: "'\(count.value)'",
                    expected: CounterNames.expectation))
        }
        for name in question.strategies where Strategy(rawValue: name) == nil {
            errors.append(
                TraceError(
                    file: file, line: fields["strategies"]?.line ?? question.line,
                    found: "'\(name)'",
                    expected: "of "
                        + Strategy.allCases.map(\.rawValue).joined(separator: ", ")))
        }
        if question.kind == .cheapest, (question.count == nil) != (question.atMost == nil) {
            errors.append(
                TraceError(
                    file: file, line: question.line, found: "one of 'count' and 'at-most'",
                    expected: "both, 'count: COUNTER' and 'at-most: NUMBER'"))
        }
        let isMeasured = question.kind == .cheapest && question.count != nil
        if question.kind == .strategy || question.kind == .cheapest, !isMeasured,
            question.strategies.isEmpty
        {
            errors.append(
                TraceError(
                    file: file, line: question.line, found: "no strategies",
                    expected: "'strategies: …', those to choose from"))
        }
    }
}
