import Operations

extension VendorRow {
    private static let v5v6 = [
        VendorTarget(architecture: .arm32v5), VendorTarget(architecture: .arm32v6),
    ]
    private static let v7 = [VendorTarget(architecture: .arm32v7)]
    private static let v8 = [VendorTarget(architecture: .arm64)]
    private static let v7m = [VendorTarget(architecture: .armv7m)]

    /// U-Boot, from its tree at 2026.10-rc2 and that history.
    ///
    /// Sources: arch/arm/cpu/arm926ejs/cache.c, arm11/cpu.c, armv7/cache_v7.c and cache_v7_asm.S, armv7m/cache.c,
    /// armv8/cache.S and cache_v8.c; arch/arm/lib/cache.c and cache-pl310.c; arch/arm/include/asm/io.h, whose `writel`
    /// has a DMB before its store. Assumptions: `CONFIG_SYS_CACHELINE_SIZE` is the length of the core's line; an outer
    /// cache is driven by cache-pl310.c; every level of a walk by set and way costs one ISB together.
    /// Left out: the message about a range that is not aligned.
    /// Not lowered: `invalidate_dcache_all` beside an outer cache: no operation of the machine invalidates all its ways.
    static let uBoot: [VendorRow] = beforeV7 + armv7 + armv8 + cortexM

    /// A range that is not aligned is refused: nothing is done.
    private static let beforeV7: [VendorRow] = [
        VendorRow(
            [.flushRange, .flushCache], on: v5v6, .anyVersion,
            [
                VendorCase(.misaligned, []),
                VendorCase(.any, [.lines(.whileBelowEnd(.cleanAndInvalidate)), .dsb]),
            ]),
        // Nothing drains after it.
        VendorRow(
            [.invalidateRange], on: v5v6, .anyVersion,
            [
                VendorCase(.misaligned, []),
                VendorCase(.any, [.lines(.whileBelowEnd(.invalidate))]),
            ]),
        VendorRow(.invalidateAll, on: v5v6, [.all(.dcISW)]),
        // ARM926 tests, cleans and invalidates; ARM11 cleans alone.
        VendorRow(.flushAll, on: [VendorTarget(architecture: .arm32v5)], [.all(.dcCISW), .dsb]),
        VendorRow(.flushAll, on: [VendorTarget(architecture: .arm32v6)], [.all(.dcCSW), .dsb]),
    ]

    private static let writel = VendorStep.Action.barrier(Barrier(.dmb))

    private static func outer(_ loop: LineLoop) -> [VendorStep] {
        [.besideOuter([.lines(loop, by: .bytes(32), [writel, .outer]), .dmb, .cacheSync])]
    }

    private static let armv7: [VendorRow] = [
        VendorRow(
            .flushRange, .flushCache, on: v7,
            [.lines(.whileBelowEnd(.cleanAndInvalidate)), .dsb]
                + outer(.whileBelowEnd(.cleanAndInvalidate))),
        // Partial lines are left as they are, in both levels; the outer cache's whole lines go last.
        VendorRow(
            .invalidateRange, on: v7, .before(2016, 9),
            [.lines(.wholeLines(.invalidate)), .dsb] + outer(.wholeLines(.invalidate))),
        // From 2016.09 (commit 6b424611a8d) no line of the core's is touched unless all of the range is aligned.
        VendorRow(
            [.invalidateRange], on: v7, .from(2016, 9),
            [
                VendorCase(.misaligned, [.dsb] + outer(.wholeLines(.invalidate))),
                VendorCase(
                    .any,
                    [.lines(.whileBelowEnd(.invalidate)), .dsb] + outer(.wholeLines(.invalidate))),
            ]),
        VendorRow(
            .flushAll, on: v7,
            [
                .dmb, .isb, .all(.dcCISW), .dsbStores, .isb,
                .besideOuter([.dmb, .all(.outerCleanAndInvalidateWays), .dmb, .cacheSync]),
            ]),
        VendorRow(
            .invalidateAll, on: v7,
            [
                .dmb, .isb, .all(.dcISW), .dsbStores, .isb,
                .besideOuter([.dmb, .all(.outerInvalidateWays), .dmb, .cacheSync]),
            ]),
    ]

    /// Before 2017.07 (commit 6775a8208e3) `invalidate_dcache_range` was a flush.
    private static let armv8: [VendorRow] = [
        VendorRow(
            .flushRange, .flushCache, on: v8, [.lines(.everyLine(.cleanAndInvalidate)), .dsb]),
        VendorRow(
            .invalidateRange, on: v8, .before(2017, 7),
            [.lines(.everyLine(.cleanAndInvalidate)), .dsb]),
        VendorRow(
            .invalidateRange, on: v8, .from(2017, 7), [.lines(.everyLine(.invalidate)), .dsb]),
        VendorRow(.flushAll, on: v8, [.dsb, .isb, .all(.dcCISW), .dsb, .isb]),
        VendorRow(.invalidateAll, on: v8, [.dsb, .isb, .all(.dcISW), .dsb, .isb]),
    ]

    /// A flush only cleans here, and the loop takes the register's words for bytes: it steps by a quarter of a line, ends
    /// one step early, and can so miss the last line.
    private static let cortexM: [VendorRow] = [
        VendorRow(
            .flushRange, .flushCache, on: v7m, .from(2017, 5),
            [
                .dsb, .lines(.bySizeLessOne(.clean), by: .lineDivided(by: 4), [writel, .core]),
                .dsb, .isb,
            ]),
        VendorRow(
            .invalidateRange, on: v7m, .from(2017, 5),
            [
                .dsb,
                .lines(.bySizeLessOne(.invalidate), by: .lineDivided(by: 4), [writel, .core]),
                .dsb, .isb,
            ]),
        VendorRow(.flushAll, on: v7m, .from(2017, 7), [.dsb, .all(.dcCSW), .dsb, .isb]),
        VendorRow(.invalidateAll, on: v7m, .from(2017, 7), [.dsb, .all(.dcISW), .dsb, .isb]),
    ]
}
