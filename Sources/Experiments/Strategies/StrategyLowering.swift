import MemoryModel
import Operations
import Quantities
import Traces

// Lowering again: the lifted program with the operations that a strategy needs at its hand-overs. What the trace
// did for its own strategy is left out: DMA calls, maintenance of the buffers, barriers. A doorbell becomes
// `writel`, which has the barriers that the kernel needs.

/// Writes the program that a strategy makes of a trace.
struct StrategyLowering {
    let lifted: LiftedProgram
    let strategy: Strategy
    private var result = Program()
    private var line: UInt32 = 0
    private var handles: [String: HandleID] = [:]
    private var bounces: [UInt64: UInt64] = [:]
    /// Where the next bounce buffer goes; nil: there is none yet.
    private var nextBounce: UInt64?
    private let devices: [DeviceDeclaration]
    /// Where the trace's own allocations are.
    private let allocated: [HandleID: UInt64]
    /// The address bits that drivers give their devices in the trace, which a strategy's mappings have from the start.
    private let masks: [Agent: Int]

    /// The span whose time is the strategy's: everything but allocating and mapping once.
    static let span = "transfers"

    init(_ lifted: LiftedProgram, _ strategy: Strategy) {
        self.lifted = lifted
        self.strategy = strategy
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

    /// The program, in which the device sits on `port` if one is given.
    mutating func program(port: PortConfiguration?) -> Program {
        let source = lifted.program
        var isOpen = false
        for (index, statement) in source.statements.enumerated() {
            line = statement.line
            if case .declaration(let declaration) = statement.body {
                result.statements.append(
                    Statement(.declaration(adapted(declaration, port)), line: line))
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

    private func adapted(_ declaration: Declaration, _ port: PortConfiguration?) -> Declaration {
        guard case .device(var device) = declaration else { return declaration }
        // The strategy decides what the device's transactions say of themselves.
        device.attributes = nil
        if let mask = masks[device.agent] { device.maskBits = mask }
        if strategy == .coherentPort {
            device.port = port?.name
            device.isCoherent = true
        } else {
            device.isCoherent = false
        }
        return .device(device)
    }

    // MARK: Once

    private mutating func prepare() {
        for block in lifted.allocations {
            switch strategy {
            case .coherent: allocate(block, at: block.start, .allocCoherent)
            case .writeCombine: allocate(block, at: block.start, .allocWriteCombine)
            case .stronglyOrdered:
                append(
                    .core(0),
                    .setMemoryType(
                        start: block.buffers[0].start, size: block.end - block.buffers[0].start,
                        .stronglyOrdered, .outerShareable))
            case .bounce:
                let place = bouncePlace(for: block)
                for buffer in block.buffers {
                    bounces[buffer.start] = place + (buffer.start - block.start)
                }
                allocate(block, at: place, .allocCoherent)
            case .streamingSync, .asWritten, .streaming, .coherentPort: break
            }
        }
        for buffer in lifted.buffers {
            switch strategy {
            case .streamingSync:
                map(
                    "mapped_\(buffer.name)", for: buffer.device, at: buffer.start, buffer.size,
                    buffer.direction)
            default: break
            }
        }
    }

    /// Maps a range, and asks whether that succeeded, which costs nothing.
    private mutating func map(
        _ name: String, for device: Agent, at start: UInt64, _ size: UInt64,
        _ direction: DMADirection
    ) {
        let handle = handle(name)
        append(
            .core(0),
            .dma(
                DMACall(
                    .mapSingle, handle: handle, device: device,
                    segments: [.init(at: Operand(start), size: size)], direction: direction)))
        append(.core(0), .dma(DMACall(.mappingError, handle: handle)))
    }

    private mutating func release() {
        guard strategy == .streamingSync else { return }
        for buffer in lifted.buffers {
            append(.core(0), .dma(DMACall(.unmapSingle, handle: handle("mapped_\(buffer.name)"))))
        }
    }

    private mutating func allocate(
        _ block: Allocation, at start: UInt64, _ function: DMACall.Function
    ) {
        let first = block.buffers[0]
        append(
            .core(0),
            .dma(
                DMACall(
                    function, handle: handle("alloc_\(first.name)"), device: first.device,
                    segments: [.init(at: Operand(start), size: block.end - block.start)])))
    }

    /// A place that nothing in the program uses: above everything that has a name or a device operation.
    private mutating func bouncePlace(for block: Allocation) -> UInt64 {
        let place: UInt64
        if let next = nextBounce {
            place = next
        } else {
            let named = lifted.program.symbols.entries.map { $0.address &+ $0.size }.filter {
                $0 < 0xE000_0000
            }
            let touched = lifted.buffers.map { $0.start &+ $0.size }
            place = (((named + touched).max() ?? 0) + 0x10_0000) & ~0xFFFF
        }
        nextBounce = Allocation.pageEnd(place + (block.end - block.start))
        return place
    }

    private mutating func handle(_ name: String) -> HandleID {
        if let known = handles[name] { return known }
        let entry = SymbolTable.Entry(name: "strategy_" + name, kind: .handle)
        let made = result.symbols.add(entry) ?? .none
        handles[name] = made
        return made
    }

    // MARK: Each statement

    private mutating func rewrite(_ statement: Statement, _ index: Int) {
        guard case .operation(let agent, let operation) = statement.body else {
            append(statement.body)
            return
        }
        switch operation {
        case .dma(let call) where call.function.mapsAllocation: mapAgain(call)
        case .dma, .barrier, .kernelBarrier, .maintenance, .vendor: return
        case .ring(let device):
            handOver(index)
            writel(device, agent)
        case .accessor(let accessor) where accessor.function.isWrite:
            handOver(index)
            writel(accessor.device, agent)
        case .device(let work):
            let isFree = lifted.completions[index] != nil
            if isFree { handOver(index) }
            append(agent, .device(redirected(work)))
            if isFree { takeBack(index) }
        case .wait:
            append(agent, operation)
            takeBack(index)
            handOver(index)
        default: append(agent, operation)
        }
    }

    /// Maps what the trace maps a second time: cached, but for memory that the strategy does not have cached.
    private mutating func mapAgain(_ call: DMACall) {
        guard let place = call.segments.first, let base = allocated[call.handle] else { return }
        let source = base &+ (call.offset ?? 0)
        let start = place.start.address.rawValue
        func mapping(_ size: UInt64, _ type: MemoryType) -> Operation {
            .map(
                MemoryMapping(
                    start: start, end: start &+ size, physical: source, type: type,
                    shareability: type == .writeBack ? .innerShareable : .outerShareable))
        }
        append(.core(0), mapping(place.size, .writeBack))
        let block = lifted.allocations.first {
            $0.start <= source && source < Allocation.pageEnd($0.end)
        }
        guard let block else { return }
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
        case .stronglyOrdered: append(.core(0), mapping(size, .stronglyOrdered))
        case .bounce, .streamingSync, .asWritten, .streaming, .coherentPort: return
        }
    }

    private mutating func writel(_ device: Agent, _ agent: Agent) {
        guard let declared = devices.first(where: { $0.agent == device }) else {
            return
        }
        let register = Operand(declared.effectiveRegisters.lowerBound)
        append(agent, .accessor(Accessor(.writel, of: device, at: register)))
    }

    private func redirected(_ work: DeviceOperation) -> DeviceOperation {
        var moved = work
        moved.start = redirected(work.start)
        moved.source = work.source.map(redirected)
        return moved
    }

    private func redirected(_ operand: Operand) -> Operand {
        guard strategy == .bounce, let buffer = lifted.buffer(at: operand.address.rawValue),
            let place = bounces[buffer.start]
        else { return operand }
        return Operand(operand.address.rawValue - buffer.start + place)
    }

    private mutating func handOver(_ index: Int) {
        for part in lifted.handOvers[index]?.parts ?? [] {
            switch strategy {
            case .streaming:
                map(
                    "0x\(String(part.start, radix: 16))", for: part.device, at: part.start,
                    part.size, part.isWrite ? .fromDevice : .toDevice)
            case .streamingSync: sync(part, .syncSingleForDevice)
            case .bounce where !part.isWrite: copyBounce(part, toBounce: true)
            default: break
            }
        }
    }

    private mutating func takeBack(_ index: Int) {
        for part in lifted.completions[index]?.parts ?? [] {
            switch strategy {
            case .streaming:
                append(
                    .core(0),
                    .dma(
                        DMACall(.unmapSingle, handle: handle("0x\(String(part.start, radix: 16))")))
                )
            case .streamingSync: sync(part, .syncSingleForCPU)
            case .bounce where part.isWrite: copyBounce(part, toBounce: false)
            default: break
            }
        }
    }

    private mutating func sync(_ part: HandOver.Part, _ function: DMACall.Function) {
        guard let buffer = lifted.buffer(at: part.start) else { return }
        append(
            .core(0),
            .dma(
                DMACall(
                    function, handle: handle("mapped_\(buffer.name)"),
                    offset: part.start - buffer.start,
                    size: part.size, direction: buffer.direction)))
    }

    /// A word-by-word copy, as the kernel's memcpy does on 32-bit cores; the tail byte by byte.
    private mutating func copyBounce(_ part: HandOver.Part, toBounce: Bool) {
        guard let buffer = lifted.buffer(at: part.start), let place = bounces[buffer.start] else {
            return
        }
        let own = part.start
        let bounce = part.start - buffer.start + place
        let words = part.size / 4 * 4
        for (offset, bytes, size) in [(0, words, UInt32(4)), (words, part.size - words, 1)]
        where bytes > 0 {
            append(
                .core(0),
                .copy(
                    CopyRun(
                        to: Operand((toBounce ? bounce : own) &+ offset),
                        from: Operand((toBounce ? own : bounce) &+ offset), bytes: bytes, by: size))
            )
        }
    }

    private mutating func append(_ agent: Agent, _ operation: Operation) {
        append(.operation(agent, operation))
    }

    private mutating func append(_ body: Statement.Body) {
        result.statements.append(Statement(body, line: line))
    }
}
