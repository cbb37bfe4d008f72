// Calls of the DMA API with the wrong memory, direction, range or attribute.

extension HazardCatalogue {
    /// A streaming call is made on coherent memory.
    static let h14 = HazardPage(
        code: .h14,
        title: "A streaming call is made on coherent memory",
        family: .api,
        summary: """
            The streaming API was called on memory from dma_alloc_coherent(), which already has \
            its own handle and must not be mapped again.
            """,
        explanation: """
            dma_alloc_coherent() returns two values: an address for the core and a
            handle for the device. The address is usually a second, uncached alias of
            the pages (another address for the same bytes, with other attributes), often
            in the vmalloc area. dma_map_single() computes a physical page from an
            address of the linear map, the kernel's one-to-one view of memory; given the
            alias it computes a wrong page, or maintains an alias that nobody uses.

            At best that is work for nothing. At worst the device gets the wrong page,
            or a line of the cached alias is written back over uncached data. Nothing
            needs to be mapped: the handle is the device's address, and only order
            matters (H04, H05).
            """,
        states: """
                                        core's address          device's address
            dma_alloc_coherent          ring, uncached alias    c: the handle
            dma_map_single of ring      a cached alias (!)      h: a second handle, or a
                                                                wrong page (!)
            """,
        trace: """
            staleline 1
            machine zynq7000
            kernel 6.12
            device eth0 noncoherent
            buffer ring 0x1f000000 4096
            c = dma_alloc_coherent eth0 ring 4096
            h = dma_map_single eth0 ring 4096 TO_DEVICE   # it has a handle already

            """,
        mendedTrace: """
            staleline 1
            machine zynq7000
            kernel 6.12
            device eth0 noncoherent
            buffer ring 0x1f000000 4096
            c = dma_alloc_coherent eth0 ring 4096
            st ring 16 by 4
            writel eth0 = 1                               # a barrier is all it takes
            eth0: fetch ring 16
            wait eth0
            dma_free_coherent c

            """,
        mend: """
            Give the device the handle that dma_alloc_coherent() returned and drop the streaming \
            call.
            """,
        linux: """
            ring = dma_alloc_coherent(dev, size, &ring_dma, GFP_KERNEL);
            writel(lower_32_bits(ring_dma), regs + RING_BASE);   /* no dma_map_*() */
            """,
        bareMetal: """
            /* uncached by MPU or page table: no maintenance on it, barriers only */
            ring[i].ctrl = OWN;
            __DSB();
            regs->TAIL = i;
            """,
        dmaDebug: """
            Yes where the address is outside the linear map: 'maps memory from vmalloc area' or \
            'from invalid area'; no where coherent memory is inside it.
            """,
        affects: """
            All kernels. On 32-bit Arm memory from the contiguous area (CMA) stays in the linear \
            map, and nothing is said; there and for coherent devices it may seem to work.
            """,
        verdicts: [.misuse])

    /// The mapping has the wrong direction.
    static let h15 = HazardPage(
        code: .h15,
        title: "The mapping has the wrong direction",
        family: .api,
        summary: """
            The direction of the mapping is not the direction in which the device moves the \
            data, so the wrong maintenance is done.
            """,
        explanation: """
            The direction says which maintenance is needed. A buffer mapped TO_DEVICE is
            cleaned at map and left alone at unmap: if the device writes it, the core
            later reads stale lines. A buffer mapped FROM_DEVICE may be invalidated at
            map: if the device reads it, what the core stored is gone.

            The second case works by accident on arm64 from 5.19, which cleans for every
            direction, and fails on 32-bit Arm.

            `staleline check` reports a device that writes what is mapped TO_DEVICE, or
            reads what is mapped FROM_DEVICE, the bytes that go wrong by it, and calls
            of one mapping that disagree.
            """,
        states: """
                                          core reads   L1D          DRAM
            ld rx                         old          old, clean   old
            map TO_DEVICE: clean                       old, clean   old
            device writes rx                           old, clean   new
            unmap TO_DEVICE: nothing                   old, clean   new
            ld rx                         old (!)      old, clean   new
            """,
        trace: """
            staleline 1
            machine rpi3
            kernel 6.12
            device dma0 noncoherent
            buffer rx 0x10000000 64
            ld rx 64 by 8
            h = dma_map_single dma0 rx 64 TO_DEVICE      # the device writes
            dma_mapping_error h
            ring dma0
            dma0: wr rx 64
            wait dma0
            dma_unmap_single h                           # nothing to do for TO_DEVICE
            ld rx 64 by 8

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
            dma_unmap_single h
            ld rx 64 by 8

            """,
        mend: """
            Map with the direction of the data, or BIDIRECTIONAL where both sides write.
            """,
        linux: """
            h = dma_map_single(dev, rx, len, DMA_FROM_DEVICE);   /* the device writes */
            """,
        bareMetal: """
            /* device reads: clean before;
               device writes: invalidate before and after */
            """,
        dmaDebug: """
            Only where calls disagree: 'frees ... with different direction', 'syncs ... with \
            different direction'; not when all calls agree on the wrong one.
            """,
        affects: """
            All machines that are not coherent; which case fails depends on architecture and \
            kernel era.
            """,
        verdicts: [.manifest, .latent, .misuse])

    /// The maintained range is not the range that is used.
    static let h16 = HazardPage(
        code: .h16,
        title: "The maintained range is not the range that is used",
        family: .api,
        summary: """
            The sync or the maintenance covers fewer or other bytes than those that are read or \
            written afterwards.
            """,
        explanation: """
            A sync of part of a mapping is legal: only those bytes change hands. If the
            length is that of the header but the payload is read too, or if an offset is
            added to the wrong base, the rest is as stale as with no sync at all.

            As operations work on lines, a range that is a little short often works,
            until the data cross one line more.

            `staleline check` reports stale bytes as H16 where a sync of other bytes of
            the same mapping stands in the right place, a sync outside of the mapping,
            and a transfer that goes on behind the end of its mapping.
            """,
        states: """
                                     rx[0..64)  rx[64..256)   in L1D
            device writes rx         new        new           old, old
            sync_for_cpu of 64       new        new           -, old
            ld rx                    new        old (!)
            """,
        trace: """
            staleline 1
            machine rpi3
            kernel 6.12
            device dma0 noncoherent
            buffer rx 0x10000000 256
            ld rx 256 by 8
            h = dma_map_single dma0 rx 256 FROM_DEVICE
            dma_mapping_error h
            ring dma0
            dma0: wr rx 256
            wait dma0
            dma_sync_single_for_cpu h 0 64       # the header's length
            ld rx 256 by 8

            """,
        mendedTrace: """
            staleline 1
            machine rpi3
            kernel 6.12
            device dma0 noncoherent
            buffer rx 0x10000000 256
            ld rx 256 by 8
            h = dma_map_single dma0 rx 256 FROM_DEVICE
            dma_mapping_error h
            ring dma0
            dma0: wr rx 256
            wait dma0
            dma_sync_single_for_cpu h 0 256
            ld rx 256 by 8

            """,
        mend: """
            Sync every byte that is used afterwards, rounded to lines, with the offset from the \
            start of the mapping.
            """,
        linux: """
            dma_sync_single_range_for_cpu(dev, h, offset, received, DMA_FROM_DEVICE);
            """,
        bareMetal: """
            /* what was received, not the header: */
            SCB_InvalidateDCache_by_Addr(rx, received);
            """,
        dmaDebug: """
            Only outside the mapping: 'tries to sync DMA memory it has not allocated'; a range \
            inside it that is too short is legal.
            """,
        affects: "All machines that are not coherent, all kernels.",
        verdicts: [.manifest, .latent, .misuse])

    /// Maintenance is skipped that was needed.
    static let h21 = HazardPage(
        code: .h21,
        title: "Maintenance is skipped that was needed",
        family: .api,
        summary: """
            DMA_ATTR_SKIP_CPU_SYNC was given although nobody had done the maintenance that it \
            leaves out.
            """,
        explanation: """
            DMA_ATTR_SKIP_CPU_SYNC tells the kernel that the caches are already in the
            right state: the same pages are mapped for a second device, or recycled
            without the core having touched them. Where that is not so, map leaves a
            buffer as in H02 or H03, and unmap as in H01 or H08.

            Drivers give it because it is fast; it stays right only while nobody adds a
            store to the recycled page.

            `staleline check` reports wrong bytes as H21 where the call that should have
            maintained them stands in the right place and has the attribute.
            """,
        states: """
                                          L1D          DRAM   device reads
            st tx                         new, dirty   old
            map TO with SKIP_CPU_SYNC     new, dirty   old
            device reads tx               new, dirty   old    old (!)
            sync_for_device first         new, clean   new    new
            """,
        trace: """
            staleline 1
            machine rpi3
            kernel 6.12
            device dma0 noncoherent
            buffer tx 0x10000000 64
            st tx 64 by 8
            h = dma_map_single dma0 tx 64 TO_DEVICE attrs=SKIP_CPU_SYNC
            dma_mapping_error h
            ring dma0
            dma0: rd tx 64

            """,
        mendedTrace: """
            staleline 1
            machine rpi3
            kernel 6.12
            device dma0 noncoherent
            buffer tx 0x10000000 64
            st tx 64 by 8
            h = dma_map_single dma0 tx 64 TO_DEVICE attrs=SKIP_CPU_SYNC
            dma_mapping_error h
            dma_sync_single_for_device h         # what the map left out
            ring dma0
            dma0: rd tx 64

            """,
        mend: """
            Drop the attribute, or sync the bytes that the core touched: \
            dma_sync_single_for_device() before, dma_sync_single_for_cpu() after.
            """,
        linux: """
            h = dma_map_page_attrs(dev, page, 0, PAGE_SIZE, dir,
                                   DMA_ATTR_SKIP_CPU_SYNC);
            if (dma_mapping_error(dev, h))
                    return -ENOMEM;
            dma_sync_single_for_device(dev, h, used, dir);   /* only what is used */
            """,
        bareMetal: """
            /* skip a clean or invalidate only for lines that were not touched since
               the last one */
            """,
        dmaDebug: "No; it even keeps quiet about overlaps of such mappings.",
        affects: """
            All machines that are not coherent; kernels from 3.6, when the attribute came.
            """,
        verdicts: [.manifest, .latent])
}
