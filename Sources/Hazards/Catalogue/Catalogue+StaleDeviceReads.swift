// Stale reads of a device: memory does not hold yet what the core has stored.

extension HazardCatalogue {
    /// The device reads memory while the new bytes are still in a cache.
    static let h03 = HazardPage(
        code: .h03,
        title: "The device reads memory while the new bytes are still in a cache",
        family: .staleDeviceRead,
        summary: """
            Nothing cleaned the stored bytes from the cache before the device read memory.
            """,
        explanation: """
            A store to cacheable memory ends in the cache: the line becomes dirty (newer
            than memory) and is written back only when it is evicted or cleaned. A
            device that does not look into the caches reads memory and gets what was
            there before.

            The mend is a clean (write the dirty line back, keep it) to the Point of
            Coherency, the place where all agents see the same bytes, after the last
            store and before the device starts. Where an outer cache such as the PL310
            stands behind the core, it must be cleaned too (H23); the DMA API does both.

            The fault hides under load: when other data push the dirty line out in time,
            the device reads the right bytes.
            """,
        states: """
                                    L1D          L2            DRAM     device reads
            st tx                   new, dirty   -             old
            writel: doorbell        new, dirty   -             old
            device reads tx         new, dirty   -             old      old (!)
            map TO_DEVICE, doorbell new, clean   new, clean    new      new
            """,
        trace: """
            staleline 1
            machine zynq7000
            kernel 6.12
            device eth0 noncoherent
            buffer tx 0x10000000 64
            st tx 64 by 4                               # dirty in L1D
            writel eth0 = 1                             # orders, does not clean
            eth0: rd tx 64                              # DRAM is old

            """,
        mendedTrace: """
            staleline 1
            machine zynq7000
            kernel 6.12
            device eth0 noncoherent
            buffer tx 0x10000000 64
            st tx 64 by 4
            h = dma_map_single eth0 tx 64 TO_DEVICE     # cleans L1, then the PL310
            dma_mapping_error h
            writel eth0 = 1
            eth0: rd tx 64
            wait eth0
            dma_unmap_single h

            """,
        mend: """
            Clean the buffer after the last store and before the doorbell: dma_map_single() or \
            dma_sync_single_for_device() with TO_DEVICE.
            """,
        linux: """
            fill(tx, len);
            /* after the last store: */
            h = dma_map_single(dev, tx, len, DMA_TO_DEVICE);
            if (dma_mapping_error(dev, h))
                    return -ENOMEM;
            writel(START, regs + CTRL);
            """,
        bareMetal: """
            fill(tx, len);
            /* then the one that your library has; their flush cleans: */
            SCB_CleanDCache_by_Addr(tx, len);            /* CMSIS, Cortex-M7 */
            Xil_DCacheFlushRange((INTPTR)tx, len);       /* Xilinx, L1 and L2 */
            flush_dcache_range(start, ALIGN(end, line)); /* U-Boot */
            """,
        dmaDebug: "No: a transfer that was never mapped is invisible to it.",
        affects: """
            Every core with a write-back cache and every kernel; with write-through caches the \
            bytes arrive once the write buffer is empty.
            """,
        verdicts: [.manifest, .latent])

    /// The device reads while stores still wait in a buffer.
    static let h04 = HazardPage(
        code: .h04,
        title: "The device reads while stores still wait in a buffer",
        family: .staleDeviceRead,
        summary: """
            Stores may still wait in a buffer between core and memory when the doorbell reaches \
            the device, or when one that looks by itself reads, as no barrier that drains it stands \
            between.
            """,
        explanation: """
            A store leaves the core through a store buffer, and a PL310 has one of its
            own behind it. The doorbell, a store to a device register, need not wait
            for what is in them: it can arrive first, and the device then fetches a
            descriptor that is half written or not written at all. Non-cacheable memory
            does not help, as its stores are buffered too.

            What helps is a barrier that waits for or orders the earlier stores before
            the doorbell: writel() contains one, writel_relaxed() does not. On 32-bit
            Arm with an outer cache it must also drain that cache's buffer (CACHE SYNC):
            wmb() and writel() do, dma_wmb() does not.

            A clean that no DSB has waited for is the same fault: it was issued, but may
            not be complete.
            """,
        states: """
                                    store buffer   DRAM     device
            st desc = new           new            old
            doorbell, relaxed       new            old      starts
            device fetches desc     new            old      reads old (!)
            buffer drains           -              new      (too late)
            writel instead          -              new      reads new
            """,
        trace: """
            staleline 1
            machine zynq7000
            kernel 6.12
            device eth0 noncoherent
            region desc 0x1f000000 4K nc    # as dma_alloc_coherent maps it
            st desc 16 by 4
            writel_relaxed eth0 = 1
            eth0: fetch desc 16             # old, or half of each

            """,
        mendedTrace: """
            staleline 1
            machine zynq7000
            kernel 6.12
            device eth0 noncoherent
            region desc 0x1f000000 4K nc
            st desc 16 by 4
            writel eth0 = 1                 # DSB ST and CACHE SYNC, then the store
            eth0: fetch desc 16

            """,
        mend: """
            Ring the doorbell with writel(), or put wmb() before writel_relaxed(); on bare metal \
            DSB, and CACHE SYNC where there is a PL310.
            """,
        linux: """
            desc->addr = cpu_to_le32(h);
            desc->ctrl = cpu_to_le32(OWN | len);
            writel(START, regs + CTRL);      /* or: wmb(); writel_relaxed(...) */
            """,
        bareMetal: """
            desc->ctrl = OWN | len;
            __DSB();                         /* CMSIS; and on a PL310: */
            L2C_Sync();                      /* CMSIS-Core(A): register 0x730 */
            regs->CTRL = START;
            """,
        dmaDebug: "No.",
        affects: """
            ARMv6 and later; worst on a PL310 before r3p2, whose store buffer need not drain by \
            itself (erratum 769419). ARMv5 with dma_alloc_wc is hit even with writel(), which is \
            a plain store there. arm64 orders with DMB OSHST in writel().
            """,
        verdicts: [.manifest, .latent])
}
