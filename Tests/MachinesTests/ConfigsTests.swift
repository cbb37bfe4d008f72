import Machines
import MemoryModel
import Quantities
import Testing

@Suite("The machine files of the repository")
struct ConfigsTests {
    @Test func areTheOnesKnownHere() throws {
        #expect(try ConfigurationFiles.present() == ConfigurationFiles.names)
    }

    @Test func haveNoNameTwice() throws {
        let machines = try ConfigurationFiles.names.map { try ConfigurationFiles.machine($0) }
        let names = machines.flatMap { [$0.configuration.name] + $0.aliases }
        #expect(names.sorted() == Set(names).sorted())
        // The identifiers of the reference that the machines were taken from.
        let references = [
            "arm926_at91sam9g20", "kirkwood_88f6281", "rpi1_bcm2835", "am335x_bbb", "zynq7000_667",
            "imx6q_996", "armada388_1600", "rpi2_bcm2836", "stm32mp157", "imx7d", "am5728_a15",
            "rpi3_bcm2837", "zynqmp_1200", "rpi4_bcm2711", "rpi5_bcm2712", "rk3568_a55",
            "stm32h743", "imxrt1050", "altra_n1",
        ]
        #expect(references.filter { !names.contains($0) }.isEmpty)
    }

    @Test(arguments: ConfigurationFiles.names)
    func parses(_ name: String) throws {
        let machine = try MachineDescription.parse(
            yaml: ConfigurationFiles.text(name), file: "\(name).yaml")
        #expect(machine.configuration.name == name)
        #expect(!machine.title.isEmpty)
        #expect(!machine.aliases.isEmpty)
    }

    @Test(arguments: ConfigurationFiles.names)
    func givesASourceForEveryNumber(_ name: String) throws {
        let machine = try MachineDescription.parse(
            yaml: ConfigurationFiles.text(name), file: "\(name).yaml")
        #expect(machine.parameters.count > 40)
        for parameter in machine.parameters {
            #expect(!parameter.source.isEmpty, "\(parameter.path)")
            #expect(parameter.source != Parameter.unknownSource, "\(parameter.path)")
            #expect(!parameter.source.contains("shared/"), "\(parameter.path)")
            #expect(parameter.source != Parameter.overrideSource, "\(parameter.path)")
        }
    }

    @Test func takesNothingOfTheZynqFromWhatItPredicts() throws {
        let machine = try MachineDescription.parse(
            yaml: ConfigurationFiles.text("zynq7000"), file: "zynq7000.yaml")
        for parameter in machine.parameters {
            #expect(!parameter.source.lowercased().contains("dma-buf"), "\(parameter.path)")
        }
    }

    @Test(
        "Nothing is taken from the rows of whole drivers",
        arguments: ["rk3288", "rk3328", "rk3399", "rk3568", "rpi5", "zynqmp"])
    func takesNothingFromDrivers(_ name: String) throws {
        let machine = try MachineDescription.parse(
            yaml: ConfigurationFiles.text(name), file: "\(name).yaml")
        for parameter in machine.parameters {
            let source = parameter.source.lowercased()
            for row in ["rkisp", "uvc", "linux-media", "dma-buf", "udmabuf", "batched"] {
                #expect(!source.contains(row), "\(parameter.path)")
            }
        }
    }

    @Test func fillsTheConfigurationOfTheZynq() throws {
        let machine = try MachineDescription.parse(
            yaml: ConfigurationFiles.text("zynq7000"), file: "zynq7000.yaml")
        let configuration = machine.configuration
        #expect(configuration.architecture == .arm32v7)
        #expect(configuration.core.clock == Frequency(megahertz: 667))
        #expect(configuration.core.milliCyclesPerFetch == 500)
        #expect(configuration.level1Data?.streamingLines == 2)
        #expect(configuration.level2?.cache.sets == 2_048)
        #expect(configuration.level2?.cache.streamingLines == nil)
        #expect(configuration.level2?.writeDeciCyclesPerLine == 115)
        #expect(configuration.level2?.outer?.storeBufferEntries == 3)
        #expect(configuration.memory.latency == Ticks(nanoseconds: 85))
        #expect(configuration.memory.bytesPerSecond == 3_200_000_000)
        #expect(configuration.ports.map(\.name) == ["HP0", "HP1", "HP2", "HP3", "ACP", "DMAC"])
        #expect(configuration.ports.map(\.snoops) == [false, false, false, false, true, false])
        #expect(configuration.ports.first?.widthBytes == 8)
        #expect(machine["l2.size"]?.text == "512 KiB")
        #expect(machine["core.mhz"]?.text == "667 MHz")
    }

    @Test func knowsWhichMachinesHaveNoSecondLevel() throws {
        let machine = try MachineDescription.parse(
            yaml: ConfigurationFiles.text("stm32h743"), file: "stm32h743.yaml")
        #expect(machine.configuration.level2 == nil)
        #expect(machine.configuration.architecture == .armv7m)
    }
}
