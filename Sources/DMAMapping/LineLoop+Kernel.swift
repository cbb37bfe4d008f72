// The loops that the kernel has, each with the file it is read in. (linux-dma.md §2.3, §2.4, §2.6)

extension LineLoop {
    /// Every line touched, ascending, and one line even if there are no bytes: a do-while over rounded-down lines.
    ///
    /// Sources: `dma_clean_range` and `dma_flush_range` of arch/arm/mm/cache-v7.S, cache-v6.S, cache-fa.S,
    /// proc-arm926.S; arch/arm64 `dcache_by_line_op`, `dcache_by_myline_op`.
    static func everyLine(_ operations: RangeOperation...) -> LineLoop {
        LineLoop(body: operations)
    }

    /// ARMv7 from 4.20 on: partial lines are cleaned and invalidated, and are not invalidated again.
    ///
    /// Both ends in one line give the operation twice. Source: cache-v7.S, `v7_dma_inv_range`.
    static let invalidateV7 = LineLoop(
        partialFirst: [.cleanAndInvalidate], partialLast: [.cleanAndInvalidate],
        body: [.invalidate], skipsPartialFirst: true, skipsPartialLast: true,
        doesAtLeastOne: false)

    /// ARMv7 before 4.20, and Faraday: a partial first line is cleaned and invalidated, *then invalidated again*.
    ///
    /// Another core's store to the neighbour between the two is lost; 4.20 mended that. The loop is a do-while, so
    /// the first line is invalidated whatever the range. Sources: cache-v7.S of 3.10, `v7_dma_inv_range`;
    /// cache-fa.S, `fa_dma_inv_range`.
    static let invalidateV7Before4p20 = LineLoop(
        partialFirst: [.cleanAndInvalidate], partialLast: [.cleanAndInvalidate],
        body: [.invalidate], skipsPartialLast: true)

    /// ARMv6: a partial first line is cleaned, then invalidated; a partial last one cleaned and invalidated.
    ///
    /// Source: cache-v6.S, `v6_dma_inv_range`.
    static let invalidateV6 = LineLoop(
        partialFirst: [.clean], partialLast: [.cleanAndInvalidate], body: [.invalidate],
        skipsPartialLast: true)

    /// ARMv4 and ARMv5 with write-back caches: partial lines are cleaned, then all are invalidated.
    ///
    /// `end` is not rounded down: a partial last line is among those invalidated. Sources: cache-v4wb.S,
    /// `v4wb_dma_inv_range`; the same in proc-arm926.S, proc-feroceon.S, proc-mohawk.S, proc-xscale.S, proc-xsc3.S.
    static let invalidateV5 = LineLoop(
        partialFirst: [.clean], partialLast: [.clean], body: [.invalidate])

    /// 64-bit Arm: the partial *end* first, then the start line, then the lines between.
    ///
    /// The start line is always maintained: cleaned and invalidated if partial, else invalidated. So a range that
    /// starts on a line and is shorter than one gets CIVAC, then IVAC *of the same line*: a neighbour's store
    /// between the two is lost. An empty range on a line boundary gets one IVAC.
    /// Source: arch/arm64/mm/cache.S, `dcache_inval_poc` (`__inval_cache_range` before).
    static let invalidateArm64 = LineLoop(
        partialFirst: [.cleanAndInvalidate], partialLast: [.cleanAndInvalidate],
        lastTurn: .beforeFirst, body: [.invalidate], skipsPartialFirst: true,
        skipsPartialLast: true)

    /// An outer cache's loop over every line touched; none if there are no bytes and `start` is on a line boundary.
    ///
    /// Source: arch/arm/mm/cache-l2x0.c, `l2c210_clean_range`, `l2c210_flush_range`; cache-tauros2.c, cache-xsc3l2.c.
    static func outerEveryLine(_ operations: RangeOperation...) -> LineLoop {
        LineLoop(body: operations, doesAtLeastOne: false)
    }

    /// PL310, L2C-210, L2C-220 and Tauros2 invalidate with the shape of ``invalidateV7``.
    ///
    /// Source: cache-l2x0.c, `l2c210_inv_range`, `l2c220_inv_range`; cache-tauros2.c, `tauros2_inv_range`.
    static let outerInvalidate = invalidateV7

    /// PL310 with erratum 588369: a partial line is cleaned, then invalidated.
    ///
    /// Source: cache-l2x0.c, `l2c310_inv_range_erratum`. The writes of the debug register around it are left out.
    static let outerInvalidateErratum588369 = LineLoop(
        partialFirst: [.clean, .invalidate], partialLast: [.clean, .invalidate],
        body: [.invalidate], skipsPartialFirst: true, skipsPartialLast: true,
        doesAtLeastOne: false)

    /// Marvell's and UniPhier's operations by range: whole lines, rounded outward, in pieces.
    static func outerPieces(
        _ operations: RangeOperation..., of bytes: UInt64, within boundary: UInt64
    ) -> LineLoop {
        LineLoop(
            body: operations, doesAtLeastOne: false,
            pieces: Pieces(bytes: bytes, boundary: boundary))
    }

    /// Feroceon L2: a line that holds both ends is done once.
    ///
    /// Source: cache-feroceon-l2.c, `feroceon_l2_inv_range`.
    static let outerInvalidateFeroceon = LineLoop(
        partialFirst: [.cleanAndInvalidate], partialLast: [.cleanAndInvalidate],
        doesSharedLineOnce: true, body: [.invalidate], skipsPartialFirst: true,
        skipsPartialLast: true, doesAtLeastOne: false,
        pieces: Pieces(bytes: 1_024, boundary: Lowering.pageSize))

    /// XScale 3's L2: the partial last line comes last.
    ///
    /// Source: cache-xsc3l2.c, `xsc3_l2_inv_range`.
    static let outerInvalidateXSC3 = LineLoop(
        partialFirst: [.clean, .invalidate], partialLast: [.clean, .invalidate],
        lastTurn: .afterBody, doesSharedLineOnce: true, body: [.invalidate],
        skipsPartialFirst: true, skipsPartialLast: true, doesAtLeastOne: false)
}
