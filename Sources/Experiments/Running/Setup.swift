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
    public var program: Program
    /// The machine.
    public var machine: MachineConfiguration
    /// The kernel era.
    public var kernel: KernelEra
    /// For pseudo-random replacement.
    public var seed: UInt64

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
        self.machine = machine
        self.seed = seed
        if let kernel {
            self.kernel = kernel
        } else {
            self.kernel = try Self.declaredKernel(program, file)
        }
        let errors = ProgramFit(setup: self).errors
        if !errors.isEmpty { throw errors }
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

    /// The mappings that the program declares.
    public var declaredMappings: [MemoryMapping] {
        // Registers are Device memory wherever they lie.
        var result = program.devices.map { device in
            let registers = device.effectiveRegisters
            return MemoryMapping(
                start: registers.lowerBound, end: registers.upperBound &+ 1,
                physical: registers.lowerBound,
                type: .device, shareability: .outerShareable)
        }
        for case .region(_, let address, let size, let type, let share) in program.declarations
        where size > 0 {
            result.append(
                MemoryMapping(
                    start: address, end: address &+ size, physical: address, type: type,
                    shareability: share ?? .innerShareable))
        }
        for case .alias(_, let region, let address, let type, let share) in program.declarations {
            guard let entry = program.symbols[region], entry.size > 0 else { continue }
            result.append(
                MemoryMapping(
                    start: address, end: address &+ entry.size, physical: entry.address, type: type,
                    shareability: share ?? .innerShareable))
        }
        return result
    }

    /// What lowering needs to know.
    func lowering() throws(TraceErrors) -> Lowering {
        var map = MemoryMap()
        for mapping in declaredMappings { map.insert(mapping) }
        do {
            let profile = try machine.loweringProfile(kernel: kernel)
            let coherent = Set(program.devices.filter(isCoherent).map(\.agent))
            var lowering = Lowering(
                profile, coherentDevices: coherent, memoryMap: map, bouncing: bouncePool)
            // Nothing checks a mask on bare metal: one that the trace does not give says nothing.
            for device in program.devices where kernel != .bareMetal || device.maskBits != nil {
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
            devices: program.devices.map(hazardProfile),
            maintenanceCycles: UInt64(
                machine.costs.maintenanceCycles + (outer?.operationCycles ?? 0)),
            barrierCycles: UInt64(
                machine.costs.dsbCycles + machine.maintenanceResponseCycles
                    + (outer?.syncCycles ?? 0)),
            symbols: program.symbols)
        profile.ordersMaintenanceByDMB = machine.architecture != .armv7m
        profile.reordersAccesses = machine.architecture != .arm32v5
        for (name, layout) in program.layouts { profile.layouts[name] = layout }
        profile.library = program.library
        profile.mixed = mixedBytes
        if case .linux(let version) = kernel, !Lowering.keepsBusyPools(version) {
            profile.busyPools = .forEachPage(digits: machine.architecture == .arm64 ? 16 : 8)
        }
        for statement in program.statements {
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
        return result
    }
}

/// What of a program does not fit a machine: cores and ports that are not there, loops without an end in sight.
struct ProgramFit {
    let setup: Setup

    var errors: TraceErrors {
        var errors = TraceErrors()
        let deviceCount = setup.program.devices.count
        for statement in setup.program.statements {
            switch statement.body {
            case .declaration(.device(let device)) where setup.port(of: device) == nil:
                let names = setup.machine.ports.map(\.name).joined(separator: ", ")
                errors.append(
                    error(
                        statement, "port \(device.port ?? "(the first)")",
                        names.isEmpty
                            ? "a machine with ports; \(setup.machine.name) has none"
                            : "a port of \(setup.machine.name): \(names)"))
            case .declaration(.device(let device))
            where device.readPort != nil && setup.readPort(of: device) == nil:
                errors.append(
                    error(
                        statement, "port \(device.readPort ?? "")",
                        "a port of \(setup.machine.name): "
                            + setup.machine.ports.map(\.name).joined(separator: ", ")))
            case .operation(let agent, let operation):
                let core = Self.core(agent, operation)
                if let core, core >= setup.machine.core.count {
                    errors.append(
                        error(
                            statement, "core\(core)",
                            "a core of \(setup.machine.name), which has \(setup.machine.core.count)"
                        ))
                }
                if case .device = operation, agent.index >= deviceCount {
                    errors.append(
                        error(statement, "a device without a declaration", "device NAME before it"))
                }
            default: break
            }
        }
        for error in crowdedPorts { errors.append(error) }
        let period = setup.machine.core.clock.period.rawValue
        if let error = Self.sizeError(of: setup.program, file: setup.file, period: period) {
            errors.append(error)
        }
        return errors
    }

    /// Devices beyond the channels of the controller behind their port.
    private var crowdedPorts: [TraceError] {
        var used: [String: Int] = [:]
        return setup.program.statements.compactMap { statement in
            guard case .declaration(.device(let device)) = statement.body,
                let port = setup.port(of: device), let engine = port.engine
            else { return nil }
            used[port.name, default: 0] += 1
            guard used[port.name, default: 0] == engine.channels + 1 else { return nil }
            return error(
                statement, "device number \(engine.channels + 1) on port \(port.name)",
                "at most \(engine.channels): the channels of the controller behind the port")
        }
    }

    private static func core(_ agent: Agent, _ operation: Operation) -> Int? {
        if case .environment(let event) = operation, case .core(let core) = event.target {
            return core
        }
        return agent.isCore ? agent.index : nil
    }

    private func error(_ statement: Statement, _ found: String, _ expected: String) -> TraceError {
        TraceError(file: setup.file, line: Int(statement.line), found: found, expected: expected)
    }

    /// The most accesses and operations that one run performs, loops and runs unrolled: well under a minute.
    static let limit: UInt64 = 1 << 31
    /// The same of a run that is judged, which costs more.
    static let judgedLimit: UInt64 = 1 << 24
    /// The longest time that explicit work may take in all, in ticks: ten days.
    static let workLimit: UInt64 = 1 << 59
    /// The most names of spans.
    static let spanLimit = 1_000

    /// What is wrong with the size of a run; nil: nothing.
    ///
    /// - Parameters:
    ///   - program: The program.
    ///   - file: Its name.
    ///   - limit: The most accesses and operations.
    ///   - period: The length of a core cycle, in ticks.
    /// - Returns: the error, with the statement at which it is too much.
    static func sizeError(
        of program: Program, file: String, limit: UInt64 = limit, period: UInt64 = 1
    ) -> TraceError? {
        var multiples: [UInt64] = [1]
        var total: UInt64 = 0
        var work: UInt64 = 0
        let spans = program.symbols.entries.count { $0.kind == .span }
        if spans > spanLimit {
            return TraceError(
                file: file, line: 0, found: "\(spans) names of spans",
                expected: "at most \(spanLimit)")
        }
        for statement in program.statements {
            let multiple = multiples.last ?? 1
            var cost: UInt64 = 1
            switch statement.body {
            case .repeatBegin(let count):
                multiples.append(product(multiple, count))
                cost = count
            case .spanBegin: multiples.append(multiple)
            case .end: if multiples.count > 1 { multiples.removeLast() }
            case .operation(_, let operation):
                cost = Self.cost(operation)
                work = sum(work, product(product(cycles(operation), multiple), period))
            default: break
            }
            total = sum(total, product(cost, multiple))
            if total > limit {
                return TraceError(
                    file: file, line: Int(statement.line),
                    found:
                        "more than \(limit) accesses and operations up to here, loops and runs unrolled",
                    expected: "a shorter run: fewer passes, or smaller ranges")
            }
            if work > workLimit {
                return TraceError(
                    file: file, line: Int(statement.line),
                    found:
                        "more than \(workLimit / 1_000_000_000_000) simulated seconds of work up to here",
                    expected: "less work")
            }
        }
        return nil
    }

    private static func product(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let (result, overflow) = a.multipliedReportingOverflow(by: b)
        return overflow ? .max : result
    }

    private static func sum(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let (result, overflow) = a.addingReportingOverflow(b)
        return overflow ? .max : result
    }

    /// The explicit work of an operation, in cycles.
    private static func cycles(_ operation: Operation) -> UInt64 {
        switch operation {
        case .work(let cycles): cycles
        case .run(let run): product(run.count, run.work)
        case .copy(let copy): product(copy.count, copy.work)
        default: 0
        }
    }

    /// How many accesses or bursts an operation stands for.
    private static func cost(_ operation: Operation) -> UInt64 {
        switch operation {
        case .access(let access, _, _): UInt64(access.size) / 16 + 1
        case .run(let run): product(run.count, UInt64(run.size) / 16 + 1)
        case .copy(let copy): product(copy.count, UInt64(copy.size) / 16 + 2)
        case .device(let device):
            product(
                product(
                    device.bytes / UInt64(max(min(device.burst ?? 64, 64), 1)) + 1,
                    UInt64(max(device.rows, 1))), UInt64(max(device.cycles, 1)))
        // By set and way every line of a level is looked at.
        case .maintenance(let maintenance):
            maintenance.instruction.isByAddress ? maintenance.bytes / 16 + 1 : 1 << 15
        case .environment(let event): event.bytes / 32 + 1
        case .dma(let call): call.segments.reduce(1) { $0 &+ $1.size / 8 }
        case .vendor(let call): call.function.operands == .none ? 1 << 15 : call.bytes / 4 + 1
        default: 1
        }
    }
}
