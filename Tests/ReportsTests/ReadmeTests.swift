import Experiments
import Foundation
import Machines
import Reports
import Testing
import Traces

/// What the README shows is what the program prints.
///
/// The samples are read from the README and run; a line of `…` alone stands for any lines.
@Suite("Samples of the README")
struct ReadmeTests {
    /// A command with what it is said to print.
    struct Sample: Sendable, CustomTestStringConvertible {
        var command: [String]
        var lines: [String]

        var testDescription: String { command.joined(separator: " ") }
    }

    /// The blocks that begin with `$ staleline`.
    static let samples: [Sample] = {
        let text =
            (try? String(
                contentsOf: ReportsTests.Sample.root.appendingPathComponent("README.md"),
                encoding: .utf8)) ?? ""
        return text.components(separatedBy: "\n```").compactMap { block in
            let lines = block.split(separator: "\n", omittingEmptySubsequences: false)
                .map(String.init)
            guard lines.count > 1, lines[1].hasPrefix("$ staleline ") else { return nil }
            return Sample(
                command: lines[1].split(separator: " ").dropFirst(2).map(String.init),
                lines: Array(lines[2...]))
        }
    }()

    @Test("There are a check, a fix and a compare")
    func count() {
        #expect(Self.samples.map { $0.command[0] } == ["check", "fix", "compare"])
    }

    @Test("A sample is what the program prints", arguments: samples)
    func sample(_ sample: Sample) async throws {
        let setup = try Self.setup(sample.command)
        let printed: String
        switch sample.command[0] {
        case "check": printed = CheckReport(try Check.run(setup)).text(colours: false)
        case "fix":
            let file = try String(
                contentsOf: ReportsTests.Sample.root.appendingPathComponent(sample.command[1]),
                encoding: .utf8)
            printed =
                FixReport(try Fix.run(setup, text: TraceText(Array(file.utf8)))).text
        case "compare":
            let machine = try ReportsTests.Sample.machine(setup.machine.name)
            var result = try await Compare.run(setup, jobs: 2)
            result.sensitivity = try await Compare.sensitivity(
                of: result, errors: { machine.error(of: $0) }, jobs: 2)
            printed = CompareReport(result).text
        default:
            Issue.record("no way to run \(sample.testDescription)")
            return
        }
        var lines = printed.split(separator: "\n", omittingEmptySubsequences: false)
            .map(String.init)[...]
        if lines.last == "" { lines.removeLast() }
        var mayPass = false
        for expected in sample.lines {
            if expected == "…" {
                mayPass = true
                continue
            }
            if mayPass, let next = lines.firstIndex(of: expected) { lines = lines[next...] }
            mayPass = false
            #expect(lines.popFirst() == expected)
        }
        #expect(lines.isEmpty || mayPass, "not shown: \(lines.joined(separator: "\n"))")
    }

    /// The program and the machine of `COMMAND TRACE [--machine NAME]`.
    private static func setup(_ command: [String]) throws -> Setup {
        let root = ReportsTests.Sample.root
        let program = try NativeParser.parse(
            Array(Data(contentsOf: root.appendingPathComponent(command[1]))), file: command[1])
        var name: String?
        for case .machine(let declared) in program.declarations { name = declared }
        if let option = command.firstIndex(of: "--machine") { name = command[option + 1] }
        let file = "configs/\(try #require(name)).yaml"
        let machine = try MachineDescription.parse(
            yaml: String(contentsOf: root.appendingPathComponent(file), encoding: .utf8),
            file: file)
        return try Setup(program, file: command[1], machine: machine.configuration)
    }
}
