import Operations
import Quantities

/// Finds polls of a cached location that a device writes past the caches (H38).
///
/// A poll is the same load of a core again, with nothing between that could bring new bytes: no maintenance, no `wait`,
/// no other access of what devices touch. The first of them puts the line into a cache, and the device's write goes past
/// it: the poll may never end.
struct PollingLoads {
    private struct Poll {
        var address: UInt64
        var size: UInt32
        /// The step and the statement of its first load.
        var first: Int
        var record: UInt32
    }

    private struct Write {
        var index: Int
        var record: UInt32
        var start: UInt64
        var end: UInt64
        /// Whether a doorbell started it: then it may land at any moment until it is known to be done.
        var isInFlight: Bool
    }

    private let profile: HazardProfile
    private var polls = AgentTable<Poll>()
    private var writes = AgentTable<Recent<Write>>()
    private var rung: Set<Agent> = []
    /// What was found so far.
    private(set) var findings: [Finding] = []
    private var reported: Set<[UInt32]> = []

    init(profile: HazardProfile) { self.profile = profile }

    /// Folds the next step; `map` is that of the trace at the step.
    ///
    /// - Complexity: O(1), and O(writes in flight) for each poll.
    mutating func take(_ step: LoweredStep, _ index: Int, _ map: MemoryMap) {
        guard profile.hasCaches else { return }
        switch step.operation {
        case .access(let access, _, _): perform(access, index, step, map)
        case .barrier, .environment: return
        case .device(let operation):
            guard operation.kind == .write, !profile.snoops(step.agent) else { return }
            note(operation, index, step, map)
        case .ring(let device):
            rung.insert(device)
            polls[step.agent] = nil
        case .wait(let device):
            writes[device] = nil
            polls[step.agent] = nil
        default: polls[step.agent] = nil
        }
    }

    private mutating func note(
        _ operation: DeviceOperation, _ index: Int, _ step: LoweredStep, _ map: MemoryMap
    ) {
        let start = map.physical(of: operation.start.address.rawValue)
        writes[step.agent, default: Recent(HazardLimits.remembered)].append(
            Write(
                index: index, record: step.record, start: start, end: start &+ operation.extent,
                isInFlight: rung.contains(step.agent)))
    }

    private mutating func perform(
        _ access: MemoryAccess, _ index: Int, _ step: LoweredStep, _ map: MemoryMap
    ) {
        if profile.device(withRegister: access.address) != nil { return }
        guard access.kind == .load || access.kind == .loadAcquire else {
            polls[step.agent] = nil
            return
        }
        guard let poll = polls[step.agent], poll.address == access.address,
            poll.size == access.size
        else {
            polls[step.agent] = Poll(
                address: access.address, size: access.size, first: index, record: step.record)
            return
        }
        judge(poll, step, map)
    }

    private mutating func judge(_ poll: Poll, _ step: LoweredStep, _ map: MemoryMap) {
        let mapping = map.mapping(of: poll.address)
        guard mapping.type.isCacheable else { return }
        let start = poll.address &- mapping.start &+ mapping.physical
        let end = start &+ UInt64(poll.size)
        for device in writes.agents {
            let write = writes[device]?.all.first {
                $0.start < end && start < $0.end && ($0.isInFlight || $0.index > poll.first)
            }
            guard let write, reported.insert([step.record, write.record]).inserted else { continue }
            let (core, name) = (profile.name(of: step.agent), profile.name(of: device))
            findings.append(
                Finding(
                    .h38, .latent, record: Int(step.record), agent: step.agent, address: start,
                    bytes: end - start, writer: device, writeRecord: Int(write.record),
                    detail:
                        "\(core) polls the bytes in a cache, and may never see what \(name) writes in record "
                        + "\(write.record)",
                    chain: [
                        ChainLink(
                            record: Int(poll.record),
                            text: "\(core) loads the bytes: the line is cached"),
                        ChainLink(
                            record: Int(write.record), text: "\(name) writes DRAM: new"),
                        ChainLink(
                            record: Int(step.record),
                            text: "\(core) loads them again, and hits the line: old"),
                    ]))
        }
    }
}
