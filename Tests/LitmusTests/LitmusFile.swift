import Experiments
import Foundation
import Hazards
import Machines
import MemoryModel
import Synchronization
import Testing
import Traces

/// A trace of `Traces/litmus` or `Traces/corpus` with what its head expects.
struct LitmusFile: Sendable {
    /// A verdict and a code, as an expectation writes them: `latent H08`.
    struct Pair: Hashable, Sendable, Comparable, CustomStringConvertible {
        var verdict: Verdict
        var code: HazardCode

        var description: String { "\(verdict.rawValue) \(code.rawValue)" }

        static func < (left: Self, right: Self) -> Bool { left.description < right.description }
    }

    /// What one profile is expected to find.
    struct Expectation: Sendable {
        var machine: String
        var kernel: String
        var pairs: Set<Pair>
        var line: Int

        var profile: String { "\(machine) \(kernel)" }
    }

    /// What is wrong with a file, and where.
    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    /// The file's name, without the folder.
    let name: String
    /// Its text.
    let text: String
    /// Its expectations, in their order.
    let expectations: [Expectation]
    /// What is expected when the `env` statements are taken out: `# without env MACHINE KERNEL: …`.
    let withoutEnvironment: [Expectation]
    /// Why the expectations are not met yet: `# pending: REASON`; nil: they are.
    let pending: String?

    /// The name without the ending that says what kind of file it is: `S01-h01`.
    var stem: String { String(name.prefix { $0 != "." }) }

    /// Whether the file shows a hazard.
    var isViolating: Bool { name.hasSuffix(".violates.slt") }

    /// Whether the file is a safe twin.
    var isSafe: Bool {
        let kind = name.dropFirst(stem.count)
        return kind == ".safe.slt" || (kind.hasPrefix(".safe-") && kind.hasSuffix(".slt"))
    }

    /// Where a failure points to: `S01-h01.safe.slt:3`.
    func place(_ expectation: Expectation) -> String { "\(name):\(expectation.line)" }

    // MARK: Reading

    /// The root of the repository.
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// The folder of the traces.
    static let folder = root.appendingPathComponent("Traces/litmus")

    /// All traces of a folder, by name.
    static func all(in folder: URL = folder) throws -> [LitmusFile] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0.hasSuffix(".slt") }.sorted().map { try LitmusFile($0, in: folder) }
    }

    /// Reads a trace's head.
    init(_ name: String, in folder: URL = folder) throws {
        try self.init(
            name: name,
            text: String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8))
    }

    /// Reads the head of a trace whose text is given.
    init(name: String, text: String) throws {
        self.name = name
        self.text = text
        var found: [Expectation] = []
        var without: [Expectation] = []
        var pending: String?
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false)
            .enumerated()
        {
            let place = "\(name):\(index + 1)"
            if line.contains("# expect") {
                found.append(try Self.expectation(line, "# expect ", place: place, index + 1))
            } else if line.contains("# without env") {
                without.append(
                    try Self.expectation(line, "# without env ", place: place, index + 1))
            } else if line.hasPrefix("# pending: ") {
                pending = String(line.dropFirst("# pending: ".count))
            }
        }
        expectations = found
        withoutEnvironment = without
        self.pending = pending
    }

    private static func expectation(
        _ line: Substring, _ start: String, place: String, _ number: Int
    ) throws -> Expectation {
        let grammar = "\(start)MACHINE KERNEL: nothing, or VERDICT CODE {, VERDICT CODE}"
        let fault = Fault(description: "\(place): found \"\(line)\", expected \(grammar)")
        guard line.hasPrefix(start), let colon = line.firstIndex(of: ":") else { throw fault }
        let profile = line[..<colon].dropFirst(start.count).split(separator: " ")
        let list = line[colon...].dropFirst().trimmingCharacters(in: .whitespaces)
        guard profile.count == 2 else { throw fault }
        var pairs: Set<Pair> = []
        for part in list == "nothing" ? [] : list.components(separatedBy: ", ") {
            let words = part.split(separator: " ")
            guard words.count == 2, let verdict = Verdict(rawValue: String(words[0])),
                let code = HazardCode(rawValue: String(words[1]))
            else { throw fault }
            pairs.insert(Pair(verdict: verdict, code: code))
        }
        return Expectation(
            machine: String(profile[0]), kernel: String(profile[1]), pairs: pairs, line: number)
    }

    // MARK: Judging

    /// The same trace without its `env` statements, each line where it was.
    func withoutEnvironmentStatements() throws -> LitmusFile {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return try LitmusFile(
            name: name,
            text: lines.map { $0.hasPrefix("env ") ? "" : $0 }.joined(separator: "\n"))
    }

    /// What is found on an expectation's machine and kernel, as pairs.
    func found(_ expectation: Expectation) throws -> Set<Pair> {
        Set(
            try check(expectation).judgement.findings.map {
                Pair(verdict: $0.verdict, code: $0.code)
            })
    }

    /// Judges the trace on the machine and kernel of an expectation.
    func check(_ expectation: Expectation) throws -> CheckResult {
        try Check.run(setup(expectation))
    }

    /// The trace on the machine and kernel of an expectation.
    func setup(_ expectation: Expectation) throws -> Setup {
        let program = try NativeParser.parse(Array(text.utf8), file: name)
        var overrides: [(key: String, value: String)] = []
        for case .set(let key, let value) in program.declarations { overrides.append((key, value)) }
        return try Setup(
            program, file: name, machine: Self.machine(expectation.machine, overrides),
            kernel: .init(parsing: expectation.kernel))
    }

    /// The machines read so far, as reading one takes longer than a trace.
    private static let machines = Mutex<[String: MachineConfiguration]>([:])

    /// A machine of `configs/`, with some keys changed.
    static func machine(
        _ name: String, _ overrides: [(key: String, value: String)] = []
    ) throws -> MachineConfiguration {
        let key = ([name] + overrides.map { "\($0.key)=\($0.value)" }).joined(separator: " ")
        if let known = machines.withLock({ $0[key] }) { return known }
        let machine = try read(name, overrides)
        machines.withLock { $0[key] = machine }
        return machine
    }

    private static func read(
        _ name: String, _ overrides: [(key: String, value: String)]
    ) throws -> MachineConfiguration {
        let path = "configs/\(name).yaml"
        let yaml = try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
        return try MachineDescription.parse(yaml: yaml, file: path, overrides: overrides)
            .configuration
    }
}

/// One file on one profile, as an argument of a test.
struct LitmusCase: Sendable, CustomTestStringConvertible {
    let file: LitmusFile
    let expectation: LitmusFile.Expectation

    var testDescription: String { "\(file.name), \(expectation.profile)" }

    /// Every file on each of its profiles.
    ///
    /// None if a head cannot be read: ``PairTests`` says which.
    static let all: [LitmusCase] =
        (try? LitmusFile.all()).map { files in
            files.flatMap { file in
                file.expectations.map { LitmusCase(file: file, expectation: $0) }
            }
        } ?? []
}
