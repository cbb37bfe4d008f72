// Accesses that are seen in another order than they were written.

extension HazardCatalogue {
    /// The device sees OWN before the rest of the descriptor.
    static let h05 = HazardPage(
        code: .h05,
        title: "The device sees OWN before the rest of the descriptor",
        family: .order,
        summary: """
            Nothing orders the stores to a descriptor before the store that hands it over, so \
            the device may see them in another order.
            """,
        explanation: """
            A descriptor is a small record in memory that tells the device where the
            buffer is and how long; one bit in it, often called OWN, says whose turn it
            is. Stores to Normal memory, non-cacheable memory included, may be merged
            and may leave the core in another order than the program's. A device that
            polls OWN can then act on an old length or address.

            A barrier for stores between the fields and OWN settles it; it need not wait
            for anything, only keep the order. Of a buffer in cacheable memory it is the
            clean that must come before OWN, and a barrier for stores orders no
            maintenance: that takes DMB SY, on ARMv7-M a DSB.

            A device that polls has no doorbell: its operations stand where they happen.
            """,
        states: """
                                    store buffer    DRAM            device
            st len, st OWN          len, OWN        old, cpu
            OWN drains first        len             old, dev        acts on old len (!)
            dma_wmb() between:
            len drains first        OWN             len, cpu        waits for OWN
            """,
        trace: """
            staleline 1
            machine rpi3
            kernel 6.12
            device eth0 noncoherent
            region desc 0x1f000000 4K nc
            env hold core0
            st desc+64 4 = 64         # length; stores to one line may merge
            st desc 4 = 1             # OWN, no dma_wmb() between
            env drain core0 desc 4    # the younger store leaves first
            eth0: rd desc 4           # OWN: its turn
            eth0: rd desc+64 4        # the old length

            """,
        mendedTrace: """
            staleline 1
            machine rpi3
            kernel 6.12
            device eth0 noncoherent
            region desc 0x1f000000 4K nc
            env hold core0
            st desc+64 4 = 64
            dma_wmb
            st desc 4 = 1
            env drain core0 desc 4
            eth0: rd desc 4
            eth0: rd desc+64 4

            """,
        mend: "Put dma_wmb() between the last field and OWN.",
        linux: """
            desc->len = cpu_to_le32(len);
            dma_wmb();
            desc->ctrl = cpu_to_le32(OWN);
            """,
        bareMetal: """
            desc->len = len;
            __DMB();
            desc->ctrl = OWN;
            """,
        dmaDebug: "No.",
        affects: """
            ARMv6 and later, where descriptors are in Normal memory; not ARMv5 without write \
            buffering. All kernels.
            """,
        verdicts: [.manifest, .latent])

    /// The core reads a descriptor's fields before it has read OWN.
    static let h06 = HazardPage(
        code: .h06,
        title: "The core reads a descriptor's fields before it has read OWN",
        family: .order,
        summary: """
            Loads may be performed in another order than the program's, so a field can be older \
            than the OWN bit that announced it.
            """,
        explanation: """
            The driver reads OWN, finds that the device is done, and reads the length.
            The core may perform the load of the length first: loads are not ordered by
            a branch between them. It then holds the length from before the device wrote
            it, next to an OWN bit from after.

            A barrier for loads after the check of OWN mends it. A cacheable buffer has
            to be invalidated after that check, too.
            """,
        states: """
                                          desc+4 (length)  desc (OWN)  core holds
            load of the length, early     old              device's    old length
            device writes both            new              core's      old length
            ld desc: OWN                  new              core's      old length (!)
            dma_rmb(), then the length    new              core's      new length
            """,
        trace: """
            staleline 1
            machine zynq7000
            kernel 6.12
            device eth0 noncoherent
            region desc 0x1f000000 4K nc
            env late core0 desc+4 4   # the load of this field is performed first
            eth0: wr desc+4 4
            eth0: wr desc 4
            ld desc 4                 # OWN: done
            ld desc+4 4               # the old length; dma_rmb() is missing

            """,
        mendedTrace: """
            staleline 1
            machine zynq7000
            kernel 6.12
            device eth0 noncoherent
            region desc 0x1f000000 4K nc
            env late core0 desc+4 4
            eth0: wr desc+4 4
            eth0: wr desc 4
            ld desc 4
            dma_rmb
            ld desc+4 4

            """,
        mend: "Put dma_rmb() after the check of OWN and before the fields are read.",
        linux: """
            if (le32_to_cpu(desc->ctrl) & OWN) return;
            dma_rmb();
            len = le32_to_cpu(desc->len);
            """,
        bareMetal: """
            if (desc->ctrl & OWN) return;
            __DMB();
            len = desc->len;
            """,
        dmaDebug: "No.",
        affects: """
            Cores that reorder loads (ARMv7-A and ARMv8-A application cores); a core that \
            performs loads in order does not show it. All kernels.
            """,
        verdicts: [.manifest, .latent])

    /// Memory is read before the status register that announces it.
    static let h07 = HazardPage(
        code: .h07,
        title: "Memory is read before the status register that announces it",
        family: .order,
        summary: """
            A relaxed read of a device register does not order the loads from memory after it.
            """,
        explanation: """
            readl_relaxed() of the interrupt status says that the transfer is complete,
            and the driver goes on to read the buffer. Device memory and Normal memory
            are not ordered against one another: the load from the buffer may be
            performed before the register was read, and so before the transfer was
            complete.

            readl() contains the barrier that orders later loads; the relaxed form
            leaves it to the driver. An interrupt is as good as a barrier: loads after
            it are performed after it was taken.

            In a trace a `wait` that follows a read of the device's registers is told
            by that read; any other is told by an interrupt.
            """,
        states: """
                                    buffer   core
            load of rx, too early   old      holds old
            device writes rx        new      holds old
            readl_relaxed: done     new      holds old
            ld rx                   new      old (!)
            readl, then ld rx       new      new
            """,
        trace: """
            staleline 1
            machine zynq7000
            kernel 6.12
            device eth0 noncoherent
            region rx 0x1f000000 4K nc
            writel eth0+0x10 = 1
            eth0: wr rx 64
            readl_relaxed eth0+0x20   # the status: ...
            wait eth0                 # ... it says that all is done
            ld rx 4                   # may have been performed before that

            """,
        mendedTrace: """
            staleline 1
            machine zynq7000
            kernel 6.12
            device eth0 noncoherent
            region rx 0x1f000000 4K nc
            writel eth0+0x10 = 1
            eth0: wr rx 64
            readl eth0+0x20           # with its barrier behind it
            wait eth0
            ld rx 4

            """,
        mend: """
            Read the status with readl(), or put rmb() after readl_relaxed() and before the data \
            are read.
            """,
        linux: """
            if (readl(regs + STATUS) & DONE)
                    use(rx);               /* not readl_relaxed() without rmb() */
            """,
        bareMetal: """
            if (regs->STATUS & DONE) {
                    __DSB();
                    use(rx);
            }
            """,
        dmaDebug: "No.",
        affects: """
            ARMv6 and later; the more a core runs ahead, the likelier. All kernels.
            """,
        verdicts: [.manifest, .latent])

    /// The interrupt arrives before the data.
    static let h39 = HazardPage(
        code: .h39,
        title: "The interrupt arrives before the data",
        family: .order,
        summary: """
            The device's writes are still on their way through a bridge when its interrupt is \
            taken.
            """,
        explanation: """
            Writes of a device are posted: they travel through bridges and buffers, and
            the device does not wait for them to arrive. An interrupt on a wire of its
            own takes another way and may be faster. The driver, called by it, reads
            memory that the data have not reached.

            Reading a register of the device helps: the answer follows the same way as
            the data and pushes them ahead of itself. Message-signalled interrupts are
            writes themselves and stay behind the data.

            A trace says `posted` of such a device. A barrier of the core does not
            help: the bytes are not in memory yet.
            """,
        states: """
                                    bridge   DRAM   core
            device writes rx        new      old
            device raises its irq   new      old    taken
            ld rx                   new      old    old (!)
            readl of a register     -        new    waits for the answer
            ld rx                   -        new    new
            """,
        trace: """
            staleline 1
            machine zynq7000
            kernel 6.12
            device eth0 noncoherent posted
            region rx 0x1f000000 4K nc
            writel eth0+0x10 = 1
            eth0: wr rx 64
            eth0: irq
            wait eth0                 # the interrupt is here; are the data?
            ld rx 4

            """,
        mendedTrace: """
            staleline 1
            machine zynq7000
            kernel 6.12
            device eth0 noncoherent posted
            region rx 0x1f000000 4K nc
            writel eth0+0x10 = 1
            eth0: wr rx 64
            eth0: irq
            wait eth0
            readl eth0+0x20           # the answer pushes them ahead of itself
            ld rx 4

            """,
        mend: """
            Read a register of the device in the interrupt handler before the data are used.
            """,
        linux: """
            status = readl(regs + STATUS);   /* pushes posted writes to memory */
            if (status & DONE)
                    use(rx);
            """,
        bareMetal: """
            (void)regs->STATUS;
            __DSB();
            use(rx);
            """,
        dmaDebug: "No.",
        affects: """
            Machines with bridges between device and memory (PCI with wired interrupts, some \
            on-chip buses); all kernels.
            """,
        verdicts: [.latent])
}
