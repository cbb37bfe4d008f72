import Operations
import Quantities

/// Finds maintenance by set and way that a transfer relies on (H37).
///
/// Such an operation names a place in one core's cache, not bytes: it is not broadcast, does not reach an outer cache, and
/// lines may move between caches while a loop of them runs. With one core and no outer cache nothing can move; with one core
/// and an outer cache all is well if the outer cache is flushed by way, too.
public struct SetWayRules {
    /// What is known of a granule; masks are of its bytes.
    private struct State {
        var stored: UInt64 = 0
        /// Stored, and cleaned by set and way alone.
        var cleaned: UInt64 = 0
        /// Written by a device, and not invalidated since.
        var written: UInt64 = 0
        /// Written by a device, and flushed from the outer cache by way since.
        var flushed: UInt64 = 0
        /// Written by a device, and invalidated by set and way alone.
        var dropped: UInt64 = 0
        var storeRecord: UInt32 = 0
        var cleanRecord: UInt32 = 0
        var writeRecord: UInt32 = 0
        var dropRecord: UInt32 = 0
        var writer: UInt8 = 0
    }

    private let profile: HazardProfile
    private let watch: WatchList
    private var states: [UInt64: State] = [:]
    /// What was found so far.
    private(set) var findings: [Finding] = []
    private var places: [[UInt32]: Int] = [:]

    /// Makes the rules for a machine and the bytes that devices can touch.
    public init(profile: HazardProfile, watch: WatchList) {
        self.profile = profile
        self.watch = watch
    }

    /// Folds the next step; `map` is that of the trace before the first.
    ///
    /// - Parameters:
    ///   - step: The step. Those before the first operation by set and way count, too.
    ///   - map: Which addresses mean which physical bytes.
    /// - Complexity: O(granules that it names); operations by set and way name all.
    mutating func take(_ step: LoweredStep, _ map: MemoryMap) {
        guard profile.hasCaches, profile.cores > 1 || profile.hasOuterCache else { return }
        switch step.operation {
        case .access(let access, _, _):
            touch(access.address, UInt64(access.size), access.kind, step, map)
        case .run(let run):
            let span = run.count == 0 ? 0 : (run.count - 1) &* run.step &+ UInt64(run.size)
            touch(run.start.address.rawValue, span, run.kind, step, map)
        case .copy(let copy):
            touch(copy.source.address.rawValue, copy.bytes, .load, step, map)
            touch(copy.destination.address.rawValue, copy.bytes, .store, step, map)
        case .maintenance(let operation) where operation.instruction == .dcZVA:
            let (start, bytes) = profile.zeroed(operation)
            touch(start, bytes, .store, step, map)
        case .maintenance(let operation): maintain(operation, step, map)
        case .device(let operation) where !profile.snoops(step.agent):
            transfer(operation, step, map)
        default: return
        }
    }

    /// Whether a program can have operations by set and way at all: of its own, or in calls of libraries and kernels.
    ///
    /// - Parameters:
    ///   - operation: Each of its operations.
    ///   - kernel: The routines with which the kernel maintains a core's own caches.
    /// - Returns: whether this one may be or become one.
    public static func mayMatter(_ operation: Operation, kernel: InnerRoutines) -> Bool {
        switch operation {
        case .vendor: true
        case .dma: kernel.usesSetWay
        default: isBySetWay(operation)
        }
    }

    private static func isBySetWay(_ operation: Operation) -> Bool {
        guard case .maintenance(let operation) = operation else { return false }
        return [.dcCSW, .dcCISW, .dcISW].contains(operation.instruction)
    }

    private mutating func touch(
        _ address: UInt64, _ size: UInt64, _ kind: AccessKind, _ step: LoweredStep,
        _ map: MemoryMap
    ) {
        let mapping = map.mapping(of: address)
        guard mapping.type.isCacheable else { return }
        for (granule, mask) in watch.granules(
            address &- mapping.start &+ mapping.physical, size)
        {
            if kind.isStore {
                states[granule, default: State()].stored |= mask
                states[granule]?.storeRecord = step.record
                states[granule]?.cleaned &= ~mask
            } else if let state = states[granule], state.dropped & mask != 0 {
                let device = Agent(rawValue: state.writer)
                report(
                    granule, state.dropped & mask, step.agent, state.dropRecord, device,
                    state.writeRecord,
                    "only an operation by set and way has invalidated what a core may hold of \(profile.name(of: device))'s "
                        + "bytes before they are loaded",
                    [
                        (state.writeRecord, "\(profile.name(of: device)) writes the bytes"),
                        (state.dropRecord, "one core's cache is invalidated by set and way"),
                        (step.record, "\(profile.name(of: step.agent)) loads the bytes"),
                    ])
            }
        }
    }

    private mutating func maintain(
        _ operation: Maintenance, _ step: LoweredStep, _ map: MemoryMap
    ) {
        let instruction = operation.instruction
        if Self.isBySetWay(.maintenance(operation)) {
            for granule in states.keys {
                guard var state = states[granule] else { continue }
                if instruction.cleans, state.stored != 0 {
                    state.cleaned |= state.stored
                    state.stored = 0
                    state.cleanRecord = step.record
                }
                if instruction.invalidates, state.written != 0 {
                    state.dropped |= state.written & ~state.flushed
                    state.flushed = 0
                    state.written = 0
                    state.dropRecord = step.record
                }
                states[granule] = state
            }
        } else if instruction == .outerCleanAndInvalidateWays, profile.cores == 1 {
            for granule in states.keys {
                guard var state = states[granule] else { continue }
                state.cleaned = 0
                // What came back from the outer cache between the two is the may-analysis' matter.
                state.dropped = 0
                state.flushed = state.written
                states[granule] = state
            }
        } else if instruction.reachesCoherency {
            let line = profile.lineSize
            let first = map.physical(of: operation.start.address.rawValue) / line * line
            let last = lastByte(
                map.physical(of: operation.start.address.rawValue), max(operation.bytes, 1))
            for (granule, mask) in watch.granules(first, last / line * line + line - first) {
                states[granule]?.stored &= ~mask
                states[granule]?.cleaned &= ~mask
                guard instruction.invalidates else { continue }
                states[granule]?.written &= ~mask
                states[granule]?.dropped &= ~mask
            }
        }
    }

    private mutating func transfer(
        _ operation: DeviceOperation, _ step: LoweredStep, _ map: MemoryMap
    ) {
        let isWrite = operation.kind == .write
        guard operation.kind != .interrupt else { return }
        let device = profile.name(of: step.agent)
        let start = map.physical(of: operation.start.address.rawValue)
        for (granule, mask) in watch.granules(start, operation.extent) {
            if let state = states[granule], state.cleaned & mask != 0 {
                report(
                    granule, state.cleaned & mask, .core(0), state.cleanRecord, .core(0),
                    state.storeRecord,
                    "only an operation by set and way has cleaned what \(device) then "
                        + (isWrite ? "writes over" : "reads"),
                    [
                        (state.storeRecord, "a core stores the bytes: a line is dirty"),
                        (state.cleanRecord, "one core's cache is cleaned by set and way"),
                        (
                            step.record,
                            "\(device) \(isWrite ? "writes" : "reads") DRAM: the line may have been elsewhere"
                        ),
                    ])
            }
            guard isWrite else { continue }
            states[granule, default: State()].written |= mask
            states[granule]?.dropped &= ~mask
            states[granule]?.flushed &= ~mask
            states[granule]?.writeRecord = step.record
            states[granule]?.writer = step.agent.rawValue
        }
    }

    /// Reports bytes; those of one operation and one transfer are one finding.
    private mutating func report(
        _ granule: UInt64, _ mask: UInt64, _ agent: Agent, _ record: UInt32, _ writer: Agent,
        _ other: UInt32, _ detail: String, _ chain: [(UInt32, String)]
    ) {
        let start = granule * WatchList.granule + UInt64(mask.trailingZeroBitCount)
        let bytes =
            WatchList.granule - UInt64(mask.leadingZeroBitCount) - UInt64(mask.trailingZeroBitCount)
        let key = [record] + chain.map(\.0)
        if let place = places[key] {
            findings[place].extend(to: start, bytes)
            return
        }
        places[key] = findings.count
        findings.append(
            Finding(
                .h37, .misuse, record: Int(record), agent: agent, address: start, bytes: bytes,
                writer: writer, writeRecord: Int(other), detail: detail,
                chain: chain.map { ChainLink(record: Int($0.0), text: $0.1) }))
    }
}
