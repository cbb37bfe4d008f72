import Operations
import Quantities

/// Finds what is published by bytes in memory, without a doorbell or an interrupt, and may be seen too early.
///
/// A core stores data, then a word that gives them to a device which polls; with no barrier for stores between, the word
/// may be seen first (H05). A device writes data, then a word that gives them to a core; with no barrier for loads between
/// the core's two loads, the data may be loaded first (H06). Rules: accesses of Normal memory to different addresses are
/// not ordered but by a barrier, by acquire and release, or by an address that depends on the load before.
///
/// What one statement stores or loads is one access here. Left out: bytes that are cached above a device that does not look
/// there, as they have other hazards first, and all but the last ``most`` accesses that nothing has ordered.
struct PublicationOrder {
    /// The most accesses of one agent that are kept.
    static let most = 256

    private struct Access {
        var index: Int
        var record: UInt32
        var start: UInt64
        var end: UInt64
        var isCacheable = false
        /// Whether a device does it by itself, in the trace's turn.
        var isInTurn = false
        /// How many barriers for all observers, and for those of the inner domain, stood before it.
        var outer = 0
        var inner = 0

        func overlaps(_ other: Access) -> Bool { start < other.end && other.start < end }
    }

    /// What a core has stored since a barrier ordered its stores, and what it has loaded of devices' bytes.
    private struct Core {
        var stores: [Access] = []
        var outer = 0
        var inner = 0
        var loads: [(device: Agent, access: Access)] = []
        /// The step of the last acquiring load.
        var floor = -1
        /// Lines that the core has had invalidated, each with the step: a load of them waits for that.
        var invalidated: [Access] = []
        /// The last transfer of each device that the core knows of: what it wrote before is known, too.
        var known: [Agent: Int] = [:]

        /// Whether all lines of a load have been invalidated after a step.
        func isInvalidated(_ load: Access, since step: Int) -> Bool {
            invalidated.contains {
                $0.index > step && $0.start <= load.start && load.end <= $0.end
            }
        }
    }

    private let profile: HazardProfile
    /// The step of the last barrier that no load performs before, whatever its core: they hand over in the trace's order.
    private var held = -1
    private var cores: [Agent: Core] = [:]
    private var writes: [Agent: [Access]] = [:]
    private var reads: [Agent: [Access]] = [:]
    /// The step of each device's last doorbell, or of the last completion seen since: what was stored before it is for
    /// the doorbell's own barrier (H04).
    private var rung: [Agent: Int] = [:]
    private var findings: [Finding] = []
    private var reported: Set<[UInt32]> = []

    init(profile: HazardProfile) { self.profile = profile }

    /// Folds all steps; `map` is that of the trace before the first.
    ///
    /// - Complexity: O(steps × ``most``²) at worst, O(steps) where barriers stand.
    mutating func run(_ steps: [LoweredStep], map: MemoryMap) -> [Finding] {
        var map = map
        for (index, step) in steps.enumerated() {
            switch step.operation {
            case .setMemoryType, .map: map.follow(step.operation)
            case .access(let access, _, _):
                perform(access, index, step, map)
            case .run(let run):
                let start = run.start.address.rawValue
                perform(
                    run.kind, start, start &+ run.bytes, isDependent: false, index, step, map)
            case .copy(let copy):
                let from = copy.source.address.rawValue
                let to = copy.destination.address.rawValue
                perform(.load, from, from &+ copy.bytes, isDependent: false, index, step, map)
                perform(.store, to, to &+ copy.bytes, isDependent: false, index, step, map)
            case .barrier(let barrier): perform(barrier, index, by: step.agent)
            case .maintenance(let operation): maintain(operation, index, step, map)
            case .ring(let device):
                send(device, index)
                reads[device] = nil
            case .wait(let device):
                if rung[device] != nil { send(device, index) }
                writes[device] = nil
                for core in cores.keys { cores[core]?.loads.removeAll { $0.device == device } }
            case .device(let operation): perform(operation, index, step, map)
            default: continue
            }
        }
        return findings
    }

    /// Notes the earliest step from which on a device may do what follows, and forgets what no device can be told late.
    private mutating func send(_ device: Agent, _ index: Int) {
        rung[device] = index
        let first = rung.values.min() ?? index
        for agent in cores.keys {
            guard let core = cores[agent], !core.stores.isEmpty else { continue }
            cores[agent]?.stores.removeAll {
                $0.index < first && $0.outer < core.outer && $0.inner < core.inner
            }
        }
    }

    // MARK: Cores

    private mutating func perform(
        _ access: MemoryAccess, _ index: Int, _ step: LoweredStep, _ map: MemoryMap
    ) {
        perform(
            access.kind, access.address, access.address &+ UInt64(access.size),
            isDependent: access.isDependent, index, step, map)
    }

    private mutating func perform(
        _ kind: AccessKind, _ start: UInt64, _ end: UInt64, isDependent: Bool, _ index: Int,
        _ step: LoweredStep, _ map: MemoryMap
    ) {
        let mapping = map.mapping(of: start)
        guard [.writeBack, .writeThrough, .nonCacheable].contains(mapping.type) else { return }
        let shift = mapping.physical &- mapping.start
        var access = Access(
            index: index, record: step.record, start: start &+ shift, end: end &+ shift,
            isCacheable: mapping.type == .writeBack && profile.hasCaches)
        var core = cores[step.agent] ?? Core()
        switch kind {
        case .store, .storeExclusive, .storeRelease:
            if kind == .storeRelease {
                core.outer += 1
                core.inner += 1
            }
            access.outer = core.outer
            access.inner = core.inner
            overwrite(access)
            core.stores.append(access)
            if core.stores.count > 2 * Self.most { core.stores.removeFirst(Self.most) }
        case .load, .miscellaneousRead, .loadExclusive, .loadAcquire:
            guard profile.speculates else { return }
            if !isDependent { judge(access, core, step) }
            for (device, list) in writes.sorted(by: { $0.key.rawValue < $1.key.rawValue })
            where list.contains(where: { $0.overlaps(access) }) {
                core.loads.append((device, access))
                if core.loads.count > Self.most { core.loads.removeFirst() }
            }
            if kind == .loadAcquire {
                settleLoads(&core) { _ in true }
                core.floor = index
            }
        default: return
        }
        cores[step.agent] = core
    }

    private mutating func maintain(
        _ operation: Maintenance, _ index: Int, _ step: LoweredStep, _ map: MemoryMap
    ) {
        let instruction = operation.instruction
        guard instruction.reachesCoherency, instruction.invalidates else { return }
        let start = map.physical(of: operation.start.address.rawValue)
        let first = start / profile.lineSize * profile.lineSize
        let last = lastByte(start, max(operation.bytes, 1)) / profile.lineSize * profile.lineSize
        cores[step.agent, default: Core()].invalidated.append(
            Access(
                index: index, record: step.record, start: first, end: last &+ profile.lineSize))
        if cores[step.agent]?.invalidated.count ?? 0 > Self.most {
            cores[step.agent]?.invalidated.removeFirst()
        }
    }

    /// What a core has stored over is not a device's any more.
    private mutating func overwrite(_ store: Access) {
        for device in writes.keys {
            writes[device] = writes[device]?.flatMap { write -> [Access] in
                guard write.overlaps(store) else { return [write] }
                var (before, after) = (write, write)
                before.end = store.start
                after.start = store.end
                return [before, after].filter { $0.start < $0.end }
            }
        }
    }

    private mutating func perform(_ barrier: Barrier, _ index: Int, by agent: Agent) {
        guard barrier.instruction != .isb else { return }
        var core = cores[agent] ?? Core()
        if barrier.ordersStores {
            if barrier.reachesDevices { core.outer += 1 }
            if barrier.domain != .nonShareable { core.inner += 1 }
            // What a barrier has published is there for a device that comes by itself; one that runs may have come before.
            if barrier.reachesDevices, rung.isEmpty { core.stores = [] }
        }
        if barrier.accesses != .stores {
            settleLoads(&core) { reaches(barrier, $0) }
            held = index
        }
        // Nothing after a DSB of any kind is performed before it.
        if barrier.instruction == .dsb { held = index }
        cores[agent] = core
    }

    /// What the core has loaded of a device's it knows now, and what the device wrote before that.
    ///
    /// - Parameters:
    ///   - core: The core.
    ///   - isOrdered: Whether the loads of a device's bytes are ordered before what follows.
    private func settleLoads(_ core: inout Core, where isOrdered: (Agent) -> Bool) {
        for (device, load) in core.loads where isOrdered(device) {
            for write in writes[device] ?? [] where write.overlaps(load) && write.index < load.index
            {
                core.known[device] = max(core.known[device] ?? 0, write.index)
            }
        }
        core.loads.removeAll { isOrdered($0.device) }
    }

    /// Whether a device is in a barrier's domain: one that looks into caches is with the cores.
    private func reaches(_ barrier: Barrier, _ device: Agent) -> Bool {
        barrier.reachesDevices || profile.snoops(device) && barrier.domain != .nonShareable
    }

    /// Asks of a load whether it may have been performed before one that the program has earlier (H06).
    private mutating func judge(_ load: Access, _ core: Core, _ step: LoweredStep) {
        for (device, earlier) in core.loads {
            let list = writes[device] ?? []
            guard let flag = list.last(where: { $0.overlaps(earlier) && $0.index < earlier.index })
            else { continue }
            let data = list.last {
                // Of one that was sent a write may come after what stands before the load that tells of it.
                let floor = $0.isInTurn ? max(core.floor, held) : -1
                let start = $0.isInTurn ? $0.index : earlier.index
                // What one burst brings is there at once, but loads of it need not be.
                return $0.overlaps(load) && $0.index <= flag.index
                    && $0.index > max(core.known[device] ?? -1, floor)
                    && !core.isInvalidated(load, since: start)
            }
            // Two loads of the same bytes stay in order.
            guard let data, !earlier.overlaps(load) else { continue }
            let (reader, writer) = (profile.name(of: step.agent), profile.name(of: device))
            report(
                .h06, agent: step.agent, writer: device, record: step.record, data,
                max(data.start, load.start), min(data.end, load.end),
                "\(reader) may load the bytes before what record \(earlier.record) loads, and so before "
                    + "\(writer) has written them in record \(data.record)",
                [
                    (step.record, "\(reader)'s load performs early: old"),
                    (data.record, "\(writer) writes the bytes: new"),
                    (flag.record, "\(writer) writes what gives them to the core"),
                    (earlier.record, "\(reader) loads that: the bytes seem to be there"),
                ])
        }
    }

    // MARK: Devices

    private mutating func perform(
        _ operation: DeviceOperation, _ index: Int, _ step: LoweredStep, _ map: MemoryMap
    ) {
        if let read = operation.readSide { perform(read, index, step, map) }
        let start = operation.start.address.rawValue
        let mapping = map.mapping(of: start)
        let first = start &- mapping.start &+ mapping.physical
        let access = Access(
            index: index, record: step.record, start: first, end: first &+ operation.extent,
            isInTurn: rung[step.agent] == nil)
        switch operation.kind {
        case .read, .descriptorFetch:
            reads[step.agent, default: []].append(access)
            if reads[step.agent, default: []].count > Self.most { reads[step.agent]?.removeFirst() }
            judge(access, step, isWrite: false)
        case .write:
            var list = writes[step.agent] ?? []
            list.removeAll { access.start <= $0.start && $0.end <= access.end }
            list.append(access)
            if list.count > Self.most { list.removeFirst() }
            writes[step.agent] = list
            judge(access, step, isWrite: true)
        case .interrupt: return
        }
    }

    /// Asks of a device that polls whether what it reads, or writes over, may come after what it has seen (H05).
    private mutating func judge(_ access: Access, _ step: LoweredStep, isWrite: Bool) {
        guard profile.reordersAccesses else { return }
        let snoops = profile.snoops(step.agent)
        let started = rung[step.agent]
        for (agent, core) in cores.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            let open = core.stores.filter {
                guard snoops || !$0.isCacheable else { return false }
                // A device that comes by itself finds done what a barrier has waited for.
                guard let started else {
                    return snoops ? $0.inner == core.inner : $0.outer == core.outer
                }
                return $0.index > started
            }
            for (place, data) in open.enumerated() where data.overlaps(access) {
                let flag = open[(place + 1)...].first { store in
                    store.record != data.record && !store.overlaps(data)
                        && (snoops ? store.inner == data.inner : store.outer == data.outer)
                        && (reads[step.agent] ?? []).contains {
                            $0.index > store.index && $0.overlaps(store)
                        }
                }
                guard let flag else { continue }
                let (writer, device) = (profile.name(of: agent), profile.name(of: step.agent))
                report(
                    .h05, agent: step.agent, writer: agent, record: step.record, data,
                    max(data.start, access.start), min(data.end, access.end),
                    isWrite
                        ? "what was stored in record \(data.record) may land on top of what \(device) writes: it "
                            + "may have seen the store of record \(flag.record) first"
                        : "\(device) may see the store of record \(flag.record) and still read bytes older than what "
                            + "was stored in record \(data.record)",
                    [
                        (data.record, "\(writer) stores the bytes; they wait in a buffer"),
                        (
                            flag.record,
                            "\(writer) stores what gives them to \(device): seen at once"
                        ),
                        (
                            step.record,
                            "\(device) \(isWrite ? "writes" : "reads") the bytes: too early"
                        ),
                    ])
            }
        }
    }

    private mutating func report(
        _ code: HazardCode, agent: Agent, writer: Agent, record: UInt32, _ data: Access,
        _ start: UInt64, _ end: UInt64, _ detail: String, _ chain: [(UInt32, String)]
    ) {
        guard reported.insert([record, data.record]).inserted else { return }
        findings.append(
            Finding(
                code, .latent, record: Int(record), agent: agent, address: start,
                bytes: end - start, writer: writer, writeRecord: Int(data.record), detail: detail,
                chain: chain.map { ChainLink(record: Int($0.0), text: $0.1) }))
    }
}
