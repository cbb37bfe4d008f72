import Operations

/// Which kernels have a function, where not all have.
///
/// (linux-dma.md §1.1, §1.2) Assumptions, from memory: 5.9 for `dma_need_sync`, 5.13 for `dma_alloc_noncontiguous`,
/// 6.16 for `dma_iova_*` and `dma_need_unmap`, which are in 6.18 and not in 6.12.
/// `dma_alloc_noncoherent` and `dma_alloc_pages` are in `AllocationRow.noncoherent`. From memory, too: 3.4 for
/// `dma_mmap_attrs`, 3.6 for `dma_get_sgtable`, 3.13 for the two calls that set both masks, 5.13 for `dma_mmap_pages`.
enum FunctionTable {
    static let kernels: [DMACall.Function: [KernelSpan]] = [
        .mapPhys: [physical], .unmapPhys: [physical],
        .mapSGTable: tables, .unmapSGTable: tables,
        .syncSGTableForCPU: tables, .syncSGTableForDevice: tables,
        .needSync: [KernelVersion(5, 9)..<KernelVersion.firstUnknown],
        .allocNoncontiguous: [noncontiguous], .freeNoncontiguous: [noncontiguous],
        .cacheSync: [KernelVersion.firstKnown..<KernelVersion(5, 10)],
        .iovaTryAlloc: [iova], .iovaLink: [iova], .iovaSync: [iova], .iovaUnlink: [iova],
        .iovaFree: [iova], .iovaDestroy: [iova], .needUnmap: [iova],
        .mmapPages: [noncontiguous], .mmapNoncontiguous: [noncontiguous],
        .vmapNoncontiguous: [noncontiguous], .vunmapNoncontiguous: [noncontiguous],
        .mmapAttrs: [KernelVersion(3, 4)..<KernelVersion.firstUnknown],
        .getSGTable: [KernelVersion(3, 6)..<KernelVersion.firstUnknown],
        .declareCoherentMemory: [setApart], .releaseCoherentMemory: [setApart],
        .setMaskAndCoherent: [bothMasks], .coerceMaskAndCoherent: [bothMasks],
    ]

    private static let iova = KernelVersion(6, 16)..<KernelVersion.firstUnknown

    /// Before 4.8 memory that is set apart was mapped in other ways (from memory).
    private static let setApart = KernelVersion(4, 8)..<KernelVersion.firstUnknown
    private static let bothMasks = KernelVersion(3, 13)..<KernelVersion.firstUnknown
    private static let physical = KernelVersion(6, 18)..<KernelVersion.firstUnknown
    /// In 5.8, and back-ported: it is in 5.4.301, the release of 5.4 that was read.
    private static let tables = [
        KernelVersion(5, 4, 301)..<KernelVersion(5, 5),
        KernelVersion(5, 8)..<KernelVersion.firstUnknown,
    ]
    private static let noncontiguous = KernelVersion(5, 13)..<KernelVersion.firstUnknown
}
