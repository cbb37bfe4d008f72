import Operations

/// What allocations do on some generations of processors in an era.
struct AllocationRow: Sendable {
    /// The generations.
    var architectures: [LoweringProfile.Architecture]
    /// The kernels.
    var kernels: [KernelSpan]
    /// For a device that is not coherent.
    var steps: [LoweringStep]
    /// The same for `dma_alloc_wc`; nil: as ``steps``.
    var writeCombineSteps: [LoweringStep]?
    /// The same with `NO_KERNEL_MAPPING`: the pages keep the mapping they have, which must not be touched.
    var unmappedSteps: [LoweringStep] = []
    /// For a coherent device: ordinary cacheable pages.
    var coherentSteps: [LoweringStep]

    /// `dma_alloc_coherent`, and with it `dma_zalloc_coherent`, `dma_alloc_wc`, `dma_alloc_attrs` and pools' pages.
    ///
    /// Sources: arch/arm/mm/dma-mapping.c, `__dma_clear_buffer`, `__get_dma_pgprot`; kernel/dma/direct.c,
    /// `dma_direct_alloc`; arch/arm64/mm/dma-mapping.c, `arch_dma_prep_coherent`. (linux-dma.md §2.6, §2.9)
    static let coherent: [AllocationRow] = [
        // Zeroed through the cache, so there are dirty lines to push out before the memory type changes.
        // Write-combining is the same type as coherent: `ARM_DMA_MEM_BUFFERABLE` is forced on ARMv7 and the default
        // on ARMv6.
        AllocationRow(
            architectures: [.arm32v6, .arm32v7], kernels: [.all],
            steps: zeroAndFlush + [.setMemoryType(.nonCacheable)],
            unmappedSteps: zeroAndFlush, coherentSteps: [.zero]),
        // ARMv5 has no Normal memory without a cache: neither cached nor buffered, which is Strongly-ordered.
        // With write-combining its stores are buffered.
        AllocationRow(
            architectures: [.arm32v5], kernels: [.all],
            steps: zeroAndFlush + [.setMemoryType(.stronglyOrdered)],
            writeCombineSteps: zeroAndFlush + [.setMemoryType(.nonCacheable)],
            unmappedSteps: zeroAndFlush, coherentSteps: [.zero]),
        // `__dma_alloc` of arch/arm64/mm/dma-mapping.c, read of 4.4: zeroed through the cache, and flushed.
        AllocationRow(
            architectures: [.arm64],
            kernels: [KernelSpan.arm64.lowerBound..<KernelVersion(5, 0)],
            steps: [.zero, .inner(.cleanAndInvalidate), .setMemoryType(.nonCacheable)],
            unmappedSteps: [.zero, .inner(.cleanAndInvalidate)], coherentSteps: [.zero]),
        // Zeroed through the new mapping, after what the cache held is out of the way. Write-combining is the same
        // type (arm64 does not select `ARCH_HAS_DMA_WRITE_COMBINE`). Assumption: 5.0, the first with kernel/dma/remap.c, to
        // 5.3 are as 5.4, the oldest that was read.
        AllocationRow(
            architectures: [.arm64], kernels: [KernelVersion(5, 0)..<KernelVersion(6, 4)],
            steps: [.inner(.cleanAndInvalidate), .setMemoryType(.nonCacheable), .zero],
            unmappedSteps: [.inner(.cleanAndInvalidate)], coherentSteps: [.zero]),
        // From 6.4 (commit 7bd6680b47fa) only cleaned: clean lines of the old alias are harmless.
        AllocationRow(
            architectures: [.arm64], kernels: [KernelVersion(6, 4)..<KernelVersion.firstUnknown],
            steps: [.inner(.clean), .setMemoryType(.nonCacheable), .zero],
            unmappedSteps: [.inner(.clean)], coherentSteps: [.zero]),
    ]

    /// The memory type of `dma_mmap_coherent` and its kin, which is that of the allocation's own mapping.
    ///
    /// Sources: kernel/dma/mapping.c, `dma_pgprot`, which gives the attributes of both; before dma-direct on 32-bit Arm
    /// arch/arm/mm/dma-mapping.c, `arm_dma_mmap`, by `__get_dma_pgprot`, and `arm_coherent_dma_mmap`, which leaves
    /// user space's own: cached. (linux-dma.md §2.9)
    ///
    /// - Parameters:
    ///   - isCoherent: Whether the kernel believes the device to be coherent.
    ///   - combines: Whether write-combining memory is asked for.
    /// - Returns: the type of user space's mapping.
    func userType(isCoherent: Bool, combines: Bool) -> MemoryType {
        let steps =
            isCoherent ? coherentSteps : (combines ? writeCombineSteps : nil) ?? self.steps
        return Lowering.memoryType(after: steps)
    }

    private static let zeroAndFlush: [LoweringStep] = [
        .zero, .inner(.cleanAndInvalidate), .outer(.cleanAndInvalidate),
    ]

    /// `dma_alloc_noncoherent`, `dma_alloc_pages` and `dma_alloc_noncontiguous`: cacheable, zeroed through the cache,
    /// and *not cleaned*.
    ///
    /// The zeros are dirty lines. Without a sync-for-device before the first transfer they may be written over what
    /// the device wrote. Source: kernel/dma/direct.c, `dma_direct_alloc_pages`. (linux-dma.md §1.2)
    static let noncoherent: [AllocationRow] = [
        AllocationRow(
            architectures: [.arm32v5, .arm32v6, .arm32v7, .arm64],
            kernels: [KernelVersion(5, 10)..<KernelVersion.firstUnknown],
            steps: [.zero], coherentSteps: [.zero])
    ]
}
