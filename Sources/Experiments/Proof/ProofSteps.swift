import Hazards
import Operations
import Quantities

/// Makes a trace's lowered operations into what takes effect as one.
struct ProofSteps {
    private let profile: HazardProfile
    private var map: MemoryMap
    /// Later rounds of cyclic reads, until the device's completion is seen.
    private var rounds: [Agent: [ProofStep]] = [:]
    private(set) var steps: [ProofStep] = []
    /// What the addresses were before each change since the last step.
    private var mapsBefore: [MemoryMap] = []
    /// What of the trace is not part of the search, in words.
    private(set) var left: Set<String> = []

    init(_ lowered: [LoweredStep], profile: HazardProfile, map: MemoryMap) {
        self.profile = profile
        self.map = map
        for step in lowered { add(step) }
        for device in rounds.keys.sorted(by: { $0.rawValue < $1.rawValue }) { finish(device) }
    }

    private mutating func append(_ step: ProofStep) {
        var step = step
        step.map = map
        step.mapAfter = map
        step.mapsBefore = mapsBefore
        mapsBefore = []
        step.hasCaches = profile.hasCaches
        steps.append(step)
    }

    private mutating func finish(_ device: Agent) {
        for round in rounds.removeValue(forKey: device) ?? [] { append(round) }
    }

    private mutating func add(_ step: LoweredStep) {
        switch step.operation {
        case .access(let access, _, _): add(access, step)
        case .run(let run): add(run, step)
        case .copy(let copy):
            let isKernels = profile.bounceBuffers.contains(copy.source.address.rawValue)
            add(
                .load, [(copy.source.address.rawValue, copy.bytes)], step, isKernels: isKernels)
            add(.store, copy.destination.address.rawValue, copy.bytes, step)
        case .barrier(let barrier):
            append(ProofStep(.barrier(barrier), by: step.agent, record: step.record))
        case .maintenance(let operation): add(operation, step)
        case .ring(let device):
            var ring = ProofStep(.ring, by: step.agent, record: step.record)
            ring.device = device
            append(ring)
        case .wait(let device):
            finish(device)
            var wait = ProofStep(.wait, by: step.agent, record: step.record)
            wait.device = device
            append(wait)
        case .device(let operation): add(operation, step)
        case .setMemoryType, .map:
            mapsBefore.append(map)
            map.follow(step.operation)
            if !steps.isEmpty { steps[steps.count - 1].mapAfter = map }
        case .environment(let event):
            if event.kind == .leave || event.kind == .join {
                left.insert("cores that leave coherence (`env leave`)")
            }
        default: break
        }
    }

    private mutating func add(_ access: MemoryAccess, _ step: LoweredStep) {
        switch access.kind {
        case .load, .store, .miscellaneousRead, .loadExclusive, .storeExclusive, .loadAcquire,
            .storeRelease:
            add(
                access.kind, access.address, UInt64(access.size), step,
                isDependent: access.isDependent)
        case .fetch: left.insert("what instruction caches hold (H22)")
        case .prefetch: break
        case .copyBack, .invalidate:
            add(
                Maintenance(
                    access.kind == .copyBack ? .dcCVAC : .dcIVAC, at: Operand(access.address),
                    bytes: UInt64(access.size)), step)
        }
    }

    private mutating func add(
        _ kind: AccessKind, _ address: UInt64, _ size: UInt64, _ step: LoweredStep,
        isDependent: Bool = false
    ) {
        add(kind, [(address, size)], step, isDependent: isDependent)
    }

    private mutating func add(
        _ kind: AccessKind, _ ranges: [(UInt64, UInt64)], _ step: LoweredStep,
        isDependent: Bool = false, isKernels: Bool = false
    ) {
        guard let (first, _) = ranges.first else { return }
        var access = ProofStep(
            kind.isStore ? .store : .load, by: step.agent, record: step.record)
        access.access = kind == .miscellaneousRead ? .load : kind
        access.isDependent = isDependent
        access.isKernelCopy = isKernels
        access.type = map.mapping(of: first).type
        access.ranges = ranges.map { ProofStep.Range(start: map.physical(of: $0.0), size: $0.1) }
        append(access)
    }

    private mutating func add(_ run: AccessRun, _ step: LoweredStep) {
        let start = run.start.address.rawValue
        guard run.step > UInt64(run.size) else {
            add(
                run.kind, start, (run.count - 1) * run.step + UInt64(run.size(at: run.count - 1)),
                step)
            return
        }
        add(
            run.kind,
            (0..<run.count).map { (start &+ $0 &* run.step, UInt64(run.size)) }, step)
    }

    private mutating func add(_ operation: Maintenance, _ step: LoweredStep) {
        let instruction = operation.instruction
        let start = map.physical(of: operation.start.address.rawValue)
        let lineSize = min(profile.lineSize, 64)
        let isLine = operation.bytes == 0
        var result: ProofStep
        switch instruction {
        case .icIVAU, .icIALLU, .icIALLUIS: return
        case .outerSync:
            guard profile.hasOuterCache else { return }
            append(ProofStep(.outerSync, by: step.agent, record: step.record))
            return
        case .dcZVA:
            let (first, bytes) = profile.zeroed(operation)
            add(.store, first, bytes, step)
            return
        case .dcCVAU where !profile.hasOuterCache: return
        case _ where instruction.isOuter:
            guard profile.hasOuterCache else { return }
            result = ProofStep(.outer(instruction), by: step.agent, record: step.record)
        default:
            guard profile.hasCaches else { return }
            result = ProofStep(.maintain(instruction), by: step.agent, record: step.record)
        }
        // By whichever address it names a line, it keeps its order with accesses that go through the caches.
        result.type = .writeBack
        if instruction.isByAddress {
            let first = isLine ? start / lineSize * lineSize : start
            result.ranges = [
                ProofStep.Range(
                    start: first, size: isLine ? lineSize : operation.bytes, isWhole: true)
            ]
        } else {
            result.isEverywhere = true
        }
        append(result)
    }

    private mutating func add(_ operation: DeviceOperation, _ step: LoweredStep) {
        guard operation.kind != .interrupt else { return }
        if let read = operation.readSide { add(read, step) }
        var result = ProofStep(
            operation.kind == .write ? .deviceWrite : .deviceRead, by: step.agent,
            record: step.record)
        result.ranges = operation.rowStarts.map {
            ProofStep.Range(start: map.physical(of: $0), size: operation.bytes)
        }
        let mapping = map.mapping(of: operation.start.address.rawValue)
        // Memory that is not shareable is nothing to a port.
        result.snoops = profile.snoops(step.agent) && mapping.shareability != .nonShareable
        append(result)
        guard operation.cycles > 1 else { return }
        if operation.kind == .write {
            append(result)
        } else {
            result.isRound = true
            rounds[step.agent, default: []].append(result)
        }
    }
}
