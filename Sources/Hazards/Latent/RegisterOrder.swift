import Operations
import Quantities

/// Finds loads of what a device wrote that no register read stands before, or none that counts.
///
/// A core learns of a transfer's end by an interrupt or from a register. An interrupt is taken with all loads after it
/// still to be performed. A register read orders nothing: Device and Normal memory are not ordered against one another,
/// so a later load may be performed before it, and find the bytes from before the transfer (H07). A `wait` that follows a
/// read of the device's registers is told by that read.
///
/// A device whose writes are posted (held back by a bridge) may interrupt before they are in memory; the answer to a
/// register read pushes them ahead of itself, an interrupt on a wire does not (H39).
struct RegisterOrder {
    private struct Write {
        var device: Agent
        var record: UInt32
        var start: UInt64
        var end: UInt64

        func overlaps(_ start: UInt64, _ end: UInt64) -> Bool {
            self.start < end && start < self.end
        }
    }

    /// A write that a core knows of, and the statement that told it: a register read, or a `wait`.
    private struct Told {
        var write: Write
        var by: UInt32
    }

    private struct Core {
        /// The register reads that the next `wait` may have learned from, and that no barrier has ordered.
        var reads = AgentTable<UInt32>()
        /// The devices of such reads that a barrier has ordered.
        var ordered: Set<Agent> = []
        /// Whether one of the two is not empty.
        var hasReads = false
        /// Writes told by a register read that no barrier stands after.
        var unordered: [Told] = []
        /// Posted writes told by an interrupt.
        var posted: [Told] = []
        /// Whether a line was maintained since: what completes that, completes the branch before it.
        var isMaintained = false

        /// What stands between a register read and a `wait` says that the one did not tell the other.
        mutating func forgetReads() {
            guard hasReads else { return }
            reads = AgentTable()
            ordered = []
            hasReads = false
        }

        /// Notes a barrier.
        mutating func perform(_ barrier: Barrier) {
            if barrier.instruction == .isb {
                // The branch on what was read is before it.
                unordered = []
            } else if barrier.accesses != .stores {
                unordered = []
                guard hasReads else { return }
                ordered.formUnion(reads.agents)
                reads = AgentTable()
            } else if barrier.instruction == .dsb, isMaintained {
                unordered = []
            }
        }
    }

    private let profile: HazardProfile
    private var cores = AgentTable<Core>()
    /// What each device has written since a core last learned of its end, the latest.
    private var writes = AgentTable<[Write]>()
    /// What was found so far.
    private(set) var findings: [Finding] = []
    private var reported: Set<[UInt32]> = []

    /// The most writes that are remembered of one device.
    private static let most = HazardLimits.remembered

    init(profile: HazardProfile) { self.profile = profile }

    /// Folds the next step; `map` is that of the trace at the step.
    ///
    /// - Complexity: O(writes that are not ordered).
    mutating func take(_ step: LoweredStep, _ map: MemoryMap) {
        switch step.operation {
        case .access(let access, _, _): perform(access, step, map)
        case .run(let run):
            let start = run.start.address.rawValue
            if run.kind == .load { load(start, run.extent, step, map) }
            cores[step.agent]?.forgetReads()
        case .copy(let copy):
            load(copy.source.address.rawValue, copy.bytes, step, map)
            cores[step.agent]?.forgetReads()
        case .barrier(let barrier): cores[step.agent]?.perform(barrier)
        case .maintenance(let operation) where operation.instruction.reachesCoherency:
            cores[step.agent]?.isMaintained = true
        case .ring(let device):
            cores[step.agent]?.reads[device] = nil
            cores[step.agent]?.ordered.remove(device)
        case .wait(let device): learn(of: device, step)
        case .device(let operation) where operation.kind == .write:
            note(operation, step, map)
        default: return
        }
    }

    // MARK: What is known

    private mutating func note(_ operation: DeviceOperation, _ step: LoweredStep, _ map: MemoryMap)
    {
        let start = map.physical(of: operation.start.address.rawValue)
        let new = Write(
            device: step.agent, record: step.record, start: start, end: start &+ operation.extent)
        Self.note(new, in: &writes[step.agent, default: []])
    }

    private static func note(_ new: Write, in list: inout [Write]) {
        list.removeAll { new.start <= $0.start && $0.end <= new.end }
        list.append(new)
        if list.count > most { list.removeFirst() }
    }

    private mutating func learn(of device: Agent, _ step: LoweredStep) {
        let list = writes[device] ?? []
        writes[device] = nil
        var core = cores[step.agent] ?? Core()
        if let read = core.reads[device] {
            core.reads[device] = nil
            core.isMaintained = false
            core.unordered += list.map { Told(write: $0, by: read) }
        } else if isPosted(device), !core.ordered.contains(device) {
            core.posted += list.map { Told(write: $0, by: step.record) }
        }
        core.ordered.remove(device)
        core.unordered.removeFirst(max(0, core.unordered.count - Self.most))
        core.posted.removeFirst(max(0, core.posted.count - Self.most))
        cores[step.agent] = core
    }

    private func isPosted(_ device: Agent) -> Bool {
        device.index < profile.devices.count && profile.devices[device.index].isPosted
    }

    private mutating func perform(_ access: MemoryAccess, _ step: LoweredStep, _ map: MemoryMap) {
        if let device = profile.device(withRegister: access.address) {
            if access.kind == .load { readRegister(of: device, step) }
            return
        }
        switch access.kind {
        case .load, .loadAcquire, .loadExclusive, .miscellaneousRead:
            if !access.isDependent { load(access.address, UInt64(access.size), step, map) }
        default: break
        }
        cores[step.agent]?.forgetReads()
    }

    /// A register's answer comes after the device's writes before it: they are in memory when the load is performed.
    private mutating func readRegister(of device: Agent, _ step: LoweredStep) {
        cores.change { agent, core in
            let arrived = core.posted.filter { $0.write.device == device }
            core.posted.removeAll { $0.write.device == device }
            guard agent == step.agent else { return }
            core.isMaintained = false
            core.unordered += arrived.map { Told(write: $0.write, by: step.record) }
        }
        cores[step.agent, default: Core()].reads[device] = step.record
        cores[step.agent]?.hasReads = true
        cores[step.agent]?.ordered.remove(device)
    }

    // MARK: Loads

    private mutating func load(
        _ address: UInt64, _ size: UInt64, _ step: LoweredStep, _ map: MemoryMap
    ) {
        guard let core = cores[step.agent], !core.posted.isEmpty || !core.unordered.isEmpty,
            size > 0
        else { return }
        let mapping = map.mapping(of: address)
        let start = address &- mapping.start &+ mapping.physical
        let end = start &+ size
        let reader = profile.name(of: step.agent)
        for told in core.posted where told.write.overlaps(start, end) {
            let device = profile.name(of: told.write.device)
            report(
                .h39, told, start, end, step,
                "\(reader) may load the bytes before what \(device) wrote in record \(told.write.record) is in "
                    + "memory: its interrupt takes another way",
                [
                    (told.write.record, "\(device) writes; a bridge holds the bytes"),
                    (told.by, "\(reader) takes the interrupt"),
                    (step.record, "\(reader) loads the bytes: old"),
                ])
        }
        guard profile.speculates else { return }
        for told in core.unordered where told.write.overlaps(start, end) {
            // What is cached above a device that does not look there has other hazards first.
            let isCached = mapping.type.isCacheable && profile.hasCaches
            guard !isCached || profile.snoops(told.write.device) else { continue }
            let device = profile.name(of: told.write.device)
            report(
                .h07, told, start, end, step,
                "\(reader) may load the bytes before it has read the register of record \(told.by), and so before "
                    + "\(device) has written them in record \(told.write.record)",
                [
                    (step.record, "\(reader)'s load performs early: old"),
                    (told.write.record, "\(device) writes the bytes: new"),
                    (told.by, "\(reader) reads the register: the transfer is over"),
                ])
        }
    }

    private mutating func report(
        _ code: HazardCode, _ told: Told, _ start: UInt64, _ end: UInt64, _ step: LoweredStep,
        _ detail: String, _ chain: [(UInt32, String)]
    ) {
        guard reported.insert([step.record, told.write.record]).inserted else { return }
        let first = max(start, told.write.start)
        findings.append(
            Finding(
                code, .latent, record: Int(step.record), agent: step.agent, address: first,
                bytes: min(end, told.write.end) - first, writer: told.write.device,
                writeRecord: Int(told.write.record), detail: detail,
                chain: chain.map { ChainLink(record: Int($0.0), text: $0.1) }))
    }
}
