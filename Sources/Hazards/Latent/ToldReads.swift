import Operations
import Quantities

/// Finds the stores by which a device that runs already may be told to read on.
///
/// A device that was rung, and then looks at a word that a core stores later, may have seen that store when it reads what
/// comes next. So these reads must find what the core did before the word, and not only what it did before the doorbell.
/// The order of the stores themselves is ``PublicationOrder``'s; here it is about what is in the caches.
struct ToldReads {
    /// A read that a device may do when it has seen a store.
    struct Told {
        var step: LoweredStep
        /// The physical bytes of that store: of these it knows.
        var seen: Range<UInt64>
    }

    private struct Store {
        var index: Int
        var start: UInt64
        var end: UInt64
        /// Whether it goes past the caches, so that every device sees it.
        var isVisible: Bool
    }

    private let profile: HazardProfile
    /// The step of each device's last doorbell, or of the last completion seen since.
    private var bells = AgentTable<Int>()
    /// Whether a device was rung.
    private var isRung = false
    /// The latest stores, in order, while a device runs.
    private var stores: [Store] = []
    /// The stores that a device may have seen since its bell.
    private var seen = AgentTable<[Store]>()
    /// For each store by which a device may be told, the reads that come after.
    private var reads: [Int: [Told]] = [:]

    init(profile: HazardProfile) { self.profile = profile }

    /// Folds the next step; `map` is that of the trace at the step.
    ///
    /// - Complexity: O(``PublicationOrder/most``).
    mutating func take(_ step: LoweredStep, _ index: Int, _ map: MemoryMap) {
        switch step.operation {
        case .access(let access, _, _) where access.kind.isStore:
            note(access.address, UInt64(access.size), index, map)
        case .run(let run) where run.kind.isStore:
            note(run.start.address.rawValue, run.extent, index, map)
        case .copy(let copy): note(copy.destination.address.rawValue, copy.bytes, index, map)
        case .maintenance(let operation) where operation.instruction == .dcZVA:
            let (start, bytes) = profile.zeroed(operation)
            note(start, bytes, index, map)
        case .ring(let device): send(device, index)
        case .wait(let device): if bells[device] != nil { send(device, index) }
        case .device(let operation): perform(operation, step, index, map)
        default: return
        }
    }

    /// Takes the reads that may be told by the store of a step.
    ///
    /// - Returns: them, in the order of their steps.
    mutating func takeReads(toldAt index: Int) -> [Told] {
        reads.isEmpty ? [] : reads.removeValue(forKey: index) ?? []
    }

    private mutating func send(_ device: Agent, _ index: Int) {
        isRung = true
        bells[device] = index
        seen[device] = nil
        var first = index
        bells.visit { first = min(first, $1) }
        if let last = stores.last, last.index > first {
            stores.removeAll { $0.index < first }
        } else {
            stores.removeAll(keepingCapacity: true)
        }
    }

    private mutating func note(_ address: UInt64, _ size: UInt64, _ index: Int, _ map: MemoryMap) {
        guard isRung else { return }
        let type = map.mapping(of: address).type
        let start = map.physical(of: address)
        stores.append(
            Store(
                index: index, start: start, end: start &+ size,
                isVisible: type != .writeBack || !profile.hasCaches))
        if stores.count > 2 * PublicationOrder.most {
            stores.removeFirst(PublicationOrder.most)
        }
    }

    private mutating func perform(
        _ operation: DeviceOperation, _ step: LoweredStep, _ index: Int, _ map: MemoryMap
    ) {
        let device = step.agent
        guard let bell = bells[device],
            let read = operation.kind == .write ? operation.readSide : operation,
            operation.kind != .interrupt
        else { return }
        let snoops = profile.snoops(device)
        for row in read.rowStarts {
            let start = map.physical(of: row)
            for store in stores
            where store.index > bell && (store.isVisible || snoops)
                && store.start < start &+ read.bytes
                && start < store.end
            {
                if seen[device]?.contains(where: { $0.index == store.index }) != true {
                    seen[device, default: []].append(store)
                }
            }
        }
        for store in seen[device] ?? [] {
            reads[store.index, default: []].append(
                Told(step: step, seen: store.start..<max(store.start, store.end)))
        }
    }
}
