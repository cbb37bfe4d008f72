import Experiments
import Foundation
import Testing

@testable import Soak

/// Traces of which the may-analysis and the search once said different things, as `past-differences.txt` has them.
@Suite("Past differences, as random traces showed them")
struct PastDifferencesTests {
    /// A reduced trace, with what both must say.
    struct Past: Sendable, CustomTestStringConvertible {
        var seed: String
        var goesWrong: Bool
        var source: SourceProgram

        var testDescription: String { "seed \(seed), \(source.machine)" }
    }

    private static let text: String = {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("past-differences.txt")
        return (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    }()

    static let all = text.components(separatedBy: "\n\n").compactMap(past)

    private static func past(_ block: String) -> Past? {
        var lines = block.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("#") }
        guard lines.count > 3 else { return nil }
        let verdict = lines.removeFirst().split(separator: " ")
        var source = SourceProgram(RandomTrace(seed: 1))
        func value(_ name: String) -> String {
            String(lines.removeFirst().dropFirst(name.count + 1))
        }
        source.machine = value("machine")
        source.kernel = value("kernel")
        func isDeclaration(_ line: String) -> Bool {
            ["device", "region", "alias"].contains { line.hasPrefix($0 + " ") }
        }
        source.head = lines.filter(isDeclaration)
        source.body = lines.filter { !isDeclaration($0) }
        return Past(
            seed: String(verdict[1]), goesWrong: verdict[0] == "wrong", source: source)
    }

    @Test("All are read")
    func count() {
        let verdicts = Self.text.split(separator: "\n").filter {
            $0.hasPrefix("wrong ") || $0.hasPrefix("right ")
        }
        #expect(Self.all.count == verdicts.count && verdicts.count > 100)
        #expect(Set(Self.all.map(\.seed)).count == verdicts.count)
        #expect(
            Self.all.allSatisfy { RandomTrace.profiles.map(\.machine).contains($0.source.machine) })
    }

    @Test("Both say the same, and what is right", arguments: all)
    func agree(_ past: Past) throws {
        let subject = try RandomMachines.subject()
        let both = try ProofAgreement.judge(#require(past.source.setup(subject)))
        #expect(!both.differs, "\(both.latent)")
        #expect((both.proof.fault != nil) == past.goesWrong)
    }
}
