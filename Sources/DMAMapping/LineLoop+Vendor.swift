// The loops that bare-metal libraries have, each with the file it is read in.

extension LineLoop {
    /// Every line touched while the address is below the end.
    ///
    /// A range without bytes touches the line that it starts inside of.
    static func whileBelowEnd(_ operations: RangeOperation...) -> LineLoop {
        LineLoop(body: operations, doesAtLeastOne: false)
    }

    /// As many lines as the size has, begun with the line of the address.
    ///
    /// The size is not widened by the address' offset in its line: the last line of a range that is not aligned can be
    /// missed. Source: CMSIS-Core before 5.5.0, core_cm7.h, `SCB_CleanDCache_by_Addr` and its two brothers.
    static func bySize(_ operation: RangeOperation) -> LineLoop {
        LineLoop(body: [operation], doesAtLeastOne: false, extent: .size)
    }

    /// One step at least, and one less than the size has.
    ///
    /// The loop goes on while *more* than a step is left. Source: U-Boot, arch/arm/cpu/armv7m/cache.c,
    /// `action_cache_range`.
    static func bySizeLessOne(_ operation: RangeOperation) -> LineLoop {
        LineLoop(body: [operation], extent: .sizeLessOne)
    }

    /// The whole lines of a range alone: partial ones are left as they are.
    ///
    /// Source: U-Boot, arch/arm/lib/cache-pl310.c, `v7_outer_cache_inval_range`, and cache_v7.c before 2016.09,
    /// `v7_dcache_inval_range`.
    static func wholeLines(_ operation: RangeOperation) -> LineLoop {
        LineLoop(
            body: [operation], skipsPartialLast: true, doesAtLeastOne: false,
            startsAtWholeLine: true)
    }

    /// Every line from the first whole one on, a partial last one among them.
    ///
    /// Source: Xilinx standalone 8.1 to 9.0, cortexa9/xil_cache.c, `Xil_DCacheInvalidateRange`.
    static func fromWholeLine(_ operation: RangeOperation) -> LineLoop {
        LineLoop(body: [operation], doesAtLeastOne: false, startsAtWholeLine: true)
    }

    /// The partial lines of a range alone, the first before the last, twice if both are one line.
    static let partialLines = LineLoop(
        partialFirst: [.cleanAndInvalidate], partialLast: [.cleanAndInvalidate], body: [])

    /// The same, once if both are one line.
    static let partialLinesOnce = LineLoop(
        partialFirst: [.cleanAndInvalidate], partialLast: [.cleanAndInvalidate],
        doesSharedLineOnce: true, body: [])

    /// The same, but a partial last line is left alone where it is the next after a partial first one, or the one that
    /// an aligned range begins with.
    ///
    /// The test that was to find a shared line compares with the line where the loop goes on.
    /// Source: Xilinx standalone 8.1 to 9.0, cortexa9/xil_cache.c, `Xil_DCacheInvalidateRange`.
    static let partialLinesMisjudged = LineLoop(
        partialFirst: [.cleanAndInvalidate], partialLast: [.cleanAndInvalidate], body: [],
        sparesLastAtBodyStart: true)

    /// A partial last line first, then a partial first one unless it is the same, then the lines between.
    ///
    /// Sources: Zephyr, include/zephyr/arch/arm64/cache.h, `arm64_dcache_range`; arch/arm/core/cortex_a_r/cache.c,
    /// `arch_dcache_invd_range`.
    static let invalidateZephyr = LineLoop(
        partialFirst: [.cleanAndInvalidate], partialLast: [.cleanAndInvalidate],
        lastTurn: .beforeFirst, doesSharedLineOnce: true, body: [.invalidate],
        skipsPartialFirst: true, skipsPartialLast: true, doesAtLeastOne: false)

    /// A partial first line, the lines between, then a partial last one unless it is the same.
    ///
    /// Sources: NuttX, arch/arm/src/armv7-m/arm_cache.c, `up_invalidate_dcache`; arch/arm64/src/common/arm64_cache.c,
    /// `arm64_dcache_range`.
    static let invalidateNuttX = LineLoop(
        partialFirst: [.cleanAndInvalidate], partialLast: [.cleanAndInvalidate],
        lastTurn: .afterBody, doesSharedLineOnce: true, body: [.invalidate],
        skipsPartialFirst: true, skipsPartialLast: true, doesAtLeastOne: false)
}
