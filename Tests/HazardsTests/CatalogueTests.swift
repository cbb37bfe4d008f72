import Experiments
import Foundation
import Machines
import Testing
import Traces

@testable import Hazards

/// The catalogue's own traces do what its pages say.
@Suite("Catalogue traces")
struct CatalogueTests {
    /// A page with a trace.
    struct Page: Sendable, CustomTestStringConvertible {
        var page: HazardPage

        var testDescription: String { page.code.rawValue }

        static let all: [Page] = HazardCatalogue.pages.filter { !$0.trace.isEmpty }.map {
            Page(page: $0)
        }
    }

    private func check(_ text: String, _ name: String) throws -> [Finding] {
        let program = try NativeParser.parse(Array(text.utf8), file: name)
        var overrides: [(key: String, value: String)] = []
        var machine = ""
        for declaration in program.declarations {
            switch declaration {
            case .set(let key, let value): overrides.append((key, value))
            case .machine(let name): machine = name
            default: break
            }
        }
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("configs/\(machine).yaml")
        let yaml = try String(contentsOf: path, encoding: .utf8)
        let description = try MachineDescription.parse(
            yaml: yaml, file: machine, overrides: overrides)
        let setup = try Setup(program, file: name, machine: description.configuration)
        return try Check.run(setup).judgement.findings
    }

    @Test("Every code has a page with a picture, a trace, its mend, and a verdict")
    func pages() {
        #expect(HazardCatalogue.pages.map(\.code) == HazardCode.allCases)
        for page in HazardCatalogue.pages {
            #expect(!page.states.isEmpty, "\(page.code.rawValue) has no picture")
            #expect(!page.trace.isEmpty, "\(page.code.rawValue) has no trace")
            #expect(!page.mendedTrace.isEmpty, "\(page.code.rawValue) has no mended trace")
            #expect(!page.verdicts.isEmpty, "\(page.code.rawValue) is not judged")
            for line in (page.explanation + "\n" + page.states).split(separator: "\n") {
                #expect(line.count <= 76, "\(page.code.rawValue): \(line)")
            }
        }
    }

    @Test("The trace shows its hazard", arguments: Page.all)
    func violates(_ one: Page) throws {
        let findings = try check(one.page.trace, "\(one.page.code.rawValue).slt")
        #expect(
            findings.contains {
                $0.code == one.page.code && one.page.verdicts.contains($0.verdict)
            },
            "found \(findings.map { "\($0.verdict.rawValue) \($0.code.rawValue)" })")
    }

    @Test("The mended trace shows nothing", arguments: Page.all)
    func mended(_ one: Page) throws {
        let findings = try check(one.page.mendedTrace, "\(one.page.code.rawValue)-mended.slt")
        #expect(
            findings.isEmpty,
            "found \(findings.map { "\($0.verdict.rawValue) \($0.code.rawValue)" })")
    }
}
