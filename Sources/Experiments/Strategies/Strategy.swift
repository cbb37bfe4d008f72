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
    /// The same, page by page, with `dma_map_page`.
    case streamingPage = "streaming-page"
    /// The same, all pages of a hand-over as one list, with `dma_map_sg`.
    case streamingSG = "streaming-sg"
    /// Mapped once, `dma_sync_single_for_*` for each transfer.
    case streamingSync = "streaming-sync"
    /// `dma_alloc_noncoherent`: cached memory of the API's own, and a sync for each transfer.
    case noncoherent
    /// Mapped once, and only the bytes synced that the core really touches.
    case partialSync = "partial-sync"
    /// Transfers up to a length go through a small coherent buffer, longer ones are streamed.
    case copyBreak = "copy-break"
    /// Copies through a small coherent buffer.
    case bounce
    /// The kernel's own bounce buffers (`swiotlb=force`).
    case bounceSwiotlb = "bounce-swiotlb"
    /// A port that looks into the caches: cacheable memory, no maintenance.
    case coherentPort = "coherent-port"
    /// The whole cache is cleaned and invalidated, by set and way and by way.
    case wholeCache = "whole-cache"
    /// Memory on the chip, uncached.
    case onChip = "on-chip"
    /// Write-through memory, invalidated after the device wrote.
    case writeThrough = "write-through"

    /// What it does, in a few words.
    public var summary: String {
        switch self {
        case .asWritten: "the trace's own operations"
        case .coherent: "dma_alloc_coherent, uncached"
        case .writeCombine: "dma_alloc_wc"
        case .stronglyOrdered: "pgprot_noncached, strongly-ordered"
        case .streaming: "dma_map/unmap_single per transfer"
        case .streamingPage: "dma_map/unmap_page for each page"
        case .streamingSG: "dma_map/unmap_sg, a list of pages per hand-over"
        case .streamingSync: "mapped once, dma_sync per transfer"
        case .noncoherent: "dma_alloc_noncoherent, dma_sync per transfer"
        case .partialSync: "mapped once, dma_sync of what the core touches"
        case .copyBreak: "short transfers copied through a coherent buffer, long ones streamed"
        case .bounce: "copy through a coherent buffer"
        case .bounceSwiotlb: "swiotlb=force, dma_map/unmap_single per transfer"
        case .coherentPort: "snooping port, cacheable, no maintenance"
        case .wholeCache: "the whole cache by set/way and by way"
        case .onChip: "memory on the chip, uncached"
        case .writeThrough: "write-through memory, invalidated after the transfer"
        }
    }
}
