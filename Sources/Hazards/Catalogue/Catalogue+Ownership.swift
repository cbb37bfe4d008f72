// Who may touch a buffer, and when.

extension HazardCatalogue {
    /// The buffer is handed back before the device is done.
    static let h09 = HazardPage(
        code: .h09,
        title: "The buffer is handed back before the device is done",
        family: .api,
        summary: """
            The maintenance for the core ran while the device was still writing, so later bytes \
            are missed.
            """,
        explanation: """
            sync_for_cpu and unmap drop what the caches hold at that moment. What the
            device writes afterwards is not covered: lines that the core loads in
            between mix old and new bytes and stay.

            H08 needs a linefill by chance; here the core's own load between the call
            and the device's write is enough. The call is there, only too early: it
            stands before the completion was observed.
            """,
        states: """
                                        core reads   L1D            DRAM
            sync_for_cpu: invalidate                 -              old
            ld rx, too early            old          old, clean     old
            device writes rx                         old, clean     new
            ld rx                       old (!)      old, clean     new
            sync_for_cpu, then ld rx    new          new, clean     new
            """,
        trace: """
            staleline 1
            machine rpi3
            kernel 6.12
            device dma0 noncoherent
            buffer rx 0x10000000 64
            h = dma_map_single dma0 rx 64 FROM_DEVICE
            dma_mapping_error h
            writel dma0+0x10 = 1
            dma_sync_single_for_cpu h     # too early
            ld rx 64 by 8
            dma0: wr rx 64
            wait dma0
            ld rx 64 by 8
            dma_unmap_single h

            """,
        mendedTrace: """
            staleline 1
            machine rpi3
            kernel 6.12
            device dma0 noncoherent
            buffer rx 0x10000000 64
            h = dma_map_single dma0 rx 64 FROM_DEVICE
            dma_mapping_error h
            writel dma0+0x10 = 1
            dma0: wr rx 64
            wait dma0
            dma_sync_single_for_cpu h
            ld rx 64 by 8
            dma_unmap_single h

            """,
        mend: """
            Observe completion first (interrupt, or readl() of the status), then call \
            dma_sync_single_for_cpu() or dma_unmap_single().
            """,
        linux: """
            wait_for_completion(&done);
            dma_sync_single_for_cpu(dev, h, len, DMA_FROM_DEVICE);
            """,
        bareMetal: """
            while (!(regs->STATUS & DONE)) { }
            SCB_InvalidateDCache_by_Addr(rx, len);
            """,
        dmaDebug: "No: the call itself is legal.",
        affects: """
            All machines that are not coherent, all kernels; with bounce buffers the copy back \
            is early as well, coherent or not.
            """,
        verdicts: [.manifest, .latent, .misuse], alsoFound: [.h01])

    /// The device or the driver uses a buffer after unmap.
    static let h17 = HazardPage(
        code: .h17,
        title: "The device or the driver uses a buffer after unmap",
        family: .api,
        summary: """
            The mapping was taken down while the device could still use it, or its handle was \
            used again.
            """,
        explanation: """
            After unmap the memory belongs to the core, and soon to someone else. A
            device whose ring was not stopped goes on writing to it and corrupts the
            next owner, far from the cause. With an IOMMU (address translation for
            devices) the access faults instead and is reported.

            Stop the device and know that it has stopped before the first unmap: resets
            and error paths are where this is forgotten.

            `staleline check` judges the order of the trace: a transfer that stands
            below the release of its bytes. Of a device behind an IOMMU it also finds
            one of bytes that no call maps for this device, but perhaps for another.
            """,
        states: """
                                     rx belongs to      DRAM
            map                      the device         old
            unmap, and kfree         the core           old
            kmalloc by someone       someone else       theirs
            device writes rx         someone else       the device's (!)
            """,
        trace: """
            staleline 1
            machine rpi3
            kernel 6.12
            device dma0 noncoherent
            buffer rx 0x10000000 64
            h = dma_map_single dma0 rx 64 FROM_DEVICE
            dma_mapping_error h
            dma_unmap_single h
            dma0: wr rx 64            # the ring was not stopped

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
            wait dma0                 # it is quiet
            dma_unmap_single h

            """,
        mend: """
            Stop the device and wait until it is quiet before unmapping, and forget the handle \
            afterwards.
            """,
        linux: """
            writel(STOP, regs + CTRL);
            readl_poll_timeout(regs + STATUS, v, !(v & BUSY), 10, 1000);
            dma_unmap_single(dev, h, len, DMA_FROM_DEVICE);
            """,
        bareMetal: """
            regs->CTRL = STOP;
            while (regs->STATUS & BUSY) { }
            free(rx);
            """,
        dmaDebug: """
            Only a second unmap: 'tries to free DMA memory it has not allocated'; never what the \
            device does.
            """,
        affects: "All machines, coherent ones too; an IOMMU turns it into a fault.",
        verdicts: [.misuse])

    /// The core touches a buffer that the device owns.
    static let h18 = HazardPage(
        code: .h18,
        title: "The core touches a buffer that the device owns",
        family: .api,
        summary: """
            The core loads or stores bytes of a mapped buffer between map and unmap without a \
            sync that gives them back.
            """,
        explanation: """
            Between map and unmap the buffer is the device's, even when the transfer is
            complete. A load pulls a line into the cache that is stale as soon as the
            device writes it. A store makes a dirty line: evicted, it may destroy the
            device's data (H02); invalidated by unmap, the store itself is lost; and a
            device that reads may send either value.

            Peeking at a buffer is allowed between dma_sync_single_for_cpu() and
            dma_sync_single_for_device(). A FROM_DEVICE buffer is then still only to be
            read: what the core stores there 32-bit Arm drops when it goes back.

            `staleline check` reports stores to such a buffer, and the kernel's own copy
            of a page of which a part is mapped (`copy … cow`). A load alone does no
            harm if the bytes are taken back afterwards.
            """,
        states: """
                                          L1D            DRAM     core's store
            map FROM_DEVICE               -              old
            device writes rx              -              data
            st rx: not the core's yet     new, dirty     data
            unmap: invalidate             -              data     lost (!)
            """,
        trace: """
            staleline 1
            machine rpi3
            kernel 6.12
            device dma0 noncoherent
            buffer rx 0x10000000 64
            h = dma_map_single dma0 rx 64 FROM_DEVICE
            dma_mapping_error h
            ring dma0
            dma0: wr rx 64
            wait dma0
            st rx 4                       # still mapped: not the core's yet
            dma_unmap_single h            # invalidates: the store is lost

            """,
        mendedTrace: """
            staleline 1
            machine rpi3
            kernel 6.12
            device dma0 noncoherent
            buffer rx 0x10000000 64
            h = dma_map_single dma0 rx 64 FROM_DEVICE
            dma_mapping_error h
            ring dma0
            dma0: wr rx 64
            wait dma0
            dma_unmap_single h
            st rx 4                       # the core's again

            """,
        mend: """
            Move the core's accesses before the map or behind the unmap, or put them between \
            dma_sync_single_for_cpu() and dma_sync_single_for_device(), stores only into a \
            BIDIRECTIONAL or TO_DEVICE mapping.
            """,
        linux: """
            dma_sync_single_for_cpu(dev, h, len, DMA_FROM_DEVICE);
            peek(rx);
            dma_sync_single_for_device(dev, h, len, DMA_FROM_DEVICE);
            """,
        bareMetal: """
            /* from start to completion no loads and no stores, not even a memset() of
               the rest; after completion invalidate first, then store */
            """,
        dmaDebug: """
            Hardly: from 3.14 up to 5.8 'cpu touching an active dma mapped cacheline' when a page \
            is copied whose first line is that of a mapping; later kernels nothing.
            """,
        affects: "All machines that are not coherent, and bounce buffers; all kernels.",
        verdicts: [.manifest, .misuse], alsoFound: [.h02])
}
