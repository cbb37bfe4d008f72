// What the core stored is dropped from a cache.

extension HazardCatalogue {
    /// An invalidate drops a neighbour's bytes in a line it covers only partly.
    static let h11 = HazardPage(
        code: .h11,
        title: """
            An invalidate drops stores: a neighbour's in the line, or the range's own
            """,
        family: .lostCPUWrite,
        summary: """
            An invalidate works on whole lines and writes nothing back: dirty bytes are lost, those \
            beside the named range in its lines and those of the range itself.
            """,
        explanation: """
            An invalidate forgets a line without writing it back. A range that starts or
            ends inside a line takes the rest of that line with it: if a variable there
            was stored and not yet written back, it reverts to its old value.

            Routines written with care clean and invalidate the lines at the two ends
            and only invalidate those between. This saves the neighbour, as long as no
            device is writing to that line (H10). Code that loops over lines with a
            plain invalidate does not, and the range operation of the Aurora L2 (Armada
            370/XP) rounds outward and loses them too.

            The lasting mend is the same as for H10: a buffer that starts and ends on
            lines. Where the range's own bytes are dropped, a clean was meant: an
            invalidate stands before a transfer that reads them.
            """,
        states: """
            one 64-byte line:       count | rx       L1D                  DRAM
            st count = 7                             7 | old, dirty       0 | old
            dc ivac rx                               -                    0 | old
            ld count                                 0 (!): the 7 is gone
            """,
        trace: """
            staleline 1
            machine rpi3
            kernel none
            device dma0 noncoherent
            buffer count 0x10000000 32
            buffer rx 0x10000020 32
            st count 4 = 7
            dc ivac rx 32             # takes the whole 64-byte line
            dsb sy
            dma0: wr rx 32
            wait dma0
            ld count 4                # 0: the 7 is gone

            """,
        mendedTrace: """
            staleline 1
            machine rpi3
            kernel none
            device dma0 noncoherent
            buffer count 0x10000000 64
            buffer rx 0x10000040 64   # a line of its own
            st count 4 = 7
            dc ivac rx 64
            dsb sy
            dma0: wr rx 32
            wait dma0
            ld count 4

            """,
        mend: """
            Align and pad the buffer to whole lines, or clean and invalidate the lines at its \
            ends before the transfer.
            """,
        linux: """
            buf = kmalloc(ALIGN(len, dma_get_cache_alignment()), GFP_KERNEL);
            h = dma_map_single(dev, buf, len, DMA_FROM_DEVICE);   /* spares the ends */
            """,
        bareMetal: """
            /* both ends on lines: these functions do not spare the neighbours */
            uint8_t rx[ROUND_UP(LEN, 32)] __attribute__((aligned(32)));
            SCB_InvalidateDCache_by_Addr(rx, sizeof rx);                  /* CMSIS */
            invalidate_dcache_range((ulong)rx, (ulong)rx + sizeof(rx));   /* U-Boot */
            """,
        dmaDebug: "No.",
        affects: """
            Hand-written maintenance on every write-back cache; under Linux the Aurora L2 of \
            Armada 370/XP. The kernel's other routines clean the ends.
            """,
        verdicts: [.manifest, .latent])

    /// A line is cleaned and then invalidated, and a store falls between.
    static let h12 = HazardPage(
        code: .h12,
        title: "A line is cleaned and then invalidated, and a store falls between",
        family: .lostCPUWrite,
        summary: """
            The routine cleans a shared line and then invalidates the same line in a second \
            operation, which drops what was stored in between.
            """,
        explanation: """
            For the line at the edge of a buffer a routine may first clean and
            invalidate it, to save the neighbour, and then run its loop of plain
            invalidates over it again. If an interrupt or another core stores to the
            neighbour between the two, the second operation drops that store.

            The window is a few cycles, which is why it survived for years in common
            code.

            In a trace `env pause` and `env resume` put what an interrupt does between
            the operations of one call.
            """,
        states: """
            one 64-byte line:            rx | count       L1D               DRAM
            dc civac: both are saved                      -                 new | 6
            interrupt: st count = 7                       new | 7, dirty    new | 6
            dc ivac: the line is dropped                  -                 new | 6 (!)
            """,
        trace: """
            staleline 1
            machine rpi3
            kernel 6.12
            device dma0 noncoherent
            buffer s 0x10000000 64        # struct { u8 rx[48]; u32 count; }
            h = dma_map_single dma0 s 48 FROM_DEVICE
            dma_mapping_error h
            ring dma0
            dma0: wr s 48
            wait dma0
            env pause core0               # an interrupt comes in the middle of ...
            dma_unmap_single h            # ... dc civac and dc ivac of one line
            st s+48 4 = 7                 # it counts
            env resume core0
            ld s+48 4                     # the 7 is gone

            """,
        mendedTrace: """
            staleline 1
            machine rpi3
            kernel 6.12
            device dma0 noncoherent
            buffer s 0x10000000 128       # struct { u8 rx[64]; u32 count; }, on lines
            h = dma_map_single dma0 s 64 FROM_DEVICE
            dma_mapping_error h
            ring dma0
            dma0: wr s 48
            wait dma0
            env pause core0
            dma_unmap_single h            # whole lines: dc ivac alone
            st s+64 4 = 7
            env resume core0
            ld s+64 4

            """,
        mend: """
            Align buffers to whole lines, so that no line needs both; or use a routine that \
            touches each line once (32-bit Arm from 4.20), which leaves H10.
            """,
        linux: """
            /* whole lines: */
            buf = kmalloc(ALIGN(len, dma_get_cache_alignment()), GFP_KERNEL);
            """,
        bareMetal: """
            /* ends: DC CIVAC once; inside: DC IVAC; never both on one line */
            """,
        dmaDebug: "No.",
        affects: """
            32-bit Arm ARMv7 before 4.20 (start line), ARMv6 and ARM926 routines; arm64 in all \
            versions read (5.4 to 6.18), for an aligned buffer shorter than a line.
            """,
        verdicts: [.manifest, .latent])

    /// One line is mapped twice at the same time.
    static let h19 = HazardPage(
        code: .h19,
        title: "One line is mapped twice at the same time",
        family: .lostCPUWrite,
        summary: """
            Two mappings share a line, and the maintenance of the one drops or overwrites what \
            the other has just handed over.
            """,
        explanation: """
            Two mappings that share a line: two buffers that meet in it, or one buffer
            that is mapped twice, for two devices for example. The first is unmapped,
            and the core stores to its bytes. Then the second is unmapped, and its
            invalidate drops the line with the core's store in it.

            Where the mappings share only a line at their ends, unmap cleans it as
            well. The store survives then, and the old bytes beside it may go over what
            the device has written for the other mapping: false sharing (H10).

            `staleline check` judges overlap in any line, also where one of the two is
            only read by the device.
            """,
        states: """
                                              L1D           DRAM     core's store
            map rx, and map it again          -             old
            device writes rx                  -             data
            first unmap                       -             data
            st rx = 7                         7, dirty      data
            second unmap: invalidate          -             data     lost (!)
            """,
        trace: """
            staleline 1
            machine rpi3
            kernel 6.12
            device dma0 noncoherent
            buffer rx 0x10000000 64
            h1 = dma_map_single dma0 rx 64 FROM_DEVICE
            h2 = dma_map_single dma0 rx 64 FROM_DEVICE   # the same line once more
            dma_mapping_error h1
            dma_mapping_error h2
            ring dma0
            dma0: wr rx 64
            wait dma0
            dma_unmap_single h1
            st rx 4 = 7                                  # it seems to be the core's ...
            dma_unmap_single h2                          # ... and the 7 is dropped

            """,
        mendedTrace: """
            staleline 1
            machine rpi3
            kernel 6.12
            device dma0 noncoherent
            buffer rx 0x10000000 64
            h1 = dma_map_single dma0 rx 64 FROM_DEVICE
            dma_mapping_error h1
            ring dma0
            dma0: wr rx 64
            wait dma0
            dma_unmap_single h1
            st rx 4 = 7

            """,
        mend: """
            Give each mapping lines of its own, and map a buffer once for each time that it is \
            used.
            """,
        linux: """
            /* a line each: */
            a = kmalloc(ALIGN(len, dma_get_cache_alignment()), GFP_KERNEL);
            """,
        bareMetal: """
            static uint8_t a[32] __attribute__((aligned(32)));
            static uint8_t b[32] __attribute__((aligned(32)));
            """,
        dmaDebug: """
            Partly: 'cacheline tracking EEXIST, overlapping mappings aren't supported', for the \
            first line of each mapping only, and never for TO_DEVICE.
            """,
        affects: """
            All machines that are not coherent, all kernels; dma-debug tells of it from 5.14 on.
            """,
        verdicts: [.manifest, .misuse], alsoFound: [.h18])
}
