import Events
import MemoryModel
import Operations
import Quantities

/// A second model of a machine, slow and plain, written from `docs/model.md` and not from the first model's code.
///
/// One method for each rule of that page; the files follow its sections. Tests compare it with `Machine`, event for
/// event. Times are not told as events: ``spent`` has their sums.
public struct ReferenceMachine {
    /// The machine's parameters.
    public let configuration: MachineConfiguration
    /// Everything that happened, but for events of kind `time`.
    public internal(set) var events: [Event] = []
    /// The ticks of each core by the raw value of their cause.
    public internal(set) var spent: [[UInt64]]

    var map = MemoryMap()
    var cores: [ReferenceCore]
    var level1Data: [ReferenceCache] = []
    var level1Instruction: [ReferenceCache] = []
    /// None, one, or one for each core.
    var level2: [ReferenceCache] = []
    /// What each of them has on its way.
    var traffic: [ReferenceTraffic] = []
    var flush: ReferenceFlush?
    /// None or one.
    var level3: [ReferenceCache] = []
    var randoms: [SplitMix64]
    var pathOut: UInt64 = 0
    var pathIn: UInt64 = 0
    var slots: [ReferenceEntry] = []
    var mergingEnded = false
    var memory: ReferenceMemory
    var devices: [ReferenceDevice] = []
    var controllers: [ReferenceController] = []
    var layouts: [SymbolID: DescriptorLayout] = [:]
    var bytes = ReferenceBytes()
    /// The first chain that could not be followed.
    public internal(set) var chainFault: (record: UInt32, fault: ChainLog.Fault)?
    var readChannels: [UInt64]
    var writeChannels: [UInt64]
    var lastIssue: UInt64 = 0
    var nextNumber: UInt32 = 1
    /// The statement that leads to what happens.
    var record: UInt32 = 0

    /// Makes a machine with empty caches at tick zero.
    public init(_ configuration: MachineConfiguration, seed: UInt64 = 1) {
        self.configuration = configuration
        let count = configuration.core.count
        spent = Array(
            repeating: Array(repeating: 0, count: Cause.allCases.count), count: count)
        cores = Array(
            repeating: ReferenceCore(isCoherent: configuration.coherence.isEnabled), count: count)
        randoms = (0..<4).map { SplitMix64(seed: seed &+ $0) }
        memory = ReferenceMemory(configuration.memory)
        readChannels = Array(repeating: 0, count: max(configuration.ports.count, 1))
        writeChannels = readChannels
        for core in 0..<count {
            if let cache = configuration.level1Data {
                level1Data.append(ReferenceCache(cache, place: .level1Data(core)))
            }
            if let cache = configuration.level1Instruction {
                level1Instruction.append(ReferenceCache(cache, place: .level1Instruction(core)))
            }
        }
        if let second = configuration.level2 {
            level2 =
                second.isPrivate
                ? (0..<count).map { ReferenceCache(second.cache, place: .level2($0)) }
                : [ReferenceCache(second.cache, place: second.outer == nil ? .level2 : .outer)]
        }
        traffic = level2.map { _ in ReferenceTraffic() }
        if let third = configuration.level3 {
            level3 = [ReferenceCache(third.cache, place: .level3)]
        }
        for mapping in configuration.memory.tightlyCoupled { declare(mapping) }
    }

    /// Puts a mapping over whatever was declared for its addresses before.
    public mutating func declare(_ mapping: MemoryMapping) { map.insert(mapping) }

    /// Puts the next device on a port.
    public mutating func attach(
        _ agent: Agent, to port: PortConfiguration,
        attributes: TransactionAttributes = .coherent, reading readPort: PortConfiguration? = nil
    ) {
        func side(_ port: PortConfiguration) -> ReferenceSide {
            ReferenceSide(
                port: port,
                index: configuration.ports.firstIndex { $0.name == port.name } ?? 0,
                snoops: port.snoops && port.snoopRule.snoops(attributes),
                controller: controllers.firstIndex { $0.port == port.name })
        }
        for port in [port, readPort ?? port]
        where !controllers.contains(where: { $0.port == port.name }) {
            if let engine = port.engine {
                controllers.append(ReferenceController(port: port.name, engine: engine))
            }
        }
        devices.append(ReferenceDevice(writing: side(port), reading: side(readPort ?? port)))
    }

    /// Says how engines read the descriptors of a layout.
    public mutating func declare(_ layout: DescriptorLayout, as name: SymbolID) {
        layouts[name] = layout
    }

    /// Lets a core take part in coherence, or not.
    public mutating func setCoherent(_ isCoherent: Bool, core: Int) {
        cores[core].isCoherent = isCoherent
    }

    /// Does one statement.
    public mutating func perform(_ operation: Operation, by agent: Agent, record: UInt32) {
        self.record = record
        let core = agent.isCore ? agent.index : 0
        switch operation {
        case .access(let access, symbol: _, let value):
            bytes.storing = value.map { ReferenceBytes.number($0, count: Int(access.size)) }
            perform(access, core)
            bytes.storing = nil
        case .run(let run): perform(run, core)
        case .copy(let copy): perform(copy, core)
        case .work(let cycles):
            issue(core)
            spend(core, ticks(cycles), .work)
        case .barrier(let barrier): perform(barrier, core)
        case .maintenance(let maintenance): perform(maintenance, core)
        case .ring(let device): ring(device.index, core)
        case .wait(let device): wait(for: device.index, core)
        case .device(let transfer): perform(transfer, device: agent.index)
        case .environment(let event): perform(event)
        case .setMemoryType(let start, let size, let type, let shareability):
            setType(start, size, type, shareability)
        case .map(let mapping): map.insert(mapping)
        case .accessor, .kernelBarrier, .dma, .vendor:
            preconditionFailure("lowered before it comes here")
        }
    }

    /// Lets devices run to their end and cores wait for their loads.
    public mutating func finish() {
        for device in devices.indices { runToEnd(device) }
        endFlush()
        for core in cores.indices { waitForLoads(core, nil) }
    }

    private mutating func setType(
        _ start: UInt64, _ size: UInt64, _ type: MemoryType, _ shareability: Shareability
    ) {
        var at = start
        while at < start + size {
            let old = map.mapping(of: at)
            let end = min(old.end, start + size)
            map.insert(
                MemoryMapping(
                    start: at, end: end, physical: old.physical &+ (at - old.start), type: type,
                    shareability: shareability))
            at = end
        }
    }

    /// Tells an event.
    mutating func tell(
        _ kind: Event.Kind, at tick: UInt64, _ agent: Agent, _ place: Place = .memory,
        other: UInt8 = 0, _ address: UInt64 = 0, _ size: UInt64 = 0, detail: UInt32 = 0
    ) {
        let event = Event(
            kind, at: Ticks(rawValue: tick), agent: agent, place: place, other: other,
            address: address, size: UInt32(size), detail: detail, record: record)
        events.append(event)
        if !layouts.isEmpty { bytes.follow(event) }
    }
}
