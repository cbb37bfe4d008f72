/// What differs between kernels in dma-debug beyond its texts.
///
/// Read in the sources of 3.6, 4.9, 5.4, 5.10, 5.15, 6.12 and 6.18, and in the commits that changed it. Assumptions, from
/// memory, are marked.
struct DMADebugEra: Hashable, Sendable {
    let kernel: KernelVersion

    /// Whether `DMA-API:` stands before the names, and not after them.
    ///
    /// Assumption: from 5.0 on; in 5.4, not in 4.9.
    var namesComeLast: Bool { kernel >= KernelVersion(5, 0) }
    /// Whether `dma_map_page` makes another type of entry than `dma_map_single`.
    ///
    /// Assumption: before 5.0; in 4.9.
    var tellsPageFromSingle: Bool { kernel < KernelVersion(5, 0) }
    /// Whether the sync of a part is looked up as all from the mapping's start to the part's end.
    ///
    /// Assumption as above.
    var syncsFromStart: Bool { kernel < KernelVersion(5, 0) }
    /// Whether vmalloc memory is refused by `dma_map_single` before dma-debug sees it.
    ///
    /// Assumption: from 5.5 on.
    var rejectsVmalloc: Bool { kernel >= KernelVersion(5, 5) }
    /// Whether overlap is told with the device's name; without in 5.14 alone.
    var namesOverlap: Bool { kernel >= KernelVersion(5, 15) }
    /// Whether the lookup of a sync reaches down to address 0 (commit 2995b8002cef, 6.0), and is not limited to the
    /// device's largest segment.
    var reachesZero: Bool { kernel >= KernelVersion(6, 0) }
    /// Whether the lists' type is spelled right (commit 36d91e851598, 6.7).
    var spellsScatter: Bool { kernel >= KernelVersion(6, 7) }
    /// Whether `dma_alloc_pages` and `dma_alloc_noncoherent` have a type of their own (commit 7e2368a21741, 6.17; it went
    /// into stable releases of older kernels, too) and are not mappings of a range.
    var knowsNoncoherent: Bool { kernel >= KernelVersion(6, 17) }
    /// Whether all maps of one range, of memory or of registers, have the type `phy`.
    var mapsPhysical: Bool { kernel >= KernelVersion(6, 18) }
    /// Whether the pieces of lists are checked without CONFIG_DMA_API_DEBUG_SG, too.
    var alwaysChecksSegments: Bool { kernel >= KernelVersion(6, 18) }
    /// Whether overlap is silent where both mappings carry an attribute that promises to leave the line alone.
    var heedsIgnoredLines: Bool { kernel >= KernelVersion(7, 0) }
    /// Whether overlap is silent where small buffers are bounced.
    var heedsBouncing: Bool { kernel >= KernelVersion(6, 18) }
    /// The segment boundary of a device whose driver sets none.
    ///
    /// Assumption: all ones from 5.10 on.
    var usualBoundary: UInt64 { kernel >= KernelVersion(5, 10) ? .max : 0xFFFF_FFFF }
    /// Whether more mappings of one line than can be counted are told.
    var countsOverlap: Bool { kernel >= KernelVersion(3, 14) }
}
