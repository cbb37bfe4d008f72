import Events
import MemoryModel
import Operations
import Quantities

/// Draws mappings and a program on a few lines of them.
struct RandomSteps {
    var generator: SplitMix64
    let cores: Int
    let devices: Int
    let line: UInt64
    /// Where the program's accesses go, the likeliest several times.
    var regions: [UInt64]
    private(set) var mappings: [MemoryMapping] = []
    /// Offsets of the few lines of each region that are used.
    var lines: [UInt64] = []
    /// How engines read descriptors, if any does so by itself.
    private(set) var layout: DescriptorLayout?
    /// What belongs together comes one step after another.
    var pending: [RandomWorld.Step] = []

    static let writeBack: UInt64 = 0x1000_0000
    static let pages: UInt64 = 0x1_0000

    init(
        generator: SplitMix64, cores: Int, devices: Int, line: UInt64, hasSynonyms: Bool
    ) {
        self.generator = generator
        self.cores = cores
        self.devices = devices
        self.line = line
        regions = Array(repeating: Self.writeBack, count: 4)
        declare(hasSynonyms)
        let span = self.generator.pick([8, 8, 16, 64])
        // A few are about the end of a page, where types may change and prefetchers stop.
        let half = UInt64(span / 2) * line
        let page = CacheConfiguration.pageBytes
        let first = self.generator.percent(25) && span < 64 && half < page ? page - half : 0
        for _ in 0..<self.generator.in(3, 8) {
            lines.append(first + UInt64(self.generator.in(0, span - 1)) * line)
        }
        if self.generator.percent(30) { layout = RandomLayout.draw(&self.generator) }
    }

    /// Some regions of other types, and other names for the first one.
    private mutating func declare(_ hasSynonyms: Bool) {
        let types: [MemoryType] = [
            .nonCacheable, .writeThrough, .device, .stronglyOrdered, .writeBack, .writeBack,
        ]
        for index in 0..<generator.in(0, 3) {
            let start = 0x2000_0000 + UInt64(index) * 0x100_0000
            add(start, start, generator.pick(types))
        }
        for index in 0..<(hasSynonyms || generator.percent(25) ? generator.in(1, 2) : 0) {
            let start = 0x6000_0000 + UInt64(index) * 0x101_1000
            add(start, Self.writeBack, generator.pick(types + [.writeBack, .writeBack]))
        }
    }

    private mutating func add(_ start: UInt64, _ physical: UInt64, _ type: MemoryType) {
        mappings.append(
            MemoryMapping(
                start: start, end: start + Self.pages, physical: physical, type: type,
                shareability: generator.pick([
                    .innerShareable, .innerShareable, .outerShareable, .nonShareable,
                ])))
        regions.append(start)
    }

    var anyDevice: Agent { mutating get { .device(generator.in(0, devices - 1)) } }

    mutating func address() -> UInt64 {
        let start = generator.pick(regions) + generator.pick(lines)
        return start + (generator.percent(30) ? 0 : UInt64(generator.in(0, Int(line) - 1)))
    }

    mutating func bytes(_ most: Int) -> UInt64 { UInt64(generator.in(1, most)) }

    /// The next step.
    mutating func next() -> RandomWorld.Step {
        if !pending.isEmpty { return pending.removeFirst() }
        let core = generator.in(0, cores - 1)
        let agent = Agent.core(core)
        if let layout, generator.percent(15) {
            pending = descriptor(layout, agent)
            return pending.removeFirst()
        }
        switch generator.in(0, 99) {
        case 0..<56: return .perform(access(agent), agent)
        case 56..<60: return .perform(run(), agent)
        case 60..<62: return .perform(copy(), agent)
        case 62..<65: return .perform(.work(cycles: bytes(200)), agent)
        case 65..<71: return .perform(barrier(), agent)
        case 71..<80: return .perform(maintenance(), agent)
        case 80..<83: return .perform(.ring(anyDevice), agent)
        case 83..<86: return .perform(.wait(anyDevice), agent)
        case 86..<91: return .perform(transfer(), anyDevice)
        case 91..<98: return .perform(environment(core), agent)
        case 98: return setType(agent)
        default: return .setCoherent(generator.percent(50), core: core)
        }
    }

    private mutating func access(_ agent: Agent) -> Operation {
        let kind = generator.pick([
            AccessKind.load, .load, .load, .load, .load, .store, .store, .store, .store, .store,
            .fetch, .loadExclusive, .storeExclusive, .loadAcquire, .storeRelease, .prefetch,
            generator.pick([.miscellaneousRead, .copyBack, .invalidate]),
        ])
        let isRecord = kind == .copyBack || kind == .invalidate
        let size =
            isRecord && generator.percent(20)
            ? 0 : generator.pick([1, 2, 4, 4, 4, 8, 8, 16, generator.in(1, 64)])
        return .access(
            MemoryAccess(
                kind, at: address(), size: UInt32(size), agent: agent,
                isDependent: generator.percent(kind == .load ? 25 : 5)), symbol: .none,
            value: generator.percent(20) ? generator.next() & 0xFF : nil)
    }

    private mutating func run() -> Operation {
        let size = generator.pick([1, 4, 8, 12, 16, 32, 64])
        let isGapped = generator.percent(40)
        let bytes = isGapped ? UInt64(size * generator.in(1, 12)) : bytes(160)
        return .run(
            AccessRun(
                generator.pick([.load, .store]), from: Operand(address()), bytes: bytes,
                by: UInt32(size), step: isGapped ? generator.pick([24, 32, 64, 128]) : nil,
                work: generator.pick([0, 0, 1, 7])))
    }

    private mutating func copy() -> Operation {
        .copy(
            CopyRun(
                to: Operand(address()), from: Operand(address()), bytes: bytes(100),
                by: generator.pick([1, 4, 8, 16, 64]), work: generator.pick([0, 2])))
    }

    private mutating func barrier() -> Operation {
        .barrier(
            Barrier(
                generator.pick([.dmb, .dmb, .dsb, .dsb, .isb]),
                generator.pick([.fullSystem, .outerShareable, .innerShareable, .nonShareable]),
                generator.pick([.all, .stores, .loads])))
    }

    private mutating func maintenance() -> Operation {
        .maintenance(
            Maintenance(
                generator.pick(Maintenance.Instruction.allCases), at: Operand(address()),
                bytes: generator.percent(40) ? 0 : bytes(150),
                level: generator.pick([0, 0, 1, 2, 3])))
    }

    private mutating func transfer() -> Operation {
        let kind = generator.pick([
            DeviceOperation.Kind.read, .read, .write, .write, .write,
            .descriptorFetch(chain: generator.percent(50)), .interrupt,
        ])
        let burst = generator.percent(30) ? generator.pick([4, 16, 32, 64] as [UInt32]) : nil
        var operation = DeviceOperation(
            kind, at: Operand(address()),
            bytes: kind == .interrupt || generator.percent(4) ? 0 : bytes(150), burst: burst)
        if kind == .write, generator.percent(30) {
            operation.source = Operand(address())
            operation.bytes = bytes(generator.pick([20, 150, 150, 600]))
            return .device(operation)
        }
        if kind == .write, generator.percent(20) { operation.value = generator.next() & 0xFF }
        if kind != .interrupt, generator.percent(25) {
            operation.rows = UInt32(generator.in(2, 3))
            operation.pitch = UInt64(generator.in(0, 200))
        }
        if kind != .interrupt, generator.percent(20) {
            operation.cycles = UInt32(generator.in(2, 3))
        }
        return .device(operation)
    }

    private mutating func environment(_ core: Int) -> Operation {
        let kind = generator.pick([
            EnvironmentEvent.Kind.evict, .evict, .fill, .fill, .drain, .hold, .hold, .late, .leave,
            .join, .join,
        ])
        let target: EnvironmentEvent.Target =
            switch kind {
            case .evict, .fill: generator.pick([.everywhere, .core(core), .core(core), .level2])
            default: .core(core)
            }
        if kind == .drain, generator.percent(50) {
            return .environment(EnvironmentEvent(.drain, in: target))
        }
        return .environment(
            EnvironmentEvent(
                kind, at: Operand(address()), bytes: generator.percent(40) ? 0 : bytes(100),
                in: target))
    }

    private mutating func setType(_ agent: Agent) -> RandomWorld.Step {
        let page = CacheConfiguration.pageBytes
        if generator.percent(30) {
            let start = generator.pick(regions)
            return .perform(
                .map(
                    MemoryMapping(
                        start: start, end: start + page, physical: generator.pick(regions),
                        type: generator.pick(MemoryType.allCases),
                        shareability: generator.pick(Shareability.allCases))), agent)
        }
        return .perform(
            .setMemoryType(
                start: generator.pick(regions) + UInt64(generator.in(0, 1)) * page,
                size: generator.pick([page, 2 * page]),
                generator.pick(MemoryType.allCases), generator.pick(Shareability.allCases)),
            agent)
    }
}
