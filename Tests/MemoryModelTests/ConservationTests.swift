import Events
import MemoryModel
import Operations
import Quantities
import Statistics
import Testing

// What must be true of every run, whatever the machine and the program: nothing is lost, nothing comes from nowhere.

/// A random program on a machine of the repository, run once for all laws.
struct ConservationRun {
    let bench: Bench
    let configuration: MachineConfiguration
    /// Bytes that statements asked each device to read and to write.
    private(set) var asked: [Agent: (read: UInt64, written: UInt64)] = [:]

    init(_ machine: String, seed: UInt64, operations: Int = 1_200) throws {
        configuration = try RealMachines.load(machine)
        var ports: [PortConfiguration] = []
        if let first = configuration.ports.first { ports.append(first) }
        if let snooping = configuration.ports.first(where: \.snoops) { ports.append(snooping) }
        bench = Bench(configuration, devices: ports, seed: seed)
        RandomProgram.declare(bench)
        var program = RandomProgram(
            seed: seed, cores: configuration.core.count, devices: ports.count)
        for _ in 0..<operations {
            let (operation, agent) = program.next()
            if case .device(let device) = operation { note(device, agent) }
            bench.perform(operation, by: agent)
        }
        bench.finish()
    }

    private mutating func note(_ operation: DeviceOperation, _ agent: Agent) {
        switch operation.kind {
        case .read, .descriptorFetch: asked[agent, default: (0, 0)].read += operation.bytes
        case .write: asked[agent, default: (0, 0)].written += operation.bytes
        case .interrupt: break
        }
    }

    var counters: Counters {
        var probe = CountersProbe()
        for event in bench.events { probe.record(event) }
        return probe.snapshot
    }
}

/// One machine with one seed.
struct ConservationCase: Sendable, CustomTestStringConvertible {
    let machine: String
    let seed: UInt64

    var testDescription: String { "\(machine), seed \(seed)" }

    static let all = RealMachines.names.flatMap { name in
        (1...4 as ClosedRange<UInt64>).map { ConservationCase(machine: name, seed: $0) }
    }

    func run() throws -> ConservationRun { try ConservationRun(machine, seed: seed) }
}

/// The laws.
@Suite("Conservation")
struct ConservationTests {
    @Test("A core's time is the sum of its causes", arguments: ConservationCase.all)
    func time(_ one: ConservationCase) throws {
        let run = try one.run()
        let counters = run.counters
        for core in 0..<run.configuration.core.count {
            let clock = run.bench.machine.time(ofCore: core)
            #expect(counters.time(of: .core(core)) == clock, "core \(core)")
        }
    }

    @Test(
        "Lines that came and did not go are there, in L1D and in L2",
        arguments: ConservationCase.all)
    func lines(_ one: ConservationCase) throws {
        let run = try one.run()
        var residency = Residency(run.configuration)
        for event in run.bench.events where !isInstruction(event.place) { residency.follow(event) }
        let faults = residency.faults.filter { !$0.contains("while") }
        #expect(faults.count == 0, "\(faults.prefix(3))")
        for (place, addresses) in run.bench.residentLines where !isInstruction(place) {
            #expect(residency.addresses(place) == addresses, "\(place.name)")
        }
    }

    @Test("Lines that came and did not go are there, in L1I", arguments: ConservationCase.all)
    func instructionLines(_ one: ConservationCase) throws {
        let run = try one.run()
        var residency = Residency(run.configuration)
        for event in run.bench.events where isInstruction(event.place) { residency.follow(event) }
        for (place, addresses) in run.bench.residentLines where isInstruction(place) {
            #expect(residency.addresses(place) == addresses, "\(place.name)")
        }
    }

    @Test("A line is written by one core while no other holds it", arguments: ConservationCase.all)
    func singleWriter(_ one: ConservationCase) throws {
        let run = try one.run()
        var residency = Residency(run.configuration)
        for event in run.bench.events { residency.follow(event) }
        let faults = residency.faults.filter { $0.contains("while") }
        #expect(faults.count == 0, "\(faults.prefix(3))")
    }

    @Test("Memory's pins never move more than their rate allows", arguments: ConservationCase.all)
    func bandwidth(_ one: ConservationCase) throws {
        let run = try one.run()
        let traffic = run.bench.events(.memoryTraffic)
        let bytes = traffic.reduce(UInt64(0)) { $0 + UInt64($1.size) }
        let largest = traffic.map(\.size).max() ?? 0
        let rate = Double(run.configuration.memory.bytesPerSecond)
        let most = run.bench.machine.elapsed.seconds * rate + Double(largest)
        #expect(Double(bytes) <= most)
    }

    @Test(
        "Streams of stores are held up by memory's pins, not only by the path to them",
        arguments: RealMachines.names, [MemoryType.nonCacheable, .writeBack, .writeThrough])
    func storeStreams(_ machine: String, _ type: MemoryType) throws {
        let configuration = try RealMachines.load(machine)
        let bench = Bench(configuration)
        let bytes: UInt64 = 2 << 20
        bench.declare(RandomProgram.uncached, bytes, type)
        bench.perform(
            .run(AccessRun(.store, from: Operand(RandomProgram.uncached), bytes: bytes, by: 8)))
        bench.finish()
        let moved = bench.events(.memoryTraffic).reduce(UInt64(0)) { $0 + UInt64($1.size) }
        // Where the stores go may be memory on the chip, which has a rate of its own.
        let chip = configuration.memory.onChip.first { $0.contains(RandomProgram.uncached) }
        let rate = Double(chip?.bytesPerSecond ?? configuration.memory.bytesPerSecond)
        // Buffers on the way hold a few lines: 1 KiB is plenty.
        #expect(Double(moved) <= bench.machine.elapsed.seconds * rate + 1_024)
    }

    @Test("Devices move the bytes that were asked for", arguments: ConservationCase.all)
    func deviceBytes(_ one: ConservationCase) throws {
        let run = try one.run()
        let counters = run.counters
        for (agent, bytes) in run.asked {
            #expect(counters[.deviceBytesRead, agent] == bytes.read)
            #expect(counters[.deviceBytesWritten, agent] == bytes.written)
        }
        let starts = run.bench.events(.deviceStart).count
        #expect(run.bench.events(.deviceDone).count == starts)
    }

    @Test(
        "Entries that entered a buffer have left it or are still there",
        arguments: ConservationCase.all)
    func bufferEntries(_ one: ConservationCase) throws {
        let run = try one.run()
        for core in 0..<run.configuration.core.count {
            let place = Place.storeBuffer(core)
            let entered = Set(
                run.bench.events.filter { $0.kind == .store && $0.place == place }.map(\.detail))
            let left = run.bench.events.filter {
                ($0.kind == .drain || $0.kind == .slotEntered) && $0.place == place
            }.map(\.detail)
            #expect(Set(left).count == left.count, "an entry left twice")
            let held = run.bench.heldEntries(core)
            #expect(entered == Set(left).union(held), "core \(core)")
            #expect(Set(left).isDisjoint(with: held), "core \(core)")
        }
        let slots = Set(run.bench.events(.slotEntered).map(\.size))
        let drained = run.bench.events.filter { $0.kind == .drain && $0.place == .outerStoreBuffer }
            .map(\.detail)
        #expect(Set(drained).count == drained.count, "a slot left twice")
        #expect(slots == Set(drained).union(run.bench.heldSlots))
    }

    @Test("What a core issues never goes back in time", arguments: ConservationCase.all)
    func coreOrder(_ one: ConservationCase) throws {
        let issued: Set<Event.Kind> = [
            .load, .store, .fetch, .barrier, .doorbell, .maintenance, .completionObserved,
        ]
        try order(one, { $0.agent.isCore && issued.contains($0.kind) })
    }

    @Test("A device's bursts never go back in time", arguments: ConservationCase.all)
    func deviceOrder(_ one: ConservationCase) throws {
        try order(one) {
            !$0.agent.isCore
                && [.deviceRead, .deviceWrite, .deviceStart, .memoryTraffic].contains($0.kind)
        }
    }

    @Test("The same program and seed give the same events", arguments: RealMachines.names)
    func determinism(_ machine: String) throws {
        let first = try ConservationRun(machine, seed: 11, operations: 600)
        let second = try ConservationRun(machine, seed: 11, operations: 600)
        #expect(first.bench.events == second.bench.events)
    }

    private func isInstruction(_ place: Place) -> Bool { place.rawValue & 0xF0 == 0x20 }

    private func order(_ one: ConservationCase, _ isMeant: (Event) -> Bool) throws {
        let run = try one.run()
        var last: [Agent: Event] = [:]
        var faults: [String] = []
        for event in run.bench.events where isMeant(event) {
            if let before = last[event.agent], before.tick > event.tick {
                faults.append(
                    "record \(event.record): \(event.kind) at \(event.tick.rawValue) after "
                        + "\(before.kind) of record \(before.record) at \(before.tick.rawValue)")
            }
            last[event.agent] = event
        }
        #expect(faults.count == 0, "\(faults.prefix(3))")
    }
}
