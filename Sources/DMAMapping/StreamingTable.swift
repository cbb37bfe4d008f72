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

/// What streaming calls do with a core's routines in an era, for a device that is not coherent.
struct StreamingRow: Sendable {
    /// Whose routines maintain the core's own caches.
    var routines: [InnerRoutines]
    /// The kernels.
    var kernels: [KernelSpan]
    /// On the way to the device: map and sync-for-device (`arch_sync_dma_for_device`).
    var forDevice: StepsByDirection
    /// On the way back: unmap and sync-for-CPU (`arch_sync_dma_for_cpu`).
    var forCPU: StepsByDirection
    /// Whether a call waits once at its end, and not after each entry of a list (`arch_sync_dma_flush`).
    var isBatched = false

    /// All that is known, one row for each behaviour.
    ///
    /// The order of inner and outer matters: on the way out inner first (L1 into L2, then L2 into memory); on the way
    /// in outer first, so that a refill of L1 that races with it is not fed from a stale L2 line.
    /// Sources: arch/arm/mm/dma-mapping.c, `__dma_page_cpu_to_dev`, `__dma_page_dev_to_cpu`, with `dma_map_area` and
    /// `dma_unmap_area` of the files that ``InnerRoutines`` names; arch/arm64/mm/dma-mapping.c.
    /// (linux-dma.md §2.2, §2.5, §2.6)
    static let rows: [StreamingRow] = arm32 + arm64

    private static let arm32: [StreamingRow] = [
        // Before 2.6.34 `dma_cache_maint` did all of it on the way out and nothing on the way back: right where
        // nothing is loaded speculatively, and wrong on ARMv6 and ARMv7.
        StreamingRow(
            routines: InnerRoutines.allCases.filter { $0.architecture != .arm64 && $0 != .v7m },
            kernels: [.maintainingOnce],
            forDevice: StepsByDirection(
                toDevice: [.inner(.clean), .outer(.clean)],
                bidirectional: [.inner(.cleanAndInvalidate), .outer(.cleanAndInvalidate)],
                fromDevice: [.inner(.invalidate), .outer(.invalidate)]),
            forCPU: .nothing),

        // What is loaded speculatively may come back before the transfer ends: invalidated again after it.
        StreamingRow(
            routines: [.v6, .v7, .v7Erratum764369], kernels: [.maintainingTwice],
            forDevice: StepsByDirection(
                toDevice: [.inner(.clean), .outer(.clean)],
                bidirectional: [.inner(.clean), .outer(.clean)],
                fromDevice: [.inner(.invalidate), .outer(.invalidate)]),
            forCPU: .fromDevice([.outer(.invalidate), .inner(.invalidate)])),

        // arch/arm/mm/dma-mapping-nommu.c and cache-v7m.S: the same, and no outer cache.
        StreamingRow(
            routines: [.v7m], kernels: [.from4p20],
            forDevice: StepsByDirection(
                toDevice: [.inner(.clean)], bidirectional: [.inner(.clean)],
                fromDevice: [.inner(.invalidate)]),
            forCPU: .fromDevice([.inner(.invalidate)])),

        // ARMv4 and ARMv5 with write-back caches load nothing speculatively: all of the core's own work is done
        // before the transfer, and only an outer cache is invalidated after it.
        StreamingRow(
            routines: [
                .v4wb, .arm926, .arm926WriteThrough, .feroceon, .feroceonRange, .mohawk, .xscale,
                .xscaleA0A1, .xsc3, .fa,
            ], kernels: [.maintainingTwice],
            forDevice: StepsByDirection(
                toDevice: [.inner(.clean), .outer(.clean)],
                bidirectional: [.inner(.cleanAndInvalidate), .outer(.clean)],
                fromDevice: [.inner(.invalidate), .outer(.invalidate)]),
            forCPU: .fromDevice([.outer(.invalidate)])),

        // ARM11MPCore does the same: its lines would have to be taken from the other cores once more.
        StreamingRow(
            routines: [.v6ReadWriteForOwnership],
            kernels: [KernelVersion.maintainsTwice..<KernelSpan.armElevenMPCore.upperBound],
            forDevice: StepsByDirection(
                toDevice: [.inner(.clean), .outer(.clean)],
                bidirectional: [.inner(.cleanAndInvalidate), .outer(.clean)],
                fromDevice: [.inner(.invalidate), .outer(.invalidate)]),
            forCPU: .fromDevice([.outer(.invalidate)])),

        // Write-through: nothing is dirty, and what is stale goes after the transfer.
        StreamingRow(
            routines: [.v4wt], kernels: [.maintainingTwice],
            forDevice: .outerAlone,
            forCPU: .fromDevice([.outer(.invalidate), .inner(.invalidate)])),
        StreamingRow(
            routines: [.v4], kernels: [.maintainingTwice],
            forDevice: .outerAlone,
            forCPU: .fromDevice([.outer(.invalidate), .inner(.cleanAndInvalidate)])),
        StreamingRow(
            routines: [.nop], kernels: [.maintainingTwice],
            forDevice: .outerAlone, forCPU: .fromDevice([.outer(.invalidate)])),
    ]

    private static let arm64: [StreamingRow] = [
        // Before commit c50f11c6196f a buffer that the device fills is invalidated at map.
        StreamingRow(
            routines: [.arm64, .arm64CleanInvalidates],
            kernels: [
                KernelSpan.arm64.lowerBound..<KernelVersion(5, 4, 201),
                KernelVersion(5, 5)..<KernelVersion(5, 10, 125),
                KernelVersion(5, 11)..<KernelVersion(5, 15, 50),
                KernelVersion(5, 16)..<KernelVersion(5, 18, 6),
            ],
            forDevice: StepsByDirection(
                toDevice: [.inner(.clean)], bidirectional: [.inner(.clean)],
                fromDevice: [.inner(.invalidate)]),
            forCPU: .fromDevice([.inner(.invalidate)])),

        // With that commit (5.19, and the stable releases that took it) it is cleaned: what the device does not
        // write keeps what the CPU had written, instead of showing what memory held before.
        StreamingRow(
            routines: [.arm64, .arm64CleanInvalidates],
            kernels: [
                KernelVersion(5, 4, 201)..<KernelVersion(5, 5),
                KernelVersion(5, 10, 125)..<KernelVersion(5, 11),
                KernelVersion(5, 15, 50)..<KernelVersion(5, 16),
                KernelVersion(5, 18, 6)..<KernelVersion.batches,
            ],
            forDevice: .all([.inner(.clean)]), forCPU: .fromDevice([.inner(.invalidate)])),
        StreamingRow(
            routines: [.arm64, .arm64CleanInvalidates],
            kernels: [KernelVersion.batches..<KernelVersion.firstUnknown],
            forDevice: .all([.inner(.clean)]), forCPU: .fromDevice([.inner(.invalidate)]),
            isBatched: true),
    ]
}

extension StepsByDirection {
    /// Nothing in any direction.
    static let nothing = StepsByDirection(toDevice: [], bidirectional: [], fromDevice: [])

    /// The same in all directions.
    static func all(_ steps: [LoweringStep]) -> StepsByDirection {
        StepsByDirection(toDevice: steps, bidirectional: steps, fromDevice: steps)
    }

    /// What is done after the device wrote; nothing after it only read.
    static func fromDevice(_ steps: [LoweringStep]) -> StepsByDirection {
        StepsByDirection(toDevice: [], bidirectional: steps, fromDevice: steps)
    }

    /// The outer cache's part of a map, where the core's own routine does nothing.
    static let outerAlone = StepsByDirection(
        toDevice: [.outer(.clean)], bidirectional: [.outer(.clean)],
        fromDevice: [.outer(.invalidate)])
}
