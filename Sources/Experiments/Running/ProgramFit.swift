import MemoryModel
import Operations
import Quantities
import Traces

/// What of a program does not fit a machine: cores and ports that are not there, loops without an end in sight.
struct ProgramFit {
    let setup: Setup

    /// What does not fit, and how many accesses and operations a run performs, loops and runs unrolled.
    var judgement: (errors: TraceErrors, size: UInt64) {
        var errors = TraceErrors()
        let deviceCount = setup.outline.devices.count
        // What is made of a log has a core for each of its CPUs.
        let hint =
            hasCallsAlone
            ? "; of a log: convert it with --cpus rest=0, which puts all calls on core 0" : ""
        for place in setup.program.statements.indices {
            // Of an access there is nothing to ask but its core.
            if setup.program.statements[place].access != nil,
                let agent = setup.program.statements[place].agent, agent.isCore,
                agent.index < setup.machine.core.count
            {
                continue
            }
            let statement = setup.program.statements[place]
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
                                + hint))
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
        let (error, size) = Self.measure(
            setup.program, file: setup.file, limit: Self.limit, period: period)
        if let error { errors.append(error) }
        return (errors, size)
    }

    /// Whether the program is calls of the DMA API and nothing else, as a converted log is.
    private var hasCallsAlone: Bool {
        setup.program.statements.allSatisfy { statement in
            guard case .operation(_, let operation) = statement.body else { return true }
            if case .dma = operation { return true }
            return false
        }
    }

    /// Devices beyond the channels of the controller behind their port.
    private var crowdedPorts: [TraceError] {
        var used: [String: Int] = [:]
        return setup.outline.statements.compactMap { statement in
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
    static let judgedLimit: UInt64 = 1 << 26
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
        measure(program, file: file, limit: limit, period: period).error
    }

    /// See ``sizeError(of:file:limit:period:)``; with the size, up to where it is too much.
    private static func measure(
        _ program: Program, file: String, limit: UInt64, period: UInt64
    ) -> (error: TraceError?, size: UInt64) {
        var multiples: [UInt64] = [1]
        var total: UInt64 = 0
        var work: UInt64 = 0
        let spans = program.symbols.entries.count { $0.kind == .span }
        if spans > spanLimit {
            let error = TraceError(
                file: file, line: 0, found: "\(spans) names of spans",
                expected: "at most \(spanLimit)")
            return (error, 0)
        }
        for place in program.statements.indices {
            let multiple = multiples.last ?? 1
            if let access = program.statements[place].access {
                total = sum(total, product(Self.cost(access), multiple))
                guard total > limit else { continue }
                return (tooLong(program.statements[place].line, file, limit), total)
            }
            let statement = program.statements[place]
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
            if total > limit { return (tooLong(statement.line, file, limit), total) }
            if work > workLimit {
                let error = TraceError(
                    file: file, line: Int(statement.line),
                    found:
                        "more than \(workLimit / 1_000_000_000_000) simulated seconds of work up to here",
                    expected: "less work")
                return (error, total)
            }
        }
        return (nil, total)
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

    private static func tooLong(_ line: UInt32, _ file: String, _ limit: UInt64) -> TraceError {
        TraceError(
            file: file, line: Int(line),
            found: "more than \(limit) accesses and operations up to here, loops and runs unrolled",
            expected: "a shorter run: fewer passes, or smaller ranges")
    }

    private static func cost(_ access: MemoryAccess) -> UInt64 { UInt64(access.size) / 16 + 1 }

    /// How many accesses or bursts an operation stands for.
    private static func cost(_ operation: Operation) -> UInt64 {
        switch operation {
        case .access(let access, _, _): cost(access)
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
        // Of memory that is set apart nothing is touched.
        case .dma(let call) where call.function == .declareCoherentMemory: 1
        case .dma(let call): call.segments.reduce(1) { $0 &+ $1.size / 8 }
        case .vendor(let call): call.function.operands == .none ? 1 << 15 : call.bytes / 4 + 1
        default: 1
        }
    }
}
