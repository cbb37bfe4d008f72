// Buffers that are not fit for DMA, or out of a device's reach.

extension HazardCatalogue {
    /// The buffer's memory is not fit for DMA.
    static let h30 = HazardPage(
        code: .h30,
        title: "The buffer's memory is not fit for DMA",
        family: .api,
        summary: """
            The buffer lies on the stack, in vmalloc memory, in the kernel's image or in another \
            place that DMA must not use.
            """,
        explanation: """
            Streaming maps want memory of the linear map, the kernel's one-to-one view
            of physical memory. The stack may be vmalloc memory, whose pages are not
            contiguous, and its lines are shared with return addresses and locals that
            change all the time (H10). A module's or the kernel's own data may be
            read-only or share lines.

            It often works on the developer's machine: with a coherent device and a
            stack in linear memory nothing shows. A trace says where a buffer lies by a
            word after its size.
            """,
        states: """
            one line of the stack:        cmd | return address, locals
            map, clean                    cmd reaches memory
            the function calls another    the line is dirty again
            unmap of a FROM_DEVICE        cmd or the locals are lost (!)
            """,
        trace: """
            staleline 1
            machine rpi3
            kernel 6.12
            device dma0 noncoherent
            buffer cmd 0x10000000 64 stack
            h = dma_map_single dma0 cmd 64 TO_DEVICE
            dma_mapping_error h

            """,
        mendedTrace: """
            staleline 1
            machine rpi3
            kernel 6.12
            device dma0 noncoherent
            buffer cmd 0x10000000 64
            h = dma_map_single dma0 cmd 64 TO_DEVICE
            dma_mapping_error h

            """,
        mend: """
            Allocate the buffer with kmalloc() or as pages, apart from other data.
            """,
        linux: """
            u8 *buf = kmalloc(len, GFP_KERNEL);        /* not u8 buf[64]; */
            h = dma_map_single(dev, buf, len, dir);
            """,
        bareMetal: """
            /* not on the stack: */
            static uint8_t buf[64] __attribute__((aligned(64)));
            """,
        dmaDebug: """
            Mostly: 'maps memory from stack', 'from kernel text or rodata' (not on arm64), 'from \
            invalid area', 'from vmalloc area' (up to 5.4); only by address where addresses are given.
            """,
        affects: """
            All kernels, coherent machines too; vmalloc pointers are refused by dma_map_single() \
            from 5.5 on.
            """,
        verdicts: [.misuse])

    /// A small allocation shares its line.
    static let h31 = HazardPage(
        code: .h31,
        title: "A small allocation shares its line",
        family: .api,
        summary: """
            kmalloc gave out memory with a smaller alignment than a cache line, and it was \
            handed to a device that is not coherent.
            """,
        explanation: """
            To save memory arm64 lets kmalloc return 8-byte objects where it used to
            return whole lines. The DMA API knows: a small buffer for FROM_DEVICE or
            BIDIRECTIONAL is bounced when the device is not coherent. Code that goes
            round the API, or that maintains caches by hand, does not know, and gets
            false sharing (H10) with whatever kmalloc puts beside it.

            The same happens when the built-in minimum alignment is smaller than the
            line that the machine really has.

            `staleline check` reports buffers of such sizes that a device writes, that
            the trace invalidates itself and does not map, on kernels whose kmalloc
            gives out parts of lines: with a pool to bounce through, from 6.5 on. What
            goes wrong then is H10 or H11.
            """,
        states: """
                                        line of 64 bytes       L1D      DRAM
            kmalloc(8), twice           mine | other           -        old | 5
            st other = 6                                       dirty    old | 5
            dc ivac mine: the line goes                        -        old | 5 (!)
            st other = 7                                       dirty    old | 5
            device writes mine                                 dirty    new | 5
            the line is evicted                                -        old (!) | 7
            """,
        trace: """
            staleline 1
            machine rpi3
            kernel 6.12
            device dma0 noncoherent
            buffer mine 0x10000000 8  # from kmalloc; the rest of the line is others'
            dc ivac mine 8            # goes round the DMA API
            dsb sy
            ring dma0
            dma0: wr mine 8

            """,
        mendedTrace: """
            staleline 1
            machine rpi3
            kernel 6.12
            device dma0 noncoherent
            buffer mine 0x10000000 8
            h = dma_map_single dma0 mine 8 FROM_DEVICE   # the kernel bounces it
            dma_mapping_error h
            ring dma0
            dma0: wr mine 8
            wait dma0
            dma_unmap_single h                           # copies

            """,
        mend: """
            Round the size up to dma_get_cache_alignment(), or go through the DMA API, which \
            bounces small buffers.
            """,
        linux: """
            buf = kmalloc(ALIGN(len, dma_get_cache_alignment()), GFP_KERNEL);
            """,
        bareMetal: """
            p = aligned_alloc(LINE, (len + LINE - 1) / LINE * LINE);
            """,
        dmaDebug: "No.",
        affects: """
            arm64 from about 6.5 (bounce seen in 6.12, absent in 6.1); any kernel whose minimum \
            alignment is below the cache's writeback granule.
            """,
        verdicts: [.misuse])

    /// The device cannot reach the address, or sees it elsewhere.
    static let h33 = HazardPage(
        code: .h33,
        title: "The device cannot reach the address, or sees it elsewhere",
        family: .api,
        summary: """
            The address given to the device is beyond its mask, or lacks the bus offset between \
            the core's and the device's view.
            """,
        explanation: """
            A device has so many address bits, and its bus may see memory at another
            place than the core: on the first Raspberry Pis memory starts at 0xC0000000
            for DMA. A wrong mask or a physical address in place of the handle makes the
            device read or write somewhere else, without a fault and without a trace.

            The handle from the DMA API has the offset in it; the mask must be set by
            the driver, dma-ranges by the device tree.

            `staleline check` finds maps that the kernel refuses, transfers beyond the
            `mask` of a device that has no IOMMU, and those to memory on the chip that
            the device's port does not lead to, such as a Cortex-M7's DTCM.
            """,
        states: """
                                        rx                 the device sends
            mask of 28 bits             0x10000000 is      0x00000000: the bit does
                                        bit 28             not exist (!)
            mask of 32 bits             0x10000000         0x10000000
            mask of 28 bits             0x08000000         0x08000000
            """,
        trace: """
            staleline 1
            machine zynq7000
            kernel none
            device eth0 mask 28           # 28 address bits reach 256 MiB
            buffer rx 0x10000000 64       # just beyond
            eth0: wr rx 64                # it sends 0x00000000

            """,
        mendedTrace: """
            staleline 1
            machine zynq7000
            kernel none
            device eth0 mask 28
            buffer rx 0x08000000 64       # within its reach
            eth0: wr rx 64

            """,
        mend: """
            Set the true mask with dma_set_mask_and_coherent(), give the device the handle only, \
            and describe the bus in dma-ranges; without a kernel put the buffer where the device \
            reaches.
            """,
        linux: """
            ret = dma_set_mask_and_coherent(dev, DMA_BIT_MASK(32));
            if (ret) return ret;
            writel(lower_32_bits(h), regs + ADDR);   /* h, never virt_to_phys() */
            """,
        bareMetal: """
            regs->ADDR = (uint32_t)buf | BUS_ALIAS;   /* e.g. 0xC0000000 on BCM2835 */
            """,
        dmaDebug: """
            No; the DMA code itself warns of addresses beyond the mask with 'DMA addr ... \
            overflow'.
            """,
        affects: "All machines with short masks or shifted buses; all kernels.",
        verdicts: [.misuse])
}
