import Events
import Experiments
import MemoryModel
import Operations
import Quantities
import Stepping

/// A session as one JSON value, schema `staleline.steps/1`: what each step changes, from which a page draws any position.
///
/// Addresses and masks are hexadecimal texts, since a page's numbers have 53 bits. Words that recur stand once, in lists.
public struct StepsFilm {
    private let session: TraceSession
    private var places = WordList()
    private var origins = WordList()
    private var texts = WordList()
    private var lineNames: [(String, JSONValue)] = []
    private var named: Set<UInt64> = []

    /// Takes a session; its position does not matter.
    public init(_ session: TraceSession) { self.session = session }

    /// The value.
    ///
    /// - Complexity: O(*n*) in the number of events.
    public var json: JSONValue {
        var film = self
        return film.made()
    }

    private mutating func made() -> JSONValue {
        var changes: [JSONValue] = []
        // The closure of a loop over a session cannot change what makes it.
        var found: [StepChange] = []
        session.forEachChange { _, change in found.append(change) }
        for change in found { changes.append(json(change)) }
        var steps: [JSONValue] = []
        for number in session.steps.indices { steps.append(step(number)) }
        let setup = session.setup
        return .object([
            ("schema", .string("staleline.steps/1")), ("trace", .string(Self.name(of: session))),
            ("machine", .string(setup.machine.name)), ("kernel", .string("\(setup.kernel)")),
            ("lineSize", .count(session.state.grain)),
            ("source", .array(session.source.map(JSONValue.string))),
            ("cores", .array((0..<setup.machine.core.count).map { .string("core\($0)") })),
            ("causes", .array(Cause.allCases.map { .string($0.name) })),
            ("caches", .array(caches)), ("ports", .array(ports)), ("devices", .array(devices)),
            ("places", places.json), ("origins", origins.json), ("texts", texts.json),
            ("lineNames", .object(lineNames)), ("steps", .array(steps)),
            ("changes", .array(changes)), ("versions", versions),
            ("findings", .array(session.findings.map { json(session.found($0)) })),
        ])
    }

    /// What a reader knows the trace by: its file's name, without the folders of whoever made the page.
    static func name(of session: TraceSession) -> String {
        session.setup.file.split(separator: "/").last.map(String.init) ?? "trace"
    }

    // MARK: What stays

    private var caches: [JSONValue] {
        let machine = session.setup.machine
        func cache(_ name: String, _ cache: CacheConfiguration?) -> JSONValue? {
            guard let cache else { return nil }
            return .object([
                ("name", .string(name)), ("size", .count(cache.size)),
                ("ways", .count(cache.ways)), ("line", .count(cache.lineSize)),
            ])
        }
        return [
            cache("L1D", machine.level1Data), cache("L1I", machine.level1Instruction),
            cache(machine.hasOuterCache ? "outer L2" : "L2", machine.level2?.cache),
            cache("L3", machine.level3?.cache),
        ].compactMap { $0 }
    }

    private var ports: [JSONValue] {
        session.setup.machine.ports.map { port in
            .object([
                ("name", .string(port.name)), ("snoops", .bool(port.snoops)),
                ("width", .count(port.widthBytes)),
            ])
        }
    }

    private var devices: [JSONValue] {
        let setup = session.setup
        return setup.program.devices.map { device in
            .object([
                ("name", .string(session.name(of: device.agent))),
                ("port", .string(setup.port(of: device)?.name ?? "none")),
                ("snoops", .bool(setup.snoops(device))),
            ])
        }
    }

    /// A step: statement, line, agent (a core's number, or a device's below zero), whether it starts the statement,
    /// what the trace says, what the machine performs.
    private mutating func step(_ number: Int) -> JSONValue {
        let step = session.steps[number]
        let moment = session.moment(number)
        let agent =
            step.agent.isCore ? Int64(step.agent.index) : -1 - Int64(step.agent.index)
        var parts: [JSONValue] = [
            .count(moment.record), .count(moment.line), .signed(agent),
            .count(step.startsStatement ? 1 : 0), .count(texts.place(of: moment.text)),
        ]
        if let operation = moment.operation, operation != moment.text {
            parts.append(.count(texts.place(of: operation)))
        }
        if let source = moment.source {
            if parts.count == 5 { parts.append(.signed(-1)) }
            parts.append(.count(texts.place(of: source)))
        }
        return .array(parts)
    }

    /// Columns: who wrote, on which line, when, where, how many bytes, and the values that the trace gives.
    private var versions: JSONValue {
        let all = session.versions
        let values = all.enumerated().compactMap { index, version in
            version.value.map { ("\(index + 1)", Self.hexadecimal($0)) }
        }
        return .object([
            (
                "writer",
                .array(
                    all.map {
                        .signed(
                            $0.agent.isCore ? Int64($0.agent.index) : -1 - Int64($0.agent.index))
                    })
            ),
            ("line", .array(all.map { .count(session.line(of: Int($0.record))) })),
            ("ns", .array(all.map { Self.nanoseconds($0.tick.nanoseconds) })),
            ("address", .array(all.map { Self.hexadecimal($0.address) })),
            ("size", .array(all.map { .count($0.size) })), ("values", .object(values)),
        ])
    }

    private func json(_ found: SessionView.Found) -> JSONValue {
        .object([
            ("code", .string(found.code)), ("verdict", .string(found.verdict)),
            ("line", .count(found.line)), ("position", .count(found.position)),
            ("agent", .string(found.agent)), ("address", Self.hexadecimal(found.address)),
            ("bytes", .count(found.bytes)), ("detail", .string(found.detail)),
            ("cause", .string(found.cause)), ("mend", .string(found.mend)),
        ])
    }

    // MARK: What changes

    private mutating func json(_ change: StepChange) -> JSONValue {
        var parts: [(String, JSONValue)] = [("t", Self.nanoseconds(change.nanoseconds))]
        if !change.cores.isEmpty {
            let cores = change.cores.keys.sorted().map { number in
                JSONValue.array([.count(number)] + times(change.cores[number]))
            }
            parts.append(("c", .array(cores)))
        }
        if let buffers = change.buffers {
            parts.append(("b", .array(buffers.map { json($0) })))
        }
        if !change.lines.isEmpty { parts.append(("l", .array(change.lines.map { json($0) }))) }
        if !change.devices.isEmpty {
            let devices = change.devices.keys.sorted().compactMap { number in
                change.devices[number].map { json($0, number) }
            }
            parts.append(("d", .array(devices)))
        }
        if let mappings = change.mappings { parts.append(("m", .array(mappings.map(json)))) }
        parts.append(("x", .count(change.memoryTraffic)))
        if change.untracked > 0 { parts.append(("u", .count(change.untracked))) }
        return .object(parts)
    }

    /// Cycles in all, then by the causes that took any: place in the list and cycles.
    private func times(_ core: SessionView.Core?) -> [JSONValue] {
        guard let core else { return [] }
        let names = Cause.allCases.map(\.name)
        let shares = core.causes.flatMap { share -> [JSONValue] in
            guard let place = names.firstIndex(of: share.cause) else { return [] }
            return [.count(place), .count(share.cycles)]
        }
        return [.count(core.cycles)] + shares
    }

    private mutating func json(_ entry: SessionView.Entry) -> JSONValue {
        .array(
            [.count(places.place(of: entry.place))]
                + entry.stores.map { store in
                    .array([
                        Self.hexadecimal(store.address), .string(store.name), .count(store.size),
                        .count(store.version),
                    ])
                })
    }

    /// A line: its address and its copies.
    private mutating func json(_ line: SessionView.Line) -> JSONValue {
        let address = String(line.address, radix: 16)
        if named.insert(line.address).inserted {
            lineNames.append((address, .string(line.name)))
        }
        return .array([.string(address)] + line.copies.map { json($0, of: line) })
    }

    /// A copy: place, dirty bytes, age, old bytes, origin, then each run's start and version (-1: no bytes).
    private mutating func json(_ copy: SessionView.Copy, of line: SessionView.Line) -> JSONValue {
        var parts: [JSONValue] = [
            .count(places.place(of: copy.place)),
            copy.dirty == 0 ? .count(0) : Self.hexadecimal(copy.dirty),
            .count(Freshness.allCases.firstIndex(of: copy.freshness) ?? 0),
            copy.old == 0 ? .count(0) : Self.hexadecimal(copy.old),
            copy.origin.map { .count(origins.place(of: $0)) } ?? .signed(-1),
        ]
        var next = 0
        for run in copy.bytes {
            if run.start > next { parts += [.count(next), .signed(-1)] }
            parts += [.count(run.start), .count(run.version)]
            next = run.start + run.count
        }
        if next < Int(session.state.grain) { parts += [.count(next), .signed(-1)] }
        return .array(parts)
    }

    private mutating func json(_ device: SessionView.Device, _ number: Int) -> JSONValue {
        let work = device.work.map { work -> JSONValue in
            .array([
                .count(work.line), .count(texts.place(of: work.text)),
                .count(work.isRunning ? 1 : 0), .count(work.moved),
                work.total.map { .count($0) } ?? .signed(-1),
            ])
        }
        return .array([
            .count(number), .array(work), .count(device.finished), .count(device.read),
            .count(device.written),
        ])
    }

    private func json(_ mapping: SessionView.Mapping) -> JSONValue {
        .array([
            .string(mapping.name), .optional(mapping.device), .optional(mapping.direction),
            .string(mapping.owner.rawValue), .count(mapping.line),
            .array(
                mapping.ranges.map {
                    .array([Self.hexadecimal($0.start), .count($0.size)])
                }),
        ])
    }

    private static func hexadecimal(_ number: UInt64) -> JSONValue {
        .string(String(number, radix: 16))
    }

    /// To a tenth, which is more than is drawn.
    private static func nanoseconds(_ time: Double) -> JSONValue {
        let tenths = UInt64((time * 10).rounded())
        return tenths % 10 == 0 ? .integer(tenths / 10) : .number(Double(tenths) / 10)
    }
}

/// Words that stand once and are meant by their places.
struct WordList {
    private var words: [String] = []
    private var known: [String: Int] = [:]

    /// The place of a word, which is added if it is new.
    mutating func place(of word: String) -> Int {
        if let place = known[word] { return place }
        known[word] = words.count
        words.append(word)
        return words.count - 1
    }

    /// The words in their order.
    var json: JSONValue { .array(words.map(JSONValue.string)) }
}
