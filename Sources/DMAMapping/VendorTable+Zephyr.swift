import Operations

extension VendorRow {
    private static let cortexM = [VendorTarget(architecture: .armv7m)]
    private static let cortexA = [VendorTarget(architecture: .arm32v7)]
    private static let arm64 = [VendorTarget(architecture: .arm64)]

    /// Zephyr's `sys_cache_data_*`, which are the architecture's `arch_dcache_*`; its flush is a clean.
    ///
    /// Sources: arch/arm/core/cortex_m/cache.c, which calls CMSIS; arch/arm/core/cortex_a_r/cache.c with CMSIS'
    /// Core_A core_ca.h, whose `L1C_*MVA` end with a DMB; include/zephyr/arch/arm64/cache.h.
    /// Assumption: all versions are like those read; the two versions of cortex_a_r/cache.c that were read have the same
    /// loops. A walk by set and way costs one ISB or DMB, however many levels it has.
    static let zephyr: [VendorRow] =
        ranges.flatMap { function, operation in
            [
                VendorRow([function], on: cortexM, .anyVersion, cmsisCases(operation)),
                // An outer cache is not maintained. The line is taken for half of what it is: the register's number of
                // words is made bytes with a factor of two. So a range that starts or ends in the middle of a line
                // counts as aligned, and the neighbour's half is invalidated with it.
                VendorRow(
                    function, on: cortexA,
                    [
                        .lines(
                            loop(operation), by: .lineDivided(by: 2),
                            [.core, .barrier(Barrier(.dmb))])
                    ]),
                VendorRow(function, on: arm64, [.lines(loop(operation)), .dsb]),
            ]
        }
        + wholes.flatMap { function, instruction in
            [
                VendorRow(function, on: cortexM, whole(instruction)),
                VendorRow(function, on: cortexA, [.all(instruction), .dmb]),
                VendorRow(function, on: arm64, [.dsb, .isb, .all(instruction), .dsb, .isb]),
            ]
        }

    private static let ranges: [(VendorCall.Function, RangeOperation)] = [
        (.sysFlushRange, .clean), (.sysInvalidateRange, .invalidate),
        (.sysFlushInvalidateRange, .cleanAndInvalidate),
    ]

    private static let wholes: [(VendorCall.Function, Maintenance.Instruction)] = [
        (.sysFlushAll, .dcCSW), (.sysInvalidateAll, .dcISW), (.sysFlushInvalidateAll, .dcCISW),
    ]

    private static func loop(_ operation: RangeOperation) -> LineLoop {
        operation == .invalidate ? .invalidateZephyr : .whileBelowEnd(operation)
    }
}
