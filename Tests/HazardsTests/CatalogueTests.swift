import Experiments
import Foundation
import Machines
import Testing
import Traces

@testable import Hazards

/// The catalogue's own traces do what its pages say.
@Suite("Catalogue traces")
struct CatalogueTests {
    /// A page of a code that `check` finds, with a trace.
    struct Page: Sendable, CustomTestStringConvertible {
        var page: HazardPage
        var verdicts: [Verdict]

        var testDescription: String { page.code.rawValue }

        static let all: [Page] = HazardCatalogue.pages.compactMap { page in
            guard case .detected(let verdicts) = page.status, !page.trace.isEmpty else {
                return nil
            }
            return Page(page: page, verdicts: verdicts)
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

    @Test("There are pages with traces")
    func pages() { #expect(Page.all.count >= 12) }

    @Test("The trace shows its hazard", arguments: Page.all)
    func violates(_ one: Page) throws {
        let findings = try check(one.page.trace, "\(one.page.code.rawValue).slt")
        #expect(
            findings.contains { $0.code == one.page.code && one.verdicts.contains($0.verdict) },
            "found \(findings.map { "\($0.verdict.rawValue) \($0.code.rawValue)" })")
    }

    @Test("The mended trace shows nothing", arguments: Page.all)
    func mended(_ one: Page) throws {
        guard !one.page.mendedTrace.isEmpty else { return }
        let findings = try check(one.page.mendedTrace, "\(one.page.code.rawValue)-mended.slt")
        #expect(
            findings.isEmpty,
            "found \(findings.map { "\($0.verdict.rawValue) \($0.code.rawValue)" })")
    }
}
