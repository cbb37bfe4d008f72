import MemoryModel
import Operations
import Quantities

/// A seeded program of everything that a machine can be asked, on a small stretch of memory.
struct RandomProgram {
    static let writeBack: UInt64 = 0x1000_0000
    static let uncached: UInt64 = 0x2000_0000
    static let through: UInt64 = 0x3000_0000
    static let device: UInt64 = 0x4000_0000
    static let ordered: UInt64 = 0x5000_0000
    static let alias: UInt64 = 0x6000_0000
    /// Twice a small L1, so that lines are driven out; L2 is smaller only on machines without one.
    static let span: UInt64 = 0x1_0000

    private var generator: SplitMix64
    private let cores: Int
    private let devices: Int

    init(seed: UInt64, cores: Int, devices: Int) {
        generator = SplitMix64(seed: seed)
        self.cores = cores
        self.devices = devices
    }

    /// The mappings of the program.
    static func declare(_ bench: Bench) {
        bench.declare(uncached, span, .nonCacheable)
        bench.declare(through, span, .writeThrough)
        bench.declare(device, span, .device)
        bench.declare(ordered, span, .stronglyOrdered)
        bench.declare(alias, span, .nonCacheable, physical: writeBack)
    }

    /// The next operation.
    mutating func next() -> (operation: Operation, agent: Agent) {
        let core = Agent.core(Int(generator.below(UInt64(cores))))
        switch generator.below(100) {
        case 0..<55: return (access(core), core)
        case 55..<60: return (run(), core)
        case 60..<62: return (copy(), core)
        case 62..<66: return (.work(cycles: generator.below(300)), core)
        case 66..<72: return (barrier(), core)
        case 72..<80: return (maintenance(), core)
        case 80..<84: return (.ring(anyDevice), core)
        case 84..<87: return (.wait(anyDevice), core)
        case 87..<94: return (transfer(), anyDevice)
        default: return (environment(core), core)
        }
    }

    private var anyDevice: Agent {
        mutating get { .device(Int(generator.below(UInt64(devices)))) }
    }

    private mutating func address() -> UInt64 {
        let region = generator.pick([
            Self.writeBack, Self.writeBack, Self.writeBack, Self.writeBack, Self.uncached,
            Self.through, Self.device, Self.ordered, Self.alias,
        ])
        let near = generator.below(2) == 0
        return region + generator.below(near ? 512 : Self.span - 64)
    }

    private mutating func memoryAddress() -> UInt64 {
        generator.pick([Self.writeBack, Self.uncached, Self.through])
            + generator.below(Self.span - 4_096)
    }

    private mutating func access(_ core: Agent) -> Operation {
        let kind = generator.pick([
            AccessKind.load, .load, .load, .store, .store, .store, .fetch, .loadExclusive,
            .storeExclusive, .loadAcquire, .storeRelease, .prefetch,
        ])
        let isDependent = kind == .load && generator.below(4) == 0
        return .access(
            MemoryAccess(
                kind, at: kind == .fetch ? Self.writeBack + generator.below(Self.span) : address(),
                size: UInt32(1 + generator.below(16)), agent: core, isDependent: isDependent),
            symbol: .none, value: nil)
    }

    private mutating func run() -> Operation {
        .run(
            AccessRun(
                generator.pick([.load, .store]), from: Operand(memoryAddress()),
                bytes: 1 + generator.below(512), by: generator.pick([1, 4, 8, 16]),
                step: generator.below(2) == 0 ? nil : generator.pick([16, 32, 64]),
                work: generator.below(3)))
    }

    private mutating func copy() -> Operation {
        .copy(
            CopyRun(
                to: Operand(memoryAddress()), from: Operand(memoryAddress()),
                bytes: 1 + generator.below(256), by: generator.pick([1, 4, 8]),
                work: generator.below(2)))
    }

    private mutating func barrier() -> Operation {
        .barrier(
            Barrier(
                generator.pick([.dmb, .dsb, .isb]),
                generator.pick([.fullSystem, .outerShareable, .innerShareable, .nonShareable]),
                generator.pick([.all, .stores, .loads])))
    }

    private mutating func maintenance() -> Operation {
        // Set/way operations walk whole caches: seldom.
        let seldom = generator.below(20) == 0
        let instruction = generator.pick(
            Maintenance.Instruction.allCases.filter { $0.isByAddress || $0 == .outerSync || seldom }
        )
        return .maintenance(
            Maintenance(
                instruction, at: Operand(memoryAddress()), bytes: generator.below(200)))
    }

    private mutating func transfer() -> Operation {
        let kind = generator.pick([
            DeviceOperation.Kind.read, .write, .write, .descriptorFetch(chain: false), .interrupt,
        ])
        return .device(
            DeviceOperation(
                kind, at: Operand(memoryAddress()),
                bytes: kind == .interrupt ? 0 : 1 + generator.below(600),
                burst: generator.below(3) == 0 ? generator.pick([16, 32, 64]) : nil))
    }

    private mutating func environment(_ core: Agent) -> Operation {
        let kind = generator.pick([
            EnvironmentEvent.Kind.evict, .evict, .fill, .fill, .drain, .hold, .late,
        ])
        // Speculation loads cacheable memory only.
        let start = kind == .fill ? Self.writeBack + generator.below(Self.span - 256) : address()
        let target: EnvironmentEvent.Target =
            switch kind {
            case .evict, .fill: generator.pick([.everywhere, .core(core.index), .level2])
            default: .core(core.index)
            }
        let bytes = kind == .drain && generator.below(2) == 0 ? 0 : 1 + generator.below(64)
        return .environment(
            EnvironmentEvent(kind, at: Operand(start), bytes: bytes, in: target))
    }
}
