import Operations
import Quantities

// Handing something over by a flag: the flag must not overtake what it announces, on either side. Rules of the
// architecture from ARMv6 on: stores to Normal memory may become visible, and loads of it may perform, in another order
// than the program's unless a barrier stands between. ARMv5 does both in order.

/// What may overtake what between cores and devices that poll memory.
struct Publication {
    /// A store that a device may not have seen yet.
    struct Store {
        var start: UInt64
        var size: UInt64
        var core: Agent
        var record: UInt32
        /// Stores of one group have no barrier between them.
        var group: Int
    }

    /// A device's write that no core has learnt of by other means than loading it.
    struct Write {
        var start: UInt64
        var size: UInt64
        var device: Agent
        var record: UInt32
        /// Its place among the device's writes.
        var order: Int
    }

    /// What a core or a device has read of the other last, with no barrier since.
    struct Read {
        var other: Agent
        var order: Int
        var record: UInt32
    }

    private(set) var stores: [Store] = []
    private(set) var writes: [Write] = []
    private var group = 0
    private var order = 0
    /// The youngest write of each device that each core has loaded from since its last barrier.
    private var loaded: [Agent: [Read]] = [:]
    /// The statements whose stores each device has read.
    private var polled: [Agent: Set<UInt32>] = [:]

    /// Stores and writes that are remembered: flags are read soon after they are written.
    private static let limit = 64

    /// A core stores to memory that a device reads past the caches or through them.
    mutating func store(_ start: UInt64, _ size: UInt64, by core: Agent, record: UInt32) {
        stores.append(Store(start: start, size: size, core: core, record: record, group: group))
        if stores.count > Self.limit { stores.removeFirst() }
    }

    /// A device writes.
    mutating func write(_ start: UInt64, _ size: UInt64, by device: Agent, record: UInt32) {
        order += 1
        writes.append(
            Write(start: start, size: size, device: device, record: record, order: order))
        if writes.count > Self.limit { writes.removeFirst() }
    }

    /// A core loads.
    ///
    /// - Returns: the write that it may miss: one that the device did before another that the core has loaded already.
    mutating func load(
        _ start: UInt64, _ size: UInt64, by core: Agent, record: UInt32, isDependent: Bool
    ) -> (missed: Write, flag: Read)? {
        let touched = writes.filter { $0.start < start &+ size && start < $0.start &+ $0.size }
        var result: (Write, Read)?
        for write in touched where !isDependent {
            let flag = loaded[core, default: []].first {
                $0.other == write.device && $0.order > write.order && $0.record != record
            }
            if let flag { result = (write, flag) }
        }
        for write in touched { note(write, by: core, record: record) }
        return result
    }

    private mutating func note(_ write: Write, by core: Agent, record: UInt32) {
        let known = loaded[core, default: []].firstIndex { $0.other == write.device }
        guard let known else {
            loaded[core, default: []].append(
                Read(other: write.device, order: write.order, record: record))
            return
        }
        guard loaded[core, default: []][known].order < write.order else { return }
        loaded[core]?[known].order = write.order
        loaded[core]?[known].record = record
    }

    /// A device reads.
    ///
    /// - Returns: the store that it may miss: one with no barrier before a later store that the device has read already.
    mutating func read(_ start: UInt64, _ size: UInt64, by device: Agent) -> (
        missed: Store, flag: Store
    )? {
        let seen = polled[device] ?? []
        var result: (Store, Store)?
        for store in stores where store.start < start &+ size && start < store.start &+ store.size {
            for other in stores
            where seen.contains(other.record) && other.record != store.record
                && other.group == store.group && other.core == store.core
                && isLater(other, than: store)
            {
                result = (store, other)
            }
            polled[device, default: []].insert(store.record)
        }
        return result
    }

    private func isLater(_ one: Store, than other: Store) -> Bool {
        let first = stores.firstIndex { $0.record == other.record && $0.start == other.start }
        let second = stores.lastIndex { $0.record == one.record && $0.start == one.start }
        guard let first, let second else { return false }
        return second > first
    }

    /// A barrier of a core.
    mutating func barrier(_ barrier: Barrier, by core: Agent, settles: Bool) {
        guard barrier.instruction != .isb else { return }
        if barrier.accesses != .stores { orderLoads(of: core) }
        if barrier.ordersStores, barrier.reachesDevices { group += 1 }
        if settles { stores.removeAll { $0.core == core } }
    }

    /// No later load of a core performs before its loads so far: what was written before what these read is there.
    mutating func orderLoads(of core: Agent) {
        for read in loaded.removeValue(forKey: core) ?? [] {
            writes.removeAll { $0.device == read.other && $0.order <= read.order }
        }
    }

    /// No later store of a core becomes visible before its stores so far.
    mutating func orderStores() { group += 1 }

    /// A core learns by an interrupt or a status register that a device is done.
    mutating func observe(_ device: Agent) {
        writes.removeAll { $0.device == device }
        for core in loaded.keys.sorted(by: { $0.rawValue < $1.rawValue }) {
            loaded[core]?.removeAll { $0.other == device }
        }
    }
}

extension LatentAnalysis {
    /// Follows what a device reads and writes, where the trace has it: a device that polls needs no doorbell, whether or
    /// not it had one before.
    mutating func follow(_ operation: DeviceOperation, _ step: LoweredStep) {
        let reads = operation.readSide ?? operation
        for row in operation.rowStarts {
            let (start, _) = physical(row)
            switch operation.kind {
            case .read, .descriptorFetch: judgeAnnounced(start, operation.bytes, by: step)
            case .write:
                if operation.source != nil {
                    judgeAnnounced(
                        physical(reads.start.address.rawValue).address, reads.bytes, by: step)
                }
                guard watch.touches(start, operation.bytes) else { continue }
                publication.write(start, operation.bytes, by: step.agent, record: step.record)
            case .interrupt: return
            }
        }
    }

    /// Whether a device sees a core's accesses of some memory at all: past the caches, or through them.
    func isVisible(_ type: MemoryType, to device: Agent) -> Bool {
        type == .nonCacheable || type.isCacheable && profile.snoops(device)
    }

    /// Follows a core's store of memory that devices poll.
    mutating func publish(_ start: UInt64, _ size: UInt64, _ type: MemoryType, _ step: LoweredStep)
    {
        guard profile.reordersAccesses, type == .nonCacheable || type.isCacheable else { return }
        publication.store(start, size, by: step.agent, record: step.record)
    }

    /// Judges a core's load of what a device announced (H06).
    mutating func judgeAnnounced(
        _ start: UInt64, _ size: UInt64, _ type: MemoryType, isDependent: Bool, _ step: LoweredStep
    ) {
        guard profile.reordersAccesses,
            let (missed, flag) = publication.load(
                start, size, by: step.agent, record: step.record, isDependent: isDependent),
            isVisible(type, to: missed.device)
        else { return }
        let core = profile.name(of: step.agent)
        let device = profile.name(of: missed.device)
        let from = max(start, missed.start)
        let end = min(start &+ size, missed.start &+ missed.size)
        for (granule, mask) in granules(from, end - from) {
            report(
                .h06, granule, mask, agent: step.agent, writer: missed.device, record: step.record,
                writeRecord: missed.record,
                detail:
                    "\(core) may load these bytes before it loads, in record \(flag.record), what "
                    + "\(device) wrote after them",
                chain: [
                    ChainLink(
                        record: Int(step.record), text: "\(core)'s load performs early: old"),
                    ChainLink(record: Int(missed.record), text: "\(device) writes the bytes: new"),
                    ChainLink(
                        record: Int(flag.record),
                        text:
                            "\(core) loads what \(device) wrote later, and takes it for the sign that all "
                            + "is there"),
                ])
        }
    }

    /// Judges a device's read of what a core announced (H05).
    mutating func judgeAnnounced(_ start: UInt64, _ size: UInt64, by step: LoweredStep) {
        guard profile.reordersAccesses,
            let (missed, flag) = publication.read(start, size, by: step.agent),
            isVisible(physical(missed.start).mapping.type, to: step.agent)
        else { return }
        let core = profile.name(of: missed.core)
        let device = profile.name(of: step.agent)
        let from = max(start, missed.start)
        let end = min(start &+ size, missed.start &+ missed.size)
        for (granule, mask) in granules(from, end - from) {
            report(
                .h05, granule, mask, agent: step.agent, writer: missed.core, record: step.record,
                writeRecord: missed.record,
                detail:
                    "\(device) may see what \(core) stored in record \(flag.record) before what it stored "
                    + "in record \(missed.record)",
                chain: [
                    ChainLink(
                        record: Int(missed.record), text: "\(core) stores the bytes; they wait"),
                    ChainLink(
                        record: Int(flag.record),
                        text: "\(core) stores what hands them over; it leaves first"),
                    ChainLink(record: Int(step.record), text: "\(device) reads the bytes: old"),
                ])
        }
    }
}
