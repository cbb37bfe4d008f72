import Operations

/// What lowering does with each attribute of a call.
enum AttributeTreatment: Hashable, Sendable {
    /// The call does no maintenance.
    case noMaintenance
    /// The memory gets the type of `dma_alloc_wc`.
    case writeCombining
    /// The memory gets no mapping of its own.
    case noMapping
    /// The mapping fails if it would need maintenance or a bounce slot.
    case coherentOrNothing
    /// Nothing: no effect on Arm, or on what is done to caches.
    case ignored
    /// What it means is not known to any table here; the call is refused.
    case notLowered

    /// The kernels that have each attribute, where not all have; in the order of `DMAAttributes.names`.
    ///
    /// (linux-dma.md §1.4; the first kernels marked there as approximate are taken as they stand.)
    static let kernels: [Range<KernelVersion>] = [
        KernelVersion.firstKnown..<KernelVersion(5, 5),  // WRITE_BARRIER: in 5.4, gone by 6.1
        KernelSpan.all,
        KernelVersion(3, 4)..<KernelVersion.firstUnknown,
        KernelVersion.firstKnown..<KernelVersion(5, 10),  // NON_CONSISTENT
        KernelVersion(3, 6)..<KernelVersion.firstUnknown,
        KernelVersion(3, 6)..<KernelVersion.firstUnknown,
        KernelVersion(3, 8)..<KernelVersion.firstUnknown,
        KernelVersion(4, 5)..<KernelVersion.firstUnknown,
        KernelVersion(4, 9)..<KernelVersion.firstUnknown,
        KernelVersion(4, 11)..<KernelVersion.firstUnknown,
        KernelVersion(6, 18)..<KernelVersion.firstUnknown,  // MMIO
        KernelVersion(7, 0)..<KernelVersion.firstUnknown,  // DEBUGGING_IGNORE_CACHELINES
        KernelVersion(7, 0)..<KernelVersion.firstUnknown,  // REQUIRE_COHERENT
        KernelVersion(7, 1)..<KernelVersion.firstUnknown,  // CC_SHARED
    ]

    /// The first kernel for arm64 that does what an attribute asks for; before it the attribute has no effect.
    ///
    /// Source: arch/arm64/mm/dma-mapping.c, which in 4.4 looks at WRITE_COMBINE alone; the versions are from memory.
    static let firstOfArm64: [AttributeTreatment: KernelVersion] = [
        .noMaintenance: KernelVersion(4, 10), .noMapping: KernelVersion(5, 0),
    ]

    /// The treatment of each bit, for mappings and for allocations, in the order of `DMAAttributes.names`.
    ///
    /// (linux-dma.md §1.4) A bit beyond the table is not lowered.
    static let rows: [(mapping: AttributeTreatment, allocation: AttributeTreatment)] = [
        (.ignored, .ignored),  // WRITE_BARRIER
        (.ignored, .ignored),  // WEAK_ORDERING
        (.ignored, .writeCombining),  // WRITE_COMBINE
        // arch/arm looks at WRITE_COMBINE alone; kernel/dma/direct.c needs DMA_NONCOHERENT_CACHE_SYNC, which arm64
        // does not select (both from memory).
        (.ignored, .ignored),  // NON_CONSISTENT
        (.ignored, .noMapping),  // NO_KERNEL_MAPPING
        (.noMaintenance, .ignored),  // SKIP_CPU_SYNC
        (.ignored, .ignored),  // FORCE_CONTIGUOUS
        (.ignored, .ignored),  // ALLOC_SINGLE_PAGES
        (.ignored, .ignored),  // NO_WARN
        (.ignored, .ignored),  // PRIVILEGED
        (.noMaintenance, .notLowered),  // MMIO: not memory
        (.ignored, .ignored),  // DEBUGGING_IGNORE_CACHELINES: silences a check
        (.coherentOrNothing, .notLowered),  // REQUIRE_COHERENT
        (.ignored, .ignored),  // CC_SHARED: memory that a confidential guest has decrypted already
    ]
}
