import Operations
import Quantities
import Traces

/// Takes the calls out of a native trace, in the names of another program.
///
/// Devices and buffers that both declare alike are the same; other names that are taken get a number.
struct ProgramImporter {
    private let program: Program
    private let file: String
    private let target: Program
    private let theirs: [Declaration]
    private let clock: StampClock
    /// The names of both.
    private(set) var symbols: SymbolTable
    private var names: [SymbolID: SymbolID] = [:]
    private var agents: [Agent: Agent] = [:]
    private var deviceNames: [Agent: String] = [:]
    /// For which device a handle or pool is.
    private var owners: [SymbolID: Agent] = [:]
    private var deviceCount: Int

    init(
        _ program: Program, file: String, into target: Program, symbols: SymbolTable,
        clock: StampClock
    ) {
        self.program = program
        self.file = file
        self.target = target
        self.symbols = symbols
        self.clock = clock
        theirs = target.declarations
        deviceCount = target.devices.count
    }

    /// The calls and marks, in order.
    ///
    /// - Throws: at what is neither, and at what contradicts the other program.
    mutating func steps() throws(TraceErrors) -> [MergeStep] {
        var steps: [MergeStep] = []
        for statement in program.statements {
            let line = UInt64(statement.line)
            switch statement.body {
            case .declaration(let declaration):
                if let own = try declare(declaration, statement) {
                    steps.append(MergeStep(ConvertedEvent.Part(.declaration(own)), line: line))
                }
            case .mark:
                steps.append(MergeStep(ConvertedEvent.Part(statement.body), line: line))
            case .operation(let agent, .dma(let call)):
                steps.append(try step(agent, call, statement))
            case .operation, .repeatBegin, .spanBegin, .end:
                throw error(
                    statement, "a statement that is no call of the DMA API",
                    "calls, marks and declarations")
            }
        }
        return steps
    }

    private mutating func step(
        _ agent: Agent, _ call: DMACall, _ statement: Statement
    ) throws(TraceErrors) -> MergeStep {
        var own = call
        own.handle = take(call.handle)
        own.pool = take(call.pool)
        own.device = call.device.map { agents[$0] ?? $0 }
        own.segments = call.segments.map {
            DMACall.Segment(at: place($0.start), size: $0.size)
        }
        own.dmaAddress = call.dmaAddress.map { place($0) }
        own.cpuAddress = call.cpuAddress.map { place($0) }
        let index = Int(statement.annotation)
        let annotations =
            program.annotations.indices.contains(index) ? program.annotations[index] : nil
        var step = MergeStep(
            ConvertedEvent.Part(.operation(agent, .dma(own)), annotations),
            line: UInt64(statement.line))
        step.kind = call.function.event
        let device = call.device ?? owners[call.pool == .none ? call.handle : call.pool]
        if let device {
            if call.function.makesHandle { owners[call.handle] = device }
            let name = deviceNames[device] ?? ""
            step.device = (name, name)
        }
        if let stamp = annotations?.time {
            guard let time = clock.picoseconds(stamp) else {
                throw error(
                    statement, "@t=\(stamp.value)cyc",
                    "a machine whose clock is meant (--machine NAME)")
            }
            step.time = time
        }
        return step
    }

    // MARK: Names

    /// An address under the merged program's name.
    private mutating func place(_ operand: Operand) -> Operand {
        Operand(operand.address.rawValue, symbol: take(operand.symbol))
    }

    /// The merged program's symbol for one of the trace's; new ones are added.
    private mutating func take(_ symbol: SymbolID) -> SymbolID {
        guard let entry = program.symbols[symbol] else { return .none }
        if let known = names[symbol] { return known }
        return add(symbol, entry)
    }

    private mutating func add(_ symbol: SymbolID, _ entry: SymbolTable.Entry) -> SymbolID {
        var own = entry
        own.name = ValidName.free(entry.name) { symbols.find($0) != nil }
        guard let added = symbols.add(own) else { preconditionFailure("the name is free") }
        names[symbol] = added
        return added
    }

    /// A declaration in the merged program; nil if it has it already.
    private mutating func declare(
        _ declaration: Declaration, _ statement: Statement
    ) throws(TraceErrors) -> Declaration? {
        switch declaration {
        case .machine, .kernel, .set, .swiotlb: return try settle(declaration, statement)
        case .buffer(let symbol, let address, let size, let area):
            return try named(symbol, statement) { .buffer($0, address: address, size: size, area) }
        case .region(let symbol, let address, let size, let type, let share):
            return try named(symbol, statement) {
                .region($0, address: address, size: size, type, share)
            }
        case .alias(let symbol, let region, let address, let type, let share):
            let shown = take(region)
            return try named(symbol, statement) {
                .alias($0, of: shown, address: address, type, share)
            }
        case .device(let device): return declare(device)
        case .layout:
            throw error(statement, "a layout", "calls, marks and what they need")
        }
    }

    /// A declaration of memory under a new name; nil if the other program has the same in the same place.
    private mutating func named(
        _ symbol: SymbolID, _ statement: Statement, _ make: (SymbolID) -> Declaration
    ) throws(TraceErrors) -> Declaration? {
        guard let entry = program.symbols[symbol] else { return nil }
        guard let same = symbols.find(entry.name), symbols[same] == entry else {
            return make(add(symbol, entry))
        }
        guard theirs.contains(make(same)) else {
            throw error(
                statement, "another \(entry.kind) '\(entry.name)'",
                "the one that the other trace has in the same place")
        }
        names[symbol] = same
        return nil
    }

    private mutating func declare(_ device: DeviceDeclaration) -> Declaration? {
        let name = program.symbols[device.name]?.name ?? ""
        deviceNames[device.agent] = name
        let same = target.devices.first { target.symbols[$0.name]?.name == name }
        if let same {
            agents[device.agent] = same.agent
            names[device.name] = same.name
            return nil
        }
        var own = device
        own.agent = .device(deviceCount)
        agents[device.agent] = own.agent
        deviceCount += 1
        let registers = own.effectiveRegisters
        var entry = program.symbols[device.name] ?? SymbolTable.Entry(name: name, kind: .device)
        entry.address = registers.lowerBound
        entry.size = registers.upperBound - registers.lowerBound + 1
        own.name = add(device.name, entry)
        return .device(own)
    }

    /// What may be said once only: nil if the other program says the same.
    private func settle(
        _ declaration: Declaration, _ statement: Statement
    ) throws(TraceErrors) -> Declaration? {
        for other in theirs {
            switch (declaration, other) {
            case (.machine(let own), .machine(let given)) where own != given:
                throw error(
                    statement, "machine \(own)", "machine \(given), as the other trace has")
            case (.kernel(let own), .kernel(let given)) where own != given:
                throw error(statement, "kernel \(own)", "kernel \(given), as the other trace has")
            case (.swiotlb(let own), .swiotlb(let given)) where own != given:
                throw error(statement, "another swiotlb", "the one that the other trace has")
            case (.set(let key, let own), .set(let theirKey, let given))
            where key == theirKey && own != given:
                throw error(
                    statement, "set \(key)=\(own)", "set \(key)=\(given), as the other trace has")
            default: if declaration == other { return nil }
            }
        }
        return declaration
    }

    private func error(
        _ statement: Statement, _ found: String, _ expected: String
    ) -> TraceErrors {
        TraceErrors([
            TraceError(
                file: file, line: Int(statement.line), found: found, expected: expected)
        ])
    }
}
