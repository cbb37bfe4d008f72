import Operations

extension VendorRow {
    private static let cortexM7 = [VendorTarget(architecture: .armv7m)]

    /// CMSIS-Core for Cortex-M.
    ///
    /// Sources: CMSIS_5 from 5.0.0 to 5.9.0, CMSIS/Core/Include/core_cm7.h and cachel1_armv7.h; CMSIS_6, m-profile/
    /// armv7m_cachel1.h. The line is 32 bytes whatever the processor says. By set and way, the DSB after the selection
    /// of the cache is the first step. From 5.5.0 (commit ab35be317) the loops take the address' offset into account,
    /// and nothing at all is done for a size that is not positive; before, the barriers were.
    static let cmsis: [VendorRow] =
        byAddress(.cleanByAddress, .clean) + byAddress(.invalidateByAddress, .invalidate)
        + byAddress(.cleanInvalidateByAddress, .cleanAndInvalidate) + [
            VendorRow(.cleanDCache, on: cortexM7, whole(.dcCSW)),
            VendorRow(.invalidateDCache, on: cortexM7, whole(.dcISW)),
            VendorRow(.cleanInvalidateDCache, on: cortexM7, whole(.dcCISW)),
        ]

    /// `SCB_CleanDCache` and its brothers; Zephyr's are these.
    static func whole(_ instruction: Maintenance.Instruction) -> [VendorStep] {
        [.dsb, .all(instruction), .dsb, .isb]
    }

    /// `SCB_CleanDCache_by_Addr` and its brothers from 5.5.0 on; Zephyr's are these.
    static func cmsisCases(_ operation: RangeOperation) -> [VendorCase] {
        [
            VendorCase(.empty, []),
            VendorCase(
                .any, [.dsb, .lines(.whileBelowEnd(operation), by: .bytes(32)), .dsb, .isb]),
        ]
    }

    private static func byAddress(
        _ function: VendorCall.Function, _ operation: RangeOperation
    ) -> [VendorRow] {
        [
            VendorRow(
                function, on: cortexM7, .before(5, 5),
                [.dsb, .lines(.bySize(operation), by: .bytes(32)), .dsb, .isb]),
            VendorRow([function], on: cortexM7, .from(5, 5), cmsisCases(operation)),
        ]
    }
}
