// Mappings and aliases that disagree.

extension HazardCatalogue {
    /// The same bytes are used through mappings with different attributes.
    static let h13 = HazardPage(
        code: .h13,
        title: "The same bytes are used through mappings with different attributes",
        family: .attributes,
        summary: """
            One mapping of the bytes is cacheable and another is not, and a copy under the one \
            does not see accesses under the other.
            """,
        explanation: """
            Two addresses for the same memory, an alias, must agree in their attributes.
            An uncached store goes to memory past a cached copy, which is then stale; a
            dirty line left under the cached address is evicted some day over what was
            written uncached. Neither side breaks a rule that its own code shows.

            Typical ways there: coherent memory mapped to user space as cacheable, a
            page remapped uncached without a clean first, a device model or hypervisor
            that caches what its guest does not.

            `staleline check` looks at bytes that the trace maps twice, by an `alias` or
            by dma_alloc_coherent().
            """,
        states: """
                                        L1D          DRAM     core reads
            ld mem (cached)             old, clean   old      old
            st unc (uncached)           old, clean   new
            ld mem (cached)             old, clean   new      old (!)
            ld unc (uncached)           old, clean   new      new
            """,
        trace: """
            staleline 1
            machine rpi3
            kernel none
            device dma0 noncoherent
            region mem 0x10000000 4K wb
            alias unc mem 0x50000000 nc
            ld mem 4
            st unc 4 = 1
            dsb sy
            ld mem 4
            dma0: rd unc 4            # makes it memory that a device sees

            """,
        mendedTrace: """
            staleline 1
            machine rpi3
            kernel none
            device dma0 noncoherent
            region mem 0x10000000 4K wb
            alias unc mem 0x50000000 nc
            ld mem 4
            dc civac mem 64           # before the attributes change ...
            dsb sy
            st unc 4 = 1
            dsb sy
            ld unc 4                  # ... and from there on one mapping for all
            dma0: rd unc 4

            """,
        mend: """
            Use one mapping for all, map coherent memory to user space with dma_mmap_*(), and \
            clean and invalidate before attributes change.
            """,
        linux: """
            /* not remap_pfn_range(): */
            ret = dma_mmap_coherent(dev, vma, cpu_addr, handle, size);
            """,
        bareMetal: """
            SCB_CleanInvalidateDCache_by_Addr(p, size); /* before it is uncached */
            Xil_SetTlbAttributes(addr, attr);           /* every alias alike */
            """,
        dmaDebug: "No.",
        affects: """
            ARMv6 and later (ARMv7 forbids mismatched types, yet nothing traps); any kernel, and \
            every virtual machine with emulated DMA.
            """,
        verdicts: [.manifest, .latent])

    /// Data are dirty or stale under another virtual address.
    static let h25 = HazardPage(
        code: .h25,
        title: "Data are dirty or stale under another virtual address",
        family: .attributes,
        summary: """
            The cache finds lines by virtual address, and the maintenance named another address \
            of the same bytes.
            """,
        explanation: """
            In a cache that is indexed by virtual address (VIVT, or VIPT whose ways are
            larger than a page) one page can have copies under two addresses, for
            example the kernel's and a user's. DMA maintenance works on the kernel's
            address: dirty bytes under the user's are not written to the device, and
            after a receive the user still sees the old copy.

            The kernel has calls to name the other addresses.
            """,
        states: """
                                          line at user   line at page   DRAM
            st user                       new, dirty     -              old
            map: clean of page            new, dirty     -              old
            device reads DRAM             new, dirty     -              old (!)
            clean of user first           new, clean     -              new
            """,
        trace: """
            staleline 1
            machine arm926
            kernel 6.12
            device disk0 noncoherent
            region page 0x10000000 4K wb
            alias user page 0x40000000 wb    # the process maps the page
            ld user 64 by 4                  # an ARM926 allocates on loads only
            st user 64 by 4                  # dirty under the user's address
            h = dma_map_single disk0 page 64 TO_DEVICE
            dma_mapping_error h
            writel disk0+0x10 = 1
            disk0: rd page 64
            wait disk0
            dma_unmap_single h

            """,
        mendedTrace: """
            staleline 1
            machine arm926
            kernel 6.12
            device disk0 noncoherent
            region page 0x10000000 4K wb
            alias user page 0x40000000 wb
            ld user 64 by 4
            st user 64 by 4
            dc cvac user 64                  # as flush_dcache_page() does
            dsb
            h = dma_map_single disk0 page 64 TO_DEVICE
            dma_mapping_error h
            writel disk0+0x10 = 1
            disk0: rd page 64
            wait disk0
            dma_unmap_single h

            """,
        mend: """
            Clean or invalidate the other addresses as well: flush_dcache_page() for pages of \
            files, flush_kernel_vmap_range() and invalidate_kernel_vmap_range() for vmap.
            """,
        linux: """
            flush_kernel_vmap_range(vaddr, len);        /* before the device reads */
            invalidate_kernel_vmap_range(vaddr, len);   /* after the device wrote */
            flush_dcache_page(page);                    /* page cache, user mappings */
            """,
        bareMetal: """
            /* one virtual address for each DMA buffer */
            """,
        dmaDebug: "No.",
        affects: """
            ARMv5 and older (VIVT) and ARMv6 with aliasing VIPT; not the data caches of ARMv7-A \
            and ARMv8-A.
            """,
        verdicts: [.manifest])

    /// A coherent device is treated as not coherent.
    static let h27 = HazardPage(
        code: .h27,
        title: "A coherent device is treated as not coherent",
        family: .attributes,
        summary: """
            The device's writes land in a cache that snoops, while the core reads memory past it \
            through an uncached mapping.
            """,
        explanation: """
            The reverse of H26. The device tree lacks dma-coherent, so the kernel gives
            the core uncached memory. But the device's writes go through a port that
            allocates in a cache (a system cache, or the outer cache behind ACP), and
            the core's uncached loads go to memory behind it and miss them.

            Emulators and hypervisors are a common place: the device model is an
            ordinary process and always caches.

            With a streaming mapping it shows as well: the invalidate at unmap drops the
            device's bytes from the cache, and memory never had them.
            """,
        states: """
                                          L2             DRAM     core reads
            device writes desc by ACP     new, dirty     old
            ld desc, uncached             new, dirty     old      old (!)
            ld desc, cached (coherent)    new, dirty     old      new
            """,
        trace: """
            staleline 1
            machine zynqmp
            kernel 6.12
            device eth0 port ACP noncoherent axcache 15 axuser 1 axdomain 2
            desc = dma_alloc_coherent eth0 0x1f000000 4K
            eth0: wr 0x1f000000 64    # through ACP: stays in the L2
            wait eth0
            ld 0x1f000000 4           # uncached: from DRAM

            """,
        mendedTrace: """
            staleline 1
            machine zynqmp
            kernel 6.12
            device eth0 port ACP coherent axcache 15 axuser 1 axdomain 2
            desc = dma_alloc_coherent eth0 0x1f000000 4K
            eth0: wr 0x1f000000 64
            wait eth0
            ld 0x1f000000 4

            """,
        mend: """
            Add dma-coherent to the device's node, so that both sides use the cache.
            """,
        linux: """
            &eth0 {
                    dma-coherent;   /* device tree, not C: the port snoops */
            };
            """,
        bareMetal: """
            /* behind a snooping port: write-back, shareable memory, no maintenance */
            """,
        dmaDebug: "No.",
        affects: """
            Machines with ACP, ACE-Lite or system caches, and virtual machines; all kernels.
            """,
        verdicts: [.manifest, .latent])

    /// Device memory is used as if it were Normal memory.
    static let h41 = HazardPage(
        code: .h41,
        title: "Device memory is used as if it were Normal memory",
        family: .attributes,
        summary: """
            A Device mapping was accessed unaligned, with exclusives or with memset or memcpy, \
            which it does not allow.
            """,
        explanation: """
            ioremap() maps registers as Device memory: accesses happen once, in their
            size, aligned. Routines such as memcpy() and memset() use unaligned accesses
            and, for zeroing, DC ZVA; both fault there. Graphics memory behind
            PCI is a common case: code that is fine on x86 stops with an alignment fault
            on Arm.

            This one does not give stale data. It is here because the usual cure, an
            uncached Normal mapping, brings the rules of order (H04, H05) with it.

            `staleline check` reports accesses that are not aligned to their size,
            exclusives, and DC ZVA.
            """,
        states: """
            bar+0     bar+8     bar+16
            |  [--- 8 ---]      |          st bar+2 8: an alignment fault (!)
            [--- 8 ---|         |          st bar 8: one access, as it is written
            """,
        trace: """
            staleline 1
            machine rpi3
            kernel none
            device dma0 noncoherent
            region bar 0x40000000 4K device
            st bar+2 8                # unaligned: a fault on real hardware

            """,
        mendedTrace: """
            staleline 1
            machine rpi3
            kernel none
            device dma0 noncoherent
            region bar 0x40000000 4K device
            st bar 8                  # aligned to its size

            """,
        mend: """
            Use memset_io(), memcpy_toio() and readl()/writel(), or map with ioremap_wc() where \
            merging is allowed.
            """,
        linux: """
            memcpy_toio(bar + off, src, len);
            bar = ioremap_wc(phys, size);   /* frame buffers: Normal, non-cacheable */
            """,
        bareMetal: """
            for (i = 0; i < n; i++)
                    ((volatile uint32_t *)bar)[i] = src[i];   /* aligned, one size */
            """,
        dmaDebug: "No; on arm64 it is an alignment fault.",
        affects: "ARMv6 and later; all kernels.",
        verdicts: [.misuse])
}
