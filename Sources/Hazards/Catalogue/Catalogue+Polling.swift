// Stale reads of the core that come with time: polling, and buffers that are recycled.

extension HazardCatalogue {
    /// The core polls a cached location.
    static let h38 = HazardPage(
        code: .h38,
        title: "The core polls a cached location",
        family: .staleCPURead,
        summary: """
            The first load of a polling loop caches the location, and every later load hits that \
            copy.
            """,
        explanation: """
            A flag that a device sets in memory is polled in a loop. With a cacheable
            mapping and a device that is not coherent, the first load fills a line, and
            the loop reads that line for ever, or until chance evicts it: a hang that
            goes away when something is printed.

            Put such flags in coherent (uncached) memory, or invalidate before each
            look.

            To `staleline check` a poll is the same load again, with neither
            maintenance nor another access of the device's memory in between.
            """,
        states: """
                                  L1D          DRAM     core reads
            ld flag               0, clean     0        0
            device writes flag    0, clean     1
            ld flag               0, clean     1        0 (!), and so on for ever
            dc ivac, ld flag      1, clean     1        1
            """,
        trace: """
            staleline 1
            machine rpi3
            kernel none
            device dma0 noncoherent
            buffer flag 0x10000000 64
            ld flag 4
            dma0: wr flag 4 = 1
            repeat 1000
            ld flag 4                 # hits the first copy each time
            end

            """,
        mendedTrace: """
            staleline 1
            machine rpi3
            kernel none
            device dma0 noncoherent
            buffer flag 0x10000000 64
            ld flag 4
            dma0: wr flag 4 = 1
            repeat 1000
            dc ivac flag 64
            dsb sy
            ld flag 4
            end

            """,
        mend: """
            Keep polled locations in memory from dma_alloc_coherent(), or sync before each look.
            """,
        linux: """
            flag = dma_alloc_coherent(dev, sizeof(*flag), &h, GFP_KERNEL);
            while (!READ_ONCE(*flag))
                    cpu_relax();
            """,
        bareMetal: """
            do {
                    SCB_InvalidateDCache_by_Addr(flag, 32);
            } while (!*(volatile uint32_t *)flag);
            """,
        dmaDebug: "No.",
        affects: """
            All cores with data caches and devices that do not snoop; between cores a Cortex-A9 \
            before r2p0 needs a barrier in the loop too (erratum 754327).
            """,
        verdicts: [.manifest, .latent])

    /// A recycled buffer goes back to the device unmaintained.
    static let h40 = HazardPage(
        code: .h40,
        title: "A recycled buffer goes back to the device unmaintained",
        family: .staleCPURead,
        summary: """
            A buffer that the core has used is given to the device again without a sync, or was \
            unmapped with too small a size.
            """,
        explanation: """
            To save time drivers keep buffers mapped and recycle them. Each round needs
            both halves: sync_for_cpu before the core looks, sync_for_device before the
            device gets it again. Without the second, lines that the core dirtied are
            evicted over the next packet (H02); on ARMv5, where sync_for_cpu does
            nothing to the inner cache, lines that it loaded stay stale too (H01).

            An unmap that is smaller than the buffer leaves the same behind for its next
            user.
            """,
        states: """
                                          L1D             DRAM
            sync_for_cpu: invalidate      -               packet 1
            st rx                         edited, dirty   packet 1
            device writes rx              edited, dirty   packet 2
            the line is evicted           -               packet 1, edited (!)
            sync_for_device after st rx   edited, clean   packet 1, edited
            device writes rx              edited, clean   packet 2
            """,
        trace: """
            staleline 1
            machine rpi3
            kernel 6.12
            device dma0 noncoherent
            buffer rx 0x10000000 64
            h = dma_map_single dma0 rx 64 FROM_DEVICE
            dma_mapping_error h
            dma0: wr rx 64
            wait dma0
            dma_sync_single_for_cpu h
            st rx 4                   # the stack edits the header
            dma0: wr rx 64            # given back without sync_for_device
            env evict rx 64

            """,
        mendedTrace: """
            staleline 1
            machine rpi3
            kernel 6.12
            device dma0 noncoherent
            buffer rx 0x10000000 64
            h = dma_map_single dma0 rx 64 FROM_DEVICE
            dma_mapping_error h
            dma0: wr rx 64
            wait dma0
            dma_sync_single_for_cpu h
            st rx 4
            dma_sync_single_for_device h
            dma0: wr rx 64
            env evict rx 64

            """,
        mend: """
            Call dma_sync_single_for_device() each time before the buffer goes back to the \
            device.
            """,
        linux: """
            dma_sync_single_for_cpu(dev, h, len, DMA_FROM_DEVICE);
            consume(rx);
            dma_sync_single_for_device(dev, h, len, DMA_FROM_DEVICE);
            recycle(rx);
            """,
        bareMetal: """
            /* before each return to the ring, not only the first time: */
            SCB_InvalidateDCache_by_Addr(rx, len);
            """,
        dmaDebug: "No: a recycled buffer has one map and no unmap.",
        affects: """
            All machines that are not coherent; kernels and drivers with page pools most of all.
            """,
        verdicts: [.misuse], alsoFound: [.h02])
}
