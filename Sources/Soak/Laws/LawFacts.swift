import MemoryModel
import Operations
import Quantities

/// What laws have to know of the operations of a program.
struct LawFacts {
    /// What devices were asked to move, in bytes; nil: descriptors ask, too.
    private(set) var asked: [Agent: LawRun.Moved]? = [:]
    /// Whether stores of a core may be pinned in its buffer, which then holds more than it has room for.
    private(set) var holdsStores = false
    /// Whether cores may write past each other: memory that is not shared, a core out of coherence.
    private(set) var changesSharing = false

    /// Enters an operation, lowered if it needs to be.
    mutating func note(_ operation: Operation, by agent: Agent) {
        switch operation {
        case .device(let operation): note(operation, agent)
        case .environment(let event):
            if event.kind == .hold { holdsStores = true }
            if event.kind == .leave || event.kind == .join { changesSharing = true }
        case .setMemoryType(_, _, _, let sharing): note(sharing)
        case .map(let mapping): note(mapping.shareability)
        default: break
        }
    }

    /// Enters how memory is shared.
    mutating func note(_ sharing: Shareability) {
        if sharing == .nonShareable { changesSharing = true }
    }

    /// Enters that a core joins the others or leaves them.
    mutating func noteCoherence() { changesSharing = true }

    private mutating func note(_ operation: DeviceOperation, _ agent: Agent) {
        guard operation.layout == .none else {
            asked = nil
            return
        }
        let bytes =
            operation.bytes * UInt64(max(operation.rows, 1)) * UInt64(max(operation.cycles, 1))
        switch operation.kind {
        case .read, .descriptorFetch: asked?[agent, default: .init()].read += bytes
        case .write:
            asked?[agent, default: .init()].written += bytes
            if operation.source != nil { asked?[agent, default: .init()].read += bytes }
        case .interrupt: break
        }
    }
}
