import Operations

extension VendorRow {
    private static let cortexM = [VendorTarget(architecture: .armv7m)]
    private static let arm64 = [VendorTarget(architecture: .arm64)]

    /// NuttX on Cortex-M7 and on 64-bit cores.
    ///
    /// Sources: arch/arm/src/armv7-m/arm_cache.c, arch/arm64/src/common/arm64_cache.c. Assumption: all versions are like
    /// those read. Left out: builds with a write-through cache; Cortex-A in 32 bits. A walk by set and way costs one ISB,
    /// however many levels it has.
    static let nuttX: [VendorRow] = [
        // A range as large as the cache is done by set and way.
        VendorRow(
            [.upClean], on: cortexM, .anyVersion,
            [
                VendorCase(.fillsCache, walk(.dcCSW)),
                VendorCase(.any, [.dsb, .lines(.everyLine(.clean)), .dsb, .isb]),
            ]),
        VendorRow(
            [.upFlush], on: cortexM, .anyVersion,
            [
                VendorCase(.fillsCache, walk(.dcCISW)),
                VendorCase(.any, [.dsb, .lines(.everyLine(.cleanAndInvalidate)), .dsb, .isb]),
            ]),
        VendorRow(.upInvalidate, on: cortexM, [.dsb, .lines(.invalidateNuttX), .dsb, .isb]),
        VendorRow(.upCleanAll, on: cortexM, walk(.dcCSW)),
        VendorRow(.upFlushAll, on: cortexM, walk(.dcCISW)),
        VendorRow(.upInvalidateAll, on: cortexM, walk(.dcISW)),

        VendorRow(.upClean, on: arm64, [.lines(.whileBelowEnd(.clean)), .dsb, .isb]),
        VendorRow(.upFlush, on: arm64, [.lines(.whileBelowEnd(.cleanAndInvalidate)), .dsb, .isb]),
        VendorRow(.upInvalidate, on: arm64, [.lines(.invalidateNuttX), .dsb, .isb]),
        VendorRow(.upCleanAll, on: arm64, [.dsb, .isb, .all(.dcCSW), .dsb, .isb]),
        VendorRow(.upFlushAll, on: arm64, [.dsb, .isb, .all(.dcCISW), .dsb, .isb]),
        VendorRow(.upInvalidateAll, on: arm64, [.dsb, .isb, .all(.dcISW), .dsb, .isb]),
    ]

    private static func walk(_ instruction: Maintenance.Instruction) -> [VendorStep] {
        [.dsb, .all(instruction), .dsb, .isb]
    }
}
