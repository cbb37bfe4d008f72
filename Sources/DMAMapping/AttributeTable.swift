import Operations

/// What lowering does with each attribute of a call.
enum AttributeTreatment: Hashable, Sendable {
    /// The call does no maintenance.
    case noMaintenance
    /// Nothing: no effect on Arm, or on what is done to caches.
    case ignored
    /// What it means is not known to any table here; the call is refused.
    case notLowered

    /// The treatment of each bit, for mappings and for allocations, in the order of `DMAAttributes.names`.
    ///
    /// (linux-dma.md §1.4) A bit beyond the table is not lowered.
    static let rows: [(mapping: AttributeTreatment, allocation: AttributeTreatment)] = [
        (.ignored, .ignored),  // WRITE_BARRIER
        (.ignored, .ignored),  // WEAK_ORDERING
        (.ignored, .ignored),  // WRITE_COMBINE: the same type as coherent on all families here
        (.ignored, .notLowered),  // NON_CONSISTENT
        (.ignored, .notLowered),  // NO_KERNEL_MAPPING
        (.noMaintenance, .ignored),  // SKIP_CPU_SYNC
        (.ignored, .ignored),  // FORCE_CONTIGUOUS
        (.ignored, .ignored),  // ALLOC_SINGLE_PAGES
        (.ignored, .ignored),  // NO_WARN
        (.ignored, .ignored),  // PRIVILEGED
        (.noMaintenance, .notLowered),  // MMIO: not memory
        (.ignored, .ignored),  // DEBUGGING_IGNORE_CACHELINES: silences a check
        (.notLowered, .notLowered),  // REQUIRE_COHERENT: the mapping may fail
        (.notLowered, .notLowered),  // CC_SHARED
    ]
}
