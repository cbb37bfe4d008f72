/// Maintenance of one line, or of neighbouring lines in ascending order: what a loop of the kernel does.
struct LineRun: Hashable, Sendable {
    /// What is done to each line.
    var operation: RangeOperation
    /// The first byte of the first line; for a loop over a whole range, the range's first byte.
    var start: UInt64
    /// How many bytes: every line touched.
    ///
    /// 0: the one line that holds `start`.
    var bytes: UInt64

    /// How many lines of a size are touched.
    func count(lineSize: UInt64) -> UInt64 {
        guard bytes > 0 else { return 1 }
        let mask = lineSize - 1
        return ((start & mask) + bytes + mask) / lineSize
    }
}

/// The kernel's loops over the lines from `start` to `end`, for lines of `lineSize` bytes.
///
/// Pure functions: which lines, which operation, which order. Barriers and routines that combine loops are not here.
/// A partial line is one that the range covers in part; `start` and `end` are the caller's bytes, not rounded.
/// `end` is not in the last page of the address space; ``Lowering`` refuses such ranges.
enum LineLoop {
    /// Every line touched, ascending, and one line even if there are no bytes: a do-while over rounded-down lines.
    ///
    /// Sources: arch/arm/mm/cache-v7.S and cache-v7m.S, `v7_dma_clean_range`, `v7_dma_flush_range`;
    /// arch/arm64 `dcache_by_line_op`, `dcache_by_myline_op`. (linux-dma.md §2.3)
    static func everyLine(
        _ operation: RangeOperation, start: UInt64, end: UInt64
    ) -> [LineRun] {
        [LineRun(operation: operation, start: start, bytes: end - start)]
    }

    /// ARMv7 from 4.20 on: partial lines are cleaned and invalidated, and are not invalidated again.
    ///
    /// Start first, then end, then the whole lines between. Both ends in one line give the operation twice.
    /// Source: arch/arm/mm/cache-v7.S, `v7_dma_inv_range`. (linux-dma.md §2.3)
    static func invalidateV7(start: UInt64, end: UInt64, lineSize: UInt64) -> [LineRun] {
        let mask = lineSize - 1
        var runs: [LineRun] = []
        var line = start & ~mask
        let last = end & ~mask
        if start & mask != 0 {
            runs.append(LineRun(operation: .cleanAndInvalidate, start: line, bytes: 0))
            line += lineSize
        }
        if end & mask != 0 {
            runs.append(LineRun(operation: .cleanAndInvalidate, start: last, bytes: 0))
        }
        if line < last {
            runs.append(LineRun(operation: .invalidate, start: line, bytes: last - line))
        }
        return runs
    }

    /// ARMv7 before 4.20: a partial first line is cleaned and invalidated, *then invalidated again*.
    ///
    /// Another core's store to the neighbour between the two is lost; 4.20 mended that. The loop is a do-while,
    /// so the first line is invalidated whatever the range.
    /// Source: arch/arm/mm/cache-v7.S of 3.10, `v7_dma_inv_range`. (linux-dma.md §2.3)
    static func invalidateV7Before4p20(
        start: UInt64, end: UInt64, lineSize: UInt64
    ) -> [LineRun] {
        let mask = lineSize - 1
        let first = start & ~mask
        let last = end & ~mask
        var runs: [LineRun] = []
        if start & mask != 0 {
            runs.append(LineRun(operation: .cleanAndInvalidate, start: first, bytes: 0))
        }
        if end & mask != 0 {
            runs.append(LineRun(operation: .cleanAndInvalidate, start: last, bytes: 0))
        }
        let bytes = first < last ? last - first : 0
        runs.append(LineRun(operation: .invalidate, start: first, bytes: bytes))
        return runs
    }

    /// 64-bit Arm: the partial *end* first, then the start line, then the lines between.
    ///
    /// The start line is always maintained: cleaned and invalidated if partial, else invalidated. So a range that
    /// starts on a line and is shorter than one gets CIVAC, then IVAC *of the same line*: a neighbour's store
    /// between the two is lost. An empty range on a line boundary gets one IVAC.
    /// Source: arch/arm64/mm/cache.S, `dcache_inval_poc` (`__inval_cache_range` before). (linux-dma.md §2.6)
    static func invalidateArm64(start: UInt64, end: UInt64, lineSize: UInt64) -> [LineRun] {
        let mask = lineSize - 1
        let first = start & ~mask
        let last = end & ~mask
        var runs: [LineRun] = []
        if end & mask != 0 {
            runs.append(LineRun(operation: .cleanAndInvalidate, start: last, bytes: 0))
        }
        guard start & mask != 0 else {
            // The start line and the lines after it are one ascending run of the same operation.
            let bytes = first < last ? last - first : 0
            return runs + [LineRun(operation: .invalidate, start: first, bytes: bytes)]
        }
        runs.append(LineRun(operation: .cleanAndInvalidate, start: first, bytes: 0))
        let second = first + lineSize
        if second < last {
            runs.append(LineRun(operation: .invalidate, start: second, bytes: last - second))
        }
        return runs
    }

    /// An outer cache's clean, or clean and invalidate: every line touched, ascending; none if there are no bytes
    /// and `start` is on a line boundary (a while loop from the rounded-down start).
    ///
    /// Source: arch/arm/mm/cache-l2x0.c, `l2c210_clean_range`, `l2c210_flush_range`. (linux-dma.md §2.4)
    static func outerEveryLine(
        _ operation: RangeOperation, start: UInt64, end: UInt64, lineSize: UInt64
    ) -> [LineRun] {
        guard start & ~(lineSize - 1) < end else { return [] }
        return [LineRun(operation: operation, start: start, bytes: end - start)]
    }

    /// An outer cache's invalidate: partial lines are cleaned and invalidated, and not invalidated again.
    ///
    /// The same shape as ``invalidateV7(start:end:lineSize:)``, in lines of the outer cache.
    /// Source: arch/arm/mm/cache-l2x0.c, `l2c210_inv_range`. (linux-dma.md §2.4)
    static func outerInvalidate(start: UInt64, end: UInt64, lineSize: UInt64) -> [LineRun] {
        invalidateV7(start: start, end: end, lineSize: lineSize)
    }
}
