import Events
import Hazards
import MemoryModel
import Operations
import Quantities
import Traces

extension TraceSession {
    /// Everything that is drawn at the current position.
    ///
    /// - Complexity: O(lines that were touched).
    public var view: SessionView {
        let lines = state.lines.keys.sorted().map { line($0, in: state) }
        var shown: Set<UInt32> = []
        for line in lines {
            for copy in line.copies { shown.formUnion(copy.bytes.map(\.version)) }
        }
        for entry in state.buffers { shown.formUnion(entry.parts.map(\.version)) }
        return SessionView(
            machine: setup.machine.name, kernel: "\(setup.kernel)", position: position,
            count: count, last: position > 0 ? moment(position - 1) : nil,
            next: position < count ? moment(position) : nil,
            nanoseconds: state.tick.nanoseconds,
            cores: cores(in: state), buffers: state.buffers.map(entry),
            lineSize: Int(state.grain), lines: lines, untracked: state.untracked,
            memoryTraffic: state.memoryTraffic, devices: devices(in: state),
            mappings: state.mappings.map(mapping), findings: shownFindings.map(found),
            versions: shown.sorted().map(version))
    }

    // MARK: Names

    /// What people call an agent: `core0`, or the device's name.
    public func name(of agent: Agent) -> String {
        guard !agent.isCore else { return "core\(agent.index)" }
        let devices = setup.program.devices
        guard devices.indices.contains(agent.index) else { return "device\(agent.index)" }
        return setup.program.symbols[devices[agent.index].name]?.name ?? "device\(agent.index)"
    }

    /// What people call an address: `rx+0x40`, or the number.
    public func name(of address: UInt64) -> String {
        guard let entry = names.innermost(holding: address) else {
            return Self.hexadecimal(address)
        }
        let offset = address - entry.address
        return offset == 0 ? entry.name : "\(entry.name)+\(Self.hexadecimal(offset))"
    }

    /// The name of the first named byte of a line.
    func name(ofLine address: UInt64) -> String {
        if names.innermost(holding: address) != nil { return name(of: address) }
        let entry = names.first { $0.address > address && $0.address - address < state.grain }
        guard let entry else { return Self.hexadecimal(address) }
        return "\(Self.hexadecimal(address)) with \(entry.name)"
    }

    static func hexadecimal(_ number: UInt64) -> String { "0x" + String(number, radix: 16) }

    /// The line of the trace that a statement stands on; 0: there is no such statement.
    public func line(of record: Int) -> Int { setup.line(record) }

    // MARK: Parts

    /// A step in words.
    public func moment(_ step: Int) -> SessionView.Moment {
        let step = steps[step]
        let record = Int(step.record)
        guard record > 0 else {
            return SessionView.Moment(
                record: 0, line: 0, agent: "", text: "the end: what is under way ends",
                operation: nil, source: nil)
        }
        let statement = setup.program.statements[record - 1]
        let line = Int(statement.line)
        var text = NativeWriter.words(statement.body, of: setup.program)
        if source.indices.contains(line - 1) {
            // Who does it is said apart.
            let whole = Self.trimmed(source[line - 1])
            let head = "\(name(of: step.agent)):"
            text = whole.hasPrefix(head) ? Self.trimmed(String(whole.dropFirst(head.count))) : whole
        }
        return SessionView.Moment(
            record: record, line: line, agent: name(of: step.agent), text: text,
            operation: step.operation.flatMap { words($0, by: step.agent) },
            source: setup.program.codePlace(of: record))
    }

    /// A lowered operation in the words of the trace format.
    private func words(_ operation: Operation, by agent: Agent) -> String? {
        switch operation {
        case .setMemoryType(let start, let size, let type, _):
            return "\(Self.hexadecimal(start)) + \(size) becomes \(type.name) memory"
        case .map(let mapping):
            return
                "\(Self.hexadecimal(mapping.physical)) is mapped at \(Self.hexadecimal(mapping.start))"
        default:
            return NativeWriter.words(.operation(agent, operation), of: setup.program)
        }
    }

    private static func trimmed(_ text: String) -> String {
        let code = text.prefix { $0 != "#" }
        var rest = code.drop { $0 == " " || $0 == "\t" }
        while let last = rest.last, last == " " || last == "\t" { rest.removeLast() }
        return String(rest)
    }

    func cores(in state: MachineState) -> [SessionView.Core] {
        let period = setup.machine.core.clock.period.rawValue
        return state.times.enumerated().map { index, times in
            SessionView.Core(
                name: "core\(index)", cycles: times.reduce(0, +) / period,
                causes: Cause.allCases.compactMap { cause in
                    let ticks = times[Int(cause.rawValue)]
                    return ticks == 0
                        ? nil : SessionView.Share(cause: cause.name, cycles: ticks / period)
                })
        }
    }

    func entry(_ entry: BufferedEntry) -> SessionView.Entry {
        SessionView.Entry(
            place: entry.place.name,
            stores: entry.parts.map { part in
                SessionView.Store(
                    address: part.address, name: name(of: part.address), size: part.size,
                    version: part.version)
            })
    }

    /// A line with all its copies.
    func line(_ number: UInt64, in state: MachineState) -> SessionView.Line {
        let line = state.lines[number] ?? LineState()
        let address = number * state.grain
        let copies = line.copies.sorted {
            ($0.place.depth, $0.place.rawValue) < ($1.place.depth, $1.place.rawValue)
        }.map { copy in
            let age = state.freshness(of: number, in: copy.place)
            return SessionView.Copy(
                place: copy.place.name, set: set(of: address, in: copy.place),
                isDirty: copy.dirty != 0, dirty: copy.dirty, freshness: age.worst, old: age.old,
                bytes: bytes(copy.bytes, state.grain),
                origin: "\(Self.words(copy.reason)), from \(copy.source.name)")
        }
        let age = state.freshness(of: number, in: .memory)
        let memory = SessionView.Copy(
            place: Place.memory.name, set: nil, isDirty: false, dirty: 0, freshness: age.worst,
            old: age.old, bytes: bytes(line.memory, state.grain), origin: nil)
        return SessionView.Line(
            address: address, name: name(ofLine: address), copies: copies + [memory])
    }

    private func bytes(_ bytes: ByteRuns, _ grain: UInt64) -> [SessionView.Bytes] {
        let runs = bytes.runs(in: 0..<Int(grain))
        return runs.enumerated().compactMap { index, run in
            let end = index + 1 < runs.count ? Int(runs[index + 1].start) : Int(grain)
            guard run.version != ByteRuns.none else { return nil }
            return SessionView.Bytes(
                start: Int(run.start), count: end - Int(run.start), version: run.version)
        }
    }

    private func set(of address: UInt64, in place: Place) -> UInt64? {
        let machine = setup.machine
        let cache =
            place.isLevel1Data
            ? machine.level1Data
            : place.isLevel1Instruction
                ? machine.level1Instruction
                : place.isLevel2 ? machine.level2?.cache : machine.level3?.cache
        guard let cache else { return nil }
        let sets = cache.size / UInt64(cache.ways * cache.lineSize)
        return address / UInt64(cache.lineSize) % max(sets, 1)
    }

    static func words(_ reason: MoveReason) -> String {
        switch reason {
        case .demand: "asked for"
        case .replacement: "to make room"
        case .maintenance: "by maintenance"
        case .snoop: "by another agent's access"
        case .prefetch: "prefetched"
        case .environment: "speculation"
        case .exchange: "moved between levels"
        case .inclusion: "with the level below"
        }
    }

    func devices(in state: MachineState) -> [SessionView.Device] {
        setup.program.devices.enumerated().map { index, device in
            let activity = state.devices[index]
            return SessionView.Device(
                name: name(of: device.agent), port: setup.port(of: device)?.name ?? "none",
                snoops: setup.snoops(device), work: activity.work.map(work),
                finished: activity.finished, read: activity.read, written: activity.written)
        }
    }

    private func work(_ work: DeviceWork) -> SessionView.Work {
        let total = work.operation.map { operation in
            (operation.source == nil ? 1 : 2) * operation.bytes * UInt64(max(operation.rows, 1))
                * UInt64(max(operation.cycles, 1))
        }
        return SessionView.Work(
            line: line(of: Int(work.record)),
            text: work.operation.map {
                NativeWriter.words(
                    .operation(setup.program.devices[0].agent, .device($0)), of: setup.program)
            } ?? "by a descriptor",
            isRunning: work.isRunning, moved: work.moved, total: total)
    }

    func mapping(_ mapping: MappingState) -> SessionView.Mapping {
        let body = setup.program.statements[Int(mapping.record) - 1].body
        var device: String?
        var direction: String?
        if case .operation(_, .dma(let call)) = body {
            device = call.device.map(name)
            direction = call.direction?.name
        }
        return SessionView.Mapping(
            name: setup.program.symbols[mapping.handle]?.name ?? "handle", device: device,
            direction: direction,
            ranges: mapping.ranges.map {
                SessionView.Span(start: $0.lowerBound, size: $0.upperBound - $0.lowerBound)
            },
            owner: mapping.owner, line: line(of: Int(mapping.changed)))
    }

    /// A finding in words.
    public func found(_ placed: PlacedFinding) -> SessionView.Found {
        let finding = placed.finding
        return SessionView.Found(
            code: finding.code.rawValue, verdict: finding.verdict.rawValue,
            line: line(of: finding.record), position: placed.position,
            agent: name(of: finding.agent), address: finding.address, bytes: finding.bytes,
            detail: setup.inLines(finding.detail), cause: setup.inLines(finding.cause),
            mend: setup.inLines(finding.mend))
    }

    /// A write in words.
    func version(_ number: UInt32) -> SessionView.Version {
        guard number > 0 else {
            return SessionView.Version(
                number: 0, writer: "", line: 0, nanoseconds: 0, value: nil, address: 0, size: 0)
        }
        let version = versions[Int(number) - 1]
        return SessionView.Version(
            number: number, writer: name(of: version.agent),
            line: line(of: Int(version.record)), nanoseconds: version.tick.nanoseconds,
            value: version.value, address: version.address, size: version.size)
    }
}
