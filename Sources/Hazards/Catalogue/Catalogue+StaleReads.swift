// Stale reads of the core: a cache answers with what was there before the device wrote.

extension HazardCatalogue {
    /// The core reads a stale cached copy of what a device wrote.
    static let h01 = HazardPage(
        code: .h01,
        title: "The core reads a stale cached copy of what a device wrote",
        family: .staleCPURead,
        summary: """
            A cache still holds the line from before the transfer, and nothing invalidated it \
            between the device's write and the core's load.
            """,
        explanation: """
            A device that is not coherent writes straight to memory and does not look
            into the caches. A line (the unit in which a cache holds memory, 32 or 64
            bytes) that was loaded earlier stays valid there, and the core's next load
            hits it: the old bytes come back although memory is right.

            The mend is an invalidate (drop the copy without writing it) after the
            device has finished and before the first load. In Linux that is what unmap
            and sync_for_cpu do. Whether map has already removed the line depends on the
            kernel: 32-bit Arm and arm64 up to 5.18 invalidate at map for FROM_DEVICE,
            arm64 from 5.19 only cleans, and the line stays.

            What one sees are whole, line-aligned windows of old data inside a buffer
            that is otherwise new.
            """,
        states: """
                                    core reads   L1D           DRAM     device
            ld rx                   old          old, clean    old
            map FROM_DEVICE                      old, clean    old
            device writes rx                     old, clean    new      wrote new
            ld rx, before unmap     old (!)      old, clean    new
            unmap, then ld rx       new          new, clean    new
            """,
        trace: """
            staleline 1
            machine rpi3
            kernel 6.12
            device dma0 noncoherent
            buffer rx 0x10000000 64
            ld rx 64 by 8                               # the line is cached
            h = dma_map_single dma0 rx 64 FROM_DEVICE   # 6.12 only cleans it: it stays
            dma_mapping_error h
            ring dma0
            dma0: wr rx 64                              # DRAM: new
            wait dma0
            ld rx 64 by 8                               # the old copy
            dma_unmap_single h                          # invalidates, too late

            """,
        mendedTrace: """
            staleline 1
            machine rpi3
            kernel 6.12
            device dma0 noncoherent
            buffer rx 0x10000000 64
            ld rx 64 by 8
            h = dma_map_single dma0 rx 64 FROM_DEVICE
            dma_mapping_error h
            ring dma0
            dma0: wr rx 64
            wait dma0
            dma_unmap_single h                          # invalidates, in time
            ld rx 64 by 8

            """,
        mend: """
            Invalidate the buffer after completion and before the first load: dma_unmap_single() \
            or dma_sync_single_for_cpu() with FROM_DEVICE.
            """,
        linux: """
            wait_for_completion(&done);
            dma_unmap_single(dev, h, len, DMA_FROM_DEVICE);
            use(rx);
            """,
        bareMetal: """
            while (!dma_done()) { }
            /* then the one that your library has: */
            SCB_InvalidateDCache_by_Addr(rx, len);            /* CMSIS, Cortex-M7 */
            Xil_DCacheInvalidateRange((INTPTR)rx, len);       /* Xilinx standalone */
            invalidate_dcache_range(start, ALIGN(end, line)); /* U-Boot */
            """,
        dmaDebug: """
            No: dma-debug checks that calls pair, not that data are read after them.
            """,
        affects: """
            Every core with a data cache and every kernel; without any maintenance it is certain \
            everywhere. After a map, ARMv5 is safe, 32-bit Arm and arm64 up to 5.18 need a \
            speculative linefill as well (H08), arm64 from 5.19 reads stale bytes for certain.
            """,
        verdicts: [.manifest, .latent])

    /// A speculative linefill brings the old line back during the transfer.
    static let h08 = HazardPage(
        code: .h08,
        title: "A speculative linefill brings the old line back during the transfer",
        family: .staleCPURead,
        summary: """
            The buffer was invalidated before the transfer only, and the core may load a line of \
            it again by itself while the device writes.
            """,
        explanation: """
            From ARMv6 on a core may read memory that no instruction has asked for yet:
            it runs ahead along guessed branches, and prefetchers follow patterns of
            addresses. Such a speculative linefill can take a line of the buffer just
            before the device writes it. The copy is clean and old, and it stays.

            An invalidate before the transfer is needed against dirty lines (H02), but
            it cannot prevent this. Only a second invalidate, after completion, removes
            what came in meanwhile. That is why FROM_DEVICE is maintained twice.

            It is rare and it moves with every change of the code, since chance decides
            which line is loaded when. Do not test for it: count the invalidates.
            """,
        states: """
                                    core reads   L1D           DRAM     device
            dc ivac rx                           -             old
            env fill rx                          old, clean    old      (nobody asked)
            device writes rx                     old, clean    new      wrote new
            ld rx                   old (!)      old, clean    new
            dc ivac rx, ld rx       new          new, clean    new
            """,
        trace: """
            staleline 1
            machine rpi3
            kernel none
            device dma0 noncoherent
            buffer rx 0x10000000 64
            dc ivac rx 64
            dsb sy
            env fill rx 64 core0      # allowed at any moment until the transfer ends
            dma0: wr rx 64
            wait dma0
            ld rx 64 by 8             # without 'env fill' the finding is latent

            """,
        mendedTrace: """
            staleline 1
            machine rpi3
            kernel none
            device dma0 noncoherent
            buffer rx 0x10000000 64
            dc ivac rx 64
            dsb sy
            env fill rx 64 core0
            dma0: wr rx 64
            wait dma0
            dc ivac rx 64             # once more, after completion
            dsb sy
            ld rx 64 by 8

            """,
        mend: """
            Invalidate once more after completion, outer cache first where there is one: \
            dma_unmap_single() or dma_sync_single_for_cpu() with FROM_DEVICE.
            """,
        linux: """
            h = dma_map_single(dev, rx, len, DMA_FROM_DEVICE);  /* dirty lines go */
            if (dma_mapping_error(dev, h))
                    return -ENOMEM;
            start(h);
            wait_for_completion(&done);
            dma_unmap_single(dev, h, len, DMA_FROM_DEVICE);     /* linefills go */
            """,
        bareMetal: """
            SCB_InvalidateDCache_by_Addr(rx, len);   /* before the start ... */
            start(); while (!done()) { }
            SCB_InvalidateDCache_by_Addr(rx, len);   /* ... and again before reading */
            """,
        dmaDebug: """
            No; and DMA_ATTR_SKIP_CPU_SYNC at unmap, a common way to get here, even silences its \
            overlap report.
            """,
        affects: """
            ARMv6 and later, and any outer cache that prefetches; not ARMv5. Linux before about \
            2.6.34 maintained at map only and was open to it on ARMv6 and ARMv7.
            """,
        verdicts: [.manifest, .latent])

    /// A bidirectional map is expected to keep the core's view fresh.
    static let h36 = HazardPage(
        code: .h36,
        title: "A bidirectional map is expected to keep the core's view fresh",
        family: .staleCPURead,
        summary: """
            A BIDIRECTIONAL map only cleans, so lines stay valid, and the core reads its old \
            copies while or after the device writes.
            """,
        explanation: """
            BIDIRECTIONAL does not mean that both sides may use the buffer at once. On
            ARMv6 and later the map cleans the lines and leaves them valid; loads during
            the transfer hit them and bring old bytes, and so do loads after it until
            unmap or sync_for_cpu invalidates.

            ARMv5 cleans and invalidates at map, which hides the fault on old machines.
            """,
        states: """
                                          L1D          DRAM   core reads
            st both                       A, dirty     old
            map BIDIRECTIONAL: clean      A, clean     A
            device writes both            A, clean     B
            ld both                       A, clean     B      A (!)
            sync_for_cpu: invalidate      -            B
            ld both                       B, clean     B      B
            """,
        trace: """
            staleline 1
            machine rpi3
            kernel 6.12
            device dma0 noncoherent
            buffer both 0x10000000 64
            st both 64 by 8
            h = dma_map_single dma0 both 64 BIDIRECTIONAL
            dma_mapping_error h
            ring dma0
            dma0: rd both 64
            dma0: wr both 64
            wait dma0
            ld both 64 by 8           # before the unmap
            dma_unmap_single h

            """,
        mendedTrace: """
            staleline 1
            machine rpi3
            kernel 6.12
            device dma0 noncoherent
            buffer both 0x10000000 64
            st both 64 by 8
            h = dma_map_single dma0 both 64 BIDIRECTIONAL
            dma_mapping_error h
            ring dma0
            dma0: rd both 64
            dma0: wr both 64
            wait dma0
            dma_sync_single_for_cpu h
            ld both 64 by 8
            dma_unmap_single h

            """,
        mend: """
            Call dma_sync_single_for_cpu() after completion and before each reading, \
            dma_sync_single_for_device() before the next transfer.
            """,
        linux: """
            dma_sync_single_for_cpu(dev, h, len, DMA_BIDIRECTIONAL);
            use(both);
            dma_sync_single_for_device(dev, h, len, DMA_BIDIRECTIONAL);
            """,
        bareMetal: """
            clean(both); start(); wait(); invalidate(both);   /* in this order */
            """,
        dmaDebug: "No.",
        affects: "ARMv6 and later, all kernels; not ARMv5, nor coherent devices.",
        verdicts: [.manifest, .latent])
}
