import Experiments
import Foundation
import Machines
import Operations
import Testing
import Traces

@testable import Hazards

/// The catalogue's own traces do what its pages say.
@Suite("Catalogue traces")
struct CatalogueTests {
    /// A page, its trace perhaps on another machine than its own.
    struct Page: Sendable, CustomTestStringConvertible {
        var page: HazardPage
        var machine: String?

        var testDescription: String { "\(page.code.rawValue) \(machine ?? "")" }

        static let all: [Page] = HazardCatalogue.pages.map { Page(page: $0) }

        /// Each page on machines that are of the kind of its own: the same family of cores, or the same caches.
        static let elsewhere: [Page] = HazardCatalogue.pages.flatMap { page in
            (kin[CatalogueTests.declared(page.trace).machine] ?? []).map {
                Page(page: page, machine: $0)
            }
        }

        /// Machines of one kind.
        ///
        /// On others a page may show nothing, and mean it: lines of 32 bytes part what lines of 64 join, and behind a core
        /// with an outer cache the mends for bare metal take one step more (H23).
        private static let kin = [
            "rpi3": ["rpi4", "rk3399", "zynqmp"], "arm926": ["kirkwood"],
            "zynq7000": ["imx6q"],
        ]
    }

    private static func program(_ text: String, _ name: String) throws -> Program {
        try NativeParser.parse(Array(text.utf8), file: name)
    }

    /// What a trace declares of its circumstances.
    private static func declared(
        _ text: String
    ) -> (machine: String, kernel: String, overrides: [(key: String, value: String)]) {
        var result = (machine: "", kernel: "", overrides: [(key: String, value: String)]())
        guard let program = try? program(text, "page.slt") else { return result }
        for declaration in program.declarations {
            switch declaration {
            case .set(let key, let value): result.overrides.append((key, value))
            case .machine(let name): result.machine = name
            case .kernel(let version): result.kernel = "\(version)"
            default: break
            }
        }
        return result
    }

    private func check(
        _ text: String, _ name: String, on other: String? = nil
    ) throws -> [Finding] {
        let program = try Self.program(text, name)
        let declared = Self.declared(text)
        let machine = other ?? declared.machine
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("configs/\(machine).yaml")
        let yaml = try String(contentsOf: path, encoding: .utf8)
        let description = try MachineDescription.parse(
            yaml: yaml, file: machine, overrides: declared.overrides)
        let setup = try Setup(program, file: name, machine: description.configuration)
        return try Check.run(setup).judgement.findings
    }

    private static func words(_ findings: [Finding]) -> String {
        findings.map { "\($0.verdict.rawValue) \($0.code.rawValue)" }.joined(separator: ", ")
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

    @Test(
        "The trace shows its hazard, and nothing that the page does not name", arguments: Page.all)
    func violates(_ one: Page) throws {
        let page = one.page
        let findings = try check(page.trace, "\(page.code.rawValue).slt")
        let own = findings.filter { $0.code == page.code }
        #expect(!own.isEmpty, "found \(Self.words(findings))")
        #expect(
            own.allSatisfy { page.verdicts.contains($0.verdict) }, "found \(Self.words(findings))")
        #expect(
            Set(findings.map(\.code)) == Set([page.code] + page.alsoFound),
            "found \(Self.words(findings))")
    }

    @Test("The mended trace shows nothing", arguments: Page.all)
    func mended(_ one: Page) throws {
        let findings = try check(one.page.mendedTrace, "\(one.page.code.rawValue)-mended.slt")
        #expect(findings.isEmpty, "found \(Self.words(findings))")
    }

    @Test("So it is on other machines of the kind", arguments: Page.elsewhere)
    func elsewhere(_ one: Page) throws {
        let page = one.page
        // A trace that names ports or errata is for the machine that has them.
        guard !page.trace.contains(" port "), !page.trace.contains("\nset ") else { return }
        let name = page.code.rawValue
        let findings = try check(page.trace, "\(name).slt", on: one.machine)
        #expect(findings.contains { $0.code == page.code }, "found \(Self.words(findings))")
        let left = try check(page.mendedTrace, "\(name)-mended.slt", on: one.machine)
        #expect(left.isEmpty, "found \(Self.words(left))")
    }

    @Test("A trace and its mended form are of one machine and kernel", arguments: Page.all)
    func circumstances(_ one: Page) {
        let (trace, mended) = (Self.declared(one.page.trace), Self.declared(one.page.mendedTrace))
        #expect(trace.machine == mended.machine && !trace.machine.isEmpty)
        #expect(trace.kernel == mended.kernel && !trace.kernel.isEmpty)
    }

    @Test("Traces make no second mistake: they ask of every map whether it failed")
    func asked() throws {
        for page in HazardCatalogue.pages where page.code != .h32 {
            for text in [page.trace, page.mendedTrace] {
                var mapped: [HandleID] = []
                var asked: Set<HandleID> = []
                for statement in try Self.program(text, page.code.rawValue).statements {
                    guard case .operation(_, .dma(let call)) = statement.body else { continue }
                    if call.function == .mapSingle { mapped.append(call.handle) }
                    if call.function == .mappingError { asked.insert(call.handle) }
                }
                // A call that must not be there at all needs no question (H14).
                guard page.code != .h14 else { continue }
                #expect(mapped.allSatisfy(asked.contains), "\(page.code.rawValue)\n\(text)")
            }
        }
    }

    @Test("Each page names what it may be taken for, and is named there in turn")
    func neighbours() {
        for page in HazardCatalogue.pages {
            let others = HazardCatalogue.neighbours(of: page.code)
            let name = page.code.rawValue
            #expect((1...5).contains(others.count), "\(name): \(others.count)")
            #expect(others.map(\.code) == Set(others.map(\.code)).sorted(), "\(name)")
            for other in others {
                #expect(other.code != page.code)
                let back = HazardCatalogue.neighbours(of: other.code).filter {
                    $0.code == page.code
                }
                #expect(back.count == 1 && back.first?.sign != other.sign, "\(name), \(other.code)")
            }
        }
    }

    @Test("Words are those of the table in ARCHITECTURE.md")
    func vocabulary() {
        // Names of functions and of registers are what they are; so is what is quoted.
        let strange =
            #/\b(?:purge[sd]?|flush(?:es|ed)?|spills?|castout|queue|master|observer|kick)\b/#
        for page in HazardCatalogue.pages {
            for text in [page.title, page.summary, page.explanation, page.mend, page.affects] {
                let plain = text.replacing(#/[\w]+\(\)|_\w+|`[^`]*`/#, with: "")
                let found = plain.matches(of: strange).map { String($0.output) }
                // H42 is about the word.
                #expect(found.isEmpty || page.code == .h42, "\(page.code.rawValue): \(found)")
            }
        }
    }
}
