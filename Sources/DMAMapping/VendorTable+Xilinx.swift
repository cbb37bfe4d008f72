import Operations

extension VendorRow {
    private static let zynq = [VendorTarget(architecture: .arm32v7, outer: .needed)]
    private static let zynqMP = [VendorTarget(architecture: .arm64)]

    /// The standalone board support package on Cortex-A9 and on 64-bit cores.
    ///
    /// Sources: embeddedsw, lib/bsp/standalone/src/arm/cortexa9/xil_cache.c and ARMv8/64bit/xil_cache.c with its header,
    /// whose heads give the versions. On Cortex-A9 the oldest that was read is of 2016; its head says that its loops
    /// are of 5.1. Left out: interrupts, which are off meanwhile; the PL310's debug register, written for errata that
    /// Zynq has not; the builds with `USE_AMP`; that invalidating all first flushes the stack; Cortex-A53 in AArch32 and
    /// Cortex-R5.
    /// Not lowered: `Xil_DCacheInvalidate` on Cortex-A9 and `Xil_L2CacheInvalidate`, for no operation of the machine
    /// invalidates all ways of an outer cache without a clean.
    static let xilinx: [VendorRow] = a9Ranges + a9Lines + a9Whole + a9Level1 + a9Level2 + arm64Xil

    private static func range(
        _ function: VendorCall.Function, on targets: [VendorTarget], _ versions: LibrarySpan,
        empty: [VendorStep] = [], _ steps: [VendorStep]
    ) -> VendorRow {
        VendorRow(
            [function], on: targets, versions,
            [VendorCase(.empty, empty), VendorCase(.any, steps)])
    }

    /// A loop over lines of 32 bytes.
    private static func by32(
        _ loop: LineLoop, _ actions: VendorStep.Action...
    ) -> VendorStep { .lines(loop, by: .bytes(32), actions) }

    private static let dsb = VendorStep.Action.barrier(Barrier(.dsb))
    private static let v5to7 = LibraryVersion(5, 1)..<LibraryVersion(8, 0)

    /// Level 1 before level 2 on the way out, level 2 before level 1 on the way in; before 8.0 (commit 6cb1f1f213)
    /// both line by line.
    private static let a9Ranges: [VendorRow] = [
        range(
            .xilFlushRange, on: zynq, v5to7, empty: [.dsb],
            [by32(.whileBelowEnd(.cleanAndInvalidate), .core, .outer, .cacheSync), .dsb]),
        range(
            .xilFlushRange, on: zynq, .from(8, 0),
            [
                by32(.whileBelowEnd(.cleanAndInvalidate), .core), .dsb,
                by32(.whileBelowEnd(.cleanAndInvalidate), .outer, .cacheSync),
            ]),
        range(
            .xilInvalidateRange, on: zynq, v5to7, empty: [.dsb],
            [
                by32(.partialLines, .core, dsb, .outer, dsb, .cacheSync),
                by32(.wholeLines(.invalidate), .outer, .cacheSync, .core), .dsb,
            ]),
        range(
            .xilInvalidateRange, on: zynq, LibraryVersion(8, 0)..<LibraryVersion(8, 1),
            [
                by32(.partialLines, .core, dsb, .outer, .cacheSync, .cacheSync),
                by32(.wholeLines(.invalidate), .outer, .cacheSync),
                by32(.wholeLines(.invalidate), .core), .dsb,
            ]),
        // Commit 51b23c67ca: a partial last line can go without its clean, and is invalidated in any case.
        range(
            .xilInvalidateRange, on: zynq, LibraryVersion(8, 1)..<LibraryVersion(9, 1),
            [
                by32(.partialLinesMisjudged, .core, dsb, .outer, .cacheSync, .cacheSync),
                by32(.fromWholeLine(.invalidate), .outer, .cacheSync),
                by32(.fromWholeLine(.invalidate), .core), .dsb,
            ]),
        // Commit 23a2d01fc3 mends it.
        range(
            .xilInvalidateRange, on: zynq, .from(9, 1),
            [
                by32(.partialLinesOnce, .core, dsb, .outer, .cacheSync, .cacheSync),
                by32(.wholeLines(.invalidate), .outer, .cacheSync),
                by32(.wholeLines(.invalidate), .core), .dsb,
            ]),
    ]

    /// One line by an address.
    private static func line(_ operation: RangeOperation, _ actions: VendorStep.Action...)
        -> VendorStep
    { .lines(.everyLine(operation), by: .bytes(32), actions) }

    private static let a9Lines: [VendorRow] = [
        VendorRow(
            .xilFlushLine, on: zynq, v5to7,
            [line(.cleanAndInvalidate, .core, dsb, .outer, dsb, .cacheSync)]),
        VendorRow(
            .xilFlushLine, on: zynq, .from(8, 0),
            [line(.cleanAndInvalidate, .core, dsb, .outer, .cacheSync)]),
        VendorRow(
            .xilInvalidateLine, on: zynq, .from(5, 1), [line(.invalidate, .outer, dsb, .core, dsb)]),
        VendorRow(
            .xilStoreLine, on: zynq, v5to7, [line(.clean, .core, dsb, .outer, dsb)]),
        VendorRow(
            .xilStoreLine, on: zynq, .from(8, 0), [line(.clean, .core, dsb, .outer, .cacheSync)]),
    ]

    private static let flushWays: [VendorStep] = [
        .all(.outerCleanAndInvalidateWays), .cacheSync, .dsb,
    ]

    /// Left out: the stack, which is flushed before if the cache is on; where it lies is not known here.
    private static let invalidateWays: [VendorStep] = [
        .all(.outerInvalidateWays), .cacheSync, .dsb,
    ]

    private static let a9Whole: [VendorRow] = [
        // The outer cache goes first: what is then written back from the core's is not lost.
        VendorRow(
            .xilInvalidate, on: zynq, .from(5, 1),
            invalidateWays + [.all(.dcISW, level: 1), .dsb]),
        VendorRow(
            .xilFlush, on: zynq, .from(5, 1), [.all(.dcCISW, level: 1), .dsb] + flushWays),
    ]

    private static let a9Level1: [VendorRow] = [
        VendorRow(.xilL1Flush, on: zynq, .from(5, 1), [.all(.dcCISW, level: 1), .dsb]),
        VendorRow(.xilL1Invalidate, on: zynq, .from(5, 1), [.all(.dcISW, level: 1), .dsb]),
        range(
            .xilL1FlushRange, on: zynq, v5to7, empty: [.dsb],
            [by32(.whileBelowEnd(.cleanAndInvalidate), .core), .dsb]),
        range(
            .xilL1FlushRange, on: zynq, .from(8, 0),
            [by32(.whileBelowEnd(.cleanAndInvalidate), .core), .dsb]),
        range(
            .xilL1InvalidateRange, on: zynq, v5to7, empty: [.dsb],
            [by32(.whileBelowEnd(.invalidate), .core), .dsb]),
        range(
            .xilL1InvalidateRange, on: zynq, .from(8, 0),
            [by32(.whileBelowEnd(.invalidate), .core), .dsb]),
        VendorRow(
            .xilL1FlushLine, on: zynq, .from(5, 1), [line(.cleanAndInvalidate, .core, dsb)]),
        VendorRow(.xilL1InvalidateLine, on: zynq, .from(5, 1), [line(.invalidate, .core, dsb)]),
        VendorRow(.xilL1StoreLine, on: zynq, .from(5, 1), [line(.clean, .core, dsb)]),
    ]

    private static let a9Level2: [VendorRow] = [
        VendorRow(.xilL2Flush, on: zynq, .from(5, 1), flushWays),
        VendorRow(.xilL2Invalidate, on: zynq, .from(5, 1), invalidateWays),
        range(
            .xilL2FlushRange, on: zynq, v5to7, empty: [.dsb],
            [by32(.whileBelowEnd(.cleanAndInvalidate), .outer, .cacheSync), .dsb]),
        range(
            .xilL2FlushRange, on: zynq, .from(8, 0),
            [by32(.whileBelowEnd(.cleanAndInvalidate), .outer, .cacheSync)]),
        range(
            .xilL2InvalidateRange, on: zynq, .from(5, 1), empty: [.dsb],
            [by32(.whileBelowEnd(.invalidate), .outer, .cacheSync), .dsb]),
        VendorRow(
            .xilL2FlushLine, on: zynq, v5to7, [line(.cleanAndInvalidate, .outer, dsb)]),
        VendorRow(
            .xilL2FlushLine, on: zynq, .from(8, 0), [line(.cleanAndInvalidate, .outer, .cacheSync)]),
        VendorRow(.xilL2InvalidateLine, on: zynq, .from(5, 1), [line(.invalidate, .outer, dsb)]),
        VendorRow(.xilL2StoreLine, on: zynq, v5to7, [line(.clean, .outer, dsb)]),
        VendorRow(.xilL2StoreLine, on: zynq, .from(8, 0), [line(.clean, .outer, .cacheSync)]),
    ]

    /// On 64-bit cores an invalidate of a range is a clean and invalidate.
    ///
    /// From 7.0 on, says the file's head; nothing before was read. The line is 64 bytes.
    private static let arm64Xil: [VendorRow] = [
        range(
            .xilFlushRange, on: zynqMP, .from(7, 0), empty: [.dsb],
            [.lines(.whileBelowEnd(.cleanAndInvalidate), by: .bytes(64)), .dsb]),
        range(
            .xilInvalidateRange, on: zynqMP, .from(7, 0), empty: [.dsb],
            [.lines(.whileBelowEnd(.cleanAndInvalidate), by: .bytes(64)), .dsb]),
        VendorRow(
            .xilFlushLine, on: zynqMP, .from(7, 0),
            [
                .lines(.everyLine(.cleanAndInvalidate), by: .bytes(64)), .dsb,
                .lines(.everyLine(.cleanAndInvalidate), by: .bytes(64)), .dsb,
            ]),
        // The second, which is meant for level 2, is a plain invalidate.
        VendorRow(
            .xilInvalidateLine, on: zynqMP, .from(7, 0),
            [
                .lines(.everyLine(.cleanAndInvalidate), by: .bytes(64)), .dsb,
                .lines(.everyLine(.invalidate), by: .bytes(64)), .dsb,
            ]),
        VendorRow(.xilFlush, on: zynqMP, .from(7, 0), bothLevels(.dcCISW)),
        VendorRow(.xilInvalidate, on: zynqMP, .from(7, 0), bothLevels(.dcISW)),
    ]

    private static func bothLevels(_ instruction: Maintenance.Instruction) -> [VendorStep] {
        [.isb, .all(instruction, level: 1), .dsb, .isb, .all(instruction, level: 2), .dsb]
    }
}
