import Machines
import Testing

@Suite("Overrides")
struct OverridesTests {
    private func zynq(
        _ overrides: [(key: String, value: String)]
    ) throws -> MachineDescription {
        try MachineDescription.parse(
            yaml: ConfigurationFiles.text("zynq7000"), file: "zynq7000.yaml",
            overrides: overrides)
    }

    @Test func changeAValueAndItsProvenance() throws {
        let machine = try zynq([("l2.size", "1M"), ("l2.size", "256K"), ("ports.HP1.mhz", "100")])
        #expect(machine.configuration.level2?.cache.size == 262_144)
        #expect(machine.configuration.ports[1].clock.megahertz == 100)
        #expect(machine["l2.size"]?.source == Parameter.overrideSource)
        #expect(machine["l2.ways"]?.source != Parameter.overrideSource)
        let paths = try zynq([]).parameters.map(\.path)
        #expect(machine.parameters.map(\.path) == paths)
    }

    @Test func takeWholePartsAway() throws {
        let machine = try zynq([("l2.kind", "none"), ("store_buffer", "none"), ("l1d", "none")])
        #expect(machine.configuration.level2 == nil)
        #expect(machine.configuration.storeBuffer == nil)
        #expect(machine.configuration.level1Data == nil)
        let integrated = try zynq([("l2.kind", "integrated")])
        #expect(integrated.configuration.level2?.outer == nil)
    }

    @Test func giveEachFaultItsPlace() throws {
        let faults = ConfigurationFiles.faults(
            try ConfigurationFiles.text("zynq7000"),
            [
                ("l2.size", "1Q"), ("l2.sise", "1K"), ("ports.HP9.mhz", "1"), ("a..b", "1"),
                ("l2.size.value", "1"),
            ])
        #expect(
            faults.map(\.file) == [
                "--set l2.size=1Q", "--set l2.sise=1K", "--set ports.HP9.mhz=1", "--set a..b=1",
                "--set l2.size.value=1",
            ])
        #expect(faults[1].hint == "did you mean size?")
        #expect(faults[2].hint == "did you mean HP0?")
        #expect(faults.allSatisfy { $0.line == 0 })
    }

    @Test func meetTheGeometryChecks() throws {
        let text = try ConfigurationFiles.text("zynq7000")
        #expect(
            ConfigurationFiles.faults(text, [("l2.ways", "3")]).map(\.description) == [
                "--set l2.ways=3: l2.ways: found '3', expected what goes with l2.size 512K: "
                    + "ways × line × a power of two (ways × line is 96 bytes), at most 1 GiB"
            ])
        #expect(
            ConfigurationFiles.faults(text, [("l2.size", "3000")]).map(\.description) == [
                "--set l2.size=3000: l2.size: found '3000', expected "
                    + "ways × line × a power of two (ways × line is 256 bytes), at most 1 GiB"
            ])
        // Of two overrides at odds the later is the one to change.
        for (first, second) in [("l2.ways", "l2.line"), ("l2.line", "l2.ways")] {
            let values = ["l2.ways": "3", "l2.line": "64"]
            let faults = ConfigurationFiles.faults(
                text, [(first, values[first] ?? ""), (second, values[second] ?? "")])
            #expect(faults.map(\.path) == [second])
        }
    }

    @Test func areBlamedForWhatTheyBreakElsewhere() throws {
        func blamed(_ machine: String, _ key: String, _ value: String) throws -> [String] {
            ConfigurationFiles.faults(try ConfigurationFiles.text(machine), [(key, value)])
                .map { "\($0.file) \($0.path)" }
        }
        #expect(try blamed("arm926", "core.count", "2") == ["--set core.count=2 core.count"])
        #expect(try blamed("zynq7000", "l2.line", "16") == ["--set l2.line=16 l2.line"])
        #expect(try blamed("rpi3", "l1d.line", "32") == ["--set l1d.line=32 l1d.line"])
        #expect(
            try blamed("stm32h743", "store_buffer.entries", "2")
                == ["--set store_buffer.entries=2 store_buffer.entries"])
    }
}
