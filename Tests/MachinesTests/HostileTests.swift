import Testing

@testable import Machines

@Suite("Hostile machine files")
struct HostileTests {
    @Test(arguments: [
        "a: &x 1\nb: *x\n", "- &x {}\n", "? [a]\n: b\n", "a: !!binary x\n",
        "%YAML 1.1\n---\na: 1\n",
        "a: |\n  text\n", "{a: &x 1}", "{\"a\":&x 1}", "{a: b\n \"c, d: &x \"}\n",
        "a: b\n  [\nc: d\n*x : y\n",
        "a:\tb\n", "a: \u{0}\n", "a: 'open\n", "\u{FEFF}a: 1", "a: \u{2028}b", "[[1, 2], *x]",
    ])
    func areTurnedAwayBeforeTheParser(_ text: String) {
        #expect(!TextScan.faults(in: text).isEmpty)
        #expect(!ConfigurationFiles.faults(text).isEmpty)
    }

    @Test(arguments: [
        "", " ", "\n", "#", "a", "1", "[]", "{}", "- a", "---\n---\n", "a: b: c", "{", "}",
        "a: [1, 2",
        "\"", "a:\n b\n  c:\n", "\u{10FFFF}", "\u{FFFD}", "a: \"\\ud800\"\n", "? ", "-",
        "--- a\n...\nb",
        "a: 1\na: 2\n", "{a: 1, a: 2, {b: 1}: 3, {b: 1}: 4}", "\r\r\n", ": : :", "name: [",
    ])
    func giveFaultsAndNeverCrash(_ text: String) {
        let faults = ConfigurationFiles.faults(text)
        #expect(!faults.isEmpty)
        #expect(!ConfigurationFiles.faults(text, [("l2.size", "1K")]).isEmpty)
    }

    @Test func nestDeeply() {
        let flow = String(repeating: "[", count: 100_000)
        #expect(ConfigurationFiles.faults(flow).count == 1)
        let dashes = String(repeating: "- ", count: 100_000)
        #expect(ConfigurationFiles.faults(dashes).count == 1)
        let lines = (0..<400).map { String(repeating: " ", count: $0) + "a:" }
        #expect(!ConfigurationFiles.faults(lines.joined(separator: "\n")).isEmpty)
    }

    @Test func areTooLarge() {
        let text = String(repeating: "a", count: 100 << 20)
        #expect(
            ConfigurationFiles.faults(text).map(\.expected) == ["at most 1 MiB (1048576 bytes)"])
    }

    @Test func haveMoreFaultsThanAnyoneReads() {
        let text = (0..<30_000).map { "k\($0): \($0)" }.joined(separator: "\n")
        do throws(MachineFaults) {
            _ = try MachineDescription.parse(yaml: text, file: "m.yaml")
            Issue.record("30000 unknown keys were accepted")
        } catch {
            #expect(error.faults.count == MachineFaults.limit)
            #expect(error.omitted > 29_000)
        }
    }

    @Test func repeatOneKeyWithoutEnd() {
        let text = String(repeating: "a: 1\n", count: 1_000)
        #expect(!ConfigurationFiles.faults(text).isEmpty)
    }

    /// Every text that one wrong character makes of a machine file is refused or accepted, and nothing else.
    @Test func differInOneCharacter() throws {
        let text = Array(try ConfigurationFiles.text("stm32h743").unicodeScalars)
        let wrong: [Unicode.Scalar] = [
            "\"", "'", "[", "{", "}", ":", "&", "*", "\n", "#", "-", "\u{0}",
        ]
        for (index, scalar) in wrong.enumerated() {
            for place in stride(from: index * 17, to: text.count, by: 701) {
                var changed = text
                changed[place] = scalar
                var view = String.UnicodeScalarView()
                view.append(contentsOf: changed)
                for fault in ConfigurationFiles.faults(String(view)) {
                    #expect(fault.line > 0 && fault.column > 0)
                }
            }
        }
    }
}
