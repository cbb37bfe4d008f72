import Experiments
import Hazards
import Reports
import Traces

extension ComputedBlock {
    /// Which words with `=` a block may have.
    static func keys(_ kind: Kind) -> [String] {
        switch kind {
        case .trace: ["file", "from", "to"]
        case .state: ["file", "after", "without", "machine"]
        case .reads: ["file", "without", "machine"]
        case .finds: ["file", "without", "machine", "kernel"]
        case .counts: ["file", "without", "machine"]
        case .times: ["file", "without", "machine"]
        case .compare: ["file", "machine"]
        }
    }
}

/// Works out the blocks of pages.
public struct BlockRenderer: Sendable {
    private let lesson: Lesson
    private let files: CourseFiles
    private let machines: MachineSource

    /// Makes a renderer for a lesson of a course.
    public init(_ lesson: Lesson, files: CourseFiles, machines: MachineSource) {
        self.lesson = lesson
        self.files = files
        self.machines = machines
    }

    /// The lines of a block.
    ///
    /// - Throws: why it cannot be worked out, with its place.
    public func lines(_ block: ComputedBlock) throws(TraceErrors) -> [String] {
        do throws(LessonFault) { return try render(block) } catch {
            throw TraceErrors([error.located(lesson.file, block.line)])
        }
    }

    private func render(_ block: ComputedBlock) throws(LessonFault) -> [String] {
        switch block.kind {
        case .trace: try excerpt(block)
        case .state: try state(block)
        case .reads: try reads(block)
        case .finds: try finds(block)
        case .counts: try counts(block)
        case .times: try times(block)
        case .compare: try compare(block)
        }
    }

    /// The trace of a block: the lesson's, or a file's, without the lines that are taken out.
    private func trace(_ block: ComputedBlock) throws(LessonFault) -> LessonTrace {
        var trace = lesson.trace
        if let file = block.options["file"] {
            guard files.files[file] != nil else {
                throw LessonFault(found: "file=\(file)", expected: "a trace beside the page")
            }
            do { trace = try LessonTrace(files.contents(file), file: file) } catch {
                throw LessonFault(found: error.description, expected: "a trace")
            }
        }
        let without = LessonFields.list(block.options["without"] ?? "")
        return try trace.without(without)
    }

    private func setup(_ block: ComputedBlock) throws(LessonFault) -> (LessonTrace, Setup) {
        let trace = try trace(block)
        do {
            let setup = try machines.setup(
                trace, machine: block.options["machine"], kernel: block.options["kernel"])
            return (trace, setup)
        } catch {
            throw LessonFault(found: error.description, expected: "a trace that runs")
        }
    }

    /// Runs something, and tells what is wrong with the trace as a fault of the block.
    private func running<T>(_ body: () throws(TraceErrors) -> T) throws(LessonFault) -> T {
        do throws(TraceErrors) { return try body() } catch {
            throw LessonFault(found: error.description, expected: "a trace that runs")
        }
    }

    // MARK: Kinds

    private func excerpt(_ block: ComputedBlock) throws(LessonFault) -> [String] {
        let trace = try trace(block)
        let first = try block.options["from"].map { (place) throws(LessonFault) in
            try trace.line(of: place)
        }
        let last = try block.options["to"].map { (place) throws(LessonFault) in
            try trace.line(of: place)
        }
        let start = first ?? 1
        let end = last ?? trace.lines.count
        guard start <= end else {
            throw LessonFault(
                found: "from line \(start) to line \(end)", expected: "the first line first")
        }
        return Array(trace.lines[(start - 1)..<end])
    }

    private func state(_ block: ComputedBlock) throws(LessonFault) -> [String] {
        guard block.arguments.count == 1, let after = block.options["after"] else {
            throw LessonFault(
                found: "'state \(block.arguments.joined(separator: " "))'",
                expected: "'state ADDRESS after=PLACE', as 'state rx+32 after=[bell]'")
        }
        let (trace, setup) = try setup(block)
        let line = try trace.line(of: after)
        let address = try Self.address(block.arguments[0], in: setup)
        return try running { () throws(TraceErrors) in
            try LinePicture(setup, address: address, after: line).lines
        }
    }

    /// The physical address of one as pages write it: a name, `NAME+OFFSET` or a number.
    ///
    /// - Throws: if there is no such name.
    public static func address(_ text: String, in setup: Setup) throws(LessonFault) -> UInt64 {
        let parts = text.split(separator: "+", maxSplits: 1).map(String.init)
        let offset = parts.count > 1 ? Grader.number(parts[1]) : 0
        if let symbol = setup.program.symbols.find(parts.first ?? ""), let offset,
            let entry = setup.program.symbols[symbol], entry.size > 0
        {
            return setup.physical(of: entry.address &+ offset)
        }
        if parts.count == 1, let number = Grader.number(text) {
            return setup.physical(of: number)
        }
        throw LessonFault(
            found: "'\(text)'", expected: "a buffer or region of \(setup.file), as rx or rx+32")
    }

    private func reads(_ block: ComputedBlock) throws(LessonFault) -> [String] {
        let (trace, setup) = try setup(block)
        var lines: [String] = []
        for place in block.arguments {
            let line = try trace.line(of: place)
            let truth = try running { () throws(TraceErrors) in
                try Grader(machines: machines).read(line, setup)
            }
            lines.append("line \(line), \(trace.statement(of: line)): \(truth.words)")
        }
        guard !lines.isEmpty else {
            throw LessonFault(found: "'reads'", expected: "'reads PLACE …', lines with loads")
        }
        return lines
    }

    private func finds(_ block: ComputedBlock) throws(LessonFault) -> [String] {
        let (_, setup) = try setup(block)
        return try running { () throws(TraceErrors) in Self.findings(try Check.run(setup)) }
    }

    /// What was found: where and which, and below it its title.
    public static func findings(_ result: CheckResult) -> [String] {
        let machine = result.setup.machine.name
        let findings = result.judgement.findings
        guard !findings.isEmpty else { return ["\(machine): nothing found"] }
        return findings.flatMap { finding in
            [
                "\(machine): line \(result.setup.line(finding.record)), \(finding.verdict.rawValue) \(finding.code.rawValue)",
                "  \(HazardCatalogue.page(finding.code).title)",
            ]
        }
    }

    private func counts(_ block: ComputedBlock) throws(LessonFault) -> [String] {
        let (_, setup) = try setup(block)
        let counters = try running { () throws(TraceErrors) in try Replay.run(setup).counters }
        var lines: [String] = []
        for name in block.arguments {
            guard let counter = CounterNames.counter(name) else {
                throw LessonFault(found: "'\(name)'", expected: CounterNames.expectation)
            }
            lines.append("\(CounterNames.words(name)): \(Format.grouped(counters[counter]))")
        }
        return lines
    }

    private func times(_ block: ComputedBlock) throws(LessonFault) -> [String] {
        let (_, setup) = try setup(block)
        let result = try running { () throws(TraceErrors) in try Replay.run(setup) }
        var lines: [String] = []
        for name in block.arguments {
            guard let span = result.spans.first(where: { $0.name == name }) else {
                throw LessonFault(
                    found: "'\(name)'",
                    expected: "a span of the trace: "
                        + result.spans.map(\.name).joined(separator: ", "))
            }
            lines.append("\(name): \(Format.time(nanoseconds: span.time.nanoseconds))")
        }
        if lines.isEmpty {
            lines.append("all: \(Format.time(nanoseconds: result.elapsed.nanoseconds))")
        }
        return lines
    }

    private func compare(_ block: ComputedBlock) throws(LessonFault) -> [String] {
        let (_, setup) = try setup(block)
        var strategies: [Strategy] = []
        for name in block.arguments {
            guard let strategy = Strategy(rawValue: name) else {
                throw LessonFault(
                    found: "'\(name)'",
                    expected: "of " + Strategy.allCases.map(\.rawValue).joined(separator: ", "))
            }
            strategies.append(strategy)
        }
        let result = try running { () throws(TraceErrors) in
            try Compare.run(setup, strategies: strategies)
        }
        var table = TextTable([
            ("strategy", .left), ("elapsed", .right), ("core", .right), ("found", .left),
        ])
        for row in result.results where row.strategy != .asWritten {
            let codes = Set(row.findings.map(\.code.rawValue)).sorted().joined(separator: " ")
            table.add([
                row.strategy.rawValue, Format.time(nanoseconds: row.elapsed.nanoseconds),
                Format.time(nanoseconds: row.cpu.nanoseconds), row.isCorrect ? "nothing" : codes,
            ])
        }
        for row in result.unavailable { table.add([row.strategy.rawValue, "–", "–", row.reason]) }
        return table.text.split(separator: "\n").map(String.init)
    }
}
