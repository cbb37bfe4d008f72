import Operations

/// What the kernel's barriers and accessors are made of, on a family of processors in an era.
struct BarrierRow: Sendable {
    /// One part of a barrier.
    enum Step: Hashable, Sendable {
        /// An instruction.
        case instruction(Barrier)
        /// `outer_sync()`: the outer cache's buffers drain, where there is such a cache.
        case outerSync
    }

    /// The generations.
    var architectures: [LoweringProfile.Architecture]
    /// The kernels; empty: bare metal.
    var kernels: [KernelSpan]
    /// The parts of each barrier.
    ///
    /// A barrier that is not here does not exist in the era.
    var barriers: [KernelBarrier: [Step]]
    /// What stands before the store of `writel`.
    var beforeWrite: KernelBarrier?
    /// What stands after the load of `readl`.
    var afterRead: KernelBarrier?

    private static let dsb = Step.instruction(Barrier(.dsb))
    private static let dmb = Step.instruction(Barrier(.dmb))

    private static func dsb(_ accesses: Barrier.Accesses) -> Step {
        .instruction(Barrier(.dsb, .fullSystem, accesses))
    }

    private static func dmb(
        _ domain: Barrier.Domain, _ accesses: Barrier.Accesses = .all
    ) -> Step {
        .instruction(Barrier(.dmb, domain, accesses))
    }

    private static let arm64Barriers: [KernelBarrier: [Step]] = [
        .mb: [dsb], .rmb: [dsb(.loads)], .wmb: [dsb(.stores)],
        .dmaMb: [dmb(.outerShareable)],
        .dmaRmb: [dmb(.outerShareable, .loads)],
        .dmaWmb: [dmb(.outerShareable, .stores)],
        .smpMb: [dmb(.innerShareable)],
        .smpRmb: [dmb(.innerShareable, .loads)],
        .smpWmb: [dmb(.innerShareable, .stores)],
    ]

    /// From 2.6.35 on `mb` is more than a DMB, and accessors have barriers.
    private static let barriersOfARMv7 = KernelVersion(2, 6, 35)

    /// All that is known.
    ///
    /// Sources: arch/arm64/include/asm/barrier.h and io.h, arch/arm/include/asm/barrier.h and io.h,
    /// arch/arm/mm/flush.c `arm_heavy_mb`. (linux-dma.md §2.10) The kernels are multiprocessor kernels, except on
    /// ARMv7-M, which has none: there `smp_*` only keeps the compiler from reordering.
    /// A kernel for ARMv6 alone and one for ARMv5 are uniprocessor kernels as well.
    /// Assumption: the rows before 3.19 are from memory, as is that ARMv7-M has ARMv7's barriers and that arm64's
    /// accessors had DSBs before 5.0.
    static let rows: [BarrierRow] = [
        // Bare metal: our choice, not a kernel's. The names are kept so that a trace can be run with and without
        // a kernel line. Accessors are plain accesses: nothing drains for them.
        BarrierRow(
            architectures: LoweringProfile.Architecture.allCases, kernels: [],
            barriers: [
                .mb: [dsb], .rmb: [dsb], .wmb: [dsb],
                .dmaMb: [dmb], .dmaRmb: [dmb], .dmaWmb: [dmb],
                .smpMb: [dmb], .smpRmb: [dmb], .smpWmb: [dmb],
            ],
            beforeWrite: nil, afterRead: nil),
        BarrierRow(
            architectures: [.arm64], kernels: [KernelVersion(5, 0)..<KernelVersion.firstUnknown],
            barriers: arm64Barriers,
            beforeWrite: .dmaWmb, afterRead: .dmaRmb),
        // Before 5.0 accessors have DSBs.
        BarrierRow(
            architectures: [.arm64], kernels: [KernelSpan.arm64.lowerBound..<KernelVersion(5, 0)],
            barriers: arm64Barriers, beforeWrite: .wmb, afterRead: .rmb),
        // ARMv7 has no load-only barrier: the read barriers are full ones. `dma_mb` is the generic one, `mb`.
        BarrierRow(
            architectures: [.arm32v7], kernels: [KernelVersion(3, 19)..<KernelVersion.firstUnknown],
            barriers: [
                .mb: [dsb, .outerSync], .rmb: [dsb], .wmb: [dsb(.stores), .outerSync],
                .dmaMb: [dsb, .outerSync],
                .dmaRmb: [dmb(.outerShareable)],
                .dmaWmb: [dmb(.outerShareable, .stores)],
                .smpMb: [dmb(.innerShareable)],
                .smpRmb: [dmb(.innerShareable)],
                .smpWmb: [dmb(.innerShareable, .stores)],
            ],
            beforeWrite: .wmb, afterRead: .rmb),
        // Before 3.19 there are no `dma_*` barriers.
        BarrierRow(
            architectures: [.arm32v7], kernels: [KernelVersion(3, 12)..<KernelVersion(3, 19)],
            barriers: [
                .mb: [dsb, .outerSync], .rmb: [dsb], .wmb: [dsb(.stores), .outerSync],
                .smpMb: [dmb(.innerShareable)],
                .smpRmb: [dmb(.innerShareable)],
                .smpWmb: [dmb(.innerShareable, .stores)],
            ],
            beforeWrite: .wmb, afterRead: .rmb),
        // Before 3.12 barriers have no options.
        BarrierRow(
            architectures: [.arm32v7], kernels: [barriersOfARMv7..<KernelVersion(3, 12)],
            barriers: [
                .mb: [dsb, .outerSync], .rmb: [dsb], .wmb: [dsb, .outerSync],
                .smpMb: [dmb], .smpRmb: [dmb], .smpWmb: [dmb],
            ],
            beforeWrite: .wmb, afterRead: .rmb),
        BarrierRow(
            architectures: [.armv7m], kernels: [KernelVersion(4, 20)..<KernelVersion.firstUnknown],
            barriers: [
                .mb: [dsb], .rmb: [dsb], .wmb: [dsb(.stores)],
                .dmaMb: [dsb],
                .dmaRmb: [dmb(.outerShareable)],
                .dmaWmb: [dmb(.outerShareable, .stores)],
                .smpMb: [], .smpRmb: [], .smpWmb: [],
            ],
            beforeWrite: .wmb, afterRead: .rmb),
        // Before 2.6.35 the barriers were DMBs, and accessors were plain accesses.
        BarrierRow(
            architectures: [.arm32v7], kernels: [KernelVersion.firstKnown..<barriersOfARMv7],
            barriers: [
                .mb: [dmb], .rmb: [dmb], .wmb: [dmb],
                .smpMb: [dmb], .smpRmb: [dmb], .smpWmb: [dmb],
            ],
            beforeWrite: nil, afterRead: nil),
        // ARMv6 with `ARM_DMA_MEM_BUFFERABLE`, its default. CP15's barriers have no options.
        BarrierRow(
            architectures: [.arm32v6],
            kernels: [KernelVersion(3, 19)..<KernelVersion.firstUnknown],
            barriers: [
                .mb: [dsb, .outerSync], .rmb: [dsb], .wmb: [dsb, .outerSync],
                .dmaMb: [dsb, .outerSync], .dmaRmb: [dmb], .dmaWmb: [dmb],
                .smpMb: [], .smpRmb: [], .smpWmb: [],
            ],
            beforeWrite: .wmb, afterRead: .rmb),
        BarrierRow(
            architectures: [.arm32v6], kernels: [barriersOfARMv7..<KernelVersion(3, 19)],
            barriers: [
                .mb: [dsb, .outerSync], .rmb: [dsb], .wmb: [dsb, .outerSync],
                .smpMb: [], .smpRmb: [], .smpWmb: [],
            ],
            beforeWrite: .wmb, afterRead: .rmb),
        // Before ARMv6, and on ARMv6 before 2.6.35, barriers only keep the compiler from reordering: no store
        // leaves a write buffer for them.
        BarrierRow(
            architectures: [.arm32v5],
            kernels: [KernelVersion(3, 19)..<KernelVersion.firstUnknown],
            barriers: [
                .mb: [], .rmb: [], .wmb: [], .dmaMb: [], .dmaRmb: [], .dmaWmb: [],
                .smpMb: [], .smpRmb: [], .smpWmb: [],
            ],
            beforeWrite: nil, afterRead: nil),
        BarrierRow(
            architectures: [.arm32v5], kernels: [KernelVersion.firstKnown..<KernelVersion(3, 19)],
            barriers: compilerBarriers, beforeWrite: nil, afterRead: nil),
        BarrierRow(
            architectures: [.arm32v6], kernels: [KernelVersion.firstKnown..<barriersOfARMv7],
            barriers: compilerBarriers, beforeWrite: nil, afterRead: nil),
    ]

    private static let compilerBarriers: [KernelBarrier: [Step]] = [
        .mb: [], .rmb: [], .wmb: [], .smpMb: [], .smpRmb: [], .smpWmb: [],
    ]
}
