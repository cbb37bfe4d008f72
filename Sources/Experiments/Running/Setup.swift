import DMAMapping
import Hazards
import MemoryModel
import Operations
import Quantities
import Traces

/// A program with the machine and the kernel that it runs on.
public struct Setup: Sendable {
    /// The file's name, for errors.
    public var file: String
    /// The program.
    public var program: Program {
        didSet {
            (outline, pages) = program.outlined()
            size = .max
        }
    }
    /// The program without its single accesses, for what is told by the rest.
    private(set) var outline: Program
    /// The pages of its single accesses.
    private(set) var pages: AccessPages
    /// How many accesses and operations a run of the program that it was made with performs, loops and runs unrolled.
    public private(set) var size: UInt64 = 0
    /// The machine.
    public var machine: MachineConfiguration
    /// The kernel era.
    public var kernel: KernelEra
    /// For pseudo-random replacement.
    public var seed: UInt64
    /// Names of addresses from outside the program, ascending by address and size: an ELF file's data symbols.
    public var outsideNames: [SymbolTable.Entry] = []

    /// Puts a program on a machine.
    ///
    /// - Parameters:
    ///   - program: What runs.
    ///   - file: The name for errors.
    ///   - machine: On what.
    ///   - kernel: nil: what the program declares, or bare metal.
    ///   - seed: For pseudo-random replacement.
    /// - Throws: where the program does not fit the machine, or names a kernel that cannot be read.
    public init(
        _ program: Program, file: String, machine: MachineConfiguration, kernel: KernelEra? = nil,
        seed: UInt64 = 1
    ) throws(TraceErrors) {
        self.file = file
        self.program = program
        (outline, pages) = program.outlined()
        self.machine = machine
        self.seed = seed
        if let kernel {
            self.kernel = kernel
        } else {
            self.kernel = try Self.declaredKernel(outline, file)
        }
        self.machine = machine.running(self.kernel)
        let (errors, size) = ProgramFit(setup: self).judgement
        if !errors.isEmpty { throw errors }
        self.size = size
    }

    private static func declaredKernel(_ program: Program, _ file: String) throws(TraceErrors)
        -> KernelEra
    {
        for statement in program.statements {
            guard case .declaration(.kernel(let text)) = statement.body else { continue }
            do {
                return try KernelEra(parsing: text)
            } catch {
                throw TraceErrors([
                    TraceError(
                        file: file, line: Int(statement.line), found: "kernel \(text)",
                        expected: "a kernel version such as 6.12, or none (\(error))")
                ])
            }
        }
        return .bareMetal
    }

    /// The port that a device sits on: the one it names, or the machine's first.
    public func port(of device: DeviceDeclaration) -> PortConfiguration? {
        guard let name = device.port else { return machine.ports.first }
        return machine.ports.first { $0.name == name }
    }

    /// The port that a device reads through, if that is another one than it writes through.
    public func readPort(of device: DeviceDeclaration) -> PortConfiguration? {
        device.readPort.flatMap { name in machine.ports.first { $0.name == name } }
    }

    /// What a device's transactions say of themselves: what the trace gives, or what a device sends that is wired as
    /// the declaration has it.
    public func attributes(of device: DeviceDeclaration) -> TransactionAttributes {
        device.attributes ?? (device.isCoherent == false ? .nonCoherent : .coherent)
    }

    /// Whether a device's transactions look into the caches: its port can, and their sideband bits ask for it.
    public func snoops(_ device: DeviceDeclaration) -> Bool {
        guard let port = port(of: device), port.snoops else { return false }
        return port.snoopRule.snoops(attributes(of: device))
    }

    /// Whether the kernel believes a device to be coherent.
    public func isCoherent(_ device: DeviceDeclaration) -> Bool {
        device.isCoherent ?? port(of: device)?.snoops ?? false
    }

    /// The mappings that the program declares, by address.
    ///
    /// - Complexity: O(*n* log *n*) in their number.
    public var declaredMap: MemoryMap {
        var map = MemoryMap()
        for mapping in declaredMappings { map.insert(mapping) }
        return map
    }

    /// The mappings that the program declares.
    public var declaredMappings: [MemoryMapping] {
        // Registers are Device memory wherever they lie.
        var result = outline.devices.map { device in
            let registers = device.effectiveRegisters
            return MemoryMapping(
                start: registers.lowerBound, end: registers.upperBound &+ 1,
                physical: registers.lowerBound,
                type: .device, shareability: .outerShareable)
        }
        result += machine.memory.tightlyCoupled
        for case .region(_, let address, let size, let type, let share) in outline.declarations
        where size > 0 {
            result += machine.memory.parted(
                MemoryMapping(
                    start: address, end: address &+ size, physical: address, type: type,
                    shareability: share ?? .innerShareable))
        }
        for case .alias(_, let region, let address, let type, let share) in outline.declarations {
            guard let entry = program.symbols[region], entry.size > 0 else { continue }
            result += machine.memory.parted(
                MemoryMapping(
                    start: address, end: address &+ entry.size, physical: entry.address, type: type,
                    shareability: share ?? .innerShareable))
        }
        return result
    }

    /// What lowering needs to know.
    func lowering() throws(TraceErrors) -> Lowering {
        let map = declaredMap
        do {
            let profile = try machine.loweringProfile(kernel: kernel)
            let coherent = Set(outline.devices.filter(isCoherent).map(\.agent))
            var lowering = Lowering(
                profile, coherentDevices: coherent, memoryMap: map, bouncing: bouncePool)
            // Nothing checks a mask on bare metal: one that the trace does not give says nothing.
            for device in outline.devices where kernel != .bareMetal || device.maskBits != nil {
                var reach = DMAReach(maskBits: device.maskBits ?? 32, hasIOMMU: device.hasIOMMU)
                reach.addressBits = device.maskBits
                lowering.reach[device.agent] = reach
            }
            return lowering
        } catch {
            throw TraceErrors([
                TraceError(
                    file: file, line: 0, found: "machine \(machine.name) with kernel \(kernel)",
                    expected: "a machine that the DMA API can be lowered for (\(error))")
            ])
        }
    }

    /// The devices that a doorbell of the program is rung for.
    private var rung: Set<Agent> {
        var found: Set<Agent> = []
        for case .operation(_, let operation) in outline.statements.lazy.map(\.body) {
            switch operation {
            case .ring(let device): found.insert(device)
            case .accessor(let accessor) where accessor.function.isWrite:
                found.insert(accessor.device)
            default: continue
            }
        }
        return found
    }

    /// What the detectors need to know.
    public var hazardProfile: HazardProfile {
        let usesLinux = if case .linux = kernel { true } else { false }
        let outer = machine.level2?.outer
        var profile = HazardProfile(
            lineSize: UInt64(machine.dataLineSize), hasOuterCache: machine.hasOuterCache,
            hasCaches: machine.level1Data != nil || machine.level2 != nil,
            speculates: machine.core.speculates,
            doorbellOrder: machine.architecture == .arm64 ? .arm64 : .beforeArmv8,
            usesLinux: usesLinux, cores: machine.core.count,
            devices: outline.devices.map(hazardProfile),
            maintenanceCycles: UInt64(
                machine.costs.maintenanceCycles + (outer?.operationCycles ?? 0)),
            barrierCycles: UInt64(
                machine.costs.dsbCycles + machine.maintenanceResponseCycles
                    + (outer?.syncCycles ?? 0)),
            symbols: program.symbols)
        let pool = bouncePool
        profile.bounceBuffers = pool.start..<pool.start &+ pool.size
        profile.ordersMaintenanceByDMB = machine.architecture != .armv7m
        profile.reordersAccesses = machine.architecture != .arm32v5
        for (name, layout) in outline.layouts { profile.layouts[name] = layout }
        profile.library = outline.library
        profile.outsideNames = outsideNames
        profile.mixed = mixedBytes
        profile.polled = Set(outline.devices.map(\.agent)).subtracting(rung)
        if case .linux(let version) = kernel, !Lowering.keepsBusyPools(version) {
            profile.busyPools = .forEachPage(digits: machine.architecture == .arm64 ? 16 : 8)
        }
        for statement in outline.statements {
            guard case .operation(_, .dma(let call)) = statement.body,
                [.mapSG, .mapSGTable].contains(call.function)
            else { continue }
            profile.scatterGather += call.segments.compactMap {
                let start = $0.start.address.rawValue
                let (end, overflow) = start.addingReportingOverflow($0.size)
                return overflow || end == start ? nil : start..<end
            }
        }
        return profile
    }

    private func hazardProfile(of device: DeviceDeclaration) -> HazardProfile.Device {
        var result = HazardProfile.Device(
            name: program.symbols[device.name]?.name ?? "device\(device.agent.index)",
            snoops: snoops(device), isDeclaredCoherent: isCoherent(device))
        result.isOnSnoopingPort = port(of: device)?.snoops ?? false
        result.registers = device.effectiveRegisters
        result.isPosted = device.isPosted
        result.isTranslated = device.hasIOMMU
        return result
    }
}
