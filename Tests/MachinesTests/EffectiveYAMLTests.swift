import Machines
import Testing

@Suite("The effective machine as a file")
struct EffectiveYAMLTests {
    @Test(arguments: ConfigurationFiles.names)
    func parsesBackToTheSameMachine(_ name: String) throws {
        let machine = try MachineDescription.parse(
            yaml: ConfigurationFiles.text(name), file: "\(name).yaml")
        let again = try MachineDescription.parse(yaml: machine.effectiveYAML(), file: "again.yaml")
        #expect(again == machine)
        #expect(again.effectiveYAML() == machine.effectiveYAML())
    }

    @Test func keepsOverridesAndAbsentParts() throws {
        let machine = try MachineDescription.parse(
            yaml: ConfigurationFiles.text("zynq7000"), file: "zynq7000.yaml",
            overrides: [
                ("l1i", "none"), ("core.mhz", "866.667"), ("title", "a \"b\" \\ c: # d"),
                ("ports.ACP.snoops", "false"),
            ])
        let again = try MachineDescription.parse(yaml: machine.effectiveYAML(), file: "again.yaml")
        #expect(again == machine)
        #expect(again.configuration.level1Instruction == nil)
        #expect(again.title == "a \"b\" \\ c: # d")
        #expect(again["core.mhz"]?.value == "866.667")
    }
    @Test func keepsPartsThatAFileLeavesOut() throws {
        let machine = try ConfigurationFiles.machine(
            "zynq7000",
            [
                ("l1d.prefetch.kind", "stride"), ("l1d.prefetch.streams", "8"),
                ("memory.banks.count", "8"), ("memory.banks.row_bytes", "2K"),
                ("memory.banks.row_miss_ns", "27.5"), ("ports.HP1.sizes", "16 64"),
                ("store_buffer.drained_by", "maintenance nc_load"), ("l2.locked_ways", "2"),
                ("l2.replacement", "srrip"), ("memory.controller_ports.B.bandwidth_mbps", "1600"),
            ])
        let again = try MachineDescription.parse(yaml: machine.effectiveYAML(), file: "again.yaml")
        #expect(again == machine)
        #expect(again["store_buffer.drained_by"]?.value == "nc_load maintenance")
        #expect(again["ports.HP1.sizes"]?.text == "16 64 B")
        #expect(
            again.configuration.memory.controllerPorts.map(\.bytesPerSecond).last == 1_600_000_000)
    }
}
