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
}
