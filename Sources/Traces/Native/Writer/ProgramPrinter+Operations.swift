import Operations
import Quantities

extension ProgramPrinter {
    /// Prints an operation and who performs it.
    mutating func print(_ operation: Operation, by agent: Agent) {
        if case .environment(let event) = operation { return print(event) }
        add(name(agent))
        add(": ")
        print(operation)
    }

    /// Prints an operation, whoever performs it.
    mutating func print(_ operation: Operation) {
        switch operation {
        case .access(let access, let symbol, let value): print(access, symbol, value)
        case .run(let run): print(run)
        case .copy(let copy): print(copy)
        case .work(let cycles): add("work ", cycles)
        case .barrier(let barrier): print(barrier)
        case .maintenance(let maintenance): print(maintenance)
        case .accessor(let accessor):
            add(accessor.function.rawValue)
            add(accessor.register)
            add(value: accessor.value)
        case .kernelBarrier(let barrier): add(barrier.rawValue)
        case .ring(let device): add("ring \(name(device))")
        case .wait(let device): add("wait \(name(device))")
        case .dma(let call): print(call)
        case .vendor(let call): print(call)
        case .device(let operation): print(operation)
        case .environment, .setMemoryType, .map: break
        }
    }

    private mutating func print(_ access: MemoryAccess, _ symbol: SymbolID, _ value: UInt64?) {
        switch access.kind {
        case .load, .miscellaneousRead: add("ld")
        case .store, .copyBack, .invalidate: add("st")
        case .fetch: add("fetch")
        case .loadExclusive: add("ldx")
        case .storeExclusive: add("stx")
        case .loadAcquire: add("lda")
        case .storeRelease: add("stl")
        case .prefetch: add("pld")
        }
        add(Operand(access.address, symbol: symbol))
        if access.kind != .prefetch { add(" ", UInt64(access.size)) }
        if access.isDependent { add(" dep") }
        add(value: value)
    }

    private mutating func print(_ run: AccessRun) {
        add(run.kind == .load ? "ld" : "st")
        add(run.start)
        add(" ", optional: run.span)
        add(" by ", UInt64(run.size))
        if !run.isDense { add(" step ", run.step) }
        if run.work > 0 { add(" work ", run.work) }
    }

    private mutating func print(_ copy: CopyRun) {
        add("copy")
        add(copy.destination)
        add(copy.source)
        add(" ", copy.bytes)
        add(" by ", UInt64(copy.size))
        if copy.work > 0 { add(" work ", copy.work) }
        if copy.isOnWrite { add(" cow") }
    }

    private mutating func print(_ barrier: Barrier) {
        guard barrier.instruction != .isb else { return add("isb") }
        add(barrier.instruction == .dmb ? "dmb " : "dsb ")
        let option = Vocabulary.barrierOptions.first {
            $0.1.0 == barrier.domain && $0.1.1 == barrier.accesses
        }
        add("\(option?.0 ?? "sy")")
    }

    private mutating func print(_ maintenance: Maintenance) {
        for (word, list) in Vocabulary.maintenance {
            guard let instruction = Vocabulary.word(for: maintenance.instruction, in: list) else {
                continue
            }
            add("\(word) \(instruction)")
        }
        if maintenance.instruction.isByAddress { add(maintenance.start) }
        if maintenance.bytes > 0 { add(" ", maintenance.bytes) }
        if maintenance.level > 0 { add(" ", UInt64(maintenance.level)) }
    }

    private mutating func print(_ operation: DeviceOperation) {
        switch operation.kind {
        case .read: add("rd")
        case .write: add(operation.source == nil ? "wr" : "copy")
        case .descriptorFetch: add("fetch")
        case .interrupt: return add("irq")
        }
        add(operation.start)
        if let source = operation.source { add(source) }
        add(" ", operation.bytes)
        if operation.rows > 1 {
            add(" rows ", UInt64(operation.rows))
            add(" pitch ", operation.pitch)
        }
        if operation.cycles > 1 { add(" cycles ", UInt64(operation.cycles)) }
        add(" burst ", optional: operation.burst.map(UInt64.init))
        add(value: operation.value)
        guard operation.kind == .descriptorFetch(chain: true) else { return }
        add(" chain")
        guard operation.layout != .none else { return }
        add(" \(name(operation.layout))")
        add(" limit ", optional: operation.limit.map(UInt64.init))
    }

    /// Prints an event that nobody asked for.
    mutating func print(_ event: EnvironmentEvent) {
        add("env \(event.kind.rawValue)")
        let isLineEvent = event.kind == .evict || event.kind == .fill
        if !isLineEvent { add(event.target) }
        if isLineEvent || event.bytes > 0 && event.kind != .pause { add(event.start) }
        if event.bytes > 0 { add(" ", event.bytes) }
        if isLineEvent { add(event.target) }
    }

    private mutating func add(_ target: EnvironmentEvent.Target) {
        switch target {
        case .everywhere: return
        case .core(let core): add(" core\(core)")
        case .level2: add(" l2")
        }
    }
}
