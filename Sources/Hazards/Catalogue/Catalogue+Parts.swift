// Buffers of which only a part is written, and parts of hardware that break the rules.

extension HazardCatalogue {
    /// An erratum of the core or of the cache controller.
    static let h29 = HazardPage(
        code: .h29,
        title: "An erratum of the core or of the cache controller",
        family: .errata,
        summary: """
            This revision of the hardware does not do what the architecture says, and the \
            workaround is missing.
            """,
        explanation: """
            Some parts break the rules that the other pages rely on. The kernel's
            workarounds are chosen at build time or by revision at boot; firmware and
            bare-metal code must bring their own.

            Of the PL310 a machine can have these (`set l2.outer.erratum_N=true`):
            clean and invalidate leaves clean lines where they are (588369, before
            r2p0); the same by way drops what is stored while it goes on (727915, r2p0
            to r3p0); the second line of a double linefill overwrites a dirty one
            (752271, r3p0 to r3p1-50rel0). What goes wrong with one of them, and could
            not go wrong without it, `staleline check` reports as H29, with its number.

            Known and not judged: a Cortex-A9 MPCore, whose maintenance by address may
            stop short of its point without a DSB before it (764369), a Cortex-A53 up
            to r0p2, which needs clean and invalidate in place of clean (819472 and
            others), and a Cortex-A7, which reorders operations by set and way (814220,
            see H37). A store buffer that does not drain by itself (PL310 before r3p2,
            769419) makes H04 certain, but is not its cause: a barrier is missing.
            """,
        states: """
                                          L2           DRAM   core reads
            a line is filled too early    old, clean   old
            device writes rx              old, clean   new
            l2 flush, l2 sync: it stays   old, clean   new
            ld rx                         old, clean   new    old (!)
            l2 clean, then l2 inv         -            new
            """,
        trace: """
            staleline 1
            machine zynq7000
            kernel none
            set l2.outer.erratum_588369=true
            device dma0 noncoherent
            buffer rx 0x10000000 64
            dc ivac rx 64
            dsb sy
            l2 inv rx 64
            l2 sync
            ring dma0
            env fill rx 64 l2         # by speculation, while the device is at work
            dma0: wr rx 64
            wait dma0
            l2 flush rx 64            # cleans and invalidates; the lines are clean
            l2 sync
            dc ivac rx 64
            dsb sy
            ld rx 64 by 4

            """,
        mendedTrace: """
            staleline 1
            machine zynq7000
            kernel none
            set l2.outer.erratum_588369=true
            device dma0 noncoherent
            buffer rx 0x10000000 64
            dc ivac rx 64
            dsb sy
            l2 inv rx 64
            l2 sync
            ring dma0
            env fill rx 64 l2
            dma0: wr rx 64
            wait dma0
            l2 clean rx 64            # the workaround: two operations ...
            l2 inv rx 64              # ... in place of one
            l2 sync
            dc ivac rx 64
            dsb sy
            ld rx 64 by 4

            """,
        mend: "Switch on the workaround for the part's revision.",
        linux: """
            CONFIG_PL310_ERRATA_588369=y   CONFIG_PL310_ERRATA_769419=y
            CONFIG_ARM_ERRATA_764369=y     CONFIG_ARM64_ERRATUM_819472=y
            """,
        bareMetal: """
            /* 588369: L2 clean, then L2 invalidate, never both in one operation;
               764369: DSB before each loop by address; 769419: barrier before idle;
               A53 up to r0p2: DC CIVAC wherever DC CVAC is meant */
            """,
        dmaDebug: "No.",
        affects: """
            Named revisions only: read MIDR and the controller's ID register; all kernels \
            without the option.
            """,
        verdicts: [.manifest])

    /// The device wrote only a part of the buffer.
    static let h35 = HazardPage(
        code: .h35,
        title: "The device wrote only a part of the buffer",
        family: .initial,
        summary: """
            The core stored to a buffer that was then invalidated for FROM_DEVICE, and bytes \
            that the device did not write show older memory.
            """,
        explanation: """
            FROM_DEVICE says that the device will write all of the buffer. Where the map
            invalidates, what the core had stored there is dropped; bytes that the
            device then does not write show what memory held before, which may be
            anybody's old data.

            What one sees depends on the kernel: 32-bit Arm and arm64 up to 5.18 show
            old memory, arm64 from 5.19 cleans first and shows the core's bytes, and a
            bounce buffer shows the original.

            `staleline check` judges it by replay only: it must go wrong in this run.
            """,
        states: """
                                        L1D            DRAM       core reads
            st rx                       P, dirty       old
            map FROM: invalidate        -              old
            device writes a half        -              new | old
            unmap, ld rx                new | old      new | old  old (!), not P
            map BIDIRECTIONAL: clean    P, clean       P
            device writes a half        P, clean       new | P
            unmap, ld rx                new | P        new | P    new | P
            """,
        trace: """
            staleline 1
            machine rpi3
            kernel 5.18
            device dma0 noncoherent
            buffer rx 0x10000000 64
            st rx 64 by 8                               # a pattern P
            h = dma_map_single dma0 rx 64 FROM_DEVICE   # 5.18 invalidates
            dma_mapping_error h
            ring dma0
            dma0: wr rx 16
            wait dma0
            dma_unmap_single h
            ld rx 64 by 8

            """,
        mendedTrace: """
            staleline 1
            machine rpi3
            kernel 5.18
            device dma0 noncoherent
            buffer rx 0x10000000 64
            st rx 64 by 8
            h = dma_map_single dma0 rx 64 BIDIRECTIONAL   # cleans: P is in memory
            dma_mapping_error h
            ring dma0
            dma0: wr rx 16
            wait dma0
            dma_unmap_single h
            ld rx 64 by 8

            """,
        mend: """
            Map BIDIRECTIONAL if the earlier contents matter, or read only the bytes that the \
            device wrote.
            """,
        linux: """
            h = dma_map_single(dev, rx, len, DMA_BIDIRECTIONAL);
            /* or FROM_DEVICE, and use only rx[0..received) */
            """,
        bareMetal: """
            SCB_CleanDCache_by_Addr(rx, len);       /* before: a clean keeps P */
            start(); while (!done()) { }
            SCB_InvalidateDCache_by_Addr(rx, len);  /* after completion */
            """,
        dmaDebug: "No.",
        affects: """
            32-bit Arm in all eras, arm64 up to 5.18 as released; the stable branches 5.4, 5.10, \
            5.15 and 5.18 took the change of 5.19 later (seen in 5.4.301, 5.10.y, 5.15.51 and \
            5.18.y).
            """,
        verdicts: [.manifest])
}
