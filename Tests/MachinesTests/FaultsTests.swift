import Testing

@testable import Machines

@Suite("Faults of a machine file")
struct FaultsTests {
    @Test func reportsFiveFaultsOfFive() throws {
        let text = try ConfigurationFiles.zynq([
            ("  count: {value: 2, basis", "  count: {value: 9, basis"),
            ("l1d:\n  size: {value: 32K", "l1d:\n  size: {value: 48000"),
            ("  entry_bytes: {", "  entry_byte: {"),
            (
                "latency_ns: {value: 85, basis: measurement",
                "latency_ns: {value: 85, basis: measured"
            ),
            ("  - name: HP3\n", "  - name: HP2\n"),
        ])
        let faults = ConfigurationFiles.faults(text)
        let found = faults.map { "\($0.path): \($0.found)" }
        // The misspelt key is one mistake, not one key too many and one too few.
        #expect(
            found == [
                "core.count: '9'", "l1d.size: '48000'", "store_buffer.entry_byte: an unknown key",
                "memory.latency_ns.basis: 'measured'",
                "ports.HP2: port 'HP2' again",
            ])
        #expect(faults.allSatisfy { $0.file == "m.yaml" && $0.line > 0 && $0.column > 0 })
        #expect(faults.map(\.line) == faults.map(\.line).sorted())
        #expect(faults[2].hint == "did you mean entry_bytes?")
    }

    @Test func locatesAValueExactly() throws {
        let faults = ConfigurationFiles.faults(
            try ConfigurationFiles.zynq([("  mhz: {value: 667,", "  mhz: {value: fast,")]))
        // Line 12 is `core.mhz`; the value starts behind `  mhz: {value: `.
        #expect(
            faults.map(\.description) == [
                "m.yaml:12:16: core.mhz: found 'fast', "
                    + "expected a number from 1 to 10000 MHz with at most 3 decimals"
            ])
    }

    @Test func seesEveryKeyThatIsThereTwice() throws {
        let text = try ConfigurationFiles.zynq([
            ("costs:\n", "costs:\n  dmb: 1\n"),
            ("  hit_cycles: {value: 17", "  ways: 8\n  hit_cycles: {value: 17"),
            ("title:", "title: x\ntitle:"),
        ])
        let faults = ConfigurationFiles.faults(text)
        #expect(
            faults.map(\.found) == [
                "key 'title' again (first on line 5)", "key 'ways' again (first on line 61)",
                "key 'dmb' again (first on line 110)",
            ])
        #expect(faults.map(\.line) == [6, 64, 111])
    }

    @Test func keepsGoingPastAKeyThatIsThereTwice() throws {
        let text = try ConfigurationFiles.zynq([
            ("title:", "title: x\ntitle:"), ("{value: 667,", "{value: -1,"),
        ])
        #expect(ConfigurationFiles.faults(text).map(\.line) == [6, 13])
    }

    @Test func nothingIsRounded() throws {
        let four = try ConfigurationFiles.zynq([("{value: 11.5,", "{value: 11.55,")])
        #expect(ConfigurationFiles.faults(four).map(\.path) == ["l2.write_cycles_per_line"])
        let half = try ConfigurationFiles.zynq([("{value: 17,", "{value: 17.5,")])
        #expect(ConfigurationFiles.faults(half).map(\.path) == ["l2.hit_cycles"])
    }

    @Test func missingKeysStandAtTheirSection() {
        let faults = ConfigurationFiles.faults("name: x\ncore:\n  count: 1\n")
        #expect(faults.first { $0.path == "core.mhz" }?.line == 2)
        #expect(faults.first { $0.path == "memory" }?.line == 1)
        #expect(faults.contains { $0.path == "title" })
    }

    @Test func geometryIsCheckedBesideOtherFaults() throws {
        let text = try ConfigurationFiles.zynq([
            ("l2:\n", "l2:\n  sise: 1\n"),
            (
                "  line: {value: 32, basis: manual, source: \"L2C",
                "  line: {value: 16, basis: manual, source: \"L2C"
            ),
            ("{value: 667,", "{value: 0,"),
        ])
        let paths = ConfigurationFiles.faults(text).map(\.path)
        #expect(paths == ["core.mhz", "l2.sise", "l2.line"])
    }

    @Test func aLeafNeedsValueBasisAndSource() throws {
        let text = try ConfigurationFiles.zynq([("{value: 667, basis: manual,", "{value: 667,")])
        #expect(ConfigurationFiles.faults(text).map(\.path) == ["core.mhz.basis"])
    }

    @Test func aBareScalarIsAnAssumption() throws {
        let text = try ConfigurationFiles.zynq([("software:\n", "software:\n  call_cycles: 7\n")])
            .split(separator: "\n", omittingEmptySubsequences: false)
            .filter { !$0.hasPrefix("  call_cycles: {") }.joined(separator: "\n")
        let machine = try MachineDescription.parse(yaml: text, file: "m.yaml")
        #expect(machine["software.call_cycles"]?.basis == .assumption)
        #expect(machine["software.call_cycles"]?.source == Parameter.unknownSource)
        #expect(machine.configuration.software.callCycles == 7)
    }
}
