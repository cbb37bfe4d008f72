// What a device wrote is overwritten with old bytes from a cache.

extension HazardCatalogue {
    /// An old dirty line is evicted over what the device wrote.
    static let h02 = HazardPage(
        code: .h02,
        title: "An old dirty line is evicted over what the device wrote",
        family: .lostDeviceWrite,
        summary: """
            The line was dirty when the buffer was handed to the device, and a dirty line may be \
            written back at any moment, over the device's bytes.
            """,
        explanation: """
            Clearing a buffer, or its previous use, leaves dirty lines: copies in the
            cache that are newer than memory and will be written back some time. If the
            device writes its data to memory before that, the late write-back (an
            eviction, when the cache needs the place) puts the old bytes over the new
            ones. The device's data are gone from memory for good; no invalidate
            afterwards brings them back.

            So a buffer for FROM_DEVICE must be freed of dirty lines before the device
            starts: by an invalidate, or by a clean, as arm64 does from 5.19. Memory
            from dma_alloc_noncoherent() and dma_alloc_pages() is dirty too: the kernel
            has just zeroed it.
            """,
        states: """
                                    L1D / L2     DRAM      device
            st rx (zeros)           0, dirty     old
            device writes rx        0, dirty     new       wrote new
            env evict rx            -            0 (!)     its data are lost
            dc ivac first           -            new       nothing left to evict
            """,
        trace: """
            staleline 1
            machine rpi3
            kernel none
            device dma0 noncoherent
            buffer rx 0x10000000 64
            st rx 64 by 8             # zeroed: dirty
            dma0: wr rx 64            # DRAM: new
            env evict rx 64           # allowed at any moment; without it: latent

            """,
        mendedTrace: """
            staleline 1
            machine rpi3
            kernel none
            device dma0 noncoherent
            buffer rx 0x10000000 64
            st rx 64 by 8
            dc ivac rx 64             # nobody needs the zeros
            dsb sy
            dma0: wr rx 64
            env evict rx 64

            """,
        mend: """
            Clean or invalidate the buffer after the last store and before the device starts: \
            dma_map_single() or dma_sync_single_for_device() with FROM_DEVICE; on bare metal an \
            outer cache as well (H23).
            """,
        linux: """
            p = dma_alloc_noncoherent(dev, len, &h, DMA_FROM_DEVICE, GFP_KERNEL);
            /* the zeros out of the cache: */
            dma_sync_single_for_device(dev, h, len, DMA_FROM_DEVICE);
            start(h);
            """,
        bareMetal: """
            memset(rx, 0, len);
            /* then the one that your library has; rx and len whole lines: */
            SCB_InvalidateDCache_by_Addr(rx, len);            /* CMSIS, Cortex-M7 */
            Xil_DCacheInvalidateRange((INTPTR)rx, len);       /* Xilinx standalone */
            invalidate_dcache_range(start, ALIGN(end, line)); /* U-Boot */
            """,
        dmaDebug: """
            No: whether a buffer was handed over with dirty lines is not among its checks.
            """,
        affects: """
            Every write-back cache and every kernel; write-through caches have no dirty lines.
            """,
        verdicts: [.manifest, .latent])

    /// A neighbour in the same line is written while the device owns the buffer.
    static let h10 = HazardPage(
        code: .h10,
        title: """
            A neighbour in the same line is written while the device owns the buffer
            """,
        family: .lostDeviceWrite,
        summary: """
            Bytes beside the buffer share its cache line, and storing to them makes the whole \
            line dirty while it belongs to the device.
            """,
        explanation: """
            Caches keep one dirty mark for a line, not one for each byte. If a counter
            lies in the same line as the end of a receive buffer, storing to the counter
            loads the line with old buffer bytes and makes all of it dirty. When the
            line goes back to memory (evicted, or cleaned by unmap, which cleans and
            invalidates lines that the buffer covers only in part), the old buffer bytes
            go over what the device wrote. This is false sharing.

            Which side loses depends on the last operation: a clean saves the neighbour
            and destroys the device's bytes, a plain invalidate does the reverse (H11).
            No order of operations saves both. Reading the neighbour does no harm, as
            the line stays clean.

            Only separate lines help. Memory from kmalloc() has them (small blocks on
            arm64 from 6.5 on do not: H31); members of one struct do not.
            """,
        states: """
            one 64-byte line:       state | rx       L1D                  DRAM
            map rx                                   -                    old | old
            st state                                 new | old, dirty     old | old
            device writes rx                         new | old, dirty     old | new
            unmap: clean+invalidate                  -                    new | old (!)
            """,
        trace: """
            staleline 1
            machine rpi3
            kernel 6.1                           # from 6.5 on it would bounce (H31)
            device dma0 noncoherent
            buffer state 0x10000000 32
            buffer rx 0x10000020 32                     # the other half of the line
            h = dma_map_single dma0 rx 32 FROM_DEVICE
            dma_mapping_error h
            st state 4                                  # the whole line: dirty
            dma0: wr rx 32
            wait dma0
            dma_unmap_single h                          # cleans the line it shares
            ld rx 32 by 8

            """,
        mendedTrace: """
            staleline 1
            machine rpi3
            kernel 6.1
            device dma0 noncoherent
            buffer state 0x10000000 64
            buffer rx 0x10000040 64                     # a line of its own
            h = dma_map_single dma0 rx 64 FROM_DEVICE
            dma_mapping_error h
            st state 4
            dma0: wr rx 32
            wait dma0
            dma_unmap_single h
            ld rx 32 by 8

            """,
        mend: """
            Give the buffer lines of its own: align it to the cache line (ARCH_DMA_MINALIGN) and \
            pad it, or allocate it apart.
            """,
        linux: """
            struct priv {
                    u32 state;
                    u8 rx[RX_LEN] __aligned(ARCH_DMA_MINALIGN);  /* the last member */
            };
            """,
        bareMetal: """
            #define LINE 32     /* Cortex-M7, A9, A5; 64 on A7, A8, A15, ARMv8-A */
            static uint8_t rx[(RX_LEN + LINE - 1) / LINE * LINE]
                    __attribute__((aligned(LINE)));
            """,
        dmaDebug: """
            Partly: two mappings that start in one line give 'cacheline tracking EEXIST' (absent \
            in 5.4, seen from about 5.14); a plain variable beside the buffer is never seen.
            """,
        affects: """
            Every write-back cache; worse with longer lines: code that was safe with 32 bytes \
            fails with 64. All kernels.
            """,
        verdicts: [.manifest, .latent])

    /// The buffer is cleaned after the device wrote to it.
    static let h42 = HazardPage(
        code: .h42,
        title: "The buffer is cleaned after the device wrote to it",
        family: .lostDeviceWrite,
        summary: """
            A clean ran after the transfer on lines that were dirty from before it, and wrote \
            the old bytes over the device's.
            """,
        explanation: """
            Code that means to refresh its view calls a routine named flush before it
            reads. On Arm such a routine usually cleans and then invalidates. If the
            lines were dirty from before the transfer, the clean part writes the core's
            old bytes over what the device has just delivered: the refresh destroys the
            data.

            It works as long as no line happens to be dirty. Invalidate before the
            transfer, and after it invalidate without a clean.

            `staleline check` judges it by replay only; what is possible otherwise it
            calls H02.
            """,
        states: """
                                        L1D          DRAM      core reads
            st rx (zeros)               0, dirty     old
            device writes rx            0, dirty     new
            dc civac rx                 -            0 (!)
            ld rx                       0, clean     0         0
            dc ivac before the start    -            old
            device writes, dc ivac      -            new
            ld rx                       new, clean   new       new
            """,
        trace: """
            staleline 1
            machine rpi3
            kernel none
            device dma0 noncoherent
            buffer rx 0x10000000 64
            st rx 64 by 8             # zeroed: dirty
            dma0: wr rx 64
            wait dma0
            dc civac rx 64            # "flush before read"
            dsb sy
            ld rx 64 by 8

            """,
        mendedTrace: """
            staleline 1
            machine rpi3
            kernel none
            device dma0 noncoherent
            buffer rx 0x10000000 64
            st rx 64 by 8
            dc ivac rx 64             # before: nothing dirty is left
            dsb sy
            dma0: wr rx 64
            wait dma0
            dc ivac rx 64             # after: without a clean
            dsb sy
            ld rx 64 by 8

            """,
        mend: """
            Invalidate when the buffer is allocated and before the start, and after the transfer \
            invalidate without a clean.
            """,
        linux: """
            dma_sync_single_for_device(dev, h, len, DMA_FROM_DEVICE);
            start(h);
            wait_for_completion(&done);
            dma_sync_single_for_cpu(dev, h, len, DMA_FROM_DEVICE);
            """,
        bareMetal: """
            invalidate_dcache_range(start, end);   /* not flush_dcache_range() */
            """,
        dmaDebug: "No.",
        affects: """
            U-Boot and bare-metal drivers on write-back caches; Linux's own routines clean only \
            lines shared with neighbours (H10).
            """,
        verdicts: [.manifest], alsoFound: [.h02])
}
