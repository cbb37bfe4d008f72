import Operations
import Quantities

// Who may touch a buffer. map and sync-for-device give it to the device, unmap and sync-for-CPU give it back
// (linux-dma.md §5.2). The bytes' fate is for others to judge: here the rule alone counts.

/// Follows who owns the bytes of each mapping, and finds who touches what is not theirs.
///
/// Found are a core's store to what the device has (H18), a device's access against the mapping's direction (H15), after
/// the mapping's end or, behind an IOMMU, to what is not mapped for it (H17), beyond its mapping (H16) or to a mapping that
/// failed (H32), a mapping that is taken back while the device is still at work (H09), and one that the device gets again
/// with the core's stores in it and no sync (H40).
public struct OwnershipRules {
    /// A mapping or an allocation, ended or not.
    struct Mapping {
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
    struct Busy {
        var range: Range<UInt64>
        var record: Int
    }

    let profile: HazardProfile
    /// What the program's declarations say of addresses.
    private(set) var map = MemoryMap()
    private let failed: Set<Int>
    var mappings: [Mapping] = []
    /// The pools: whose they are, and how large a block is.
    private var pools: [HandleID: (device: Agent, size: UInt64)] = [:]
    /// Devices for which more is mapped than is followed here: ranges of addresses of an IOMMU, registers.
    private(set) var otherwiseMapped: Set<Agent> = []
    /// How many streaming mappings have not ended.
    private(set) var live = 0
    var bounds: Range<UInt64>?
    /// The step of each device's last doorbell.
    var rung: [Agent: Int] = [:]
    var busy: [Agent: [Busy]] = [:]
    var findings: [Finding] = []
    /// What comes after the step at work.
    var upcoming: ArraySlice<UnrolledOperations.Step> = []
    var seen: Set<[Int]> = []

    /// Stores that are remembered of one mapping until a sync.
    static let mostStores = 256
    /// Writes of one device that are remembered until they are known to be done.
    static let mostBusy = 64

    /// Makes the rules for a machine.
    ///
    /// - Parameters:
    ///   - profile: For names.
    ///   - unreachable: What the run could not map.
    public init(profile: HazardProfile, unreachable: [FailedMap] = []) {
        self.profile = profile
        failed = Set(unreachable.filter(\.isMap).map { Int($0.record) })
    }

    /// Checks a program; of loops two rounds are gone.
    ///
    /// - Parameters:
    ///   - program: The program.
    ///   - outline: The program without its accesses, if it is at hand: without calls that map there is nothing to break.
    ///   - watch: The bytes that calls name and devices touch: accesses of others are passed over.
    ///   - map: Which of its addresses mean which physical bytes.
    ///   - moves: What engines move that read descriptors by themselves: of each statement that starts one, for each pass.
    /// - Returns: the broken rules, in the order of their statements.
    /// - Complexity: O(statements × mappings).
    public mutating func run(
        _ program: Program, outline: Program? = nil, watch: WatchList, map: MemoryMap = MemoryMap(),
        moves: [Int: [[DeviceOperation]]] = [:]
    ) -> [Finding] {
        self.map = map
        guard profile.usesLinux, concerns(outline ?? program) else { return [] }
        let physical = PhysicalProgram(outline ?? program, map: map)
        var steps: [UnrolledOperations.Step] = []
        for var step in UnrolledOperations(
            program, rounds: 2,
            accesses: { watch.touches(physical.located($0.address), UInt64($0.size)) },
            where: { Self.isOfInterest(physical.located($0), watch) })
        {
            let moved = moves.isEmpty ? [] : Self.moves(of: step, moves)
            if !physical.isIdentity { step.operation = physical.located(step.operation) }
            steps.append(step)
            steps += moved
        }
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
            case .maintenance(let operation):
                let (start, bytes) = profile.zeroed(operation)
                checkStore(start, bytes, step)
            default: break
            }
        }
        return findings
    }

    /// Whether there is a rule to break: calls, or a device that reaches nothing without them.
    private func concerns(_ program: Program) -> Bool {
        program.hasCalls || profile.devices.contains(where: \.isTranslated)
    }

    /// What an engine does of itself behind a step.
    private static func moves(
        of step: UnrolledOperations.Step, _ all: [Int: [[DeviceOperation]]]
    ) -> [UnrolledOperations.Step] {
        guard case .device(let operation) = step.operation, operation.layout != .none,
            let passes = all[step.record], step.pass < UInt64(passes.count)
        else { return [] }
        return passes[Int(step.pass)].map { operation in
            var moved = step
            moved.operation = .device(operation)
            return moved
        }
    }

    private static func isOfInterest(_ operation: Operation, _ watch: WatchList) -> Bool {
        switch operation {
        case .dma, .ring, .wait, .device, .copy: true
        case .accessor(let accessor): accessor.function.isWrite
        case .maintenance(let operation): operation.instruction == .dcZVA
        case .run(let run):
            watch.touches(run.start.address.rawValue, run.count &* run.step &+ UInt64(run.size))
        default: false
        }
    }

    // MARK: Following

    private mutating func follow(
        _ call: DMACall, _ step: UnrolledOperations.Step, _ index: Int
    ) {
        switch call.function {
        case .poolCreate: pools[call.pool] = (call.device ?? .device(0), call.size ?? 1)
        case .iovaTryAlloc, .mapResource, .declareCoherentMemory:
            if let device = call.device { otherwiseMapped.insert(device) }
        default: break
        }
        if call.function.makesHandle, call.function != .poolCreate { return add(call, step) }
        guard let place = mappings.lastIndex(where: { $0.handle == call.handle }) else { return }
        if APIRules.releases.contains(call.function) {
            guard mappings[place].ended == nil else { return }
            mappings[place].ended = step.record
            if mappings[place].isStreaming { live -= 1 }
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
        let pool = pools[call.pool]
        let new = Mapping(
            handle: call.handle, device: call.device ?? pool?.device ?? .device(0),
            record: step.record,
            pieces: call.segments.map {
                ($0.start.address.rawValue, max($0.size, pool?.size ?? 1, 1))
            },
            direction: call.direction ?? .bidirectional, isStreaming: isStreaming,
            isFailed: call.fails || failed.contains(step.record))
        for piece in new.pieces {
            let range = Self.range(piece)
            let old = bounds ?? range
            bounds =
                min(old.lowerBound, range.lowerBound)..<max(old.upperBound, range.upperBound)
        }
        mappings.append(new)
        if isStreaming { live += 1 }
        guard mappings.count > HazardLimits.followed,
            let oldest = mappings.firstIndex(where: { $0.ended != nil })
        else { return }
        mappings.remove(at: oldest)
    }

    /// The bytes that a call names.
    func ranges(of call: DMACall, in mapping: Mapping) -> [Range<UInt64>] {
        guard let first = mapping.pieces.first else { return [] }
        guard let size = call.size else {
            return mapping.pieces.prefix(Int(clamping: call.count ?? .max)).map(Self.range)
        }
        return [Self.range((first.start &+ (call.offset ?? 0), size))]
    }

    static func range(_ piece: (start: UInt64, size: UInt64)) -> Range<UInt64> {
        let last = lastByte(piece.start, max(piece.size, 1))
        return piece.start..<(last == .max ? .max : last + 1)
    }
}

extension Program {
    /// Whether it has calls of the DMA API.
    fileprivate var hasCalls: Bool {
        statements.contains {
            if case .operation(_, .dma) = $0.body { true } else { false }
        }
    }
}

extension DMACall.Function {
    /// Whether the device has the bytes again after the call.
    public var givesAway: Bool {
        switch self {
        case .syncSingleForDevice, .syncSingleRangeForDevice, .syncSGForDevice,
            .syncSGTableForDevice:
            true
        default: false
        }
    }

    /// Whether the call makes memory that core and device share.
    public var allocates: Bool {
        switch self {
        case .allocCoherent, .zallocCoherent, .allocWriteCombine, .allocAttrs, .allocNoncoherent,
            .allocPages, .allocNoncontiguous, .poolAlloc, .poolZalloc:
            true
        default: false
        }
    }
}
