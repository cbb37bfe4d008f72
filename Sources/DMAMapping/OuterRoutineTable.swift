import Operations

/// What a controller's routines for an outer cache do (`outer_cache_fns`).
struct OuterRoutineRow: Sendable {
    /// Whose routines.
    var routines: OuterRoutines
    /// Beside which cores.
    var architectures: [LoweringProfile.Architecture]
    /// What they do, by physical address.
    var ranges: RangeRoutines
    /// Whether there is `outer_sync`, which the kernel's barriers call.
    var drainsOnBarrier: Bool

    private static let dsb = MaintenanceRoutine.Closing.barrierToOuter
    private static let anyCore: [LoweringProfile.Architecture] = [.arm32v5, .arm32v6, .arm32v7]

    /// The usual three of the L2x0 family.
    private static let byLine = RangeRoutines(
        clean: .lines(.outerEveryLine(.clean), .cacheSync),
        invalidate: .lines(.outerInvalidate, .cacheSync),
        flush: .lines(.outerEveryLine(.cleanAndInvalidate), .cacheSync))

    /// All that is known, one row for each controller, the same in all kernels.
    ///
    /// Sources: arch/arm/mm/cache-l2x0.c, cache-feroceon-l2.c, cache-tauros2.c, cache-xsc3l2.c, cache-uniphier.c.
    /// (linux-dma.md §2.4) Left out: the lock, the polling of an L2C-220 (its operation costs more), and that an
    /// L2C-220 cleans by way what is larger than the cache.
    static let rows: [OuterRoutineRow] = [
        OuterRoutineRow(
            routines: .pl310, architectures: anyCore, ranges: byLine, drainsOnBarrier: true),
        OuterRoutineRow(
            routines: .pl310WithoutSync, architectures: anyCore, ranges: byLine,
            drainsOnBarrier: false),
        OuterRoutineRow(
            routines: .l210, architectures: anyCore, ranges: byLine, drainsOnBarrier: true),
        OuterRoutineRow(
            routines: .l220, architectures: anyCore, ranges: byLine, drainsOnBarrier: true),
        OuterRoutineRow(
            routines: .pl310Erratum588369, architectures: anyCore,
            ranges: RangeRoutines(
                clean: byLine.clean,
                invalidate: .lines(.outerInvalidateErratum588369, .cacheSync),
                flush: .lines(.outerEveryLine(.clean, .invalidate), .cacheSync)),
            drainsOnBarrier: true),
        // Rounded outward and invalidated: a neighbour's dirty bytes in a partial line are lost.
        OuterRoutineRow(
            routines: .aurora, architectures: [.arm32v7],
            ranges: RangeRoutines(
                clean: aurora(.clean), invalidate: aurora(.invalidate),
                flush: aurora(.cleanAndInvalidate)),
            drainsOnBarrier: true),
        OuterRoutineRow(
            routines: .auroraWriteThrough, architectures: [.arm32v7],
            ranges: RangeRoutines(
                clean: .nothing, invalidate: aurora(.invalidate), flush: aurora(.invalidate)),
            drainsOnBarrier: true),
        OuterRoutineRow(
            routines: .feroceon, architectures: [.arm32v5],
            ranges: RangeRoutines(
                clean: .lines(.outerPieces(.clean, of: 1_024, within: Lowering.pageSize), dsb),
                invalidate: .lines(.outerInvalidateFeroceon, dsb),
                flush: .lines(
                    .outerPieces(.clean, .invalidate, of: 1_024, within: Lowering.pageSize), dsb)),
            drainsOnBarrier: false),
        OuterRoutineRow(
            routines: .feroceonWriteThrough, architectures: [.arm32v5],
            ranges: RangeRoutines(
                clean: .only(dsb), invalidate: .lines(.outerInvalidateFeroceon, dsb),
                flush: .lines(
                    .outerPieces(.invalidate, of: 1_024, within: Lowering.pageSize), dsb)),
            drainsOnBarrier: false),
        OuterRoutineRow(
            routines: .tauros2, architectures: [.arm32v5],
            ranges: RangeRoutines(
                clean: .lines(.outerEveryLine(.clean), dsb),
                invalidate: .lines(.outerInvalidate, dsb),
                flush: .lines(.outerEveryLine(.cleanAndInvalidate), dsb)),
            drainsOnBarrier: false),
        OuterRoutineRow(
            routines: .xsc3, architectures: [.arm32v5],
            ranges: RangeRoutines(
                clean: .lines(.outerEveryLine(.clean), dsb),
                invalidate: .lines(.outerInvalidateXSC3, dsb),
                flush: .lines(.outerEveryLine(.clean, .invalidate), dsb)),
            drainsOnBarrier: false),
        // As Aurora's: an invalidate takes the neighbours' bytes in partial lines with it.
        OuterRoutineRow(
            routines: .uniphier, architectures: [.arm32v7],
            ranges: RangeRoutines(
                clean: .lines(.outerEveryLine(.clean), .cacheSync),
                invalidate: .lines(.outerEveryLine(.invalidate), .cacheSync),
                flush: .lines(.outerEveryLine(.cleanAndInvalidate), .cacheSync)),
            drainsOnBarrier: true),
    ]

    /// The row of a controller.
    static func row(of routines: OuterRoutines) -> OuterRoutineRow {
        guard let row = rows.first(where: { $0.routines == routines }) else {
            preconditionFailure("the table has a row for every controller")
        }
        return row
    }

    private static func aurora(_ operation: RangeOperation) -> MaintenanceRoutine {
        .lines(
            .outerPieces(operation, of: 1_024, within: Lowering.pageSize),
            .cacheSyncAfterEachPiece)
    }
}
