import DMAMapping
import Experiments
import Foundation
import Operations
import Testing
import Traces

/// A trace of `Traces/dmadebug` with what its head says of the kernel's own checks.
struct DMADebugFile: Sendable {
    /// What one kernel raises.
    struct Expectation: Sendable {
        var machine: String
        var kernel: String
        var checks: Set<DMADebugCheck>
        var line: Int
    }

    /// The file's name, without the folder.
    let name: String
    let text: String
    let expectations: [Expectation]

    /// The check that the file is about.
    var check: DMADebugCheck? {
        let digits = name.dropFirst().prefix { $0.isNumber }
        return Int(digits).flatMap(DMADebugCheck.init(rawValue:))
    }

    var isRaising: Bool { name.hasSuffix(".raises.slt") }
    var isSilent: Bool { name.hasSuffix(".silent.slt") }

    static let folder = LitmusFile.root.appendingPathComponent("Traces/dmadebug")

    static func all() throws -> [DMADebugFile] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0.hasSuffix(".slt") }.sorted().map { name in
                try DMADebugFile(
                    name: name,
                    text: String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8))
            }
    }

    /// Reads the head: `# dma-debug MACHINE KERNEL: nothing`, or names of checks with commas.
    init(name: String, text: String) throws {
        self.name = name
        self.text = text
        var found: [Expectation] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false)
            .enumerated() where line.contains("# dma-debug")
        {
            let fault = LitmusFile.Fault(
                description: "\(name):\(index + 1): found \"\(line)\", expected "
                    + "# dma-debug MACHINE KERNEL: nothing, or E1, E2 …")
            guard line.hasPrefix("# dma-debug "), let colon = line.firstIndex(of: ":") else {
                throw fault
            }
            let profile = line[..<colon].split(separator: " ").dropFirst(2).map(String.init)
            let list = line[colon...].dropFirst().trimmingCharacters(in: .whitespaces)
            guard profile.count == 2 else { throw fault }
            var checks: Set<DMADebugCheck> = []
            for word in list == "nothing" ? [] : list.components(separatedBy: ", ") {
                guard let check = DMADebugCheck(name: word) else { throw fault }
                checks.insert(check)
            }
            found.append(
                Expectation(
                    machine: profile[0], kernel: profile[1], checks: checks, line: index + 1))
        }
        expectations = found
    }

    func setup(_ machine: String, _ kernel: String) throws -> Setup {
        try Setup(
            NativeParser.parse(Array(text.utf8), file: name), file: name,
            machine: LitmusFile.machine(machine), kernel: .init(parsing: kernel))
    }
}

/// One file on one kernel, as an argument of a test.
struct DMADebugCase: Sendable, CustomTestStringConvertible {
    let file: DMADebugFile
    let expectation: DMADebugFile.Expectation

    var testDescription: String { "\(file.name), \(expectation.machine) \(expectation.kernel)" }

    /// None if a head cannot be read: ``DMADebugTests/heads()`` says which.
    static let all: [DMADebugCase] =
        (try? DMADebugFile.all()).map { files in
            files.flatMap { file in
                file.expectations.map { DMADebugCase(file: file, expectation: $0) }
            }
        } ?? []
}
