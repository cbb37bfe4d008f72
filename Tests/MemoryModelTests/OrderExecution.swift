import Events
import Operations
import Quantities

@testable import MemoryModel

/// Follows the values of some words through a machine, by its events alone.
///
/// The machine moves lines and knows no values; who reads what is the outcome of a schedule. A copy of a word
/// is moved exactly where an event says that its line moved.
struct ValueFollower: Probe {
    /// The words' physical addresses.
    let words: [UInt64]
    /// The value that the operation at work writes.
    var writing: UInt64 = 0
    /// What the last load or device read found.
    private(set) var found: UInt64?
    /// What cannot be: a place that gives a line which it does not hold.
    private(set) var faults: [String] = []
    private var memory: [UInt64]
    private var copies: [Place: [UInt64?]] = [:]
    private var entries: [UInt32: [UInt64?]] = [:]
    /// The entries of each buffer, oldest first.
    private var order: [Place: [UInt32]] = [:]

    init(words: [UInt64]) {
        self.words = words
        memory = Array(repeating: 0, count: words.count)
    }

    private func indices(_ event: Event) -> [Int] {
        words.indices.filter { words[$0] &- event.address < UInt64(event.size) }
    }

    private func value(_ word: Int, in place: Place) -> UInt64? {
        place == .memory ? memory[word] : copies[place]?[word]
    }

    private mutating func set(_ word: Int, in place: Place, _ value: UInt64?) {
        if place == .memory {
            if let value { memory[word] = value }
        } else {
            copies[place, default: Array(repeating: nil, count: words.count)][word] = value
        }
    }

    /// The value of a word in its youngest entry of a buffer.
    private func buffered(_ word: Int, in buffer: Place) -> UInt64? {
        order[buffer]?.reversed().lazy.compactMap { entries[$0]?[word] }.first
    }

    /// The value that an agent finds: a core its own pending store first.
    private func seen(_ word: Int, _ event: Event) -> UInt64? {
        let own =
            event.agent.isCore ? buffered(word, in: .storeBuffer(event.agent.index)) : nil
        return own ?? value(word, in: event.place)
    }

    private mutating func close(_ entry: UInt32, in buffer: Place) -> [UInt64?]? {
        order[buffer]?.removeAll { $0 == entry }
        return entries.removeValue(forKey: entry)
    }

    private mutating func move(_ event: Event, from: Place, to: Place) {
        for word in indices(event) {
            guard let value = value(word, in: from) else {
                faults.append("\(from.name) gives 0x\(String(words[word], radix: 16)), not there")
                continue
            }
            set(word, in: to, value)
        }
    }

    mutating func record(_ event: Event) {
        switch event.kind {
        case .load, .deviceRead:
            for word in indices(event) {
                found = seen(word, event)
                if found == nil { faults.append("\(event.place.name) serves what it has not") }
            }
        case .store where event.place.isBuffer:
            if entries[event.detail] == nil { order[event.place, default: []].append(event.detail) }
            for word in indices(event) {
                entries[event.detail, default: Array(repeating: nil, count: words.count)][word] =
                    writing
            }
        case .store, .deviceWrite:
            for word in indices(event) { set(word, in: event.place, writing) }
        case .drain, .drainCopy:
            guard let bytes = entries[event.detail] else { return }
            for (word, value) in bytes.enumerated() {
                if let value { set(word, in: event.otherPlace, value) }
            }
            if event.kind == .drain { _ = close(event.detail, in: event.place) }
        case .slotEntered:
            guard let bytes = close(event.detail, in: event.place) else { return }
            let old = entries[event.size] ?? Array(repeating: nil, count: words.count)
            entries[event.size] = zip(bytes, old).map { $0 ?? $1 }
        case .linefill: move(event, from: event.otherPlace, to: event.place)
        case .writeback: move(event, from: event.place, to: event.otherPlace)
        case .invalidate:
            for word in indices(event) { set(word, in: event.place, nil) }
        default: break
        }
    }
}

/// Runs the schedules of a litmus case, each on a machine of its own.
struct LitmusRun {
    let litmus: Litmus
    let configuration: MachineConfiguration
    /// The outcomes that were reached.
    private(set) var outcomes: Set<String> = []
    /// What cannot be, whatever the architecture allows.
    private(set) var faults: Set<String> = []
    private(set) var exploration = Schedules.Exploration()

    init(
        _ litmus: Litmus, _ configuration: MachineConfiguration, mergesEqual: Bool = true,
        holds: Bool = false
    ) throws {
        self.litmus = litmus
        self.configuration = configuration
        let rules = OrderRules(
            litmus.architecture, map: Litmus.map,
            lineSize: UInt64(configuration.dataLineSize), doorbells: litmus.doorbells)
        var schedules = try Schedules(litmus.programs, rules: rules)
        schedules.mergesEqual = mergesEqual
        var outcomes: Set<String> = []
        var faults: Set<String> = []
        exploration = schedules.explore(
            from: (), perform: { _, _ in },
            finish: { _, steps in
                let (outcome, fault) = Self.outcome(
                    steps, schedules, litmus, configuration, holds: holds)
                outcomes.insert(outcome)
                faults.formUnion(fault)
                return true
            })
        self.outcomes = outcomes
        self.faults = faults
    }

    /// Lets the steps take effect on a new machine, each as it stands.
    ///
    /// With `holds` every store is put into its core's buffer, held there, and drained where it takes effect; a
    /// load that takes its value from there asks the machine, too.
    private static func outcome(
        _ steps: [Schedules.Step], _ schedules: Schedules, _ litmus: Litmus,
        _ configuration: MachineConfiguration, holds: Bool
    ) -> (String, [String]) {
        var machine = Machine(configuration, probe: ValueFollower(words: litmus.words))
        for mapping in Litmus.map.mappings { machine.declare(mapping) }
        for program in litmus.programs where !program.agent.isCore {
            machine.attach(program.agent, to: TestMachine.port(snoops: program.isCoherent))
        }
        var values: [[UInt64?]] = litmus.programs.map {
            Array(repeating: nil, count: $0.operations.count)
        }
        var pending: Set<Schedules.Step> = []
        for step in steps {
            let operation = schedules.operation(of: step)
            let agent = schedules.agent(of: step)
            if let store = step.forwardedFrom {
                let source = litmus.programs[step.program].operations[store]
                values[step.program][step.index] = source.litmusValue
                // Of two pending stores of one word the machine makes one entry, and a load before the store must
                // not find it: that is left to the schedule.
                let program = litmus.programs[step.program].operations
                let isAlone = program[..<step.index].indices.allSatisfy {
                    $0 == store || !program[$0].isBeside(source)
                        || program[$0].isRead && values[step.program][$0] != nil
                }
                if holds, isAlone, program.stores(beside: source) == 1 {
                    let place = Schedules.Step(
                        program: step.program, index: store, environment: .nothing)
                    if pending.insert(place).inserted { hold(source, agent, &machine) }
                    perform(operation, agent, &machine)
                    values[step.program][step.index] = machine.probe.found
                }
                continue
            }
            if holds, agent.isCore, operation.isBuffered {
                let place = Schedules.Step(
                    program: step.program, index: step.index, environment: .nothing)
                if !pending.contains(place) { hold(operation, agent, &machine) }
                let drain = EnvironmentEvent(
                    .drain, at: Operand(operation.litmusAddress ?? 0), bytes: 4,
                    in: .core(agent.index))
                machine.perform(.environment(drain), by: agent, record: 1)
                continue
            }
            for event in schedules.events(before: step) {
                machine.perform(.environment(event), by: .core(0), record: 1)
            }
            perform(operation, agent, &machine)
            if operation.isRead { values[step.program][step.index] = machine.probe.found }
        }
        var digits = zip(litmus.programs, values).flatMap { program, values in
            zip(program.operations, values).filter { $0.0.isRead }.map { $0.1 }
        }
        for word in litmus.finals {
            perform(.access(.load, word), .core(0), &machine)
            digits.append(machine.probe.found)
        }
        let text = digits.map { $0.map { String($0) } ?? "?" }.joined()
        return (text, machine.probe.faults)
    }

    /// Puts a store into its core's buffer, where it stays.
    private static func hold(
        _ operation: Operation, _ agent: Agent, _ machine: inout Machine<ValueFollower>
    ) {
        let hold = EnvironmentEvent(.hold, in: .core(agent.index))
        machine.perform(.environment(hold), by: agent, record: 1)
        machine.probe.writing = operation.litmusValue
        // A store-release would wait for the buffer; what it orders is the schedule's business.
        guard case .access(var access, let symbol, let value) = operation else { return }
        access.kind = .store
        machine.perform(.access(access, symbol: symbol, value: value), by: agent, record: 1)
    }

    private static func perform(
        _ operation: Operation, _ agent: Agent, _ machine: inout Machine<ValueFollower>
    ) {
        machine.probe.writing = operation.litmusValue
        machine.perform(operation, by: agent, record: 1)
        if agent.isCore {
            // A store takes effect when it leaves the buffer; one that is held stays.
            if machine.configuration.storeBuffer != nil, !machine.isHolding(agent.index) {
                let drain = EnvironmentEvent(.drain, in: .core(agent.index))
                machine.perform(.environment(drain), by: agent, record: 1)
            }
        } else {
            machine.finish()
        }
    }
}

extension Machine where P == ValueFollower {
    /// Whether a core's buffer is held.
    func isHolding(_ core: Int) -> Bool { cores[core].holds }
}

extension Operation {
    /// Whether it names the entry of a store buffer that another does.
    func isBeside(_ other: Operation) -> Bool {
        guard let own = litmusAddress, let address = other.litmusAddress else { return false }
        return own / 8 == address / 8
    }

    /// Whether it is a store that a buffer can hold.
    var isBuffered: Bool {
        guard case .access(let access, _, _) = self, access.kind.isStore else { return false }
        return Litmus.map.mapping(of: access.address).type == .writeBack
            || Litmus.map.mapping(of: access.address).type == .nonCacheable
    }
}

extension [Operation] {
    /// How many stores there are to the entry of a store buffer that a store goes to.
    func stores(beside store: Operation) -> Int {
        count { $0.isBuffered && $0.isBeside(store) }
    }
}
