import Operations

/// A routine that maintains a range in one cache or in the caches of a core.
struct MaintenanceRoutine: Sendable {
    /// What it does between its barriers.
    enum Work: Sendable {
        case nothing
        case lines(LineLoop)
        /// One instruction for all lines of the core, whatever the range.
        case all(Maintenance.Instruction)
    }

    /// What ends it.
    enum Closing: Hashable, Sendable {
        case barrier(Barrier)
        /// A DSB that reaches an outer cache driven by CP15: the buffers behind it are empty then, too.
        case barrierToOuter
        /// The outer cache's controller is told to empty its buffers.
        case cacheSync
        /// The same after every piece.
        case cacheSyncAfterEachPiece
    }

    /// The barrier before the first line; nil: none.
    var opening: Barrier?
    /// What it does.
    var work: Work
    /// What ends it; nil: nothing.
    var closing: Closing?

    static func lines(
        _ loop: LineLoop, _ closing: Closing?, after opening: Barrier? = nil
    ) -> MaintenanceRoutine {
        MaintenanceRoutine(opening: opening, work: .lines(loop), closing: closing)
    }

    static func all(_ instruction: Maintenance.Instruction) -> MaintenanceRoutine {
        MaintenanceRoutine(work: .all(instruction))
    }

    /// Only what ends a routine.
    static func only(_ closing: Closing) -> MaintenanceRoutine {
        MaintenanceRoutine(work: .nothing, closing: closing)
    }

    static let nothing = MaintenanceRoutine(work: .nothing)
}

/// The three routines of a cache (`dmac_clean_range` and so on).
struct RangeRoutines: Sendable {
    var clean: MaintenanceRoutine
    var invalidate: MaintenanceRoutine
    var flush: MaintenanceRoutine

    subscript(operation: RangeOperation) -> MaintenanceRoutine {
        switch operation {
        case .clean: clean
        case .invalidate: invalidate
        case .cleanAndInvalidate: flush
        }
    }
}

/// How a core's maintenance routines of a kernel walk a range, and how they end.
struct InnerRoutineRow: Sendable {
    /// Whose routines.
    var routines: [InnerRoutines]
    /// The kernels.
    var kernels: [KernelSpan]
    /// What they do.
    var ranges: RangeRoutines

    private static let dsb = MaintenanceRoutine.Closing.barrier(Barrier(.dsb))
    private static let dsbStores = MaintenanceRoutine.Closing.barrier(
        Barrier(.dsb, .fullSystem, .stores))

    /// The usual three: every line for clean and flush, one loop of its own to invalidate.
    private static func row(
        _ routines: InnerRoutines..., kernels: KernelSpan..., clean: LineLoop = .everyLine(.clean),
        invalidate: LineLoop, flush: LineLoop = .everyLine(.cleanAndInvalidate),
        closing: MaintenanceRoutine.Closing = dsb, opening: Barrier? = nil
    ) -> InnerRoutineRow {
        InnerRoutineRow(
            routines: routines, kernels: kernels,
            ranges: RangeRoutines(
                clean: .lines(clean, closing, after: opening),
                invalidate: .lines(invalidate, closing, after: opening),
                flush: .lines(flush, closing, after: opening)))
    }

    /// All that is known.
    ///
    /// Sources: the files of arch/arm/mm that ``InnerRoutines`` names, arch/arm64/mm/cache.S. (linux-dma.md §2.3,
    /// §2.6) Before ARMv7 a DSB is CP15's `c7, c10, 4`, which drains the write buffer.
    /// Assumption: on ARMv7 the closing `dsb` became `dsb st` in 3.12. It is `dsb` in 3.10 and `dsb st` in 4.x.
    /// Stable releases of 4.19 and before that took the 4.20 loop are not told apart from those without it.
    /// Assumption: the flush of `proc-mohawk.S` and `proc-xsc3.S`, which was not read, is ARM926's.
    static let rows: [InnerRoutineRow] = v7 + v6 + v5 + v4 + arm64

    private static let v7: [InnerRoutineRow] = [
        row(
            .v7, kernels: .before3p12, invalidate: .invalidateV7Before4p20),
        row(
            .v7, kernels: .from3p12To4p19, invalidate: .invalidateV7Before4p20,
            closing: dsbStores),
        row(.v7, .v7m, kernels: .from4p20, invalidate: .invalidateV7, closing: dsbStores),
        // Erratum 764369: maintenance of a shareable line may stop short unless a DSB stands before it.
        row(
            .v7Erratum764369, kernels: .before3p12, invalidate: .invalidateV7Before4p20,
            opening: Barrier(.dsb)),
        row(
            .v7Erratum764369, kernels: .from3p12To4p19, invalidate: .invalidateV7Before4p20,
            closing: dsbStores, opening: Barrier(.dsb)),
        row(
            .v7Erratum764369, kernels: .from4p20, invalidate: .invalidateV7, closing: dsbStores,
            opening: Barrier(.dsb)),
    ]

    private static let v6: [InnerRoutineRow] = [
        row(.v6, kernels: .all, invalidate: .invalidateV6),
        // ARM11MPCore: maintenance is not broadcast, so the core takes each line from the others first.
        row(
            .v6ReadWriteForOwnership, kernels: .armElevenMPCore,
            clean: .everyLine(.clean).owning(.read),
            invalidate: .invalidateV6.owning(.readWrite(bytes: 4)),
            flush: .everyLine(.cleanAndInvalidate).owning(.readWrite(bytes: 1))),
    ]

    private static let v5: [InnerRoutineRow] = [
        row(.arm926, .feroceon, .mohawk, .xsc3, kernels: .all, invalidate: .invalidateV5),
        // No instruction cleans and invalidates.
        row(
            .v4wb, .xscale, kernels: .all, invalidate: .invalidateV5,
            flush: .everyLine(.clean, .invalidate)),
        // An invalidate leaves the dirty bit: it is done as a flush.
        row(
            .xscaleA0A1, kernels: .all, invalidate: .everyLine(.clean, .invalidate),
            flush: .everyLine(.clean, .invalidate)),
        row(.fa, kernels: .all, invalidate: .invalidateV7Before4p20),
        // One instruction pair for a range, with interrupts off. Nothing drains after an invalidate.
        // Assumption: its hardware goes from line to line, so it is counted as the lines it touches.
        InnerRoutineRow(
            routines: [.feroceonRange], kernels: [.all],
            ranges: RangeRoutines(
                clean: .lines(.everyLine(.clean), dsb), invalidate: .lines(.invalidateV5, nil),
                flush: .lines(.everyLine(.cleanAndInvalidate), dsb))),
        // Lines are never dirty: there is nothing to clean but the write buffer. What is called flush cleans.
        InnerRoutineRow(
            routines: [.arm926WriteThrough], kernels: [.all],
            ranges: RangeRoutines(
                clean: .only(dsb), invalidate: .lines(.everyLine(.invalidate), dsb),
                flush: .lines(.everyLine(.clean), dsb))),
    ]

    private static let v4: [InnerRoutineRow] = [
        InnerRoutineRow(
            routines: [.v4wt], kernels: [.all],
            ranges: RangeRoutines(
                clean: .nothing, invalidate: .lines(.everyLine(.invalidate), nil),
                flush: .lines(.everyLine(.invalidate), nil))),
        InnerRoutineRow(
            routines: [.v4], kernels: [.all],
            ranges: RangeRoutines(clean: .nothing, invalidate: .all(.dcISW), flush: .all(.dcISW))),
        InnerRoutineRow(
            routines: [.nop], kernels: [.all],
            ranges: RangeRoutines(clean: .nothing, invalidate: .nothing, flush: .nothing)),
    ]

    private static let arm64: [InnerRoutineRow] = [
        row(.arm64, kernels: .arm64, invalidate: .invalidateArm64),
        row(
            .arm64CleanInvalidates, kernels: .arm64, clean: .everyLine(.cleanAndInvalidate),
            invalidate: .invalidateArm64),
    ]
}

extension LineLoop {
    /// The same loop, each line taken from other cores first.
    fileprivate func owning(_ ownership: Ownership) -> LineLoop {
        var loop = self
        loop.ownership = ownership
        return loop
    }
}
