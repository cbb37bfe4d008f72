import Experiments
import Foundation
import Hazards
import Operations
import Quantities
import Testing
import Traces

/// A violating trace on a machine where something is found.
struct FixCase: Sendable, CustomTestStringConvertible {
    let file: LitmusFile
    let expectation: LitmusFile.Expectation

    var testDescription: String { "\(file.name), \(expectation.profile)" }

    /// The violating traces of a folder on every profile that expects a finding.
    static func all(in folder: URL) -> [FixCase] {
        ((try? LitmusFile.all(in: folder)) ?? []).filter { $0.isViolating && $0.pending == nil }
            .flatMap { file in
                file.expectations.filter { !$0.pairs.isEmpty }.map {
                    FixCase(file: file, expectation: $0)
                }
            }
    }

    static let litmus = all(in: LitmusFile.folder)
    static let corpus = all(in: CorpusCase.folder)

    /// All of them if `STALELINE_FIX=all`, else some, drawn with a seed.
    static func some(_ cases: [FixCase], _ count: Int) -> [FixCase] {
        if ProcessInfo.processInfo.environment["STALELINE_FIX"] == "all" { return cases }
        var generator = SplitMix64(seed: 5)
        var rest = cases
        return (0..<min(count, cases.count)).map { _ in
            rest.remove(at: Int(generator.next() % UInt64(rest.count)))
        }
    }

    /// The usual limits without a search through schedules.
    static let unsearched: FixLimits = {
        var limits = FixLimits()
        limits.states = 0
        return limits
    }()

    /// The trace's repair.
    ///
    /// - Parameter states: The bound of the search through its schedules; 0: none, as that takes its time where nothing is
    ///   optimised.
    /// - Returns: what was found.
    /// - Throws: if the trace cannot be read or run.
    func fix(states: Int = 0) throws -> FixResult {
        let program = try NativeParser.parse(Array(file.text.utf8), file: file.name)
        var overrides: [(key: String, value: String)] = []
        for case .set(let key, let value) in program.declarations { overrides.append((key, value)) }
        let setup = try Setup(
            program, file: file.name,
            machine: LitmusFile.machine(expectation.machine, overrides),
            kernel: .init(parsing: expectation.kernel))
        var limits = Self.unsearched
        limits.states = states
        return try Fix.run(setup, text: TraceText(Array(file.text.utf8)), limits: limits)
    }
}

/// A page of the catalogue with a trace in which its hazard is found.
struct PageCase: Sendable, CustomTestStringConvertible {
    let page: HazardPage

    var testDescription: String { "\(page.code.rawValue).slt" }

    static let all: [PageCase] = HazardCatalogue.pages.compactMap { page in
        guard !page.trace.isEmpty else { return nil }
        return PageCase(page: page)
    }
}

extension FixResult {
    /// What is wrong with a repair that was found, whatever the trace; empty: nothing.
    func faults() throws -> [String] {
        var faults: [String] = []
        if outcome != .mended {
            let left = after.judgement.findings.map { "\($0.verdict.rawValue) \($0.code.rawValue)" }
            faults.append("not mended after \(runs) runs; left: \(left)")
        }
        let setup = before.setup
        let program = try NativeParser.parse(mended.bytes, file: setup.file)
        let again = try Check.run(
            Setup(program, file: setup.file, machine: setup.machine, kernel: setup.kernel))
        if !again.judgement.findings.isEmpty { faults.append("the mended text has findings") }
        if original.patched(by: patch) != mended.lines.map(\.text) {
            faults.append("the patch does not make the mended text")
        }
        if Self.meaning(setup.program) != Self.meaning(program) {
            faults.append("loads, stores, transfers or doorbells were changed")
        }
        if case .search(let search) = evidence, let fault = search.fault {
            faults.append("a schedule still goes wrong: \(fault)")
        }
        if steps.isEmpty || steps.contains(where: { $0.advice.count < 20 }) {
            faults.append("no advice")
        }
        return faults
    }

    /// What a program does, in its order, apart from what may be mended: who moves how many bytes, and what is started.
    private static func meaning(_ program: Program) -> [String] {
        program.statements.compactMap { statement in
            guard case .operation(let agent, let operation) = statement.body else { return nil }
            switch operation {
            case .access(let access, _, let value):
                return "\(agent.rawValue) \(access.kind) \(access.size) \(value ?? 0)"
            case .run(let run):
                return "\(agent.rawValue) \(run.kind) \(run.bytes) \(run.size) \(run.step)"
            case .copy(let copy): return "\(agent.rawValue) copy \(copy.bytes) \(copy.size)"
            case .device(let transfer):
                return "\(agent.rawValue) \(transfer.kind) \(transfer.bytes) \(transfer.rows)"
            case .ring(let device): return "\(agent.rawValue) ring \(device.rawValue)"
            case .accessor(let accessor) where accessor.function.isWrite:
                return "\(agent.rawValue) write \(accessor.device.rawValue)"
            case .environment(let event): return "\(event.kind)"
            case .work(let cycles): return "\(agent.rawValue) work \(cycles)"
            default: return nil
            }
        }
    }
}

extension TraceText {
    /// The lines after a unified diff; empty where it does not fit.
    fileprivate func patched(by patch: String) -> [String] {
        var out: [String] = []
        var next = 0
        for step in patch.split(separator: "\n", omittingEmptySubsequences: false).dropFirst(2) {
            let text = String(step.dropFirst())
            switch step.first {
            case "@":
                let start = step.split(separator: " ")[1].dropFirst().prefix { $0 != "," }
                guard let line = Int(start), line - 1 >= next else { return [] }
                out += lines[next..<line - 1].map(\.text)
                next = line - 1
            case " ", "-":
                guard next < lines.count, lines[next].text == text else { return [] }
                if step.first == " " { out.append(text) }
                next += 1
            case "+": out.append(text)
            default: continue
            }
        }
        return out + lines[next...].map(\.text)
    }
}

/// `fix` on what the litmus traces and the corpus of real bugs have.
@Suite("Fix: violating traces")
struct FixTests {
    /// Two bugs of three would be chance; the aim is nine of ten.
    private static let leastShare = 0.9

    @Test("Every bug of the corpus is mended, and nine of ten with an operation of the real mend")
    func corpus() throws {
        var mended = 0
        var unlike: Set<String> = []
        var beyond: Set<String> = []
        var stems: Set<String> = []
        for one in FixCase.corpus {
            let result = try one.fix()
            let faults = try result.faults()
            #expect(faults.isEmpty, "\(one.testDescription): \(faults)")
            if faults.isEmpty { mended += 1 }
            let name = one.file.stem + ".fixed.slt"
            let twin = try LitmusFile(name, in: CorpusCase.folder)
            let old = result.before.setup.program
            let theirs = try FixLikeness(
                from: old, to: NativeParser.parse(Array(twin.text.utf8), file: name))
            let ours = try FixLikeness(from: old, to: result.after.setup.program)
            stems.insert(one.file.stem)
            if !ours.isLike(theirs) { unlike.insert(one.file.stem) }
            if !ours.isWithin(theirs) { beyond.insert(one.file.stem) }
        }
        let alike = stems.count - unlike.count
        print(
            """
            fix: \(mended) of \(FixCase.corpus.count) cases of the corpus mended; of \(stems.count) bugs \(alike) with \
            an operation of the real mend, \(stems.count - beyond.count) with none besides; others: \
            \(unlike.sorted().joined(separator: ", "))
            """)
        #expect(
            Double(alike) >= Self.leastShare * Double(stems.count), "unlike: \(unlike.sorted())")
        let page = try String(
            contentsOf: LitmusFile.root.appendingPathComponent("docs/fix.md"), encoding: .utf8)
        for stem in unlike.sorted() {
            #expect(
                page.contains("| \(stem) |"), "\(stem) is mended otherwise: docs/fix.md lacks why")
        }
    }

    @Test("A litmus trace is mended", arguments: FixCase.some(FixCase.litmus, 60))
    func litmus(_ one: FixCase) throws {
        let faults = try one.fix().faults()
        #expect(faults.isEmpty, "\(one.testDescription): \(faults)")
    }

    @Test("The trace of a hazard's page is mended", arguments: PageCase.all)
    func page(_ one: PageCase) throws {
        let program = try NativeParser.parse(Array(one.page.trace.utf8), file: one.testDescription)
        var overrides: [(key: String, value: String)] = []
        var machine = "zynq7000"
        for declaration in program.declarations {
            if case .set(let key, let value) = declaration { overrides.append((key, value)) }
            if case .machine(let name) = declaration { machine = name }
        }
        let setup = try Setup(
            program, file: one.testDescription, machine: LitmusFile.machine(machine, overrides))
        let result = try Fix.run(
            setup, text: TraceText(Array(one.page.trace.utf8)), limits: FixCase.unsearched)
        let faults = try result.faults()
        #expect(faults.isEmpty, "\(one.testDescription): \(faults)")
    }

    @Test("What the kernel's own checks report is mended", arguments: DMADebugCase.all)
    func kernelChecks(_ one: DMADebugCase) throws {
        guard one.file.isRaising, one.file.expectations.first?.line == one.expectation.line else {
            return
        }
        let setup = try one.file.setup(one.expectation.machine, one.expectation.kernel)
        let result = try Fix.run(
            setup, text: TraceText(Array(one.file.text.utf8)), limits: FixCase.unsearched)
        let faults = result.outcome == .nothingToMend ? [] : try result.faults()
        #expect(faults.isEmpty, "\(one.file.name): \(faults)")
    }

    @Test("No schedule of a mended trace goes wrong")
    func proof() throws {
        var proved = 0
        let cases = FixCase.some(FixCase.litmus, 12)
        for one in cases {
            let result = try one.fix(states: FixLimits().states)
            guard case .search(let search) = result.evidence else { continue }
            #expect(
                search.fault == nil, "\(one.testDescription): \(String(describing: search.fault))")
            if search.isProved { proved += 1 }
        }
        print("fix: \(proved) of \(cases.count) mended litmus traces proved")
        #expect(proved > 0)
    }

    @Test("Nothing is mended where nothing is found")
    func safe() throws {
        let files = try LitmusFile.all().filter(\.isSafe)
        var generator = SplitMix64(seed: 7)
        for _ in 0..<8 {
            let file = files[Int(generator.next() % UInt64(files.count))]
            let expectation = try #require(file.expectations.first)
            let result = try FixCase(file: file, expectation: expectation).fix()
            #expect(result.outcome == .nothingToMend, "\(file.name)")
            #expect(result.patch.isEmpty && result.steps.isEmpty)
        }
    }
}

/// A clean trace without one of its statements.
struct FixFault: Sendable, CustomTestStringConvertible {
    let file: LitmusFile
    let expectation: LitmusFile.Expectation
    /// The line that is taken out, from 0.
    let line: Int

    var testDescription: String { "\(file.name), \(expectation.profile), without line \(line + 1)" }

    /// The trace without the line.
    var faulty: FixCase {
        get throws {
            var lines = file.text.split(separator: "\n", omittingEmptySubsequences: false)
            lines[line] = ""
            return FixCase(
                file: try LitmusFile(name: file.name, text: lines.joined(separator: "\n")),
                expectation: expectation)
        }
    }

    /// Every statement of maintenance, every barrier and every call of the clean traces, on their first profile.
    static let all: [FixFault] = {
        let files =
            ((try? LitmusFile.all()) ?? []).filter(\.isSafe)
            + ((try? CorpusCase.files()) ?? []).filter { $0.name.hasSuffix(".fixed.slt") }
        return files.flatMap { file -> [FixFault] in
            guard let expectation = file.expectations.first, expectation.pairs.isEmpty,
                let program = try? NativeParser.parse(Array(file.text.utf8), file: file.name)
            else { return [] }
            return program.statements.compactMap { statement in
                guard case .operation(_, let operation) = statement.body else { return nil }
                switch operation {
                case .maintenance, .barrier, .kernelBarrier, .vendor: break
                case .dma(let call) where !call.function.makesHandle: break
                default: return nil
                }
                return FixFault(
                    file: file, expectation: expectation, line: Int(statement.line) - 1)
            }
        }
    }()
}

extension FixTests {
    @Test("Whatever is taken out of a clean trace and is missed there is mended")
    func faults() throws {
        var generator = SplitMix64(seed: 11)
        var rest = FixFault.all
        let isWhole = ProcessInfo.processInfo.environment["STALELINE_FIX"] == "all"
        let count = isWhole ? rest.count : 40
        var (missed, mended, same) = (0, 0, 0)
        for _ in 0..<min(count, rest.count) {
            let one =
                isWhole
                ? rest.removeFirst()
                : rest.remove(at: Int(generator.next() % UInt64(rest.count)))
            // A pause may have lost the call that it is in.
            guard let result = try? one.faulty.fix(), result.outcome != .nothingToMend else {
                continue
            }
            missed += 1
            let faults = try result.faults()
            #expect(faults.isEmpty, "\(one.testDescription): \(faults)")
            if faults.isEmpty { mended += 1 }
            let old = result.before.setup.program
            let theirs = try FixLikeness(
                from: old,
                to: NativeParser.parse(Array(one.file.text.utf8), file: one.file.name))
            if try FixLikeness(from: old, to: result.after.setup.program).isLike(theirs) {
                same += 1
            } else if ProcessInfo.processInfo.environment["FIXSHOW"] != nil {
                print("OTHER \(one.testDescription): \(result.steps.map(\.advice))")
            }
        }
        print(
            """
            fix: of \(count) statements taken out of clean traces (seed 11) \(missed) are missed; \(mended) mended, \
            \(same) by the same operation
            """)
        #expect(missed > 0)
    }
}
