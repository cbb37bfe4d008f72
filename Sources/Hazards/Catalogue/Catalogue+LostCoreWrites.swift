// What the core stored is dropped from a cache.

extension HazardCatalogue {
    /// An invalidate drops a neighbour's bytes in a line it covers only partly.
    static let h11 = HazardPage(
        code: .h11,
        title: """
            An invalidate drops a neighbour's bytes in a line it covers only partly
            """,
        family: .lostCPUWrite,
        summary: """
            An invalidate works on whole lines, so it also drops dirty bytes that lie beside the \
            named range.
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
            lines.
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
            device dma0 port AXI noncoherent
            buffer count 0x10000000 32
            buffer rx 0x10000020 32
            st count 4 = 7
            dc ivac rx 32             # takes the whole 64-byte line
            dsb sy
            dma0: wr rx 32
            wait dma0

            """,
        mendedTrace: """
            staleline 1
            machine rpi3
            kernel none
            device dma0 port AXI noncoherent
            buffer count 0x10000000 64
            buffer rx 0x10000040 64   # a line of its own
            st count 4 = 7
            dc ivac rx 64
            dsb sy
            dma0: wr rx 32
            wait dma0

            """,
        mend: """
            Align and pad the buffer to whole lines, or clean and invalidate the lines at its \
            ends before the transfer.
            """,
        linux: """
            buf = kmalloc(ALIGN(len, dma_get_cache_alignment()), GFP_KERNEL);
            h = dma_map_single(dev, buf, len, DMA_FROM_DEVICE);   /* keeps the ends */
            """,
        bareMetal: """
            /* both ends on lines; SCB_InvalidateDCache_by_Addr() keeps no neighbour */
            uint8_t rx[ROUND_UP(LEN, 32)] __attribute__((aligned(32)));
            SCB_InvalidateDCache_by_Addr(rx, sizeof rx);
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
            invalidates over it again. If another core or an interrupt stores to the
            neighbour between the two, the second operation drops that store.

            The window is a few cycles, which is why it survived for years in common
            code.

            In a trace `env pause` and `env resume` put what an interrupt does between
            the operations of one call.
            """,
        states: """
            one 64-byte line:            count | rx       L1D               DRAM
            dc civac: both are saved                      -                 7 | old
            another core: st count = 8                    8 | old, dirty    7 | old
            dc ivac: the line is dropped                  -                 7 | old (!)
            """,
        trace: """
            staleline 1
            machine rpi3
            kernel none
            device dma0 port AXI noncoherent
            buffer count 0x10000000 32
            buffer rx 0x10000020 32
            core0: dc civac rx 32     # saves the neighbour ...
            core1: st count 4         # ... which changes again ...
            core0: dc ivac rx 32      # ... and is lost
            dma0: wr rx 32

            """,
        mendedTrace: """
            staleline 1
            machine rpi3
            kernel none
            device dma0 port AXI noncoherent
            buffer count 0x10000000 32
            buffer rx 0x10000020 32
            core0: dc civac rx 32     # once: saves the neighbour, and the line is gone
            core0: dsb sy
            core1: st count 4

            """,
        mend: """
            Align buffers to whole lines, or use a routine that touches each line once (32-bit \
            Arm from 4.20).
            """,
        linux: """
            buf = kmalloc(ALIGN(len, dma_get_cache_alignment()), GFP_KERNEL);   /* whole lines */
            """,
        bareMetal: """
            /* ends: DC CIVAC once; inside: DC IVAC; never both on one line */
            """,
        dmaDebug: "No.",
        affects: """
            32-bit Arm ARMv7 before 4.20 (start line), ARMv6 and ARM926 routines; arm64 in all \
            eras read, for an aligned buffer shorter than a line.
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
            Two transfers into one line, each with a mapping of its own: the first
            completes, is unmapped, and the core stores to its part. Then the second is
            unmapped, and its invalidate drops the line with the core's store in it. It
            is false sharing (H10) between two mappings.

            The same happens when one buffer is mapped for two devices at once.

            `staleline check` judges overlap in any line, also where one of the two is
            only read by the device.
            """,
        states: """
            one 64-byte line:               a | b          L1D               DRAM
            device writes a; unmap of a                    -                 A | old
            st a = 7                                       7 | old, dirty    A | old
            device writes b                                7 | old, dirty    A | B
            unmap of b: the line goes                      -                 A | B (!)
            """,
        trace: """
            staleline 1
            machine rpi3
            kernel 6.1
            device dma0 port AXI noncoherent
            buffer a 0x10000000 32
            buffer b 0x10000020 32               # the same line
            h1 = dma_map_single dma0 a 32 FROM_DEVICE
            h2 = dma_map_single dma0 b 32 FROM_DEVICE
            dma_mapping_error h1
            dma_mapping_error h2
            dma0: wr a 32
            wait dma0
            dma_unmap_single h1
            st a 4
            dma0: wr b 32
            wait dma0
            dma_unmap_single h2

            """,
        mendedTrace: """
            staleline 1
            machine rpi3
            kernel 6.12
            device dma0 port AXI noncoherent
            buffer a 0x10000000 64               # a line each
            buffer b 0x10000040 64
            h1 = dma_map_single dma0 a 32 FROM_DEVICE
            h2 = dma_map_single dma0 b 32 FROM_DEVICE
            dma_mapping_error h1
            dma_mapping_error h2
            dma0: wr a 32
            wait dma0
            dma_unmap_single h1
            st a 4
            dma0: wr b 32
            wait dma0
            dma_unmap_single h2

            """,
        mend: """
            Give each mapping lines of its own, and map a buffer once for each time that it is \
            used.
            """,
        linux: """
            a = kmalloc(ALIGN(len, dma_get_cache_alignment()), GFP_KERNEL);   /* a line each */
            """,
        bareMetal: """
            static uint8_t a[32] __attribute__((aligned(32))), b[32] __attribute__((aligned(32)));
            """,
        dmaDebug: """
            Partly: 'cacheline tracking EEXIST, overlapping mappings aren't supported', for the \
            first line of each mapping only, and never for TO_DEVICE.
            """,
        affects: """
            All machines that are not coherent, all kernels; dma-debug tells of it from 5.14 on.
            """,
        verdicts: [.manifest, .misuse])
}
