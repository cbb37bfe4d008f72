import Operations
import Quantities

/// One range that dma-debug remembers as mapped (`struct dma_debug_entry`).
struct DMADebugEntry: Hashable, Sendable {
    /// The function that made it, as far as dma-debug tells functions apart.
    enum Kind: Hashable, Sendable {
        case single
        case page
        case list
        case coherent
        case resource
        case noncoherent
        case physical

        /// The kernel's word.
        func name(_ era: DMADebugEra) -> String {
            switch self {
            case .single: "single"
            case .page: "page"
            case .list: era.spellsScatter ? "scatter-gather" : "scather-gather"
            case .coherent: "coherent"
            case .resource: "resource"
            case .noncoherent: "noncoherent"
            case .physical: "phy"
            }
        }
    }

    var kind: Kind
    var device: Agent
    /// The DMA address.
    var address: UInt64
    var size: UInt64
    var direction: DMADirection
    /// The physical address.
    var physical: UInt64
    /// The number of entries of the list that was given; 0: no list.
    var callEntries: UInt64 = 0
    /// The number of entries of the list that were mapped.
    var mappedEntries: UInt64 = 0
    /// Whether `dma_mapping_error` has to be asked, and was not.
    var isUnchecked = false
    /// Whether its attributes promise that the CPU leaves its lines alone.
    var ignoresLines = false
    /// The statement that made it.
    var record = 0
    /// The handle that it was made for.
    var handle: HandleID = .none
    /// The address by which the CPU has it.
    var start: UInt64 = 0
    /// Its number, which no other entry has.
    var serial: UInt64 = 0
}
