import Operations
import Quantities

// Who may touch a buffer. map and sync-for-device give it to the device, unmap and sync-for-CPU give it back
// (linux-dma.md §5.2). The bytes' fate is for others to judge: here the rule alone counts.

/// Follows who owns the bytes of each mapping, and finds who touches what is not theirs.
///
/// Found are a core's store to what the device has (H18), a device's access against the mapping's direction (H15), after
/// the mapping's end (H17) or to a mapping that failed (H32), a mapping that is taken back while the device is still at
/// work (H09), and one that the device gets again with the core's stores in it and no sync (H40).
public struct OwnershipRules {
    /// A mapping or an allocation, ended or not.
    private struct Mapping {
        var handle: HandleID
        var device: Agent
        var record: Int
        var pieces: [(start: UInt64, size: UInt64)]
        var direction: DMADirection
        var isStreaming: Bool
        var isFailed: Bool
        var ended: Int?
        /// What the core has of a mapping that lives, and since which statement.
        var cores: [(range: Range<UInt64>, since: Int, step: Int)] = []
        /// Stores to what the core has of it.
        var ownStores: [(range: Range<UInt64>, record: Int)] = []
        /// Stores to what the device has, until it is synced for the device.
        var stores: [(range: Range<UInt64>, record: Int)] = []
    }

    /// A write that a doorbell started and whose end the core has not seen.
    private struct Busy {
        var range: Range<UInt64>
        var record: Int
    }

    private let profile: HazardProfile
    private let failed: Set<Int>
    private var mappings: [Mapping] = []
    private var bounds: Range<UInt64>?
    /// The step of each device's last doorbell.
    private var rung: [Agent: Int] = [:]
    private var busy: [Agent: [Busy]] = [:]
    private var statements: [Statement] = []
    private var findings: [Finding] = []
    /// What comes after the step at work.
    private var upcoming: ArraySlice<UnrolledOperations.Step> = []
    private var seen: Set<[Int]> = []

    /// Mappings that are remembered after their end.
    private static let limit = 1_024

    /// Makes the rules for a machine.
    ///
    /// - Parameters:
    ///   - profile: For names.
    ///   - unreachable: What the run could not map.
    public init(profile: HazardProfile, unreachable: [FailedMap] = []) {
        self.profile = profile
        failed = Set(unreachable.filter { !$0.message.isEmpty }.map { Int($0.record) })
    }

    /// Checks a program; of loops two rounds are gone.
    ///
    /// - Parameters:
    ///   - program: The program.
    ///   - watch: The bytes that calls name and devices touch: accesses of others are passed over.
    /// - Returns: the broken rules, in the order of their statements.
    /// - Complexity: O(statements × mappings).
    public mutating func run(_ program: Program, watch: WatchList) -> [Finding] {
        guard profile.usesLinux else { return [] }
        let steps = Array(
            UnrolledOperations(program, rounds: 2) { Self.isOfInterest($0, watch) })
        for (index, step) in steps.enumerated() {
            switch step.operation {
            case .dma(let call):
                checkEarly(call, step, steps[(index + 1)...])
                upcoming = steps[(index + 1)...]
                follow(call, step, index)
            case .ring(let device): rung[device] = index
            case .accessor(let accessor) where accessor.function.isWrite:
                rung[accessor.device] = index
            case .wait(let device): busy[device] = nil
            case .device(let operation):
                upcoming = steps[(index + 1)...]
                check(operation, step)
            case .access(let access, _, _) where access.kind.isStore:
                checkStore(access.address, UInt64(access.size), step)
            case .run(let run) where run.kind.isStore && run.count > 0:
                let span = (run.count - 1) &* run.step &+ UInt64(run.size)
                checkStore(run.start.address.rawValue, span, step)
            case .copy(let copy) where !copy.isOnWrite:
                checkStore(copy.destination.address.rawValue, copy.bytes, step)
            default: break
            }
        }
        return findings
    }

    private static func isOfInterest(_ operation: Operation, _ watch: WatchList) -> Bool {
        switch operation {
        case .dma, .ring, .wait, .device, .copy: true
        case .accessor(let accessor): accessor.function.isWrite
        case .access(let access, _, _): watch.touches(access.address, UInt64(access.size))
        case .run(let run):
            watch.touches(run.start.address.rawValue, run.count &* run.step &+ UInt64(run.size))
        default: false
        }
    }

    // MARK: Following

    private mutating func follow(
        _ call: DMACall, _ step: UnrolledOperations.Step, _ index: Int
    ) {
        if call.function.makesHandle, call.function != .poolCreate { return add(call, step) }
        guard let place = mappings.lastIndex(where: { $0.handle == call.handle }) else { return }
        if APIRules.releases.contains(call.function) {
            if mappings[place].ended == nil { mappings[place].ended = step.record }
            return
        }
        let named = ranges(of: call, in: mappings[place])
        if call.function.givesBack {
            mappings[place].cores += named.map { ($0, step.record, index) }
        } else if call.function.givesAway {
            mappings[place].cores.removeAll { core in named.contains { $0.overlaps(core.range) } }
            mappings[place].stores.removeAll { store in
                named.contains { $0.overlaps(store.range) }
            }
            mappings[place].ownStores.removeAll { store in
                named.contains { $0.overlaps(store.range) }
            }
        }
    }

    private mutating func add(_ call: DMACall, _ step: UnrolledOperations.Step) {
        let isStreaming = APIRules.streamingMaps.contains(call.function)
        let isMemory = isStreaming || call.function.allocates
        guard isMemory else { return }
        let new = Mapping(
            handle: call.handle, device: call.device ?? .device(0), record: step.record,
            pieces: call.segments.map { ($0.start.address.rawValue, max($0.size, 1)) },
            direction: call.direction ?? .bidirectional, isStreaming: isStreaming,
            isFailed: call.fails || failed.contains(step.record))
        for piece in new.pieces {
            let range = Self.range(piece)
            let old = bounds ?? range
            bounds =
                min(old.lowerBound, range.lowerBound)..<max(old.upperBound, range.upperBound)
        }
        mappings.append(new)
        guard mappings.count > Self.limit,
            let oldest = mappings.firstIndex(where: { $0.ended != nil })
        else { return }
        mappings.remove(at: oldest)
    }

    /// The bytes that a call names.
    private func ranges(of call: DMACall, in mapping: Mapping) -> [Range<UInt64>] {
        guard let first = mapping.pieces.first else { return [] }
        guard let size = call.size else {
            return mapping.pieces.prefix(Int(clamping: call.count ?? .max)).map(Self.range)
        }
        return [Self.range((first.start &+ (call.offset ?? 0), size))]
    }

    private static func range(_ piece: (start: UInt64, size: UInt64)) -> Range<UInt64> {
        let last = lastByte(piece.start, max(piece.size, 1))
        return piece.start..<(last == .max ? .max : last + 1)
    }

    // MARK: Checking

    /// A core's store to what a device has.
    ///
    /// What only the device reads may be stored to if it is synced for the device before it reads.
    private mutating func checkStore(
        _ start: UInt64, _ size: UInt64, _ step: UnrolledOperations.Step
    ) {
        let range = Self.range((start, size))
        guard let bounds, bounds.overlaps(range) else { return }
        for place in mappings.indices.reversed()
        where mappings[place].isStreaming && mappings[place].ended == nil
            && !mappings[place].isFailed
        {
            let mapping = mappings[place]
            guard let piece = mapping.pieces.map(Self.range).first(where: { $0.overlaps(range) })
            else { continue }
            let touched = piece.clamped(to: range)
            guard !mapping.cores.contains(where: { $0.range.overlaps(touched) }) else {
                mappings[place].ownStores.append((touched, step.record))
                continue
            }
            mappings[place].stores.append((touched, step.record))
            if mapping.direction != .toDevice { reportStore(touched, step.record, mapping, step) }
        }
    }

    private mutating func reportStore(
        _ range: Range<UInt64>, _ record: Int, _ mapping: Mapping, _ step: UnrolledOperations.Step
    ) {
        let device = profile.name(of: mapping.device)
        report(
            .h18, agent: .core(0), record: record, other: mapping.record, range,
            writer: mapping.device,
            "the bytes are \(device)'s since the map in record \(mapping.record), \(mapping.direction.name), and "
                + "no sync has given them back",
            [
                ChainLink(
                    record: mapping.record,
                    text: "the map gives the bytes to \(device), \(mapping.direction.name)"),
                ChainLink(record: record, text: "the core stores to them"),
            ])
    }

    /// A device's access of what is mapped for it.
    private mutating func check(_ operation: DeviceOperation, _ step: UnrolledOperations.Step) {
        switch operation.kind {
        case .interrupt: return
        case .read, .descriptorFetch:
            check(operation.start.address.rawValue, operation.extent, isWrite: false, step)
        case .write:
            if let source = operation.source {
                check(source.address.rawValue, operation.bytes, isWrite: false, step)
            }
            check(operation.start.address.rawValue, operation.extent, isWrite: true, step)
        }
    }

    private mutating func check(
        _ start: UInt64, _ size: UInt64, isWrite: Bool, _ step: UnrolledOperations.Step
    ) {
        guard size > 0 else { return }
        let range = Self.range((start, size))
        if isWrite, rung[step.agent] != nil {
            busy[step.agent, default: []].append(Busy(range: range, record: step.record))
        }
        let place = mappings.lastIndex { mapping in
            mapping.device == step.agent
                && mapping.pieces.contains { Self.range($0).contains(start) }
        }
        guard let place else { return }
        let mapping = mappings[place]
        let name = profile.name(of: step.agent)
        let did = isWrite ? "writes" : "reads"
        let map = ChainLink(
            record: mapping.record,
            text: "the bytes are mapped for \(name), \(mapping.direction.name)")
        let act = ChainLink(record: step.record, text: "\(name) \(did) them")
        if mapping.isFailed {
            report(
                .h32, agent: step.agent, record: step.record, other: mapping.record, range,
                writer: step.agent,
                "the map in record \(mapping.record) failed: \(name) \(did) at DMA_MAPPING_ERROR",
                [ChainLink(record: mapping.record, text: "the map fails"), act])
        } else if let ended = mapping.ended {
            report(
                .h17, agent: step.agent, record: step.record, other: mapping.record, range,
                writer: step.agent,
                "the mapping of record \(mapping.record) ended in record \(ended), and \(name) still \(did)",
                [map, ChainLink(record: ended, text: "the mapping ends"), act])
        } else if mapping.isStreaming,
            isWrite ? !mapping.direction.deviceWrites : !mapping.direction.deviceReads
        {
            report(
                .h15, agent: step.agent, record: step.record, other: mapping.record, range,
                writer: step.agent,
                "\(name) \(did) what is mapped \(mapping.direction.name) in record \(mapping.record)",
                [map, act])
        } else if mapping.isStreaming {
            checkOwner(mapping, range, isWrite: isWrite, step, map, act)
        }
    }

    /// What a device finds in a mapping that is live and of its direction: the core's bytes, or stores without a sync.
    private mutating func checkOwner(
        _ mapping: Mapping, _ range: Range<UInt64>, isWrite: Bool,
        _ step: UnrolledOperations.Step, _ map: ChainLink, _ act: ChainLink
    ) {
        let started = rung[step.agent] ?? .max
        if isWrite,
            let core = mapping.cores.first(where: { $0.range.overlaps(range) && started < $0.step }
            ),
            !isTakenBack(mapping, range, in: upcoming)
        {
            report(
                .h09, agent: step.agent, record: core.since, other: step.record,
                core.range.clamped(to: range), writer: step.agent,
                "the sync gave the bytes to the core, and \(profile.name(of: step.agent)), which had been started "
                    + "before, writes them in record \(step.record)",
                [map, ChainLink(record: core.since, text: "the sync gives them to the core"), act])
        } else if let store = mapping.ownStores.first(where: { $0.range.overlaps(range) }) {
            report(
                .h40, agent: step.agent, record: step.record, other: store.record,
                store.range.clamped(to: range), writer: step.agent,
                "the core stored to the bytes in record \(store.record), and no sync has given them back to "
                    + profile.name(of: step.agent),
                [
                    map, ChainLink(record: store.record, text: "the core, which has them, stores"),
                    act,
                ])
        }
        if !isWrite, mapping.direction == .toDevice,
            let store = mapping.stores.first(where: { $0.range.overlaps(range) })
        {
            reportStore(store.range, store.record, mapping, step)
        }
    }

    /// Whether the driver takes bytes back before it loads them: what was synced before was a poll.
    private func isTakenBack(_ mapping: Mapping, _ range: Range<UInt64>, after record: Int) -> Bool
    {
        for case .operation(_, let operation) in statements[record...].lazy.map(\.body) {
            var load = (start: UInt64(0), size: UInt64(0))
            switch operation {
            case .dma(let call) where call.handle == mapping.handle && call.function.givesBack:
                return ranges(of: call, in: mapping).contains { $0.overlaps(range) }
            case .access(let access, _, _) where access.kind == .load:
                load = (access.address, UInt64(access.size))
            case .run(let run) where run.kind == .load:
                load = (run.start.address.rawValue, run.bytes)
            default: continue
            }
            if Self.range(load).overlaps(range) { return false }
        }
        return false
    }

    /// A call that takes back what a device is still writing, before a `wait` that says so.
    private mutating func checkEarly(
        _ call: DMACall, _ step: UnrolledOperations.Step,
        _ rest: ArraySlice<UnrolledOperations.Step>
    ) {
        guard call.function.givesBack,
            let mapping = mappings.last(where: { $0.handle == call.handle }), mapping.ended == nil,
            mapping.isStreaming, call.direction ?? mapping.direction != .toDevice
        else { return }
        let named = ranges(of: call, in: mapping)
        guard
            let write = busy[mapping.device]?.first(where: { write in
                named.contains { $0.overlaps(write.range) }
            }), learns(of: mapping.device, in: rest),
            !isTakenBack(mapping, write.range, in: rest)
        else { return }
        let name = profile.name(of: mapping.device)
        report(
            .h09, agent: .core(0), record: step.record, other: write.record, write.range,
            writer: mapping.device,
            "\(name) may still be writing (record \(write.record)): the driver learns only later that it is done",
            [
                ChainLink(record: write.record, text: "\(name) is writing the bytes"),
                ChainLink(
                    record: step.record,
                    text:
                        "\(call.function.rawValue) takes them back, and invalidates what is cached"),
            ])
    }

    /// Whether a mapping's bytes are taken back once more when the device is done, before they are loaded.
    ///
    /// A driver that polls them takes them back again and again: only the last time has to be late enough.
    private func isTakenBack(
        _ mapping: Mapping, _ range: Range<UInt64>, in rest: ArraySlice<UnrolledOperations.Step>
    ) -> Bool {
        var isOver = false
        for step in rest {
            switch step.operation {
            case .wait(mapping.device): isOver = true
            case .dma(let call)
            where isOver && call.function.givesBack && call.handle == mapping.handle:
                return ranges(of: call, in: mapping).contains { $0.overlaps(range) }
            case .access(let access, _, _) where isOver && !access.kind.isStore:
                if Self.range((access.address, UInt64(access.size))).overlaps(range) {
                    return false
                }
            case .run(let run) where isOver && !run.kind.isStore:
                if Self.range((run.start.address.rawValue, run.bytes)).overlaps(range) {
                    return false
                }
            default: continue
            }
        }
        return false
    }

    /// Whether the core waits for a device before it starts it again.
    private func learns(of device: Agent, in rest: ArraySlice<UnrolledOperations.Step>) -> Bool {
        for step in rest {
            switch step.operation {
            case .wait(device): return true
            case .ring(device): return false
            case .accessor(let accessor)
            where accessor.device == device && accessor.function.isWrite:
                return false
            default: continue
            }
        }
        return false
    }

    private mutating func report(
        _ code: HazardCode, agent: Agent, record: Int, other: Int, _ range: Range<UInt64>,
        writer: Agent, _ detail: String, _ chain: [ChainLink]
    ) {
        guard let place = HazardCode.allCases.firstIndex(of: code),
            seen.insert([place, record, other]).inserted
        else { return }
        findings.append(
            Finding(
                code, .misuse, record: record, agent: agent, address: range.lowerBound,
                bytes: UInt64(range.count), writer: writer, writeRecord: other, detail: detail,
                chain: chain))
    }
}

extension DMACall.Function {
    /// Whether the device has the bytes again after the call.
    var givesAway: Bool {
        switch self {
        case .syncSingleForDevice, .syncSingleRangeForDevice, .syncSGForDevice,
            .syncSGTableForDevice:
            true
        default: false
        }
    }

    /// Whether the call makes memory that core and device share.
    var allocates: Bool {
        switch self {
        case .allocCoherent, .zallocCoherent, .allocWriteCombine, .allocAttrs, .allocNoncoherent,
            .allocPages, .allocNoncontiguous, .poolAlloc, .poolZalloc:
            true
        default: false
        }
    }
}
