extension DMADebugCheck {
    private static let address = "[device address=0x%016llx]"
    private static let directions = "[size=%llu bytes] [mapped with %s] [synced with %s]"

    private static func always(_ template: String) -> [Wording] { since(.firstKnown, template) }

    private static func since(_ first: KernelVersion, _ template: String) -> [Wording] {
        [Wording(kernels: first..<KernelVersion.firstUnknown, template: template)]
    }

    /// The checks in the order of their numbers.
    ///
    /// Texts and conditions: linux-dma.md §3.1, read in 3.6, 4.9, 5.4, 5.10, 5.15, 6.12, 6.18 and later. Assumptions, from
    /// memory: the first kernels of E18 (4.2), E19 and E20 (4.18), E21 and E22 (4.20); that the addresses of E6 are
    /// printed by `%pa` from 6.13 on.
    static let table: [Row] = [
        Row(
            wordings: always(
                "device driver has pending DMA allocations while released from device [count=%d]\n"
                    + "One of leaked entries details: \(address) [size=%llu bytes] [mapped with %s] "
                    + "[mapped as %s]"),
            condition: "The driver is unbound while mappings or allocations of its device remain.",
            hazard: "H20",
            misses: "Of several that leak it names one; what never is unbound leaks unseen."),
        Row(
            wordings: always("device driver tries to free an invalid DMA memory address"),
            condition: "A release of DMA_MAPPING_ERROR, and nothing is mapped there.",
            hazard: "H32",
            misses:
                "A failed dma_map_resource() was kept as if mapped before 6.18, and is released "
                + "without a word."),
        Row(
            wordings: always(
                "device driver tries to free DMA memory it has not allocated \(address) "
                    + "[size=%llu bytes]"),
            condition:
                "A release for which there is no mapping of this device at this DMA address: a "
                + "second release, a wrong address, or several mappings there of which none is as the "
                + "release says in size, function, direction and number of entries.", hazard: "H20",
            misses: "A second release is taken for the first of another mapping of the same bytes."),
        Row(
            wordings: always(
                "device driver frees DMA memory with different size \(address) "
                    + "[map size=%llu bytes] [unmap size=%llu bytes]"),
            condition: "A release with another size than its map.", hazard: "H20", misses: ""),
        Row(
            wordings: always(
                "device driver frees DMA memory with wrong function \(address) [size=%llu bytes] "
                    + "[mapped as %s] [unmapped as %s]"),
            condition: "A release by the counterpart of another function.", hazard: "H20",
            misses: "dma_map_single() and dma_map_page() are one since 5.0; since 6.18 "
                + "dma_map_resource() is the same, too."),
        Row(
            wordings: [
                Wording(
                    kernels: KernelVersion.firstKnown..<KernelVersion(6, 13),
                    template:
                        "device driver frees DMA memory with different CPU address \(address) "
                        + "[size=%llu bytes] [cpu alloc address=0x%016llx] "
                        + "[cpu free address=0x%016llx]"),
                Wording(
                    kernels: KernelVersion(6, 13)..<KernelVersion.firstUnknown,
                    template:
                        "device driver frees DMA memory with different CPU address \(address) "
                        + "[size=%llu bytes] [cpu alloc address=0x%pa] [cpu free address=0x%pa]"),
            ],
            condition:
                "A coherent allocation (since 6.17 also a noncoherent one) is freed by another "
                + "address of the CPU.", hazard: "H20",
            misses: "Two addresses of one page are the same to it: it compares physical ones."),
        Row(
            wordings: always(
                "device driver frees DMA sg list with different entry count [map count=%d] "
                    + "[unmap count=%d]"),
            condition:
                "A list is unmapped with another number of entries than it was mapped with, as "
                + "with the number that dma_map_sg() returned.", hazard: "H34",
            misses: "A table's own functions cannot go wrong here."),
        Row(
            wordings: always(
                "device driver frees DMA memory with different direction \(address) "
                    + "[size=%llu bytes] [mapped with %s] [unmapped with %s]"),
            condition: "A release with another direction than its map.", hazard: "H15",
            misses: "Whether the device did what the direction says."),
        Row(
            wordings: since(
                KernelVersion(3, 8),
                "device driver failed to check map error\(address) [size=%llu bytes] [mapped as %s]"
            ),
            condition:
                "A mapping of one range is released, and dma_mapping_error() was never asked.",
            hazard: "H32",
            misses:
                "Lists are not asked of; nor is a mapping that is never released. From 5.10 up to "
                + "6.17 it is raised for dma_alloc_noncoherent() and dma_alloc_pages(), too, which need "
                + "no such question: a false alarm."),
        Row(
            wordings: [
                // Two strings that were put together without a blank.
                Wording(
                    kernels: KernelVersion.firstKnown..<KernelVersion(4, 9),
                    template: "device driver maps memory fromstack [addr=%p]"),
                Wording(
                    kernels: KernelVersion(4, 9)..<KernelVersion.firstUnknown,
                    template: "device driver maps memory from stack [addr=%p]"),
            ],
            condition:
                "A map of memory that begins on the current task's stack, where stacks are in the "
                + "linear map.", hazard: "H30", misses: "Another task's stack."),
        Row(
            wordings: since(
                KernelVersion(4, 9), "device driver maps memory from stack [probable addr=%p]"),
            condition: "A map by page, of a page of the current task's stack in the vmalloc area "
                + "(CONFIG_VMAP_STACK).", hazard: "H30", misses: "Another task's stack."),
        Row(
            wordings: always(
                "device driver maps memory from kernel text or rodata [addr=%p] [len=%lu]"),
            condition: "A map of memory with a byte of the kernel's code or constants.",
            hazard: "H30",
            misses: "On arm64, whose linear map does not have these addresses, it is never raised. "
                + "Code and constants of modules."),
        Row(
            wordings: always(
                "device driver tries to sync DMA memory it has not allocated \(address) "
                    + "[size=%llu bytes]"),
            condition:
                "A sync of a range that does not lie within one mapping of the device, as after "
                + "the release or beyond the end.", hazard: "H16",
            misses:
                "A sync of a list whose first entry is not mapped says nothing at all. False alarms: "
                + "before 6.0 a sync further from the mapping's start than the device's largest segment; "
                + "a partial sync where two mappings hold the range; since 6.18 any sync there."),
        Row(
            wordings: always(
                "device driver syncs DMA memory outside allocated range \(address) "
                    + "[allocation size=%llu bytes] [sync offset+size=%llu]"),
            condition:
                "A sync of more bytes than the mapping has that was found for it. That mapping "
                + "holds the range, so that only a range that wraps round the address space can do "
                + "this: as the sync of DMA_MAPPING_ERROR does where addresses have 64 bits.",
            hazard: "H16", misses: "Anything else: that is E13."),
        Row(
            wordings: always(
                "device driver syncs DMA memory with different direction \(address) \(directions)"),
            condition: "A sync with another direction than its map's, which is not BIDIRECTIONAL.",
            hazard: "H15", misses: "Whether the device did what the direction says."),
        Row(
            wordings: always(
                "device driver syncs device read-only DMA memory for cpu \(address) \(directions)"),
            condition:
                "A sync for the CPU of what was not mapped FROM_DEVICE, in a direction other than "
                + "TO_DEVICE. E15 is raised, too.", hazard: "H15", misses: ""),
        Row(
            wordings: always(
                "device driver syncs device write-only DMA memory to device \(address) \(directions)"
            ),
            condition:
                "A sync for the device of what was not mapped TO_DEVICE, in a direction other "
                + "than FROM_DEVICE. E15 is raised, too.", hazard: "H15", misses: ""),
        Row(
            wordings: since(
                KernelVersion(4, 2),
                "device driver syncs DMA sg list with different entry count [map count=%d] "
                    + "[sync count=%d]"),
            condition: "A list is synced with another number of entries than it was mapped with.",
            hazard: "H34", misses: "Lists that are mapped BIDIRECTIONAL."),
        Row(
            wordings: since(
                KernelVersion(4, 18),
                "mapping sg segment longer than device claims to support [len=%u] [max=%u]"),
            condition:
                "An entry of a list is longer than the device's driver said that it supports, or "
                + "than 64 KiB if it said nothing. Before 6.18 only with CONFIG_DMA_API_DEBUG_SG.",
            hazard: "H34", misses: "Mappings of one range."),
        Row(
            wordings: since(
                KernelVersion(4, 18),
                "mapping sg segment across boundary [start=0x%016llx] [end=0x%016llx] "
                    + "[boundary=0x%016llx]"),
            condition:
                "An entry of a list crosses the boundary that the device's driver set. Before "
                + "6.18 only with CONFIG_DMA_API_DEBUG_SG.", hazard: "H34",
            misses: "Mappings of one range."),
        Row(
            wordings: since(
                KernelVersion(4, 20),
                "device driver maps memory from invalid area [addr=%p] [len=%lu]"),
            condition: "dma_map_single() of an address that is not in the linear map.",
            hazard: "H30",
            misses:
                "Maps by page and of lists, whose address is not asked for; what is refused before "
                + "(see E22)."),
        Row(
            wordings: since(
                KernelVersion(4, 20),
                "device driver maps memory from vmalloc area [addr=%p] [len=%lu]"),
            condition:
                "dma_map_single() of an address from vmalloc, or of a coherent allocation that "
                + "was remapped. E21 is raised, too.", hazard: "H30",
            misses: "From 5.5 on it cannot be raised: the call is refused before, with the warning "
                + "'rejecting DMA map of vmalloc memory'. Maps by page and of lists."),
        Row(
            wordings: since(
                KernelVersion(5, 14),
                "cacheline tracking EEXIST, overlapping mappings aren't supported"),
            condition:
                "A map whose first line is the first line of a mapping that is live, neither of "
                + "the two TO_DEVICE.", hazard: "H19",
            misses: "Overlap in any line but the first; TO_DEVICE beside FROM_DEVICE; maps with "
                + "SKIP_CPU_SYNC. From 7.0 on also two that both promise to leave the line alone."),
        Row(
            wordings: [
                Wording(
                    kernels: KernelVersion(3, 14)..<KernelVersion(5, 9),
                    template: "cpu touching an active dma mapped cacheline [cln=%pa]")
            ],
            condition: "The kernel copies a page on write whose first line is the first line of a "
                + "mapping that is live and not TO_DEVICE.", hazard: "H18",
            misses: "Mappings that begin further on in the page; every other access of the CPU."),
    ]
}
