// Calls of the DMA API that must match, and results that must be checked.

extension HazardCatalogue {
    /// Map and unmap do not match.
    static let h20 = HazardPage(
        code: .h20,
        title: "Map and unmap do not match",
        family: .api,
        summary: """
            A mapping is released twice, not at all, or with another size, direction or function \
            than it was made with.
            """,
        explanation: """
            Unmap does its maintenance from its own arguments: too small a size leaves
            lines stale, another direction skips the invalidate, a second unmap
            maintains memory that has a new owner. A mapping that is never released
            leaks its address space, its bounce slot and, on a machine that is not
            coherent, the invalidate that the data needed.

            The rules are plain: every argument equal, once for each map.

            `staleline check` judges this code by the rules of the kernel's dma-debug
            and quotes its words; what a driver leaves behind when it goes is listed.
            """,
        states: """
                                    rx[0..64)   rx[64..256)
            map of 256 bytes        mapped      mapped
            unmap of 64 bytes       released    not released, not invalidated (!)
            """,
        trace: """
            staleline 1
            machine rpi3
            kernel 6.12
            device dma0 noncoherent
            buffer rx 0x10000000 256
            h = dma_map_single dma0 rx 256 FROM_DEVICE
            dma_mapping_error h
            dma_unmap_single h 64                # another size than at map

            """,
        mendedTrace: """
            staleline 1
            machine rpi3
            kernel 6.12
            device dma0 noncoherent
            buffer rx 0x10000000 256
            h = dma_map_single dma0 rx 256 FROM_DEVICE
            dma_mapping_error h
            dma_unmap_single h 256

            """,
        mend: """
            Release every mapping once, with the arguments that it was made with.
            """,
        linux: """
            /* what was kept since the map: */
            dma_unmap_single(dev, buf->dma, buf->mapped_len, buf->dir);
            """,
        bareMetal: """
            /* no pairing without an API: invalidate all that the device wrote */
            """,
        dmaDebug: """
            Yes, this is what it is for: 'frees DMA memory with different size' (or direction, \
            or function), 'tries to free DMA memory it has not allocated', 'has pending DMA \
            allocations'. A second unmap is not seen while another mapping of the same bytes is live.
            """,
        affects: """
            All kernels; what comes of it depends on the machine, the misuse does not.
            """,
        verdicts: [.misuse])

    /// A failed map is used.
    static let h32 = HazardPage(
        code: .h32,
        title: "A failed map is used",
        family: .api,
        summary: """
            The result of the map was not checked, and its error value was given to the device \
            as an address.
            """,
        explanation: """
            dma_map_*() fails when bounce space or IOMMU addresses run out, and returns
            all ones. A driver that does not ask dma_mapping_error() hands that value to
            the device, which reads or writes at the top of its address space.

            On a machine where maps never fail it never shows. That makes it a rule to
            keep, not a fault to wait for.

            `staleline check` judges it as dma-debug does, at the unmap, and where a
            device uses a mapping that has failed (`fails`).
            """,
        states: """
                                          h                     device reads
            map succeeds                  0x10000000            tx
            map fails                     0xffffffffffffffff
            h is used all the same        0xffffffffffffffff    whatever is there (!)
            """,
        trace: """
            staleline 1
            machine rpi3
            kernel 6.12
            device dma0 noncoherent
            buffer tx 0x10000000 64
            h = dma_map_single dma0 tx 64 TO_DEVICE
            ring dma0
            dma0: rd tx 64
            wait dma0
            dma_unmap_single h        # never asked dma_mapping_error

            """,
        mendedTrace: """
            staleline 1
            machine rpi3
            kernel 6.12
            device dma0 noncoherent
            buffer tx 0x10000000 64
            h = dma_map_single dma0 tx 64 TO_DEVICE
            dma_mapping_error h
            ring dma0
            dma0: rd tx 64
            wait dma0
            dma_unmap_single h

            """,
        mend: """
            Ask dma_mapping_error() after each map, before the handle is used; dma_map_sg() \
            returns 0.
            """,
        linux: """
            h = dma_map_single(dev, tx, len, DMA_TO_DEVICE);
            if (dma_mapping_error(dev, h))
                    return -ENOMEM;
            """,
        bareMetal: """
            /* addresses do not fail without an IOMMU; check the allocation instead */
            """,
        dmaDebug: """
            Yes, from 3.8 on, at unmap: 'device driver failed to check map error'; not of lists. A \
            release of the error value: 'tries to free an invalid DMA memory address'.
            """,
        affects: """
            All kernels and machines; harmless until a bounce pool or an IOMMU runs out.
            """,
        verdicts: [.misuse])

    /// A scatter list is used with the wrong count or the wrong lengths.
    static let h34 = HazardPage(
        code: .h34,
        title: "A scatter list is used with the wrong count or the wrong lengths",
        family: .api,
        summary: """
            A scatter list was unmapped or synced with the number that the map returned, or \
            walked with the wrong count or lengths.
            """,
        explanation: """
            dma_map_sg() may join entries, so it can return fewer segments than the list
            has entries. Two numbers follow: the device gets as many segments as were
            returned, with sg_dma_address() and sg_dma_len(); unmap and sync get the
            original number of entries. Mixed up, part of the list is not maintained, or
            the device is given lengths that are not its own.

            The list must not change while it is mapped.

            `staleline check` reports the count, and the stale bytes of an entry that a
            sync or unmap left out.
            """,
        states: """
                                     a      b        L1D: a       b
            ld b                     old    old      -            old, clean
            device writes a and b    new    new      -            old, clean
            unmap of 1 entry         new    new      -            old, clean
            ld b                            old (!)  -            old, clean
            unmap of 2, then ld b           new      -            new, clean
            """,
        trace: """
            staleline 1
            machine rpi3
            kernel 6.12
            device dma0 noncoherent
            buffer a 0x10000000 64
            buffer b 0x10001000 64
            ld b 64 by 8
            h = dma_map_sg dma0 FROM_DEVICE a,64 b,64
            dma0: wr a 64
            dma0: wr b 64
            wait dma0
            dma_unmap_sg h 1          # two entries were mapped
            ld b 64 by 8              # the old copy

            """,
        mendedTrace: """
            staleline 1
            machine rpi3
            kernel 6.12
            device dma0 noncoherent
            buffer a 0x10000000 64
            buffer b 0x10001000 64
            ld b 64 by 8
            h = dma_map_sg dma0 FROM_DEVICE a,64 b,64
            dma0: wr a 64
            dma0: wr b 64
            wait dma0
            dma_unmap_sg h 2
            ld b 64 by 8

            """,
        mend: """
            Unmap and sync with the original number of entries, walk with the returned one, or \
            use the sgtable calls.
            """,
        linux: """
            ret = dma_map_sgtable(dev, &sgt, dir, 0);
            if (ret)
                    return ret;
            for_each_sgtable_dma_sg(&sgt, sg, i)
                    queue(sg_dma_address(sg), sg_dma_len(sg));
            dma_unmap_sgtable(dev, &sgt, dir, 0);
            """,
        bareMetal: """
            for (i = 0; i < n; i++)
                    SCB_InvalidateDCache_by_Addr(v[i].base, v[i].len);
            """,
        dmaDebug: """
            Yes: 'sg list with different entry count' at unmap and sync, 'sg segment longer \
            than' and 'across boundary' at map.
            """,
        affects: """
            All kernels; it shows where an IOMMU joins entries, or where maintenance is needed.
            """,
        verdicts: [.manifest, .latent, .misuse])
}
