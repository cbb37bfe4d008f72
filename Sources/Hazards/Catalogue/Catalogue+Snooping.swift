// Stale reads of a device behind a wrong promise: no coherency, no copy, no snoop.

extension HazardCatalogue {
    /// A bounce buffer is not copied.
    static let h24 = HazardPage(
        code: .h24,
        title: "A bounce buffer is not copied",
        family: .staleDeviceRead,
        summary: """
            The device works on a bounce buffer, and the sync that would copy between it and the \
            real one was left out.
            """,
        explanation: """
            Where a device cannot reach a buffer, the kernel lends it a reachable one,
            the bounce buffer (swiotlb), and copies at map, sync and unmap. A driver
            that leaves out syncs because the device is coherent, or gives
            DMA_ATTR_SKIP_CPU_SYNC at unmap, loses the copy: the device reads old bytes,
            or the core never sees the new ones.

            Coherency and bouncing are separate: a coherent device with a short address
            mask is bounced too. On arm64 from 6.5 on small buffers that are no whole
            lines bounce as well, if the device may write and is not coherent.
            """,
        states: """
                                    buffer       bounce slot   device
            map FROM_DEVICE         old          old
            device writes           old          new           wrote new
            ld rx, no sync before   old (!)      new
            sync_for_cpu: a copy    new          new
            """,
        trace: """
            staleline 1
            machine zynqmp
            kernel 6.12
            device eth0 port HPC0 coherent mask 32
            buffer rx 0x800000000 64         # above 4 GiB
            h = dma_map_single eth0 rx 64 FROM_DEVICE
            dma_mapping_error h
            writel eth0+0x10 = 1
            eth0: wr rx 64                   # goes to the slot
            wait eth0
            ld rx 64 by 4                    # coherent, so no sync?
            dma_unmap_single h               # copies, too late

            """,
        mendedTrace: """
            staleline 1
            machine zynqmp
            kernel 6.12
            device eth0 port HPC0 coherent mask 32
            buffer rx 0x800000000 64
            h = dma_map_single eth0 rx 64 FROM_DEVICE
            dma_mapping_error h
            writel eth0+0x10 = 1
            eth0: wr rx 64
            wait eth0
            dma_sync_single_for_cpu h        # copies
            ld rx 64 by 4
            dma_unmap_single h

            """,
        mend: """
            Always sync, and ask dma_need_sync() rather than dma_coherent whether it can be left \
            out.
            """,
        linux: """
            if (dma_need_sync(dev, h))
                    dma_sync_single_for_cpu(dev, h, len, DMA_FROM_DEVICE);
            """,
        bareMetal: """
            invalidate(reachable, len);     /* a bounce buffer of your own */
            memcpy(real, reachable, len);
            """,
        dmaDebug: "No.",
        affects: """
            Machines with memory beyond a device's mask or with swiotlb=force; coherent ones \
            too. dma_need_sync() is seen in 6.1, absent in 5.4.
            """,
        verdicts: [.manifest])

    /// A device is called coherent, but its port does not look into the caches.
    static let h26 = HazardPage(
        code: .h26,
        title: """
            A device is called coherent, but its port does not look into the caches
            """,
        family: .staleDeviceRead,
        summary: """
            The device is declared coherent, so the kernel does no cache maintenance, but its \
            transactions do not look into the caches.
            """,
        explanation: """
            dma-coherent in the device tree is a promise: every transaction of this
            device snoops, that is, looks into the caches for newer bytes and updates or
            drops old copies. The kernel believes it, maps with no maintenance at all
            and gives out cacheable memory for dma_alloc_coherent.

            If the port does not keep the promise (a plain AXI port instead of ACP or
            ACE-Lite, or one whose signals are not set, H28), then every buffer is stale
            in both directions: descriptors that never arrive, received data that never
            show up until a line happens to be evicted.

            That constancy tells it from H01 and H03: everything fails, not one place.
            """,
        states: """
                                    core reads   L1D           DRAM     device
            ld rx                   old          old, clean    old
            map FROM: nothing done               old, clean    old
            device writes rx                     old, clean    new      did not snoop
            unmap: nothing done                  old, clean    new
            ld rx                   old (!)      old, clean    new
            """,
        trace: """
            staleline 1
            machine zynq7000
            kernel 6.12
            device eth0 port HP0 coherent   # HP0 does not snoop
            buffer rx 0x10000000 64
            ld rx 64 by 4
            h = dma_map_single eth0 rx 64 FROM_DEVICE   # no maintenance
            dma_mapping_error h
            writel eth0 = 1
            eth0: wr rx 64
            wait eth0
            dma_unmap_single h                          # no maintenance
            ld rx 64 by 4

            """,
        mendedTrace: """
            staleline 1
            machine zynq7000
            kernel 6.12
            device eth0 noncoherent
            buffer rx 0x10000000 64
            ld rx 64 by 4
            h = dma_map_single eth0 rx 64 FROM_DEVICE
            dma_mapping_error h
            writel eth0 = 1
            eth0: wr rx 64
            wait eth0
            dma_unmap_single h
            ld rx 64 by 4

            """,
        mend: """
            Remove dma-coherent from the device's node, or connect it to a port that snoops and \
            set the signals that make it snoop.
            """,
        linux: """
            &eth0 {
                    /delete-property/ dma-coherent;  /* HP does not snoop */
            };
            """,
        bareMetal: """
            /* Keep the maintenance of H01 and H03, or use the coherent port:
               Zynq-7000 S_AXI_ACP with AxUSER[0] = 1 and AxCACHE[1] = 1,
               and memory mapped shareable, write-back. */
            """,
        dmaDebug: "No: it sees correct pairs of calls.",
        affects: """
            Any machine whose device tree is wrong, all kernels. From 6.10 dma_sync_*() return \
            at once for such a device, so traces show maps and unmaps but no syncs.
            """,
        verdicts: [.manifest, .latent])

    /// The port could snoop, but this transaction does not ask for it.
    static let h28 = HazardPage(
        code: .h28,
        title: "The port could snoop, but this transaction does not ask for it",
        family: .attributes,
        summary: """
            A transaction is looked up in the caches only if its attributes and the memory's \
            shareability say so, and here they do not.
            """,
        explanation: """
            A coherent port does not make every transaction coherent. On the Cortex-A9's
            ACP a request is looked up only with AxUSER[0] and AxCACHE[1] set; on
            ACE-Lite it must be shareable. The core's side must match: memory mapped
            non-shareable, as a kernel built for one core may do, is not looked up
            either.

            The symptom is that of H26, but per transaction: descriptors may work while
            data do not. Where the port cannot look into the caches at all it is H26.

            The model does find lines of non-shareable memory, as some interconnects
            do; `staleline check` reports that they need not be found.
            """,
        states: """
                                       AxUSER   L1D          DRAM   device reads
            st tx                               new, dirty   old
            device reads tx by ACP     1        new, dirty   old    new: looked up
            device reads tx by ACP     0        new, dirty   old    old (!)
            """,
        trace: """
            staleline 1
            machine zynq7000
            kernel 6.12
            device fft0 port ACP coherent axuser 0   # its requests pass the caches by
            buffer tx 0x10000000 64
            st tx 64 by 4
            h = dma_map_single fft0 tx 64 TO_DEVICE  # coherent: no maintenance
            dma_mapping_error h
            writel fft0+0x10 = 1
            fft0: rd tx 64

            """,
        mendedTrace: """
            staleline 1
            machine zynq7000
            kernel 6.12
            device fft0 port ACP coherent axuser 1
            buffer tx 0x10000000 64
            st tx 64 by 4
            h = dma_map_single fft0 tx 64 TO_DEVICE
            dma_mapping_error h
            writel fft0+0x10 = 1
            fft0: rd tx 64

            """,
        mend: """
            Set the signals that make the port snoop, and map the memory shareable, write-back, \
            write-allocate.
            """,
        linux: """
            /* driver or firmware sets the port's AxCACHE and AxUSER; the kernel must be
               built for SMP, so that memory is mapped shareable */
            """,
        bareMetal: """
            Xil_SetTlbAttributes(addr, 0x15DE6);   /* write-back, shareable */
            /* and AxCACHE = 0b1111, AxUSER[0] = 1 in the device */
            """,
        dmaDebug: "No.",
        affects: """
            Cortex-A9 with ACP, ACE-Lite ports; Armada 370/XP and 38x need an SMP kernel for it.
            """,
        verdicts: [.manifest, .latent])
}
