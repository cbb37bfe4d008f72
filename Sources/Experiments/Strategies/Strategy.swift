/// A way to share a buffer with a device.
public enum Strategy: String, CaseIterable, Sendable {
    /// What the trace itself does.
    case asWritten = "as-written"
    /// `dma_alloc_coherent`: uncached memory, no maintenance.
    case coherent
    /// `dma_alloc_wc`.
    case writeCombine = "write-combine"
    /// Strongly-ordered memory, as `pgprot_noncached` user mappings.
    case stronglyOrdered = "strongly-ordered"
    /// `dma_map_single` and `dma_unmap_single` for each transfer.
    case streaming
    /// Mapped once, `dma_sync_single_for_*` for each transfer.
    case streamingSync = "streaming-sync"
    /// A port that looks into the caches: cacheable memory, no maintenance.
    case coherentPort = "coherent-port"
    /// Copies through a small coherent buffer.
    case bounce

    /// What it does, in a few words.
    public var summary: String {
        switch self {
        case .asWritten: "the trace's own operations"
        case .coherent: "dma_alloc_coherent, uncached"
        case .writeCombine: "dma_alloc_wc"
        case .stronglyOrdered: "pgprot_noncached, strongly-ordered"
        case .streaming: "dma_map/unmap_single per transfer"
        case .streamingSync: "mapped once, dma_sync per transfer"
        case .coherentPort: "snooping port, cacheable, no maintenance"
        case .bounce: "copy through a coherent buffer"
        }
    }
}
