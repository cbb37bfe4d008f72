import DMAMapping
import Events
import Hazards
import MemoryModel
import Operations
import Quantities
import Statistics
import Traces

/// What a named span took, all its passes together.
public struct SpanResult: Sendable, Hashable {
    /// Its name.
    public var name: String
    /// How often it was passed.
    public var count: Int = 0
    /// Simulated time of core 0 between its begin and its end.
    public var time = Ticks.zero
    /// What happened in it.
    public var counters = Counters()
}

/// Walks a program: loops, spans, lowering, the machine.
public struct ProgramRunner<P: CountingProbe & ~Copyable>: ~Copyable {
    /// The machine at work.
    public var machine: Machine<P>
    /// What engines have moved that read descriptors by themselves: of each statement that starts one, for each pass.
    var moves: [Int: [[DeviceOperation]]] = [:]
    /// The lowered operations so far, if they are kept.
    public internal(set) var steps: [LoweredStep] = []
    /// The spans in order of their first pass.
    public private(set) var spans: [SpanResult] = []
    /// Shares time and misses out among functions; nil: nobody asked.
    public var profile: FunctionProfile?
    /// How many statements were performed, loops unrolled.
    public private(set) var performed: UInt64 = 0

    let setup: Setup
    var lowering: Lowering
    /// The bytes that the may-analysis is about; nil: no steps are kept.
    private let watch: WatchList?
    /// Who takes the steps as they are performed; nil: they are kept.
    var stream: LatentStream?
    /// The registers of the devices.
    private let registers: [ClosedRange<UInt64>]
    /// Memory on the chip that only one port's devices reach.
    let ownedMemory: [OnChipConfiguration]
    /// The ports that devices write through, by their numbers; nil: none.
    let devicePorts: [String?]
    private var lowered: [Operation] = []
    /// Where cores stop in their statements.
    private var pauses = Pauses()
    /// Whether anything but events has been done.
    private var hasBegun = false
    /// The maps that the kernel refused, and the transfers beyond a device's reach; each statement once.
    public internal(set) var failures: [FailedMap] = []

    /// The most lowered operations that are kept for the may-analysis, or wait in it for what a device does.
    public static var stepLimit: Int { 1 << 20 }

    /// Builds the machine, with the program's mappings and devices.
    ///
    /// - Parameters:
    ///   - setup: Program, machine, kernel.
    ///   - probe: Who listens.
    ///   - watch: The bytes that the may-analysis is about: operations that concern them are kept; nil: none are.
    ///   - stream: Who takes these operations instead, as they are performed; for programs without layouts of
    ///     descriptors, of whose engines only the whole run tells what they do.
    /// - Throws: if the DMA API cannot be lowered for the machine.
    public init(
        _ setup: Setup, probe: consuming P, keepingStepsFor watch: WatchList?,
        in stream: LatentStream? = nil
    ) throws(TraceErrors) {
        self.setup = setup
        self.watch = watch
        self.stream = stream
        let devices = setup.outline.devices
        registers = devices.map(\.effectiveRegisters)
        ownedMemory = setup.machine.memory.onChip.filter { $0.port != nil }
        devicePorts = devices.map { setup.port(of: $0)?.name }
        lowering = try setup.lowering()
        machine = Machine(setup.machine, probe: probe, seed: setup.seed)
        for mapping in setup.declaredMappings { machine.declare(mapping) }
        for device in devices {
            guard let port = setup.port(of: device) else { continue }
            machine.attach(
                device.agent, to: port, attributes: setup.attributes(of: device),
                reading: setup.readPort(of: device))
        }
        for (name, layout) in setup.outline.layouts { machine.declare(layout, as: name) }
    }

    /// Runs the whole program to its end.
    public mutating func run() throws(TraceErrors) {
        let program = setup.program
        var loops: [(start: Int, left: UInt64)] = []
        var open: [OpenBlock] = []
        var index = 0
        while index < program.statements.count {
            // Most statements are single accesses, of which there is nothing to lower.
            if profile == nil, pauses.isIdle, let access = program.statements[index].access,
                let agent = program.statements[index].agent
            {
                let operation = Operation.access(
                    access, symbol: program.statements[index].symbol,
                    value: program.statements[index].value)
                try perform(
                    access, operation, agent, record: UInt32(index + 1),
                    line: program.statements[index].line)
                index += 1
                continue
            }
            let statement = program.statements[index]
            switch statement.body {
            case .operation(let agent, let operation):
                enter(operation, agent, statement, of: program)
                try perform(operation, agent, statement, record: UInt32(index + 1))
                settle()
            case .repeatBegin(let count):
                if count == 0 {
                    index = Self.end(of: index, in: program)
                } else {
                    loops.append((index, count))
                    open.append(.loop)
                }
            case .spanBegin(let name):
                open.append(.span(begin(program.symbols[name]?.name ?? "span")))
            case .end:
                switch open.removeLast() {
                case .loop:
                    loops[loops.count - 1].left -= 1
                    if loops[loops.count - 1].left > 0 {
                        index = loops[loops.count - 1].start
                        open.append(.loop)
                    } else {
                        loops.removeLast()
                    }
                case .span(let mark): end(mark)
                }
            case .declaration, .mark: break
            }
            index += 1
        }
        try pauses.checkEnd(file: setup.file)
        machine.probe.begin(statement: 0, by: .core(0))
        machine.finish()
        try checkChains()
        expandChains()
    }

    private enum OpenBlock {
        case loop
        case span(SpanMark)
    }

    private struct SpanMark {
        var place: Int
        var time: Ticks
        var counters: Counters
    }

    private static func end(of start: Int, in program: Program) -> Int {
        var depth = 0
        for index in start..<program.statements.count {
            switch program.statements[index].body {
            case .repeatBegin, .spanBegin: depth += 1
            case .end:
                depth -= 1
                if depth == 0 { return index }
            default: break
            }
        }
        preconditionFailure("the parser closes every block")
    }

    private mutating func begin(_ name: String) -> SpanMark {
        let place: Int
        if let known = spans.firstIndex(where: { $0.name == name }) {
            place = known
        } else {
            place = spans.count
            spans.append(SpanResult(name: name))
        }
        return SpanMark(
            place: place, time: machine.time(ofCore: 0), counters: machine.probe.counters)
    }

    private mutating func end(_ mark: SpanMark) {
        spans[mark.place].count += 1
        spans[mark.place].time += machine.time(ofCore: 0) - mark.time
        spans[mark.place].counters =
            spans[mark.place].counters + (machine.probe.counters - mark.counters)
    }

    mutating func perform(
        _ operation: Operation, _ agent: Agent, _ statement: Statement, record: UInt32
    ) throws(TraceErrors) {
        performed += 1
        machine.probe.begin(statement: record, by: agent)
        if case .environment(let event) = operation, [.pause, .resume].contains(event.kind) {
            for rest in try pauses.take(event, statement, file: setup.file) {
                try perform(rest.lowered, rest.agent, rest.statement, record: rest.record)
            }
            return
        }
        lowered.removeAll(keepingCapacity: true)
        do {
            let located = located(operation, agent)
            noteReach(of: located, agent, record: record)
            try lowering.lower(located, agent: agent, into: &lowered)
        } catch {
            throw TraceErrors([unlowered(error, statement)])
        }
        noteBounces(of: operation, agent, record: record)
        let now = pauses.split(&lowered, agent, statement, record: record)
        try perform(now, agent, statement, record: record)
        try checkChains()
    }

    private mutating func perform(
        _ access: MemoryAccess, _ operation: Operation, _ agent: Agent, record: UInt32, line: UInt32
    ) throws(TraceErrors) {
        performed += 1
        hasBegun = true
        machine.probe.begin(statement: record, by: agent)
        if let watch, concerns(access, watch) {
            try keep(operation, agent, record, line: line)
        }
        machine.probe.begin(operation, by: agent, record: record)
        machine.perform(operation, by: agent, record: record)
        try checkChains()
    }

    /// A device's operation, where the device finds the bytes: in their bounce slots, if they have any.
    private func located(_ operation: Operation, _ agent: Agent) -> Operation {
        guard case .device(var device) = operation, !lowering.bounces.isEmpty else {
            return operation
        }
        func locate(_ place: Operand) -> Operand {
            let address = place.address.rawValue
            let found = lowering.deviceAddress(of: address, for: agent)
            return found == address ? place : Operand(found)
        }
        device.start = locate(device.start)
        device.source = device.source.map(locate)
        return .device(device)
    }

    private mutating func perform(
        _ lowered: [Operation], _ agent: Agent, _ statement: Statement, record: UInt32
    ) throws(TraceErrors) {
        for operation in lowered {
            var operation = operation
            if case .barrier(let barrier) = operation {
                operation = .barrier(barrier.executed(on: setup.machine.architecture))
            }
            try check(operation, statement)
            if concerns(operation) { try keep(operation, agent, record, line: statement.line) }
            machine.probe.begin(operation, by: agent, record: record)
            machine.perform(operation, by: agent, record: record)
        }
    }

    /// Whether the may-analysis needs an operation: accesses of other memory change nothing that it knows.
    private func concerns(_ operation: Operation) -> Bool {
        guard let watch else { return false }
        func touches(_ start: UInt64, _ size: UInt64) -> Bool { self.touches(start, size, watch) }
        switch operation {
        case .work: return false
        case .access(let access, _, _): return concerns(access, watch)
        case .run(let run):
            return touches(run.start.address.rawValue, run.count &* run.step &+ UInt64(run.size))
        case .copy(let copy):
            return touches(copy.source.address.rawValue, copy.bytes)
                || touches(copy.destination.address.rawValue, copy.bytes)
        default: return true
        }
    }

    private func concerns(_ access: MemoryAccess, _ watch: WatchList) -> Bool {
        // What a register says orders nothing, unless a barrier does.
        touches(access.address, UInt64(access.size), watch)
            || isRegisterRead(access.address, access.kind)
    }

    private func touches(_ start: UInt64, _ size: UInt64, _ watch: WatchList) -> Bool {
        let mapping = machine.mapping(of: start)
        return watch.touches(start &- mapping.start &+ mapping.physical, size)
    }

    private func isRegisterRead(_ address: UInt64, _ kind: AccessKind) -> Bool {
        kind == .load && registers.contains { $0.contains(address) }
    }

    private mutating func keep(
        _ operation: Operation, _ agent: Agent, _ record: UInt32, line: UInt32
    ) throws(TraceErrors) {
        let step = LoweredStep(operation, by: agent, record: record)
        let isTooMuch: Bool
        if stream == nil {
            steps.append(step)
            isTooMuch = steps.count > Self.stepLimit
        } else {
            stream?.feed(step)
            isTooMuch = stream?.waiting ?? 0 > Self.stepLimit
        }
        guard isTooMuch else { return }
        throw TraceErrors([
            TraceError(
                file: setup.file, line: Int(line),
                found: stream == nil
                    ? "more than \(Self.stepLimit) operations with loops unrolled"
                    : "more than \(Self.stepLimit) operations between a doorbell and the device's last operation",
                expected: "a shorter trace: fewer passes of its loops show the same hazards")
        ])
    }

    /// What only the run can know: whether the machine can do what an event says, and whether caches may hold the memory.
    private mutating func check(
        _ operation: Operation, _ statement: Statement
    ) throws(TraceErrors) {
        guard case .environment(let event) = operation else {
            hasBegun = true
            return
        }
        if let expected = event.kind.missing(on: setup.machine, isAtStart: !hasBegun) {
            throw TraceErrors([
                TraceError(
                    file: setup.file, line: Int(statement.line),
                    found: "env \(event.kind.rawValue) on \(setup.machine.name)", expected: expected
                )
            ])
        }
        guard event.kind == .fill else { return }
        let mapping = machine.mapping(of: event.start.address.rawValue)
        guard !mapping.type.isCacheable else { return }
        throw TraceErrors([
            TraceError(
                file: setup.file, line: Int(statement.line),
                found: "env fill of memory of type \(mapping.type.name)",
                expected:
                    "cacheable memory (wb or wt): nothing else may be loaded speculatively into a cache"
            )
        ])
    }

    /// What the run counted and timed.
    func result(on configuration: MachineConfiguration) -> ReplayResult {
        ReplayResult(
            machine: configuration, records: performed, counters: machine.probe.counters,
            dirtyAtEnd: machine.dirtyLines, elapsed: machine.elapsed, spans: spans,
            functions: profile?.result)
    }
}
