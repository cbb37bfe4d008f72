import Operations
import Quantities

/// Finds instructions that may be fetched as they were before they were written (H22).
///
/// New instructions pass four steps, each of which needs the one before: a clean to the Point of Unification, a DSB, an
/// invalidate of the instruction side, and a DSB with an ISB. A device's need no clean. A fetch before the last is done may
/// find old ones, whether or not the instruction cache has held them. One such state stands for all cores.
struct InstructionOrder {
    /// How far bytes have come.
    private struct State {
        var written: UInt64 = 0
        var cleaned: UInt64 = 0
        var unified: UInt64 = 0
        var invalidated: UInt64 = 0
        var settled: UInt64 = 0
        var record: UInt32 = 0
        var writer: UInt8 = 0

        var open: UInt64 { written | cleaned | unified | invalidated | settled }

        mutating func set(_ mask: UInt64, _ record: UInt32, _ writer: Agent) {
            clear(mask)
            self.record = record
            self.writer = writer.rawValue
        }

        mutating func clear(_ mask: UInt64) {
            written &= ~mask
            cleaned &= ~mask
            unified &= ~mask
            invalidated &= ~mask
            settled &= ~mask
        }
    }

    private let profile: HazardProfile
    private let watch: WatchList
    private var states: [UInt64: State] = [:]
    /// What was found so far.
    private(set) var findings: [Finding] = []

    init(profile: HazardProfile, watch: WatchList) {
        self.profile = profile
        self.watch = watch
    }

    /// Folds the next step, unless the trace fetches nothing that it writes.
    ///
    /// - Parameters:
    ///   - step: It.
    ///   - map: That of the trace before the first step.
    mutating func take(_ step: LoweredStep, _ map: MemoryMap) {
        guard watch.hasInstructions else { return }
        switch step.operation {
        case .access(let access, _, _):
            let end = UInt64(access.size)
            switch access.kind {
            case .fetch: fetch(access.address, end, step, map)
            case .store, .storeExclusive, .storeRelease: store(access.address, end, step, map)
            default: return
            }
        case .run(let run):
            let start = run.start.address.rawValue
            if run.kind == .fetch { fetch(start, run.extent, step, map) }
            if run.kind.isStore { store(start, run.extent, step, map) }
        case .copy(let copy):
            store(copy.destination.address.rawValue, copy.bytes, step, map)
        case .device(let operation) where operation.kind == .write:
            deviceWrites(operation, step, map)
        case .maintenance(let operation) where operation.instruction == .dcZVA:
            let (start, bytes) = profile.zeroed(operation)
            store(start, bytes, step, map)
        case .maintenance(let operation): maintain(operation, map)
        case .barrier(let barrier): settle(barrier)
        default: return
        }
    }

    private mutating func store(
        _ address: UInt64, _ size: UInt64, _ step: LoweredStep, _ map: MemoryMap
    ) {
        let mapping = map.mapping(of: address)
        let isCacheable = mapping.type.isCacheable && profile.hasCaches
        for (granule, mask) in granules(address, size, map) {
            states[granule, default: State()].set(mask, step.record, step.agent)
            if isCacheable {
                states[granule]?.written |= mask
            } else {
                states[granule]?.cleaned |= mask
            }
        }
    }

    private mutating func deviceWrites(
        _ operation: DeviceOperation, _ step: LoweredStep, _ map: MemoryMap
    ) {
        for (granule, mask) in granules(operation.start.address.rawValue, operation.extent, map) {
            states[granule, default: State()].set(mask, step.record, step.agent)
            states[granule]?.unified |= mask
        }
    }

    private mutating func maintain(_ operation: Maintenance, _ map: MemoryMap) {
        let instruction = operation.instruction
        guard !instruction.isOuter else { return }
        let named: [(UInt64, UInt64)]
        if instruction.isByAddress {
            let step = profile.lineSize
            let first = operation.start.address.rawValue / step * step
            let end = lastByte(operation.start.address.rawValue, max(operation.bytes, 1))
            named = Array(granules(first, end / step * step + step - first, map))
        } else {
            named = states.keys.map { ($0, .max) }
        }
        for (granule, mask) in named {
            guard var state = states[granule] else { continue }
            switch instruction {
            case .icIVAU, .icIALLU, .icIALLUIS:
                state.invalidated |= state.unified & mask
                state.unified &= ~mask
            default:
                guard instruction.cleans else { continue }
                state.cleaned |= state.written & mask
                state.written &= ~mask
            }
            states[granule] = state
        }
    }

    private mutating func settle(_ barrier: Barrier) {
        for granule in states.keys {
            guard var state = states[granule] else { continue }
            switch barrier.instruction {
            case .dsb where barrier.ordersStores:
                state.unified |= state.cleaned
                state.cleaned = 0
                state.settled |= state.invalidated
                state.invalidated = 0
            case .isb: state.settled = 0
            default: continue
            }
            states[granule] = state.open == 0 ? nil : state
        }
    }

    private mutating func fetch(
        _ address: UInt64, _ size: UInt64, _ step: LoweredStep, _ map: MemoryMap
    ) {
        for (granule, mask) in granules(address, size, map) {
            guard let state = states[granule], state.open & mask != 0 else { continue }
            let why = missing(state, mask)
            let writer = Agent(rawValue: state.writer)
            let bytes = state.open & mask
            let start = granule * WatchList.granule + UInt64(bytes.trailingZeroBitCount)
            findings.append(
                Finding(
                    .h22, .latent, record: Int(step.record), agent: step.agent, address: start,
                    bytes: WatchList.granule - UInt64(bytes.leadingZeroBitCount)
                        - UInt64(bytes.trailingZeroBitCount), writer: writer,
                    writeRecord: Int(state.record),
                    detail:
                        "\(profile.name(of: step.agent)) may fetch instructions older than what "
                        + "\(profile.name(of: writer)) wrote in record \(state.record): \(why)",
                    chain: [
                        ChainLink(
                            record: Int(state.record),
                            text: "\(profile.name(of: writer)) writes the instructions"),
                        ChainLink(record: Int(step.record), text: why),
                    ]))
            states[granule]?.clear(bytes)
        }
    }

    private func missing(_ state: State, _ mask: UInt64) -> String {
        if state.written & mask != 0 { return "they may be on the data side alone, not cleaned" }
        if state.cleaned & mask != 0 {
            return
                "what was stored past the caches or cleaned may not be complete: no DSB has waited for it"
        }
        if state.unified & mask != 0 { return "the instruction cache was not told since" }
        if state.invalidated & mask != 0 {
            return "the invalidate may not be complete: no DSB has waited for it"
        }
        return "the core may have fetched them already: no ISB stands after the DSB"
    }

    private func granules(
        _ address: UInt64, _ size: UInt64, _ map: MemoryMap
    ) -> WatchedGranules {
        let mapping = map.mapping(of: address)
        return watch.granules(address &- mapping.start &+ mapping.physical, size)
    }
}
