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
    static let most = HazardLimits.remembered

    let profile: HazardProfile
    /// The step of the last barrier that no load performs before, whatever its core: they hand over in the trace's order.
    private var held = -1
    var cores = AgentTable<Core>()
    var writes = AgentTable<Recent<Access>>()
    /// All bytes that devices may have written lie in here: most accesses are none of them.
    var written = Span()
    var reads = AgentTable<Recent<Access>>()
    /// What devices have written, whoever has stored over it or knows of it since.
    var owned = AgentTable<Recent<Access>>()
    /// The step of each device's last doorbell, or of the last completion seen since: what was stored before it is for
    /// the doorbell's own barrier (H04).
    var rung = AgentTable<Int>()
    /// What was found so far.
    var findings: [Finding] = []
    private var reported: Set<[UInt32]> = []

    /// Whether a device polls that does not look into caches.
    private let isLookedFor: Bool

    init(profile: HazardProfile) {
        self.profile = profile
        isLookedFor = profile.polled.contains { !profile.snoops($0) }
    }

    /// Folds the next step; `map` is that of the trace at the step.
    ///
    /// - Complexity: O(``most``²) at worst, O(1) where barriers stand.
    mutating func take(_ step: LoweredStep, _ index: Int, _ map: MemoryMap) {
        switch step.operation {
        case .access(let access, _, _):
            perform(
                access.kind, access.address, access.address &+ UInt64(access.size),
                isDependent: access.isDependent, index, step, map)
        case .run(let run):
            let start = run.start.address.rawValue
            perform(
                run.kind, start, start &+ run.extent, isDependent: false, index, step, map,
                gaps: run.step > UInt64(run.size) ? (UInt64(run.size), run.step) : nil)
        case .copy(let copy):
            let from = copy.source.address.rawValue
            let to = copy.destination.address.rawValue
            perform(.load, from, from &+ copy.bytes, isDependent: false, index, step, map)
            perform(.store, to, to &+ copy.bytes, isDependent: false, index, step, map)
        case .barrier(let barrier): perform(barrier, index, by: step.agent)
        case .maintenance(let operation) where operation.instruction == .dcZVA:
            let (start, bytes) = profile.zeroed(operation)
            perform(.store, start, start &+ bytes, isDependent: false, index, step, map)
        case .maintenance(let operation): maintain(operation, index, step, map)
        case .ring(let device):
            send(device, index)
            reads[device] = nil
        case .wait(let device):
            if rung[device] != nil { send(device, index) }
            forgetWrites(of: device)
            cores.change { _, core in core.loads.removeAll { $0.device == device } }
        case .device(let operation): perform(operation, index, step, map)
        default: return
        }
    }

    /// Notes the earliest step from which on a device may do what follows, and forgets what no device can be told late.
    private mutating func send(_ device: Agent, _ index: Int) {
        rung[device] = index
        var first = index
        rung.visit { first = min(first, $1) }
        cores.change { _, core in
            let (outer, inner) = (core.outer, core.inner)
            core.stores.removeAll {
                $0.index < first && $0.outer < outer && $0.inner < inner
            }
        }
    }

    private mutating func forgetWrites(of device: Agent) {
        guard writes[device] != nil else { return }
        writes[device] = nil
        var span = Span()
        writes.visit { _, list in
            for write in list.all { span.take(write.start, write.end) }
        }
        written = span
    }

    // MARK: Cores

    private mutating func perform(
        _ kind: AccessKind, _ start: UInt64, _ end: UInt64, isDependent: Bool, _ index: Int,
        _ step: LoweredStep, _ map: MemoryMap, gaps: (size: UInt64, step: UInt64)? = nil
    ) {
        let mapping = map.mapping(of: start)
        guard mapping.type != .device, mapping.type != .stronglyOrdered else { return }
        let shift = mapping.physical &- mapping.start
        var access = Access(
            index: index, record: step.record, start: start &+ shift, end: end &+ shift,
            isCacheable: mapping.type == .writeBack && profile.hasCaches)
        if let gaps { (access.size, access.step) = gaps }
        switch kind {
        case .store, .storeExclusive, .storeRelease:
            overwrite(access)
            cores[step.agent, default: Core()].store(
                &access, isRelease: kind == .storeRelease, isLookedFor: isLookedFor)
        case .load, .miscellaneousRead, .loadExclusive, .loadAcquire:
            guard profile.speculates else { return }
            access.isCacheable = mapping.type.isCacheable && profile.hasCaches
            load(access, step, isDependent: isDependent, isAcquire: kind == .loadAcquire)
        default: return
        }
    }

    private mutating func load(
        _ access: Access, _ step: LoweredStep, isDependent: Bool, isAcquire: Bool
    ) {
        let isWritten = written.overlaps(access.start, access.end)
        if isWritten {
            if !isDependent, let core = cores[step.agent] { judge(access, core, step) }
            for device in writes.agents {
                guard let flag = writes[device]?.all.last(where: { $0.overlaps(access) }) else {
                    continue
                }
                cores[step.agent, default: Core()].loads.append(
                    Load(device: device, access: access, flag: flag))
            }
        }
        guard isAcquire else { return }
        settleLoads(of: step.agent, by: nil)
        cores[step.agent]?.floor = access.index
    }

    private mutating func maintain(
        _ operation: Maintenance, _ index: Int, _ step: LoweredStep, _ map: MemoryMap
    ) {
        let instruction = operation.instruction
        // Of the outer cache only invalidates without a clean are done when they are issued.
        let isOuter = instruction.isOuter && instruction.invalidates && !instruction.cleans
        guard instruction.reachesCoherency || isOuter else { return }
        let start = map.physical(of: operation.start.address.rawValue)
        let first = start / profile.lineSize * profile.lineSize
        let last = lastByte(start, max(operation.bytes, 1)) / profile.lineSize * profile.lineSize
        let lines = Access(
            index: index, record: step.record, start: first, end: last &+ profile.lineSize)
        cores[step.agent, default: Core()].touched.append(lines)
        if instruction.cleans, instruction.isByAddress { cores[step.agent]?.clean(lines) }
        if isOuter { cores[step.agent]?.ordered = index + 1 }
        guard !instruction.isOuter else { return }
        if instruction.invalidates { cores[step.agent]?.invalidated.append(lines) }
    }

    /// What a core has stored over is not a device's any more.
    private mutating func overwrite(_ store: Access) {
        guard written.overlaps(store.start, store.end) else { return }
        writes.change { _, list in
            guard list.all.contains(where: { $0.overlaps(store) }) else { return }
            list.replace { write in
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
        if barrier.ordersStores {
            // Other cores have handed over before it.
            if cores[agent] == nil { cores[agent] = Core() }
            let ordersMaintenance = profile.ordersMaintenance(barrier)
            cores.change { _, core in
                core.orderStores(
                    barrier, ordersMaintenance: ordersMaintenance, isRung: !rung.isEmpty)
            }
        }
        if barrier.accesses != .stores {
            settleLoads(of: agent, by: barrier)
            held = index
        }
        // All that stands before it is complete, whichever core has handed over.
        if barrier.instruction == .dsb, barrier.accesses == .all, barrier.reachesDevices {
            for other in cores.agents where other != agent { settleLoads(of: other, by: barrier) }
        }
        // Nothing after a DSB of any kind is performed before it.
        if barrier.instruction == .dsb { held = index }
        if profile.ordersMaintenance(barrier) { cores[agent]?.ordered = index }
    }

    /// What the core has loaded of a device's it knows now, and what the device wrote before that.
    ///
    /// - Parameters:
    ///   - agent: The core.
    ///   - barrier: What orders its loads before what follows; nil: all of them are.
    private mutating func settleLoads(of agent: Agent, by barrier: Barrier?) {
        if cores[agent] == nil { cores[agent] = Core() }
        guard let loads = cores[agent]?.loads, !loads.isEmpty else { return }
        func isOrdered(_ device: Agent) -> Bool {
            barrier.map { reaches($0, device) } ?? true
        }
        var known = cores[agent]?.known ?? AgentTable()
        for load in loads.all where isOrdered(load.device) {
            known[load.device] = max(known[load.device] ?? -1, load.flag.index)
        }
        var left = loads
        left.removeAll { isOrdered($0.device) }
        cores[agent]?.known = known
        cores[agent]?.loads = left
    }

    /// Whether a device is in a barrier's domain: one that looks into caches is with the cores.
    private func reaches(_ barrier: Barrier, _ device: Agent) -> Bool {
        barrier.reachesDevices || profile.snoops(device) && barrier.domain != .nonShareable
    }

    /// Asks of a load whether it may have been performed before one that the program has earlier (H06).
    private mutating func judge(_ load: Access, _ core: Core, _ step: LoweredStep) {
        var asked: Agent?
        var isOpen = false
        for told in core.loads.all {
            let (device, earlier, flag) = (told.device, told.access, told.flag)
            if asked != device {
                asked = device
                isOpen = hasUnknown(device, load, core)
            }
            guard isOpen, let list = writes[device]?.all else { continue }
            let data = list.last {
                // What one burst brings is there at once, but loads of it need not be.
                let start = $0.isInTurn ? $0.index : earlier.index
                return $0.overlaps(load) && $0.index <= flag.index
                    && $0.index > max(core.known[device] ?? -1, floor(of: $0, core))
                    && !isInvalidated(load, of: $0, since: start)
                    && !isHeld(load, of: $0, behind: earlier, core)
            }
            // Two loads of the same bytes stay in order.
            guard let data, !sharesBytes(earlier, load, besides: data),
                !isChained(earlier, load, core),
                !isHandedOver(
                    device, from: data.isInTurn ? data : earlier, to: load, by: step.agent),
                !core.isMaintained(
                    between: earlier, and: max(load.start, data.start), min(load.end, data.end))
            else { continue }
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

    /// Whether the lines that a load has of a write have been invalidated after a step, by its core or by one that has
    /// handed over since.
    ///
    /// A load past the caches does not wait for that.
    private func isInvalidated(_ load: Access, of write: Access, since step: Int) -> Bool {
        let (start, end) = (max(load.start, write.start), min(load.end, write.end))
        return load.isCacheable
            && cores.agents.contains {
                cores[$0]?.isInvalidated(start, end, since: step) ?? false
            }
    }

    /// Whether a load waits for one of the same bytes that has found a device's write in its turn, and stands before the
    /// one that it might go ahead of.
    private func isHeld(
        _ load: Access, of write: Access, behind earlier: Access, _ core: Core
    ) -> Bool {
        write.isInTurn
            && core.loads.all.contains {
                $0.access.index > write.index && $0.access.index < earlier.index
                    && $0.access.overlaps(load)
            }
    }

    /// Whether a load has bytes of an earlier one in the lines that it has of a device's write.
    private func sharesBytes(_ earlier: Access, _ load: Access, besides data: Access) -> Bool {
        let line = profile.lineSize
        var part = load
        let first = max(load.start, data.start) / line * line
        let last = (min(load.end, data.end) &- 1) / line * line
        guard part.step == 0 else { return earlier.overlaps(load) }
        part.start = max(load.start, first)
        part.end = min(load.end, last &+ line)
        return earlier.overlaps(part)
    }

    /// Whether a load between two has bytes of both, so that all three stay in order.
    private func isChained(_ earlier: Access, _ load: Access, _ core: Core) -> Bool {
        core.loads.all.contains {
            $0.access.index > earlier.index && $0.access.overlaps(earlier)
                && $0.access.overlaps(load)
        }
    }

    /// Whether another core has loaded what a device wrote between two loads of a core, or between a write in the device's
    /// turn and a load, so that it was handed over and back.
    private func isHandedOver(
        _ device: Agent, from earlier: Access, to load: Access, by agent: Agent
    ) -> Bool {
        cores.agents.contains { other in
            other != agent
                && cores[other]?.loads.all.contains {
                    $0.device == device && $0.access.index > earlier.index
                        && $0.access.index < load.index
                } ?? false
        }
    }

    /// The step before which no load is performed that finds a write.
    ///
    /// What a device writes that was sent may come after what stands before the load that tells of it.
    private func floor(of write: Access, _ core: Core) -> Int {
        write.isInTurn ? max(core.floor, held) : -1
    }

    /// Whether a device has written any of a load's bytes since what the core knows of.
    private func hasUnknown(_ device: Agent, _ load: Access, _ core: Core) -> Bool {
        guard let list = writes[device]?.all else { return false }
        let known = core.known[device] ?? -1
        for write in list.reversed() {
            guard write.index > known else { return false }
            if write.overlaps(load), write.index > floor(of: write, core) { return true }
        }
        return false
    }

    mutating func report(
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
