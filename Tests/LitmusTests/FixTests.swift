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

    /// The trace's repair.
    func fix() throws -> FixResult {
        let program = try NativeParser.parse(Array(file.text.utf8), file: file.name)
        var overrides: [(key: String, value: String)] = []
        for case .set(let key, let value) in program.declarations { overrides.append((key, value)) }
        let setup = try Setup(
            program, file: file.name,
            machine: LitmusFile.machine(expectation.machine, overrides),
            kernel: .init(parsing: expectation.kernel))
        return try Fix.run(setup, text: TraceText(Array(file.text.utf8)))
    }
}

@Suite("Fix")
struct FixTests {
    @Test("DEV")
    func dev() throws {
        let filter = ProcessInfo.processInfo.environment["FIXCASE"] ?? ""
        let showPatch = ProcessInfo.processInfo.environment["FIXSHOW"] != nil
        var (count, like, within, mended) = (0, 0, 0, 0)
        for one in FixCase.corpus + FixCase.litmus where filter.isEmpty || one.testDescription.contains(filter) {
            let clock = ContinuousClock()
            let start = clock.now
            let result = try one.fix()
            let took = clock.now - start
            count += 1
            if result.outcome == .mended { mended += 1 }
            var note = ""
            let fixed = one.file.stem + ".fixed.slt"
            if let twin = try? LitmusFile(fixed, in: CorpusCase.folder) {
                let theirs = try FixLikeness(from: result.before.setup.program, to: NativeParser.parse(Array(twin.text.utf8), file: fixed))
                let ours = try FixLikeness(from: result.before.setup.program, to: result.after.setup.program)
                if ours.isLike(theirs) { like += 1 } else { note += " UNLIKE" }
                if ours.isWithin(theirs) { within += 1 }
            }
            print("\(result.outcome.rawValue) \(one.testDescription): \(result.before.judgement.findings.map { $0.code.rawValue }) steps \(result.steps.count) runs \(result.runs) +\(result.addedCycles) \(result.isSmallest ? "" : "beam") \(took)\(note)")
            for step in result.steps { print("    \(step.code.rawValue) \(step.advice)") }
            if result.outcome != .mended { for f in result.after.judgement.findings { print("    LEFT \(f.code) \(f.verdict) line \(f.record)") } }
            if showPatch { print(result.patch); for r in result.redundant { print("    redundant \(r.words) \(r.instead) \(r.cycles) \(r.canGoToo)") } }
        }
        print("cases \(count) mended \(mended) like \(like) within \(within)")
    }
}
