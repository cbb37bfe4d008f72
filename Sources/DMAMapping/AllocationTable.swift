/// What allocations do on a family of processors in an era.
struct AllocationRow: Sendable {
    /// The family.
    var architecture: LoweringProfile.Architecture
    /// The kernels.
    var kernels: [KernelSpan]
    /// For a device that is not coherent.
    var steps: [LoweringStep]
    /// For a coherent device: ordinary cacheable pages.
    var coherentSteps: [LoweringStep]

    /// `dma_alloc_coherent`, and with it `dma_zalloc_coherent`, `dma_alloc_wc` and the pages of pools.
    ///
    /// Write-combining is the same type as coherent on all families here: Normal non-cacheable
    /// (`ARM_DMA_MEM_BUFFERABLE` is forced on ARMv7; arm64 does not select `ARCH_HAS_DMA_WRITE_COMBINE`).
    /// Sources: arch/arm/mm/dma-mapping.c, `__dma_clear_buffer`; kernel/dma/direct.c, `dma_direct_alloc`;
    /// arch/arm64/mm/dma-mapping.c, `arch_dma_prep_coherent`. (linux-dma.md §2.6, §2.9)
    static let coherent: [AllocationRow] = [
        // Zeroed through the cache, so there are dirty lines to push out before the memory type changes.
        AllocationRow(
            architecture: .arm32v7, kernels: [KernelVersion(3, 0)..<KernelVersion.firstUnknown],
            steps: [
                .zero, .inner(.cleanAndInvalidate), .outer(.cleanAndInvalidate),
                .setMemoryType(.nonCacheable),
            ],
            coherentSteps: [.zero]),
        // Zeroed through the new mapping, after what the cache held is out of the way.
        AllocationRow(
            architecture: .arm64, kernels: [KernelVersion(5, 4)..<KernelVersion(6, 4)],
            steps: [.inner(.cleanAndInvalidate), .setMemoryType(.nonCacheable), .zero],
            coherentSteps: [.zero]),
        // From 6.4 (commit 7bd6680b47fa) only cleaned: clean lines of the old alias are harmless.
        AllocationRow(
            architecture: .arm64, kernels: [KernelVersion(6, 4)..<KernelVersion.firstUnknown],
            steps: [.inner(.clean), .setMemoryType(.nonCacheable), .zero],
            coherentSteps: [.zero]),
    ]

    /// `dma_alloc_noncoherent` and `dma_alloc_pages`: cacheable, zeroed through the cache, and *not cleaned*.
    ///
    /// The zeros are dirty lines. Without a sync-for-device before the first transfer they may be written over what
    /// the device wrote. Source: kernel/dma/direct.c, `dma_direct_alloc_pages`. (linux-dma.md §1.2)
    static let noncoherent: [AllocationRow] = LoweringProfile.Architecture.allCases
        .filter { $0 != .armv7m }
        .map {
            AllocationRow(
                architecture: $0, kernels: [KernelVersion(5, 10)..<KernelVersion.firstUnknown],
                steps: [.zero],
                coherentSteps: [.zero])
        }
}
