import Operations

/// Steps for each direction a transfer can have.
struct StepsByDirection: Hashable, Sendable {
    /// The device reads.
    var toDevice: [LoweringStep]
    /// Both ways.
    var bidirectional: [LoweringStep]
    /// The device writes.
    var fromDevice: [LoweringStep]

    /// The steps of a direction; nil for none, which every call refuses.
    subscript(direction: DMADirection) -> [LoweringStep]? {
        switch direction {
        case .toDevice: toDevice
        case .bidirectional: bidirectional
        case .fromDevice: fromDevice
        case .none: nil
        }
    }
}

/// What streaming calls do on a family of processors in an era, for a device that is not coherent.
struct StreamingRow: Sendable {
    /// The family.
    var architecture: LoweringProfile.Architecture
    /// The kernels.
    var kernels: [KernelSpan]
    /// On the way to the device: map and sync-for-device (`arch_sync_dma_for_device`).
    var forDevice: StepsByDirection
    /// On the way back: unmap and sync-for-CPU (`arch_sync_dma_for_cpu`).
    var forCPU: StepsByDirection

    /// All that is known, one row for each behaviour.
    ///
    /// The order of inner and outer matters: on the way out inner first (L1 into L2, then L2 into memory); on the way
    /// in outer first, so that a refill of L1 that races with it is not fed from a stale L2 line.
    /// Sources: arch/arm/mm/dma-mapping.c, `__dma_page_cpu_to_dev`, `__dma_page_dev_to_cpu`, with
    /// arch/arm/mm/cache-v7.S, `v7_dma_map_area`, `v7_dma_unmap_area`; arch/arm64/mm/dma-mapping.c.
    /// (linux-dma.md §2.2, §2.6)
    static let rows: [StreamingRow] = [
        StreamingRow(
            architecture: .arm32v7,
            kernels: [KernelVersion(3, 0)..<KernelVersion.firstUnknown],
            forDevice: StepsByDirection(
                toDevice: [.inner(.clean), .outer(.clean)],
                bidirectional: [.inner(.clean), .outer(.clean)],
                fromDevice: [.inner(.invalidate), .outer(.invalidate)]),
            forCPU: StepsByDirection(
                toDevice: [],
                bidirectional: [.outer(.invalidate), .inner(.invalidate)],
                fromDevice: [.outer(.invalidate), .inner(.invalidate)])),

        // arch/arm/mm/dma-mapping-nommu.c and cache-v7m.S: the same, and no outer cache.
        StreamingRow(
            architecture: .armv7m,
            kernels: [KernelVersion(4, 20)..<KernelVersion.firstUnknown],
            forDevice: StepsByDirection(
                toDevice: [.inner(.clean)],
                bidirectional: [.inner(.clean)],
                fromDevice: [.inner(.invalidate)]),
            forCPU: StepsByDirection(
                toDevice: [],
                bidirectional: [.inner(.invalidate)],
                fromDevice: [.inner(.invalidate)])),

        // Before commit c50f11c6196f a buffer that the device fills is invalidated at map.
        StreamingRow(
            architecture: .arm64,
            kernels: [
                KernelVersion(5, 4)..<KernelVersion(5, 4, 201),
                KernelVersion(5, 5)..<KernelVersion(5, 10, 125),
                KernelVersion(5, 11)..<KernelVersion(5, 15, 50),
                KernelVersion(5, 16)..<KernelVersion(5, 18, 6),
            ],
            forDevice: StepsByDirection(
                toDevice: [.inner(.clean)],
                bidirectional: [.inner(.clean)],
                fromDevice: [.inner(.invalidate)]),
            forCPU: StepsByDirection(
                toDevice: [],
                bidirectional: [.inner(.invalidate)],
                fromDevice: [.inner(.invalidate)])),

        // With that commit (5.19, and the stable releases that took it) it is cleaned: what the device does not
        // write keeps what the CPU had written, instead of showing what memory held before.
        StreamingRow(
            architecture: .arm64,
            kernels: [
                KernelVersion(5, 4, 201)..<KernelVersion(5, 5),
                KernelVersion(5, 10, 125)..<KernelVersion(5, 11),
                KernelVersion(5, 15, 50)..<KernelVersion(5, 16),
                KernelVersion(5, 18, 6)..<KernelVersion.firstUnknown,
            ],
            forDevice: StepsByDirection(
                toDevice: [.inner(.clean)],
                bidirectional: [.inner(.clean)],
                fromDevice: [.inner(.clean)]),
            forCPU: StepsByDirection(
                toDevice: [],
                bidirectional: [.inner(.invalidate)],
                fromDevice: [.inner(.invalidate)])),
    ]
}
