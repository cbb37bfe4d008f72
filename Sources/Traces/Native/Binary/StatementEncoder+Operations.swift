import Operations

extension Operation {
    /// The operation's first byte in the binary format.
    var tag: StatementTag {
        switch self {
        case .access, .setMemoryType, .map: .access
        case .run: .run
        case .copy(let copy): copy.isOnWrite ? .copyOnWrite : .copy
        case .work: .work
        case .barrier: .barrier
        case .maintenance: .maintenance
        case .accessor: .accessor
        case .kernelBarrier: .kernelBarrier
        case .ring: .ring
        case .wait: .wait
        case .dma: .call
        case .device(let operation):
            operation.source != nil
                ? .deviceCopy : operation.layout != .none ? .chain : .deviceOperation
        case .environment: .environment
        case .vendor: .vendor
        }
    }
}

extension StatementEncoder {
    /// Appends what follows an operation's tag and agent.
    mutating func add(_ operation: Operation) {
        switch operation {
        case .access(let access, let symbol, let value): add(access, symbol, value)
        case .run(let run): add(run)
        case .copy(let copy):
            add(copy.destination)
            add(copy.source)
            output.add(copy.bytes)
            output.add(UInt64(copy.size))
            output.add(copy.work)
        case .work(let cycles): output.add(cycles)
        case .barrier(let barrier):
            output.add(byte: barrier.instruction.rawValue)
            output.add(byte: barrier.domain.rawValue)
            output.add(byte: barrier.accesses.rawValue)
        case .maintenance(let maintenance): add(maintenance)
        case .accessor(let accessor):
            output.add(byte: accessor.function.place)
            output.add(byte: accessor.device.rawValue)
            add(accessor.register)
            add(optional: accessor.value)
        case .kernelBarrier(let barrier): output.add(byte: barrier.place)
        case .ring(let device), .wait(let device): output.add(byte: device.rawValue)
        case .dma(let call): add(call)
        case .vendor(let call): add(call)
        case .device(let operation): add(operation)
        case .environment(let event): add(event)
        case .setMemoryType, .map: break
        }
    }

    private mutating func add(_ access: MemoryAccess, _ symbol: SymbolID, _ value: UInt64?) {
        typealias Flag = StatementFlag
        var flags = access.kind.rawValue
        if access.isDependent { flags |= Flag.accessDependent }
        if value != nil { flags |= Flag.accessValue }
        if symbol != .none { flags |= Flag.accessSymbol }
        output.add(byte: flags)
        if symbol != .none { add(symbol) }
        add(address: access.address)
        output.add(UInt64(access.size))
        if let value { output.add(value) }
    }

    private mutating func add(_ run: AccessRun) {
        output.add(byte: run.kind.rawValue)
        add(run.start)
        output.add(run.bytes)
        output.add(UInt64(run.size))
        output.add(run.step)
        output.add(run.work)
    }

    private mutating func add(_ maintenance: Maintenance) {
        output.add(byte: maintenance.instruction.rawValue)
        if maintenance.instruction.isByAddress {
            add(maintenance.start)
            output.add(maintenance.bytes)
        } else {
            output.add(byte: maintenance.level)
        }
    }

    private mutating func add(_ operation: DeviceOperation) {
        typealias Flag = StatementFlag
        if let source = operation.source {
            add(operation.start)
            add(source)
            output.add(operation.bytes)
            return add(optional: operation.burst.map(UInt64.init))
        }
        if operation.layout != .none {
            add(operation.start)
            add(operation.layout)
            output.add(operation.bytes)
            return add(optional: operation.limit.map(UInt64.init))
        }
        var flags = operation.kind.number
        if operation.burst != nil { flags |= Flag.transferBurst }
        if operation.value != nil { flags |= Flag.transferValue }
        if operation.kind == .descriptorFetch(chain: true) { flags |= Flag.transferChain }
        if operation.rows > 1 { flags |= Flag.transferRows }
        if operation.cycles > 1 { flags |= Flag.transferCycles }
        output.add(byte: flags)
        guard operation.kind != .interrupt else { return }
        add(operation.start)
        output.add(operation.bytes)
        if let burst = operation.burst { output.add(UInt64(burst)) }
        if let value = operation.value { output.add(value) }
        if operation.rows > 1 {
            output.add(UInt64(operation.rows))
            output.add(operation.pitch)
        }
        if operation.cycles > 1 { output.add(UInt64(operation.cycles)) }
    }

    private mutating func add(_ event: EnvironmentEvent) {
        output.add(byte: event.kind.place)
        switch event.target {
        case .everywhere: output.add(byte: 0)
        case .core(let core): output.add(byte: UInt8(core) + 1)
        case .level2: output.add(byte: 255)
        }
        add(event.start)
        output.add(event.bytes)
    }
}

extension DeviceOperation.Kind {
    /// The kind's number in the binary format, the two low bits of the flags.
    var number: UInt8 {
        switch self {
        case .read: 0
        case .write: 1
        case .descriptorFetch: 2
        case .interrupt: 3
        }
    }
}
