// Levels and scope of maintenance, partial data, and errata.

extension HazardCatalogue {
    /// Instructions written as data are executed stale.
    static let h22 = HazardPage(
        code: .h22,
        title: "Instructions written as data are executed stale",
        family: .levels,
        summary: """
            Code was loaded or written as data, and the instruction cache was not told.
            """,
        explanation: """
            Instructions are fetched through a cache of their own that does not watch
            the data side. Code that was just written must be clean in the data cache as
            far as the Point of Unification (where both sides meet), and the old lines
            invalidated on the instruction side, with a barrier for the data (DSB)
            behind each step and one for the pipeline (ISB) at the end. Code that a
            device wrote is first taken back as any buffer is (H01): fetches may find
            the old lines of a unified L2, too.

            Otherwise the core runs what was at that address before: sometimes, and on
            some cores only.

            `staleline check` looks at instructions that the trace itself writes.
            """,
        states: """
                                        L1I          L1D, L2   DRAM
            fetch code                  old          -, old    old
            device writes code          old          -, old    new
            fetch code                  old (!)      -, old    new
            dc ivac, ic ivau, isb       -            -         new
            fetch code                  new          -, new    new
            """,
        trace: """
            staleline 1
            machine rpi3
            kernel none
            device dma0 noncoherent
            buffer code 0x10000000 64
            fetch code 4
            dma0: wr code 64          # new instructions
            wait dma0
            fetch code 4              # the old ones

            """,
        mendedTrace: """
            staleline 1
            machine rpi3
            kernel none
            device dma0 noncoherent
            buffer code 0x10000000 64
            fetch code 4
            dma0: wr code 64
            wait dma0
            dc ivac code 64           # the data side: L2 may hold old lines
            dsb
            ic ivau code 64
            dsb
            isb
            fetch code 4

            """,
        mend: """
            Take back what a device wrote (H01); then clean the data cache to the Point of \
            Unification, DSB, invalidate the instruction cache, DSB, ISB: flush_icache_range().
            """,
        linux: """
            dma_unmap_single(dev, h, len, DMA_FROM_DEVICE);   /* if a device wrote it */
            flush_icache_range(start, end);                   /* the other steps */
            flush_dcache_page(page);                          /* pages of user space */
            """,
        bareMetal: """
            SCB_CleanDCache_by_Addr(code, len);       /* if the core wrote the code */
            SCB_InvalidateDCache_by_Addr(code, len);  /* if a device did, instead */
            SCB_InvalidateICache();                   /* has DSB and ISB in it */
            """,
        dmaDebug: "No.",
        affects: """
            All cores with separate instruction caches; of ARMv8-A cores those with CTR_EL0.IDC \
            set need no clean, those with DIC no invalidate of the instruction cache. All kernels.
            """,
        verdicts: [.manifest, .latent])

    /// Only the inner caches were maintained, or the levels in the wrong order.
    static let h23 = HazardPage(
        code: .h23,
        title: """
            Only the inner caches were maintained, or the levels in the wrong order
            """,
        family: .levels,
        summary: """
            The outer cache has operations of its own that the core's clean and invalidate \
            instructions do not reach, and they were missing or in the wrong order.
            """,
        explanation: """
            On a Cortex-A9 or A5 with a PL310 the second level is a separate controller
            with registers. The core's own operations by address stop at its inner
            cache: a clean moves a dirty line from L1 to L2 and no further, and the
            device still reads old memory. The controller must be told as well, by
            physical address, and its CACHE SYNC waited for.

            Order counts. Towards the device go from the core outward: clean L1, then
            L2, then sync. Towards the core go inward: invalidate L2 first, then L1. The
            other way round, L1 can refill from the stale L2 line between the two steps.

            Cores with an integrated L2 (A7, A8, A15, all of ARMv8-A) have one set of
            operations for all levels.
            """,
        states: """
                                    L1D          L2           DRAM     device reads
            st tx                   new, dirty   -            old
            dc cvac tx              new, clean   new, dirty   old
            device reads tx         new, clean   new, dirty   old      old (!)
            l2 clean, l2 sync       new, clean   new, clean   new      new
            """,
        trace: """
            staleline 1
            machine zynq7000
            kernel none
            device eth0 noncoherent
            buffer tx 0x10000000 64
            st tx 64 by 4
            dc cvac tx 64             # as far as L2
            dsb sy
            ring eth0
            eth0: rd tx 64

            """,
        mendedTrace: """
            staleline 1
            machine zynq7000
            kernel none
            device eth0 noncoherent
            buffer tx 0x10000000 64
            st tx 64 by 4
            dc cvac tx 64
            dsb sy
            l2 clean tx 64            # by physical address, after L1
            l2 sync
            ring eth0
            eth0: rd tx 64

            """,
        mend: """
            Maintain the outer cache too: after the core's clean towards a device, before the \
            core's invalidate towards the core, each with CACHE SYNC.
            """,
        linux: """
            /* both levels, in the right order: */
            h = dma_map_single(dev, tx, len, DMA_TO_DEVICE);
            """,
        bareMetal: """
            Xil_L1DCacheFlushRange(tx, len);         /* Xilinx, outward: L1, ... */
            Xil_L2CacheFlushRange(tx, len);          /* ... then L2 with its sync */
            Xil_L2CacheInvalidateRange(rx, len);     /* inward: L2 first, ... */
            Xil_L1DCacheInvalidateRange(rx, len);    /* ... then L1 */
            """,
        dmaDebug: "No.",
        affects: """
            Cores with a separate outer cache (Cortex-A9 and A5 with PL310, some ARMv6 and \
            Marvell parts) and code that bypasses the DMA API; not cores with an integrated L2.
            """,
        verdicts: [.manifest, .latent])

    /// Whole-cache operations are used for DMA.
    static let h37 = HazardPage(
        code: .h37,
        title: "Whole-cache operations are used for DMA",
        family: .levels,
        summary: """
            Operations by set and way work on one core's cache only, and lines may move while \
            they run.
            """,
        explanation: """
            Operations by set and way name a place in a cache, not an address. They are
            meant for powering a core up or down. They are not broadcast: another core's
            dirty line stays where it is. Lines may move between caches while the loop
            runs, and speculation brings lines back behind it.

            On one core with interrupts off they seem to work, and they are slow
            besides: the whole cache for a few bytes.

            `staleline check` reports such an operation where a transfer relies on it
            alone: on machines with several cores or an outer cache.
            """,
        states: """
                                       L1D of core0   L1D of core1   DRAM   device
            core0: st tx               new, dirty     -              old
            core1: dc csw              new, dirty     all clean      old
            device reads tx            new, dirty     -              old    old (!)
            core1: dc cvac, by address new, clean     -              new
            device reads tx            new, clean     -              new    new
            """,
        trace: """
            staleline 1
            machine rpi3
            kernel none
            device dma0 noncoherent
            buffer tx 0x10000000 64
            core0: st tx 64 by 8
            core1: dc csw 1           # core1's cache only
            core1: dc csw 2
            core1: dsb sy
            core1: ring dma0
            dma0: rd tx 64

            """,
        mendedTrace: """
            staleline 1
            machine rpi3
            kernel none
            device dma0 noncoherent
            buffer tx 0x10000000 64
            core0: st tx 64 by 8
            core1: dc cvac tx 64      # by address: in every core's cache
            core1: dsb sy
            core1: ring dma0
            dma0: rd tx 64

            """,
        mend: "Maintain by address, over the buffer's range.",
        linux: """
            /* not flush_cache_all(): */
            h = dma_map_single(dev, tx, len, DMA_TO_DEVICE);
            """,
        bareMetal: """
            Xil_DCacheFlushRange((INTPTR)tx, len);  /* Xilinx; not Xil_DCacheFlush() */
            SCB_CleanDCache_by_Addr(tx, len);       /* CMSIS; SCB_InvalidateDCache()
                                                       drops all that is dirty */
            """,
        dmaDebug: "No.",
        affects: """
            All machines with more than one core or an outer cache; on Cortex-A7 erratum 814220 \
            reorders such operations between levels.
            """,
        verdicts: [.misuse], alsoFound: [.h03])
}
