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
        let faults = ConfigurationFiles.faults(
            try ConfigurationFiles.text("zynq7000"), [("l1d.ways", "3")])
        #expect(faults.map(\.path) == ["l1d.size"])
    }
}
