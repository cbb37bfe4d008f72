import MemoryModel
import Operations
import Quantities

/// A seeded machine, small and odd, with devices, mappings and a program for it.
struct RandomWorld {
    /// One thing that is done with a machine.
    enum Step {
        case perform(Operation, Agent)
        case setCoherent(Bool, core: Int)
    }

    struct Device {
        var port: PortConfiguration
        var attributes: TransactionAttributes
        var readPort: PortConfiguration?
    }

    let seed: UInt64
    var configuration: MachineConfiguration
    var devices: [Device] = []
    var mappings: [MemoryMapping] = []
    /// How engines read descriptors, if any does so by itself.
    var layout: DescriptorLayout?
    var steps: [Step] = []

    /// Makes a world of a machine and a program, without devices and mappings.
    init(seed: UInt64, _ configuration: MachineConfiguration, _ steps: [Step]) {
        self.seed = seed
        self.configuration = configuration
        self.steps = steps
    }

    /// Draws a world.
    init(seed: UInt64) {
        self.seed = seed
        var generator = SplitMix64(seed: seed)
        configuration = RandomMachine.draw(&generator)
        for _ in 0..<generator.pick([1, 1, 2, 2, 3]) {
            devices.append(
                Device(
                    port: generator.pick(configuration.ports),
                    attributes: generator.pick([
                        .coherent, .coherent, .nonCoherent,
                        TransactionAttributes(cache: 0x7, user: 1, domain: 1),
                        TransactionAttributes(cache: 0x2, user: 0, domain: 2),
                    ]),
                    readPort: generator.percent(15) ? generator.pick(configuration.ports) : nil))
        }
        var program = RandomSteps(
            generator: generator, cores: configuration.core.count, devices: devices.count,
            line: UInt64(configuration.dataLineSize),
            hasSynonyms: configuration.level1Data?.hasSynonyms ?? false)
        mappings = program.mappings
        layout = program.layout
        let count = program.generator.in(5, 60)
        for _ in 0..<count { steps.append(program.next()) }
    }
}
