import MemoryModel
import Operations
import Quantities
import Traces

// Lowering again: the lifted program with the operations that a strategy needs at its hand-overs. What the trace
// did for its own strategy is left out: DMA calls, maintenance, barrier instructions. The kernel's barriers, as
// `dma_rmb()`, stay: they order descriptors, whatever holds the data. A doorbell becomes `writel`, which has the
// barriers that the kernel needs.

/// What of a machine a strategy's operations depend on.
struct StrategyTarget {
    /// The port for the strategy that needs one that looks into the caches; nil: the device stays where it is.
    var snoopingPort: String?
    /// The ports that look into the caches whatever a transaction says; devices there are coherent, and the kernel knows.
    var coherentPorts: Set<String>
    /// The port that devices sit on without saying so.
    var firstPort: String?
    /// Whether the kernel has no allocator of uncached memory there: what the trace allocates is a region of such memory.
    var lacksAllocator: Bool
    /// Whether there is a cache that the cores' own maintenance does not reach.
    var hasOuterCache: Bool
    /// Whether lines may come back that nobody asked for.
    var speculates: Bool
    /// Memory on the chip; nil: there is none.
    var onChip: OnChipConfiguration?

    init(_ machine: MachineConfiguration) {
        snoopingPort = machine.ports.first(where: \.snoops)?.name
        coherentPorts = Set(
            machine.ports.filter { $0.snoops && $0.snoopRule == .always }.map(\.name))
        firstPort = machine.ports.first?.name
        lacksAllocator = machine.architecture == .armv7m
        hasOuterCache = machine.hasOuterCache
        speculates = machine.core.speculates
        onChip = machine.memory.onChip.first
    }
}

/// Writes the program that a strategy makes of a trace.
struct StrategyLowering {
    let lifted: LiftedProgram
    let strategy: Strategy
    let target: StrategyTarget
    /// The longest transfer, in bytes, that is copied through a coherent buffer; longer ones are streamed.
    let copyBreak: UInt64
    var result = Program()
    private var line: UInt32 = 0
    private var handles: [String: HandleID] = [:]
    /// Where a buffer lies instead of its own place, by its start: in a bounce buffer, or in memory on the chip.
    var places: [UInt64: UInt64] = [:]
    /// Where the next bounce buffer goes; nil: there is none yet.
    var nextBounce: UInt64?
    /// Where none can go.
    lazy var occupied = OccupiedMemory(lifted.program, buffers: lifted.buffers)
    private let devices: [DeviceDeclaration]
    /// Where the trace's own allocations are.
    private let allocated: [HandleID: UInt64]
    /// The address bits that drivers give their devices in the trace, which a strategy's mappings have from the start.
    private let masks: [Agent: Int]

    /// The span whose time is the strategy's: everything but allocating and mapping once.
    static let span = "transfers"

    /// Prepares the lowering of a strategy.
    ///
    /// - Parameters:
    ///   - lifted: What is lowered.
    ///   - strategy: How.
    ///   - target: For what.
    ///   - copyBreak: For ``Strategy/copyBreak`` the longest transfer that is copied.
    init(
        _ lifted: LiftedProgram, _ strategy: Strategy, for target: StrategyTarget,
        copyBreak: UInt64 = 0
    ) {
        self.lifted = lifted
        self.strategy = strategy
        self.target = target
        self.copyBreak = strategy == .bounce ? .max : strategy == .copyBreak ? copyBreak : 0
        devices = lifted.program.devices
        result.symbols = lifted.program.symbols
        result.annotations = lifted.program.annotations
        var allocated: [HandleID: UInt64] = [:]
        var masks: [Agent: Int] = [:]
        for case .operation(_, .dma(let call)) in lifted.program.statements.lazy.map(\.body) {
            if call.function.setsStreamingMask, !call.fails, let device = call.device {
                masks[device] = call.setting.map { Int(clamping: $0) }
            }
            if call.function.makesHandle, let start = call.segments.first?.start {
                allocated[call.handle] = start.address.rawValue
            }
        }
        self.allocated = allocated
        self.masks = masks
    }

    /// The program.
    mutating func program() -> Program {
        let source = lifted.program
        var isOpen = false
        for (index, statement) in source.statements.enumerated() {
            line = statement.line
            if case .declaration(let declaration) = statement.body {
                guard let adapted = adapted(declaration) else { continue }
                append(.declaration(adapted))
                continue
            }
            if !isOpen, lifted.keeps(statement) {
                keep(statement)
                continue
            }
            if !isOpen {
                isOpen = true
                prepare()
                if let span = result.symbols.add(.init(name: Self.span, kind: .span))
                    ?? result.symbols.find(Self.span)
                {
                    append(.spanBegin(span))
                }
            }
            rewrite(statement, index)
        }
        if isOpen { append(.end) }
        release()
        return result
    }

    private func adapted(_ declaration: Declaration) -> Declaration? {
        if case .swiotlb = declaration, strategy == .bounceSwiotlb { return nil }
        guard case .device(var device) = declaration else { return declaration }
        // The strategy decides what the device's transactions say of themselves.
        device.attributes = nil
        if let mask = masks[device.agent] { device.maskBits = mask }
        if strategy == .coherentPort {
            // Without a port that snoops the strategy is tried where the device sits, and found out.
            device.port = target.snoopingPort ?? device.port
            device.readPort = target.snoopingPort == nil ? device.readPort : nil
            device.isCoherent = true
        } else {
            if strategy == .onChip, let port = target.onChip?.port {
                device.port = port
                device.readPort = nil
            }
            device.isCoherent =
                (device.port ?? target.firstPort).map(target.coherentPorts.contains) ?? false
        }
        return .device(device)
    }

    // MARK: Each statement

    private mutating func rewrite(_ statement: Statement, _ index: Int) {
        guard case .operation(let agent, let operation) = statement.body else {
            append(statement.body)
            return
        }
        switch operation {
        case .dma where lifted.keeps(statement): keep(statement)
        case .dma(let call) where call.function.mapsAllocation: mapAgain(call)
        // Zeros are what the driver writes.
        case .maintenance(let item) where item.instruction == .dcZVA:
            append(agent, redirected(operation))
        case .dma, .barrier, .maintenance, .vendor: return
        case .ring(let device):
            handOver(index, agent)
            writel(Accessor(.writel, of: device, at: doorbell(of: device)), agent)
        case .accessor(let accessor) where accessor.function.isWrite:
            handOver(index, agent)
            writel(accessor, agent)
        case .device(let work):
            let isFree = lifted.completions[index] != nil
            if isFree { handOver(index, .core(0)) }
            append(agent, .device(redirected(work, index)))
            if isFree { takeBack(index, .core(0)) }
        case .wait:
            append(agent, operation)
            takeBack(index, agent)
            handOver(index, agent)
        default: append(agent, redirected(operation))
        }
    }

    /// Allocates what holds the same under every strategy.
    private mutating func keep(_ statement: Statement) {
        guard target.lacksAllocator, case .operation(let agent, .dma(let call)) = statement.body,
            let segment = call.segments.first
        else {
            append(statement.body)
            return
        }
        append(
            agent,
            .setMemoryType(
                start: segment.start.address.rawValue, size: segment.size, .nonCacheable,
                .outerShareable))
    }

    /// Maps what the trace maps a second time: cached, but for memory that the strategy does not have cached.
    private mutating func mapAgain(_ call: DMACall) {
        guard let place = call.segments.first, let base = allocated[call.handle] else { return }
        let source = base &+ (call.offset ?? 0)
        let start = place.start.address.rawValue
        func mapping(_ size: UInt64, _ type: MemoryType, of physical: UInt64) -> Operation {
            .map(
                MemoryMapping(
                    start: start, end: start &+ size, physical: physical, type: type,
                    shareability: type == .writeBack ? .innerShareable : .outerShareable))
        }
        append(.core(0), mapping(place.size, .writeBack, of: source))
        guard let block = lifted.allocation(at: source) else { return }
        let size = min(place.size, Allocation.pageEnd(block.end) - source)
        switch strategy {
        case .coherent, .writeCombine:
            append(
                .core(0),
                .dma(
                    DMACall(
                        strategy == .coherent ? .mmapCoherent : .mmapWriteCombine,
                        handle: handle("alloc_\(block.buffers[0].name)"),
                        segments: [.init(at: place.start, size: size)],
                        offset: source - block.start)))
        case .stronglyOrdered: append(.core(0), mapping(size, .stronglyOrdered, of: source))
        case .writeThrough: append(.core(0), mapping(size, .writeThrough, of: source))
        case .onChip:
            let moved = redirected(Operand(source)).address.rawValue
            append(.core(0), mapping(size, .nonCacheable, of: moved))
        default: return
        }
    }

    private func doorbell(of device: Agent) -> Operand {
        Operand(devices.first { $0.agent == device }?.effectiveRegisters.lowerBound ?? 0)
    }

    private mutating func writel(_ accessor: Accessor, _ agent: Agent) {
        var accessor = accessor
        accessor.function = .writel
        append(agent, .accessor(accessor))
    }

    // MARK: Moved buffers

    /// A device's operation where its part of a hand-over lies under the strategy.
    private func redirected(_ work: DeviceOperation, _ index: Int) -> DeviceOperation {
        var moved = work
        func place(_ operand: Operand) -> Operand {
            guard let part = lifted.part(of: index, at: operand.address.rawValue) else {
                return operand
            }
            return strategy == .onChip || isCopied(part) ? redirected(operand) : operand
        }
        moved.start = place(work.start)
        moved.source = work.source.map(place)
        return moved
    }

    /// A core's operation: what is on the chip is used there; what bounces is used in its own place.
    private func redirected(_ operation: Operation) -> Operation {
        guard strategy == .onChip else { return operation }
        switch operation {
        case .access(var access, let symbol, let value):
            let moved = redirected(Operand(access.address)).address.rawValue
            guard moved != access.address else { return operation }
            access.address = moved
            return .access(access, symbol: symbol == .none ? symbol : .none, value: value)
        case .run(var run):
            run.start = redirected(run.start)
            return .run(run)
        case .copy(var copy):
            copy.source = redirected(copy.source)
            copy.destination = redirected(copy.destination)
            return .copy(copy)
        case .maintenance(var item):
            item.start = redirected(item.start)
            return .maintenance(item)
        default: return operation
        }
    }

    func redirected(_ operand: Operand) -> Operand {
        guard let buffer = lifted.buffer(at: operand.address.rawValue),
            let place = places[buffer.start]
        else { return operand }
        return Operand(operand.address.rawValue - buffer.start + place)
    }

    /// Whether a transfer goes through a coherent buffer.
    func isCopied(_ part: HandOver.Part) -> Bool { part.size <= copyBreak }

    // MARK: Writing

    mutating func handle(_ name: String) -> HandleID {
        if let known = handles[name] { return known }
        let entry = SymbolTable.Entry(name: "strategy_" + name, kind: .handle)
        let made = result.symbols.add(entry) ?? .none
        handles[name] = made
        return made
    }

    mutating func append(_ agent: Agent, _ operation: Operation) {
        append(.operation(agent, operation))
    }

    mutating func append(_ call: DMACall, _ agent: Agent = .core(0)) {
        append(agent, .dma(call))
    }

    mutating func append(_ body: Statement.Body) {
        result.statements.append(Statement(body, line: line))
    }
}
