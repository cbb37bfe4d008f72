import Machines
import Testing

@Suite("The page of all provenance")
struct FidelityTests {
    private func page() throws -> String {
        Fidelity(try ConfigurationFiles.names.map { try ConfigurationFiles.machine($0) }).markdown
    }

    @Test func isTheOneInTheRepository() throws {
        let page = try page()
        let committed = try ConfigurationFiles.repositoryText("docs/fidelity.md")
        #expect(
            page == committed,
            "docs/fidelity.md is out of date: staleline machines --fidelity > docs/fidelity.md")
    }

    @Test func hasEveryKeyOfEveryFile() throws {
        let page = try page()
        for name in ConfigurationFiles.names {
            let machine = try ConfigurationFiles.machine(name)
            let start = try #require(page.range(of: "\n## \(name)\n")).upperBound
            let end = page[start...].range(of: "\n## ")?.lowerBound ?? page.endIndex
            let section = page[start..<end]
            for parameter in machine.parameters {
                let key = parameter.path.split(separator: ".").last ?? ""
                let isThere =
                    section.contains("`\(parameter.path)`") || section.contains(".\(key)`")
                #expect(isThere || parameter.isAbsentFromFile, "\(name): \(parameter.path)")
            }
        }
    }

    @Test func joinsWhatPortsHaveInCommonAndEscapes() throws {
        var text = try ConfigurationFiles.text("zynq7000")
        text = text.replacingOccurrences(of: "two Cortex-A9", with: "a | b <c>")
        let machine = try MachineDescription.parse(yaml: text, file: "m.yaml")
        let page = Fidelity([machine]).markdown
        #expect(page.contains("| `ports.{HP0,HP1,HP2,HP3}.width_bits` | 64 bits | manual |"))
        #expect(page.contains("| `ports.{HP0,HP1}.controller_port` | A | measurement |"))
        #expect(page.contains("| `ports.ACP.width_bits` | 64 bits | manual |"))
        #expect(page.contains("| `memory.controller_ports.A.bandwidth_mbps` | 2236 MB/s |"))
        #expect(page.contains("arm,tag-latency = \\<2 2 2>"))
        #expect(page.contains("| `ports.NAME.sizes` | any |"))
    }

    @Test func ofNothingIsStillAPage() {
        #expect(Fidelity([]).markdown.hasPrefix("# Where the numbers come from\n"))
    }
}
